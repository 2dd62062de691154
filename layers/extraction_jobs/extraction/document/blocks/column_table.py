"""Tables whose columns are set apart by wide gaps, and blocks that stand side by side."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from extraction.document import columns
from extraction.document.blocks import bill
from extraction.document.blocks.block import Block, Place
from extraction.document.blocks.facts import (
    is_label,
    labels_above,
    labels_beside,
    pair_of_cells,
    unmarked_pair,
)
from extraction.document.blocks.rows import table_block
from extraction.document.columns import Place as Column
from extraction.document.columns import Row, is_figure, is_head
from extraction.document.line import RULE, Lines
from extraction.document.structure import COLUMN_PAIR, Fact, Table

HOW = "columns"

_BLANK_LINES = 2  # between rows of a table
_PAIR = 2  # cells
_LEAST = 3  # columns of a table that is no list of pairs
_BESIDE = 6  # how far a figure may begin before its head
_FEW_LINES = 12  # blocks side by side have no more


def read(lines: Lines, at: int, place: Place) -> Block | None:
    """Return the table that begins at a line; one line alone is none."""
    if len(lines[at].cells) < _PAIR or lines[at].pairs or lines.numbered_sentence(at):
        return None
    numbers, model, after = _rows_from(lines, at, place)
    if len(numbers) == 1:
        return None
    if len(model) == _PAIR:
        return _two_columns(lines, numbers, after, place)
    rows = [columns.align(lines[n].cells, lines[n].start, model) for n in numbers]
    block = table_block(lines, at, after, place, (), rows, HOW, model)
    table = block.table
    if table is None or not _are_blocks(lines.text, table.rows):
        return block
    if table.header and len(table.rows) == 1:
        return block  # its heads are the labels of its cells
    facts = list(block.facts)
    for number in numbers[:1] if table.header else numbers:
        facts += labels_above(lines, number, place.apart())
        if not table.header:
            facts += labels_beside(lines, number, place.apart())
    return Block(block.after, block.then, tuple(facts), table=table)


def _rows_from(lines: Lines, first: int, place: Place) -> tuple[list[int], list[Column], int]:
    """Return the lines of a table, where its columns stand, and the line behind it."""
    numbers = [first]
    model = columns.places(lines[first].cells, lines[first].start)
    at = first + 1
    while at < len(lines):
        line = lines[at]
        if not line.words:
            at = _beyond_blank(lines, at, numbers, model)
            if not at:
                return numbers, model, numbers[-1] + 1
            line = lines[at]
        if line.kind == RULE:
            if len(numbers) == 1 and len(lines[at + 1].cells) < len(model) - 1:
                break  # a rule between two parts of a slip, not under a header
            if len(model) == _PAIR and bill.read(lines, at + 1, place):
                break
        elif _is_row(lines, at, numbers, model) or _goes_on_in_cell(lines, at, numbers, model):
            numbers.append(at)
            here = columns.places(line.cells, line.start)
            if len(here) > len(model):
                model = here
            elif len(here) == len(model):
                model = columns.widened(model, here)
        elif _heads_another(lines, at, numbers, model) or not _is_between(lines, at, model):
            break
        at += 1
    return numbers, model, at


def _is_row(lines: Lines, at: int, numbers: Sequence[int], model: Sequence[Column]) -> bool:
    """Tell a line of a table; in the midst of one a colon makes no label."""
    cells = lines[at].cells
    if len(cells) < _PAIR:
        return False
    if not lines[at].pairs:
        return not _heads_another(lines, at, numbers, model)
    return _is_full(lines, at, model)


def _is_full(lines: Lines, at: int, model: Sequence[Column]) -> bool:
    """Tell a line with a cell in nearly all columns of a table."""
    line = lines[at]
    enough = len(model) >= _LEAST and len(line.cells) >= max(_LEAST, len(model) - 1)
    return enough and columns.fits(line.cells, line.start, model)


def _heads_another(lines: Lines, at: int, numbers: Sequence[int], model: Sequence[Column]) -> bool:
    """Tell the header of a next table: words all over where there were figures, or over other columns."""
    line, words = lines[at], lines.cells(at)
    if len(numbers) < _PAIR or len(words) < _LEAST:
        return False
    if not all(map(is_head, words)) or any(map(is_figure, words)):
        return False
    if not columns.fits(line.cells, line.start, model) and _is_over_figures(lines, at):
        return True
    above = lines.cells(numbers[-1])
    repeats = words == lines.cells(numbers[0])
    return (
        len(model) >= _LEAST
        and sum(map(is_figure, above)) >= _PAIR
        and (repeats or len(words) != len(above))
    )


def _is_over_figures(lines: Lines, at: int) -> bool:
    """Tell heads over two lines with figures in the same columns."""
    heads = columns.places(lines[at].cells, lines[at].start)
    # Each column reaches to near the next head: words run on to the right, figures begin to the left.
    ends = [max(right, after - _BESIDE) for (_, right), (after, _) in pairwise(heads)]
    reaching = list(zip([0, *(end + 1 for end in ends)], [*ends, heads[-1][1]], strict=True))
    return all(
        len(lines[n].cells) >= _PAIR
        and any(map(is_figure, lines.cells(n)))
        and columns.fits(lines[n].cells, lines[n].start, reaching)
        for n in (at + 1, at + 2)
    )


def _beyond_blank(lines: Lines, at: int, numbers: Sequence[int], model: Sequence[Column]) -> int:
    """Return the line on which a table goes on behind blank lines, or 0."""
    below = at
    while below < at + _BLANK_LINES and not lines[below].words:
        below += 1
    if len(model) < _LEAST or not lines[below].words or lines[below].pairs:
        return 0
    if _names_group(lines, below, model):
        return below
    if len(numbers) == 1:
        heads = all(map(is_head, lines.cells(numbers[0])))
        return below if heads and len(lines[below].cells) >= _PAIR else 0
    goes_on = _is_full(lines, below, model) and not _heads_another(lines, below, numbers, model)
    return below if goes_on else 0


def _names_group(lines: Lines, at: int, model: Sequence[Column]) -> bool:
    """Tell a line that names the group of the rows under it."""
    cells = lines.cells(at)
    if len(cells) != 1 or not is_label(cells[0]) or lines[at + 1].pairs:
        return False
    return any(map(is_figure, lines.cells(at + 1))) and _is_full(lines, at + 1, model)


def _goes_on_in_cell(
    lines: Lines, at: int, numbers: Sequence[int], model: Sequence[Column]
) -> bool:
    """Tell a line of one cell that goes on with a cell of the line above."""
    line = lines[at]
    if len(line.cells) != 1 or len(model) < _LEAST or line.pairs or len(numbers) < _PAIR:
        return False
    if not any(map(str.isalnum, line.words)):
        return True  # a currency that wrapped
    begins = line.cells[0].start - line.start
    if any(abs(begins - left) <= 1 for left, _ in model[1:]):
        return True
    left, right = model[0]
    small = line.words[0] in "(" + line.words[0].lower()
    return abs(begins - left) <= 1 and len(line.words) <= right - left + 2 and small


def _is_between(lines: Lines, at: int, model: Sequence[Column]) -> bool:
    """Tell a line that stands between two rows of a table."""
    return (
        len(model) >= _LEAST and not lines[at].pairs and len(lines[at + 1].cells) >= len(model) - 1
    )


def _are_blocks(text: str, rows: Sequence[Row]) -> bool:
    """Tell lines of addresses side by side from rows: no column is of figures."""
    return len(rows) <= _FEW_LINES and not any(
        all(is_figure(cell.of(text)) for cell in column) for column in zip(*rows, strict=False)
    )


def _two_columns(lines: Lines, numbers: Sequence[int], after: int, place: Place) -> Block:
    """Return the block of lines of two columns: labels and values, or blocks side by side."""
    rows = [lines[number].cells for number in numbers if len(lines[number].cells) == _PAIR]
    facts: list[Fact] = []
    labels = [is_label(row[0].of(lines.text).rstrip(": ")) for row in rows]
    if 2 * sum(labels) >= len(rows):
        for row in rows:
            facts += pair_of_cells(lines.text, place, *row, COLUMN_PAIR)
    for row in rows:
        facts += [fact for cell in row for fact in unmarked_pair(lines.text, place, cell)]
    for number in range(numbers[0], after):
        cells = lines.cells(number)
        if len(cells) > 1 and all(is_label(cell) and "," not in cell for cell in cells):
            facts += labels_above(lines, number, place)
    table = Table(rows[0], tuple(rows[1:]), place.section, place.number, rows[0][0].start, HOW)
    return Block(after, place, tuple(facts), table=table)
