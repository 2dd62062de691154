"""Promise 21: no job of a paused project is started, and none is lost by it.

What could go wrong. A job of a paused project is claimed all the same, or its wait costs an attempt. Messages come
again and again for nothing. What waited is forgotten at the resume, or comes back minutes later. A job that ran when
the project was paused never ends. An alarm goes off because jobs wait, as they were told to.

What is done to it. Projects are paused and resumed around jobs in every state, by the API and in psql; messages come
while they are paused, sweeps go by, the call that resumes breaks off.

What must hold. While a project is paused, none of its jobs is claimed, and the jobs of others are. What ran ends, over
hand-overs too. At the resume everything that waited has its message at once, or with the next sweep.

The guards. `paused` in claim and hold, `:paused` in reserve_dispatches, sweep_resumed (sql/lifecycle/).
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from psycopg.rows import DictRow

from extraction_jobs import projects, reasons
from extraction_jobs.bounds import BoundReachedError
from extraction_jobs.by_hand import cancel_job
from extraction_jobs.claim import Claimed, NothingToDo, Paused, claim
from extraction_jobs.create import NewJob, create_jobs
from extraction_jobs.database import Database, Params
from extraction_jobs.model import Job, Tenant
from extraction_jobs.reading import statistics
from extraction_jobs.settings import Settings
from extraction_jobs.sweep import Report
from tests.conftest import TENANT, MemoryQueue, Psql

from .conftest import NewWorker, Retry, Take

OTHER = Tenant(TENANT.org_id, "another project")


class Project:
    """The project of the tests, which is paused and resumed."""

    def __init__(self, database: Database, queue: MemoryQueue, settings: Settings) -> None:
        self._database, self._queue, self._settings = database, queue, settings

    def pause(self) -> None:
        """As a person does."""
        projects.pause_project(TENANT, "amelia", "A test.", database=self._database)

    def resume(self) -> int:
        """As a person does; how many messages were sent."""
        return projects.resume_project(
            TENANT,
            "amelia",
            database=self._database,
            queue=self._queue,
            settings=self._settings,
        )


@pytest.fixture
def project(database: Database, queue: MemoryQueue, settings: Settings) -> Project:
    """See Project."""
    return Project(database, queue, settings)


def due(psql: Psql) -> None:
    """Every message that can be due is."""
    psql(
        "UPDATE kb.object_extraction_jobs SET next_dispatch_at = now() WHERE isfinite(next_dispatch_at)"
    )


def held(psql: Psql) -> set[object]:
    """The jobs that wait without a message."""
    rows = psql("SELECT id FROM kb.object_extraction_jobs WHERE next_dispatch_at = 'infinity'")
    return {row["id"] for row in rows}


def test_a_message_of_a_paused_project_costs_nothing_and_is_sent_again_at_the_resume(
    project: Project,
    new_job: Callable[..., Job],
    new_worker: NewWorker,
    queue: MemoryQueue,
    psql: Psql,
) -> None:
    worker, job, other = new_worker(), new_job(), new_job(tenant=OTHER)
    project.pause()
    for _ in range(3):
        assert worker.work(job.id) == "paused"
    assert worker.work(other.id) == "completed"
    [row] = psql(
        "SELECT status, attempt, lease FROM kb.object_extraction_jobs WHERE id = %(id)s",
        {"id": job.id},
    )
    assert (row["status"], row["attempt"], row["lease"]) == ("pending", 0, 0)
    queue.sent.clear()
    assert project.resume() == 1
    assert [each.job_id for each in queue.sent] == [job.id]
    assert worker.work(job.id) == "completed"
    told = [event["reason"] for event in psql.events(job.id)]
    assert told[:3] == ["Job was created.", reasons.HELD, reasons.RESUMED]


def test_what_is_created_while_a_project_is_paused_waits_without_a_message(
    project: Project,
    new_job: Callable[..., Job],
    database: Database,
    queue: MemoryQueue,
    settings: Settings,
    sweep: Callable[..., Report],
    psql: Psql,
) -> None:
    project.pause()
    single = new_job()
    several = create_jobs(
        [NewJob(TENANT, "document", source_text="A: 1") for _ in range(3)],
        database=database,
        queue=queue,
        settings=settings,
    )
    for _ in range(2):
        due(psql)
        assert sweep().idle
    assert queue.sent == []
    assert held(psql) == {single.id, *several.ids}
    bounded = settings.model_copy(update={"max_pending_jobs": 4})
    with pytest.raises(BoundReachedError):
        create_jobs(
            [NewJob(TENANT, "document", source_text="A: 1")],
            database=database,
            queue=queue,
            settings=bounded,
        )
    assert project.resume() == 4
    assert {each.job_id for each in queue.sent} == {single.id, *several.ids}


def test_a_running_job_goes_on_to_its_end_over_hand_overs_too(
    project: Project, new_job: Callable[..., Job], take: Take, new_worker: NewWorker
) -> None:
    job = new_job(source_text="A: 1\n")
    attempt = take(job)
    attempt.checkpoint(chunk_index=0, plan_digest="d", processed=1, failed=0, objects=0, result={})
    project.pause()
    assert attempt.hand_over() is not None
    assert new_worker().work(job.id) == "completed"


@pytest.mark.parametrize("how", ["an orphan", "a retry by hand", "an error", "a change in psql"])
def test_what_comes_back_to_a_paused_project_waits(
    how: str,
    project: Project,
    new_job: Callable[..., Job],
    take: Take,
    retry: Retry,
    new_worker: NewWorker,
    sweep: Callable[..., Report],
    psql: Psql,
) -> None:
    job = new_job()
    attempt = take(job)
    project.pause()
    if how == "an orphan":
        psql.make_idle(job.id, 6)
        assert len(sweep().recovered) == 1
    elif how == "an error":
        attempt.retry_later("An error.", 0.0)
    elif how == "a change in psql":
        psql("UPDATE kb.object_extraction_jobs SET status = 'pending'")
    else:
        retry(job)
    assert new_worker().work(job.id) == "paused"
    assert held(psql) == {job.id}
    project.resume()
    assert new_worker().work(job.id) == "completed"


def test_a_sweep_sends_nothing_of_a_paused_project_and_looks_at_it_no_more(
    project: Project,
    new_job: Callable[..., Job],
    queue: MemoryQueue,
    sweep: Callable[..., Report],
    psql: Psql,
) -> None:
    """Their messages were lost; and one that was never sent."""
    jobs = [new_job() for _ in range(3)]
    other = new_job(tenant=OTHER)
    queue.refuse = lambda _: True
    jobs.append(new_job())
    queue.refuse = lambda _: False
    project.pause()
    due(psql)
    queue.sent.clear()
    assert sweep().redispatched == 1
    assert [each.job_id for each in queue.sent] == [other.id]
    assert held(psql) == {job.id for job in jobs}
    assert sweep().idle


@pytest.mark.parametrize("how", ["in psql", "twice in psql", "truncated", "more than a call sends"])
def test_a_sweep_finds_what_waits_though_its_project_is_not_paused(
    how: str,
    project: Project,
    new_job: Callable[..., Job],
    queue: MemoryQueue,
    sweep: Callable[..., Report],
    psql: Psql,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project.pause()
    jobs = [new_job() for _ in range(3)]
    if how == "more than a call sends":
        monkeypatch.setattr(projects, "MOST_AT_ONCE", 1)
        assert project.resume() == 1
    elif how == "truncated":
        psql("TRUNCATE kb.extraction_pauses")
    else:  # as a call does that breaks off after its first statement
        for _ in range(2 if "twice" in how else 1):
            psql("DELETE FROM kb.extraction_pauses")
    sweep()
    assert {each.job_id for each in queue.sent} == {job.id for job in jobs}
    assert held(psql) == set()


def test_what_waits_on_purpose_is_neither_old_nor_due(
    project: Project,
    new_job: Callable[..., Job],
    new_worker: NewWorker,
    database: Database,
    settings: Settings,
    sweep: Callable[..., Report],
    psql: Psql,
) -> None:
    """While the project is paused, and not from one moment to the next when it is resumed either."""
    job = new_job()
    psql.time_passes(3600)
    assert (sweep().oldest_pending_seconds or 0) > 3500
    project.pause()
    new_worker().work(job.id)
    assert sweep().oldest_pending_seconds is None
    figures = statistics(TENANT, database=database, settings=settings)
    assert figures.oldest_pending_seconds is None
    psql.time_passes(3600)
    project.resume()
    assert (sweep().oldest_pending_seconds or 0) < 60


@pytest.mark.parametrize("what", ["the project is resumed", "the job is cancelled"])
def test_what_happens_between_a_claim_s_look_and_its_hold_is_seen(
    what: str,
    project: Project,
    new_job: Callable[..., Job],
    database: Database,
    settings: Settings,
    open_database: Callable[[], Database],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Resumed, the job is claimed after all; ended, it is left alone."""
    job = new_job()
    project.pause()
    real, another = database.row, open_database()

    def row(statement: bytes, params: Params | None = None) -> DictRow | None:
        found = real(statement, params)
        if found and "paused" in found:
            monkeypatch.setattr(database, "row", real)
            if "resumed" in what:
                project.resume()
            else:
                cancel_job(job.id, TENANT, "amelia", database=another)
        return found

    monkeypatch.setattr(database, "row", row)
    outcome = claim(job.id, worker="test", database=database, settings=settings)
    assert isinstance(outcome, Claimed if "resumed" in what else NothingToDo)


