"""Promise 4: a hung job ends.

What could go wrong: a job hangs (a call that never returns, a loop without an end) while the heartbeat's thread goes on
saying that it lives. No sweep takes it for an orphan, and it runs for ever. Or it is taken for one, and hangs the next
worker as well.

What is done: a worker hangs in a chunk, deaf to everything, its heart beating several times a second, under a
continuous sweep, until its deadline has passed. Another worker notices the deadline by itself. Limits are asked for,
kept across hand-overs, and passed between two slices.

What must hold: the first sweep past `deadline_at` ends the job as `failed`, with a reason of its own and whatever is
left of its budget; when the hung worker comes back, it changes nothing. The deadline is the database's.

The guards: `sweep_overdue`, which does not ask for the heartbeat; the worker's own look at the deadline; a
`deadline_at` that is set when an attempt starts and kept across its hand-overs.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from extraction import Document
from extraction_jobs import reasons
from extraction_jobs.attempt import Attempt
from extraction_jobs.model import Job
from extraction_jobs.settings import Settings
from extraction_jobs.sweep import Report
from tests.conftest import Psql
from tests.line_extractor import LineExtractor
from tests.waiting import until

from .conftest import NewWorker, Take

LIMIT_MINUTES = 0.02


def test_a_hung_job_is_ended_by_the_first_sweep_past_its_deadline_though_its_heart_beats(
    new_job: Callable[..., Job],
    new_worker: NewWorker,
    sweep: Callable[..., Report],
    psql: Psql,
) -> None:
    job = new_job(source_text="A: 1\n", timeout_minutes=LIMIT_MINUTES)
    hangs, comes_back = threading.Event(), threading.Event()

    def hang(_: int) -> None:
        hangs.set()
        comes_back.wait(60)

    outcomes: list[str] = []
    worker = new_worker(
        extractor=LineExtractor(before_chunk=hang), settings=Settings(heartbeat_seconds=0.02)
    )
    thread = threading.Thread(target=lambda: outcomes.append(worker.work(job.id)), daemon=True)
    thread.start()
    try:
        assert hangs.wait(30)
        heartbeats = sweep_until_ended(job, sweep, psql)
        after = psql.job(job.id)
    finally:
        comes_back.set()
        thread.join(30)

    assert len(heartbeats) > 1, "its heart beat meanwhile"
    assert (after["status"], after["error_message"]) == ("failed", reasons.OVER_HARD_LIMIT)
    assert after["attempt"] == 1 < after["max_attempts"], "the hard limit does not ask the budget"
    ended = psql.events(job.id)[-1]
    assert (ended["actor"], ended["reason"]) == ("sweeper", reasons.OVER_HARD_LIMIT)
    assert ended["at"] - after["started_at"] > timedelta(minutes=LIMIT_MINUTES), "not too early"
    assert outcomes == ["lease_lost"]
    assert psql.job(job.id) == after


def sweep_until_ended(job: Job, sweep: Callable[..., Report], psql: Psql) -> set[datetime]:
    """Sweeps without a pause; no sweep that begins past the deadline may leave the job running. Its heartbeats."""
    deadline = psql.job(job.id)["deadline_at"]
    heartbeats = set()
    ends = time.monotonic() + 60
    while (row := psql.job(job.id))["status"] == "running":
        assert time.monotonic() < ends
        heartbeats.add(row["updated_at"])
        began = psql("SELECT clock_timestamp() AS now")[0]["now"]
        report = sweep()
        assert report.recovered == []
        assert began < deadline or psql.job(job.id)["status"] != "running"
    return heartbeats


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


def test_a_job_whose_deadline_passes_between_two_slices_ends_with_the_next_one(
    new_job: Callable[..., Job], new_worker: NewWorker, psql: Psql
) -> None:
    job = new_job(source_text="A: 1\nB: 2\n")
    left = iter([900.0, 900.0])
    assert new_worker().work(job.id, lambda: next(left, 0.0)) == "handed_over"
    psql.make_overdue(job.id)
    begun: list[int] = []
    worker = new_worker(extractor=LineExtractor(before_chunk=begun.append))
    assert worker.work(job.id) == "failed"
    assert begun == []
    assert psql.job(job.id)["error_message"] == reasons.OVER_HARD_LIMIT


def _checkpoint(attempt: Attempt) -> None:
    attempt.start_chunks(
        Document("t", "text/plain", None, "d"), extractor="test", plan_digest="p", total=2
    )
    attempt.checkpoint(chunk_index=0, plan_digest="p", result={}, processed=1, failed=0, objects=0)
