"""Reading what stands side by side: blocks in columns, each under its own label."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from extraction.document import lines
from extraction.document.columns import is_figure
from extraction.document.line_reader import LineReader
from extraction.document.structure import COLUMN_PAIR, LABEL_ABOVE, Span
from extraction.values.currencies import UNIT
from extraction.values.numbers import OF, RATE_OF

_LETTER = re.compile(r"[^\W\d_]")
_DIGIT = re.compile(r"\d")
_BOX = re.compile(r"\d{1,2}[a-z]?[.)]? [^\W\d_]{2}")
# A rate may belong to the label, with what it is a rate of: `VAT 20% on 50.00   10.00`.
_PERCENT = r"\d{1,2}(?:[.,]\d{1,2})?\s?%"
_RATE = rf"{_PERCENT}(?:\s(?:{OF})\s{UNIT}?\s?\d[\d.,]*(?:\s?{UNIT})?)?"
_A_RATE = re.compile(_RATE)
_UNMARKED = re.compile(
    r"(?P<label>(?!.*\b(?:is|are|was|were|the|shall|will|must|may|by)\b)"
    rf"(?!{UNIT}\s)(?:{_RATE}\s)?[^\W\d_](?:[^\d:|\n€$£]|(?<=[\s(@]){_RATE}){{1,40}}?)\s=?\s?"
    rf"(?P<value>(?!{_PERCENT}\s)(?:[€$£]|[A-Z]{{3}}\s|[A-Z]{{1,5}}[-/])?[-−–]?\d[^:|\n]{{0,30}})"
)
# An amount or a rate at the end of a line, which no other label has a part in.
_ENDS_IN_FIGURE = re.compile(
    r"\d[.,]\d\d(?:\s?(?:[€$£]|[A-Z]{3}))?$|\d\s?[%€£]$|[€$£]\s?\d[\d.,]*$"
)
_PAIR = 2
_BLOCK_LINES = 6
_INDENT = 4  # how far a value may be indented under its label
_MAX_LABEL = 40
_MAX_LABEL_WORDS = 6


class BlockReader(LineReader):
    """Makes facts of labels that stand beside or above their values in columns."""

    def pair_of_cells(self, label: Span, value: Span, how: str) -> None:
        """Make a fact of a cell that labels another."""
        name = label.of(self.text).rstrip(" :.")
        if _BOX.match(name) and _BOX.match(value.of(self.text)):
            return  # two numbered boxes of a form beside each other
        if name and value.end > value.start and len(name) <= lines.MAX_LABEL_CHARACTERS:
            self.fact(name, value, value.last, how, label.start)

    def labels_above(self, number: int) -> None:
        """Make facts of the cells of a line and what stands under them, line by line."""
        for column, cell in enumerate(self.cells(number)):
            label = cell.of(self.text).rstrip(": ")
            if not is_label(label):
                continue
            value = self.block_under(number, cell)
            if value is not None:
                self.fact(label, value, value.last, LABEL_ABOVE, cell.start, column)

    def labels_beside(self, number: int) -> None:
        """Make facts of each cell of a line that may be the label of the next one."""
        cells = self.cells(number)
        for label, value in pairwise(cells if len(cells) > _PAIR else []):
            if is_label(label.of(self.text)):
                self.pair_of_cells(label, value, COLUMN_PAIR)

    def block_under(self, number: int, label: Span) -> Span | None:
        """Return the cell under a label with the lines that go on under it."""
        origin = self.bounds[number][0]
        left, right = label.start - origin, label.end - origin
        found: list[Span] = []
        at: int | None = None
        for below in range(number + 1, number + 1 + _BLOCK_LINES):
            if self.blank(below):
                break
            cell = self.cell_at(below, left, right, at)
            if cell is None or lines.pairs(self.text, cell.start, cell.end):
                break
            at = cell.start - self.bounds[below][0]
            found.append(cell)
        return Span(found[0].start, found[0].end, tuple(found[1:])) if found else None

    def cell_at(self, number: int, left: int, right: int, at: int | None) -> Span | None:
        """Return the cell of a line that begins under a label, or where the one above it began."""
        origin = self.bounds[number][0]
        best: tuple[int, Span] | None = None
        for cell in self.cells(number):
            begins, ends = cell.start - origin, cell.end - origin
            near = abs(begins - (left if at is None else at))
            fits = -1 <= begins - left <= _INDENT if at is None else near <= 1
            if (fits or (at is None and abs(ends - right) <= 1)) and (
                best is None or near < best[0]
            ):
                best = (near, cell)
        return best[1] if best else None

    def unmarked_pair(self, cell: Span, how: str = LABEL_ABOVE) -> None:
        """Make a fact of words and the figure behind them: `Valid from 1 February 2026`."""
        match = _UNMARKED.fullmatch(self.text, cell.start, cell.end)
        if match is not None and not RATE_OF.search(self.text[cell.start : match.start("value")]):
            value = Span(match.start("value"), match.end("value"))
            self.fact(match["label"], value, value.end, how, cell.start)

    def two_columns(self, rows: Sequence[tuple[Span, ...]], first: int, after: int) -> None:
        """Make facts of lines of two columns: labels and values, or blocks side by side."""
        if self.are_pairs(rows):
            for row in rows:
                self.pair_of_cells(row[0], row[1], COLUMN_PAIR)
        for row in rows:
            for cell in row:
                self.unmarked_pair(cell)
        for number in range(first, after):
            cells = [cell.of(self.text) for cell in self.cells(number)]
            if len(cells) > 1 and all(is_label(cell) and "," not in cell for cell in cells):
                self.labels_above(number)

    def are_pairs(self, rows: Sequence[tuple[Span, ...]]) -> bool:
        """Tell labels with their values from two blocks: most left cells look like labels."""
        left = [row[0].of(self.text).rstrip(": ") for row in rows]
        return 2 * sum(is_label(cell) and "," not in cell for cell in left) >= len(left)


def has_own_figure(line: str) -> bool:
    """Tell words with their amount or rate: they neither label the next line nor are the value of the one above."""
    return bool(_ENDS_IN_FIGURE.search(line) and _UNMARKED.fullmatch(line))


def is_label(text: str) -> bool:
    """Tell a few words without figures other than rates, or a number before them as on forms in boxes."""
    text = _A_RATE.sub("", text)
    words = text.split()
    if not words or len(text) > _MAX_LABEL or len(words) > _MAX_LABEL_WORDS or is_figure(text):
        return False
    if len(words) > 1 and words[0].rstrip(".)").isdigit() and words[0][-1] in ".)":
        text = " ".join(words[1:])
    return bool(_LETTER.search(text)) and len(_DIGIT.findall(text)) <= 2
