"""Pages without text: their images go to OCR, and its words through the same layout as a PDF's words."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import groupby
from statistics import median
from typing import TYPE_CHECKING

from extraction.document.document import Limits
from extraction.document.typed import Seen, TypedText
from extraction.errors import MisconfiguredError, NeedsOcrError, PermanentError
from extraction.ocr.page import READABLE_CONFIDENCE, PageReader, ReadPage, ScannedPage, SeenWord
from extraction.readers.apart import page_apart, text_apart
from extraction.readers.format import Format
from extraction.readers.raw import Raw, listed
from extraction.readers.text_builder import normalise

if TYPE_CHECKING:
    from extraction.readers.layout import Line
    from extraction.readers.pdf_words import Word

_LONGER_SIDE = 842.0  # points: of A4, which the layout's few lengths in points are made for
_LONG = 0.2  # of the page's width
_LETTERS = 0.8  # of a line's height: the size of its letters


def with_scanned_pages(
    raw: Raw,
    found: Format,
    content: bytes,
    limits: Limits,
    should_stop: Callable[[], bool],
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
        image = partial(page_apart, found, content, limits, should_stop, number)
        try:
            pages[number] = read_page(ScannedPage(digest, number, place, len(missing), image))
        except MisconfiguredError:
            raise
        except PermanentError as error:
            refusals[number] = error
    if refusals and not pages and not has_text:
        raise next(iter(refusals.values()))
    texts = text_apart(json.dumps([page.to_json() for page in pages.values()]), limits, should_stop)
    parts = list(raw.parts)
    for number, part in zip(pages, texts.parts, strict=True):
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


def _doubts(pages: dict[int, ReadPage], count: int) -> list[str]:
    """Return a sentence for each reason to look at what OCR read."""
    empty = [number for number, page in pages.items() if not page.words and not page.blank]
    poor = [
        number
        for number, page in pages.items()
        if page.words and page.confidence < READABLE_CONFIDENCE
    ]
    on_their_side = [number for number, page in pages.items() if page.lies_on_its_side]
    said = []
    if on_their_side:
        said.append(
            f"{len(on_their_side)} of {count} pages lie on their side ({listed(on_their_side)}): "
            "their words are out of order. Turn them, and send the document again."
        )
    if empty:
        said.append(f"OCR found no words on {len(empty)} of {count} pages ({listed(empty)}).")
    if poor:
        said.append(
            f"OCR is not sure of what it read on {len(poor)} of {count} pages ({listed(poor)}): "
            f"its confidence is below {READABLE_CONFIDENCE:g}. Compare them with the original."
        )
    return said


def pages_to_raw(content: bytes, _: Limits) -> Raw:
    """Return the text of pages that were read, given as a JSON list; a part for each. Runs where PDFs are parsed."""
    from extraction.readers.reading_order import regions
    from extraction.readers.running_lines import without_running_lines
    from extraction.readers.table_rows import Edge, as_rows

    laid_out: list[list[list[Line]]] = []
    edges: list[tuple[float, float]] = []
    for page in map(ReadPage.from_json, json.loads(content)):
        scale = _LONGER_SIDE / max(page.width, page.height)
        width, height = page.width * scale, page.height * scale
        words, slope = _words(page, width, height)
        rules = [
            Edge(
                rule.base * height - slope * (rule.left + rule.right) / 2 * width,
                rule.left * width,
                rule.right * width,
            )
            for rule in page.rules
        ]
        laid_out.append([as_rows(region, rules) for region in regions(words)])
        edges.append((0.0, height))
    return Raw(tuple(map(_text, without_running_lines(laid_out, edges))), paged=True)


def _text(page: list[list[Line]]) -> TypedText:
    """Return the text of a page with how sure OCR is of its words: a stretch for those that follow each other alike."""
    from extraction.readers.pdf_pages import text_of_page

    text = text_of_page(page).text
    seen: list[Seen] = []
    at = 0
    for word in (w for region in page for line in region for s in line.segments for w in s.words):
        start = text.find(word.text, at)
        if start < 0:
            continue
        at = start + len(word.text)
        confidence = round(word.confidence, 2)
        if seen and seen[-1].confidence == confidence:
            seen[-1] = seen[-1]._replace(end=at)
        else:
            seen.append(Seen(start, at, confidence))
    return TypedText(text, seen=tuple(seen))


def _words(page: ReadPage, width: float, height: float) -> tuple[list[Word], float]:
    """Return a page's words, in points, each on the base of its line, laid straight; and how askew it lay."""
    from extraction.readers.pdf_words import Word

    lines = [
        [
            word._replace(
                left=word.left * width,
                right=word.right * width,
                top=word.top * height,
                bottom=word.bottom * height,
            )
            for word in line
        ]
        for _, line in groupby(page.words, key=lambda word: word.line)
    ]
    slope = _slope(lines, width)
    words: list[Word] = []
    for line in lines:
        sinks = [slope * (word.left + word.right) / 2 for word in line]
        top = min(word.top - sink for word, sink in zip(line, sinks, strict=True))
        bottom = max(word.bottom - sink for word, sink in zip(line, sinks, strict=True))
        size = max((bottom - top) * _LETTERS, 1.0)
        # The middle of a line moves less than its bottom where letters reach below it on one line and not on another.
        base = (top + bottom + size) / 2
        aside = slope * base
        for place, word in enumerate(line):
            words.append(
                Word(
                    normalise(word.text),
                    word.left + aside,
                    word.right + aside,
                    base,
                    size,
                    place > 0,
                    word.confidence,
                )
            )
    return words, slope


def _slope(lines: list[list[SeenWord]], width: float) -> float:
    """Return how far the lines of a page sink from left to right, of their length; the long ones tell."""
    slopes = [
        (last.top + last.bottom - first.top - first.bottom) / 2 / (last.left - first.left)
        for first, last in ((line[0], line[-1]) for line in lines)
        if last.left - first.left > _LONG * width
    ]
    return median(slopes) if slopes else 0.0
