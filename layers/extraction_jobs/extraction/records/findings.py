"""What a chunk finds: values and objects with their places, as plain JSON.

A leaf is `[value, start, end, score, method]`, and a list of further places `[start, end]` if the
value goes on in other lines. Findings do not depend on how the document was
cut into chunks: each is made from one fact, entry or table row and the reading of the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from extraction.records.confidence import score
from extraction.values.value import Value

Leaf = list[Any]
Finding = dict[str, Any]


def leaf(value: Value, method: str, label: float = 1.0) -> Leaf:
    """Make a leaf of a recognised value."""
    made = [value.value, value.start, value.end, score(method, label, value.quality), method]
    return [*made, [list(place) for place in value.more]] if value.more else made


def places_of(found: Leaf) -> list[tuple[int, int]]:
    """Return the places that a leaf quotes, in order."""
    return [
        (found[1], found[2]),
        *((start, end) for start, end in (found[5] if len(found) > 5 else ())),
    ]


def value_finding(
    frame: str,
    slot: int,
    found: list[Leaf],
    *,
    at: int,
    block: int,
    section: int,
    label: float,
    own: bool = False,
    column: int = 0,
    said: Sequence[str] = ("", ""),
) -> Finding:
    """Say that a label names a slot, and what its values are.

    `own` tells a label that names the type too, such as `invoice number` for an invoice; `said` are its words
    and the percentage that stands in it.
    """
    return {
        "kind": "value",
        "frame": frame,
        "slot": slot,
        "leaves": found,
        "at": at,
        "block": block,
        "section": section,
        "label": round(label, 4),
        "own": own,
        "column": column,
        "said": list(said),
    }


def object_finding(
    frame: str,
    slots: dict[int, list[Leaf]],
    *,
    start: int,
    end: int,
    block: int,
    section: int,
    method: str,
) -> Finding:
    """Say that one entry, row or sentence is an object."""
    return {
        "kind": "object",
        "frame": frame,
        "slots": {str(index): leaves for index, leaves in sorted(slots.items())},
        "at": start,
        "end": end,
        "block": block,
        "section": section,
        "method": method,
    }


def mention_finding(what: str, found: Leaf, slots: dict[str, Leaf]) -> Finding:
    """Say that the text names a person, an organisation or an address of some kind."""
    return {
        "kind": "mention",
        "what": what,
        "leaf": found,
        "at": found[1],
        "slots": dict(sorted(slots.items())),
    }
