"""The sentences that people read in `error_message`, in the history and in the logs.

Some are grepped for and have been promised since the first version: they are marked and must not be reworded.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

# Promised.
INTERRUPTED = "Job was interrupted and has been reset to pending."
RETRIED = "Job was manually retried."
ALL_CLEAR = "No orphaned extraction jobs found - all clear"

# The sweep's: SQL's format() fills in the attempt and the budget.
BUDGET_SPENT = "Job was interrupted on attempt %s of %s: the budget is spent, so it was failed and not tried again."
UNCLAIMABLE = "Job has used %s of %s attempts and cannot start another."

NO_SOURCE = (
    "The job has no source: send source_text or source_base64 (the document itself) or source_uri "
    "(s3://bucket/org_id/key) when creating a job."
)
SOURCE_DELETED = (
    "The job's source is no longer kept: it was deleted by retention (RETAIN_RESULTS_DAYS). "
    "Create a new job with the document."
)
OVER_HARD_LIMIT = (
    "Job was stopped at its hard time limit. Retry it with a longer timeout_minutes, "
    "or look at what its last chunk waits for."
)
RESULT_TOO_LARGE = (
    "The result is larger than Postgres can store at once. Split the document, ask for fewer object types, "
    "or raise min_confidence."
)
MESSAGE_SENT_AGAIN = "The queue gave up on the job's message; it is sent again."
GAVE_UP_ON_MESSAGE = (
    "The queue gave up on the job's messages several times: no worker could start the job. "
    "Look at the worker's errors, then retry the job."
)
NOT_MEANT = "There is no such job in this project, or it does not meet the filter."
LIVELY_AGAIN = "Its heartbeat has come back: it is not stuck."
BUSY = "Another transaction is changing it now; try again."
RESULT_CHANGED = "The job has a new result. Load it again."
HELD = "Job waits: its project is paused."
RESUMED = "Job no longer waits: its project was resumed."
APPROVED = "The result was approved."
REJECTED = "The result was rejected."


def reviewed(verdict: str, note: str | None) -> str:
    """The end of a review, with what the reviewer had to say."""
    return f"{verdict} {note}" if note else verdict


def recovered(ids: Sequence[str]) -> str:
    """The sweep's headline. Promised."""
    return f"Recovered {len(ids)} orphaned extraction job(s) from 'running' to 'pending': {', '.join(ids)}"


def was_running(job_id: str, source_type: str, started_at: datetime | None) -> str:
    """One line a recovered job. Promised."""
    since = started_at.isoformat() if started_at else "an unknown time"
    return f"  - Job {job_id} ({source_type}) was running since {since}"


def held(
    job_id: UUID, idle_seconds: float, pid: int, role: str, program: str, state: str | None
) -> str:
    """An orphan that sweeps pass over, because another session has locked its row."""
    return (
        f"Job {job_id} has had no heartbeat for {idle_seconds / 60:.0f} minutes and cannot be changed: its row is"
        f" locked by process {pid} of Postgres (role {role}, {program!r}, {state or 'state not visible'})."
        f" To end that session: SELECT pg_terminate_backend({pid})"
    )


def recovery_failed(error: str) -> str:
    """The sweep could not recover. Promised."""
    return f"Failed to recover orphaned jobs: {error}"


def cannot(verb: str, status: str) -> str:
    """A retry or cancel that the job's status does not allow. Promised for retry."""
    return f"Cannot {verb} job with status: {status}"


def cannot_delete(status: str) -> str:
    """A job that has not ended is not deleted."""
    return f"{cannot('delete', status)}. Cancel it first."


def changed_meanwhile(before: str, now: str) -> str:
    """A job of a bulk retry or cancel that moved on between the look and the change."""
    return f"It has changed meanwhile: from {before} to {now}."
