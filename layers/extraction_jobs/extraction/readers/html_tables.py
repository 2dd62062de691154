"""Tables of a page: their rows with what spans them, as pairs of label and value or with pipes.

A cell that spans rows holds for each of them, so each gets its text. Columns that hold nothing but colons, or nothing,
only keep others apart; a column of nothing but the currency belongs to the figures beside it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from extraction.errors import PermanentError

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_MAX_COLUMNS = 200
_MAX_SPAN = {"colspan": 50, "rowspan": 2_000}
_MAX_CARRIED = 200_000  # cells of a page that are filled because another one spans their rows
_LONGEST_CARRIED = 300  # characters
_APART = re.compile(r"[:：=–—|>→.…·•-]{1,3}")
_CODE = re.compile(r"[A-Z]{3}")
_FIGURE = re.compile(r"[+\-(]?\s?\d[\d.,'’ ]*\)?")

Visible = Callable[["LexborNode"], bool]
TextOf = Callable[["LexborNode"], str]


class _Row(NamedTuple):
    cells: list[str]
    carried: frozenset[int]  # the cells that are those of a row above
    is_head: bool


@dataclass(slots=True)
class Carried:
    """How many cells of a page were filled because another one spans their rows, and those of the table at hand."""

    count: int = 0
    held: dict[int, tuple[int, str]] = field(
        default_factory=dict
    )  # rows still to fill, and with what

    def fill(self, cells: list[str], carried: set[int]) -> None:
        """Add the cells that stand in the next columns because of a row above."""
        while len(cells) < _MAX_COLUMNS and (above := self.held.get(len(cells))):
            rows, text = above
            self.held.pop(len(cells))
            if rows > 1:
                self.held[len(cells)] = rows - 1, text
            self.count += 1
            if self.count > _MAX_CARRIED:
                raise PermanentError(
                    f"The tables have over {_MAX_CARRIED} merged cells; such a page is not a document."
                )
            carried.add(len(cells))
            cells.append(text)


def read_table(
    table: LexborNode, visible: Visible, text_of: TextOf, carried: Carried
) -> tuple[Sequence[Sequence[str]], int] | list[str]:
    """Return a table's rows and how many of them head the others, or the lines of one that is no more than pairs.

    Raises PermanentError if its cells span more rows than a document's do.
    """
    rows = list(_rows(table, visible, text_of, carried))
    width = max((len(row.cells) for row in rows), default=0)
    headed = any(row.is_head for row in rows)
    filled = [row._replace(cells=row.cells + [""] * (width - len(row.cells))) for row in rows]
    labels, rows = _without_gaps(filled, headed)
    width = len(rows[0].cells) if rows else 0
    if not headed and (width == 2 or labels):
        return [line for row in rows for line in _pairs(row, labels or [0])]
    if width <= 1:
        return [row.cells[0] for row in rows]
    return [row.cells for row in rows], int(rows[0].is_head)


def _rows(table: LexborNode, visible: Visible, text_of: TextOf, spans: Carried) -> Iterator[_Row]:
    """Yield the rows in which anything stands."""
    spans.held.clear()
    for row in table.css("tr"):
        if not visible(row):
            continue
        cells: list[str] = []
        carried: set[int] = set()
        heads: list[bool] = []
        for cell in row.iter():
            if cell.tag not in ("td", "th") or not visible(cell):
                continue
            spans.fill(cells, carried)
            if len(cells) >= _MAX_COLUMNS:
                break
            text, down = text_of(cell), _span(cell, "rowspan")
            for extra in range(_span(cell, "colspan")):
                own = "" if extra else text
                if down > 1:
                    spans.held[len(cells)] = down - 1, own if len(own) <= _LONGEST_CARRIED else ""
                cells.append(own)
            heads.append(cell.tag == "th")
        spans.fill(cells, carried)
        if any(text for at, text in enumerate(cells) if at not in carried):
            yield _Row(cells, frozenset(carried), len(heads) > 1 and all(heads))


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
    if not rows:
        return [], rows
    columns = list(zip(*(row.cells for row in rows), strict=True))
    kept: list[int] = []
    labels: list[int] = []
    for at, column in enumerate(columns):
        words = {word for word in column if word}
        if words and not all(map(_APART.fullmatch, words)):
            kept.append(at)
        elif words and kept and not headed and len(columns) > 2:
            labels.append(len(kept) - 1)
    joined = [] if headed else _currencies(columns, kept)
    names = [number for number, at in enumerate(kept) if at not in joined]
    at_of = {number: names.index(number) for number in names}
    return (
        [at_of[number] for number in labels if number in at_of],
        [_kept(row, kept, joined) for row in rows],
    )


def _currencies(columns: Sequence[Sequence[str]], kept: Sequence[int]) -> list[int]:
    """Return the columns that hold nothing but a currency, beside a column of figures."""
    found = []
    for number, at in enumerate(kept):
        words = {word for word in columns[at] if word}
        beside = [kept[n] for n in (number + 1, number - 1) if 0 <= n < len(kept)]
        if len(kept) < 3 or len(words) != 1 or not _is_currency(next(iter(words))):
            continue
        if any(_is_of_figures(columns[other], columns[at]) for other in beside):
            found.append(at)
    return found


def _is_currency(word: str) -> bool:
    return bool(_CODE.fullmatch(word)) or any(unicodedata.category(c) == "Sc" for c in word[-1:])


def _is_of_figures(column: Sequence[str], beside: Sequence[str]) -> bool:
    cells = [cell for cell, unit in zip(column, beside, strict=True) if unit]
    return all(map(_FIGURE.fullmatch, cells)) and any("." in c or "," in c for c in cells)


def _kept(row: _Row, kept: Sequence[int], joined: Sequence[int]) -> _Row:
    """Return a row's cells of the columns that are kept, currencies with the figures beside them."""
    cells: list[str] = []
    carried: set[int] = set()
    unit = ""
    for at in kept:
        text = row.cells[at]
        if at in joined:
            if cells and _FIGURE.fullmatch(cells[-1]) and text:
                cells[-1] += f" {text}"
            else:
                unit = text
            continue
        if at in row.carried:
            carried.add(len(cells))
        cells.append(f"{unit} {text}" if unit and text else text or unit)
        unit = ""
    return _Row(cells, frozenset(carried), row.is_head)


def _pairs(row: _Row, labels: Sequence[int]) -> Iterator[str]:
    """Yield a line for each label of a row, with what stands behind it."""
    cells = row.cells
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
