"""One verification: who asks, in which project, how much time is left, and what was made on the way."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeVar

from verify_deployment.aws import Aws
from verify_deployment.documents import invoice
from verify_deployment.model import Job, Tenant
from verify_deployment.transport import (
    Answer,
    NoAnswerError,
    Request,
    Transport,
    UnexpectedAnswerError,
)

_POLL_SECONDS = 0.3
_CALL_SECONDS = 35.0  # API Gateway answers within 30
_CLEANING_SECONDS = 10.0
JOBS = "/extraction-jobs"

Value = TypeVar("Value")


@dataclass
class Run:
    """What all checks share.

    Attributes:
        transport: to the deployment.
        name: of this run; the jobs' source_type, and unless told otherwise their project.
        tenant: whom the checks act for.
        other: a caller of another organisation, if its token was given.
        served: the OpenAPI document that the deployment serves.
        expected: the OpenAPI document of this checkout.
        aws: what may be done besides HTTP.
        source_bucket: the deployment's bucket of sources; empty if it was not given.
        sweeper_function: the name of its sweeper; empty if it was not given.
        ends: when the check that runs now must be over, by time.monotonic().
        created: the ids of the jobs that were made.
        answers: every answer that came, to be held against the OpenAPI document.
    """

    transport: Transport
    name: str
    tenant: Tenant
    other: Tenant | None
    served: Mapping[str, Any]
    expected: Mapping[str, Any]
    aws: Aws
    source_bucket: str = ""
    sweeper_function: str = ""
    ends: float = 0.0
    created: list[str] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    _completed: Job | None = None

    @property
    def seconds_left(self) -> float:
        """For the check that runs now."""
        return self.ends - time.monotonic()

    def get(
        self, path: str, query: Mapping[str, str] | None = None, *, caller: Tenant | None = None
    ) -> Answer:
        """GET of a path."""
        return self.call("GET", path, caller=caller, query=query)

    def post(
        self,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        caller: Tenant | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """POST to a path."""
        return self.call("POST", path, caller=caller, body=body, headers=headers)

    def call(
        self,
        method: str,
        path: str,
        *,
        caller: Tenant | None = None,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request, for the caller's organisation and project: in the query, unless the body names them.

        Raises:
            NoAnswerError: see there; or the check's time is over.
        """
        asking = caller or self.tenant
        named = not path.startswith(JOBS) or (body is not None and "org_id" in body)
        own = {} if named else {"org_id": asking.org_id, "project_id": asking.project_id}
        request = Request(
            method,
            path,
            {**own, **(query or {})},
            {
                **({"Authorization": f"Bearer {asking.token}"} if asking.token else {}),
                **({"Content-Type": "application/json"} if body is not None else {}),
                **(headers or {}),
            },
            None if body is None else json.dumps(body).encode(),
        )
        seconds = min(_CALL_SECONDS, self.seconds_left)
        if seconds <= 0:
            raise NoAnswerError(f"expected an answer to {request}; the check's time was over")
        answer = self.transport(request, seconds)
        self.answers.append(answer)
        return answer

    def create(
        self,
        fields: Mapping[str, object],
        *,
        caller: Tenant | None = None,
        key: str | None = None,
    ) -> Answer:
        """POST of a new job."""
        asking = caller or self.tenant
        body = {
            "org_id": asking.org_id,
            "project_id": asking.project_id,
            "source_type": self.name,
            **fields,
        }
        headers = {"Idempotency-Key": key} if key else {}
        answer = self.post(JOBS, body, caller=asking, headers=headers)
        if answer.status == HTTPStatus.CREATED:
            job = Job.of(answer.json())
            if job.id not in self.created:
                self.created.append(job.id)
        return answer

    def created_job(self, fields: Mapping[str, object]) -> Job:
        """A new job.

        Raises:
            UnexpectedAnswerError: it could not be made.
        """
        return Job.of(self.create(fields).expect(HTTPStatus.CREATED).json())

    def job(self, job_id: str) -> Job:
        """A job as it is now."""
        return Job.of(self.get(f"{JOBS}/{job_id}").expect(HTTPStatus.OK).json())

    def wait_for_end(self, job_id: str) -> Job:
        """A job that has ended.

        Raises:
            UnexpectedAnswerError: it has not when the check's time is over.
        """
        return self.wait(
            lambda: self.job(job_id),
            lambda job: job.ended,
            lambda job: f"expected job {job_id} to end; it is still {job.status}",
        )

    def completed(self) -> Job:
        """A completed job, made when first asked for."""
        if self._completed is None:
            job = self.created_job({"source_text": invoice(self.name)})
            self._completed = self.approved(self.wait_for_end(job.id))
        return self._completed

    def approved(self, job: Job) -> Job:
        """The job, completed; approved if its result requires a review.

        Raises:
            UnexpectedAnswerError: it is neither.
        """
        if job.expect("completed", "requires_review").status == "completed":
            return job
        answer = self.post(f"{JOBS}/{job.id}/approve").expect(HTTPStatus.OK)
        return Job.of(answer.json()).expect("completed")

    def wait(
        self,
        look: Callable[[], Value],
        enough: Callable[[Value], bool],
        otherwise: Callable[[Value], str],
    ) -> Value:
        """Looks again and again until it is enough; returns what was seen then.

        Raises:
            UnexpectedAnswerError: the check's time is over; with the sentence of `otherwise`.
        """
        started = time.monotonic()
        seen = look()
        while not enough(seen):
            time.sleep(min(_POLL_SECONDS, max(self.seconds_left, 0)))
            try:
                seen = look()
            except NoAnswerError:
                if self.seconds_left > 0:
                    raise
                # What was seen last says more than that no time was left for another look.
                waited = time.monotonic() - started
                raise UnexpectedAnswerError(f"{otherwise(seen)} after {waited:.0f} s") from None
        return seen

    def items(self, path: str, query: Mapping[str, str] | None = None) -> Iterator[dict[str, Any]]:
        """All items of a paged list, page by page."""
        cursor: str | None = ""
        while cursor is not None:
            given = {**(query or {}), **({"cursor": cursor} if cursor else {})}
            page = self.get(path, given).expect(HTTPStatus.OK)
            yield from page.take(list, "items")
            cursor = page.json().get("next_cursor")

    def history(self, job_id: str) -> list[dict[str, Any]]:
        """A job's history, oldest first."""
        return list(self.items(f"{JOBS}/{job_id}/events"))

    def cancel_what_is_left(self) -> int:
        """Ends every job of this run that has not ended; returns how many that were.

        Raises:
            NoAnswerError, UnexpectedAnswerError: it cannot be told whether all have ended.
        """
        self.ends = time.monotonic() + _CLEANING_SECONDS
        body = {
            "org_id": self.tenant.org_id,
            "project_id": self.tenant.project_id,
            "filter": {"source_type": self.name},
        }
        return self.post(f"{JOBS}/cancel", body).expect(HTTPStatus.OK).take(int, "matched")
