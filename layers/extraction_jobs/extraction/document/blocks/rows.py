"""A table of any kind: its header, its rows, and the facts that rows of a label and a value are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from extraction.document import columns
from extraction.document.blocks.block import Block, Place
from extraction.document.blocks.facts import is_label, pair_of_cells
from extraction.document.columns import Row, filled
from extraction.document.line import Lines
from extraction.document.pairs import pair_of
from extraction.document.structure import KEY_VALUE, TABLE_CELL, TABLE_PAIR, Fact, Table

_DATE = re.compile(  # `10.00` is none
    r"\d{1,4}([./-])\d{1,2}\1\d{1,4}|\d{1,2}/\d{1,2}|\d{1,2}\.\d{1,2}\.|\d{1,2}\.? [^\W\d_]{3,9}\.?(?: \d{4})?"
)
_PAIR = 2  # cells
_TWO_PAIRS = 4
_FEW_ROWS = 12  # a table of more rows is no form

CELLS = "cells"  # how a table was found whose cells are known


def cells_block(
    lines: Lines, at: int, after: int, place: Place, header: Row, rows: Sequence[Row]
) -> Block:
    """Return the block of a table whose cells are known; a header is marked, or told from the rows."""
    text = lines.text
    block = table_block(lines, at, after, place, header, rows, CELLS)
    if header:
        return block
    return replace(block, facts=(*block.facts, *_facts_across(text, place.apart(), rows)))


def _facts_across(text: str, place: Place, rows: Sequence[Row]) -> list[Fact]:
    """Return the facts of rows of two labels or more, each before its value; whether they are, labels decide."""
    width = len(rows[0])
    even = width >= _TWO_PAIRS and width % 2 == 0 and all(len(row) == width for row in rows)
    labels = [cell.of(text) for row in rows for cell in filled(row[::2])]
    if not even or len(rows) > _FEW_ROWS or not all(map(is_label, labels)):
        return []
    pairs = [pair for row in rows for pair in zip(row[::2], row[1::2], strict=True)]
    return [f for left, right in pairs for f in pair_of_cells(text, place, left, right, TABLE_PAIR)]


def table_block(
    lines: Lines,
    at: int,
    after: int,
    place: Place,
    header: Row,
    rows: Sequence[Row],
    how: str,
) -> Block:
    """Return the block of a table; a header alone is none."""
    text, inside = lines.text, place.apart()
    if not header:
        header, size = columns.header_of(text, rows)
        rows = rows[size:]
    names = [cell.of(text) for cell in header]
    # A further page repeats the header.
    rows = [row for row in rows if not header or [cell.of(text) for cell in row] != names]
    rows = columns.unwrapped(text, rows)
    if not rows:
        return Block(after, inside)
    table = Table(header, tuple(rows), place.section, inside.number, lines[at].start, how)
    return Block(after, inside.apart(), tuple(_facts(text, inside, table)), table=table)


def _facts(text: str, place: Place, table: Table) -> list[Fact]:
    header, rows = table.header, table.rows
    found = []
    if header and len(rows) == 1 and len(rows[0]) > 1:
        for head, cell in zip(header, rows[0], strict=False):
            found += pair_of_cells(text, place, head, cell, TABLE_CELL)
    if len(header) == _PAIR and table.how != CELLS:
        found += pair_of_cells(text, place, header[0], header[1], TABLE_PAIR)
    for row in rows:
        found += _facts_of_row(text, place, row, bool(header))
    return found


def _facts_of_row(text: str, place: Place, row: Row, headed: bool) -> list[Fact]:
    """Return the facts of a row that is a label and its value, or several such pairs."""
    cells = filled(row)
    figures = [cell for cell in cells if columns.is_figure(cell.of(text))]
    if len(cells) == _PAIR and (not headed or cells[0] == row[0] or cells[1] == row[-1]):
        return pair_of_cells(text, place, cells[0], cells[1], TABLE_PAIR)
    if len(figures) > 1 and figures == cells[1:] and not headed:
        return pair_of_cells(text, place, cells[0], figures[0], TABLE_PAIR)
    if not headed and len(row) % 2 == 0:
        beside = zip(row[::2], row[1::2], strict=True)
        return [fact for pair in beside for fact in pair_of_cells(text, place, *pair, TABLE_PAIR)]
    if len(cells) == 1:
        pair = pair_of(text, cells[0].start, cells[0].end)
        if pair is None:
            return []
        return [place.fact(pair.label, pair.value, pair.value.end, KEY_VALUE, cells[0].start)]
    # One name and one figure, dated or not: `Opening balance`.
    undated = [cell for cell in cells if not _DATE.fullmatch(cell.of(text))]
    if len(undated) == _PAIR and undated[0] not in figures and undated[1] in figures:
        return pair_of_cells(text, place, undated[0], undated[1], TABLE_PAIR)
    return []
