"""In which order a page is read: row by row, but columns of prose one after the other.

A gutter is a stretch that no text crosses on several lines. What stands on its sides is read side
by side if it is rows of a table or short blocks; it is read one side after the other if both are
prose, or if their lines stand on bases of their own, as a side bar's do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from extraction.readers.layout import Line, Word, lines_of

_FEWEST = 3  # lines on either side
_FEWEST_OF_PROSE = 5
_NARROWEST = 0.7  # of a gutter, in sizes
_SAME_BASE = 0.15
_BESIDE = 0.85
_BLOCK = 2.2  # sizes between blocks
_OWN_BASES = 0.6  # of the lines of a column that is no row of a table
_OWN_BASES_OF_PROSE = 0.3
_FULL = 0.8  # of the way to the margin, that more than half of the lines of prose go
_DEEPEST = 5
_MOST_SEGMENTS = 2_000  # a page of more is a table, and gutters are costly to follow
_WORDS_OF_PROSE = 4
_FIGURE = re.compile(r"\W{0,3}\d[\d.,:/ %'-]*\W{0,3}\w{0,3}")
_PUNCTUATION = re.compile(r"[^\w\s]")


class _Gutter(NamedTuple):
    left: float
    right: float

    def is_like(self, other: _Gutter) -> bool:
        common = min(self.right, other.right) - max(self.left, other.left)
        return common > 0.5 * min(self.right - self.left, other.right - other.left)


class _Band(NamedTuple):
    """Lines with a gutter through all of them, by the numbers of the first and the one behind the last."""

    first: int
    last: int
    gutter: _Gutter


def regions(words: Sequence[Word], depth: int = 0) -> list[list[Line]]:
    """Return the lines of a page in groups, to be read one after the other."""
    lines = lines_of(words)
    if not lines:
        return []
    few = sum(len(line.segments) for line in lines) <= _MOST_SEGMENTS
    band = _columns(lines) if few and depth < _DEEPEST else None
    if band is None:
        return [lines]
    inside = lines[band.first : band.last]
    parts = (lines[: band.first], *_sides(inside, band.gutter), lines[band.last :])
    return [
        region
        for part in parts
        for region in regions([word for line in part for word in line.words], depth + 1)
    ]


def _columns(lines: Sequence[Line]) -> _Band | None:
    """Return the first lines that are columns of their own."""
    bands = sorted(_bands(lines), key=lambda band: band.first - band.last)
    for first, last, gutter in [
        *bands,
        *(block for band in bands for block in _blocks(lines, band)),
    ]:
        left, right = _sides(lines[first:last], gutter)
        if not left or not right:
            continue
        slack = max(left[0].size, right[0].size)
        top = max(left[0].base - left[0].size, right[0].base - right[0].size) - slack
        bottom = min(left[-1].base, right[-1].base) + slack
        sides = ([line for line in side if top <= line.base <= bottom] for side in (left, right))
        if _independent(*sides):
            inside = [n for n in range(first, last) if top <= lines[n].base <= bottom]
            return _Band(inside[0], inside[-1] + 1, gutter)
    return None


def _sides(lines: Sequence[Line], gutter: _Gutter) -> tuple[list[Line], list[Line]]:
    middle = (gutter.left + gutter.right) / 2
    words = [word for line in lines for word in line.words]
    left = [word for word in words if word.left < middle]
    right = [word for word in words if word.left >= middle]
    return lines_of(left), lines_of(right)


def _bands(lines: Sequence[Line]) -> list[_Band]:
    found: list[_Band] = []
    for number, line in enumerate(lines):
        for before, after in pairwise(line.segments):
            gutter = _Gutter(before.right, after.left)
            if any(b.first <= number < b.last and gutter.is_like(b.gutter) for b in found):
                continue
            above, gutter = _extended(lines[:number][::-1], gutter)
            below, gutter = _extended(lines[number + 1 :], gutter)
            found.append(_Band(number - above, number + below + 1, gutter))
    return found


def _blocks(lines: Sequence[Line], band: _Band) -> Iterator[_Band]:
    """Yield the parts of a band between which the page leaves room across both sides."""
    inside = range(band.first + 1, band.last)
    cuts = [n for n in inside if lines[n].base - lines[n - 1].base > _BLOCK * lines[n].size]
    for first, last in pairwise([band.first, *cuts, band.last]):
        yield _Band(first, last, band.gutter)


def _extended(lines: Iterable[Line], gutter: _Gutter) -> tuple[int, _Gutter]:
    """Follow a gutter line by line; return over how many it goes, and what is left of it."""
    count = 0
    for line in lines:
        least = _NARROWEST * line.size
        narrowed = [each for each in _openings(line, gutter) if each.right - each.left >= least]
        if not narrowed:
            break
        gutter = max(narrowed, key=lambda each: each.right - each.left)
        count += 1
    return count, gutter


def _openings(line: Line, gutter: _Gutter) -> Iterator[_Gutter]:
    """Yield what a line leaves open of a gutter."""
    end = gutter.left
    for segment in line.segments:
        yield _Gutter(end, min(segment.left, gutter.right))
        end = max(end, segment.right)
    yield _Gutter(end, gutter.right)


def _independent(left: Sequence[Line], right: Sequence[Line]) -> bool:
    """Tell columns of their own from the rows of a table."""
    if min(len(left), len(right)) < _FEWEST:
        return False
    if _is_prose(left) and _is_prose(right):
        return True
    if _is_of_figures(left) or _is_of_figures(right):
        return False
    same, beside = _bases(left, right)
    share = _OWN_BASES_OF_PROSE if _is_prose(left) or _is_prose(right) else _OWN_BASES
    return beside >= _FEWEST and beside >= share * (same + beside)


def _is_prose(lines: Sequence[Line]) -> bool:
    """Tell lines of many words, most of them broken by a margin."""
    if len(lines) < _FEWEST_OF_PROSE:
        return False
    if median(max(_words(s.text) for s in line.segments) for line in lines) < _WORDS_OF_PROSE:
        return False
    begin, end = min(line.left for line in lines), max(line.right for line in lines)
    return 2 * sum(line.right > begin + _FULL * (end - begin) for line in lines) > len(lines)


def _words(text: str) -> int:
    return sum(word.isalpha() for word in _PUNCTUATION.sub("", text).split())


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
