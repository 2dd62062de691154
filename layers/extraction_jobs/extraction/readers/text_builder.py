"""Builds text out of pieces, and notes where the cells of its tables stand.

Each piece is brought into normal form before it is added, and what stands between pieces joins with no letter of
theirs: so the whole need not be normalised, which would move the cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from extraction.document.typed import Cell, TypedTable, TypedText
from extraction.readers.normal import normalise


def plain(text: str) -> TypedText:
    """Return text without tables."""
    return TypedText(normalise(text))


def joined(texts: Iterable[TypedText], separator: str) -> TypedText:
    """Return texts as one, with a separator of white space between them."""
    builder = TextBuilder()
    for number, each in enumerate(texts):
        builder.add(separator if number else "")
        builder.add(each)
    return builder.built()


class TextBuilder:
    """Collects lines and tables. `size` is how many code points there are yet."""

    def __init__(self) -> None:
        self.size = 0
        self._pieces: list[str] = []
        self._tables: list[TypedTable] = []
        self._gap = False  # a blank line is to come before what comes next

    def line(self, text: str) -> None:
        """Add a line, or several."""
        self.add(normalise(text))
        self.add("\n")

    def gap(self) -> None:
        """Leave a blank line before what comes next, if anything does."""
        self._gap = bool(self._pieces)

    def table(self, rows: Sequence[Sequence[str]], *, header_rows: int) -> None:
        """Add a table, a line a row; short rows are filled up. A line below its header marks that."""
        width = max(map(len, rows), default=0)
        self.add("")
        start = self.size
        placed = []
        for number, row in enumerate(rows, 1):
            cells = []
            self.add("|")
            for at in range(width):
                text = cell_text(row[at]) if at < len(row) else ""
                cells.append(Cell(self.size + 1, self.size + 1 + len(text)))
                self.add(f" {text} |")
            self.add("\n")
            placed.append(tuple(cells))
            if number == header_rows:
                self.add("|" + " --- |" * width + "\n")
        if placed:
            self._tables.append(TypedTable(start, self.size - 1, tuple(placed), header_rows))

    def add(self, inner: TypedText | str) -> None:
        """Add what is in normal form already, and ends its lines itself."""
        if self._gap:
            self._gap = False
            self.add("\n")
        if isinstance(inner, TypedText):
            self._tables += (table.shifted(self.size) for table in inner.tables)
            inner = inner.text
        self._pieces.append(inner)
        self.size += len(inner)

    def built(self) -> TypedText:
        """Return all of it."""
        return TypedText("".join(self._pieces), tuple(self._tables))


def cell_text(text: str) -> str:
    """Return text fit for a cell: on one line, in normal form."""
    return " ".join(normalise(text).split())
