"""Projects: which there are, and pausing one: none of its jobs is started until it is resumed.

What runs goes on to its end, and what is created waits. docs/decisions/0017 says how, and what becomes of messages.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from extraction_jobs import reasons
from extraction_jobs.database import Database
from extraction_jobs.dispatch import DISPATCH_GRACE, Dispatch, Queue, dispatch
from extraction_jobs.model import JobId, Tenant
from extraction_jobs.queries import LIFECYCLE, PAUSES, READS
from extraction_jobs.settings import Settings

logger = logging.getLogger(__name__)

MAX_PROJECTS = 500
MAX_REASON = 500
# Jobs whose messages are sent by the call that resumes their project. The sweep sends the others, at its rate.
MOST_AT_ONCE = 500


class NotPausedError(Exception):
    """The project is not paused."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Since when a project is paused, by whom, and why."""

    paused_at: datetime
    paused_by: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Project:
    """A project. `pause` is None if it is not paused."""

    org_id: str
    project_id: str
    pause: Pause | None


def list_projects(organisations: Collection[str], *, database: Database) -> list[Project]:
    """The projects of these organisations that have jobs or are paused; at most MAX_PROJECTS."""
    rows = database.rows(
        READS["list_projects"], {"org_ids": sorted(organisations), "limit": MAX_PROJECTS}
    )
    return [_project(row) for row in rows]


def project_of(
    job_id: JobId, organisations: Collection[str], *, database: Database
) -> Project | None:
    """The project that a job is in, if it is one of these organisations'."""
    row = database.row(
        READS["project_of_job"], {"job_id": job_id, "org_ids": sorted(organisations)}
    )
    return None if row is None else _project(row)


def pause_project(tenant: Tenant, caller: str, reason: str | None, *, database: Database) -> Pause:
    """Pauses a project. One that is paused already stays paused, for the new reason.

    Args:
        reason: of MAX_REASON characters at most.
    """
    [row] = database.rows(
        PAUSES["set_pause"], tenant.columns() | {"caller": caller, "reason": reason}
    )
    _log("Project was paused.", tenant, caller)
    return Pause(**row)


def read_pause(tenant: Tenant, *, database: Database) -> Pause | None:
    """The project's pause; None if it is not paused."""
    row = database.row(PAUSES["read_pause"], tenant.columns())
    return None if row is None else Pause(**row)


def resume_project(
    tenant: Tenant, caller: str, *, database: Database, queue: Queue, settings: Settings
) -> int:
    """Resumes a project and sends the messages of its first MOST_AT_ONCE jobs that wait; returns how many were sent.

    The next sweep releases the others; all, if the call is broken off.

    Raises:
        NotPausedError: see there.
    """
    if database.row(PAUSES["resume"], tenant.columns()) is None:
        raise NotPausedError
    _log("Project was resumed.", tenant, caller)
    rows = database.rows(
        LIFECYCLE["release_held"],
        tenant.columns()
        | {
            "batch": MOST_AT_ONCE,
            "skip": [],
            "only": None,
            "dispatch_grace": DISPATCH_GRACE,
            "reason": reasons.RESUMED,
            "caller": caller,
        },
    )
    return dispatch(database, queue, [Dispatch.from_row(row) for row in rows], settings)


def resume_all(org_id: str, *, database: Database) -> None:
    """Ends the pauses of an organisation that has no jobs any more, and forgets their reasons."""
    database.rows(PAUSES["resume_all"], {"org_id": org_id})


def _project(row: Mapping[str, Any]) -> Project:
    paused = row["paused_at"] is not None
    pause = Pause(row["paused_at"], row["paused_by"], row["reason"]) if paused else None
    return Project(row["org_id"], row["project_id"], pause)


def _log(what: str, tenant: Tenant, caller: str) -> None:
    logger.info(what, extra=tenant.columns() | {"caller": caller})
