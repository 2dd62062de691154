"""What can go wrong with a call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class ExtractionJobsError(Exception):
    """The base of all errors of this client. The message is for a person."""


@dataclass(frozen=True, slots=True)
class FieldFault:
    """A field of the request and the rule that it breaks."""

    field: str
    rule: str


class ProblemError(ExtractionJobsError):
    """The API refused the call, or has a fault. The message is the problem's `detail`.

    Attributes:
        status: the HTTP status, such as 404 for a job that does not exist in the project.
        title: the status in words.
        errors: what is wrong with each field; empty if no field is to blame.
        retry_after_seconds: when the API asks to call again; None if it does not say.
    """

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        errors: Sequence[FieldFault] = (),
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.errors = tuple(errors)
        self.retry_after_seconds = retry_after_seconds


class UnavailableError(ExtractionJobsError):
    """The deployment cannot be reached, or what answers there is not the API."""


class TooLargeError(ExtractionJobsError):
    """The document is larger than the service reads. Nothing was uploaded."""


class DeadlineError(ExtractionJobsError):
    """Some jobs had not ended when the deadline of a wait passed. They go on.

    Attributes:
        job_ids: these jobs.
    """

    def __init__(self, job_ids: Sequence[str]) -> None:
        super().__init__(f"{len(job_ids)} job(s) had not ended at the deadline")
        self.job_ids = tuple(job_ids)
