"""A document as the extractor sees it: normalised text, and where it came from."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, takewhile

from extraction.document.typed import Seen, TypedTable

TEXT = "text/plain"
MARKDOWN = "text/markdown"
HTML = "text/html"
PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XLSB = "application/vnd.ms-excel.sheet.binary.macroenabled.12"
XLS = "application/vnd.ms-excel"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
ODT = "application/vnd.oasis.opendocument.text"
RTF = "application/rtf"
EPUB = "application/epub+zip"
CSV = "text/csv"
JSON = "application/json"
MAIL = "message/rfc822"
XML = "application/xml"
PNG = "image/png"
JPEG = "image/jpeg"
TIFF = "image/tiff"


@dataclass(frozen=True, slots=True)
class Document:
    """Normalised text. Every offset in this package is a code point index into `text`.

    `digest` is the SHA-256, in hex, of `text` as UTF-8. `pages` are the offsets at which the pages of a
    paged format begin. `pages_without_text` are the numbers, from 1, of pages that hold an image and no
    text that could be read: nothing of them is in `text`. `not_read` are sentences, one for each part of the source
    that is not in `text`, those pages among them: each is a reason for a review. `e_invoices_start` is where the XML of
    e-invoices begins, line by line: the last part of the text, on no page. `tables` are those whose cells the reader
    of the format knew, and `seen` is what OCR read, both in order of place.
    """

    text: str
    media_type: str
    title: str | None
    digest: str
    pages: tuple[int, ...] = ()
    pages_without_text: tuple[int, ...] = ()
    not_read: tuple[str, ...] = ()
    e_invoices_start: int | None = None
    tables: tuple[TypedTable, ...] = ()
    seen: tuple[Seen, ...] = ()

    @property
    def text_of_pages(self) -> str:
        """The text without the XML of e-invoices: what a person would be shown."""
        return self.text[: self.e_invoices_start]

    def page_of(self, offset: int) -> int | None:
        """Return the number, from 1, of the page that an offset is on; None where there are no pages."""
        if self.e_invoices_start is not None and offset >= self.e_invoices_start:
            return None
        return bisect_right(self.pages, offset) if self.pages else None

    def ocr_confidence(self, places: Iterable[tuple[int, int]]) -> float:
        """Return the least confidence (0..1) of the words that OCR read in these stretches of text; 1 without any."""
        if not self.seen:
            return 1.0
        return min(
            (found.confidence for place in places for found in self._seen_in(*place)), default=1.0
        )

    def _seen_in(self, start: int, end: int) -> Iterator[Seen]:
        first = bisect_right(self.seen, start, key=lambda stretch: stretch.end)
        return takewhile(lambda stretch: stretch.start < end, islice(self.seen, first, None))


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a source may be. Beyond any of these it is refused, not truncated.

    Lines count by themselves because memory follows them: 200,000 of the worst kind take 0.8 GB.
    `max_pixels` is of one page of a picture, before it is decoded.
    `reader_seconds` and `reader_megabytes` bound the process that parses what is not plain text, CSV or JSON.
    """

    max_bytes: int = 20_000_000
    max_characters: int = 10_000_000
    max_pages: int = 2_000
    max_lines: int = 200_000
    max_html_elements: int = 300_000
    max_html_depth: int = 500
    max_json_depth: int = 50
    max_mail_depth: int = 5
    max_attachments: int = 50
    max_pixels: int = 40_000_000
    reader_seconds: float = 60
    reader_megabytes: int = 1024
