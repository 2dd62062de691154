"""Create: the result with its evidence, and the same request twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from verify_deployment.documents import invoice, invoice_number
from verify_deployment.run import JOBS, Run
from verify_deployment.transport import UnexpectedAnswerError


def completed_with_evidence(run: Run) -> str:
    """A small invoice is read; what was found stands in the text where its citation says."""
    job = run.completed()
    found = cited(run, job.id)
    review = f"; it asked for a review first: {job.review_reason}" if job.review_reason else ""
    return f"job {job.id}: {found}{review}"


def cited(run: Run, job_id: str) -> str:
    """What a job found, after every citation was held against the document's text.

    Raises:
        UnexpectedAnswerError: the invoice's number was not found, or a quote does not stand where it says.
    """
    objects = list(run.items(f"{JOBS}/{job_id}/objects"))
    text = run.get(f"{JOBS}/{job_id}/document").expect(HTTPStatus.OK).take(str, "text")
    number = invoice_number(run.name)
    if not any(number in str(each.get("properties")) for each in objects):
        raise UnexpectedAnswerError(
            f"expected the invoice number {number} among the properties of job {job_id}; "
            f"it has {len(objects)} objects and none holds it"
        )
    citations = [citation for each in objects for citation in _citations(each.get("evidence"))]
    for citation in citations:
        start, end = citation.get("start"), citation.get("end")
        if text[start:end] != citation["quote"]:
            raise UnexpectedAnswerError(
                f"expected the quote of each citation of job {job_id} at its place in the text; "
                f"the one at {start}:{end} is not there"
            )
    if not any(number in citation["quote"] for citation in citations):
        raise UnexpectedAnswerError(
            f"expected a citation for the invoice number of job {job_id}; there is none"
        )
    return f"{len(objects)} object(s), {len(citations)} citations, each where it says"


def idempotency(run: Run) -> str:
    """The same key and body give the same job; the same key with another body is refused."""
    key, text = f"{run.name}-key", invoice(run.name)
    first = run.create({"source_text": text}, key=key).expect(HTTPStatus.CREATED)
    again = run.create({"source_text": text}, key=key).expect(HTTPStatus.CREATED)
    made, repeated = first.take(str, "id"), again.take(str, "id")
    if made != repeated:
        raise UnexpectedAnswerError(
            f"expected job {made} again for the same Idempotency-Key and body; got a second job, {repeated}"
        )
    if again.headers.get("idempotency-replayed") != "true":
        raise UnexpectedAnswerError(
            "expected the header Idempotency-Replayed: true with the second answer; it is not there"
        )
    other = run.create({"source_text": f"{text}Paid.\n"}, key=key)
    other.expect(HTTPStatus.UNPROCESSABLE_ENTITY)
    run.wait_for_end(made).expect("completed", "requires_review")
    return "the same key gave the same job; with another body it was refused (422)"


def _citations(evidence: object) -> Iterator[Mapping[str, Any]]:
    """The citations in an object's tree of evidence."""
    if isinstance(evidence, list):
        for each in evidence:
            yield from _citations(each)
    if isinstance(evidence, dict):
        for name, inner in evidence.items():
            if name != "citations":
                yield from _citations(inner)
            elif isinstance(inner, list):
                yield from (c for c in inner if isinstance(c, dict) and "quote" in c)
