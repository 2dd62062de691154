"""Facts of labels that stand above or beside their values, without a sign between."""

from __future__ import annotations

import re

from extraction.document.blocks.block import Place
from extraction.document.line import Lines
from extraction.document.pairs import MAX_LABEL_CHARACTERS, pairs, trimmed
from extraction.document.structure import LABEL_ABOVE, Fact, Span
from extraction.labels.word_lists import words_of
from extraction.values.currencies import UNIT
from extraction.values.numbers import OF, RATE_OF

_HONORIFICS = words_of("honorific")  # alone on the line before a name
WRAPPED_FROM = 55  # code points: a line at least this long may go on in the next one
_MAX_TAIL_LINES = 40
_LETTER = re.compile(r"[^\W\d_]")
_DIGIT = re.compile(r"\d")
# A rate may belong to the label, with what it is a rate of: `VAT 20% on 50.00   10.00`.
_PERCENT = r"\d{1,2}(?:[.,]\d{1,2})?\s?%"
_RATE = rf"{_PERCENT}(?:\s(?:{OF})\s{UNIT}?\s?\d[\d.,]*(?:\s?{UNIT})?)?"
_UNMARKED = re.compile(
    r"(?P<label>(?!.*\b(?:is|are|was|were|the|shall|will|must|may|by)\b)"
    rf"(?!{UNIT}\s)(?:{_RATE}\s)?[^\W\d_](?:[^\d:|\n€$£]|(?<=[\s(@]){_RATE}){{1,40}}?)\s=?\s?"
    rf"(?P<value>(?!{_PERCENT}\s)(?:[€$£]|[A-Z]{{3}}\s|[A-Z]{{1,5}}[-/]|[A-Z]{{2}}(?=\d{{4}}|\d\d [A-Z]{{4}} ))?"
    r"[-−–]?\d[^:|\n]{0,30})"
)
_FIGURE_BEHIND = re.compile(r"\s\D{0,9}\d")  # with all that the value may have before it
# An amount or a rate at the end of a line, which no other label has a part in.
_ENDS_IN_FIGURE = re.compile(
    r"\d[.,]\d\d(?:\s?(?:[€$£]|[A-Z]{3}))?$|\d\s?[%€£]$|[€$£]\s?\d[\d.,]*$"
)
_AMOUNT = 20  # code points
_BLOCK_LINES = 6
_INDENT = 4  # how far a value may be indented under its label
_MAX_LABEL = 40
_MAX_LABEL_WORDS = 6


def pair_of_cells(text: str, place: Place, label: Span, value: Span, how: str) -> list[Fact]:
    """Return the fact of a cell that labels another."""
    name = label.of(text).rstrip(" :.")
    if not name or value.end <= value.start or len(name) > MAX_LABEL_CHARACTERS:
        return []
    return [place.fact(name, value, value.last, how, label.start)]


def has_figure_behind(text: str, cell: Span) -> bool:
    """Tell a cell in which a figure stands behind a space, as in any pair without a sign; it is quick."""
    return _FIGURE_BEHIND.search(text, cell.start, cell.end) is not None


def unmarked_pair(text: str, place: Place, cell: Span) -> list[Fact]:
    """Return the fact of words and the figure behind them: `Valid from 1 February 2026`."""
    if not has_figure_behind(text, cell):
        return []
    match = _UNMARKED.fullmatch(text, cell.start, cell.end)
    if match is None or RATE_OF.search(text[cell.start : match.start("value")]):
        return []
    value = Span(*match.span("value"))
    return [place.fact(match["label"].rstrip(), value, value.end, LABEL_ABOVE, cell.start)]


def below(
    lines: Lines, at: int, place: Place, label: str, start: int, how: str = LABEL_ABOVE
) -> list[Fact]:
    """Return the fact of a label, which the line `at` ends with, and the lines under it."""
    first = at + 1 if lines[at + 1].words else at + 2
    first += lines[first].words.rstrip(".") in _HONORIFICS
    line = lines[first]
    if not line.words or (line.pairs and not line.is_item) or has_own_figure(line.words):
        return []
    # What stands to the left of the label is none of its value.
    left = lines[at].indent + line.start
    cells = [cell.start for cell in line.cells if cell.end > left]
    value = trimmed(lines.text, max(line.body, min(cells, default=0)), line.end)
    if value.end <= value.start:
        return []
    return [place.fact(label, value, max(tail_end(lines, first + 1), value.end), how, start)]


def tail_end(lines: Lines, at: int) -> int:
    """Return the end of the lines from `at` on that may belong to a value above them."""
    if at >= lines.size:
        return len(lines.text)
    return lines[min(lines.next_break[at], at + _MAX_TAIL_LINES) - 1].end


def labels_above(lines: Lines, at: int, place: Place) -> list[Fact]:
    """Return the facts of the cells of a line and what stands under them, line by line."""
    found = []
    for column, cell in enumerate(lines[at].cells):
        label = first_named(cell.of(lines.text)).rstrip(": ")
        value = block_under(lines, at, cell) if is_label(label) else None
        if value is not None:
            found.append(place.fact(label, value, value.last, LABEL_ABOVE, cell.start, column))
    return found


def block_under(lines: Lines, at: int, label: Span) -> Span | None:
    """Return the cell under a label with the lines that go on under it."""
    left, right = label.start - lines[at].start, label.end - lines[at].start
    found: list[Span] = []
    for number in range(at + 1, at + 1 + _BLOCK_LINES):
        origin = lines[number].start
        under = [
            cell
            for cell in lines[number].cells
            if -1 <= cell.start - origin - left <= _INDENT or abs(cell.end - origin - right) <= 1
        ]
        if under and not pairs(lines.text, under[:1]):
            found.append(under[0])
        elif under or found or lines[number].indent <= right:
            break  # what stands in another column only is between them
    return Span(found[0].start, found[0].end, tuple(found[1:])) if found else None


def has_own_figure(line: str) -> bool:
    """Tell words with their amount or rate: they neither label the next line nor are the value of the one above."""
    return bool(_ENDS_IN_FIGURE.search(line[-_AMOUNT:]) and _UNMARKED.fullmatch(line))


def first_named(label: str) -> str:
    """Return what a label of a form names first: of `Payer's name, street address, and ZIP code` the name."""
    first = label.split(",", 1)[0]
    named = first.endswith(("name", "NAME", "Name")) and label.count(",") > 1
    return first if named and is_label(first) else label


def is_label(text: str) -> bool:
    """Tell a few words without figures other than rates."""
    if len(text) > _MAX_LABEL or len(text.split()) > _MAX_LABEL_WORDS:
        return False
    return text.isalpha() or (bool(_LETTER.search(text)) and len(_DIGIT.findall(text)) <= 2)
