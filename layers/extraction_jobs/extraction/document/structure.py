"""The parts a document is made of, with their exact places in its text."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

T = TypeVar("T")
# How a fact was found, from the surest to the least sure.
KEY_VALUE = "key_value"
TABLE_PAIR = "table_pair"
TABLE_CELL = "table_cell"
LABEL_ABOVE = "label_above"
COLUMN_PAIR = "column_pair"
HEADING = "heading"
DEFINITION = "definition"


class Span(NamedTuple):
    """A stretch of the text, without white space or markup at its ends.

    `more` are the further lines of a cell or block that stands in a column: between them in the
    text stands what is in other columns.
    """

    start: int
    end: int
    more: tuple[Span, ...] = ()

    def of(self, text: str) -> str:
        """Return what it quotes, its lines joined."""
        start, end, more = self
        first = text[start:end]
        return " ".join([first, *(line.of(text) for line in more)]) if more else first

    @property
    def last(self) -> int:
        """Return where its last line ends."""
        return self.more[-1].end if self.more else self.end


def stripped(text: str, start: int, end: int, marks: str = " \t\n") -> Span:
    """Return a stretch of text without some marks at its ends."""
    inside = text[start:end]
    first = start + len(inside) - len(inside.lstrip(marks))
    return Span(first, max(first, start + len(inside.rstrip(marks))))


def beginning(items: Sequence[T], start: int, end: int, place: Callable[[T], int]) -> Sequence[T]:
    """Return those of some items, in order of place, that begin in a stretch of text."""
    first = bisect_left(items, start, key=place)
    return items[first : bisect_left(items, end, key=place)]


class Fact(NamedTuple):
    """A label and what stands beside, below or behind it.

    `value` is what clearly belongs to the label; `tail` (>= value.end) ends the lines that may
    belong to it too, such as the rest of an address or the list under `Present:`. `column` tells
    facts apart whose label stands several times on a line, as under two signatures.
    """

    label: str
    value: Span
    tail: int
    how: str
    section: int
    block: int
    start: int
    column: int = 0


class Entry(NamedTuple):
    """A paragraph, list item or heading as one piece of running text.

    `level` is the depth of a list item or heading; 0 for a paragraph. `marker` is the bullet or
    number of a list item, `intro` the label that introduces its list (`Actions:`).
    """

    kind: str
    span: Span
    level: int
    section: int
    block: int
    marker: str = ""
    intro: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table, the same as itself alone; `header` is empty if none could be told from the rows."""

    header: tuple[Span, ...]
    rows: tuple[tuple[Span, ...], ...]
    section: int
    block: int
    start: int
    how: str

    @property
    def last_start(self) -> int:
        """Return where the last row begins."""
        return self.rows[-1][0].start if self.rows else self.start

    def rows_between(self, start: int, end: int) -> tuple[tuple[Span, ...], ...]:
        """Return the rows that begin in a stretch of text."""
        return tuple(beginning(self.rows, start, end, lambda row: row[0].start))


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it, up to the next one of its level or above."""

    index: int
    level: int
    title: Span
    parent: int
    number: str = ""


@dataclass(slots=True)
class Structure:
    """Everything found by reading the text once, each list in order of place."""

    facts: list[Fact] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
