"""Rows of tables whose cells are wrapped or centred: one line of text for each row that is one.

Where rows are drawn apart by lines or boxes, a cell of several lines is written as one. Cells that are
centred beside a taller one are at least put on its first line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from extraction.readers.layout import Line, Segment

_CENTRED = 0.45  # sizes
_OVERLAP = 0.85
_WIDTH_RULED = 0.6
_FEWEST_ROWS = 3
_MOST_LINES = 12  # of a cell
_PADDING = 1.2  # sizes that a cell may keep free
_FIGURE = re.compile(r"[^\w\s]{0,3}\s?\d[\d.,' ]*\s?%?")
_AMOUNT = re.compile(r"[^\w\s]{0,3}\s?(?:\d[\d.,' ]*[.,]\d{1,4}|\d{1,3})\s?[%€$£]?")


class Edge(NamedTuple):
    """A horizontal line that is drawn on the page, or an edge of a box; down from the top."""

    base: float
    left: float
    right: float


def as_rows(lines: Sequence[Line], edges: Sequence[Edge]) -> list[Line]:
    """Return the lines with each row of a table on one, as far as rows can be told."""
    if sum(len(line.segments) > 1 for line in lines) < 2:
        return list(lines)
    rules = _rules(lines, edges)
    right = max(line.right for line in lines)
    widths = _widths(lines)
    result: list[Line] = []
    for row in _drawn_rows(lines, rules):
        topped = _on_top(row) if len(row) > 1 else row
        ruled = len(rules) > _FEWEST_ROWS and rules[0] < topped[0].base <= rules[-1]
        result += _joined(topped, right, widths) if ruled else topped
    return result


def _drawn_rows(lines: Sequence[Line], rules: Sequence[float]) -> list[list[Line]]:
    """Group lines that are drawn as one row, or that stand beside each other."""
    rows = [[lines[0]]]
    for above, line in pairwise(lines):
        ruled_off = any(above.base < rule <= line.base for rule in rules)
        inside = bool(rules) and rules[0] < above.base and line.base <= rules[-1]
        beside = line.base - above.base < _OVERLAP * min(above.size, line.size)
        if not ruled_off and (inside or beside):
            rows[-1].append(line)
        else:
            rows.append([line])
    return rows


def _rules(lines: Sequence[Line], edges: Sequence[Edge]) -> list[float]:
    """Return where lines are drawn across the columns."""
    tabular = [line for line in lines if len(line.segments) > 1]
    if not tabular or not edges:
        return []
    width = max(line.right for line in tabular) - min(line.left for line in tabular)
    covered: dict[int, float] = {}
    at: dict[int, float] = {}
    for edge in sorted(set(edges)):
        key = round(edge.base / 2)
        key = key - 1 if key - 1 in covered else key
        covered[key] = covered.get(key, 0.0) + edge.right - edge.left
        at[key] = edge.base
    return sorted(at[key] for key, length in covered.items() if length > _WIDTH_RULED * width)


def _on_top(row: list[Line]) -> list[Line]:
    """Put the first lines of centred cells on the first line of their row."""
    columns = _columns(row)
    if columns is None or len(columns) < 2:
        return row
    heights = [len(column) for column in columns]
    size = row[0].size
    middles = [(column[0].base + column[-1].base) / 2 for column in columns]
    if min(heights) == max(heights) or max(middles) - min(middles) > _CENTRED * size:
        return row
    if any(_are_all(_FIGURE, column) for column in columns):
        return row
    tallest = max(columns, key=len)
    rows = [
        [column[n]._replace(base=cell.base) for column in columns if n < len(column)]
        for n, cell in enumerate(tallest)
    ]
    return [Line(cells[0].base, size, [], cells, leading=row[0].leading) for cells in rows]


def _widths(lines: Sequence[Line]) -> dict[int, float]:
    """Return how wide the widest text is that begins at a place."""
    widths: dict[int, float] = {}
    for line in lines:
        for segment in line.segments:
            place = round(segment.left)
            widths[place] = max(widths.get(place, 0.0), segment.right - segment.left)
    return widths


def _joined(row: list[Line], right: float, widths: dict[int, float]) -> list[Line]:
    """Write a row that is drawn as one on one line if any of its cells is wrapped."""
    if not 1 < len(row) <= _MOST_LINES:
        return row
    columns = _columns(row)
    if columns is None or len(columns) < 2 or min(len(column) for column in columns) > 1:
        return row
    if any(_are_all(_AMOUNT, column) for column in columns):
        return row
    # A column that begins below the row's first line is no cell of it.
    if any(column[0].base - row[0].base > _CENTRED * row[0].size for column in columns):
        return row
    padding = _PADDING * row[0].size
    lefts = [min(cell.left for cell in column) for column in columns]
    for column, (left, after) in zip(columns, pairwise([*lefts, right + padding]), strict=True):
        room = after - left - padding
        if len(column) > 1 and _is_wrapped(column, min(room, widths.get(round(left), room))):
            break
    else:
        return row
    segments = [_one(column) for column in columns]
    return [Line(row[0].base, row[0].size, [], segments, row[-1].foot, row[0].leading)]


def _is_wrapped(column: Sequence[Segment], room: float) -> bool:
    """Tell lines that were broken for want of room: the next word would not have fitted."""
    for above, below in pairwise(column):
        letter = (below.right - below.left) / max(len(below.text), 1)
        word = letter * (len(below.text.split()[0]) + 1)
        if above.right - above.left + word < room:
            return False
    return True


def _one(column: Sequence[Segment]) -> Segment:
    text = column[0].text
    for below in column[1:]:
        broken = text.endswith("-") and text[-2:-1].isalpha() and below.text[0].islower()
        text += below.text if broken else " " + below.text
    left, right = min(cell.left for cell in column), max(cell.right for cell in column)
    words = [word for cell in column for word in cell.words]
    return Segment(text, left, right, column[0].base, words)


def _are_all(kind: re.Pattern[str], column: Sequence[Segment]) -> bool:
    return len(column) > 1 and all(kind.fullmatch(cell.text) for cell in column)


def _columns(row: Sequence[Line]) -> list[list[Segment]] | None:
    """Return the cells of a row, each as its lines; None if they do not stand in columns."""
    columns: list[list[Segment]] = []
    end = float("-inf")
    for cell in sorted((s for line in row for s in line.segments), key=lambda cell: cell.left):
        if cell.left > end:
            columns.append([])
        columns[-1].append(cell)
        end = max(end, cell.right)
    for column in columns:
        column.sort(key=lambda cell: cell.base)
        if any(b.base - a.base < _OVERLAP * row[0].size for a, b in pairwise(column)):
            return None
    return columns
