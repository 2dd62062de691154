"""The words that OCR read on pages, through the same layout as a PDF's words."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from statistics import median

from extraction.document.typed import Seen, TypedText
from extraction.ocr.page import ReadPage, SeenWord
from extraction.readers.grid import text_of_page
from extraction.readers.layout import Line, Word
from extraction.readers.reading_order import regions
from extraction.readers.running_lines import Page, without_running_lines
from extraction.readers.table_rows import Edge, as_rows
from extraction.readers.text_builder import normalise

_LONGER_SIDE = 842.0  # points: of A4, which the layout's few lengths in points are made for
_LONG = 0.2  # of the page's width
_LETTERS = 0.8  # of a line's height: the size of its letters


def texts_of(pages: Iterable[ReadPage]) -> list[TypedText]:
    """Return the text of each page, less what the pages repeat."""
    return list(map(_text, without_running_lines(list(map(_laid_out, pages)))))


def _laid_out(page: ReadPage) -> Page:
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
    return Page([as_rows(region, rules) for region in regions(words)], 0.0, height)


def _text(page: list[list[Line]]) -> TypedText:
    """Return the text of a page with how sure OCR is of its words: a stretch for those that follow each other alike."""
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
            text, left, right = normalise(word.text), word.left + aside, word.right + aside
            words.append(Word(text, left, right, base, size, place > 0, word.confidence))
    return words, slope


def _slope(lines: list[list[SeenWord]], width: float) -> float:
    """Return how far the lines of a page sink from left to right, of their length; the long ones tell."""
    slopes = [
        (last.top + last.bottom - first.top - first.bottom) / 2 / (last.left - first.left)
        for first, last in ((line[0], line[-1]) for line in lines)
        if last.left - first.left > _LONG * width
    ]
    return median(slopes) if slopes else 0.0
