"""What the offline extractor knows of a document before it starts on the first chunk."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Container, Sequence
from dataclasses import dataclass, field

from extraction.document.opening import Opening, opening_of
from extraction.document.structure import Entry, Fact, Structure, Table, beginning
from extraction.labels.labels import Words, label_words
from extraction.schema.frames import Frame
from extraction.values.value import Conventions, Value

_HEAD = 600  # code points in which a document says what it is
_TWO = 2
_BILLS = frozenset(("invoice", "credit"))


@dataclass(slots=True)
class ParsedText:
    """The text with its structure, the frames to fill, and the document's conventions.

    `mentions` are what the text is searched for whether or not a label names it: people, organisations.
    """

    text: str
    title: str | None
    structure: Structure
    frames: tuple[Frame, ...]
    ways: Conventions
    currency: Value | None
    sections_with_items: frozenset[int] = frozenset()
    credits: bool = False
    mentions: frozenset[str] = frozenset()
    _titles: dict[int, Words] = field(default_factory=dict)

    @property
    def opening(self) -> Opening | None:
        """Return the opening of the agreement that the document is, if it is one."""
        return opening_of(self.text)

    def speaks_of_another(self, label: Words, own: Container[str]) -> bool:
        """Tell a label of the invoice that a credit note corrects, or of a credit note that an invoice speaks of.

        `own` are words of the type asked for: one of credit notes has properties for both.
        """
        if _BILLS.isdisjoint(label) or "credit" in own:
            return False
        return self.credits != ("credit" in label)

    def facts_in(self, start: int, end: int) -> Sequence[Fact]:
        """Return the facts that begin in a stretch of text."""
        return beginning(self.structure.facts, start, end, lambda fact: fact.start)

    def entries_in(self, start: int, end: int) -> Sequence[Entry]:
        """Return the entries that begin in a stretch of text."""
        return beginning(self.structure.entries, start, end, lambda entry: entry.span.start)

    def tables_in(self, start: int, end: int) -> list[Table]:
        """Return the tables that reach into a stretch of text."""
        tables = self.structure.tables
        first = bisect_left(tables, start, key=lambda table: table.last_start)
        return tables[first : bisect_left(tables, end, key=lambda table: table.start)]

    def section_words(self, section: int) -> Words:
        """Return the heading of a section as label words, without its number."""
        if section not in self._titles:
            self._titles[section] = self._words_of(section) if section >= 0 else ()
        return self._titles[section]

    def _words_of(self, section: int) -> Words:
        found = self.structure.sections[section]
        title = found.title.of(self.text)
        if found.number and title.startswith(found.number):
            title = title[len(found.number) :]
        return label_words(title.strip(" .:")) if len(title) <= 80 else ()

    def parent_section(self, section: int) -> int:
        """Return the section that holds a section, or -1."""
        return self.structure.sections[section].parent if section >= 0 else -1


def is_credit_note(text: str) -> bool:
    """Tell a document whose head says in a line of its own that it is a credit note."""
    heads = (line for line in text[:_HEAD].split("\n") if not line.rstrip().endswith("."))
    return any(label_words(line)[:_TWO] == ("credit", "note") for line in heads)
