"""What a worker writes on its way, by itself: of a document of three chunks, with one object."""

from __future__ import annotations

from typing import Any

from extraction import Document
from extraction_jobs.attempt import Attempt, LeaseLostError, Result

DOCUMENT = Document("Total: 1", "text/plain", None, "d")
ONE_OBJECT: dict[str, Any] = {
    "ordinal": 1,
    "id": "01936b2e-7a00-7000-8000-000000000001",
    "type": "Total",
    "properties": {"value": "1"},
    "evidence": {},
    "confidence": 0.5,
    "span_start": 7,
    "span_end": 8,
}
_CITED = {"type": "is", "from_ordinal": 1, "to_ordinal": 1, "confidence": 1}


def found(*names: str, review: str | None = None, related: bool = False) -> Result:
    """A result of one object, or of one for each name."""
    named = [
        ONE_OBJECT
        | {"ordinal": n, "id": ONE_OBJECT["id"][:-1] + str(n), "properties": {"of": name}}
        for n, name in enumerate(names, 1)
    ]
    links = [_CITED | {"ordinal": 1}] if related else []
    return Result(named or [ONE_OBJECT], links, 1.0, review, {})


def checkpoint(attempt: Attempt, chunk: int = 0, of: int = 1) -> None:
    """A chunk is done, whose result says what it is of."""
    counts: dict[str, Any] = {"processed": chunk + 1, "failed": 0, "objects": 1}
    attempt.checkpoint(chunk_index=chunk, plan_digest="plan", result={"of": of}, **counts)


def start(attempt: Attempt) -> None:
    """The document is read and divided."""
    attempt.start_chunks(DOCUMENT, extractor="test", plan_digest="plan", total=3)


def read(attempt: Attempt, chunk: int = 0) -> None:
    """The document is read and divided, and a chunk is done."""
    start(attempt)
    checkpoint(attempt, chunk)


def finish(attempt: Attempt, review: str | None = None, document: Document | None = None) -> None:
    """The end; with the document, as of one that has a single chunk."""
    attempt.finish(found(review=review), document=document, extractor="test")


def beat(attempt: Attempt) -> None:
    """A heartbeat that raises as all other writes do."""
    if attempt.heartbeat(attempt._database) is None:
        raise LeaseLostError
