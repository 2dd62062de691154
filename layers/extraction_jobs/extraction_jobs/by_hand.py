"""What a person asks of a job through the API: retry and cancel here, the end of a review in review.py.

The same asked in psql is a caller like any other: migrations/0002 sees to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from extraction_jobs import reasons
from extraction_jobs.database import Database
from extraction_jobs.dispatch import DISPATCH_GRACE, Dispatch, Queue, dispatch
from extraction_jobs.model import Job, JobId, JobStatus, Tenant
from extraction_jobs.queries import LIFECYCLE
from extraction_jobs.settings import Settings

# What a person may ask of a job in which status, for those who want to know beforehand. The statements decide.
ACTIONS: Mapping[str, tuple[JobStatus, ...]] = MappingProxyType(
    {
        "retry": (JobStatus.RUNNING, JobStatus.FAILED),
        "cancel": (JobStatus.PENDING, JobStatus.RUNNING),
        "approve": (JobStatus.REQUIRES_REVIEW,),
        "reject": (JobStatus.REQUIRES_REVIEW,),
        "delete": (
            JobStatus.COMPLETED,
            JobStatus.REQUIRES_REVIEW,
            JobStatus.FAILED,
            JobStatus.CANCELLED,
        ),
    }
)


class JobNotFoundError(Exception):
    """No such job in this project of this organisation; another tenant's job looks the same."""


class NotAllowedError(Exception):
    """The job's status does not allow it; the message is fit for the caller."""


def retry_job(
    job_id: JobId,
    tenant: Tenant,
    caller: str,
    *,
    database: Database,
    queue: Queue,
    settings: Settings,
) -> Job:
    """Resets a running or failed job to pending with a fresh budget, and sends its message.

    Raises:
        JobNotFoundError: see there.
        NotAllowedError: the job is neither running nor failed. So a second click does nothing.
    """
    job = change("retry_by_hand", "retry", job_id, tenant, caller, database, reasons.RETRIED)
    dispatch(database, queue, [Dispatch.of(job)], settings)
    return job


def cancel_job(job_id: JobId, tenant: Tenant, caller: str, *, database: Database) -> Job:
    """Cancels a pending or running job. A running worker notices by its next heartbeat or checkpoint.

    Raises:
        JobNotFoundError, NotAllowedError: as `retry_job`.
    """
    return change("cancel", "cancel", job_id, tenant, caller, database, None)


def change(
    statement: str,
    verb: str,
    job_id: JobId,
    tenant: Tenant,
    caller: str,
    database: Database,
    reason: str | None,
    **params: object,
) -> Job:
    """Runs a statement that changes one job at a person's word. Raises as `retry_job`.

    Args:
        statement: of sql/lifecycle/by_hand.sql. Its row holds the job's new columns, and in `before` its status before.
        verb: what the person asked for, for the error.
        params: of the statement, beside those that all of them take.
    """
    row = database.row(
        LIFECYCLE[statement],
        {
            **tenant.columns(),
            "job_id": job_id,
            "caller": caller,
            "reason": reason,
            "dispatch_grace": DISPATCH_GRACE,
            **params,
        },
    )
    if row is None:
        raise JobNotFoundError
    if row["revision"] is None:
        before = row["before"]
        changed = before in ACTIONS[verb]
        raise NotAllowedError(reasons.RESULT_CHANGED if changed else reasons.cannot(verb, before))
    return Job.from_row(row)
