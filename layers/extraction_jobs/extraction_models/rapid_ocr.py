"""OCR in this process, by rapidocr: its models come with its package. On a laptop, or in a container image.

Its packages are in requirements/ocr.txt and in no layer: with them a function would be larger than Lambda allows.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from extraction.errors import MisconfiguredError, StoppedError
from extraction.model import Control
from extraction.ocr.page import READABLE_CONFIDENCE, PageImage, ReadPage, SeenWord

# How far a line's box reaches beyond its letters to the left and right, of its height.
_MARGIN = 0.2


class RapidOcr:
    """See Engine. A page under way is not stopped: it takes some 10 to 20 seconds on two cores.

    It is read as it lies. If it lies on its side, or cannot be read well, it is turned and read once more.
    """

    def __init__(self) -> None:
        self._engine: Any = None

    def read(self, image: PageImage, *, control: Control) -> ReadPage:
        """See Engine."""
        page = self._read(image, 0, control)
        good = page.confidence >= READABLE_CONFIDENCE
        if not page.words or (good and not page.lies_on_its_side):
            return page
        if page.lies_on_its_side:
            # The engine turns what is tall to the left, so it reads well what runs downwards.
            turned = self._read(image, 1 if good else 3, control)
            return page if turned.lies_on_its_side else turned
        return max(page, self._read(image, 2, control), key=lambda each: each.confidence)

    def _read(self, image: PageImage, turns: int, control: Control) -> ReadPage:
        """Return what stands on a page that is turned so many quarters to the left."""
        if control.should_stop():
            raise StoppedError("The page was left unread because the engine was told to stop.")
        if self._engine is None:
            self._engine = _loaded()
        page = image.with_words((), turns)
        # Each line as it lies: a line that it would turn by itself would tell nothing of the page.
        found = self._engine(_turned(image.content, turns), use_cls=False)
        if found.boxes is None:
            return page
        lines = zip(found.boxes, found.txts, found.scores, strict=True)
        words = (
            word
            for number, (corners, text, score) in enumerate(lines)
            for word in _words(page, corners, text, float(score), number)
        )
        return image.with_words(words, turns)


def _turned(content: bytes, turns: int) -> bytes:
    if not turns:
        return content
    from PIL import Image

    out = io.BytesIO()
    with Image.open(io.BytesIO(content)) as picture:
        picture.rotate(90 * turns, expand=True).save(out, "PNG", compress_level=1)
    return out.getvalue()


def _loaded() -> Any:
    try:
        from rapidocr import RapidOCR
    except ImportError:
        raise MisconfiguredError(
            "OCR is rapidocr, and the package rapidocr is not installed. Use `make up OCR=rapidocr`, or an image of "
            "the worker that has requirements/ocr.txt."
        ) from None
    return RapidOCR(params={"Global.log_level": "error"})


def _words(
    page: ReadPage, corners: Any, text: str, confidence: float, number: int
) -> Iterator[SeenWord]:
    """Cut a line into its words: each has a share of the line's width by its letters."""
    top_left, top_right, bottom_right, bottom_left = (
        (float(x) / page.width, float(y) / page.height) for x, y in corners
    )
    margin = _MARGIN * (bottom_left[1] - top_left[1]) * page.height / page.width
    left, width = top_left[0] + margin, top_right[0] - top_left[0] - 2 * margin
    at = 0
    for word in text.split():
        at = text.index(word, at)
        start, end = at / len(text), (at + len(word)) / len(text)
        middle = (start + end) / 2  # where the line may be higher or lower than at its ends
        top = top_left[1] + middle * (top_right[1] - top_left[1])
        bottom = bottom_left[1] + middle * (bottom_right[1] - bottom_left[1])
        yield SeenWord(
            word, left + start * width, top, left + end * width, bottom, confidence, number
        )
        at += len(word)
