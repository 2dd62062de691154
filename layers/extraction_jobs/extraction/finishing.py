"""From drafts to the final record: plain properties, and the proof of each beside them."""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

from extraction.confidence import BASIS
from extraction.drafts import Draft
from extraction.findings import Leaf
from extraction.model import ExtractedObject, Options
from extraction.parsed_text import ParsedText
from extraction.structure import HEADING, LABEL_ABOVE


def finish(
    parsed: ParsedText, drafts: list[Draft], options: Options
) -> tuple[tuple[ExtractedObject, ...], list[Draft]]:
    """Return the objects that hold enough, with the drafts they were made of, in order."""
    objects = []
    kept = []
    for draft in drafts:
        properties: dict[str, Any] = {}
        evidence: dict[str, Any] = {}
        leaves = _fill(parsed, draft, properties, evidence, options.min_confidence)
        for path, parts in sorted(draft.parts.items()):
            rows: list[Any] = []
            proofs: list[Any] = []
            for part in parts:
                row: dict[str, Any] = {}
                proof: dict[str, Any] = {}
                leaves += _fill(parsed, part, row, proof, options.min_confidence)
                if row:
                    rows.append(row)
                    proofs.append(proof)
            if rows:
                _put(properties, path, rows)
                _put(evidence, path, proofs)
        if not leaves:
            continue
        confidence = round(sum(leaf[3] for leaf in leaves) / len(leaves), 4)
        objects.append(
            ExtractedObject(
                type=draft.frame.type.name,
                properties=properties,
                evidence=evidence,
                confidence=confidence,
                start=min(leaf[1] for leaf in leaves),
                end=max(leaf[2] for leaf in leaves),
            )
        )
        kept.append(draft)
    return tuple(objects), kept


def _fill(
    parsed: ParsedText,
    draft: Draft,
    properties: dict[str, Any],
    evidence: dict[str, Any],
    least: float,
) -> list[Leaf]:
    used: list[Leaf] = []
    for slot in sorted(draft.frame.slots, key=lambda s: s.path):
        leaves = [leaf for leaf in draft.slots.get(slot.index, ()) if leaf[3] >= least]
        if not leaves:
            continue
        used += leaves
        if slot.prop.many:
            _put(properties, slot.path, [leaf[0] for leaf in leaves])
            _put(evidence, slot.path, [_proof(parsed.text, leaf) for leaf in leaves])
        else:
            _put(properties, slot.path, leaves[0][0])
            _put(evidence, slot.path, _proof(parsed.text, leaves[0]))
    return used


def _put(tree: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for name in path[:-1]:
        tree = tree.setdefault(name, {})
    tree[path[-1]] = value


def _proof(text: str, leaf: Leaf) -> dict[str, Any]:
    _, start, end, confidence, method = leaf
    return {
        "confidence": confidence,
        "confidence_basis": BASIS,
        "method": method,
        "citations": [
            {
                "quote": text[start:end],
                "start": start,
                "end": end,
                "page": None,
                "alignment": "exact",
            }
        ],
    }


def coverage_of(parsed: ParsedText, objects: tuple[ExtractedObject, ...]) -> float:
    """Return the share of labelled values and table rows that some object cites.

    A text without either is measured by its paragraphs and list items.
    """
    cited = sorted(
        (citation["start"], citation["end"])
        for item in objects
        for proof in _proofs(item.evidence)
        for citation in proof["citations"]
    )
    structure = parsed.structure
    units = [
        (fact.value.start, fact.value.end)
        for fact in structure.facts
        if fact.how not in (LABEL_ABOVE, HEADING)
    ]
    units += [
        (row[0].start, row[-1].end) for table in structure.tables for row in table.rows if row
    ]
    if not units:
        units = [
            (entry.span.start, entry.span.end)
            for entry in structure.entries
            if entry.kind != "heading"
        ]
    if not units:
        return 0.0
    starts = [start for start, _ in cited]
    reach = []
    furthest = 0
    for _, end in cited:
        furthest = max(furthest, end)
        reach.append(furthest)
    hit = 0
    for start, end in units:
        at = bisect_left(starts, max(end, start + 1))
        hit += at > 0 and reach[at - 1] > start
    return round(hit / len(units), 4)


def _proofs(tree: Any) -> list[dict[str, Any]]:
    found = []
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node.get("confidence_basis"), str):
            found.append(node)
        else:
            waiting += node.values()
    return found
