"""What the model and the rules found of the same objects, put together.

Two objects are the same if they have the same identity or agree on at least half of the properties that both have.
On a property they agree if the values are the same but for their spelling, or, for free text, if the cited places
overlap: then the value is surer than either alone. If they differ, the better-grounded one is kept with less
confidence, and a person is told to look. What one of them alone found is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from extraction.llm import trust
from extraction.llm.aligning import EXACT, FUZZY, NONE
from extraction.llm.answers import Tree, leaves_of
from extraction.llm.merging import Merged, identity_key
from extraction.llm.record import confidence_of
from extraction.llm.values import same_value, value_key
from extraction.model import ExtractedObject
from extraction.schema.kinds import Kind
from extraction.schema.object_types import ObjectType, Property

_FREE = (Kind.TEXT, Kind.ADDRESS, Kind.PERSON, Kind.ORGANISATION, Kind.PARTY)
# A mark that more objects than these bear tells none of them.
_MAX_SHARING = 20
# So many candidates with the same value are looked at.
_NEAR = 10
_GROUNDED = {EXACT: 2, FUZZY: 1, NONE: 0}


@dataclass(slots=True)
class Comparison:
    """The objects of both, and the places in the schema on which they differ."""

    objects: list[Merged]
    disputed: set[str] = field(default_factory=set)
    by_rules_only: int = 0


def compare(
    by_model: Sequence[Merged], by_rules: Sequence[Merged], unread: Sequence[tuple[int, int]]
) -> Comparison:
    """Put two lists of objects together; `unread` are the stretches that the model has no answer about."""
    result = Comparison([])
    partners = _pairs(by_model, by_rules)
    for index, one in enumerate(by_model):
        partner = partners.get(index)
        if partner is None:
            result.objects.append(one)
            continue
        other = by_rules[partner]
        one.tree = _together(one.type.properties, one.tree, other.tree, one.type.name, result)
        one.start, one.end = min(one.start, other.start), max(one.end, other.end)
        one.places |= other.places
        result.objects.append(one)
    taken = set(partners.values())
    for index, other in enumerate(by_rules):
        if index in taken:
            continue
        result.by_rules_only += 1
        if not any(start <= other.first_place() < end for start, end in unread):
            other.tree = _less_sure(other.tree, trust.UNSEEN)
        result.objects.append(other)
    result.objects.sort(key=lambda m: (m.first_place(), m.type.name))
    return result


def merged_of(found: ExtractedObject, object_type: ObjectType) -> Merged:
    """Return an object of the rules in the form of the model's."""
    tree = _tree(object_type.properties, found.properties, found.evidence)
    places = {(leaf["start"], leaf["end"]) for leaf in leaves_of(tree)}
    return Merged(object_type, tree, set(), found.start, found.end, places)


def _tree(properties: tuple[Property, ...], values: Any, proofs: Any) -> Tree:
    tree: Tree = {}
    for prop in properties:
        if prop.name not in values:
            continue
        value, proof = values[prop.name], proofs[prop.name]
        if prop.many:
            tree[prop.name] = [_node(prop, *pair) for pair in zip(value, proof, strict=True)]
        else:
            tree[prop.name] = _node(prop, value, proof)
    return tree


def _node(prop: Property, value: Any, proof: Any) -> Tree:
    if prop.children:
        return {"fields": _tree(prop.children, value, proof)}
    cited = proof["citations"][0]
    return {
        "leaf": {
            "value": value,
            "quote": cited["quote"],
            "start": cited["start"],
            "end": cited["end"],
            "alignment": cited["alignment"],
            "supported": True,
            "cited": proof["citations"],
            "confidence": proof["confidence"],
            "basis": proof["confidence_basis"],
            "method": proof["method"],
        }
    }


def _pairs(by_model: Sequence[Merged], by_rules: Sequence[Merged]) -> dict[int, int]:
    """Return which object of the rules is which of the model's, the most alike first."""
    index: dict[tuple[str, str], list[int]] = {}
    for position, other in enumerate(by_rules):
        for key in _marks(other):
            index.setdefault((other.type.name, key), []).append(position)
    rated = []
    for position, one in enumerate(by_model):
        shared = (index.get((one.type.name, key), []) for key in _marks(one))
        near = {p for positions in shared if len(positions) <= _MAX_SHARING for p in positions}
        for other_position in near:
            likeness = _likeness(one, by_rules[other_position])
            if likeness > 0:
                rated.append((-likeness, position, other_position))
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _, position, other_position in sorted(rated):
        if position not in pairs and other_position not in taken:
            pairs[position] = other_position
            taken.add(other_position)
    return pairs


def _marks(one: Merged) -> set[str]:
    """Return what an object that is the same would share: a value, or where one begins."""
    if one.type.occurs == "document":
        return {"the only one"}
    return _marks_of(leaves_of(one.tree))


def _marks_of(leaves: list[Tree]) -> set[str]:
    marks = {f"value {value_key(leaf['value'])}" for leaf in leaves}
    return marks | {f"place {leaf['start']}" for leaf in leaves if leaf["start"] is not None}


