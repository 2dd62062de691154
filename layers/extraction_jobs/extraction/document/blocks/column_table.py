"""Tables whose columns are set apart by wide gaps, and blocks that stand side by side."""

from __future__ import annotations

import re
from collections.abc import Sequence

from extraction.document import columns
from extraction.document.blocks import bill
from extraction.document.blocks.block import Block, Place
from extraction.document.blocks.facts import labels_above
from extraction.document.blocks.rows import COLUMNS, table_block
from extraction.document.columns import Row, is_figure, is_head
from extraction.document.line import RULE, VERB, Lines
from extraction.document.line import Place as Column
from extraction.document.pairs import MAX_LABEL_CHARACTERS

_DIGIT = re.compile(r"\d")
_PAIR = 2  # cells
_LEAST = 3  # columns of a table that is no list of pairs
_FEWEST_WORDS = 4  # of a sentence
_MOST_LEADING = 4  # lines over a row that its words begin in
_FEW_LINES = 12  # blocks side by side have no more


def read(lines: Lines, at: int, place: Place) -> Block | None:
    """Return the table that begins at a line."""
    line = lines[at]
    if len(line.cells) - line.is_item < _PAIR:
        return None
    known = place.heads(line)
    if line.pairs and not known:
        return None
    if len(line.cells) == _PAIR and _is_sentence(line.said[1]):
        return None  # behind its number
    header, start = (place.header, place.columns) if known else ((), ())
    numbers, model, after = _rows_from(lines, at, place, start)
    whole = [lines[number] for number in numbers]
    read = columns.are_read(whole)
    rows = [
        columns.row_of(line, model, read=read) for line in columns.parted(lines.text, whole, model)
    ]
    block = table_block(lines, at, after, place, header, rows, COLUMNS)
    table = block.table
    if table is not None and table.header:
        then = block.then._replace(header=table.header, columns=tuple(model))
        block = block._replace(then=then)
    if table is None or not _are_blocks(lines.text, table.rows):
        return block
    facts = list(block.facts)
    for number in numbers[:1] if table.header else numbers:
        facts += labels_above(lines, number, place.apart())
    return block._replace(facts=tuple(facts))


def _is_sentence(words: str) -> bool:
    full = words[-1] in ".;" or len(words) > MAX_LABEL_CHARACTERS or bool(VERB.search(words))
    return full and len(words.split()) >= _FEWEST_WORDS


def _rows_from(
    lines: Lines, first: int, place: Place, known: Sequence[Column]
) -> tuple[list[int], Sequence[Column], int]:
    """Return the lines of a table, where its columns stand, and the line behind it."""
    numbers = [first]
    model = known or lines[first].places
    at = first + 1
    while at < lines.size:
        line = lines[at]
        if line.kind == RULE:
            priced = any(is_figure(word) for number in numbers for word in lines[number].said)
            full = _is_full(lines, at + 1, model)
            if not full and (priced or bill.read(lines, at + 1, place)):
                break  # sums
        elif _heads_others(lines, at, numbers):
            break
        elif (
            _is_row(lines, at, model)
            or _is_wrapped(lines, at, numbers, model)
            or _leads(lines, at, model)
        ):
            numbers.append(at)
            model = line.places if len(line.cells) > len(model) else model
        elif not _is_between(lines, at, model):
            break
        at += 1
    return numbers, model, at


def _heads_others(lines: Lines, at: int, numbers: Sequence[int]) -> bool:
    """Tell a line of heads over rows of another table, behind rows with figures."""
    heads, below = lines[at].said, lines[at + 1].said
    return (
        _LEAST <= len(heads) <= len(below) + 1
        and len(below) > 1
        and not any(map(_DIGIT.search, heads))
        and all(map(is_head, heads))
        and any(map(_DIGIT.search, below))
        and any(_DIGIT.search(lines[number].said[-1]) for number in numbers)
    )


def _is_row(lines: Lines, at: int, model: Sequence[Column]) -> bool:
    """Tell a line of a table; in the midst of one a colon makes no label."""
    line = lines[at]
    if len(line.pairs) == len(line.cells):
        return False
    return len(line.cells) >= _PAIR and (not line.pairs or _is_full(lines, at, model))


def _is_full(lines: Lines, at: int, model: Sequence[Column]) -> bool:
    """Tell a line with a cell in nearly all columns of a table."""
    return len(model) >= _LEAST and len(lines[at].cells) >= max(_LEAST, len(model) - 1)


def _is_wrapped(lines: Lines, at: int, numbers: Sequence[int], model: Sequence[Column]) -> bool:
    """Tell a line of one cell that goes on with the row or the header above.

    It is a figure where the row has none, a currency, or words under a column.
    """
    line, above = lines[at], lines[numbers[-1]]
    if len(line.cells) != 1 or len(model) < _LEAST:
        return False
    if line.pairs:  # `Ref: 8812` under the words of a row, over the next one
        under = any(abs(line.indent - left) <= 1 for left, _ in model[1:])
        return under and len(above.cells) > _PAIR and _is_full(lines, at + 1, model)
    if is_figure(line.words) and len(above.cells) > _PAIR:
        here = line.places
        return columns.fit(here, model) and not any(
            columns.overlap(here[0], c) for c in above.places
        )
    heads = [word for number in (*numbers, at) for word in lines[number].said]
    if all(is_head(word) and not _DIGIT.search(word) for word in heads):
        return len(numbers) < columns.MOST_HEADER
    if len(numbers) == 1:
        return False
    goes_on = line.words[0].islower() or line.words[0] == "("
    set_apart = numbers[-1] == at - 1 and not lines[at + 1].words and len(above.cells) > _PAIR
    whole = goes_on or (set_apart and _is_full(lines, at + 2, model))
    under = any(abs(line.indent - left) <= 1 for left, _ in model[0 if whole else 1 :])
    return under or not any(map(str.isalnum, line.words))


def _leads(lines: Lines, at: int, model: Sequence[Column]) -> bool:
    """Tell a line of one cell with words that the row under it, or under more such lines, goes on with."""
    line, row = lines[at], at + 1
    while (
        row < at + _MOST_LEADING and lines[row].indent == line.indent and len(lines[row].cells) == 1
    ):
        row += 1
    return (
        len(line.cells) == 1
        and line.indent == lines[row].indent
        and _is_full(lines, row, model)
        and columns.leads(lines.text, line.cells, (lines[at + 1].cells[0], *lines[row].cells[1:]))
    )


def _is_between(lines: Lines, at: int, model: Sequence[Column]) -> bool:
    """Tell a line that stands between two rows of a table: a blank one, or one that wrapped."""
    if lines[at].pairs or not _is_full(lines, at + 1, model):
        return False
    return bool(lines[at].words) or not _is_header(lines, at + 1)


def _is_header(lines: Lines, at: int) -> bool:
    """Tell heads over figures, which begin a table of their own."""
    under = lines[at + 1] if lines[at + 1].words else lines[at + 2]
    bare = all(is_head(word) and not _DIGIT.search(word) for word in lines[at].said)
    return bare and bool(_DIGIT.search(under.words))


def _are_blocks(text: str, rows: Sequence[Row]) -> bool:
    """Tell lines of addresses side by side from rows: no column is of figures."""
    columned = map(columns.filled, zip(*rows, strict=False))
    return len(rows) <= _FEW_LINES and not any(
        cells and all(is_figure(cell.of(text)) for cell in cells) for cells in columned
    )
