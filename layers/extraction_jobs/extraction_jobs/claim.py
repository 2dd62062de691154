"""Claim: pending -> running, for one worker only."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from extraction_jobs import reasons
from extraction_jobs.database import Database
from extraction_jobs.dispatch import Dispatch
from extraction_jobs.model import Job, JobId, JobStatus
from extraction_jobs.queries import LIFECYCLE, READS
from extraction_jobs.settings import Settings

# A claim skips a row that is locked. Most locks on a due job are the note that its message was sent, gone in a
# millisecond; then the claim is tried again rather than the job left to the next sweep. In all some 2 seconds.
LOCKED_WAITS_SECONDS = (0.0, 0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0)

# A turn that meets faster workers so often is its own job's.
MOST_DRAWS = 10
# A job whose message was sent so often gives way no more: however many jobs of a higher priority come, it is started.
MOST_WAYS = 10


@dataclass(frozen=True, slots=True)
class Claimed:
    """The job is this worker's, for as long as it holds the lease.

    Attributes:
        source_text, source_bytes: the inline source, if there is one.
        seconds_left: until the hard limit.
        asked_at: when the claim was asked for, by this process's monotonic clock: the lease is not older than that.
    """

    job: Job
    source_text: str | None
    source_bytes: bytes | None
    source_media_type: str | None
    seconds_left: float
    asked_at: float


@dataclass(frozen=True, slots=True)
class NotDue:
    """The job waits for its time: the message came too early, and this one is to be sent instead."""

    message: Dispatch


@dataclass(frozen=True, slots=True)
class Paused:
    """The job's project is paused. The job is held: its message is sent when that is resumed."""


@dataclass(frozen=True, slots=True)
class GivesWay:
    """Another job of the organisation has a higher priority. It goes first; then this one, whose message this is."""

    higher: JobId
    message: Dispatch


@dataclass(frozen=True, slots=True)
class NothingToDo:
    """The message is out of date: the job is not there, ended, or running elsewhere. `status` is None if not there."""

    status: JobStatus | None


@dataclass(frozen=True, slots=True)
class Busy:
    """The row stayed locked by another; the message is to be delivered again."""


ClaimOutcome = Claimed | NotDue | Paused | GivesWay | NothingToDo | Busy


def claim(
    job_id: JobId,
    *,
    worker: str,
    database: Database,
    settings: Settings,
    gives_way: bool = False,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> ClaimOutcome:
    """Takes the job if it is pending, due, has budget left, and its project is not paused.

    Args:
        worker: who claims, for the history (a log stream, host:pid).
        gives_way: whether a job of a higher priority goes first.

    Raises:
        DatabaseUnavailableError: the claim may have taken effect; then no one works on it and the sweep recovers it.
    """
    params = {
        "job_id": job_id,
        "worker": worker,
        "job_timeout": settings.job_timeout,
        "max_job_timeout": settings.max_job_timeout,
        "gives_way": gives_way,
        "most_ways": MOST_WAYS,
    }
    for wait in LOCKED_WAITS_SECONDS:
        if wait > 0:  # sleep(0) is a system call too, and most claims need none
            sleep(wait)
        asked_at = clock()
        row = database.row(LIFECYCLE["claim"], params)
        if row is not None:
            return Claimed(
                Job.from_row(row),
                row["source_text"],
                row["source_bytes"],
                row["source_media_type"],
                row["seconds_left"],
                asked_at,
            )
        found = database.row(LIFECYCLE["why_not_claimed"], params)
        if found is None:
            return NothingToDo(None)
        if found["status"] != JobStatus.PENDING or found["attempt"] >= found["max_attempts"]:
            return NothingToDo(JobStatus(found["status"]))
        message = Dispatch.from_row(found)
        if message.due_in_seconds > 0:
            return NotDue(message)
        if found["paused"]:
            if found["held"] or _hold(job_id, database):
                return Paused()
        elif found["higher"] is not None:
            return GivesWay(JobId(found["higher"]), message)
    return Busy()


def take_turn(
    job_id: JobId, *, worker: str, database: Database, settings: Settings
) -> ClaimOutcome:
    """As `claim` of a job that gives way; but where the queue is not fair, the message is a turn for whoever is drawn,
    and not for its own job.

    A turn that finds nobody else's job is the job's own. No job is left without a turn: each has a message, and each
    message takes one that is due, as long as there is any: where another worker was faster, it is drawn again.

    Raises:
        DatabaseUnavailableError: as `claim`.
    """
    take = partial(claim, worker=worker, database=database, settings=settings, gives_way=True)
    for _ in range(MOST_DRAWS if settings.fair_turns else 0):
        drawn = database.row(READS["draw_job"])
        if drawn is None:
            break
        outcome = take(JobId(drawn["id"]))
        if isinstance(outcome, Claimed | GivesWay):
            return outcome
    return take(job_id)


def _hold(job_id: JobId, database: Database) -> bool:
    """Whether the job is held from now on; not if it or its project has moved on just then."""
    return database.row(LIFECYCLE["hold"], {"job_id": job_id, "reason": reasons.HELD}) is not None
