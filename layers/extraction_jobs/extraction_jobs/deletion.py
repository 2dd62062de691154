"""Deletion because somebody asks for it: of one job, or of all jobs of an organisation. By age: retention.py.

A job is deleted with everything that it read and found: each statement deletes the row, and the schema deletes the rest
with it, in the same transaction (migrations/0040). Only jobs that have ended are deleted; others are cancelled first.
What a worker that still holds such a job writes later finds no row, so it brings nothing back.

A source in S3 is not deleted: whoever put it there keeps it. A source that was uploaded through this service would be
deleted here; there is no such upload yet.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from extraction_jobs import reasons
from extraction_jobs.bulk import Action, BulkFilter, change_many
from extraction_jobs.by_hand import JobNotFoundError
from extraction_jobs.database import Database
from extraction_jobs.dispatch import Queue
from extraction_jobs.model import JobId, JobStatus, Tenant
from extraction_jobs.projects import resume_all
from extraction_jobs.queries import LIFECYCLE, READS
from extraction_jobs.retention import BATCH
from extraction_jobs.settings import Settings
from extraction_jobs.webhooks import NoWebhookError, delete_webhook

logger = logging.getLogger(__name__)

# Of one call, both. Well within the time that an API has to answer; what is left the next call deletes.
TIME_LIMIT_SECONDS = 10.0
MOST_JOBS = 1000
_ACTIVE = (JobStatus.PENDING, JobStatus.RUNNING)


class NotEndedError(Exception):
    """The job is pending or running; the message is fit for the caller."""


@dataclass
class Forgotten:
    """What a call deleted of an organisation, or in a dry run would delete.

    Attributes:
        cancelled: pending and running jobs, which were cancelled before they were deleted.
        deleted: jobs; in a dry run all of the organisation's.
        truncated: the organisation still has jobs: ask again.
    """

    cancelled: int = 0
    deleted: int = 0
    truncated: bool = False


def delete_job(job_id: JobId, tenant: Tenant, caller: str, *, database: Database) -> None:
    """Deletes a job that has ended, with everything that it read and found, and its history.

    Raises:
        JobNotFoundError: see there; so a second call finds nothing.
        NotEndedError: the job is pending or running, and stays as it is.
    """
    whose = {"job_id": job_id, **tenant.columns()}
    row = database.row(LIFECYCLE["delete_job"], whose)
    if row is not None and row["id"] is None and row["before"] not in _ACTIVE:
        # It ended while the statement waited for it. Row-level security goes by what it was before: ask once more.
        row = database.row(LIFECYCLE["delete_job"], whose)
    if row is None:
        raise JobNotFoundError
    if row["id"] is None:
        raise NotEndedError(reasons.cannot_delete(row["before"]))
    # The only trace, and in the log: it outlives a database that is restored from before the deletion.
    logger.info("Job was deleted.", extra={"job_id": str(job_id), "caller": caller})


def forget_organisation(
    org_id: str,
    caller: str,
    *,
    limit: int,
    dry_run: bool,
    database: Database,
    queue: Queue,
    settings: Settings,
    clock: Callable[[], float] = time.monotonic,
) -> Forgotten:
    """Deletes an organisation's webhook and at most `limit` of its jobs, in batches, and with the last of them ends
    its pauses; in a dry run, counts the jobs.

    A call that was broken off has deleted whole batches; the next one goes on. Jobs that are created meanwhile are
    deleted as well, if they come before the end.

    Raises:
        DatabaseUnavailableError: some batches may be deleted; asking again is safe.
    """
    if dry_run:
        return _count(org_id, database)
    with suppress(NoWebhookError):
        delete_webhook(org_id, caller, database=database)
    forgotten, ends = Forgotten(), clock() + TIME_LIMIT_SECONDS
    try:
        while (tenant := _any_project(org_id, database)) is not None:
            if forgotten.deleted >= limit or clock() >= ends:
                forgotten.truncated = True
                break
            batch = min(BATCH, limit - forgotten.deleted)
            cancelled = _cancel(tenant, caller, batch, database, queue, settings)
            deleted = len(
                database.rows(
                    LIFECYCLE["delete_ended_jobs"],
                    {**tenant.columns(), "batch": batch},
                )
            )
            forgotten.cancelled += cancelled
            forgotten.deleted += deleted
            if not cancelled and not deleted:  # another holds all that are left
                forgotten.truncated = True
                break
        else:
            resume_all(org_id, database=database)
    finally:
        if forgotten.deleted:
            logger.info(
                "Jobs of an organisation were deleted.",
                extra={"org_id": org_id, "caller": caller, "deleted": forgotten.deleted},
            )
    return forgotten


def _count(org_id: str, database: Database) -> Forgotten:
    found = database.row(READS["count_jobs_of_organisation"], {"org_id": org_id})
    return Forgotten(cancelled=found["active"], deleted=found["jobs"]) if found else Forgotten()


def _any_project(org_id: str, database: Database) -> Tenant | None:
    row = database.row(READS["project_with_jobs"], {"org_id": org_id})
    return None if row is None else Tenant(org_id, row["project_id"])


def _cancel(
    tenant: Tenant, caller: str, batch: int, database: Database, queue: Queue, settings: Settings
) -> int:
    """Cancels pending and running jobs, so that they have ended; returns how many."""
    report = change_many(
        Action.CANCEL,
        BulkFilter(statuses=_ACTIVE),
        tenant,
        caller,
        limit=batch,
        dry_run=False,
        database=database,
        queue=queue,
        settings=settings,
    )
    return len(report.jobs)
