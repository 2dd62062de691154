"""A table beside a frame: what its columns hold, and which of them are properties already."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from extraction.document.columns import is_figure
from extraction.document.parsed_text import ParsedText
from extraction.document.structure import Span, Table
from extraction.labels.labels import Words
from extraction.schema.frames import Frame
from extraction.schema.slots import Slot

_SAMPLE_ROWS = 12
_MOST_COLUMNS = 30
SURE = 0.9  # rate of a column that a product proves
_CODES = 0.75  # of the cells of a column of codes
_CODE = re.compile(r"(?=[^\s]*\d)[^\s]{2,24}(?:[ ][A-Z0-9-]{1,8})?|[A-Z]{1,4}\d[\w./-]*")
_LONGEST_CAPITALS = 8
_SHORT = 4  # digits of a figure that is hardly a code


@dataclass(frozen=True, slots=True)
class Joined:
    """A name whose first names and last name stand in columns of their own."""

    slot: Slot
    last: int


What = Slot | Joined
Columns = dict[int, tuple[What, float]]


@dataclass(frozen=True)
class Column:
    """One column: its head, and the filled cells of the first rows with what they say."""

    index: int
    head: str
    cells: tuple[Span, ...]
    words: tuple[str, ...]

    @cached_property
    def has_letters(self) -> bool:
        """Tell a column in which at least one word stands."""
        return any(c.isalpha() for word in self.words for c in word)

    @cached_property
    def is_coded(self) -> bool:
        """Tell a column of codes or bare figures, in which no words stand."""
        codes = sum(map(_is_code, self.words))
        return bool(self.words) and codes >= _CODES * len(self.words)

    @cached_property
    def is_of_figures(self) -> bool:
        """Tell a column of sums, rates or quantities: short figures, or such with a decimal point."""
        return all(is_figure(w) and (len(w) < _SHORT or set(".,%") & set(w)) for w in self.words)

    @cached_property
    def is_counter(self) -> bool:
        """Tell a column that counts the rows: 1, 2, 3."""
        figures = [word.strip(" .") for word in self.words]
        numbers = [int(each) for each in figures if each.isascii() and each.isdigit()]
        steps = {after - before for before, after in pairwise(numbers)}
        return len(numbers) > 1 and len(numbers) == len(figures) and steps <= {1, 10}


def _is_code(word: str) -> bool:
    short = len(word) <= _LONGEST_CAPITALS and word.isupper() and " " not in word
    return short or is_figure(word) or bool(_CODE.fullmatch(word))


def columns_of(text: str, table: Table) -> tuple[Column, ...]:
    """Return the columns of a table, empty ones too."""
    header, rows = table.header, table.rows[:_SAMPLE_ROWS]
    width = max(map(len, (header, *rows)))
    made = []
    for index in range(min(width, _MOST_COLUMNS)):
        cells = [row[index] for row in rows if index < len(row)]
        said = [(cell, cell.of(text)) for cell in cells if cell.end > cell.start]
        said = [(c, w) for c, w in said if len(w) == 1 or any(map(str.isalnum, w))]
        head = header[index].of(text) if index < len(header) else ""
        made.append(Column(index, head, tuple(c for c, _ in said), tuple(w for _, w in said)))
    return tuple(made)


@dataclass(slots=True)
class Sheet:
    """A table, its columns with the words of their heads, a frame, and the columns that are told so far."""

    parsed: ParsedText
    frame: Frame
    table: Table
    columns: tuple[Column, ...]
    heads: tuple[Words, ...]
    found: Columns = field(default_factory=dict)

    @property
    def taken(self) -> set[int]:
        """The indexes of the slots that have a column."""
        slots = (w.slot if isinstance(w, Joined) else w for w, _ in self.found.values())
        return {slot.index for slot in slots}

    @property
    def left(self) -> list[Column]:
        """The columns with cells that are no property yet."""
        spent = {what.last for what, _ in self.found.values() if isinstance(what, Joined)}
        return [c for c in self.columns if c.cells and c.index not in spent | set(self.found)]
