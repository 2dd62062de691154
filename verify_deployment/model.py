"""Whom the checks act for, and what they look at of a job."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from verify_deployment.transport import UnexpectedAnswerError


class SkippedError(Exception):
    """A check cannot be done with what was given; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Tenant:
    """Somebody's project: a bearer token (None: come without one), an organisation, a project."""

    token: str | None = field(repr=False)
    org_id: str
    project_id: str


@dataclass(frozen=True, slots=True)
class Job:
    """A job, as far as the checks look at it."""

    id: str
    status: str
    attempt: int
    lease: int
    error_message: str | None
    review_reason: str | None

    @classmethod
    def of(cls, value: object) -> Self:
        """The job in an answer.

        Raises:
            UnexpectedAnswerError: a field is missing or of another type.
        """
        fields = value if isinstance(value, dict) else {}
        kinds = {
            "id": str,
            "status": str,
            "attempt": int,
            "lease": int,
            "error_message": str | None,
            "review_reason": str | None,
        }
        for name, kind in kinds.items():
            if name not in fields or not isinstance(fields[name], kind):
                raise UnexpectedAnswerError(f"expected a job with `{name}`; got one without it")
        return cls(**{name: fields[name] for name in kinds})

    @property
    def ended(self) -> bool:
        """Whether no worker has it or will have it."""
        return self.status not in {"pending", "running"}

    def expect(self, *statuses: str) -> Self:
        """This job, if it has one of the statuses.

        Raises:
            UnexpectedAnswerError: it has another.
        """
        if self.status not in statuses:
            why = f" ({self.error_message})" if self.error_message else ""
            raise UnexpectedAnswerError(
                f"expected job {self.id} to be {' or '.join(statuses)}; it is {self.status}{why}"
            )
        return self
