"""Which of several places with the same words a value was read from.

An object's values stand together, so a quote that occurs once says where the object is, and the others are taken
near it, on its line before all. Objects come in the order of the text, so where nothing occurs once the next
occurrence that no object before has taken is as good as known.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from extraction.llm.aligning import Place
from extraction.schema.object_types import Property

# In characters of distance: what it costs to leave the object's line, or to cite what another object has cited.
_ANOTHER_LINE = 100
_TAKEN = 200


@dataclass(slots=True)
class Quoted:
    """A value with its quote, the places where it may stand, and the one that was chosen."""

    prop: Property
    value: object
    quote: str
    places: tuple[Place, ...]
    place: Place | None = None


class Locator:
    """Chooses places for the objects of one kind, one object after the other."""

    def __init__(self, text: str, cursor: int) -> None:
        self._text = text
        self._cursor = cursor
        self._taken: set[tuple[int, int]] = set()

    def settle(self, quoted: Sequence[Quoted]) -> int:
        """Choose a place for each value of one object; return where the object is."""
        found = [each for each in quoted if each.places]
        if not found:
            return self._cursor
        alone = [e for e in found if len(e.places) == 1 and not self._is_taken(e.places[0])]
        if alone:
            anchor = max(alone, key=lambda e: len(e.quote)).places[0].start
        else:
            surest = max(found, key=lambda e: (len(e.places) > 1, len(e.quote)))
            anchor = self._first_free(surest.places).start
        first = self._text.rfind("\n", 0, anchor) + 1
        last = self._text.find("\n", anchor)
        last = len(self._text) if last < 0 else last
        for each in found:
            each.place = min(
                each.places, key=lambda p: (self._cost(p, anchor, first, last), p.start)
            )
        self._taken |= {(e.place.start, e.place.end) for e in found if e.place is not None}
        self._cursor = anchor
        return anchor

    def _cost(self, place: Place, anchor: int, first: int, last: int) -> int:
        cost = abs(place.start - anchor)
        if not first <= place.start <= last:
            cost += _ANOTHER_LINE
        return cost + _TAKEN if self._is_taken(place) else cost

    def _is_taken(self, place: Place) -> bool:
        return (place.start, place.end) in self._taken

    def _first_free(self, places: tuple[Place, ...]) -> Place:
        free = [place for place in places if not self._is_taken(place)]
        at = bisect_left([place.start for place in free], self._cursor)
        if at < len(free):
            return free[at]
        return free[0] if free else places[0]
