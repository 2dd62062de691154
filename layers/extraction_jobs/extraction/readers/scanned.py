"""Pages without text: their images go to OCR, and what it reads takes their place."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from extraction.document.document import Limits
from extraction.errors import MisconfiguredError, NeedsOcrError, PermanentError
from extraction.ocr.page import READABLE_CONFIDENCE, PageReader, ReadPage, ScannedPage
from extraction.readers.apart import page_apart
from extraction.readers.format import Format, Stop
from extraction.readers.raw import Raw, listed

_UNSURE = (
    "OCR is not sure of what it read on {}: "
    f"its confidence is below {READABLE_CONFIDENCE:g}. Compare them with the original."
)
_DOUBTS: tuple[tuple[Callable[[ReadPage], bool], str], ...] = (
    (
        lambda page: page.lies_on_its_side,
        "{} lie on their side: their words are out of order. Turn them, and send the document again.",
    ),
    (lambda page: not page.words and not page.blank, "OCR found no words on {}."),
    (
        lambda page: bool(page.words) and page.confidence < READABLE_CONFIDENCE,
        _UNSURE,
    ),
)


def with_scanned_pages(
    raw: Raw,
    found: Format,
    content: bytes,
    limits: Limits,
    stop: Stop,
    read_page: PageReader | None,
) -> Raw:
    """Return a document with the text of the pages that are images, as far as there is who reads them.

    Raises NeedsOcrError if there is nobody, and no other text; else as `read_document` and as the Engine.
    """
    missing = raw.pages_without_text
    has_text = bool(raw.e_invoices) or any(part.text.strip() for part in raw.parts)
    if not missing:
        return raw
    if read_page is None:
        if has_text:
            return raw
        raise NeedsOcrError(
            "NEEDS_OCR: the PDF holds images of pages and no text. Switch OCR on, or run the PDF "
            "through OCR (for example ocrmypdf) and send the result."
        )
    digest = hashlib.sha256(content).hexdigest()
    pages: dict[int, ReadPage] = {}
    refusals: dict[int, PermanentError] = {}
    for place, number in enumerate(missing, 1):
        image = partial(page_apart, found, content, limits, stop, number)
        try:
            pages[number] = read_page(ScannedPage(digest, number, place, len(missing), image))
        except MisconfiguredError:
            raise
        except PermanentError as error:
            refusals[number] = error
    if refusals and not pages and not has_text:
        raise next(iter(refusals.values()))
    from extraction.readers.scan_layout import texts_of

    parts = list(raw.parts)
    for number, part in zip(pages, texts_of(pages.values()), strict=True):
        parts[number - 1] = part
    return replace(
        raw,
        parts=tuple(parts),
        pages_without_text=tuple(refusals),
        not_read=(
            *_doubts(pages, len(parts)),
            *(f"Page {number}: {error}" for number, error in refusals.items()),
            *raw.not_read,
        ),
    )


def _doubts(pages: dict[int, ReadPage], count: int) -> Iterator[str]:
    """Yield a sentence for each reason to look at what OCR read."""
    for is_so, sentence in _DOUBTS:
        found = [number for number, page in pages.items() if is_so(page)]
        if found:
            yield sentence.format(f"{len(found)} of {count} pages ({listed(found)})")
