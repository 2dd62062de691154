"""Listing: pages of jobs by a filter, newest first, and searches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from extraction_jobs.database import Database
from extraction_jobs.model import Job, JobId, JobStatus, Tenant
from extraction_jobs.queries import READS
from extraction_jobs.settings import Settings

# A search looks at so many jobs and then says where it stopped: its cost is not to follow the size of the table.
SEARCHED_JOBS = 5_000
# The least and the greatest id, as numbers.
_FIRST, _LAST = 0, 2**128 - 1


@dataclass(frozen=True, slots=True)
class AfterJob:
    """Where a page of jobs begins: at the newest that is older than this one.

    Attributes:
        id: None for the very newest.
        exact: a search is still among the jobs whose id or source id is the text itself. They come first.
    """

    id: JobId | None
    exact: bool = False


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs are meant: those that meet every condition that is given.

    Attributes:
        statuses: None for any.
        stuck: running, with a heartbeat over the threshold.
        text: somewhere in the id, the source's id or address, or the error, case-insensitive. Of 200 characters at
            most.
    """

    statuses: Sequence[JobStatus] | None = None
    source_type: str | None = None
    stuck: bool = False
    text: str | None = None

    def params(self, tenant: Tenant, settings: Settings) -> dict[str, Any]:
        """What the statements take that know a filter."""
        # Each only once: a status asked for twice would be looked up, and listed, twice.
        statuses = dict.fromkeys(JobStatus if self.statuses is None else self.statuses)
        return {
            **tenant.columns(),
            "statuses": [each for each in statuses if not self.stuck or each is JobStatus.RUNNING],
            "source_type": self.source_type,
            "stuck": self.stuck,
            "threshold": settings.orphan_threshold,
            "text": self.text,
        }


@dataclass(frozen=True, slots=True)
class JobPage:
    """Some jobs, where the next page begins (None: this is the last), and how many come first as exact matches."""

    items: list[Job]
    after: AfterJob | None
    exact: int = 0

    def after_first(self, count: int) -> AfterJob | None:
        """Where the next page begins if only so many of the items are shown."""
        if count == len(self.items):
            return self.after
        return AfterJob(self.items[count - 1].id, exact=count <= self.exact)


def list_jobs(
    tenant: Tenant,
    wanted: JobFilter,
    limit: int,
    *,
    after: AfterJob | None = None,
    database: Database,
    settings: Settings,
) -> JobPage:
    """Jobs, newest first; from the first one without `after`.

    With a text to look for, those whose id or source id is the text itself come before all others, and a page may hold
    few or none and still have a next one.
    """
    params = wanted.params(tenant, settings)
    if wanted.text:
        params["text_as_id"] = _as_id(wanted.text)
        return _search(params, after or AfterJob(None, exact=True), limit, database)
    start = after.id if after else None
    rows = database.rows(READS["list_jobs"], params | ids_before(start) | {"most": limit + 1})
    jobs = [Job.from_row(row) for row in rows]
    return JobPage(jobs[:limit], AfterJob(jobs[limit - 1].id) if len(jobs) > limit else None)


def _search(params: dict[str, Any], after: AfterJob, limit: int, database: Database) -> JobPage:
    exact: list[Job] = []
    if after.exact:
        rows = database.rows(
            READS["search_exactly"], params | ids_before(after.id) | {"limit": limit + 1}
        )
        exact = [Job.from_row(row) for row in rows]
        if len(exact) > limit:
            return JobPage(exact[:limit], AfterJob(exact[limit - 1].id, exact=True), limit)
        after = AfterJob(None)
    room = limit - len(exact)
    rows = database.rows(
        READS["search_jobs"],
        params | ids_before(after.id) | {"most": SEARCHED_JOBS, "limit": room + 1},
    )
    jobs = [Job.from_row(row) for row in rows if row["id"] is not None]
    following = None
    if len(jobs) > room:
        following = AfterJob(jobs[room - 1].id if room else None)
    elif rows[0]["examined"] == SEARCHED_JOBS:
        following = AfterJob(rows[0]["last_examined"])
    return JobPage(exact + jobs[:room], following, len(exact))


def _as_id(text: str) -> UUID | None:
    """The id that a text is; None if it is none."""
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def ids_after(job_id: JobId | None) -> dict[str, UUID]:
    """The stretch of ids, both ends in it, that are greater than this one; all of them for None."""
    return _stretch(_FIRST if job_id is None else job_id.int + 1, _LAST)


def ids_before(job_id: JobId | None) -> dict[str, UUID]:
    """The stretch of ids, both ends in it, that are less than this one; all of them for None."""
    return _stretch(_FIRST, _LAST if job_id is None else job_id.int - 1)


def _stretch(first: int, last: int) -> dict[str, UUID]:
    if first > _LAST or last < _FIRST:
        first, last = _LAST, _FIRST  # there is none
    return {"first": UUID(int=first), "last": UUID(int=last)}
