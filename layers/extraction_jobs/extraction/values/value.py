"""What a recogniser returns, and what it may know of the whole document."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import wraps
from typing import Any, NamedTuple

_REMEMBERED = 4_000  # stretches of a document's text
# The quality of what can be read in two ways where the document does not decide: its confidence asks for review.
DOUBTFUL = 0.1


class Value(NamedTuple):
    """A value with its span; `quality` (0..1) says how sure its form alone makes it.

    `more` are the places of further lines that it goes on in.
    """

    value: Any
    start: int
    end: int
    quality: float
    more: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Conventions:
    """How this document writes things, decided once so that it is read one way throughout.

    `day_first` is True for 31/12, False for 12/31; `day_first_sure` if a date proves it.
    `decimal_comma` is True for 1.234,56; `decimals_sure` if a figure shows it. `reference` dates a day that
    lacks its year. `language` is the document's; None reads all. `minus` is which of CR and DR makes an
    amount negative. `memory` holds what recognisers found in the document last.
    """

    day_first: bool = True
    day_first_sure: bool = False
    decimal_comma: bool = False
    decimals_sure: bool = False
    reference: date | None = None
    language: str | None = None
    minus: str = "DR"
    memory: dict[Hashable, Sequence[Value]] = field(default_factory=dict, compare=False, repr=False)


Find = Callable[[str, int, int, Conventions], Sequence[Value]]


def remembered(find: Find) -> Find:
    """Make a recogniser read a stretch once: properties of several types ask for the same values."""

    @wraps(find)
    def read(text: str, start: int, end: int, ways: Conventions) -> Sequence[Value]:
        key = (find, text, start, end)
        found = ways.memory.get(key)
        if found is None:
            if len(ways.memory) >= _REMEMBERED:
                ways.memory.clear()
            found = ways.memory[key] = find(text, start, end, ways)
        return found

    return read
