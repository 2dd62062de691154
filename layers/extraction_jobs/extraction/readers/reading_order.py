"""In which order a page is read: row by row, but columns of prose one after the other.

A gutter is a stretch that no text crosses on several lines. What stands on its sides is read side
by side if it is rows of a table or short blocks; it is read one side after the other if both are
prose, or if their lines stand on bases of their own, as a side bar's do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from extraction.readers.layout import Line, leading_of, lines_of
from extraction.readers.pdf_words import Word

_FEWEST = 3  # lines on either side
_FEWEST_OF_PROSE = 5
_NARROWEST = 0.7  # of a gutter, in sizes
_SAME_BASE = 0.15
_BESIDE = 0.85
_FAR = 2.5  # leadings from a column of prose to what belongs to it
_NEAR = 1.6  # from a block
_BLOCK = 2.2
_OWN_BASES = 0.6  # of the lines of a column that is no row of a table
_OWN_BASES_OF_PROSE = 0.3
_FULL = 0.8  # of the width of a full line
_DEEPEST = 5
_MOST_SEGMENTS = 2_000  # a page of more is a table, and gutters are costly to follow
_TALLEST_ROW = 6  # lines, on average
_WORDS_OF_PROSE = 4
_FIGURE = re.compile(r"\W{0,3}\d[\d.,:/ %'-]*\W{0,3}\w{0,3}")

_PUNCTUATION = re.compile(r"[^\w\s]")


class Edge(NamedTuple):
    """A horizontal line that is drawn on the page, or an edge of a box; down from the top."""

    base: float
    left: float
    right: float


def regions(words: Sequence[Word], edges: Sequence[Edge], depth: int = 0) -> list[list[Line]]:
    """Return the lines of a page in groups, to be read one after the other."""
    lines = lines_of(words)
    if not lines:
        return []
    few = sum(len(line.segments) for line in lines) <= _MOST_SEGMENTS
    found = _columns(lines, edges) if few and depth < _DEEPEST else None
    if found is None:
        return [lines]
    first, last, gutter = found
    parts = (lines[:first], *_sides(lines[first:last], gutter), lines[last:])
    return [
        region
        for part in parts
        for region in regions([word for line in part for word in line.words], edges, depth + 1)
    ]


def _columns(
    lines: Sequence[Line], edges: Sequence[Edge]
) -> tuple[int, int, tuple[float, float]] | None:
    """Return the first lines that are columns of their own: from, to, and the gutter."""
    bands = sorted(_bands(lines), key=lambda band: band[0] - band[1])
    blocks = [block for band in bands for block in _blocks_of(lines, band)]
    for first, last, gutter in [*bands, *blocks]:
        if last - first < _FEWEST:
            continue
        left, right = _sides(lines[first:last], gutter)
        zone = _zone(left, right)
        if zone is None or not _independent(_within(left, zone), _within(right, zone), edges):
            continue
        far = _FAR if _is_prose(left) or _is_prose(right) else _NEAR
        ends = [end for side in (left, right) for end in _reach(side, zone, far)]
        inside = [
            number
            for number in range(first, last)
            if min(ends) - lines[number].size * _SAME_BASE <= lines[number].base
            and lines[number].base <= max(ends) + lines[number].size * _SAME_BASE
        ]
        return inside[0], inside[-1] + 1, gutter
    return None


def _sides(lines: Sequence[Line], gutter: tuple[float, float]) -> tuple[list[Line], list[Line]]:
    middle = (gutter[0] + gutter[1]) / 2
    words = [word for line in lines for word in line.words]
    left = [word for word in words if word.left < middle]
    right = [word for word in words if word.left >= middle]
    return lines_of(left), lines_of(right)


def _blocks_of(
    lines: Sequence[Line], band: tuple[int, int, tuple[float, float]]
) -> list[tuple[int, int, tuple[float, float]]]:
    """Split a band where the page leaves room across both sides."""
    first, last, gutter = band
    cuts = [
        number
        for number in range(first + 1, last)
        if lines[number].base - lines[number - 1].base > _BLOCK * lines[number].size
    ]
    bounds = [first, *cuts, last]
    return [(a, b, gutter) for a, b in pairwise(bounds)] if cuts else []


def _bands(lines: Sequence[Line]) -> list[tuple[int, int, tuple[float, float]]]:
    """Return stretches of lines with a gutter through all of them."""
    found: list[tuple[int, int, tuple[float, float]]] = []
    for number, line in enumerate(lines):
        for before, after in pairwise(line.segments):
            gutter = (before.right, after.left)
            if any(a <= number < b and _shared(gutter, g) for a, b, g in found):
                continue
            first, gutter = _extended(lines, range(number - 1, -1, -1), gutter)
            last, gutter = _extended(lines, range(number + 1, len(lines)), gutter)
            found.append((number - first, number + last + 1, gutter))
    return found


def _shared(one: tuple[float, float], other: tuple[float, float]) -> bool:
    common = min(one[1], other[1]) - max(one[0], other[0])
    return common > 0.5 * min(one[1] - one[0], other[1] - other[0])


def _extended(
    lines: Sequence[Line], numbers: Iterable[int], gutter: tuple[float, float]
) -> tuple[int, tuple[float, float]]:
    """Follow a gutter line by line; return over how many it goes, and what is left of it."""
    count = 0
    for number in numbers:
        narrowed = _through(lines[number], gutter)
        if narrowed is None:
            break
        gutter = narrowed
        count += 1
    return count, gutter


def _through(line: Line, gutter: tuple[float, float]) -> tuple[float, float] | None:
    best: tuple[float, float] | None = None
    end = float("-inf")
    starts = [segment.left for segment in line.segments] + [float("inf")]
    ends = [segment.right for segment in line.segments] + [end]
    for start, following in zip(starts, ends, strict=True):
        left, right = max(end, gutter[0]), min(start, gutter[1])
        if right - left >= _NARROWEST * line.size and (
            best is None or right - left > best[1] - best[0]
        ):
            best = (left, right)
        end = max(end, following)
    return best


def _zone(left: Sequence[Line], right: Sequence[Line]) -> tuple[float, float] | None:
    """Return from where to where both sides hold text."""
    if not left or not right:
        return None
    top = max(left[0].base - left[0].size, right[0].base - right[0].size)
    bottom = min(left[-1].base, right[-1].base)
    slack = max(left[0].size, right[0].size)
    return (top - slack, bottom + slack) if bottom > top else None


def _within(lines: Sequence[Line], zone: tuple[float, float]) -> list[Line]:
    return [line for line in lines if zone[0] <= line.base <= zone[1]]


def _reach(lines: Sequence[Line], zone: tuple[float, float], far: float) -> tuple[float, float]:
    """Return where a side begins and ends: its lines of the zone, and those close to them."""
    inside = [number for number, line in enumerate(lines) if zone[0] <= line.base <= zone[1]]
    first, last = inside[0], inside[-1]
    leading = leading_of(lines) * lines[first].size
    while first and lines[first].base - lines[first - 1].base < far * leading:
        first -= 1
    while last + 1 < len(lines) and lines[last + 1].base - lines[last].base < far * leading:
        last += 1
    return lines[first].base, lines[last].base


def _independent(left: Sequence[Line], right: Sequence[Line], edges: Sequence[Edge]) -> bool:
    """Tell columns of their own from the rows of a table."""
    if min(len(left), len(right)) < _FEWEST or _is_ruled(left, right, edges):
        return False
    if _is_prose(left) and _is_prose(right):
        return not _has_common_rows(left, right)
    if _is_of_figures(left) or _is_of_figures(right):
        return False
    same, beside = _bases(left, right)
    share = _OWN_BASES_OF_PROSE if _is_prose(left) or _is_prose(right) else _OWN_BASES
    return beside >= _FEWEST and beside >= share * (same + beside)


def _is_ruled(left: Sequence[Line], right: Sequence[Line], edges: Sequence[Edge]) -> bool:
    """Tell rows that are set apart by lines or boxes drawn on both sides of the gutter."""
    top = min(left[0].base, right[0].base)
    bottom = max(left[-1].base, right[-1].base)
    sides = []
    for side in (left, right):
        middle = median((line.left + line.right) / 2 for line in side)
        sides.append(
            {
                round(e.base / 2)
                for e in edges
                if e.left <= middle <= e.right and top < e.base < bottom
            }
        )
    common = {base for base in sides[0] if {base - 1, base, base + 1} & sides[1]}
    return len(common) >= 2


def _is_prose(lines: Sequence[Line]) -> bool:
    """Tell lines of many words, most of them broken by a margin: as wide as others, or up to it."""
    if len(lines) < _FEWEST_OF_PROSE:
        return False
    if median(max(_words(s.text) for s in line.segments) for line in lines) < _WORDS_OF_PROSE:
        return False
    widths = [max(s.right - s.left for s in line.segments) for line in lines]
    wide = _FULL * sorted(widths)[len(widths) * 8 // 10]
    begin, end = min(line.left for line in lines), max(line.right for line in lines)
    margin = end - (1 - _FULL) * (end - begin)
    full = sum(
        width > wide or line.right > margin for width, line in zip(widths, lines, strict=True)
    )
    return 2 * full > len(lines)


def _words(text: str) -> int:
    return sum(word.isalpha() for word in _PUNCTUATION.sub("", text).split())


def _has_common_rows(left: Sequence[Line], right: Sequence[Line]) -> bool:
    """Tell cells that begin together: those of a table do, paragraphs do not."""
    starts = [_starts(left), _starts(right)]
    if min(map(len, starts)) < _FEWEST or len(left) > _TALLEST_ROW * len(starts[0]):
        return False
    size = left[0].size
    common = sum(any(abs(a - b) < 0.2 * size for b in starts[1]) for a in starts[0])
    return common >= 0.7 * max(map(len, starts))


def _starts(lines: Sequence[Line]) -> list[float]:
    leading = leading_of(lines) * lines[0].size
    below = [b.base for a, b in pairwise(lines) if b.base - a.base > 1.25 * leading]
    return [lines[0].base, *below]


def _is_of_figures(lines: Sequence[Line]) -> bool:
    figures = sum(all(_FIGURE.fullmatch(s.text) for s in line.segments) for line in lines)
    return figures * 2 > len(lines)


def _bases(left: Sequence[Line], right: Sequence[Line]) -> tuple[int, int]:
    """Count lines of the right that share a base with one of the left, and those that do not.

    A cell that is centred beside two lines of another shares their row.
    """
    same = beside = 0
    between = [(a.base + b.base) / 2 for a, b in pairwise(left)]
    for line in right:
        nearest = min(abs(line.base - other.base) for other in left)
        centred = any(abs(line.base - middle) < 0.1 * line.size for middle in between)
        if nearest < _SAME_BASE * line.size or (centred and nearest < _BESIDE * line.size):
            same += 1
        elif nearest < _BESIDE * line.size:
            beside += 1
    return same, beside