def test_a_pause_is_forgotten_ten_minutes_after_its_end_when_nothing_is_held_any_more(
    project: Project,
    new_job: Callable[..., Job],
    sweep: Callable[..., Report],
    queue: MemoryQueue,
    psql: Psql,
) -> None:
    """A statement that began before the resume may hold a job after it."""
    project.pause()
    project.resume()
    job = new_job()
    psql("UPDATE kb.object_extraction_jobs SET next_dispatch_at = 'infinity', dispatched_at = NULL")
    sweep()
    assert job.id in {each.job_id for each in queue.sent}
    assert psql("SELECT project_id FROM kb.extraction_pauses")
    psql("UPDATE kb.extraction_pauses SET resumed_at = now() - interval '11 minutes'")
    psql("UPDATE kb.object_extraction_jobs SET next_dispatch_at = 'infinity', dispatched_at = NULL")
    queue.sent.clear()
    with psql.connection.transaction():
        psql("SELECT id FROM kb.object_extraction_jobs FOR UPDATE")
        sweep()
    assert psql("SELECT project_id FROM kb.extraction_pauses")
    sweep()
    assert [each.job_id for each in queue.sent] == [job.id]
    sweep()
    assert psql("SELECT * FROM kb.extraction_pauses") == []
    assert sweep().idle


