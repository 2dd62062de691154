"""Promise 4: a hung job ends.

What could go wrong: a job hangs (a call that never returns, a loop without an end) while the heartbeat's thread goes on
saying that it lives. No sweep takes it for an orphan, and it runs for ever. Or it is taken for one, and hangs the next
worker as well.

What must hold: the first sweep past `deadline_at` ends the job as `failed`, with a reason of its own and whatever is
left of its budget; when the hung worker comes back, it changes nothing. The deadline is the database's. It counts the
time that somebody holds the job: not the time that a job waits in a backlog between two invocations, and not the time
in which nobody looked for a worker that is dead.
"""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest

from extraction_jobs import reasons
from extraction_jobs.dead_letter import give_up_on_message
from extraction_jobs.model import Job
from extraction_jobs.settings import Settings
from tests.line_extractor import LineExtractor
from tests.waiting import until

from .conftest import Lab
from .writes import read


def test_a_hung_job_is_ended_by_the_first_sweep_past_its_deadline_though_its_heart_beats(
    lab: Lab,
) -> None:
    job = lab.new_job(source_text="A: 1\n")
    hangs, comes_back = threading.Event(), threading.Event()

    def hang(_: int) -> None:
        hangs.set()
        comes_back.wait(60)

    outcomes: list[str] = []
    worker = lab.new_worker(
        extractor=LineExtractor(before_chunk=hang), settings=Settings(heartbeat_seconds=0.02)
    )
    thread = threading.Thread(target=lambda: outcomes.append(worker.work(job.id)), daemon=True)
    thread.start()
    try:
        assert hangs.wait(60)
        beat = lab.psql.job(job.id)["updated_at"]
        until(lambda: lab.psql.job(job.id)["updated_at"] > beat, what="its heart to beat")
        [row] = lab.psql(
            "UPDATE kb.object_extraction_jobs SET deadline_at = now() + interval '1 second'"
            " RETURNING deadline_at"
        )
        sweep_until_ended(lab, job)
        after = lab.psql.job(job.id)
    finally:
        comes_back.set()
        thread.join(60)

    assert (after["status"], after["error_message"]) == ("failed", reasons.OVER_HARD_LIMIT)
    assert after["attempt"] == 1 < after["max_attempts"], "the hard limit does not ask the budget"
    ended = lab.psql.events(job.id)[-1]
    assert (ended["actor"], ended["reason"]) == ("sweeper", reasons.OVER_HARD_LIMIT)
    assert ended["at"] > row["deadline_at"], "not too early"
    assert outcomes == ["lease_lost"]
    assert lab.psql.job(job.id) == after


def sweep_until_ended(lab: Lab, job: Job) -> None:
    """Sweeps without a pause; no sweep that begins past the deadline may leave the job running."""
    deadline = lab.psql.job(job.id)["deadline_at"]
    ends = time.monotonic() + 60
    while lab.psql.job(job.id)["status"] == "running":
        assert time.monotonic() < ends
        began = lab.psql("SELECT clock_timestamp() AS now")[0]["now"]
        report = lab.sweep()
        assert report.recovered == []
        assert began < deadline or lab.psql.job(job.id)["status"] != "running"


def test_a_worker_whose_deadline_passes_ends_its_job_itself(lab: Lab) -> None:
    """It learns of the deadline by its heartbeat, so by the database's clock."""
    job = lab.new_job(source_text="A: 1\nB: 2\n")
    done: list[int] = []

    def outlast_the_deadline(index: int) -> None:
        done.append(index)
        lab.psql.make_overdue(job.id)
        beat = lab.psql.job(job.id)["updated_at"]
        for _ in range(2):  # the first may have been on its way already
            until(lambda since=beat: lab.psql.job(job.id)["updated_at"] > since)  # type: ignore[misc]
            beat = lab.psql.job(job.id)["updated_at"]

    worker = lab.new_worker(
        extractor=LineExtractor(before_chunk=outlast_the_deadline),
        settings=Settings(heartbeat_seconds=0.05),
    )
    assert worker.work(job.id) == "failed"
    assert done == [0]
    assert lab.psql.job(job.id)["error_message"] == reasons.OVER_HARD_LIMIT


@pytest.mark.parametrize(
    ("asked", "limit"),
    [("NULL", 30), ("90", 90), ("1", 1), ("100000", 240), ("1e300", 240), ("'infinity'", 240)],
)
def test_a_job_has_the_limit_it_asks_for_up_to_the_maximum(
    lab: Lab, asked: str, limit: float
) -> None:
    """Whoever asks, a person in psql too."""
    job = lab.new_job()
    lab.psql.update(f"timeout_minutes = {asked}")
    lab.take(job)
    row = lab.psql.job(job.id)
    assert row["deadline_at"] - row["started_at"] == timedelta(minutes=limit)


