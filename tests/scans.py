"""Papers as a scanner gives them: a little askew, grey, speckled, and here and there hard to read."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pypdfium2
from PIL import Image, ImageChops, ImageFilter

_DOTS = 200  # an inch
_SCALE = _DOTS / 72
_ASKEW = 0.6  # degrees
_SPECKLES = 18  # standard deviation, of 255
_PAPER = -134  # so far is the noise, whose mean is 128, below white

Box = tuple[float, float, float, float]


def scanned(content: bytes, *, smudged: Sequence[Box] = ()) -> bytes:
    """A PDF of pictures of a PDF's pages; `smudged` are places on the first, in points from its top left corner."""
    with pypdfium2.PdfDocument(content) as document:
        pages = [page.render(scale=_SCALE).to_pil().convert("L") for page in document]
    for box in smudged:
        left, top, right, bottom = (round(side * _SCALE) for side in box)
        part = pages[0].crop((left, top, right, bottom))
        pages[0].paste(part.filter(ImageFilter.GaussianBlur(4)), (left, top))
    out = io.BytesIO()
    first, *others = map(_through_a_scanner, pages)
    first.save(out, "PDF", resolution=_DOTS, save_all=True, append_images=others)
    return out.getvalue()


def _through_a_scanner(page: Image.Image) -> Image.Image:
    turned = page.rotate(_ASKEW, fillcolor=255, resample=Image.Resampling.BICUBIC)
    speckles = Image.effect_noise(turned.size, _SPECKLES)
    return ImageChops.add(turned, speckles, offset=_PAPER)
