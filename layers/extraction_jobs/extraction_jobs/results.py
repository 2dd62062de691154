"""From what the extractor found to the rows of a result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid5

from extraction import Document, Extraction
from extraction_jobs.attempt import Result
from extraction_jobs.citations import citations, stands
from extraction_jobs.model import Job


class MisquotedError(Exception):
    """A citation does not stand in the text where it says it does: a fault of the extractor's."""


def to_result(
    job: Job, document: Document, extraction: Extraction, *, chunks: int, failed_chunks: int
) -> Result:
    """The rows to insert, and whether a person should look at them.

    Ids are a function of the job and the object's place in its result, so that an extraction that was interrupted
    and resumed gives the same ids as an undisturbed one.

    Raises:
        MisquotedError: see there.
    """
    for found in extraction.objects:
        for citation in citations(found.evidence):
            _check_quote(document.text, citation)
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
        coverage=extraction.coverage,
        review_reason=" ".join(_review_reasons(job, document, extraction, chunks, failed_chunks))
        or None,
        detail={
            "objects": len(objects),
            "coverage": round(extraction.coverage, 4),
            "warnings": list(extraction.warnings),
            "usage": dict(extraction.usage),
        },
    )


def _check_quote(text: str, citation: Mapping[str, Any]) -> None:
    if not stands(text, citation):
        # Where, and not what: a document's text stays out of errors.
        raise MisquotedError(
            f"citation at {citation['start']}:{citation['end']} does not quote the text"
        )


def _review_reasons(
    job: Job, document: Document, extraction: Extraction, chunks: int, failed_chunks: int
) -> Iterator[str]:
    if failed_chunks:
        yield f"{failed_chunks} of {chunks} chunks could not be extracted."
    if document.pages_without_text:
        listed = ", ".join(str(page) for page in document.pages_without_text[:20])
        yield (
            f"NEEDS_OCR: {len(document.pages_without_text)} of {len(document.pages)} pages hold images and no text, "
            f"and nothing of them was read ({listed})."
        )
    yield from document.not_read
    yield from extraction.review_reasons
    bound = job.extraction_config.get("review_below_confidence")
    doubtful = sum(found.confidence < bound for found in extraction.objects) if bound else 0
    if doubtful:
        yield f"{doubtful} object(s) are below the confidence {bound} that the job asks for."
    least = job.extraction_config.get("review_below_coverage")
    if least and extraction.coverage < least:
        yield f"The coverage {extraction.coverage:.2f} is below the {least} that the job asks for."
