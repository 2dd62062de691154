"""Reading: jobs, their history and their objects, for whoever may see them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from extraction_jobs.by_hand import JobNotFoundError
from extraction_jobs.citations import citations, stands
from extraction_jobs.database import Database
from extraction_jobs.model import Job, JobId, JobStatus, Tenant
from extraction_jobs.queries import READS
from extraction_jobs.settings import Settings

logger = logging.getLogger(__name__)

# Of a text: what Settings.max_source_characters can be at most.
MAX_CHARACTERS = 50_000_000


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows in the order of a column, `place`, and whether there are more."""

    items: list[dict[str, Any]]
    place: str
    more: bool

    def after_first(self, count: int) -> int | None:
        """The place that the next page comes after if only so many of the items are shown; None: this is the last."""
        last = count == len(self.items) and not self.more
        return None if last else int(self.items[count - 1][self.place])


class Window(StrEnum):
    """How far back counts over time go."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


# How long a stretch of the window is, and how many there are.
_STRETCHES = {
    Window.HOUR: (timedelta(minutes=2), 30),
    Window.DAY: (timedelta(hours=1), 24),
    Window.WEEK: (timedelta(hours=6), 28),
    Window.MONTH: (timedelta(days=1), 30),
}


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time, and how many of the jobs made in it are now in which status (each status is there)."""

    starts_at: datetime
    counts: dict[JobStatus, int]


@dataclass(frozen=True, slots=True)
class Statistics:
    """Figures of one tenant's jobs. `counts` has every status. Ages are in seconds; None where there is no such job.

    Attributes:
        review_last_hour: results that required a review and were not approved; rejected ones are no failures.
        failure_rate: share of the jobs that ended within 15 minutes that failed, 0 to 1; None of fewer than ten.
    """

    counts: dict[JobStatus, int]
    oldest_pending_seconds: float | None
    oldest_heartbeat_seconds: float | None
    orphans: int
    completed_last_hour: int
    review_last_hour: int
    failed_last_hour: int
    failure_rate: float | None


def get_job(job_id: JobId, tenant: Tenant, *, database: Database) -> Job:
    """One job.

    Raises:
        JobNotFoundError: not there, or another tenant's.
    """
    row = database.row(READS["get_job"], tenant.columns() | {"job_id": job_id})
    if row is None:
        raise JobNotFoundError
    return Job.from_row(row)


def list_events(
    job_id: JobId, tenant: Tenant, after: int, limit: int, *, database: Database
) -> Page:
    """A job's history, oldest first. Raises as `get_job`."""
    get_job(job_id, tenant, database=database)
    rows = database.rows(
        READS["list_events"], {"job_id": job_id, "after": after, "limit": limit + 1}
    )
    return Page(rows[:limit], "id", len(rows) > limit)


def list_objects(
    job_id: JobId, tenant: Tenant, after: int, limit: int, *, database: Database
) -> tuple[Page, list[dict[str, Any]]]:
    """A job's objects in the order of the document, and the relationships that start at them. Raises as `get_job`."""
    get_job(job_id, tenant, database=database)
    rows = database.rows(
        READS["list_objects"], {"job_id": job_id, "after": after, "limit": limit + 1}
    )
    page = Page(rows[:limit], "ordinal", len(rows) > limit)
    ordinals = [row["ordinal"] for row in page.items]
    if not ordinals:
        return page, []
    _check_quotes(job_id, page.items, database)
    return page, database.rows(
        READS["list_relationships"], {"job_id": job_id, "ordinals": ordinals}
    )


class ResultChangedError(Exception):
    """The result was replaced or corrected since an export began: its pages would not fit together."""


@dataclass(frozen=True, slots=True)
class ExportFrom:
    """Where a page of an export begins: after an object, as it was at one revision of the job."""

    revision: int
    ordinal: int


def export_objects(
    job_id: JobId,
    tenant: Tenant,
    begin: ExportFrom | None,
    limit: int,
    *,
    of_type: str | None,
    database: Database,
) -> tuple[list[dict[str, Any]], bool]:
    """Objects in the order of the document, each with its relationships; and whether there are more.

    Raises:
        JobNotFoundError: see there.
        ResultChangedError: see there.
    """
    get_job(job_id, tenant, database=database)
    rows = database.rows(
        READS["export_objects"],
        {
            "job_id": job_id,
            "after": begin.ordinal if begin else 0,
            "type": of_type,
            "limit": limit + 1,
        },
    )
    if begin and any(row["revision"] != begin.revision for row in rows):
        raise ResultChangedError
    page = rows[:limit]
    if page:
        _check_quotes(job_id, page, database)
    return page, len(rows) > limit


