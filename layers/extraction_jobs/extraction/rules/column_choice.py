"""What a column of a table was found to be."""

from __future__ import annotations

from dataclasses import dataclass

from extraction.schema.ranges import Range
from extraction.schema.slots import Slot


@dataclass(frozen=True, slots=True)
class Joined:
    """A name whose first names and last name stand in columns of their own."""

    slot: Slot
    last: int


Columns = dict[int, tuple[Slot | Range | Joined, float]]


def indexes(slot: Slot | Range | Joined) -> tuple[int, ...]:
    """Return the indexes of the slots that a column fills."""
    if isinstance(slot, Joined):
        return (slot.slot.index,)
    return (slot.low.index, slot.high.index) if isinstance(slot, Range) else (slot.index,)
