"""Promise 9: cancelled stays cancelled; a worker that runs the job notices and stops."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from extraction import Control
from extraction_jobs.by_hand import NotAllowedError, cancel_job
from extraction_jobs.database import Database
from extraction_jobs.model import Job
from extraction_jobs.settings import Settings
from extraction_jobs.sweep import Report
from tests.conftest import TENANT, MemoryQueue, Psql
from tests.line_extractor import LineExtractor
from tests.waiting import until

from .conftest import NewWorker, Take


def test_a_cancelled_job_stays_so_through_crash_sweep_and_redelivery(
    new_job: Callable[..., Job],
    take: Take,
    new_worker: NewWorker,
    sweep: Callable[..., Report],
    database: Database,
    queue: MemoryQueue,
    psql: Psql,
) -> None:
    job = new_job()
    take(job)  # and crashes
    cancel_job(job.id, TENANT, "someone", database=database)
    psql.make_idle(job.id, 60)
    for _ in range(3):
        report = sweep()
        assert (report.recovered, report.failed, report.redispatched) == ([], [], 0)
        assert new_worker().work(job.id) == "nothing_to_do"
    assert psql.job(job.id)["status"] == "cancelled"


def test_a_running_worker_notices_by_its_heartbeat_and_stops_in_the_middle_of_a_chunk(
    new_job: Callable[..., Job], new_worker: NewWorker, database: Database, psql: Psql
) -> None:
    job = new_job(source_text="A: 1\nB: 2\n")
    begun = threading.Event()
    extractor = LineExtractor()
    chunks: list[int] = []

    def wait_to_be_stopped(plan: object, index: int, *, control: Control) -> object:
        chunks.append(index)
        begun.set()
        until(control.should_stop)
        return original(plan, index, control=control)  # type: ignore[arg-type]

    original = extractor.extract_chunk
    extractor.extract_chunk = wait_to_be_stopped  # type: ignore[method-assign, assignment]
    worker = new_worker(
        extractor=extractor, settings=Settings(heartbeat_seconds=0.05, orphan_threshold_minutes=1)
    )
    outcomes: list[str] = []
    thread = threading.Thread(target=lambda: outcomes.append(worker.work(job.id)), daemon=True)
    thread.start()
    assert begun.wait(5)
    cancel_job(job.id, TENANT, "someone", database=database)
    thread.join(10)
    assert outcomes == ["lease_lost"]
    assert chunks == [0]
    assert psql.job(job.id)["status"] == "cancelled"
    assert psql("SELECT * FROM kb.extraction_chunks") == []


def test_a_job_that_has_ended_is_not_cancelled(
    new_job: Callable[..., Job], new_worker: NewWorker, database: Database, psql: Psql
) -> None:
    job = new_job()
    new_worker().work(job.id)
    with pytest.raises(NotAllowedError, match="Cannot cancel job with status: completed"):
        cancel_job(job.id, TENANT, "someone", database=database)
    assert psql.job(job.id)["status"] == "completed"
