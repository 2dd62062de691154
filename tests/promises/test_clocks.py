"""Promise 9: clocks.

What could go wrong: a worker's clock is wrong by an hour. It starts jobs that are not due, expires live leases, ends
jobs before their time or never, writes heartbeats from the past, which make orphans, or from the future, which hide
them.

What must hold: all three come to the same decisions, and every time in the tables is the database's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from extraction_jobs import reasons
from extraction_jobs.attempt import Attempt
from extraction_jobs.claim import Claimed
from extraction_jobs.extracting import Step
from extraction_jobs.model import Job
from extraction_jobs.settings import Settings
from tests.conftest import Psql
from tests.line_extractor import LineExtractor
from tests.waiting import until

from .conftest import Lab, meddle
from .processes import WorkerProcess
from .worker_host import IN_CHUNK
from .writes import beat, checkpoint, start

HOUR = 3600.0
OFF = {"an hour slow": -HOUR, "right": 0.0, "an hour fast": HOUR}

# What becomes of each job, whoever's clock says what.
DECISIONS: dict[str, tuple[str | None, str, int, list[str]]] = {
    "completes": ("completed", "completed", 1, ["api", "worker", "worker"]),
    "is swept alive": ("completed", "completed", 1, ["api", "worker", "worker"]),
    "passes its deadline": ("failed", "failed", 1, ["api", "worker", "worker"]),
    "fails and waits": ("will_retry", "pending", 1, ["api", "worker", "worker"]),
    "is not due": ("not_due", "pending", 0, ["api", "psql"]),
    "loses its worker": (None, "pending", 1, ["api", "worker", "sweeper"]),
}


@dataclass
class Lives:
    """The same jobs, for one clock."""

    jobs: dict[str, Job]
    workers: dict[str, WorkerProcess]


def test_workers_whose_clocks_are_an_hour_off_decide_as_one_whose_clock_is_right(lab: Lab) -> None:
    began = _now(lab.psql)
    by_clock = {clock: begin_lives(lab, off) for clock, off in OFF.items()}
    for lives in by_clock.values():
        for name in ("is swept alive", "passes its deadline", "loses its worker"):
            lives.workers[name].until("stopped")
        lives.workers["loses its worker"].kill()
    report = lab.sweep()
    assert (report.recovered, report.failed) == ([], []), "all heartbeats are young"
    for lives in by_clock.values():
        lab.psql.make_overdue(lives.jobs["passes its deadline"].id)
        lives.workers["passes its deadline"].wake()
        lives.workers["is swept alive"].wake()
        for name, worker in lives.workers.items():
            worker.until("killed" if name == "loses its worker" else "ended")
        lab.psql.make_idle(lives.jobs["loses its worker"].id, 5.1)
    lost = {lives.jobs["loses its worker"].id for lives in by_clock.values()}
    assert {each.id for each in lab.sweep().recovered} == lost

    decided = {clock: decisions_of(lives, lab.psql) for clock, lives in by_clock.items()}
    assert decided == dict.fromkeys(OFF, DECISIONS)
    for lives in by_clock.values():
        row = lab.psql.job(lives.jobs["passes its deadline"].id)
        assert row["error_message"] == reasons.OVER_HARD_LIMIT
        row = lab.psql.job(lives.jobs["fails and waits"].id)
        assert row["run_after"] - row["updated_at"] == timedelta(seconds=5)
    every_time_is_the_database_s(lab.psql, began)


def begin_lives(lab: Lab, off: float) -> Lives:
    """Has every job begun by a worker whose clock is that wrong."""
    orders: dict[str, dict[str, Any]] = {
        "completes": {},
        # Stopped when nobody but its heartbeat has spoken for it for a while.
        "is swept alive": {
            "stop_at": Step.CHUNK_EXTRACTED,
            "chunk_seconds": 0.3,
            "settings": {"heartbeat_seconds": 0.02},
        },
        "passes its deadline": {
            "stop_at": IN_CHUNK,
            "mishap": "waits",
            "settings": {"heartbeat_seconds": 0.02},
        },
        "fails and waits": {"mishap": "retries"},
        "is not due": {},
        "loses its worker": {"stop_at": Step.CHECKPOINTED},
    }
    # Of one chunk there is no checkpoint to stop at.
    texts = {"loses its worker": "A: 1\nB: 2\n"}
    jobs = {name: lab.new_job(source_text=texts.get(name, "A: 1\n")) for name in orders}
    lab.psql(
        "UPDATE kb.object_extraction_jobs SET run_after = now() + interval '30 minutes'"
        " WHERE id = %(id)s",
        {"id": jobs["is not due"].id},
    )
    workers = {
        name: lab.start(jobs[name], clock_off_seconds=off, **order)
        for name, order in orders.items()
    }
    return Lives(jobs, workers)


def decisions_of(lives: Lives, psql: Psql) -> dict[str, tuple[str | None, str, int, list[str]]]:
    return {
        name: (
            lives.workers[name].outcome,
            psql.job(job.id)["status"],
            psql.job(job.id)["attempt"],
            [event["actor"] for event in psql.events(job.id)],
        )
        for name, job in lives.jobs.items()
    }


def every_time_is_the_database_s(psql: Psql, began: datetime) -> None:
    """What happened, happened between the beginning and now; what is to come is set from there."""
    [times] = psql(
        "SELECT min(least(created_at, started_at, completed_at, dispatched_at)) AS first,"
        " max(greatest(created_at, updated_at, started_at, completed_at, dispatched_at)) AS last"
        " FROM kb.object_extraction_jobs"
    )
    [events] = psql("SELECT min(at) AS first, max(at) AS last FROM kb.extraction_job_events")
    assert began <= min(times["first"], events["first"])
    assert max(times["last"], events["last"]) <= _now(psql)


@pytest.mark.parametrize("off", [-HOUR, HOUR], ids=["back", "forward"])
def test_a_worker_whose_clock_jumps_while_it_works_goes_on_and_keeps_its_job(
    lab: Lab, off: float
) -> None:
    began = _now(lab.psql)
    job = lab.new_job(source_text="A: 1\nB: 2\n")

    def jump(index: int) -> None:
        if index == 0:
            clock.shift(off)
        before = lab.psql.job(job.id)["updated_at"]
        until(
            lambda: lab.psql.job(job.id)["updated_at"] > before, what="a heartbeat after the jump"
        )
        report = lab.sweep()
        assert (report.recovered, report.failed) == ([], [])

    worker = lab.new_worker(
        extractor=LineExtractor(before_chunk=jump), settings=Settings(heartbeat_seconds=0.02)
    )
    with time_machine.travel(datetime.now(UTC), tick=True) as clock:
        assert worker.work(job.id) == "completed"
    assert lab.psql.job(job.id)["attempt"] == 1
    every_time_is_the_database_s(lab.psql, began)


@pytest.mark.parametrize("off", OFF.values(), ids=OFF)
def test_a_sweeper_whose_clock_is_an_hour_off_takes_the_same_jobs_and_sends_the_same_messages(
    lab: Lab, off: float
) -> None:
    old, young, over, within, due, not_due = (lab.new_job() for _ in range(6))
    for job in (old, young, over, within):
        lab.take(job)
    lab.psql.make_idle(old.id, 5.1)
    lab.psql.make_idle(young.id, 4.9)
    lab.psql.make_overdue(over.id)
    for job, when in ((due, "- interval '1 s'"), (not_due, "+ interval '50 minutes'")):
        lab.psql.update(f"next_dispatch_at = now() {when}", job)
    lab.queue.sent.clear()
    began = _now(lab.psql)

    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=off), tick=True):
        report = lab.sweep()

    assert [each.id for each in report.recovered] == [old.id]
    assert [each.id for each in report.failed] == [over.id]
    assert set(lab.sent) == {old.id, due.id}
    assert began <= lab.psql.job(old.id)["updated_at"] <= _now(lab.psql)


def test_a_lease_is_as_old_as_the_question_that_renewed_it_and_not_as_its_answer(lab: Lab) -> None:
    """Between the two lies the moment that the database wrote down: by the answer, a lease would look too young."""
    now = [1000.0]
    database, job = lab.open_database(), lab.new_job()
    # Each answer takes ten seconds to arrive, by the worker's clock.
    meddle(database, after=lambda: now.append(now[-1] + 10))
    claimed = lab.claim(job, database=database, clock=lambda: now[-1])
    assert isinstance(claimed, Claimed)
    attempt = Attempt(claimed.job, database, asked_at=claimed.asked_at, clock=lambda: now[-1])
    assert attempt.renewed_at == now[-2]
    for write in (start, checkpoint, beat):
        write(attempt)
        assert attempt.renewed_at == now[-2]
    assert now[-1] == 1040.0


def _now(psql: Psql) -> datetime:
    now: datetime = psql("SELECT clock_timestamp() AS now")[0]["now"]
    return now
