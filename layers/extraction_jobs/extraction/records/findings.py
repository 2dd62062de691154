"""What a chunk finds: values, objects and mentions, each with its places.

Findings do not depend on how the document was cut into chunks: each is made from one fact, entry or table row and the
parsed whole. They are stored between chunks, so each has a form in plain JSON (`to_json`, `from_json`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

from extraction.document.structure import Entry
from extraction.records.confidence import score
from extraction.schema.frames import Frame
from extraction.schema.slots import Slot
from extraction.values.value import Value

Place = tuple[int, int]


PERSON, BODY = "person", "organisation"  # what a mention is of


class Leaf(NamedTuple):
    """A value of a property: what it is, where it stands, and how it was found.

    `score` (0..1) ranks values within a document. `more` are further places, if the value goes on in other lines.
    """

    value: Any
    start: int
    end: int
    score: float
    method: str
    more: tuple[Place, ...] = ()

    @property
    def places(self) -> tuple[Place, ...]:
        """Every place that it quotes, in order."""
        return ((self.start, self.end), *self.more)


class ValueFinding(NamedTuple):
    """A label names a property, and these are its values.

    `label` (0..1) is how well it fits; `own` tells one that names the type too, such as `invoice number` of an invoice;
    `words` are its words, `rate` the percentage that stands in it, `column` tells labels side by side apart.
    """

    frame: str
    slot: int
    leaves: tuple[Leaf, ...]
    at: int
    block: int
    section: int
    label: float
    own: bool = False
    column: int = 0
    words: str = ""
    rate: str = ""


class ObjectFinding(NamedTuple):
    """One entry, row or sentence is an object. `slots` holds its values by their properties' numbers."""

    frame: str
    slots: Mapping[int, Sequence[Leaf]]
    at: int
    end: int
    block: int
    section: int
    method: str


class Mention(NamedTuple):
    """The text names a `person` or an `organisation`; `beside` holds what it says of the person, by property."""

    what: str
    leaf: Leaf
    beside: Mapping[str, Leaf]

    @property
    def at(self) -> int:
        """Where it stands."""
        return self.leaf.start


Finding = ValueFinding | ObjectFinding | Mention


def leaf(value: Value, method: str, label: float = 1.0) -> Leaf:
    """Make a leaf of a recognised value; `label` is how well the label fits that named it."""
    sure = score(method, label, value.quality)
    return Leaf(value.value, value.start, value.end, sure, method, value.more)


def unlabelled(frame: Frame, slot: Slot, found: Leaf, entry: Entry | None = None) -> ValueFinding:
    """Return the finding of a value that no label names: a sentence of an entry says it, or its place on the paper."""
    block, section = (entry.block, entry.section) if entry is not None else (-1, -1)
    return ValueFinding(frame.key, slot.index, (found,), found.start, block, section, 1.0)


def to_json(finding: Finding) -> dict[str, Any]:
    """Return a finding as JSON: its parts in order, under its kind."""
    if isinstance(finding, ValueFinding):
        frame, slot, leaves, *rest = finding
        return {"value": [frame, slot, [*map(_leaf_to_json, leaves)], *rest]}
    if isinstance(finding, ObjectFinding):
        frame, slots, *rest = finding
        by_slot = [[slot, [*map(_leaf_to_json, found)]] for slot, found in sorted(slots.items())]
        return {"object": [frame, by_slot, *rest]}
    beside = [[name, _leaf_to_json(each)] for name, each in sorted(finding.beside.items())]
    return {"mention": [finding.what, _leaf_to_json(finding.leaf), beside]}


def from_json(stored: Mapping[str, Any]) -> Finding:
    """Return the finding that was stored."""
    if "value" in stored:
        frame, slot, leaves, *rest = stored["value"]
        return ValueFinding(frame, slot, tuple(map(_leaf_from_json, leaves)), *rest)
    if "object" in stored:
        frame, slots, *rest = stored["object"]
        by_slot = {slot: tuple(map(_leaf_from_json, found)) for slot, found in slots}
        return ObjectFinding(frame, by_slot, *rest)
    what, found, beside = stored["mention"]
    return Mention(what, _leaf_from_json(found), {n: _leaf_from_json(x) for n, x in beside})


def _leaf_to_json(found: Leaf) -> list[Any]:
    *plain, more = found
    return [*plain, *map(list, more)]


def _leaf_from_json(stored: Sequence[Any]) -> Leaf:
    value, start, end, score, method, *more = stored
    return Leaf(value, start, end, score, method, tuple(map(tuple, more)))


class Stretches:
    """Stretches of text, asked in logarithmic time whether one of them meets another."""

    def __init__(self, stretches: Iterable[Place]) -> None:
        """Take them in any order."""
        ordered = sorted(stretches)
        self._starts = [start for start, _ in ordered]
        self._reach = list(accumulate((end for _, end in ordered), max))

    def meet(self, start: int, end: int) -> bool:
        """Return True if one of them shares a place with a stretch."""
        at = bisect_left(self._starts, end)
        return at > 0 and self._reach[at - 1] > start
