"""What a person asks of a job through the API: retry, cancel, approve, reject.

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
    job = _changed("retry_by_hand", "retry", job_id, tenant, caller, database, reasons.RETRIED)
    dispatch(database, queue, [Dispatch.of(job)], settings)
    return job


def cancel_job(job_id: JobId, tenant: Tenant, caller: str, *, database: Database) -> Job:
    """Cancels a pending or running job. A running worker notices by its next heartbeat or checkpoint.

    Raises:
        JobNotFoundError, NotAllowedError: as `retry_job`.
    """
    return _changed("cancel", "cancel", job_id, tenant, caller, database, None)


def approve_job(
    job_id: JobId, tenant: Tenant, caller: str, note: str | None, *, database: Database
) -> Job:
    """Ends the review of a job: its result is good, the job is completed.

    Raises:
        JobNotFoundError: see there.
        NotAllowedError: the job does not require a review.
    """
    return _changed(
        "end_review",
        "approve",
        job_id,
        tenant,
        caller,
        database,
        reasons.reviewed(reasons.APPROVED, note),
        verdict=JobStatus.COMPLETED,
    )


def reject_job(
    job_id: JobId, tenant: Tenant, caller: str, note: str | None, *, database: Database
) -> Job:
    """Ends the review of a job: its result is no good, the job failed and can be retried. Raises as `approve_job`."""
    return _changed(
        "end_review",
        "reject",
        job_id,
        tenant,
        caller,
        database,
        reasons.reviewed(reasons.REJECTED, note),
        verdict=JobStatus.FAILED,
    )


def _changed(
    statement: str,
    verb: str,
    job_id: JobId,
    tenant: Tenant,
    caller: str,
    database: Database,
    reason: str | None,
    **params: object,
) -> Job:
    row = database.row(
        LIFECYCLE[statement],
        {
            "job_id": job_id,
            "org_id": tenant.org_id,
            "project_id": tenant.project_id,
            "caller": caller,
            "reason": reason,
            "dispatch_grace": DISPATCH_GRACE,
        }
        | params,
    )
    if row is None:
        raise JobNotFoundError
    if row["revision"] is None:
        raise NotAllowedError(reasons.cannot(verb, row["before"]))
    return Job.from_row(row)
