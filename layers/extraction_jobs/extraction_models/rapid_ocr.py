"""OCR in this process, by rapidocr: its models come with its package. On a laptop, or in a container image.

Its packages are in requirements/ocr.txt and in no layer: with them a function would be larger than Lambda allows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from extraction.errors import MisconfiguredError, StoppedError
from extraction.model import Control
from extraction.ocr.page import PageImage, SeenWord

# How far a line's box reaches beyond its letters to the left and right, of its height.
_MARGIN = 0.2


class RapidOcr:
    """See Engine. A page under way is not stopped: it takes some 10 to 20 seconds on two cores."""

    def __init__(self) -> None:
        self._engine: Any = None

    def read(self, image: PageImage, *, control: Control) -> tuple[SeenWord, ...]:
        """See Engine."""
        if control.should_stop():
            raise StoppedError("The page was left unread because the engine was told to stop.")
        if self._engine is None:
            self._engine = _loaded()
        found = self._engine(image.content)
        if found.boxes is None:
            return ()
        lines = zip(found.boxes, found.txts, found.scores, strict=True)
        return tuple(
            word
            for number, (corners, text, score) in enumerate(lines)
            for word in _words(image, corners, text, float(score), number)
        )


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
    image: PageImage, corners: Any, text: str, confidence: float, number: int
) -> Iterator[SeenWord]:
    """Cut a line into its words: each has a share of the line's width by its letters."""
    top_left, top_right, bottom_right, bottom_left = (
        (float(x) / image.width, float(y) / image.height) for x, y in corners
    )
    margin = _MARGIN * (bottom_left[1] - top_left[1]) * image.height / image.width
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