def test_what_is_left_of_the_limit_is_kept_across_hand_overs_and_the_next_attempt_has_all_of_it(
    lab: Lab,
) -> None:
    job = lab.new_job()
    first = lab.take(job)
    started = lab.psql.job(job.id)["started_at"]
    lab.psql.time_passes(20 * 60)
    read(first)
    assert first.hand_over() is not None
    row = lab.psql.job(job.id)
    assert (row["deadline_at"], row["completed_at"]) == (None, None)
    lab.psql.time_passes(600 * 60)
    second = lab.take(job)
    row = lab.psql.job(job.id)
    assert row["deadline_at"] - row["updated_at"] == pytest.approx(
        timedelta(minutes=10), abs=timedelta(seconds=10)
    )
    assert row["started_at"] == started - timedelta(minutes=620), "one attempt, and its age"
    assert second.retry_later("An error.", 0.0) is not None
    lab.take(job)
    row = lab.psql.job(job.id)
    assert row["deadline_at"] - row["updated_at"] == timedelta(minutes=30)
    assert row["started_at"] == row["updated_at"]


def test_a_job_that_waits_in_a_backlog_for_longer_than_its_limit_runs_when_its_turn_comes(
    lab: Lab,
) -> None:
    job = lab.new_job(source_text="A: 1\nB: 2\n")
    left = iter([900.0, 900.0])
    assert lab.new_worker().work(job.id, lambda: next(left, 0.0)) == "handed_over"
    lab.psql.time_passes(45 * 60)
    begun: list[int] = []
    assert lab.work(job, extractor=LineExtractor(before_chunk=begun.append)) == "completed"
    assert begun == [1]


def test_a_job_that_used_up_its_limit_as_it_was_handed_over_ends_with_the_next_invocation(
    lab: Lab,
) -> None:
    job = lab.new_job(source_text="A: 1\nB: 2\n")
    first = lab.take(job)
    read(first)
    lab.psql.make_overdue(job.id)
    assert first.hand_over() is not None
    begun: list[int] = []
    assert lab.work(job, extractor=LineExtractor(before_chunk=begun.append)) == "failed"
    assert begun == []
    assert lab.psql.job(job.id)["error_message"] == reasons.OVER_HARD_LIMIT


@pytest.mark.parametrize("by", ["a person in psql", "the API, after its messages died"])
def test_a_retry_has_the_whole_limit_whatever_an_earlier_run_left(lab: Lab, by: str) -> None:
    job = lab.new_job()
    first = lab.take(job)
    lab.psql.time_passes(20 * 60)
    read(first)
    first.hand_over()
    if by == "a person in psql":
        lab.psql.update("status = 'pending', updated_at = now()")
    else:
        while lab.psql.job(job.id)["status"] == "pending":
            give_up_on_message(job.id, lab.psql.job(job.id)["revision"], database=lab.database)
        lab.retry(job)
    lab.take(job)
    row = lab.psql.job(job.id)
    assert row["deadline_at"] - row["updated_at"] == timedelta(minutes=30)


@pytest.mark.parametrize("deadline", ["infinity", "-infinity"])
def test_a_deadline_beyond_all_time_does_not_keep_a_worker_from_handing_over(
    lab: Lab, deadline: str
) -> None:
    """A person may set it; then the next invocation has a whole limit."""
    job = lab.new_job()
    attempt = lab.take(job)
    read(attempt)
    lab.psql.update(f"deadline_at = '{deadline}'")
    assert attempt.hand_over() is not None
    lab.take(job)
    row = lab.psql.job(job.id)
    assert row["deadline_at"] - row["updated_at"] == timedelta(minutes=30)


def test_a_job_that_nobody_looked_for_until_its_limit_was_over_is_recovered_and_one_that_hung_fails(
    lab: Lab,
) -> None:
    """The sweeper, its schedule or Postgres was away: that is not the job's time. A hang is."""
    dead, hung = lab.new_job(), lab.new_job()
    lab.take(dead)
    attempt = lab.take(hung)
    lab.psql.time_passes(31 * 60)
    attempt.heartbeat(lab.database)
    lab.psql.time_passes(600 * 60)
    report = lab.sweep()
    assert [each.id for each in report.recovered] == [dead.id]
    assert [each.id for each in report.failed] == [hung.id]