def property_names(
    job_id: JobId, of_type: str | None, revision: int, *, database: Database
) -> list[str]:
    """The names of the properties of a job's objects, in the order in which they first occur.

    Raises ResultChangedError if the job's revision is another by now.
    """
    row = database.row(READS["property_names"], {"job_id": job_id, "type": of_type})
    if row is None or row["revision"] != revision:
        raise ResultChangedError
    names: list[str] = row["names"]
    return names


def read_document_text(
    job_id: JobId, tenant: Tenant, start: int, length: int, *, database: Database
) -> dict[str, Any]:
    """A stretch of the text that a job's spans point into, and what is known of the document.

    Everything is empty until a worker has read the source. Raises as `get_job`.
    """
    get_job(job_id, tenant, database=database)
    row = database.row(READS["document_page"], {"job_id": job_id, "start": start, "length": length})
    return row or {
        "media_type": None,
        "title": None,
        "digest": None,
        "pages": [],
        "pages_without_text": [],
        "characters": 0,
        "text": "",
    }


def _check_quotes(job_id: JobId, objects: Sequence[dict[str, Any]], database: Database) -> None:
    """What is served quotes the text that is stored. A citation that does not says so, and where it pointed is gone.

    Nothing of ours writes such a one (see results); a person who changes a text or an object by hand can.
    """
    found = [each for item in objects for each in citations(item["evidence"])]
    # Only the stretch that they point into: a document may have fifty million characters, and a page a few objects.
    places = [
        (each["start"], each["end"])
        for each in found
        if each.get("alignment") != "none" and each["end"] - each["start"] == len(each["quote"])
    ]
    begin = max(0, min((start for start, _ in places), default=0))
    length = max((end for _, end in places), default=0) - begin
    text = ""
    if 0 < length <= MAX_CHARACTERS:
        where = {"job_id": job_id, "start": begin, "length": length}
        row = database.row(READS["document_stretch"], where)
        text = (row and row["text"]) or ""
    for citation in found:
        if not stands(text, citation, begin):
            logger.error("A citation of job %s does not quote its text", job_id)
            citation.update(start=None, end=None, alignment="none")


def list_orphans(
    tenant: Tenant, limit: int, *, database: Database, settings: Settings
) -> list[dict[str, Any]]:
    """What the next sweep would recover or fail, the oldest heartbeat first."""
    return database.rows(
        READS["list_orphans"],
        tenant.columns() | {"threshold": settings.orphan_threshold, "limit": limit},
    )


def count_due_messages(tenant: Tenant, *, database: Database) -> int:
    """How many pending jobs the next sweep would send a message of."""
    [row] = database.rows(READS["count_due_messages"], tenant.columns())
    return int(row["due"])


def statistics(tenant: Tenant, *, database: Database, settings: Settings) -> Statistics:
    """See Statistics."""
    [row] = database.rows(
        READS["statistics"], tenant.columns() | {"threshold": settings.orphan_threshold}
    )
    counts = {status: row["counts"].get(status, 0) for status in JobStatus}
    return Statistics(**row | {"counts": counts})


def last_sweep(*, database: Database) -> dict[str, Any] | None:
    """What the last sweep did over all tenants, and its errors: for operators only. None before the first."""
    return database.row(READS["last_sweep"])


def jobs_by_time(tenant: Tenant, window: Window, *, database: Database) -> list[Stretch]:
    """Counts of the jobs made in each stretch of a window, by their status of now; the oldest stretch first.

    A job whose id is no UUIDv7 (inserted by hand with an id of its own) is in none of them.
    """
    stretch, stretches = _STRETCHES[window]
    rows = database.rows(
        READS["jobs_by_time"],
        tenant.columns()
        | {"stretch": stretch, "stretches": stretches, "statuses": list(JobStatus)},
    )
    return [
        Stretch(row["starts_at"], {each: row["counts"].get(each, 0) for each in JobStatus})
        for row in rows
    ]


def ping(*, database: Database) -> None:
    """Asks Postgres for a sign of life.

    Raises:
        DatabaseUnavailableError: none came.
    """
    database.row(READS["ping"])
