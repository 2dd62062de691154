"""What a reader knows of a document's form, with its place in the text, so that nobody has to guess it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from extraction.document.structure import Span


@dataclass(frozen=True, slots=True)
class TypedTable:
    """A table's place and its cells. `start` is where its first line begins, `end` where its last one ends.

    All rows have the same number of cells; an empty one ends where it starts. The first `header_rows` rows head the
    columns.
    """

    start: int
    end: int
    rows: tuple[tuple[Span, ...], ...]
    header_rows: int

    def shifted(self, by: int) -> TypedTable:
        """Return the table as it is in a text that has so many code points more before it."""
        if not by:
            return self
        rows = tuple(tuple(Span(c.start + by, c.end + by) for c in row) for row in self.rows)
        return TypedTable(self.start + by, self.end + by, rows, self.header_rows)


class Seen(NamedTuple):
    """A stretch of text that OCR read, and how sure it is of each word there: 0..1, in hundredths."""

    start: int
    end: int
    confidence: float

    def shifted(self, by: int) -> Seen:
        """Return the stretch as it is in a text that has so many code points more before it."""
        return Seen(self.start + by, self.end + by, self.confidence)


@dataclass(frozen=True, slots=True)
class TypedText:
    """Text in normal form, the tables in it, and what of it OCR read; both in order of place."""

    text: str
    tables: tuple[TypedTable, ...] = ()
    seen: tuple[Seen, ...] = ()

    def stripped(self) -> TypedText:
        """Return it without blank lines around it."""
        before = len(self.text) - len(self.text.lstrip("\n"))
        tables = tuple(table.shifted(-before) for table in self.tables)
        seen = tuple(stretch.shifted(-before) for stretch in self.seen)
        return TypedText(self.text.strip("\n"), tables, seen)
