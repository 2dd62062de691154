"""Promise 23: a job that is to wait for its time starts then, and nothing is done for it before.

What could go wrong. It starts too early; a message comes too early, and again every few minutes for days; it starts a
minute late, or after a backoff. An alarm goes off because it waits.

What is done to it. Jobs for a later time, early messages, times that a person sets in psql.

What must hold. It is claimed at its time, not before; its message is sent once, by the sweep, a second or two after it.

The guards. `run_after` in claim; first_dispatch and put_off (sql/).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from extraction_jobs.claim import NotDue, claim
from extraction_jobs.create import NewJob, create_jobs
from extraction_jobs.database import Database
from extraction_jobs.model import Job
from extraction_jobs.settings import Settings
from extraction_jobs.sweep import Report, Sweeper
from tests.conftest import TENANT, MemoryQueue, Psql

from .conftest import NewWorker
from .test_a_sweep_waits import WAIT_SECONDS, Waiting


def at(**later: float) -> datetime:
    """A time from now."""
    return datetime.now(UTC) + timedelta(**later)


@pytest.fixture
def waiting(database: Database, queue: MemoryQueue, psql: Psql) -> Waiting:
    """See Waiting."""
    return Waiting(database, queue, psql)


def test_its_message_is_sent_by_the_sweep_when_it_is_due(
    new_job: Callable[..., Job], new_worker: NewWorker, waiting: Waiting, psql: Psql
) -> None:
    job = new_job(run_after=at(hours=3))
    assert waiting.sweep().idle
    assert waiting.queue.sent == []
    psql.time_passes(3 * 3600 - 30)
    assert waiting.sweep().redispatched == 1
    assert waiting.slept == [pytest.approx(30, abs=1)]
    [sent] = waiting.queue.sent
    assert sent.job_id == job.id
    assert sent.due_in_seconds == pytest.approx(0, abs=1)
    assert new_worker().work(job.id) == "completed"


def test_many_that_are_made_together_wait_each_for_its_own_time(
    database: Database, queue: MemoryQueue, settings: Settings, waiting: Waiting
) -> None:
    times = [None, at(seconds=-5), at(seconds=10), at(seconds=40), at(days=1)]
    made = create_jobs(
        [NewJob(TENANT, "document", source_text="A: 1", run_after=each) for each in times],
        database=database,
        queue=queue,
        settings=settings,
    )
    assert [each.job_id for each in queue.sent] == made.ids[:2]
    waiting.sweep()
    assert [each.job_id for each in queue.sent] == made.ids[:4]
    assert sum(waiting.slept) < WAIT_SECONDS


def test_an_early_message_is_held_back_until_then_if_the_queue_can_and_is_else_not_sent_again(
    new_job: Callable[..., Job],
    new_worker: NewWorker,
    queue: MemoryQueue,
    database: Database,
    settings: Settings,
    psql: Psql,
) -> None:
    """The later time is set by hand too, while the message is under way."""
    worker, soon, later = new_worker(), new_job(), new_job()
    for job, wait in ((soon, "10 minutes"), (later, "10 days")):
        psql(
            "UPDATE kb.object_extraction_jobs SET run_after = now() + %(wait)s::interval WHERE id = %(id)s",
            {"id": job.id, "wait": wait},
        )
        # As if the message had been sent after that.
        psql(
            "UPDATE kb.object_extraction_jobs SET dispatched_at = now(), next_dispatch_at = now() + '5 min'"
            " WHERE id = %(id)s",
            {"id": job.id},
        )
    queue.sent.clear()
    for job in (soon, later):
        assert worker.work(job.id) == "not_due"
    [again] = queue.sent
    assert again.job_id == soon.id
    assert again.due_in_seconds == pytest.approx(600, abs=5)
    row = psql.job(later.id)
    assert (row["attempt"], row["next_dispatch_at"]) == (0, row["run_after"])
    psql.time_passes(3600)
    Sweeper(database, queue, settings).sweep()
    assert later.id not in {each.job_id for each in queue.sent}
    outcome = claim(later.id, worker="test", database=database, settings=settings)
    assert isinstance(outcome, NotDue)


def test_a_job_that_waits_for_its_time_is_not_old(
    new_job: Callable[..., Job], sweep: Callable[..., Report], psql: Psql
) -> None:
    new_job(run_after=at(days=2))
    psql.time_passes(86_400)
    assert not sweep().oldest_pending_seconds


def test_of_a_paused_project_it_waits_for_both(
    new_job: Callable[..., Job],
    new_worker: NewWorker,
    queue: MemoryQueue,
    sweep: Callable[..., Report],
    psql: Psql,
) -> None:
    psql("INSERT INTO kb.extraction_pauses (org_id, project_id) VALUES ('acme', 'library')")
    job = new_job(run_after=at(hours=1))
    psql.time_passes(3601)
    assert sweep().redispatched == 0
    psql("DELETE FROM kb.extraction_pauses")
    assert sweep().redispatched == 1
    assert [each.job_id for each in queue.sent] == [job.id]
    assert new_worker().work(job.id) == "completed"
