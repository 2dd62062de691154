"""Dispatch: sending a job's message, and noting that it was sent.

The row is the outbox. A message is only a nudge: it says which job, and which revision of it, and nothing hangs on
its arrival. What is not noted as sent is sent again by the sweep.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol, Self

import psycopg

from extraction_jobs.database import Database, DatabaseUnavailableError
from extraction_jobs.model import Job, JobId, Revision
from extraction_jobs.queries import LIFECYCLE
from extraction_jobs.settings import Settings

logger = logging.getLogger(__name__)

# Between a commit and its send another process would only double the message; past this, the sweep sends.
DISPATCH_GRACE = timedelta(seconds=15)
# However long a backlog, a pending job's message is sent again at least this often.
REDISPATCH_MAX = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Dispatch:
    """A message to send.

    Attributes:
        due_in_seconds: how long the queue is to hold it back; at most what the queue can.
        org_id: for queues that are fair between tenants; None where the sender does not know.
        trace: what the job's request belongs to, as the tracing system writes it; None if nothing is traced.
    """

    job_id: JobId
    revision: Revision
    due_in_seconds: float = 0.0
    org_id: str | None = None
    trace: str | None = None

    @classmethod
    def of(cls, job: Job) -> Self:
        """The message of a job that is due now."""
        return cls(job.id, job.revision, org_id=job.org_id, trace=job.trace)

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """The message of a job that a statement gave back."""
        return cls(row["id"], row["revision"], row["due_in_seconds"], row["org_id"], row["trace"])


class Queue(Protocol):
    """Where messages go."""

    longest_delay: timedelta

    def send(self, dispatches: Sequence[Dispatch]) -> Sequence[Dispatch]:
        """Sends each; returns those that were accepted. Never raises for what the queue refused or could not do."""
        ...


def dispatch(
    database: Database, queue: Queue, dispatches: Sequence[Dispatch], settings: Settings
) -> int:
    """Sends, then notes what was sent; returns how many were.

    Neither a queue nor a database that fails here is an error of the caller's: the job is committed, and the
    sweep sends what is not noted.
    """
    if not dispatches:
        return 0
    sent = queue.send(dispatches)
    if len(sent) < len(dispatches):
        logger.warning(
            "%d of %d messages were not sent", len(dispatches) - len(sent), len(dispatches)
        )
    if sent:
        try:
            database.rows(
                LIFECYCLE["note_dispatched"],
                {
                    "ids": [each.job_id for each in sent],
                    "revisions": [each.revision for each in sent],
                    "due_in_seconds": [each.due_in_seconds for each in sent],
                    "redispatch_after": settings.redispatch_after,
                    "redispatch_max": max(REDISPATCH_MAX, settings.redispatch_after),
                },
            )
        except (DatabaseUnavailableError, psycopg.Error):
            logger.warning("%d messages were sent but not noted", len(sent))
    return len(sent)
