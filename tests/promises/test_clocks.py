"""Promise 3: two clocks, both the database's.

The heartbeat tells whether a job lives; the deadline ends it even while it does.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from extraction import Document
from extraction_jobs import reasons
from extraction_jobs.attempt import Attempt
from extraction_jobs.database import Database
from extraction_jobs.heartbeat import Heartbeat
from extraction_jobs.model import Job
from extraction_jobs.settings import Settings
from extraction_jobs.sweep import Report
from tests.conftest import Psql
from tests.line_extractor import LineExtractor
from tests.waiting import until

from .conftest import NewWorker, Take

FAST = Settings(
    orphan_threshold_minutes=0.02, heartbeat_seconds=0.1
)  # 1.2 seconds, ten beats a second


def test_a_job_whose_heartbeat_is_older_than_the_threshold_is_recovered_and_no_other(
    new_job: Callable[..., Job], take: Take, sweep: Callable[..., Report], psql: Psql
) -> None:
    old, young = new_job(), new_job()
    take(old), take(young)
    psql.make_idle(old.id, 5.01)
    psql.make_idle(young.id, 4.9)
    assert [job.id for job in sweep().recovered] == [old.id]
    assert psql.job(old.id)["status"] == "pending"
    assert psql.job(young.id)["status"] == "running"


def test_a_live_job_outlives_the_threshold_many_times_under_a_continuous_sweep(
    new_job: Callable[..., Job], new_worker: NewWorker, sweep: Callable[..., Report], psql: Psql
) -> None:
    """One chunk takes longer than four thresholds; only the heartbeat's thread speaks for the job meanwhile."""
    job = new_job(source_text="A: 1\n")
    begun, go_on = threading.Event(), threading.Event()

    def take_long(_: int) -> None:
        begun.set()
        go_on.wait()

    worker = new_worker(extractor=LineExtractor(before_chunk=take_long), settings=FAST)
    thread = threading.Thread(target=worker.work, args=[job.id], daemon=True)
    thread.start()
    assert begun.wait(5)
    try:
        ends = time.monotonic() + 4 * 60 * FAST.orphan_threshold_minutes
        sweeps = 0
        while time.monotonic() < ends:
            report = sweep(
                orphan_threshold_minutes=FAST.orphan_threshold_minutes, heartbeat_seconds=0.1
            )
            assert (report.recovered, report.failed) == ([], [])
            sweeps += 1
    finally:
        go_on.set()
    thread.join()
    assert sweeps > 10
    assert psql.job(job.id)["status"] == "completed"
    assert psql.job(job.id)["attempt"] == 1


def test_a_hung_job_ends_at_its_deadline_though_its_heart_beats(
    new_job: Callable[..., Job],
    take: Take,
    sweep: Callable[..., Report],
    database: Database,
    psql: Psql,
) -> None:
    job = new_job()
    attempt = take(job)
    psql.make_overdue(job.id)
    attempt.heartbeat(database)
    assert [swept.id for swept in sweep().failed] == [job.id]
    row = psql.job(job.id)
    assert row["status"] == "failed"
    assert row["error_message"] == reasons.OVER_HARD_LIMIT
    assert row["attempt"] < row["max_attempts"], "the hard limit does not ask the budget"


def test_a_worker_whose_deadline_passes_ends_its_job_itself(
    new_job: Callable[..., Job], new_worker: NewWorker, psql: Psql
) -> None:
    """It learns of the deadline by its heartbeat, so by the database's clock."""
    job = new_job(source_text="A: 1\nB: 2\n")
    done: list[int] = []

    def outlast_the_deadline(index: int) -> None:
        done.append(index)
        psql.make_overdue(job.id)
        beat = psql.job(job.id)["updated_at"]
        for _ in range(2):  # the first may have been on its way already
            until(lambda since=beat: psql.job(job.id)["updated_at"] > since)  # type: ignore[misc]
            beat = psql.job(job.id)["updated_at"]

    worker = new_worker(
        extractor=LineExtractor(before_chunk=outlast_the_deadline),
        settings=Settings(heartbeat_seconds=0.05),
    )
    assert worker.work(job.id) == "failed"
    assert done == [0]
    assert psql.job(job.id)["error_message"] == reasons.OVER_HARD_LIMIT


@pytest.mark.parametrize(
    ("asked", "limit"),
    [(None, 30), (90, 90), (1, 1), (100_000, 240)],
    ids=["by default", "longer", "shorter", "above the maximum"],
)
def test_a_job_has_the_limit_it_asks_for_up_to_the_maximum(
    asked: float | None, limit: float, new_job: Callable[..., Job], take: Take, psql: Psql
) -> None:
    job = new_job(timeout_minutes=asked)
    take(job)
    row = psql.job(job.id)
    assert row["deadline_at"] - row["started_at"] == timedelta(minutes=limit)


def test_the_deadline_is_kept_across_hand_overs_and_set_anew_by_the_next_attempt(
    new_job: Callable[..., Job], take: Take, psql: Psql
) -> None:
    job = new_job()
    first = take(job)
    started, deadline = psql.job(job.id)["started_at"], psql.job(job.id)["deadline_at"]
    _checkpoint(first)
    assert first.hand_over() is not None
    second = take(job)
    assert psql.job(job.id)["deadline_at"] == deadline
    assert psql.job(job.id)["started_at"] == started
    assert second.retry_later("An error.", 0.0) is not None
    take(job)
    assert psql.job(job.id)["deadline_at"] > deadline
    assert psql.job(job.id)["started_at"] > started


def test_an_orphan_that_a_person_made_has_no_deadline_and_is_recovered_all_the_same(
    new_job: Callable[..., Job], sweep: Callable[..., Report], psql: Psql
) -> None:
    job = new_job()
    psql(
        "UPDATE kb.object_extraction_jobs SET status = 'running', updated_at = NOW() - INTERVAL '10 minutes'"
    )
    row = psql.job(job.id)
    assert (row["deadline_at"], row["attempt"]) == (None, 0)
    [swept] = sweep().recovered
    assert swept.id == job.id
    assert swept.started_at is not None


def test_a_worker_that_cannot_renew_its_lease_stops_itself(
    new_job: Callable[..., Job], take: Take, psql: Psql
) -> None:
    job = new_job()
    attempt = take(job)
    now = [1000.0]
    attempt.renewed_at = now[0]
    heartbeat = Heartbeat(
        attempt,
        attempt._database,
        every_seconds=20,
        give_up_after_seconds=300,
        seconds_left=1800,
        clock=lambda: now[0],
    )
    now[0] += 300
    assert not heartbeat.should_stop()
    now[0] += 0.1
    assert heartbeat.should_stop()


def test_no_trigger_overwrites_an_updated_at_that_a_statement_sets(
    new_job: Callable[..., Job], psql: Psql
) -> None:
    job = new_job()
    for status in ("running", "pending", "failed"):
        psql(
            f"UPDATE kb.object_extraction_jobs SET status = '{status}', updated_at = '2020-01-02 03:04:05+00'"
        )
        assert psql.job(job.id)["updated_at"].isoformat() == "2020-01-02T03:04:05+00:00"


def _checkpoint(attempt: Attempt) -> None:
    attempt.start_chunks(
        Document("t", "text/plain", None, "d"), extractor="test", plan_digest="p", total=2
    )
    attempt.checkpoint(chunk_index=0, plan_digest="p", result={}, processed=1, failed=0, objects=0)
