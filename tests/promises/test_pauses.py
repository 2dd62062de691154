"""Promise 21: no job of a paused project is started, and none is lost by it.

What could go wrong. A job of a paused project is claimed all the same, or its wait costs an attempt. Messages come
again and again for nothing. What waited is forgotten at the resume, or comes back minutes later. A job that ran when
the project was paused never ends. An alarm goes off because jobs wait, as they were told to.

What must hold. While a project is paused, none of its jobs is claimed, and the jobs of others are. What ran ends, over
hand-overs too. At the resume everything that waited has its message at once, or with the next sweep, also if the call
that resumes breaks off, or a person deletes the pause in psql.

The guards. `paused` in claim and hold, `:paused` in reserve_dispatches, sweep_resumed (sql/lifecycle/).
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from psycopg.rows import DictRow

from extraction_jobs import projects, reasons
from extraction_jobs.bounds import BoundReachedError
from extraction_jobs.claim import Claimed, NothingToDo, Paused
from extraction_jobs.create import NewJob
from extraction_jobs.database import Params
from extraction_jobs.model import JobId, Tenant
from extraction_jobs.projects import list_projects, pause_project, read_pause
from extraction_jobs.reading import statistics
from tests.conftest import TENANT

from .conftest import Lab
from .writes import checkpoint

OTHER = Tenant(TENANT.org_id, "another project")
HELD = "next_dispatch_at = 'infinity', dispatched_at = NULL"
NEW = NewJob(TENANT, "document", source_text="A: 1")


def all_messages_are_due(lab: Lab) -> None:
    """Of those that can be."""
    lab.psql(
        "UPDATE kb.object_extraction_jobs SET next_dispatch_at = now() WHERE isfinite(next_dispatch_at)"
    )


def held(lab: Lab) -> set[JobId]:
    """The jobs that wait without a message."""
    rows = lab.psql("SELECT id FROM kb.object_extraction_jobs WHERE next_dispatch_at = 'infinity'")
    return {row["id"] for row in rows}


def test_a_message_of_a_paused_project_costs_nothing_and_is_sent_again_at_the_resume(
    lab: Lab,
) -> None:
    job, other = lab.new_job(), lab.new_job(tenant=OTHER)
    lab.pause()
    for _ in range(3):
        assert lab.work(job) == "paused"
    assert lab.work(other) == "completed"
    row = lab.psql.job(job.id, "status, attempt, lease")
    assert tuple(row.values()) == ("pending", 0, 0)
    lab.queue.sent.clear()
    assert lab.resume() == 1
    assert lab.sent == [job.id]
    assert lab.work(job) == "completed"
    told = [event["reason"] for event in lab.psql.events(job.id)]
    assert told[:3] == ["Job was created.", reasons.HELD, reasons.RESUMED]


def test_what_is_created_while_a_project_is_paused_waits_without_a_message(lab: Lab) -> None:
    lab.pause()
    jobs = {lab.new_job().id, *lab.create([NEW] * 3).ids}
    for _ in range(2):
        all_messages_are_due(lab)
        assert lab.sweep().idle
    assert lab.sent == []
    assert held(lab) == jobs
    bounded = lab.settings.model_copy(update={"max_pending_jobs": 4})
    with pytest.raises(BoundReachedError):
        lab.create([NEW], settings=bounded)
    assert lab.resume() == 4
    assert set(lab.sent) == jobs


def test_a_running_job_goes_on_to_its_end_over_hand_overs_too(lab: Lab) -> None:
    job = lab.new_job(source_text="A: 1\n")
    attempt = lab.take(job)
    checkpoint(attempt)
    lab.pause()
    assert attempt.hand_over() is not None
    assert lab.work(job) == "completed"


@pytest.mark.parametrize("how", ["an orphan", "a retry by hand", "an error", "a change in psql"])
def test_what_comes_back_to_a_paused_project_waits(lab: Lab, how: str) -> None:
    job = lab.new_job()
    attempt = lab.take(job)
    lab.pause()
    if how == "an orphan":
        lab.psql.make_idle(job.id, 6)
        assert len(lab.sweep().recovered) == 1
    elif how == "an error":
        attempt.retry_later("An error.", 0.0)
    elif how == "a change in psql":
        lab.psql.update("status = 'pending'")
    else:
        lab.retry(job)
    assert lab.work(job) == "paused"
    assert held(lab) == {job.id}
    lab.resume()
    assert lab.work(job) == "completed"


def test_a_sweep_sends_nothing_of_a_paused_project_and_looks_at_it_no_more(lab: Lab) -> None:
    """Their messages were lost; and one that was never sent."""
    jobs = [lab.new_job() for _ in range(3)]
    other = lab.new_job(tenant=OTHER)
    lab.queue.refuse = lambda _: True
    jobs.append(lab.new_job())
    lab.queue.refuse = lambda _: False
    lab.pause()
    all_messages_are_due(lab)
    lab.queue.sent.clear()
    assert lab.sweep().redispatched == 1
    assert lab.sent == [other.id]
    assert held(lab) == {job.id for job in jobs}
    assert lab.sweep().idle


@pytest.mark.parametrize("how", ["in psql", "twice in psql", "truncated", "more than a call sends"])
def test_a_sweep_finds_what_waits_though_its_project_is_not_paused(
    lab: Lab, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.pause()
    jobs = {lab.new_job().id for _ in range(3)}
    if how == "more than a call sends":
        monkeypatch.setattr(projects, "MOST_AT_ONCE", 1)
        assert lab.resume() == 1
    elif how == "truncated":
        lab.psql("TRUNCATE kb.extraction_pauses")
    else:  # as a call does that breaks off after its first statement
        for _ in range(2 if "twice" in how else 1):
            lab.psql("DELETE FROM kb.extraction_pauses")
    lab.sweep()
    assert set(lab.sent) == jobs
    assert held(lab) == set()


def test_what_waits_on_purpose_is_neither_old_nor_due(lab: Lab) -> None:
    """While the project is paused, and not from one moment to the next when it is resumed either."""
    job = lab.new_job()
    lab.psql.time_passes(3600)
    assert (lab.sweep().oldest_pending_seconds or 0) > 3500
    lab.pause()
    lab.work(job)
    assert lab.sweep().oldest_pending_seconds is None
    figures = statistics(TENANT, database=lab.database, settings=lab.settings)
    assert figures.oldest_pending_seconds is None
    lab.psql.time_passes(3600)
    lab.resume()
    assert (lab.sweep().oldest_pending_seconds or 0) < 60


@pytest.mark.parametrize("what", ["the project is resumed", "the job is cancelled"])
def test_what_happens_between_a_claim_s_look_and_its_hold_is_seen(
    lab: Lab, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Resumed, the job is claimed after all; ended, it is left alone."""
    job = lab.new_job()
    lab.pause()
    real, another = lab.database.row, replace(lab, database=lab.open_database())

    def row(statement: bytes, params: Params | None = None) -> DictRow | None:
        found = real(statement, params)
        if found and "paused" in found:
            monkeypatch.setattr(lab.database, "row", real)
            lab.resume() if "resumed" in what else another.cancel(job)
        return found

    monkeypatch.setattr(lab.database, "row", row)
    assert isinstance(lab.claim(job), Claimed if "resumed" in what else NothingToDo)


