"""What a document shows beside its labels: its lines, its words, and which labels stand where."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from extraction.document.parsed_text import ParsedText
from extraction.document.structure import Fact, Span
from extraction.labels.labels import label_words
from extraction.records.drafts import Draft, name_key
from extraction.records.findings import Mention, Stretches
from extraction.records.ranking.cues import Word, words_in
from extraction.schema.kinds import Kind
from extraction.values.value import Value

_SUREST = 0.72  # score of a mention whose form is beyond doubt
REACH = 60_000  # code points of a document in which values without a label are looked for
REGISTERED = re.compile(
    r"\s*\((?=[^()]*\d)[^()]{3,30}\)$"
)  # the number of a company behind its name
_LINE = re.compile(r"[^\n]*[^\s][^\n]*")


@lru_cache(maxsize=1)
def _lines_of(text: str) -> tuple[Span, ...]:
    """Return the lines that hold something, without space around them. All types of a document ask for the same."""
    found = []
    for match in _LINE.finditer(text):
        line = match[0]
        first = match.start() + len(line) - len(line.lstrip())
        found.append(Span(first, match.start() + len(line.rstrip())))
    return tuple(found)


@dataclass(slots=True)
class Scene:
    """A document's text up to REACH, cut into lines that hold something, and into words.

    `draft` holds what labels have named so far; `mentions` are the people and bodies that the text names.
    """

    parsed: ParsedText
    draft: Draft
    mentions: Sequence[Mention]
    types: int
    text: str = field(init=False)
    lines: Sequence[Span] = field(init=False)
    words: Sequence[Word] = field(init=False)
    taken_names: set[str] = field(init=False)
    _starts: list[int] = field(init=False)
    _tables: Stretches = field(init=False)
    _taken: Stretches = field(init=False)

    def __post_init__(self) -> None:
        """Cut the text."""
        self.text = text = self.parsed.text[:REACH]
        self.lines = _lines_of(text)
        self._starts = [line.start for line in self.lines]
        self.words = words_in(text)
        self.taken_names = {name_key(str(leaf.value)) for leaf in self.draft.leaves()}
        self._taken = Stretches(self.draft.places())
        self._tables = Stretches(
            (t.start, t.rows[-1][-1].end)
            for t in self.parsed.structure.tables
            if t.rows and t.rows[-1] and len(t.rows[0]) > 2
        )

    def line(self, number: int) -> str:
        """Return the words of a line; none outside the text."""
        inside = 0 <= number < len(self.lines)
        return self.text[self.lines[number].start : self.lines[number].end] if inside else ""

    def line_of(self, place: int) -> int:
        """Return the number of the line that a place is in, from 0."""
        return max(0, bisect_right(self._starts, place) - 1)

    def rate(self, label: str, slot: int) -> float:
        """Return how well a label names a property, 0 to 1."""
        return next((r for r, s in self.draft.frame.match(label) if s.index == slot), 0.0)

    def in_table(self, place: int) -> bool:
        """Tell a place within the rows of a table of more than two columns."""
        return self._tables.meet(place, place + 1)

    def names_type(self, words: str) -> bool:
        """Tell words that hold the type's name: `INVOICE` is no sender."""
        said = set(label_words(words))
        return any(name and set(name) <= said for name in self.draft.frame.names)

    def is_taken(self, value: Value) -> bool:
        """Tell a value where a property has one already."""
        return self._taken.meet(value.start, value.end)

    def is_of_kind(self, kind: Kind, value: Value) -> bool:
        """Tell a value that a property of its kind has already."""
        slots, found = self.draft.frame.slots, self.draft.slots.items()
        own = (leaf for index, some in found if slots[index].prop.kind is kind for leaf in some)
        return any(leaf.start == value.start for leaf in own)

    def named(self, what: str) -> Iterator[Value]:
        """Yield the people or organisations that the text names."""
        for mention in self.mentions:
            if mention.what == what:
                found = mention.leaf
                yield Value(found.value, found.start, found.end, min(1.0, found.score / _SUREST))

    def facts_about(self, start: int, end: int) -> list[Fact]:
        """Return the facts whose value holds a stretch of text."""
        return [
            fact
            for fact in self.parsed.facts_in(start - 200, end)
            if fact.value.start <= start and end <= max(fact.tail, fact.value.last)
        ]
