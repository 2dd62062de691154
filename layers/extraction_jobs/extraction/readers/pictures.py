"""Pictures of pages: how many a PNG, JPEG or TIFF holds, and each page of it, or of a PDF, as OCR is given it.

Runs only in the process that parses.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pypdfium2
from PIL import Image, ImageOps

from extraction.document.document import Limits
from extraction.errors import PermanentError
from extraction.ocr.page import MOST_IMAGE_BYTES, MOST_IMAGE_SIDE, PageImage, Rule
from extraction.readers.format import check_size
from extraction.readers.raw import Raw
from extraction.readers.text_builder import plain

_KINDS = ("PNG", "JPEG", "TIFF")
_SCALE = 200 / 72  # of a PDF's page: 200 pixels an inch
_JPEG_QUALITY = 85
_SIXTEEN_BITS = 256  # to eight
_INK = 200  # of 255; paper is lighter
_COARSE = 4  # pixels to one, so that specks are gone
_DARK = 160  # what shines through from the other side is lighter
_LEAST_DARK = 0.0002  # of the pixels: less than a short line of text
_PIECES = 80  # of a row of pixels
_NEARLY_ALL = 0.85 * 255
_RUN = re.compile(rb"\xff{4,}")
_MOST_RULES = 1_000
# The readers check it before anything is decoded, with a sentence of ours.
Image.MAX_IMAGE_PIXELS = None
_FAULTS = (OSError, SyntaxError, ValueError, EOFError, struct.error, Image.DecompressionBombError)


def picture_to_raw(content: bytes, limits: Limits) -> Raw:
    """Return the pages of a picture, none of which has text. Raises PermanentError if it is broken or too large."""
    with _opened(content) as picture:
        # Of others than a TIFF it is one, whatever else they hold.
        count = int(picture.n_frames) if picture.format == "TIFF" else 1
        check_size("pages", count, limits.max_pages)
        for number in range(count):
            picture.seek(number)
            _check_pixels(picture, limits)
    return Raw((plain(""),) * count, paged=True, pages_without_text=tuple(range(1, count + 1)))


def picture_page(content: bytes, limits: Limits, number: int) -> PageImage:
    """Return a page of a picture, upright by its EXIF orientation. Raises PermanentError as `picture_to_raw`."""
    with _opened(content) as picture:
        picture.seek(number - 1)
        _check_pixels(picture, limits)
        return _encoded(ImageOps.exif_transpose(_grey(picture)))


def pdf_page(content: bytes, _: Limits, number: int) -> PageImage:
    """Return a page of a PDF as it is shown, with what is filled into its form."""
    document = pypdfium2.PdfDocument(content)
    if document.get_formtype():
        document.init_forms()
    with closing(document[number - 1]) as page:
        scale = min(_SCALE, MOST_IMAGE_SIDE / max(*page.get_size(), 1))
        return _encoded(page.render(scale=scale, grayscale=True).to_pil())


@contextmanager
def _opened(content: bytes) -> Iterator[Any]:
    try:
        with Image.open(io.BytesIO(content), formats=_KINDS) as picture:
            yield picture
    except _FAULTS:
        raise PermanentError("The picture is broken or cut short. Save it again.") from None


def _check_pixels(picture: Any, limits: Limits) -> None:
    size = picture.width * picture.height
    check_size("pixels", size, limits.max_pixels, "Scan it again with fewer dots per inch.")


def _grey(picture: Any) -> Any:
    """Return a picture in eight bits of grey; what is transparent in it is paper."""
    if picture.mode.startswith("I;16") or picture.mode == "I":
        return picture.point(lambda value: value / _SIXTEEN_BITS).convert("L")
    if picture.has_transparency_data:
        seen = picture.convert("RGBA")
        paper = Image.new("RGBA", seen.size, "white")
        paper.info.update(picture.info)
        paper.alpha_composite(seen)
        picture = paper
    return picture.convert("L")


def _encoded(picture: Any) -> PageImage:
    picture.thumbnail((MOST_IMAGE_SIDE, MOST_IMAGE_SIDE))
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=1)
    if out.tell() > MOST_IMAGE_BYTES:
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=_JPEG_QUALITY)
    coarse = picture.reduce(_COARSE)
    dark = sum(coarse.histogram()[:_DARK])
    blank = dark < _LEAST_DARK * coarse.width * coarse.height
    return PageImage(out.getvalue(), picture.width, picture.height, _rules(picture), blank)


def _rules(picture: Any) -> tuple[Rule, ...]:
    """Find where a row of pixels is dark for long and the row above is not: no letter is.

    Each row is cut into pieces, and a piece is dark if nearly all of it is.
    """
    dark = picture.point(lambda shade: 255 if shade < _INK else 0)
    pieces = dark.resize((_PIECES, picture.height), Image.Resampling.BOX)
    rows = pieces.point(lambda share: 255 if share > _NEARLY_ALL else 0).tobytes()
    rules: list[Rule] = []
    above: list[tuple[int, int]] = []
    for number in range(picture.height):
        row = rows[number * _PIECES : (number + 1) * _PIECES]
        runs = [run.span() for run in _RUN.finditer(row)]
        rules += (
            Rule(start / _PIECES, end / _PIECES, number / picture.height)
            for start, end in runs
            if not any(start < right and left < end for left, right in above)
        )
        above = runs
    return tuple(rules[:_MOST_RULES])
