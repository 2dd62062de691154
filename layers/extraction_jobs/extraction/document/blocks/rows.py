"""A table of any kind: its header, its rows, and the facts that rows of a label and a value are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise, zip_longest
from operator import eq

from extraction.document import columns
from extraction.document.blocks import bill
from extraction.document.blocks.block import Block, Place
from extraction.document.blocks.facts import (
    has_figure_behind,
    is_label,
    pair_of_cells,
    unmarked_pair,
)
from extraction.document.columns import Row, filled
from extraction.document.line import Lines
from extraction.document.structure import TABLE_CELL, TABLE_PAIR, Fact, Span, Table
from extraction.labels.labels import label_words
from extraction.labels.words import tokens
from extraction.values.currencies import UNIT

# A day, as `10.00` is none, or a currency in a column of its own.
_BESIDE = re.compile(
    rf"{UNIT}|"
    r"\d{1,4}([./-])\d{1,2}\1\d{1,4}|\d{1,2}/\d{1,2}|\d{1,2}\.\d{1,2}\.|\d{1,2}\.? [^\W\d_]{3,9}\.?(?: \d{4})?"
)
_RATE = re.compile(r"\s?\d[\d.,]*\s?%")
_TOTAL = re.compile(r"(?i)(?:sub-?)?tota[al]e?|summe|suma")
# The number of a box of a form, before its label.
_BOXED = re.compile(r"\d{1,2}[a-z]? [A-Z][^\W\d_]")
_PIECE = re.compile(r"\S+(?: \S+)*")  # of a cell: two spaces set it apart
_READ_GAP = 3
_OF_ALL = frozenset(("amount", "total", "value", "sum"))
_PAIR = 2  # cells
_TWO_PAIRS = 4
_LABEL_INSIDE = 3  # cells: what stands beside the pair, a label, its value
_FEW_ROWS = 12  # a table of more rows is no form

# How a table was found: its cells are known, or set out by gaps.
CELLS, COLUMNS = "cells", "columns"


def table_block(
    lines: Lines, at: int, after: int, place: Place, header: Row, rows: Sequence[Row], how: str
) -> Block:
    """Return the block of a table; its header is marked, or told from the rows. A header alone is none."""
    text, inside = lines.text, place.apart()
    facts = [] if header or how != CELLS else _facts_across(text, inside, rows)
    rows = columns.led(text, rows)
    if not header:
        header, size = columns.header_of(text, rows)
        if how != CELLS and len(_pairs_beside(text, inside, header)) == len(filled(header)) > 0:
            header, size = (), 0
        rows = rows[size:]
    names = [cell.of(text) for cell in header]
    # A further page repeats the header.
    if header:
        rows = [row for row in rows if not _repeats(text, row, names)]
    rows = columns.unwrapped(text, rows, set_out=how == COLUMNS)
    if not rows:
        return Block(after, inside)
    table = Table(header, tuple(rows), place.section, inside.number, lines[at].start, how)
    facts += _facts(text, inside, table)
    return Block(after, inside.apart(), tuple(facts), table=table)


def _repeats(text: str, row: Row, names: Sequence[str]) -> bool:
    return len(row) == len(names) and all(map(eq, names, (cell.of(text) for cell in row)))


def _facts_across(text: str, place: Place, rows: Sequence[Row]) -> list[Fact]:
    """Return the facts of rows of two labels or more, each before its value; whether they are, labels decide."""
    width = len(rows[0])
    labels = [cell.of(text) for row in rows for cell in filled(row[::2])]
    if width < _TWO_PAIRS or len(rows) > _FEW_ROWS or not all(map(is_label, labels)):
        return []
    return [fact for row in rows for fact in _pairs(text, place, row, TABLE_PAIR)]


def _pairs(text: str, place: Place, row: Sequence[Span], how: str) -> list[Fact]:
    """Return the facts of a row of labels, each before its value."""
    found = []
    for label, value in zip(row[::2], row[1::2], strict=False):
        words = text[value.start : value.end]
        if is_label(label.of(text)) or columns.is_figure(words) or words[:1].isdigit():
            found += pair_of_cells(text, place, label, value, how)
        else:  # each may be a label with its figure: `Paid out 1,052.62   Paid in 2,311.07`
            found += unmarked_pair(text, place, label) + unmarked_pair(text, place, value)
    return found


def _pairs_beside(text: str, place: Place, cells: Sequence[Span]) -> list[Fact]:
    """Return the facts of cells that are a label with its figure: `Room 12     Class 1     Fee     9.00`."""
    if not any(has_figure_behind(text, cell) for cell in cells):
        return []
    pieces = [Span(*piece.span()) for cell in cells for piece in _PIECE.finditer(text, *cell[:2])]
    found: list[Fact] = []
    joined = 0
    for piece, value in zip_longest(pieces, pieces[1:]):
        facts = unmarked_pair(text, place, piece)
        joined += bool(facts)
        if not facts and value and _is_bare(piece.of(text)) and columns.is_figure(value.of(text)):
            facts = pair_of_cells(text, place, piece, value, TABLE_PAIR)
        found += [fact._replace(how=TABLE_PAIR) for fact in facts]
    return found if joined and len(found) >= max(_PAIR, len(pieces) // 2) else []


def _are_sums(text: str, rows: Sequence[Row]) -> bool:
    """Tell a list of words and figures, in which words may stand apart: `Total   excl.   VAT   9.50`."""
    plain = [len(cells) == _PAIR and _ends_in_figure(text, cells) for cells in map(filled, rows)]
    return 2 * sum(plain) >= len(rows)


def _is_bare(text: str) -> bool:
    """Tell a label without a figure or a currency."""
    return is_label(text) and not any(map(str.isdigit, text)) and not _BESIDE.fullmatch(text)


def _ends_in_figure(text: str, cells: Sequence[Span]) -> bool:
    figures = [columns.is_figure(cell.of(text)) for cell in cells]
    return sum(figures) == 1 and figures[-1]


def _facts(text: str, place: Place, table: Table) -> list[Fact]:
    header, rows = table.header, table.rows
    facts = []
    if header and len(rows) == 1 and len(rows[0]) > 1 and not columns.are_counted(text, rows):
        for head, cell in zip(header, rows[0], strict=False):
            facts += pair_of_cells(text, place, head, cell, TABLE_CELL)
    if len(header) == _PAIR and table.how != CELLS:
        facts += _pairs(text, place, header, TABLE_PAIR)
    listed = not header and _are_sums(text, rows)
    open_rows = table.how != CELLS and len(filled(header)) < max(map(len, rows))
    for row in rows:
        cells = filled(row)
        if len([cell for cell in cells if _BOXED.match(text, cell.start, cell.end)]) > 1:
            continue  # labels, each over its value
        if listed and len(cells) > _PAIR and _ends_in_figure(text, cells):
            cells = [Span(cells[0].start, cells[0].end, tuple(cells[1:-1])), cells[-1]]
        beside = (
            _pairs_beside(text, place, cells) if open_rows else _totals(text, place, table, row)
        )
        facts += beside or _facts_of_row(text, place, row, cells, headed=bool(header))
    return facts


def _totals(text: str, place: Place, table: Table, row: Row) -> list[Fact]:
    """Return the facts of a row of totals, each named by its head: of `Total  5.28  0.52` the `Total net`."""
    label, *figures = filled(row)
    if len(figures) < _PAIR or len(row) != len(table.header):
        return []
    if "total" not in tokens(label.of(text)):
        return []
    gaps = {cell.start - before.end for before, cell in pairwise((label, *figures))}
    if gaps == {_READ_GAP} and len(figures) + 1 < len(row):
        return []  # as OCR writes a line: the gaps say nothing of which column is empty
    return [
        place.fact(f"Total {head.of(text)}", cell, cell.last, TABLE_CELL, cell.start)
        for head, cell in zip(table.header, row, strict=True)
        if cell in figures and columns.is_figure(cell.of(text))
        if not _OF_ALL.issuperset(
            label_words(head.of(text))
        )  # in a summary of taxes: of what is taxed
    ]


def _facts_of_row(
    text: str, place: Place, row: Row, cells: Sequence[Span], *, headed: bool
) -> list[Fact]:
    if len(cells) == _PAIR and (not headed or cells[0] == row[0] or cells[1] == row[-1]):
        return _pairs(text, place, cells, TABLE_PAIR)
    if cells and (taxed := bill.tax_among(text, cells)):
        rate, tax = taxed
        return [
            fact._replace(label=f"{_RATE.sub('', fact.label)} {rate.of(text)} %")
            for fact in pair_of_cells(text, place, cells[0], tax, TABLE_PAIR)
        ]
    if not headed and len(row) % 2 == 0:
        return _pairs(text, place, row, TABLE_PAIR)
    inside = not headed and len(cells) == len(row) == _LABEL_INSIDE
    return _labelled(text, place, cells, inside=inside)


def _labelled(text: str, place: Place, cells: Sequence[Span], *, inside: bool) -> list[Fact]:
    """Return the fact of `Opening balance`, dated or not, and of `Total   EUR   7.50`, or of a pair `inside` a row.

    That pair stands before or behind words of another block.
    """
    plain = [cell for cell in cells if not _BESIDE.fullmatch(cell.of(text))]
    if len(plain) == _PAIR and _ends_in_figure(text, plain):
        return _pairs(text, place, plain, TABLE_PAIR)
    counted = len(cells) == _LABEL_INSIDE and columns.is_figure(cells[0].of(text))
    if counted and _TOTAL.fullmatch(
        cells[1].of(text)
    ):  # `8   TOTAL   75.70`, with how many were bought
        return _pairs(text, place, cells[1:], TABLE_PAIR)
    if not inside:
        return []
    label, value, other = (cell.of(text) for cell in cells)
    if _is_bare(value):
        return _pairs(text, place, cells[1:], TABLE_PAIR)
    beside = _is_bare(label) and not columns.is_figure(other)
    return _pairs(text, place, cells[:2], TABLE_PAIR) if beside else []
