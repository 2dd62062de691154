"""What a sheet shows beside its values: what is hidden, which cells are merged, what formats add. Read from its XML."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from xml.parsers import expat

from extraction.readers.sheet_values import NumberFormat

Place = tuple[int, int]  # row and column, from 0


@dataclass(slots=True)
class View:
    """What is told of one sheet. `last` is the last row and column in which a value stands, -1 without any."""

    hidden_rows: list[range] = field(default_factory=list)
    hidden_columns: list[range] = field(default_factory=list)
    merged: list[tuple[Place, Place]] = field(default_factory=list)
    formats: dict[Place, NumberFormat] = field(default_factory=dict)
    first: Place = (1 << 30, 1 << 30)
    last: Place = (-1, -1)

    def holds(self, row: int, column: int) -> None:
        """Note that a value stands in a cell."""
        self.first = min(self.first[0], row), min(self.first[1], column)
        self.last = max(self.last[0], row), max(self.last[1], column)

    def cells(self) -> int:
        """Return how many cells there are from the first value to the last."""
        return max(0, self.last[0] - self.first[0] + 1) * max(0, self.last[1] - self.first[1] + 1)


def parse(
    content: bytes,
    starts: Callable[[str, dict[str, str]], None],
    ends: Callable[[str], None] | None = None,
) -> None:
    """Go through XML, names without what stands before their colon. Raises expat.ExpatError if it is broken."""
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, given: starts(name.rpartition(":")[2], given)
    if ends is not None:
        parser.EndElementHandler = lambda name: ends(name.rpartition(":")[2])
    parser.Parse(content, True)


def plain_names(given: dict[str, str]) -> dict[str, str]:
    """Return attributes without what stands before the colon of their names."""
    return {name.rpartition(":")[2]: value for name, value in given.items()}
