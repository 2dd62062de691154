"""From drafts to the final record: plain properties, and the proof of each beside them."""

from __future__ import annotations

from extraction.document.document import Document
from extraction.document.parsed_text import ParsedText
from extraction.document.structure import HEADING, LABEL_ABOVE
from extraction.model import ExtractedObject, Options
from extraction.records.calibration import EVEN_ODDS, Confidence, calibrated
from extraction.records.confidence import as_seen
from extraction.records.drafts import Draft
from extraction.records.evidence import Tree, proofs, proven, put
from extraction.records.findings import Leaf, Stretches
from extraction.schema.slots import Slot


def finish(
    document: Document,
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
        properties, evidence = _written(document, draft, least, confidence)
        for path, parts in sorted(draft.parts.items()):
            written = [_written(document, part, least, confidence) for part in parts]
            if any(row for row, _ in written):
                put(properties, path, [row for row, _ in written if row])
                put(evidence, path, [proof for row, proof in written if row])
        found = proven(draft.frame.type.name, properties, evidence)
        if found is not None:
            objects.append(found)
            kept.append(draft)
    return tuple(objects), kept


def _written(
    document: Document, draft: Draft, least: float, confidence: Confidence
) -> tuple[Tree, Tree]:
    """Return a draft's own values that are sure enough, and their proofs."""
    properties: Tree = {}
    evidence: Tree = {}
    filled = (slot for slot in draft.frame.slots if slot.index in draft.slots)
    for slot in sorted(filled, key=lambda s: s.path):
        proven = [(x.value, _proof(document, slot, x, confidence)) for x in draft.slots[slot.index]]
        kept = [(value, proof) for value, proof in proven if proof["confidence"] >= least]
        if kept:
            values, proven_by = map(list, zip(*kept, strict=True))
            put(properties, slot.path, values if slot.prop.many else values[0])
            put(evidence, slot.path, proven_by if slot.prop.many else proven_by[0])
    return properties, evidence


def _proof(document: Document, slot: Slot, leaf: Leaf, confidence: Confidence) -> Tree:
    sure, basis = confidence(leaf.method, slot.prop.kind.value, leaf.score)
    sure, basis = as_seen(sure, basis, document.ocr_confidence(leaf.places))
    return {
        "confidence": sure,
        "confidence_basis": basis,
        "method": leaf.method,
        "citations": [
            {
                "quote": document.text[start:end],
                "start": start,
                "end": end,
                "page": document.page_of(start),
                "alignment": "exact",
            }
            for start, end in leaf.places
        ],
    }


def coverage_of(parsed: ParsedText, objects: tuple[ExtractedObject, ...]) -> float:
    """Return the share of labelled values and table rows that some object cites.

    A text without either is measured by its paragraphs and list items.
    """
    cited = Stretches(
        (citation["start"], citation["end"])
        for item in objects
        for proof in proofs(item.evidence)
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
    hit = sum(cited.meet(start, max(end, start + 1)) for start, end in units)
    return round(hit / len(units), 4)
