"""Retry and cancel of many jobs at once, chosen by a filter.

The jobs are picked by one read, and each is then changed by the same guarded transition as a single one, if it is
still at the revision at which it was picked. So a dry run is that very read: what it shows is what a call on the same
snapshot changes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from extraction_jobs import reasons
from extraction_jobs.by_hand import ACTIONS
from extraction_jobs.database import Database
from extraction_jobs.dispatch import DISPATCH_GRACE, Dispatch, Queue, dispatch
from extraction_jobs.listing import JobFilter, ids_after
from extraction_jobs.model import JobId, JobStatus, Revision, Tenant
from extraction_jobs.queries import LIFECYCLE, READS
from extraction_jobs.settings import Settings

# A thousand rows are changed in some tenths of a second, and their messages sent in a few seconds: well within the
# time that an API has to answer.
MOST_JOBS = 1000
# Where sending is slow, no more is sent after so long, counted from the beginning: what is left the sweep sends.
SEND_SECONDS = 10.0
_SENT_TOGETHER = 50
# A row that another holds is mostly one whose heartbeat or dispatch is being written: gone in a millisecond.
LOCKED_WAITS_SECONDS = (0.0, 0.02, 0.1)


class Action(StrEnum):
    """What is done to each job."""

    RETRY = "retry"
    CANCEL = "cancel"


# What the transition takes.
ALLOWED = {action: ACTIONS[action] for action in Action}
# What a filter that says nothing of the status means. A retry of running jobs throws away what lively workers do:
# for that they must be named, or be stuck.
MEANT = {
    Action.RETRY: (JobStatus.FAILED,),
    Action.CANCEL: (JobStatus.PENDING, JobStatus.RUNNING),
}


@dataclass(frozen=True, slots=True)
class BulkFilter(JobFilter):
    """Which jobs are meant.

    Attributes:
        statuses: None for what the action means by itself (MEANT), or, with ids, any.
        ids: these; those of them that cannot be changed are told, not passed over in silence.
        created_after, created_before: from the one (included) to the other (not).
        rejected: take failed jobs whose result a person rejected as well. With ids they always are.
        after: only jobs whose id is greater.
    """

    ids: Sequence[JobId] | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    rejected: bool = False
    after: JobId | None = None

    def of(self, action: Action) -> Self:
        """The same with the statuses that the action means."""
        if self.statuses is not None or self.ids is not None or self.stuck:
            return self
        return replace(self, statuses=MEANT[action])


@dataclass(frozen=True, slots=True)
class Skipped:
    """A job that was named or picked and not changed, and why. `status` is None where it is not known here."""

    id: JobId
    status: JobStatus | None
    reason: str


@dataclass
class BulkReport:
    """What was changed, or in a dry run would be.

    Attributes:
        jobs: rows with id, status (before the change), source_type, source_id, attempt, created_at, updated_at.
        skipped: see Skipped.
        truncated: more jobs meet the filter than the call's limit takes: ask again.
        unsent: messages that were not sent at once; the sweep sends them.
    """

    dry_run: bool
    jobs: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    truncated: bool = False
    unsent: int = 0


def change_many(
    action: Action,
    wanted: BulkFilter,
    tenant: Tenant,
    caller: str,
    *,
    limit: int,
    dry_run: bool,
    database: Database,
    queue: Queue,
    settings: Settings,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> BulkReport:
    """Retries or cancels at most `limit` jobs, the oldest first; in a dry run, only tells which.

    Raises:
        DatabaseUnavailableError: the change may have taken effect; asking again is safe.
    """
    started, report = clock(), BulkReport(dry_run)
    picked = _pick(action, wanted, tenant, limit, report, database, settings)
    if dry_run or not picked:
        report.jobs = picked
        return report
    changed = _change(action, wanted, tenant, caller, picked, database, settings, sleep)
    report.jobs = [row for row in picked if row["id"] in changed]
    left = [row for row in picked if row["id"] not in changed]
    report.skipped += _why_not(left, wanted, database, settings)
    if action is Action.RETRY:
        due = [Dispatch(row["id"], changed[row["id"]], org_id=tenant.org_id) for row in report.jobs]
        report.unsent = len(due)
        for first in range(0, len(due), _SENT_TOGETHER):
            if clock() - started > SEND_SECONDS:
                break
            part = due[first : first + _SENT_TOGETHER]
            sent = dispatch(database, queue, part, settings)
            report.unsent -= sent
            if sent < len(part):
                break
    return report


def _pick(
    action: Action,
    wanted: BulkFilter,
    tenant: Tenant,
    limit: int,
    report: BulkReport,
    database: Database,
    settings: Settings,
) -> list[dict[str, Any]]:
    """The jobs that the action can be done to; what was named and is none of them is noted as skipped."""
    ids = None if wanted.ids is None else list(dict.fromkeys(wanted.ids))
    params = wanted.of(action).params(tenant, settings) | {
        "created_before": wanted.created_before,
        "created_after": wanted.created_after,
        "rejected": wanted.rejected or ids is not None,
    }
    # Every id that was named gets its answer; of a filter, one more than the limit tells that there are more.
    rows = (
        database.rows(
            READS["bulk_candidates"], params | ids_after(wanted.after) | {"most": limit + 1}
        )
        if ids is None
        else database.rows(READS["bulk_named"], params | {"ids": ids})
    )
    able = [row for row in rows if row["status"] in ALLOWED[action]]
    report.truncated = len(able) > limit
    found = {row["id"] for row in rows}
    report.skipped += [
        Skipped(row["id"], JobStatus(row["status"]), reasons.cannot(action, row["status"]))
        for row in rows
        if row["status"] not in ALLOWED[action]
    ]
    report.skipped += [
        Skipped(job_id, None, reasons.NOT_MEANT) for job_id in ids or () if job_id not in found
    ]
    return able[:limit]


def _change(
    action: Action,
    wanted: BulkFilter,
    tenant: Tenant,
    caller: str,
    picked: Sequence[dict[str, Any]],
    database: Database,
    settings: Settings,
    sleep: Callable[[float], None],
) -> dict[JobId, Revision]:
    """The new revision of each job that was changed. What is locked is asked for again."""
    changed: dict[JobId, Revision] = {}
    for wait in LOCKED_WAITS_SECONDS:
        left = [row for row in picked if row["id"] not in changed]
        if not left:
            break
        if wait > 0:
            sleep(wait)
        rows = database.rows(
            LIFECYCLE[f"{action}_many"],
            {
                **tenant.columns(),
                "ids": [row["id"] for row in left],
                "revisions": [row["revision"] for row in left],
                "stuck": wanted.stuck,
                "threshold": settings.orphan_threshold,
                "caller": caller,
                "reason": reasons.RETRIED,
                "dispatch_grace": DISPATCH_GRACE,
            },
        )
        changed |= {row["id"]: row["revision"] for row in rows}
    return changed


def _why_not(
    left: Sequence[dict[str, Any]], wanted: BulkFilter, database: Database, settings: Settings
) -> list[Skipped]:
    if not left:
        return []
    rows = database.rows(
        READS["why_not_changed"],
        {"ids": [row["id"] for row in left], "threshold": settings.orphan_threshold},
    )
    now = {row["id"]: row for row in rows}
    return [_skipped(row, now.get(row["id"]), wanted) for row in left]


def _skipped(before: dict[str, Any], now: dict[str, Any] | None, wanted: BulkFilter) -> Skipped:
    if now is None:
        return Skipped(before["id"], None, reasons.NOT_MEANT)
    status = JobStatus(now["status"])
    if now["revision"] != before["revision"]:
        return Skipped(before["id"], status, reasons.changed_meanwhile(before["status"], status))
    if wanted.stuck and now["lively"]:
        return Skipped(before["id"], status, reasons.LIVELY_AGAIN)
    return Skipped(before["id"], status, reasons.BUSY)
