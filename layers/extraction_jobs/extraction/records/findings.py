"""What a chunk finds: values, objects and mentions, each with its places.

Findings do not depend on how the document was cut into chunks: each is made from one fact, entry or table row and the
parsed whole. They are stored between chunks, so each has a form in plain JSON (`to_json`, `from_json`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from extraction.records.confidence import score
from extraction.values.value import Value

Place = tuple[int, int]

PERSON, BODY = "person", "organisation"  # what a mention is of


@dataclass(frozen=True, slots=True)
class Leaf:
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


@dataclass(frozen=True, slots=True)
class ValueFinding:
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


@dataclass(frozen=True, slots=True)
class ObjectFinding:
    """One entry, row or sentence is an object. `slots` holds its values by their properties' numbers."""

    frame: str
    slots: Mapping[int, Sequence[Leaf]]
    at: int
    end: int
    block: int
    section: int
    method: str


@dataclass(frozen=True, slots=True)
class Mention:
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


def to_json(finding: Finding) -> dict[str, Any]:
    """Return a finding as JSON, with its kind."""
    plain = {name: getattr(finding, name) for name in finding.__slots__}
    if isinstance(finding, ValueFinding):
        return {"kind": "value", **plain, "leaves": [*map(_leaf_to_json, finding.leaves)]}
    if isinstance(finding, ObjectFinding):
        slots = {str(i): [*map(_leaf_to_json, found)] for i, found in sorted(finding.slots.items())}
        return {"kind": "object", **plain, "slots": slots}
    beside = {name: _leaf_to_json(each) for name, each in sorted(finding.beside.items())}
    return {"kind": "mention", **plain, "leaf": _leaf_to_json(finding.leaf), "beside": beside}


def from_json(stored: Mapping[str, Any]) -> Finding:
    """Return the finding that was stored."""
    rest = {name: value for name, value in stored.items() if name != "kind"}
    if stored["kind"] == "value":
        return ValueFinding(**{**rest, "leaves": tuple(map(_leaf_from_json, rest["leaves"]))})
    if stored["kind"] == "object":
        slots = {int(i): tuple(map(_leaf_from_json, found)) for i, found in rest["slots"].items()}
        return ObjectFinding(**{**rest, "slots": slots})
    beside = {name: _leaf_from_json(each) for name, each in rest["beside"].items()}
    return Mention(rest["what"], _leaf_from_json(rest["leaf"]), beside)


def _leaf_to_json(found: Leaf) -> list[Any]:
    return [
        found.value,
        found.start,
        found.end,
        found.score,
        found.method,
        [*map(list, found.more)],
    ]


def _leaf_from_json(stored: Sequence[Any]) -> Leaf:
    value, start, end, sure, method, more = stored
    return Leaf(value, start, end, sure, method, tuple((a, b) for a, b in more))
