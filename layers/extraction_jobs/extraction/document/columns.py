"""Tables that are set out in columns: which cell is whose, what wraps, which lines head it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from extraction.document.structure import Span

Row = tuple[Span, ...]
Place = tuple[int, int]  # where a column begins and ends on its line

_DIGIT = re.compile(r"\d")
_LETTER = re.compile(r"[^\W\d_]")
_YEAR = re.compile(r"(?:FY\s?)?(?:19|20)\d\d(?:[/-](?:\d\d|(?:19|20)\d\d))?")
_MONEY_LIKE = re.compile(r"\D{0,4}\d[\d.,' ]*[.,]\d\d\D{0,4}")
_FIGURE = re.compile(r"[(+−–-]?\s?[^\w\s(]{0,3}\s?\(?\d[\d.,' ]*\)?\s?%?(?:\s?(?:CR|DR|Cr|Dr))?-?")
_GOES_ON = re.compile(
    r"(?:[-–,/&(+]|\b(?:and|of|for|with|und|et|y|the|to|in|vom|von|du|de|no|nr|per|on))$"
)
_LEAST_CODE = 7  # digits that are no count
_MOST_WRAPPED = 20  # further lines of a cell
_MOST_HEADER_LINES = 6
_MOST_HEADER = 40  # code points of a column's head


def places(row: Sequence[Span], origin: int) -> list[Place]:
    """Return where the cells of a line stand on it."""
    return [(cell.start - origin, cell.end - origin) for cell in row]


def widened(model: Sequence[Place], line: Sequence[Place]) -> list[Place]:
    """Return columns as wide as the cells of a further line, unless two of them would meet."""
    joined = [(min(a, c), max(b, d)) for (a, b), (c, d) in zip(model, line, strict=True)]
    apart = all(left[1] < right[0] for left, right in pairwise(joined))
    return joined if apart else list(model)


def align(row: Sequence[Span], origin: int, model: Sequence[Place]) -> Row:
    """Put each cell of a line under the column that it overlaps most, keeping their order."""
    if len(row) == len(model):
        return tuple(row)
    empty = Span(row[0].start, row[0].start)
    filled = [empty] * len(model)
    first = 0
    for number, cell in enumerate(row):
        left, right = cell.start - origin, cell.end - origin
        after = len(model) - (len(row) - number - 1)  # leave room for the cells that follow
        free = range(first, max(after, first + 1)) if first < len(model) else range(0)
        if not free:
            break
        column = min(
            free, key=lambda i: (-overlap(left, right, model[i]), _gap(left, right, model[i]))
        )
        filled[column] = cell
        first = column + 1
    return tuple(filled)


def cut_under(text: str, row: Sequence[Span], origin: int, model: Sequence[Place]) -> list[Span]:
    """Cut a cell of figures that reaches under several columns: `1402.06 33649.44`."""
    cells: list[Span] = []
    for cell in row:
        words = text[cell.start : cell.end].split(" ")
        under = [p for p in model if overlap(cell.start - origin, cell.end - origin, p)]
        if len(words) > 1 and len(words) == len(under) and all(map(is_figure, words)):
            at = cell.start
            for word in words:
                cells.append(Span(at, at + len(word)))
                at += len(word) + 1
        else:
            cells.append(cell)
    return cells if len(cells) <= len(model) else list(row)


def overlap(left: int, right: int, place: Place) -> int:
    """Return how many columns of characters two stretches share."""
    return max(0, min(right, place[1]) - max(left, place[0]))


def _gap(left: int, right: int, place: Place) -> int:
    return min(abs(left - place[0]), abs(right - place[1]))


def fits(row: Sequence[Span], origin: int, model: Sequence[Place]) -> bool:
    """Tell a line whose cells stand in columns, no two of them in one."""
    taken = set()
    for left, right in places(row, origin):
        under = [i for i, place in enumerate(model) if overlap(left, right, place)]
        if len(under) != 1:
            return False
        taken.update(under)
    return len(taken) == len(row)


def is_figure(text: str) -> bool:
    """Tell a cell that holds a number and little else."""
    return bool(_FIGURE.fullmatch(text))


def is_head(text: str) -> bool:
    """Tell a cell that may head a column: short words, or a year."""
    if not text or _YEAR.fullmatch(text):
        return True
    digits = len(_DIGIT.findall(text))
    letters = len(_LETTER.findall(text))
    short = len(text) <= _MOST_HEADER and not text.endswith(":") and not text[0].isdigit()
    return short and (letters >= digits > 0 or letters > 0 or text in ("#", "%", "€", "$", "£"))


def header_of(text: str, rows: Sequence[Row]) -> tuple[Row, int]:
    """Return the header of rows, and of how many of them it is made; () and 0 without one."""
    if len(rows) < 2 or not _heads(text, rows[0]):
        return (), 0
    size = 1
    figures = [any(_DIGIT.search(cell.of(text)) for cell in row) for row in rows]
    first = next((i for i, has in enumerate(figures[1:], 1) if has), 1)
    if first <= _MOST_HEADER_LINES and all(
        _heads(text, rows[i], 1)
        and not (_full(rows[i - 1]) and _full(rows[i]))
        and not _names_group(rows[:i], rows[i])
        for i in range(1, first)
    ):
        size = first
    if size > 1 and len(_filled(stack(rows[:size]))) * 2 <= len(rows[0]):
        size = 1
    head = stack(rows[:size])
    wordy = all(is_head(cell.of(text)) for cell in head) and len(head) > 2
    if not wordy and not any(figures[size : size + 1]):
        return (), 0
    return (head, size) if len(_filled(head)) >= 2 else ((), 0)


def heads_further(text: str, header: Row, rows: Sequence[Row]) -> bool:
    """Tell a first row that goes on with the header: words where the header is empty, over figures."""
    first, rest = rows[0], rows[1:4]
    if len(first) != len(header) or len(_filled(header)) == len(header) or not rest:
        return False
    under = [i for i, cell in enumerate(header) if cell.end <= cell.start]
    words = [cell.of(text) for cell in _filled(first)]
    if not all(first[i].end > first[i].start for i in under) or not all(map(is_head, words)):
        return False
    figures = [i for i in under if all(i < len(row) and is_figure(row[i].of(text)) for row in rest)]
    return len(figures) * 2 > len(under) and not any(map(is_figure, words))


def _heads(text: str, row: Row, least: int = 2) -> bool:
    cells = [cell.of(text) for cell in _filled(row)]
    if len(cells) < least or not all(is_head(cell) for cell in cells):
        return False
    return any(_LETTER.search(cell) for cell in cells) or not row[0].end > row[0].start


def _names_group(above: Sequence[Row], row: Row) -> bool:
    """Tell a line that stands alone in the first column: the name of a group of rows."""
    filled = _filled(row)
    alone = len(filled) == 1 and filled[0] == row[0]
    return alone and all(line[0].end > line[0].start for line in above)


def _filled(row: Sequence[Span]) -> list[Span]:
    return [cell for cell in row if cell.end > cell.start]


def _full(row: Row) -> bool:
    return all(cell.end > cell.start for cell in row)


def stack(rows: Sequence[Row]) -> Row:
    """Join the cells that stand below each other."""
    joined = []
    for column in zip(*rows, strict=True):
        lines = [cell for cell in column if cell.end > cell.start]
        joined.append(_with_more(lines[0], lines[1:]) if lines else column[0])
    return tuple(joined)


def _with_more(cell: Span, lines: Sequence[Span]) -> Span:
    return Span(cell.start, cell.end, (*cell.more, *lines)) if lines else cell


def unwrapped(text: str, rows: Sequence[Row]) -> list[Row]:
    """Join to each row the lines under it that only carry its words on."""
    result: list[Row] = []
    counted = _are_counted(text, rows)
    for row in rows:
        if result and (
            _carries_on(text, result[-1], row) or (counted and _completes(text, result[-1], row))
        ):
            result[-1] = stack([result[-1], row])
        else:
            result.append(row)
    return result


def _are_counted(text: str, rows: Sequence[Row]) -> bool:
    """Tell rows whose first column counts those that begin one: what has no number belongs to the row above."""
    counts = [row[0].of(text).rstrip(".") for row in rows if row[0].end > row[0].start]
    numbers = [int(count) for count in counts if count.isascii() and count.isdigit()]
    steps = all(after == before + 1 for before, after in pairwise(numbers))
    return 0 < len(numbers) == len(counts) and steps and rows[0][0].end > rows[0][0].start


def _completes(text: str, above: Row, row: Row) -> bool:
    filled = [i for i, cell in enumerate(row) if cell.end > cell.start]
    if any(len(above[i].more) >= _MOST_WRAPPED for i in filled if i < len(above)):
        return False
    return (
        len(row) == len(above)
        and 0 not in filled
        and not any(
            is_figure(word) or _money_like(word)
            for i in filled
            for word in (above[i].of(text), row[i].of(text))
            if above[i].end > above[i].start and not (word.isdigit() and len(word) >= _LEAST_CODE)
        )
    )


def _carries_on(text: str, above: Row, row: Row) -> bool:
    filled = [i for i, cell in enumerate(row) if cell.end > cell.start]
    if not filled or len(row) < 3 or len(row) != len(above) or len(_filled(above)) < 2:
        return False
    if any(len(above[i].more) >= _MOST_WRAPPED for i in filled):
        return False
    words = [row[i].of(text) for i in filled]
    signs = [i for i in filled if not any(c.isalnum() for c in row[i].of(text))]
    filled = [i for i in filled if i not in signs]  # a currency may wrap under its amount
    words = [row[i].of(text) for i in filled]
    if not filled:
        return all(above[i].end > above[i].start for i in signs)
    if any(above[i].end <= above[i].start or is_figure(above[i].of(text)) for i in filled):
        return False
    if filled == [0]:
        last = (above[0].more or (above[0],))[-1].of(text)
        return words[0][0].islower() or words[0][0] == "(" or bool(_GOES_ON.search(last))
    if filled[0] == 0:
        return all(w[0].islower() for w in words)
    if any(is_figure(word) for word in words) and not _GOES_ON.search(above[filled[0]].of(text)):
        return False
    return len(filled) * 2 < len(row) and not any(_money_like(word) for word in words)


def _money_like(word: str) -> bool:
    return bool(_MONEY_LIKE.fullmatch(word))
