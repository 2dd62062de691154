"""Promise 23: a job that is to wait for its time starts then, and nothing is done for it before.

What could go wrong. It starts too early; a message comes too early, and again every few minutes for days; it starts a
minute late, or after a backoff. An alarm goes off because it waits.

What is done to it. Jobs for a later time, early messages, times that a person sets in psql.

What must hold. It is claimed at its time, not before; its message is sent once, by the sweep, a second or two after it.

The guards. `run_after` in claim; first_dispatch and put_off (sql/).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from extraction_jobs.claim import NotDue
from extraction_jobs.create import NewJob
from tests.conftest import TENANT

from .conftest import Lab
from .test_a_sweep_waits import WAIT_SECONDS, Waiting


def at(**later: float) -> datetime:
    return datetime.now(UTC) + timedelta(**later)


def test_its_message_is_sent_by_the_sweep_when_it_is_due(lab: Lab) -> None:
    job, waiting = lab.new_job(run_after=at(hours=3)), Waiting(lab)
    assert waiting.sweep().idle
    assert lab.sent == []
    lab.psql.time_passes(3 * 3600 - 30)
    assert waiting.sweep().redispatched == 1
    assert waiting.slept == [pytest.approx(30, abs=1)]
    [sent] = lab.queue.sent
    assert sent.job_id == job.id
    assert sent.due_in_seconds == pytest.approx(0, abs=1)
    assert lab.work(job) == "completed"


def test_many_that_are_made_together_wait_each_for_its_own_time(lab: Lab) -> None:
    times = [None, at(seconds=-5), at(seconds=10), at(seconds=40), at(days=1)]
    made = lab.create([NewJob(TENANT, "document", run_after=each) for each in times])
    assert lab.sent == made.ids[:2]
    waiting = Waiting(lab)
    waiting.sweep()
    assert lab.sent == made.ids[:4]
    assert sum(waiting.slept) < WAIT_SECONDS


def test_an_early_message_is_held_back_until_then_if_the_queue_can_and_is_else_not_sent_again(
    lab: Lab,
) -> None:
    """The later time is set by hand too, while the message is under way. What is sent keeps its tenant and trace."""
    soon, later = lab.new_job(trace="a trace"), lab.new_job()
    first = lab.queue.sent[0]
    for job, wait in ((soon, "10 minutes"), (later, "10 days")):
        lab.psql.update(f"run_after = now() + interval '{wait}'", job)
        # As if the message had been sent after that.
        lab.psql.update("dispatched_at = now(), next_dispatch_at = now() + '5 min'", job)
    lab.queue.sent.clear()
    for job in (soon, later):
        assert lab.work(job) == "not_due"
    [again] = lab.queue.sent
    assert again.job_id == soon.id
    assert again.due_in_seconds == pytest.approx(600, abs=5)
    assert (again.org_id, again.trace) == (first.org_id, first.trace) == ("acme", "a trace")
    row = lab.psql.job(later.id)
    assert (row["attempt"], row["next_dispatch_at"]) == (0, row["run_after"])
    lab.psql.time_passes(3600)
    lab.sweep()
    assert later.id not in lab.sent
    assert isinstance(lab.claim(later), NotDue)


def test_a_job_that_waits_for_its_time_is_not_old(lab: Lab) -> None:
    lab.new_job(run_after=at(days=2))
    lab.psql.time_passes(86_400)
    assert not lab.sweep().oldest_pending_seconds


def test_of_a_paused_project_it_waits_for_both(lab: Lab) -> None:
    lab.psql("INSERT INTO kb.extraction_pauses (org_id, project_id) VALUES ('acme', 'library')")
    job = lab.new_job(run_after=at(hours=1))
    lab.psql.time_passes(3601)
    assert lab.sweep().redispatched == 0
    lab.psql("DELETE FROM kb.extraction_pauses")
    assert lab.sweep().redispatched == 1
    assert lab.sent == [job.id]
    assert lab.work(job) == "completed"
