"""A table beside a frame: what its columns hold, and which of them are properties already."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from extraction.document.columns import is_figure
from extraction.document.parsed_text import ParsedText
from extraction.document.structure import Span, Table
from extraction.schema.frames import Frame
from extraction.schema.kinds import Kind
from extraction.schema.ranges import Range
from extraction.schema.slots import Slot
from extraction.values import values_of_cell

_SAMPLE_ROWS = 12
_MOST_COLUMNS = 30
SURE = 0.9  # rate of a column that a product proves
LEFT_OVER = 0.6  # rate of a column that is told by what is left
SHARE = 0.75  # of the cells of a column that are of its form
_WHOLE = 0.6  # of a cell that its value takes
_CODE = re.compile(r"(?=[^\s]*\d)[^\s]{2,24}(?:[ ][A-Z0-9-]{1,8})?|[A-Z]{1,4}\d[\w./-]*")
_LONGEST_CAPITALS = 8


@dataclass(frozen=True, slots=True)
class Joined:
    """A name whose first names and last name stand in columns of their own."""

    slot: Slot
    last: int


What = Slot | Range | Joined
Columns = dict[int, tuple[What, float]]


def indexes(what: What) -> tuple[int, ...]:
    """Return the indexes of the slots that a column fills."""
    if isinstance(what, Joined):
        return (what.slot.index,)
    return (what.low.index, what.high.index) if isinstance(what, Range) else (what.index,)


@dataclass(frozen=True)
class Column:
    """One column: its head, and the filled cells of the first rows with what they say."""

    index: int
    head: str
    cells: tuple[Span, ...]
    words: tuple[str, ...]

    def share(self, test: Callable[[str], bool]) -> float:
        """Return the share of the cells that pass a test; 0 of a column without cells."""
        return sum(map(test, self.words)) / len(self.words) if self.words else 0.0

    @cached_property
    def has_letters(self) -> bool:
        """Tell a column in which at least one word stands."""
        return any(c.isalpha() for word in self.words for c in word)

    @cached_property
    def is_coded(self) -> bool:
        """Tell a column of codes or bare figures, in which no words stand."""
        return self.share(_is_code) >= SHARE

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


@dataclass
class Sheet:
    """A table, a frame, and the columns that are told so far."""

    parsed: ParsedText
    frame: Frame
    table: Table
    found: Columns = field(default_factory=dict)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The columns of the table, empty ones too."""
        text, header = self.parsed.text, self.table.header
        rows = self.table.rows[:_SAMPLE_ROWS]
        width = max(map(len, (header, *rows)))
        made = []
        for index in range(min(width, _MOST_COLUMNS)):
            cells = [row[index] for row in rows if index < len(row)]
            said = [(cell, cell.of(text)) for cell in cells if cell.end > cell.start]
            said = [(c, w) for c, w in said if len(w) == 1 or any(map(str.isalnum, w))]
            head = header[index].of(text) if index < len(header) else ""
            made.append(Column(index, head, tuple(c for c, _ in said), tuple(w for _, w in said)))
        return tuple(made)

    @property
    def taken(self) -> set[int]:
        """The indexes of the slots that have a column."""
        return {index for what, _ in self.found.values() for index in indexes(what)}

    @property
    def left(self) -> list[Column]:
        """The columns with cells that are no property yet."""
        spent = {what.last for what, _ in self.found.values() if isinstance(what, Joined)}
        return [c for c in self.columns if c.cells and c.index not in spent | set(self.found)]

    @property
    def open_slots(self) -> list[Slot]:
        """The properties without a column that need no label: those that were not given labels enough.

        The code of a bill's line needs none either.
        """
        taken, part = self.taken, self.frame.is_part
        slots = [s for s in self.frame.slots if s.index not in taken]
        coded = [part and s.prop.kind is Kind.IDENTIFIER for s in slots]
        return [s for s, code in zip(slots, coded, strict=True) if s.heads is not None or code]

    def holds(self, column: Column, slot: Slot) -> bool:
        """Tell a column nearly all of whose cells are values of a property, and little else."""
        whole = 0
        for cell in column.cells:
            values = values_of_cell(slot.prop, self.parsed.text, cell, self.parsed.ways)
            size = _WHOLE * (cell.end - cell.start)
            whole += any(v.quality >= 0.5 and v.end - v.start >= size for v in values)
        return bool(column.cells) and whole >= SHARE * len(column.cells)
