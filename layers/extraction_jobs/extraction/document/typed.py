"""What a reader knows of a document's form, with its place in the text, so that nobody has to guess it back."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell's place, in code points of the text. An empty cell ends where it starts."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """Return what stands in the cell."""
        return text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class TypedTable:
    """A table's place and its cells. `start` is where its first line begins, `end` where its last one ends.

    All rows have the same number of cells. The first `header_rows` of them head the columns.
    """

    start: int
    end: int
    rows: tuple[tuple[Cell, ...], ...]
    header_rows: int

    def shifted(self, by: int) -> TypedTable:
        """Return the table as it is in a text that has so many code points more before it."""
        if not by:
            return self
        rows = tuple(tuple(Cell(c.start + by, c.end + by) for c in row) for row in self.rows)
        return TypedTable(self.start + by, self.end + by, rows, self.header_rows)


@dataclass(frozen=True, slots=True)
class TypedText:
    """Text in normal form, and the tables in it in order of place."""

    text: str
    tables: tuple[TypedTable, ...] = ()

    def stripped(self) -> TypedText:
        """Return it without blank lines around it."""
        before = len(self.text) - len(self.text.lstrip("\n"))
        tables = tuple(table.shifted(-before) for table in self.tables)
        return TypedText(self.text.strip("\n"), tables)
