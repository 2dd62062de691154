"""Tables of a page: their rows with what spans them, as pairs of label and value or with pipes.

Where most cells of a table without heads have lines of their own, it only sets blocks of text side by side.

A cell that spans rows holds for each of them, so each gets its text. Columns that hold nothing but colons, or nothing,
only keep others apart; a column of nothing but the currency belongs to the value of a pair.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import NamedTuple

from selectolax.lexbor import LexborNode

from extraction.errors import PermanentError

_MAX_COLUMNS = 200
_MAX_SPAN = {"colspan": 50, "rowspan": 2_000}
_MAX_CARRIED = 200_000  # cells of a page that are filled because another one spans their rows
_LONGEST_CARRIED = 300  # characters
_APART = re.compile(r"[:：=–—|>→.…·•-]{1,3}")
_CODE = re.compile(r"[A-Z]{3}")
_SUM = re.compile(r"\d[.,]\d\d\b")
_PAIR = 2  # columns
_HOLDS_MORE = "table, h1, h2, h3, ul, ol, dl"  # than a cell of a table of records


class _Row(NamedTuple):
    cells: list[str]
    carried: frozenset[int]  # the cells that are those of a row above
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
        headed = any(row.is_head for row in rows)
        filled = [row._replace(cells=row.cells + [""] * (width - len(row.cells))) for row in rows]
        labels, rows = _without_gaps(filled, headed)
        if labels:
            return [line for row in rows for line in _pairs(row, labels)]
        if not rows or len(rows[0].cells) <= 1:
            return [line for row in rows if row.cells for line in row.cells[0].split("\n")]
        return [list(map(_on_one_line, row.cells)) for row in rows], int(rows[0].is_head)

    def side_by_side(self, row: LexborNode) -> list[str]:
        """Return the filled cells of a row; none if one is long, or two have several lines."""
        if row.mem_id in self._hidden or row.css_first(_HOLDS_MORE) is not None:
            return []
        cells = [
            text
            for cell in row.iter()
            if cell.tag in ("td", "th") and cell.mem_id not in self._hidden
            if (text := self._text_of(cell))
        ]
        short = all(len(text) <= _LONGEST_CARRIED for text in cells)
        return list(map(_on_one_line, cells)) if short and sum("\n" in c for c in cells) < 2 else []

    def _rows(self, found: Sequence[LexborNode]) -> Iterator[_Row]:
        """Yield the rows in which anything stands."""
        held: dict[int, tuple[int, str]] = {}  # by column: rows still to fill, and with what
        for row in found:
            if row.mem_id in self._hidden:
                continue
            cells: list[str] = []
            carried: set[int] = set()
            heads: list[bool] = []
            for cell in row.iter():
                if cell.tag not in ("td", "th") or cell.mem_id in self._hidden:
                    continue
                self._fill(cells, carried, held)
                if len(cells) >= _MAX_COLUMNS:
                    break
                text, down = self._text_of(cell), _span(cell, "rowspan")
                for extra in range(_span(cell, "colspan")):
                    own = "" if extra else text
                    if down > 1:
                        held[len(cells)] = down - 1, own if len(own) <= _LONGEST_CARRIED else ""
                    cells.append(own)
                heads.append(cell.tag == "th")
            self._fill(cells, carried, held)
            if any(text for at, text in enumerate(cells) if at not in carried):
                yield _Row(cells, frozenset(carried), len(heads) > 1 and all(heads))

    def _fill(self, cells: list[str], carried: set[int], held: dict[int, tuple[int, str]]) -> None:
        """Add the cells that stand in the next columns because of a row above."""
        while len(cells) < _MAX_COLUMNS and (above := held.pop(len(cells), None)):
            rows, text = above
            if rows > 1:
                held[len(cells)] = rows - 1, text
            self._carried += 1
            if self._carried > _MAX_CARRIED:
                raise PermanentError(
                    f"The tables have over {_MAX_CARRIED} merged cells; such a page is not a document."
                )
            carried.add(len(cells))
            cells.append(text)


def _are_blocks(rows: Sequence[_Row]) -> bool:
    """Tell rows without heads most of whose cells have several lines, beside each other."""
    lined = [sum("\n" in text for text in row.cells) for row in rows]
    cells = sum(bool(text) for row in rows for text in row.cells)
    return (
        max(lined, default=0) > 1
        and 2 * sum(lined) >= cells
        and not any(row.is_head for row in rows)
    )


def _on_one_line(text: str) -> str:
    return text.replace("\n", " ")


def _span(cell: LexborNode, name: str) -> int:
    value = (cell.attributes.get(name) or "1").strip()
    if not (value.isascii() and value.isdigit()):
        return 1
    most = _MAX_SPAN[name]
    if name == "rowspan" and int(value[:6]) == 0:
        return most  # to the end
    return max(1, min(most, int(value[:6])))


def _without_gaps(rows: list[_Row], headed: bool) -> tuple[list[int], list[_Row]]:
    """Return the rows without columns that say nothing, and which columns are labels because of one."""
    kept: list[int] = []
    labels: list[int] = []
    currencies = 0
    columns = list(zip(*(row.cells for row in rows), strict=True))
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
    return labels, [
        _Row(
            [row.cells[at] for at in kept],
            frozenset(number for number, at in enumerate(kept) if at in row.carried),
            row.is_head,
        )
        for row in rows
    ]


def _is_currency(word: str) -> bool:
    return bool(_CODE.fullmatch(word)) or any(unicodedata.category(c) == "Sc" for c in word[-1:])


def _pairs(row: _Row, labels: Sequence[int]) -> Iterator[str]:
    """Yield a line for each label of a row, with what stands behind it."""
    cells = list(map(_on_one_line, row.cells))
    if labels[0] > 0:
        yield from filter(None, [" ".join(filter(None, cells[: labels[0]]))])
    for number, at in enumerate(labels):
        end = labels[number + 1] if number + 1 < len(labels) else len(cells)
        value = " ".join(filter(None, cells[at + 1 : end]))
        # Below a label that spans rows stand the further lines of its value.
        label = "" if at in row.carried and at + 1 not in row.carried else cells[at]
        label = label.rstrip(":：").rstrip()
        if label and value:
            yield f"{label}: {value}"
        elif label or value:
            yield label or value
