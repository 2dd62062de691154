"""From what the extractor found to the rows of a result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid5

from extraction import Extraction
from extraction_jobs.attempt import Result
from extraction_jobs.model import Job


class MisquotedError(Exception):
    """A citation does not stand in the text where it says it does: a fault of the extractor's."""


def to_result(
    job: Job, text: str, extraction: Extraction, *, chunks: int, failed_chunks: int
) -> Result:
    """The rows to insert, and whether a person should look at them.

    Ids are a function of the job and the object's place in its result, so that an extraction that was interrupted
    and resumed gives the same ids as an undisturbed one.

    Raises:
        MisquotedError: see there.
    """
    for found in extraction.objects:
        for citation in citations(found.evidence):
            _check_quote(text, citation)
    objects = [
        {
            "ordinal": ordinal,
            "id": str(uuid5(job.id, str(ordinal))),
            "type": found.type,
            "properties": found.properties,
            "evidence": found.evidence,
            "confidence": found.confidence,
            "span_start": found.start,
            "span_end": found.end,
        }
        for ordinal, found in enumerate(extraction.objects, start=1)
    ]
    relationships = [
        {
            "ordinal": ordinal,
            "type": found.type,
            "from_ordinal": found.from_index + 1,
            "to_ordinal": found.to_index + 1,
            "confidence": found.confidence,
        }
        for ordinal, found in enumerate(extraction.relationships, start=1)
    ]
    return Result(
        objects=objects,
        relationships=relationships,
        review_reason=_review_reason(job, extraction, chunks, failed_chunks),
        detail={
            "objects": len(objects),
            "coverage": round(extraction.coverage, 4),
            "warnings": list(extraction.warnings),
            "usage": dict(extraction.usage),
        },
    )


def citations(evidence: Any) -> Iterator[Mapping[str, Any]]:
    """Every citation in an evidence tree, whatever its shape."""
    if isinstance(evidence, Mapping):
        if isinstance(evidence.get("citations"), list) and "confidence" in evidence:
            yield from evidence["citations"]
        else:
            for branch in evidence.values():
                yield from citations(branch)
    elif isinstance(evidence, list):
        for branch in evidence:
            yield from citations(branch)


def _check_quote(text: str, citation: Mapping[str, Any]) -> None:
    if (
        citation.get("alignment") != "none"
        and text[citation["start"] : citation["end"]] != citation["quote"]
    ):
        # Where, and not what: a document's text stays out of errors.
        raise MisquotedError(
            f"citation at {citation['start']}:{citation['end']} does not quote the text"
        )


def _review_reason(job: Job, extraction: Extraction, chunks: int, failed_chunks: int) -> str | None:
    if failed_chunks:
        return f"{failed_chunks} of {chunks} chunks could not be extracted."
    bound = job.extraction_config.get("review_below_confidence")
    if bound is None:
        return None
    doubtful = sum(found.confidence < bound for found in extraction.objects)
    return (
        f"{doubtful} object(s) are below the confidence {bound} that the job asks for."
        if doubtful
        else None
    )
