"""From drafts to the final record: plain properties, and the proof of each beside them."""

from __future__ import annotations

import sys
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Any

from extraction.document.parsed_text import ParsedText
from extraction.document.structure import HEADING, LABEL_ABOVE
from extraction.model import ExtractedObject, Options
from extraction.records.calibration import EVEN_ODDS, Confidence, calibrated
from extraction.records.drafts import Draft
from extraction.records.findings import Leaf
from extraction.schema.slots import Slot


@dataclass(slots=True)
class _Leaves:
    """What the finished leaves of one object add up to."""

    confidences: list[float] = field(default_factory=list)
    start: int = sys.maxsize
    end: int = 0

    def add(self, leaf: Leaf, confidence: float) -> None:
        self.confidences.append(confidence)
        self.start = min(self.start, leaf.start)
        self.end = max(self.end, *(end for _, end in leaf.places))


def finish(
    parsed: ParsedText,
    drafts: list[Draft],
    options: Options,
    confidence: Confidence = calibrated,
) -> tuple[tuple[ExtractedObject, ...], list[Draft]]:
    """Return the objects that hold enough, with the drafts they were made of, in order.

    An object's confidence is the mean of its values': the share of them to expect right.
    """
    least = EVEN_ODDS if options.min_confidence is None else options.min_confidence
    objects = []
    kept = []
    for draft in drafts:
        properties: dict[str, Any] = {}
        evidence: dict[str, Any] = {}
        leaves = _Leaves()
        write = _Writer(parsed, least, confidence, leaves)
        write.fill(draft, properties, evidence)
        for path, parts in sorted(draft.parts.items()):
            rows: list[Any] = []
            proofs: list[Any] = []
            for part in parts:
                row: dict[str, Any] = {}
                proof: dict[str, Any] = {}
                write.fill(part, row, proof)
                if row:
                    rows.append(row)
                    proofs.append(proof)
            if rows:
                _put(properties, path, rows)
                _put(evidence, path, proofs)
        if not leaves.confidences:
            continue
        objects.append(
            ExtractedObject(
                type=draft.frame.type.name,
                properties=properties,
                evidence=evidence,
                confidence=round(sum(leaves.confidences) / len(leaves.confidences), 4),
                start=leaves.start,
                end=leaves.end,
            )
        )
        kept.append(draft)
    return tuple(objects), kept


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes values and their proofs into the trees of one object."""

    parsed: ParsedText
    least: float
    confidence: Confidence
    leaves: _Leaves

    def fill(self, draft: Draft, properties: dict[str, Any], evidence: dict[str, Any]) -> None:
        for slot in sorted(draft.frame.slots, key=lambda s: s.path):
            values: list[Any] = []
            proofs: list[Any] = []
            for leaf in draft.slots.get(slot.index, ()):
                proof = self.proof(slot, leaf)
                if proof["confidence"] >= self.least and (slot.prop.many or not values):
                    values.append(leaf.value)
                    proofs.append(proof)
                    self.leaves.add(leaf, proof["confidence"])
            if values:
                _put(properties, slot.path, values if slot.prop.many else values[0])
                _put(evidence, slot.path, proofs if slot.prop.many else proofs[0])

    def proof(self, slot: Slot, leaf: Leaf) -> dict[str, Any]:
        confidence, basis = self.confidence(leaf.method, slot.prop.kind.value, leaf.score)
        return {
            "confidence": confidence,
            "confidence_basis": basis,
            "method": leaf.method,
            "citations": [
                {
                    "quote": self.parsed.text[start:end],
                    "start": start,
                    "end": end,
                    "page": self.parsed.page_of(start),
                    "alignment": "exact",
                }
                for start, end in leaf.places
            ],
        }


def _put(tree: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for name in path[:-1]:
        tree = tree.setdefault(name, {})
    tree[path[-1]] = value


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
