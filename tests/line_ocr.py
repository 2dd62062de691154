"""An OCR engine for tests: it sees how bright a page is, and reads that as a line of text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO

from PIL import Image

from extraction import Control, PageImage, ReadPage, SeenWord
from tests.pdfs import HEIGHT, WIDTH, Pdf

STEP = 10  # of the 255 shades of grey, a page


def scan_of(pages: int) -> bytes:
    """A PDF of scanned pages, each of its own shade of grey."""
    pdf = Pdf()
    for number in range(1, pages + 1):
        pdf.scan(f"{number * STEP / 255:.4f} g 0 0 {WIDTH} {HEIGHT} re f".encode())
    return pdf.bytes()


def shade_of(image: PageImage) -> int:
    """The number that a page of `scan_of` has."""
    with Image.open(BytesIO(image.content)) as picture:
        assert (picture.width, picture.height) == (image.width, image.height)
        shade = picture.resize((1, 1)).tobytes()[0]
    return round(shade / STEP)


def _nothing(number: int) -> None:
    """The default observer."""


@dataclass
class LineOcr:
    """Reads `L3: 3` on the third page of `scan_of`; announces each page to `before_page`."""

    before_page: Callable[[int], None] = _nothing
    confidence: float = 0.99
    read_pages: list[int] = field(default_factory=list)

    def read(self, image: PageImage, *, control: Control) -> ReadPage:
        """See Engine."""
        number = shade_of(image)
        self.before_page(number)
        self.read_pages.append(number)
        words = (f"L{number}:", str(number))
        return image.with_words(
            SeenWord(word, left, 0.1, left + 0.08, 0.12, self.confidence, 0)
            for word, left in zip(words, (0.1, 0.19), strict=True)
        )
