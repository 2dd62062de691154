r"""Builds text out of pieces, and notes where the cells of its tables stand.

Each piece is brought into normal form before it is added, and what stands between pieces joins with no letter of
theirs: so the whole need not be normalised, which would move the cells. The normal form is the one in which every
offset counts: NFC, `\n` for every kind of line end, ordinary spaces, and none of the characters that are invisible,
reorder what a reader sees, or cannot be stored as JSON in Postgres.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import accumulate
from operator import add

from extraction.document.structure import Span
from extraction.document.typed import Seen, TypedTable, TypedText

# Nearly all text is in normal form already, and that is soon told: Latin letters, punctuation, signs of currencies,
# arrows and boxes. None of these joins with another one.
_NORMAL = re.compile(
    r"[\t\n -~\xa1-\xac\xae-\u02ff\u2010-\u2027\u2030-\u205e\u20a0-\u20cf\u2190-\u2328\u2500-\u27bf]*"
)
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_SPACES = re.compile(r"[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_REMOVED = re.compile(
    r"[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e"
    r"\u2060-\u206f\ufeff\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff\ufff9-\ufffb]"
)
# Letters each with a stroke through it, as plain text strikes out: what its author took back.
_STRUCK_OUT = re.compile(r"(?:[^\n\u0335\u0336][\u0335\u0336]+){2,}")
# Longest run of combining marks kept: the Stream-Safe Text Format of Unicode Annex 15. Ordering
# a run costs time quadratic in its length, so an endless one would hang normalisation.
_MAX_MARKS = 30
_LOOSE = ("  ", " |", "| ", "\n", "\t")  # white space that is no single space between words


def normalise(text: str) -> str:
    """Return text in normal form. Applying it twice changes nothing more."""
    if _NORMAL.fullmatch(text):
        return text
    text = _LINE_ENDS.sub("\n", text)
    text = _REMOVED.sub("", text)
    if text.isascii():
        return text
    text = _STRUCK_OUT.sub("", _SPACES.sub(" ", text))
    return unicodedata.normalize("NFC", _shorten_marks(text))


def _shorten_marks(text: str) -> str:
    marks = sorted(c for c in set(text) if unicodedata.combining(c))
    if not marks:
        return text
    kind = "[" + "".join(re.escape(mark) for mark in marks) + "]"
    return re.sub(f"({kind}{{{_MAX_MARKS}}}){kind}+", r"\1", text)


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
        self._seen: list[Seen] = []
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
            placed.append(tuple(map(Span, starts, map(add, starts, sizes))))
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
            self._seen += (stretch.shifted(self.size) for stretch in inner.seen)
            inner = inner.text
        self._pieces.append(inner)
        self.size += len(inner)

    def built(self) -> TypedText:
        """Return all of it."""
        return TypedText("".join(self._pieces), tuple(self._tables), tuple(self._seen))


def _cell_texts(row: Sequence[str]) -> Sequence[str]:
    """Return texts fit for cells: each on one line, in normal form."""
    line = f"|{'|'.join(row)}|"
    if normalise(line) == line and not any(white in line for white in _LOOSE):
        return row
    return [" ".join(normalise(text).split()) for text in row]
