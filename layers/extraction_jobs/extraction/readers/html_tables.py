"""Tables of a page: their rows with what spans them, as pairs of label and value or with pipes.

Where most cells of a table without heads have lines of their own, it only sets blocks of text side by side.

A cell that spans rows holds for each of them, so each gets its text. Columns that hold nothing but colons, or nothing,
only keep others apart; a column of nothing but the currency belongs to the value of a pair.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from selectolax.lexbor import LexborNode

from extraction.readers.format import check_size

_MAX_COLUMNS = 200
_MAX_SPAN = {"colspan": 50, "rowspan": 2_000}
_MAX_CARRIED = 200_000  # cells of a page that are filled because another one spans their rows
_LONGEST_CARRIED = 300  # characters
_APART = re.compile(r"[:：=–—|>→.…·•-]{1,3}")
_CODE = re.compile(r"[A-Z]{3}")
_SUM = re.compile(r"\d[.,]\d\d\b")
_PAIR = 2  # columns
_HOLDS_MORE = "table, h1, h2, h3, ul, ol, dl"  # than a cell of a table of records


class _Cell(NamedTuple):
    text: str
    carried: bool = False  # it is a cell of a row above

    @property
    def line(self) -> str:
        return self.text.replace("\n", " ")


class _Row(NamedTuple):
    cells: list[_Cell]
    is_head: bool


class Tables:
    """Reads the tables of a page, given what it hides and the text of a cell, with its lines."""

    def __init__(self, hidden: Collection[int], text_of: Callable[[LexborNode], str]) -> None:
        self._hidden = hidden
        self._text_of = text_of
        self._carried = 0  # cells of the page

    def read(
        self, found: Sequence[LexborNode]
    ) -> tuple[Sequence[Sequence[str]], int] | list[str] | None:
        """Return a table's rows and how many head the others, or the lines of one that is no more than pairs.

        None if its cells are blocks of text side by side. Raises PermanentError if its cells span more rows than a
        document's do.
        """
        rows = list(self._rows(found))
        if _are_blocks(rows):
            return None
        width = max((len(row.cells) for row in rows), default=0)
        filled = [row.cells + [_Cell("")] * (width - len(row.cells)) for row in rows]
        labels, kept = _without_gaps(filled, headed=any(row.is_head for row in rows))
        if labels:
            return [line for cells in kept for line in _pairs(cells, labels)]
        if not kept or len(kept[0]) <= 1:
            return [line for cells in kept for cell in cells for line in cell.text.split("\n")]
        return [[cell.line for cell in cells] for cells in kept], int(rows[0].is_head)

    def side_by_side(self, row: LexborNode) -> list[str]:
        """Return the filled cells of a row; none if one is long, or two have several lines."""
        if row.mem_id in self._hidden or row.css_first(_HOLDS_MORE) is not None:
            return []
        texts = list(filter(None, map(self._text_of, self._cells(row))))
        short = all(len(text) <= _LONGEST_CARRIED for text in texts)
        few_lines = sum("\n" in text for text in texts) < 2
        return [_Cell(text).line for text in texts] if short and few_lines else []

    def _cells(self, row: LexborNode) -> Iterator[LexborNode]:
        for cell in row.iter():
            if cell.tag in ("td", "th") and cell.mem_id not in self._hidden:
                yield cell

    def _rows(self, found: Sequence[LexborNode]) -> Iterator[_Row]:
        """Yield the rows in which anything stands."""
        held: dict[int, tuple[int, str]] = {}  # by column: rows still to fill, and with what
        for row in found:
            if row.mem_id in self._hidden:
                continue
            cells: list[_Cell] = []
            heads: list[bool] = []
            for cell in self._cells(row):
                self._fill(cells, held)
                if len(cells) >= _MAX_COLUMNS:
                    break
                text, down = self._text_of(cell), _span(cell, "rowspan")
                for extra in range(_span(cell, "colspan")):
                    own = "" if extra else text
                    if down > 1:
                        held[len(cells)] = down - 1, own if len(own) <= _LONGEST_CARRIED else ""
                    cells.append(_Cell(own))
                heads.append(cell.tag == "th")
            self._fill(cells, held)
            if any(cell.text and not cell.carried for cell in cells):
                yield _Row(cells, len(heads) > 1 and all(heads))

    def _fill(self, cells: list[_Cell], held: dict[int, tuple[int, str]]) -> None:
        """Add the cells that stand in the next columns because of a row above."""
        while len(cells) < _MAX_COLUMNS and (above := held.pop(len(cells), None)):
            rows, text = above
            if rows > 1:
                held[len(cells)] = rows - 1, text
            self._carried += 1
            check_size("merged cells", self._carried, _MAX_CARRIED, "Split it.")
            cells.append(_Cell(text, carried=True))


def _are_blocks(rows: Sequence[_Row]) -> bool:
    """Tell rows without heads most of whose cells have several lines, beside each other."""
    lined = [sum("\n" in cell.text for cell in row.cells) for row in rows]
    cells = sum(bool(cell.text) for row in rows for cell in row.cells)
    return (
        max(lined, default=0) > 1
        and 2 * sum(lined) >= cells
        and not any(row.is_head for row in rows)
    )


def _span(cell: LexborNode, name: str) -> int:
    value = (cell.attributes.get(name) or "1").strip()
    if not (value.isascii() and value.isdigit()):
        return 1
    most = _MAX_SPAN[name]
    if name == "rowspan" and int(value[:6]) == 0:
        return most  # to the end
    return max(1, min(most, int(value[:6])))


def _without_gaps(rows: list[list[_Cell]], *, headed: bool) -> tuple[list[int], list[list[_Cell]]]:
    """Return the rows without columns that say nothing, and which columns are labels because of one."""
    kept: list[int] = []
    labels: list[int] = []
    currencies = 0
    columns = [[cell.text for cell in column] for column in zip(*rows, strict=True)]
    for at, column in enumerate(columns):
        words = {word for word in column if word}
        if words and not all(map(_APART.fullmatch, words)):
            currencies += bool(kept) and len(words) == 1 and _is_currency(next(iter(words)))
            kept.append(at)
        elif words and kept and not headed and len(columns) > _PAIR:
            labels.append(len(kept) - 1)
    sums = any(_SUM.search(cell) for column in columns for cell in column)
    if not headed and len(kept) - (currencies if sums else 0) == _PAIR:
        labels = labels or [0]
    return labels, [[row[at] for at in kept] for row in rows]


def _is_currency(word: str) -> bool:
    return bool(_CODE.fullmatch(word)) or any(unicodedata.category(c) == "Sc" for c in word[-1:])


def _pairs(cells: Sequence[_Cell], labels: Sequence[int]) -> Iterator[str]:
    """Yield a line for each label of a row, with what stands behind it."""
    before = " ".join(cell.line for cell in cells[: labels[0]] if cell.line)
    if before:
        yield before
    for at, end in pairwise([*labels, len(cells)]):
        value = " ".join(cell.line for cell in cells[at + 1 : end] if cell.line)
        # Below a label that spans rows stand the further lines of its value.
        goes_on = cells[at].carried and not any(cell.carried for cell in cells[at + 1 : at + 2])
        label = "" if goes_on else cells[at].line.rstrip(":：").rstrip()
        if label and value:
            yield f"{label}: {value}"
        elif label or value:
            yield label or value
