"""Builds text out of pieces, and notes where the cells of its tables stand.

Each piece is brought into normal form before it is added, and what stands between pieces joins with no letter of
theirs: so the whole need not be normalised, which would move the cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from operator import add

from extraction.document.typed import Cell, TypedTable, TypedText
from extraction.readers.normal import normalise

_LOOSE = ("  ", " |", "| ", "\n", "\t")  # white space that is no single space between words


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
            texts = [*_cell_texts(row), *[""] * (width - len(row))]
            sizes = list(map(len, texts))
            starts = list(accumulate((size + 3 for size in sizes[:-1]), initial=self.size + 2))
            placed.append(tuple(map(Cell, starts, map(add, starts, sizes))))
            self.add(f"| {' | '.join(texts)} |\n")
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


def _cell_texts(row: Sequence[str]) -> Sequence[str]:
    """Return texts fit for cells: each on one line, in normal form."""
    line = f"|{'|'.join(row)}|"
    if normalise(line) == line and not any(white in line for white in _LOOSE):
        return row
    return [" ".join(normalise(text).split()) for text in row]