def test_a_resume_releases_its_own_project_s_jobs_alone(
    project: Project,
    new_job: Callable[..., Job],
    database: Database,
    sweep: Callable[..., Report],
    psql: Psql,
) -> None:
    projects.pause_project(OTHER, "amelia", None, database=database)
    project.pause()
    new_job()
    other = new_job(tenant=OTHER)
    assert project.resume() == 1
    sweep()
    assert held(psql) == {other.id}


def test_a_pause_is_of_one_project_and_said_again_keeps_its_time(
    project: Project,
    database: Database,
    queue: MemoryQueue,
    new_job: Callable[..., Job],
    settings: Settings,
) -> None:
    job = new_job()
    project.pause()
    first = projects.read_pause(TENANT, database=database)
    again = projects.pause_project(TENANT, "ben", "Another reason.", database=database)
    assert first
    assert (again.paused_at, again.reason) == (first.paused_at, "Another reason.")
    paused = {
        each.project_id: each.pause
        for each in projects.list_projects([TENANT.org_id], database=database)
    }
    assert paused == {TENANT.project_id: again}
    without_jobs = projects.pause_project(OTHER, "ben", None, database=database)
    [named, _] = projects.list_projects([TENANT.org_id], database=database)
    assert (named.project_id, named.pause) == (OTHER.project_id, without_jobs)
    projects.resume_project(OTHER, "ben", database=database, queue=queue, settings=settings)
    assert len(projects.list_projects([TENANT.org_id], database=database)) == 1
    outcome = claim(job.id, worker="test", database=database, settings=settings)
    assert isinstance(outcome, Paused)
    project.resume()
    with pytest.raises(projects.NotPausedError):
        project.resume()
