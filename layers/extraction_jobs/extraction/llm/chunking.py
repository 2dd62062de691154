"""Where a document is cut for a model, and how a piece that proves too large is halved.

Cuts are made between entries, facts and table rows; inside one only if it is larger than a chunk by itself, and then
between sentences, words, or anywhere, in this order.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import pairwise

from extraction.document.structure import Structure
from extraction.model import Chunk

_SENTENCE_END = re.compile(r"(?<=[.!?;:])\s+|\n+")
_SPACE = re.compile(r"\s+")
# An entry that stands alone may be this much longer than a chunk before it is cut.
_SLACK = 1.25
_MARKUP = " \t|#*->+"
# Less than this is not cut any more.
_LEAST = 100


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch to extract from. The text from `shown_from` to `start` is shown as context."""

    shown_from: int
    start: int
    end: int


def places_to_cut(structure: Structure, text: str) -> tuple[int, ...]:
    """Return, in order, where a new entry, fact, row or section begins, with the markup before it."""
    places = {entry.span.start for entry in structure.entries}
    places |= {fact.start for fact in structure.facts}
    places |= {row[0].start for table in structure.tables for row in table.rows if row}
    places |= {section.title.start for section in structure.sections}
    begun = {_with_markup(text, place) for place in places}
    return tuple(sorted(place for place in begun if 0 < place < len(text)))


def _with_markup(text: str, place: int) -> int:
    line = text.rfind("\n", 0, place) + 1
    return place if text[line:place].strip(_MARKUP) else line


def chunks_of(text: str, places: tuple[int, ...], size: int) -> tuple[Chunk, ...]:
    """Cut a text into chunks of about `size`: at least one, together all of it, none overlapping."""
    bounds = [0]
    while len(text) - bounds[-1] > size:
        cut = _next_cut(text, places, bounds[-1], size)
        if cut >= len(text):
            break
        bounds.append(cut)
    bounds.append(len(text))
    pairs = pairwise(bounds)
    return tuple(Chunk(index, start, end) for index, (start, end) in enumerate(pairs))


def piece_of(places: tuple[int, ...], start: int, end: int, overlap: int) -> Piece:
    """Return a stretch with its context, which begins where something begins if it can."""
    earliest = max(0, start - overlap)
    at = bisect_left(places, earliest)
    if at < len(places) and places[at] < start:
        earliest = places[at]
    return Piece(earliest, start, end)


def halves(text: str, places: tuple[int, ...], start: int, end: int) -> tuple[int, int, int] | None:
    """Return start, middle and end of a stretch cut in two, or None if it cannot be cut."""
    if end - start < _LEAST:
        return None
    centre = (start + end) // 2
    near = [p for p in _around(places, centre) if start < p < end]
    # A half must be well smaller than the whole, or halving would not end.
    least = (end - start) // 5
    fair = [p for p in near if start + least <= p <= end - least]
    if fair:
        return start, min(fair, key=lambda p: (abs(p - centre), p)), end
    return start, _cut_inside(text, start + least, end - least, centre), end


def _around(places: tuple[int, ...], centre: int) -> tuple[int, ...]:
    at = bisect_left(places, centre)
    return places[max(0, at - 1) : at + 1]


def _next_cut(text: str, places: tuple[int, ...], start: int, size: int) -> int:
    at = bisect_right(places, start + size) - 1
    if at >= 0 and places[at] > start:
        return places[at]
    following = places[at + 1] if at + 1 < len(places) else len(text)
    if following - start <= size * _SLACK:
        return following if following > start else start + size
    return _cut_inside(text, start + size // 2, start + size, start + size)


def _cut_inside(text: str, first: int, last: int, wanted: int) -> int:
    """Return the place in a stretch nearest to the wanted one: after a sentence, a word, or anywhere."""
    for pattern in (_SENTENCE_END, _SPACE):
        found = [match.end() for match in pattern.finditer(text, first, last)]
        found = [place for place in found if first < place <= last]
        if found:
            return min(found, key=lambda place: (abs(place - wanted), place))
    return max(first, min(wanted, last), 1)
