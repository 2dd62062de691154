"""Everything that another may do to a running job while the sweep looks at it, by the product's own functions."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from extraction_jobs.attempt import Attempt, LeaseLostError
from extraction_jobs.by_hand import NotAllowedError, cancel_job, retry_job
from extraction_jobs.claim import Busy, Claimed, claim
from extraction_jobs.database import Database
from extraction_jobs.model import Job
from extraction_jobs.settings import Settings
from extraction_jobs.sweep import Report, Sweeper
from extraction_jobs.sweep_run import Run
from extraction_jobs.sweep_steps import STEPS
from tests.conftest import TENANT, MemoryQueue

from .writes import checkpoint, finish

SETTINGS = Settings()


@dataclass(frozen=True)
class Rival:
    """One who acts: over a connection of his own, and with the hold on the job that its worker has."""

    job: Job
    attempt: Attempt
    database: Database


def _writes(write: Callable[[Attempt], object]) -> Callable[[Rival], str]:
    """A fenced write of the worker that holds the job."""

    def act(rival: Rival) -> str:
        attempt = Attempt(rival.attempt.job, rival.database)
        try:
            write(attempt)
        except LeaseLostError:
            return "lease lost"
        return "done"

    return act


def _heartbeat(rival: Rival) -> str:
    return "lease lost" if rival.attempt.heartbeat(rival.database) is None else "done"


def _by_api(act: Callable[..., object], **more: object) -> Callable[[Rival], str]:
    def do(rival: Rival) -> str:
        try:
            act(rival.job.id, TENANT, "someone", database=rival.database, **more)
        except NotAllowedError as error:
            return str(error)
        return "done"

    return do


_retry = _by_api(retry_job, queue=MemoryQueue(), settings=SETTINGS)


def _claim(rival: Rival) -> str:
    """A message is delivered; one that finds the row locked is delivered again."""
    outcome = claim(
        rival.job.id,
        worker="rival",
        database=rival.database,
        settings=SETTINGS,
        sleep=lambda _: None,
    )
    return (
        "claimed"
        if isinstance(outcome, Claimed)
        else "to be delivered again"
        if isinstance(outcome, Busy)
        else "nothing to do"
    )


def _retry_and_claim(rival: Rival) -> str:
    return f"{_retry(rival)}, {_claim(rival)}"


def _by_hand(assignments: str) -> Callable[[Rival], str]:
    statement = f"UPDATE kb.object_extraction_jobs SET {assignments} WHERE id = %(id)s"

    def act(rival: Rival) -> str:
        rival.database.rows(statement.encode(), {"id": rival.job.id})
        return "done"

    return act


def run_step(statement: str, database: Database) -> Report:
    """One step of a sweep, by itself and without a look whether there is anything to do."""
    report = Report()
    run = Run(database, MemoryQueue(), SETTINGS, report, time.monotonic, time.sleep, math.inf)
    run.take(next(step for step in STEPS if step.statement == statement))
    return report


def _sweep(rival: Rival) -> str:
    report = Sweeper(rival.database, MemoryQueue(), SETTINGS).sweep()
    mine = [job for job in [*report.recovered, *report.failed] if job.id == rival.job.id]
    return "swept" if mine else "nothing to sweep"


RIVALS: dict[str, Callable[[Rival], str]] = {
    "a late heartbeat": _heartbeat,
    "a late checkpoint": _writes(checkpoint),
    "a late completion": _writes(finish),
    "a late failure": _writes(lambda attempt: attempt.fail("It failed.")),
    "an error worth another go": _writes(lambda attempt: attempt.retry_later("An error.", 0.0)),
    "a hand-over": _writes(lambda attempt: attempt.hand_over()),
    "a cancel": _by_api(cancel_job),
    "a retry": _retry,
    "a retry and a claim": _retry_and_claim,
    "a claim": _claim,
    "a reset in psql": _by_hand("status = 'pending'"),
    "an end in psql": _by_hand("status = 'completed'"),
    "another sweep": _sweep,
}
