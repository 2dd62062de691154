"""Stretches of a text, and whether one of them meets another."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate

from extraction.records.findings import Place


class Stretches:
    """Stretches of text, asked in logarithmic time whether one of them meets another."""

    def __init__(self, stretches: Iterable[Place]) -> None:
        """Take them in any order."""
        ordered = sorted(stretches)
        self._starts = [start for start, _ in ordered]
        self._reach = list(accumulate((end for _, end in ordered), max))

    def meet(self, start: int, end: int) -> bool:
        """Return True if one of them shares a place with a stretch."""
        at = bisect_left(self._starts, end)
        return at > 0 and self._reach[at - 1] > start
