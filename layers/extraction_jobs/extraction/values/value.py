"""What a recogniser returns, and what it may know of the whole document."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

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
    amount negative.
    """

    day_first: bool = True
    day_first_sure: bool = False
    decimal_comma: bool = False
    decimals_sure: bool = False
    reference: date | None = None
    language: str | None = None
    minus: str = "DR"
