"""Tables that are set out in columns: which cell is whose, what wraps, which lines head it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise, repeat, takewhile

from extraction.document.line import Line, Place
from extraction.document.structure import Span

Row = tuple[Span, ...]

MOST_HEADER = 6  # lines

_DIGIT = re.compile(r"\d")
_DECIMALS = re.compile(r"[.,]\d\d\b")
_LETTER = re.compile(r"[^\W\d_]")
_YEAR = re.compile(r"(?:FY\s?)?(?:19|20)\d\d(?:[/-](?:\d\d|(?:19|20)\d\d))?")
_NUMBER = re.compile(r"(?!(?:19|20)\d\d(?!\d))(?<!\d)\d{4}")  # no head has one but a year
_FIGURE = re.compile(
    r"[(+−–-]?\s?[^\w\s(]{0,3}\s?\(?\d[\d.,' ]*\)?\s?%?(?:\s?(?:CR|DR|Cr|Dr|EUR|USD|GBP|CHF|[€£$]|zł|Kč|kr))?-?"
)
_GOES_ON = re.compile(
    r"(?:[-–,/&(+]|\b(?:and|of|for|with|und|et|y|the|to|in|vom|von|du|de|no|nr|per|on))$"
)
_PAIR = 2
_LEAST = 3  # columns of a table whose cells may wrap
_MOST_WRAPPED = 20  # further lines of a cell
_LEAST_CODE = 7  # digits that are no count
_READ_GAP = 3
_NEAR = 1  # how far a cell may stand beside its column
_LONGEST_HEAD = 40  # code points of a column's head


def are_read(lines: Sequence[Line]) -> bool:
    """Tell lines as OCR reads them: every gap is as wide, so where a cell stands says nothing of its column."""
    gaps = [b[0] - a[1] for line in lines for a, b in pairwise(line.places)]
    return len(gaps) >= _LEAST and set(gaps) == {_READ_GAP}


def row_of(line: Line, model: Sequence[Place], *, read: bool = False) -> Row:
    """Put each cell of a line into the column nearest to it, keeping their order.

    Of a line that is `read` by OCR the figures at its end are in the last columns.
    """
    if len(line.cells) == len(model):
        return line.cells
    last = len(line.said) - len(list(takewhile(is_figure, line.said[::-1]))) if read else len(model)
    aligned = [Span(line.cells[0].start, line.cells[0].start)] * len(model)
    first = 0
    for number, place in enumerate(line.places):
        after = len(model) - len(line.cells) + number + 1  # leave room for the cells that follow
        column = min(range(first, after), key=lambda i: _apart(place, model[i]))
        column = after - 1 if number >= last else column
        aligned[column] = line.cells[number]
        first = column + 1
    return tuple(aligned)


def parted(text: str, lines: Sequence[Line], model: Sequence[Place]) -> Sequence[Line]:
    """Return lines with the cells apart that stand one space apart where another line's column begins.

    They do so where a column is full. A place at which a word of any line goes on parts none.
    """
    short = [line for line in lines if 1 < len(line.cells) < len(model)]
    if len(model) < _LEAST or not short:
        return lines
    cuts: list[int] = []
    for left, _ in model[1:]:
        over = [
            line.start + left
            for line in short
            if any(start < left < end - 1 for start, end in line.places)
        ]
        if over and all(_begins_word(text, at) for at in over):
            cuts.append(left)
    apart = [_cut(text, line, cuts) if line in short else line for line in lines]
    fits = all(len(line.cells) <= len(model) for line in apart)
    return apart if fits else lines


def _begins_word(text: str, at: int) -> bool:
    return text[at - 1] == " " and text[at].isalnum() and not text[at - 2].isspace()


def _cut(text: str, line: Line, cuts: Sequence[int]) -> Line:
    cells: list[Span] = []
    for cell in line.cells:
        at = cell.start
        for cut in (line.start + left for left in cuts):
            if at < cut < cell.end - 1 and (" " not in text[at : cut - 1] or len(cuts) == 1):
                cells.append(Span(at, cut - 1))
                at = cut
        cells.append(Span(at, cell.end))
    return line._replace(cells=tuple(cells))


def overlap(one: Place, other: Place) -> bool:
    """Tell two stretches that share a column of characters."""
    return _apart(one, other) < 0


def fit(row: Sequence[Place], model: Sequence[Place]) -> bool:
    """Tell a line each of whose cells stands in a column of its own, or nearly so."""
    if not model:
        return False
    apart = [min((_apart(cell, each), at) for at, each in enumerate(model)) for cell in row]
    return all(far <= _NEAR for far, _ in apart) and len({at for _, at in apart}) == len(row)


def _apart(one: Place, other: Place) -> int:
    """Return how far two stretches are apart; it is negative if they overlap."""
    return max(one[0], other[0]) - min(one[1], other[1])


def is_figure(text: str) -> bool:
    """Tell a cell that holds a number and little else."""
    return bool(_FIGURE.fullmatch(text))


def is_head(text: str) -> bool:
    """Tell a cell that may head a column: short words, or a year."""
    if text.isalpha():
        return len(text) <= _LONGEST_HEAD
    if not text or _YEAR.fullmatch(text):
        return True
    short = len(text) <= _LONGEST_HEAD and text[-1] != ":" and not text[0].isdigit()
    return short and not _NUMBER.search(text) and (bool(_LETTER.search(text)) or text in "#%€$£")


def header_of(text: str, rows: Sequence[Row]) -> tuple[Row, int]:
    """Return the header of rows, and of how many of them it is made; () and 0 without one."""
    if len(rows) < 2 or not _heads(text, rows[0]):
        return (), 0
    last = min(len(rows), MOST_HEADER + 1)
    size = next((at for at in range(1, last) if _has_figure(text, rows[at])), 1)
    if not all(map(_goes_on, repeat(text), rows[: size - 1], rows[1:size])):
        size = 1
    if len(rows) <= size:
        return (), 0
    head = stack(rows[:size])
    if not all(map(_may_head, repeat(text), head, rows[size])):
        return (), 0
    return (head, size) if len(head) > _PAIR or _has_figure(text, rows[size]) else ((), 0)


def _has_figure(text: str, row: Row) -> bool:
    return any(_DIGIT.search(text, cell.start, cell.end) for cell in row)


def _may_head(text: str, head: Span, cell: Span) -> bool:
    """Tell any head but a year that is not over figures: `2041` may be a number beside its label."""
    return not _YEAR.fullmatch(head.of(text)) or cell.end == cell.start or is_figure(cell.of(text))


def _goes_on(text: str, above: Row, row: Row) -> bool:
    """Tell a further line of a header, which is over fewer columns than it has."""
    return (
        len(row) == len(above)
        and _heads(text, row)
        and min(len(filled(above)), len(filled(row))) < len(row)
    )


def _heads(text: str, row: Row) -> bool:
    words = [cell.of(text) for cell in filled(row)]
    return all(map(is_head, words)) and (len(words) > 1 or 0 < len(words) < len(row))


def filled(row: Sequence[Span]) -> list[Span]:
    """Return the cells of a row that hold something."""
    return [cell for cell in row if cell.end > cell.start]


def stack(rows: Sequence[Row]) -> Row:
    """Join the cells that stand below each other."""
    joined = []
    for column in zip(*rows, strict=True):
        lines = [cell for cell in column if cell.end > cell.start]
        joined.append(_with_more(lines[0], lines[1:]) if lines else column[0])
    return tuple(joined)


def _with_more(cell: Span, lines: Sequence[Span]) -> Span:
    return Span(cell.start, cell.end, (*cell.more, *lines)) if lines else cell


def unwrapped(text: str, rows: Sequence[Row], *, set_out: bool) -> list[Row]:
    """Join to each row the lines under it that only carry its words on.

    Of rows that are `set_out` by gaps a lone first cell carries on too; else it is a heading over rows.
    """
    result: list[Row] = []
    counted = are_counted(text, rows)
    for row in rows:
        if result and (
            _carries_on(text, result[-1], row, set_out=set_out)
            or (counted and _completes(text, result[-1], row))
        ):
            result[-1] = stack([result[-1], row])
        else:
            result.append(row)
    return result


def led(text: str, rows: Sequence[Row]) -> list[Row]:
    """Join to each full row the lines over it of one cell, whose words it goes on with."""
    result: list[Row] = []
    for row in reversed(rows):
        lone = row[-1].end == row[-1].start and bool(result) and len(row) == len(result[-1])
        if lone and leads(text, filled(row), filled(result[-1])):
            result[-1] = stack([row, result[-1]])
        else:
            result.append(row)
    return result[::-1]


def leads(text: str, above: Sequence[Span], cells: Sequence[Span]) -> bool:
    """Tell a line of one cell, over the first cell of several, whose words go on there."""
    if len(above) != 1 or len(cells) < _LEAST:
        return False
    words, below = above[0].of(text), cells[0].of(text)
    return below[0].islower() or (not below[0].isdigit() and bool(_GOES_ON.search(words)))


def are_counted(text: str, rows: Sequence[Row]) -> bool:
    """Tell rows whose first column counts them: a line without a number belongs to the row above."""
    counts = [row[0].of(text).rstrip(".") for row in rows if row[0].end > row[0].start]
    numbers = [int(count) for count in counts if count.isascii() and count.isdigit()]
    steps = all(after == before + 1 for before, after in pairwise(numbers))
    return 0 < len(numbers) == len(counts) and steps and bool(rows[0][0].of(text))


def _completes(text: str, above: Row, row: Row) -> bool:
    taken = [i for i, cell in enumerate(row) if cell.end > cell.start]
    return (
        len(row) == len(above)
        and 0 not in taken
        and all(len(above[i].more) < _MOST_WRAPPED for i in taken)
        and not any(
            is_figure(words) and (len(words) < _LEAST_CODE or _DECIMALS.search(words))
            for i in taken
            for words in (above[i].of(text), row[i].of(text))
            if above[i].end > above[i].start
        )
    )


def _carries_on(text: str, above: Row, row: Row, *, set_out: bool) -> bool:
    taken = [i for i, cell in enumerate(row) if cell.end > cell.start]
    if not taken or len(row) < _LEAST or len(row) != len(above) or 2 * len(taken) >= len(row):
        return False
    words = [row[i].of(text) for i in taken]
    over = [above[i].of(text) for i in taken]
    if not all(over) or any(len(above[i].more) >= _MOST_WRAPPED for i in taken):
        return False
    if not any(map(str.isalnum, "".join(words))):
        return True  # a currency that wrapped under its amount
    if any(map(is_figure, (*words, *over))):
        return False
    return (
        taken[0] > 0
        or (set_out and len(taken) == 1)
        or words[0][0].islower()
        or words[0][0] == "("
        or bool(_GOES_ON.search(over[0]))
    )
