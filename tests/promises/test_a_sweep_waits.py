"""Promise 1, to the second: a sweep does not miss by a minute.

What could go wrong. A job becomes an orphan a second after the sweep, and waits for the next. A sweep that waits stays
awake for nothing: for workers that are healthy, for a row that nobody can change. It holds a transaction open while it
sleeps, goes over the rate, or is still there when the next begins.

What must hold. What comes due before the next sweep is done within a second or two of its time. With nothing so near
the sweep is one statement.

Time passes here when a sweep sleeps: then each time in the table is so much earlier.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from extraction_jobs.sweep import LAST_ROUND_SECONDS, Report, Sweeper, SweepFailedError

from .conftest import Lab
from .test_five_sweepers_one_poisoned_row import poisoned

# The schedule's: template.yaml.
WAIT_SECONDS = 58.0
DUE_IN_30 = {
    "an orphan": "updated_at = now() - interval '5 minutes' + interval '30 seconds'",
    "a job over its hard limit": "deadline_at = now() + interval '30 seconds'",
    "a message": "next_dispatch_at = now() + interval '30 seconds'",
}


@dataclass
class Waiting:
    """A sweeper that waits, and how long it slept each time."""

    lab: Lab
    slept: list[float] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None

    def sweep(self, **settings: float) -> Report:
        """One sweep, as the schedule asks for it."""
        sweeper = Sweeper(
            self.lab.database,
            self.lab.queue,
            self.lab.settings.model_copy(update=settings),
            clock=lambda: sum(self.slept),
            sleep=self._sleep,
        )
        return sweeper.sweep(wait_seconds=WAIT_SECONDS)

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.lab.psql.time_passes(seconds)
        self.meanwhile()


@pytest.fixture
def waiting(lab: Lab) -> Waiting:
    return Waiting(lab)


@pytest.mark.parametrize("what", DUE_IN_30)
def test_what_comes_due_before_the_next_sweep_is_done_when_it_is(
    lab: Lab, what: str, waiting: Waiting
) -> None:
    job = lab.new_job()
    if what != "a message":
        lab.take(job)
    lab.psql.update(DUE_IN_30[what], job, by_hand=False)
    lab.queue.sent.clear()
    report = waiting.sweep()
    assert waiting.slept == [pytest.approx(30, abs=1)]
    assert lab.psql.job(job.id)["status"] == ("failed" if "limit" in what else "pending")
    assert len(lab.queue.sent) == report.redispatched == (0 if "limit" in what else 1)
    [recorded] = lab.psql("SELECT recovered, failed, redispatched FROM kb.extraction_sweeps")
    assert recorded == {
        "recovered": len(report.recovered),
        "failed": len(report.failed),
        "redispatched": report.redispatched,
    }


def test_nothing_is_left_that_comes_due_shortly_before_its_end(lab: Lab, waiting: Waiting) -> None:
    for due_in in (57.2, 57.9):
        lab.psql.update(
            f"next_dispatch_at = now() + interval '{due_in} seconds'", lab.new_job(), by_hand=False
        )
    assert waiting.sweep().redispatched == 2
    assert sum(waiting.slept) == pytest.approx(WAIT_SECONDS, abs=0.2)


def test_with_nothing_near_it_ends_at_once(lab: Lab, waiting: Waiting) -> None:
    """A healthy worker; what comes due after the next sweep has begun; a message that waits in the queue."""
    healthy, later = lab.new_job(), lab.new_job()
    lab.take(healthy), lab.take(later)
    lab.new_job()
    lab.psql.update("deadline_at = now() + interval '59 seconds'", later, by_hand=False)
    assert waiting.sweep().idle
    assert waiting.slept == []
    assert len(lab.psql("SELECT id FROM kb.extraction_sweeps")) == 1


def test_a_worker_that_goes_on_beating_keeps_its_job_however_short_the_threshold(
    lab: Lab, waiting: Waiting
) -> None:
    attempt = lab.take(lab.new_job())
    waiting.meanwhile = lambda: attempt.heartbeat(lab.database)
    report = waiting.sweep(orphan_threshold_minutes=40 / 60)
    assert (report.recovered, report.failed) == ([], [])
    assert 0 < sum(waiting.slept) <= WAIT_SECONDS


def test_a_row_that_cannot_be_changed_neither_hides_an_orphan_nor_keeps_the_sweep_awake(
    lab: Lab, waiting: Waiting
) -> None:
    """Two of them: one was due before, the other comes due in ten seconds."""
    jobs = [lab.new_job() for _ in range(3)]
    for job, due_in in zip(jobs, (-3600, 10, 20), strict=True):
        lab.take(job)
        lab.psql.make_idle(job.id, 5 - due_in / 60)
    with (
        poisoned(lab.psql, jobs[0].id) as first,
        poisoned(lab.psql, jobs[1].id, "another") as second,
        pytest.raises(SweepFailedError) as failed,
    ):
        waiting.sweep()
    assert failed.value.report.errors == [first, second]
    assert [each.id for each in failed.value.report.recovered] == [jobs[2].id]
    assert sum(waiting.slept) == pytest.approx(20, abs=2)


def test_it_holds_no_transaction_while_it_sleeps(lab: Lab, waiting: Waiting) -> None:
    [job] = lab.orphans(1)
    lab.psql.update(DUE_IN_30["an orphan"], job, by_hand=False)
    pid = lab.database.rows(b"SELECT pg_backend_pid() AS pid")
    states = []
    waiting.meanwhile = lambda: states.extend(
        lab.psql("SELECT state FROM pg_stat_activity WHERE pid = %(pid)s", pid[0])
    )
    waiting.sweep()
    assert states == [{"state": "idle"}]


def test_it_sends_no_more_than_the_rate_and_ends_before_the_next(
    lab: Lab, waiting: Waiting
) -> None:
    """Each second a message comes due; 0.5 a second may be sent, and some are due already."""
    for place in range(80):
        lab.psql.update(
            f"next_dispatch_at = now() + interval '{place - 20} seconds'",
            lab.new_job(),
            by_hand=False,
        )
    lab.queue.sent.clear()
    assert waiting.sweep(recovery_rate_per_second=0.5).redispatched == 30
    assert len(lab.queue.sent) == 30
    assert sum(waiting.slept) <= WAIT_SECONDS
    assert timedelta(seconds=WAIT_SECONDS + LAST_ROUND_SECONDS) < timedelta(minutes=1)
