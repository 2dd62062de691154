"""Rows of tables whose cells are centred: their first lines are put on one base.

A cell of one line stands beside the middle of its neighbour's three. A reader sees one row; in
lines of text the row would begin with the neighbour's first line, and look like a row of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from extraction.reading.layout import Line, Segment
from extraction.reading.reading_order import Edge

_CENTRED = 0.45  # sizes
_OVERLAP = 0.85
_WIDTH_RULED = 0.6
_FIGURE = re.compile(r"[^\w\s]{0,3}\s?\d[\d.,' ]*\s?%?")


def with_rows_on_top(lines: Sequence[Line], edges: Sequence[Edge]) -> list[Line]:
    """Return the lines with the cells of each row beginning on the same line."""
    result: list[Line] = []
    for row in _rows(lines, edges):
        result += _on_top(row) if len(row) > 1 else row
    return result


def _rows(lines: Sequence[Line], edges: Sequence[Edge]) -> list[list[Line]]:
    """Group lines that are drawn as one row, or that stand beside each other."""
    if not lines:
        return []
    rules = _rules(lines, edges)
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
    columns = _columns(row)
    if columns is None or len(columns) < 2:
        return row
    heights = [len(column) for column in columns]
    size = row[0].size
    middles = [(column[0][0] + column[-1][0]) / 2 for column in columns]
    if min(heights) == max(heights) or max(middles) - min(middles) > _CENTRED * size:
        return row
    if any(len(c) > 1 and all(_FIGURE.fullmatch(s.text) for _, s in c) for c in columns):
        return row
    tallest = max(columns, key=len)
    return [
        Line(base, size, [], sorted((c[n][1] for c in columns if n < len(c)), key=_left))
        for n, (base, _) in enumerate(tallest)
    ]


def _left(segment: Segment) -> float:
    return segment.left


def _columns(row: Sequence[Line]) -> list[list[tuple[float, Segment]]] | None:
    """Return the cells of a row, each as its lines; None if they do not stand in columns."""
    cells = sorted(
        ((line.base, segment) for line in row for segment in line.segments), key=lambda c: c[1].left
    )
    columns: list[list[tuple[float, Segment]]] = []
    end = float("-inf")
    for base, segment in cells:
        if segment.left > end:
            columns.append([])
        columns[-1].append((base, segment))
        end = max(end, segment.right)
    for column in columns:
        column.sort(key=lambda cell: cell[0])
        if any(b[0] - a[0] < _OVERLAP * row[0].size for a, b in pairwise(column)):
            return None
    return columns
