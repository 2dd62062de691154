"""Links between objects, by names and numbers that one uses and another is called."""

from __future__ import annotations

from collections.abc import Iterator

from extraction.model import ExtractedRelationship
from extraction.records.drafts import Draft, name_key
from extraction.records.findings import Leaf
from extraction.schema.kinds import Kind
from extraction.schema.slots import Slot

_NAMED = (Kind.PERSON, Kind.ORGANISATION, Kind.PARTY)
_MIN_CODE = 2
_MAX_TARGETS = 5


def relate(drafts: list[Draft]) -> tuple[ExtractedRelationship, ...]:
    """Return the relationships among the objects, by their positions.

    The type of a relationship is the name of the property that names the other object.
    """
    exact: dict[str, list[int]] = {}
    by_part: dict[str, set[int]] = {}
    for position, draft in enumerate(drafts):
        identity = draft.value(draft.frame.identity)
        if identity is None or draft.frame.identity is None:
            continue
        key = name_key(str(identity))
        exact.setdefault(key, []).append(position)
        if draft.frame.identity.prop.kind is Kind.PERSON:
            for word in {key.split()[0], key.split()[-1]} if key else set():
                by_part.setdefault(word, set()).add(position)
    found: dict[tuple[str, int, int], float] = {}
    for position, draft in enumerate(drafts):
        for name, slot, leaf in _references(draft):
            for target in _targets(name_key(str(leaf.value)), slot, exact, by_part, drafts):
                if target == position or drafts[target].frame.type.name == draft.frame.type.name:
                    continue
                there = drafts[target]
                own = there.frame.identity
                sure = there.slots[own.index][0].score if own is not None else 0.0
                link = (name, position, target)
                found[link] = max(found.get(link, 0.0), round(min(leaf.score, sure), 4))
    ordered = sorted(found.items(), key=lambda item: (item[0][1], item[0][2], item[0][0]))
    return tuple(
        ExtractedRelationship(name, source, target, confidence)
        for (name, source, target), confidence in ordered
    )


def _references(draft: Draft) -> Iterator[tuple[str, Slot, Leaf]]:
    for owner, prefix in (
        (draft, ""),
        *((part, path[-1]) for path, parts in sorted(draft.parts.items()) for part in parts),
    ):
        for slot in owner.frame.slots:
            if slot is draft.frame.identity or slot is draft.frame.text:
                continue
            if slot.prop.kind not in (*_NAMED, Kind.IDENTIFIER, Kind.TEXT, Kind.PATTERN):
                continue
            for leaf in owner.slots.get(slot.index, ()):
                yield prefix or slot.path[0], slot, leaf


def _targets(
    key: str,
    slot: Slot,
    exact: dict[str, list[int]],
    by_part: dict[str, set[int]],
    drafts: list[Draft],
) -> list[int]:
    if len(key) < _MIN_CODE:
        return []
    named = slot.prop.kind in _NAMED
    found = []
    for position in exact.get(key, ())[: _MAX_TARGETS * 10]:
        identity = drafts[position].frame.identity
        there_named = identity is not None and identity.prop.kind in _NAMED
        if named == there_named:
            found.append(position)
    if len(found) > _MAX_TARGETS:
        return []  # a name that many objects share says which one no longer
    if found or slot.prop.kind is not Kind.PERSON:
        return found
    # A lone first name or surname counts if only one person here bears it.
    alone = by_part.get(key, set())
    return sorted(alone) if len(alone) == 1 else []