def test_a_pause_is_forgotten_ten_minutes_after_its_end_when_nothing_is_held_any_more(
    lab: Lab,
) -> None:
    """A statement that began before the resume may hold a job after it."""
    lab.pause()
    lab.resume()
    job = lab.new_job()
    lab.psql.update(HELD)
    lab.sweep()
    assert job.id in lab.sent
    assert lab.psql("SELECT project_id FROM kb.extraction_pauses")
    lab.psql("UPDATE kb.extraction_pauses SET resumed_at = now() - interval '11 minutes'")
    lab.psql.update(HELD)
    lab.queue.sent.clear()
    with lab.locked():
        lab.sweep()
    assert lab.psql("SELECT project_id FROM kb.extraction_pauses")
    lab.sweep()
    assert lab.sent == [job.id]
    lab.sweep()
    assert lab.psql("SELECT * FROM kb.extraction_pauses") == []
    assert lab.sweep().idle


def test_a_resume_releases_its_own_project_s_jobs_alone(lab: Lab) -> None:
    lab.pause(OTHER)
    lab.pause()
    lab.new_job()
    other = lab.new_job(tenant=OTHER)
    assert lab.resume() == 1
    lab.sweep()
    assert held(lab) == {other.id}


def test_a_pause_is_of_one_project_and_said_again_keeps_its_time(lab: Lab) -> None:
    job = lab.new_job()
    lab.pause()
    first = read_pause(TENANT, database=lab.database)
    again = pause_project(TENANT, "ben", "Another reason.", database=lab.database)
    assert first
    assert (again.paused_at, again.reason) == (first.paused_at, "Another reason.")
    [listed] = list_projects([TENANT.org_id], database=lab.database)
    assert (listed.project_id, listed.pause) == (TENANT.project_id, again)
    without_jobs = pause_project(OTHER, "ben", None, database=lab.database)
    [named, _] = list_projects([TENANT.org_id], database=lab.database)
    assert (named.project_id, named.pause) == (OTHER.project_id, without_jobs)
    lab.resume(OTHER)
    assert len(list_projects([TENANT.org_id], database=lab.database)) == 1
    assert isinstance(lab.claim(job), Paused)
    lab.resume()
    with pytest.raises(projects.NotPausedError):
        lab.resume()
