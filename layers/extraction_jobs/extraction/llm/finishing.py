"""From what the chunks of a document found, by a model or by a model and rules, to the result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from extraction.llm import trust
from extraction.llm.merging import Merged, merge
from extraction.llm.record import draft_of_merged, grounded_only, missing_properties, record
from extraction.model import ChunkResult, ExtractedObject, ExtractedRelationship, Extraction
from extraction.offline import OfflineRun
from extraction.records.finishing import coverage_of
from extraction.records.relationships import relate
from extraction.rules.e_invoice import with_e_invoices
from extraction.schema.object_types import ObjectType


def merged_objects(
    object_types: Sequence[ObjectType], results: Sequence[ChunkResult]
) -> list[Merged]:
    """Return the objects that the chunks found, each once."""
    found = [f for result in results for f in result.findings if f["kind"] == "object"]
    return merge(object_types, found)


def relationships_said(results: Sequence[ChunkResult]) -> list[Mapping[str, Any]]:
    """Return the relationships that the model told, in an order that does not depend on the results'."""
    said = [f for result in results for f in result.findings if f["kind"] == "relationship"]
    return sorted(said, key=lambda f: (f["from"], f["to"], f["type"]))


def finished(
    run: OfflineRun,
    merged: Sequence[Merged],
    results: Sequence[ChunkResult],
    said: Sequence[Mapping[str, Any]],
    *,
    warnings: Sequence[str] = (),
    review_reasons: Sequence[str] = (),
) -> Extraction:
    """Return the result: records, relationships, coverage, and what a person should know.

    Args:
        run: the rules' run over the chunks that the model was asked about.
    """
    objects: list[ExtractedObject] = []
    kept: list[Merged] = []
    for one in merged:
        made = record(one, run.document, run.options)
        if made is not None:
            objects.append(made)
            kept.append(one)
    coverage = coverage_of(run.parsed, tuple(grounded_only(o) for o in objects))
    filled = with_e_invoices(run.document, run.object_types, run.options, objects, coverage)
    told = [w for result in sorted(results, key=lambda r: r.index) for w in result.warnings]
    told += warnings
    missing = len(run.chunks) - len({result.index for result in results})
    if missing:
        told.append(f"{missing} of {len(run.chunks)} chunks have no result.")
    if not filled.objects:
        told.append("No object of the requested types was found.")
    usage: dict[str, int] = {}
    for result in results:
        for key, amount in result.usage.items():
            usage[key] = usage.get(key, 0) + amount
    return Extraction(
        objects=filled.objects,
        relationships=_relationships(run, kept, objects, said),
        coverage=filled.coverage,
        warnings=tuple(dict.fromkeys(told)),
        usage=dict(sorted(usage.items())),
        review_reasons=tuple(
            dict.fromkeys(
                (*review_reasons, *filled.review_reasons, *_incomplete(run, filled.objects))
            )
        ),
    )


def _relationships(
    run: OfflineRun,
    kept: Sequence[Merged],
    objects: Sequence[ExtractedObject],
    said: Sequence[Mapping[str, Any]],
) -> tuple[ExtractedRelationship, ...]:
    """Return what names say, as sure as the less sure of its ends, and what only the model says, less sure."""
    drafts = [draft_of_merged(one, run.parsed.frames) for one in kept]
    found: dict[tuple[str, int, int], float] = {}

    def link(kind: str, source: int, target: int, share: float) -> None:
        sure = min(objects[source].confidence, objects[target].confidence)
        found.setdefault((kind, source, target), round(sure * share, 4))

    for named in relate(drafts):
        link(named.type, named.from_index, named.to_index, 1.0)
    linked = {(source, target) for _, source, target in found}
    position = {ref: index for index, one in enumerate(kept) for ref in one.refs}
    for finding in said:
        source, target = position.get(finding["from"]), position.get(finding["to"])
        if source is None or target is None or source == target or (source, target) in linked:
            continue
        link(finding["type"], source, target, trust.UNCONFIRMED)
    ordered = sorted(found.items(), key=lambda item: (item[0][1], item[0][2], item[0][0]))
    return tuple(ExtractedRelationship(*key, confidence) for key, confidence in ordered)


def _incomplete(run: OfflineRun, objects: Sequence[ExtractedObject]) -> list[str]:
    by_name = {object_type.name: object_type for object_type in run.object_types}
    lacking: dict[tuple[str, str], int] = {}
    for found in objects:
        for name in missing_properties(by_name[found.type].properties, found.properties):
            lacking[found.type, name] = lacking.get((found.type, name), 0) + 1
    return [
        f"{count} {type_name} object(s) lack the required property {name}."
        for (type_name, name), count in sorted(lacking.items())
    ]
