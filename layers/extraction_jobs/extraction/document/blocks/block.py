"""What every kind of block is read from, and what it is read into."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from extraction.document import columns
from extraction.document.columns import Row
from extraction.document.line import Line, Lines
from extraction.document.line import Place as Column
from extraction.document.structure import Entry, Fact, Section, Span, Table

_LEAST = 3  # cells of a row under a header further up
_MANY = 2  # cells that begin with a figure


class Place(NamedTuple):
    """Where in a document a block stands.

    `number` grows wherever blocks stand apart, as behind a blank line. `under` are the headings over
    it, the last one nearest; `sections` is how many began before. `intro` is the label that
    introduces the list under it. `header` and `columns` are those of the last table of columns.
    """

    number: int = 0
    under: tuple[Section, ...] = ()
    sections: int = 0
    intro: str = ""
    header: Row = ()
    columns: tuple[Column, ...] = ()

    @property
    def section(self) -> int:
        """The index of the nearest heading over it, or -1."""
        return self.under[-1].index if self.under else -1

    def apart(self) -> Place:
        """Return the place behind a gap."""
        return Place(
            self.number + 1, self.under, self.sections, self.intro, self.header, self.columns
        )

    def heads(self, line: Line) -> bool:
        """Tell a row of the last table of columns, behind lines that are no rows."""
        if not self.columns:
            return False
        full = len(line.cells) >= max(_LEAST, len(self.columns) - 2)
        figures = sum(map(columns.is_figure, line.said)) if full else 0
        counted = (
            sum(word[0].isdigit() for word in line.said) > _MANY
        )  # with units: `10 EA   4.50 /EA   45.00`
        return (figures > 1 or (figures == 1 and counted)) and columns.fit(
            line.places, self.columns
        )

    def fact(
        self, label: str, value: Span, tail: int, how: str, start: int, column: int = 0
    ) -> Fact:
        """Return a fact that is stated at this place."""
        return Fact(label, value, tail, how, self.section, self.number, start, column)


class Block(NamedTuple):
    """What lines were read into. The next block begins at the line `after`, in the place `then`."""

    after: int
    then: Place
    facts: tuple[Fact, ...] = ()
    entries: tuple[Entry, ...] = ()
    table: Table | None = None
    section: Section | None = None


class Kind(Protocol):
    """A module that reads one kind of block."""

    def read(self, lines: Lines, at: int, place: Place) -> Block | None:
        """Return the block that begins at a line, or None if none of this kind does."""
