"""One object from what several chunks say of it.

Two findings are the same object if they have the same identity (its number, its name), or, where there is none, if
they say the same of the same place: they share a value with its place, and no other value contradicts it. A type of
which a document holds one at most has one. The findings are put in order first, so the order in which chunks were
done changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from extraction.llm.answers import Tree, leaves_of
from extraction.llm.values import same_value, value_key
from extraction.records.drafts import name_key
from extraction.schema.kinds import Kind
from extraction.schema.object_types import ObjectType, Property

_NAMED = (Kind.PERSON, Kind.ORGANISATION, Kind.PARTY)
_IDENTIFYING = (*_NAMED, Kind.IDENTIFIER)
# A value that more objects than these cite from one place, such as a currency above a table, tells none of them.
_MAX_SHARING = 20
# Fewer words are said twice by chance.
_WORDS_OF_A_TEXT = 5


@dataclass(slots=True)
class Merged:
    """An object in the making. `start` and `end` are those of the stretches it was found in."""

    type: ObjectType
    tree: Tree
    refs: set[str]
    start: int
    end: int
    places: set[tuple[int, int]] = field(default_factory=set)

    def first_place(self) -> int:
        """Return where the object begins, as far as it is grounded."""
        return min((start for start, _ in self.places), default=self.start)


def merge(types: Sequence[ObjectType], findings: Sequence[Mapping[str, Any]]) -> list[Merged]:
    """Return the objects, in order of place."""
    by_name = {object_type.name: object_type for object_type in types}
    merged: list[Merged] = []
    index: dict[tuple[str, str], list[Merged]] = {}
    for finding in sorted(findings, key=_order):
        object_type = by_name[finding["type"]]
        one = Merged(
            object_type,
            finding["tree"],
            {finding["ref"]},
            finding["start"],
            finding["end"],
            _places(finding["tree"]),
        )
        keys = _keys(one)
        same = next(
            (known for key in keys for known in _near(index, key) if _is_same(known, one)), None
        )
        if same is None:
            merged.append(one)
            same = one
        else:
            _take_over(same, one)
        for key in keys:
            bucket = index.setdefault(key, [])
            if not any(known is same for known in bucket):
                bucket.append(same)
    for one in merged:
        one.tree = _settled(one.type.properties, one.tree)
    return sorted(merged, key=lambda m: (m.first_place(), m.type.name, _spelled(m.tree)))


def identity_key(object_type: ObjectType, tree: Tree) -> str | None:
    """Return what other objects know this one by, or None."""
    prop = object_type.identity
    node = tree.get(prop.name) if prop is not None else None
    if prop is None or not isinstance(node, dict) or "leaf" not in node:
        return None
    value = str(node["leaf"]["value"])
    return name_key(value) if prop.kind in _NAMED else value_key(value)


def _together(properties: tuple[Property, ...], one: Tree, other: Tree) -> Tree:
    """Return a tree with the better-grounded value of each property, and the items of both in each array."""
    kept: Tree = {}
    for prop in properties:
        here, there = one.get(prop.name), other.get(prop.name)
        if here is None or there is None:
            chosen = there if here is None else here
            if chosen is not None:
                kept[prop.name] = chosen
        elif prop.many:
            kept[prop.name] = [*here, *there]
        elif prop.children:
            kept[prop.name] = {"fields": _together(prop.children, here["fields"], there["fields"])}
        else:
            kept[prop.name] = min(here, there, key=lambda node: _rank(node["leaf"]))
    return kept


def _settled(properties: tuple[Property, ...], tree: Tree) -> Tree:
    """Return a tree whose arrays hold each item once, in order of place."""
    kept: Tree = {}
    for prop in properties:
        node = tree.get(prop.name)
        if node is None:
            continue
        if prop.many:
            kept[prop.name] = _each_once(prop, node)
        elif prop.children:
            kept[prop.name] = {"fields": _settled(prop.children, node["fields"])}
        else:
            kept[prop.name] = node
    return kept


def contradicts(properties: tuple[Property, ...], one: Tree, other: Tree) -> bool:
    """Tell whether two trees give different values to a property that has one."""
    for prop in properties:
        here, there = one.get(prop.name), other.get(prop.name)
        if here is None or there is None or prop.many:
            continue
        if prop.children:
            if contradicts(prop.children, here["fields"], there["fields"]):
                return True
        elif not same_value(here["leaf"]["value"], there["leaf"]["value"]):
            return True
    return False


def _keys(one: Merged) -> list[tuple[str, str]]:
    """Return the buckets in which an object that is the same would be."""
    name = one.type.name
    if one.type.occurs == "document":
        return [(name, "the only one")]
    identity = identity_key(one.type, one.tree)
    keys = [(name, f"identity {identity}")] if identity else []
    text = one.type.text_property
    if text is not None and text.name in one.tree and "leaf" in one.tree[text.name]:
        words = value_key(one.tree[text.name]["leaf"]["value"])
        if len(words.split()) >= _WORDS_OF_A_TEXT:
            keys.append((name, f"text {words}"))
    keys += [(name, f"place {place}") for place in sorted(_said_places(one.tree))]
    return keys


def _near(index: dict[tuple[str, str], list[Merged]], key: tuple[str, str]) -> list[Merged]:
    bucket = index.get(key, [])
    return bucket if len(bucket) <= _MAX_SHARING or not key[1].startswith("place") else []


def _is_same(known: Merged, one: Merged) -> bool:
    object_type = one.type
    if object_type.occurs == "document":
        return True
    first, second = identity_key(object_type, known.tree), identity_key(object_type, one.tree)
    if first is not None and second is not None:
        if first != second:
            return False
        if object_type.identity is not None and object_type.identity.kind in _IDENTIFYING:
            return True
    if contradicts(object_type.properties, known.tree, one.tree):
        return False
    # From one answer: the model saw both, and told them apart.
    return not _told_apart(known, one)


def _told_apart(known: Merged, one: Merged) -> bool:
    answers = {ref.rsplit(".", 1)[0] for ref in known.refs}
    together = any(ref.rsplit(".", 1)[0] in answers for ref in one.refs)
    return together and not (one.places <= known.places or known.places <= one.places)


def _take_over(known: Merged, one: Merged) -> None:
    known.tree = _together(known.type.properties, known.tree, one.tree)
    known.refs |= one.refs
    known.start, known.end = min(known.start, one.start), max(known.end, one.end)
    known.places |= one.places


def _each_once(prop: Property, nodes: list[Tree]) -> list[Tree]:
    kept: list[Tree] = []
    by_key: dict[str, list[int]] = {}
    for node in sorted(nodes, key=_item_order):
        keys = _item_keys(prop, node)
        near = (i for key in keys for i in by_key.get(key, ())[-_MAX_SHARING:])
        at = next((i for i in near if _same_item(prop, kept[i], node)), None)
        if at is None:
            at = len(kept)
            kept.append(node)
        elif prop.children:
            kept[at] = {"fields": _together(prop.children, kept[at]["fields"], node["fields"])}
        else:
            kept[at] = min(kept[at], node, key=lambda n: _rank(n["leaf"]))
        for key in keys:
            by_key.setdefault(key, []).append(at)
    if prop.children:
        kept = [{"fields": _settled(prop.children, node["fields"])} for node in kept]
    return sorted(kept, key=_item_order)


def _item_keys(prop: Property, node: Tree) -> list[str]:
    if not prop.children:
        return [value_key(node["leaf"]["value"])]
    return sorted(str(place) for place in _said_places(node["fields"])) or [_spelled(node)]


def _same_item(prop: Property, known: Tree, node: Tree) -> bool:
    return not prop.children or not contradicts(prop.children, known["fields"], node["fields"])


def _said_places(tree: Tree) -> set[tuple[str, int]]:
    """Return what is said where: a value's key and where its citation begins."""
    return {
        (value_key(leaf["value"]), leaf["start"])
        for leaf in leaves_of(tree)
        if leaf["start"] is not None
    }


def _places(tree: Tree) -> set[tuple[int, int]]:
    return {(leaf["start"], leaf["end"]) for leaf in leaves_of(tree) if leaf["start"] is not None}


def _order(finding: Mapping[str, Any]) -> tuple[int, str, str]:
    first = min((start for start, _ in _places(finding["tree"])), default=finding["start"])
    return first, finding["type"], _spelled(finding)


def _item_order(node: Tree) -> tuple[bool, int, str]:
    leaves = [node["leaf"]] if "leaf" in node else leaves_of(node["fields"])
    starts = [leaf["start"] for leaf in leaves if leaf["start"] is not None]
    return not starts, min(starts, default=0), _spelled(node)


def _rank(leaf: Mapping[str, Any]) -> tuple[float, int, str]:
    from extraction.llm.trust import score

    start = leaf["start"]
    return -score(leaf), start if start is not None else 1 << 60, _spelled(leaf)


def _spelled(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=True)
