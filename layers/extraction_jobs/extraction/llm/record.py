"""From merged objects to the final record: plain properties, and the proof of each beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from extraction.document.document import Document
from extraction.llm import trust
from extraction.llm.aligning import NONE
from extraction.llm.answers import Tree
from extraction.llm.merging import Merged
from extraction.model import ExtractedObject, Options
from extraction.records.confidence import as_seen
from extraction.records.drafts import Draft
from extraction.records.findings import Leaf
from extraction.schema.frames import Frame
from extraction.schema.object_types import Property

_Leaf = Mapping[str, Any]
_Proof = dict[str, Any]


def record(one: Merged, document: Document, options: Options) -> ExtractedObject | None:
    """Return an object with what the options let through, or None if that is nothing."""
    used: list[_Proof] = []
    properties, evidence = _fields(one.type.properties, one.tree, document, options, used)
    if not used:
        return None
    confidence = sum(proof["confidence"] for proof in used) / len(used)
    if missing_properties(one.type.properties, properties):
        confidence *= trust.INCOMPLETE
    cited = [place for proof in used for place in proof["citations"] if place["start"] is not None]
    return ExtractedObject(
        type=one.type.name,
        properties=properties,
        evidence=evidence,
        confidence=round(confidence, 4),
        start=min((place["start"] for place in cited), default=one.start),
        end=max((place["end"] for place in cited), default=one.end),
    )


def missing_properties(properties: tuple[Property, ...], given: Mapping[str, Any]) -> list[str]:
    """Return the required properties that an object lacks."""
    return [prop.name for prop in properties if prop.required and prop.name not in given]


def confidence_of(leaf: _Leaf) -> float:
    """Return a leaf's confidence: what two extractors together made of it, or its own score."""
    told = leaf.get("confidence")
    return trust.score(leaf) if told is None else float(told)


def grounded_only(found: ExtractedObject) -> ExtractedObject:
    """Return an object without the evidence that cites nothing."""
    return ExtractedObject(
        type=found.type,
        properties=found.properties,
        evidence=_without_ungrounded(found.evidence) or {},
        confidence=found.confidence,
        start=found.start,
        end=found.end,
    )


def draft_of_merged(one: Merged, frames: tuple[Frame, ...]) -> Draft:
    """Return an object in the form in which names are resolved between objects."""
    frame = next(f for f in frames if f.key == one.type.name)
    draft = _draft(frame, one.tree, ())
    for part in frames:
        if part.is_part and part.type.name == one.type.name:
            nodes = _at(one.tree, part.prefix)
            rows = [_draft(part, node["fields"], ()) for node in nodes if "fields" in node]
            if rows:
                draft.parts[part.prefix] = rows
    return draft


def _draft(frame: Frame, tree: Tree, prefix: tuple[str, ...]) -> Draft:
    draft = Draft(frame, 0, 0, -1, -1, trust.METHOD)
    for slot in frame.slots:
        leaves = [node["leaf"] for node in _at(tree, (*prefix, *slot.path)) if "leaf" in node]
        if leaves:
            draft.slots[slot.index] = [
                Leaf(
                    leaf["value"],
                    leaf["start"] or 0,
                    leaf["end"] or 0,
                    confidence_of(leaf),
                    trust.METHOD,
                )
                for leaf in leaves
            ]
    return draft


def _at(tree: Tree, path: tuple[str, ...]) -> list[Tree]:
    node: Any = tree.get(path[0])
    for name in path[1:]:
        node = node["fields"].get(name) if isinstance(node, dict) and "fields" in node else None
    if node is None:
        return []
    return node if isinstance(node, list) else [node]


def _fields(
    properties: tuple[Property, ...],
    tree: Tree,
    document: Document,
    options: Options,
    used: list[_Proof],
) -> tuple[dict[str, Any], dict[str, Any]]:
    values: dict[str, Any] = {}
    proofs: dict[str, Any] = {}
    for prop in properties:
        node = tree.get(prop.name)
        if node is None:
            continue
        if prop.many:
            pairs = [_node(prop, item, document, options, used) for item in node]
            kept = [pair for pair in pairs if pair is not None]
            if kept:
                values[prop.name] = [value for value, _ in kept]
                proofs[prop.name] = [proof for _, proof in kept]
        else:
            pair = _node(prop, node, document, options, used)
            if pair is not None:
                values[prop.name], proofs[prop.name] = pair
    return values, proofs


def _node(
    prop: Property, node: Tree, document: Document, options: Options, used: list[_Proof]
) -> tuple[Any, Any] | None:
    if prop.children:
        values, proofs = _fields(prop.children, node["fields"], document, options, used)
        return (values, proofs) if values else None
    leaf = node["leaf"]
    if options.grounding_required and leaf["alignment"] == NONE:
        return None
    proof = _proof(leaf, document)
    if proof["confidence"] < (options.min_confidence or 0.0):
        return None
    used.append(proof)
    return leaf["value"], proof


def _proof(leaf: _Leaf, document: Document) -> _Proof:
    cited = _cited(leaf, document)
    places = [(place["start"], place["end"]) for place in cited if place["start"] is not None]
    sure, basis = as_seen(
        confidence_of(leaf), leaf.get("basis", trust.BASIS), document.ocr_confidence(places)
    )
    return {
        "confidence": sure,
        "confidence_basis": basis,
        "method": leaf.get("method", trust.METHOD),
        "citations": cited,
    }


def _cited(leaf: _Leaf, document: Document) -> list[dict[str, Any]]:
    """Return a leaf's citations: those that the rules gave it, or the one place of the model's quote."""
    given = leaf.get("cited")
    if given is not None:
        return list(given)
    start = leaf["start"]
    page = document.page_of(start) if start is not None else None
    place = {key: leaf[key] for key in ("quote", "start", "end", "alignment")}
    return [{**place, "page": page}]


def _without_ungrounded(node: Any) -> Any:
    if isinstance(node, list):
        return [kept for item in node if (kept := _without_ungrounded(item))]
    if isinstance(node.get("confidence_basis"), str):
        return node if node["citations"][0]["start"] is not None else None
    kept_fields = {name: _without_ungrounded(child) for name, child in node.items()}
    return {name: child for name, child in kept_fields.items() if child}