def _likeness(one: Merged, other: Merged) -> float:
    if one.type.occurs == "document":
        return 1.0
    first, second = identity_key(one.type, one.tree), identity_key(other.type, other.tree)
    agreeing, shared = _agreement(one.type.properties, one.tree, other.tree)
    if first is not None and second is not None:
        return 1.0 + agreeing if first == second else 0.0
    return float(agreeing) if agreeing and agreeing * 2 >= shared else 0.0


def _agreement(properties: tuple[Property, ...], one: Tree, other: Tree) -> tuple[int, int]:
    agreeing = shared = 0
    for prop in properties:
        here, there = one.get(prop.name), other.get(prop.name)
        if here is None or there is None:
            continue
        if prop.many:
            continue
        if prop.children:
            inner = _agreement(prop.children, here["fields"], there["fields"])
            agreeing, shared = agreeing + inner[0], shared + inner[1]
        else:
            shared += 1
            agreeing += _agree(prop, here["leaf"], there["leaf"])
    return agreeing, shared


def _agree(prop: Property, one: Tree, other: Tree) -> bool:
    if same_value(one["value"], other["value"]):
        return True
    if prop.kind not in _FREE or prop.enum or one["start"] is None or other["start"] is None:
        return False
    return bool(one["start"] < other["end"] and other["start"] < one["end"])


def _together(
    properties: tuple[Property, ...], one: Tree, other: Tree, path: str, result: Comparison
) -> Tree:
    kept: Tree = {}
    for prop in properties:
        here, there = one.get(prop.name), other.get(prop.name)
        where = f"{path}.{prop.name}"
        if here is None or there is None:
            if here is not None:
                kept[prop.name] = here
            elif there is not None:
                kept[prop.name] = _less_sure_node(there, trust.UNSEEN)
        elif prop.many:
            kept[prop.name] = _items_together(prop, here, there, where, result)
        elif prop.children:
            kept[prop.name] = {
                "fields": _together(prop.children, here["fields"], there["fields"], where, result)
            }
        else:
            kept[prop.name] = {
                "leaf": _leaf_together(prop, here["leaf"], there["leaf"], where, result)
            }
    return kept


def _leaf_together(prop: Property, one: Tree, other: Tree, where: str, result: Comparison) -> Tree:
    better = max(one, other, key=lambda leaf: (_GROUNDED[leaf["alignment"]], confidence_of(leaf)))
    if _agree(prop, one, other):
        sure = trust.agreed(confidence_of(one), confidence_of(other))
        told = {"confidence": sure, "basis": trust.AGREED_BASIS, "method": trust.AGREED_METHOD}
        return {**better, **told}
    result.disputed.add(where)
    return {**better, "confidence": round(confidence_of(better) * trust.DISPUTED, 4)}


def _items_together(
    prop: Property, here: list[Tree], there: list[Tree], where: str, result: Comparison
) -> list[Tree]:
    if len(here) != len(there):
        result.disputed.add(where)
    index: dict[str, list[int]] = {}
    for position, other in enumerate(there):
        for key in _item_marks(other):
            index.setdefault(key, []).append(position)
    taken: set[int] = set()
    kept: list[Tree] = []
    for item in here:
        near = {p for key in _item_marks(item) for p in _first_free(index.get(key, ()), taken)}
        rated = [(_item_likeness(prop, item, there[p]), -p) for p in near]
        likeness, position = max(rated, default=(0, 0))
        if not likeness:
            kept.append(item)
            continue
        taken.add(-position)
        partner = there[-position]
        if prop.children:
            fields = _together(prop.children, item["fields"], partner["fields"], where, result)
            kept.append({"fields": fields})
        else:
            leaf = _leaf_together(prop, item["leaf"], partner["leaf"], where, result)
            kept.append({"leaf": leaf})
    kept += [_less_sure_node(item, trust.UNSEEN) for p, item in enumerate(there) if p not in taken]
    return sorted(kept, key=_first_place)


def _item_marks(node: Tree) -> set[str]:
    return _marks_of([node["leaf"]] if "leaf" in node else leaves_of(node["fields"]))


def _first_free(positions: Sequence[int], taken: set[int]) -> list[int]:
    """Return the first few that are free: of many items with the same value, those that come next."""
    return list(islice((p for p in positions if p not in taken), _NEAR))


def _item_likeness(prop: Property, item: Tree, other: Tree) -> int:
    if not prop.children:
        return int(_agree(prop, item["leaf"], other["leaf"]))
    agreeing, shared = _agreement(prop.children, item["fields"], other["fields"])
    return agreeing if agreeing * 2 >= shared else 0


def _first_place(node: Tree) -> int:
    leaves = [node["leaf"]] if "leaf" in node else leaves_of(node["fields"])
    return min((leaf["start"] for leaf in leaves if leaf["start"] is not None), default=1 << 60)


def _less_sure(tree: Tree, share: float) -> Tree:
    return {name: _less_sure_node(node, share) for name, node in tree.items()}


def _less_sure_node(node: Any, share: float) -> Any:
    if isinstance(node, list):
        return [_less_sure_node(item, share) for item in node]
    if "leaf" in node:
        leaf = node["leaf"]
        return {"leaf": {**leaf, "confidence": round(confidence_of(leaf) * share, 4)}}
    return {"fields": _less_sure(node["fields"], share)}
