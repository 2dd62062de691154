"""Promise 4: the budget of attempts is exact.

An attempt is counted when it starts. A job that kills its worker starts exactly max_attempts times. What is not
an attempt costs none: a hand-over that made progress, a duplicate message, a message that came too early.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from extraction import PermanentError, RetryableError
from extraction_jobs.model import Job
from extraction_jobs.sweep import Report
from tests.conftest import MemoryQueue, Psql
from tests.line_extractor import LineExtractor

from .conftest import NewWorker, Take


@pytest.mark.parametrize("budget", [1, 2, 3, 5])
def test_a_job_that_kills_its_worker_starts_exactly_as_often_as_its_budget_says(
    budget: int, new_job: Callable[..., Job], take: Take, sweep: Callable[..., Report], psql: Psql
) -> None:
    job = new_job(max_attempts=budget)
    starts = 0
    while psql.job(job.id)["status"] == "pending":
        take(job)  # and dies
        starts += 1
        psql.make_idle(job.id, 6)
        sweep()
        psql(
            "UPDATE kb.object_extraction_jobs SET run_after = now(), revision = revision + 0 WHERE false"
        )
        assert starts <= budget
    row = psql.job(job.id)
    assert starts == budget
    assert row["status"] == "failed"
    assert row["error_message"].endswith(
        f"Job was interrupted on attempt {budget} of {budget}: the budget is spent, "
        "so it was failed and not tried again."
    )
    assert len([e for e in psql.events(job.id) if e["to_status"] == "running"]) == budget


def test_an_error_worth_a_retry_is_retried_with_growing_waits_until_the_budget_is_spent(
    new_job: Callable[..., Job], new_worker: NewWorker, queue: MemoryQueue, psql: Psql
) -> None:
    def be_overloaded(_: int) -> None:
        raise RetryableError("The model is overloaded.")

    job = new_job()
    worker = new_worker(extractor=LineExtractor(before_chunk=be_overloaded))
    outcomes, waits = [], []
    for _ in range(3):
        outcomes.append(worker.work(job.id))
        waits.append(
            psql(
                "SELECT extract(epoch FROM run_after - updated_at)::float AS wait"
                " FROM kb.object_extraction_jobs"
            )[0]["wait"]
        )
        _make_due(psql)
    assert outcomes == ["will_retry", "will_retry", "failed"]
    # random() is 0 in these workers: half of 10 and of 20 seconds.
    assert waits[:2] == [5.0, 10.0]
    assert [sent.due_in_seconds for sent in queue.sent[1:]] == pytest.approx([5.0, 10.0], abs=0.1)
    row = psql.job(job.id)
    assert row["attempt"] == 3
    assert row["error_message"].count("The model is overloaded.") == 3
    assert row["error_message"].endswith("Attempt 3 of 3: the budget is spent.")


def test_an_error_may_say_how_long_to_wait(
    new_job: Callable[..., Job], new_worker: NewWorker, psql: Psql
) -> None:
    def be_throttled(_: int) -> None:
        raise RetryableError("Throttled.", after_seconds=120)

    job = new_job()
    assert (
        new_worker(extractor=LineExtractor(before_chunk=be_throttled)).work(job.id) == "will_retry"
    )
    [row] = psql(
        "SELECT extract(epoch FROM run_after - updated_at) AS wait FROM kb.object_extraction_jobs"
    )
    assert row["wait"] == 120


def test_an_error_that_no_retry_would_cure_fails_the_job_at_once(
    new_job: Callable[..., Job], new_worker: NewWorker, psql: Psql
) -> None:
    job = new_job(source_text="   ")
    job = new_job(source_text=None)
    assert new_worker().work(job.id) == "failed"
    row = psql.job(job.id)
    assert row["attempt"] == 1
    assert "source_text" in row["error_message"]
    assert "source_uri" in row["error_message"]


def test_an_unexpected_error_is_told_without_its_message(
    new_job: Callable[..., Job], new_worker: NewWorker, psql: Psql, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: int) -> None:
        raise KeyError("a line of the document")

    job = new_job()
    assert new_worker(extractor=LineExtractor(before_chunk=fail)).work(job.id) == "will_retry"
    message = psql.job(job.id)["error_message"]
    assert message.startswith("Unexpected KeyError in test_the_budget_is_exact.py, line ")
    assert "a line of the document" not in message + caplog.text


def test_one_failed_chunk_does_not_throw_the_others_away(
    new_job: Callable[..., Job], new_worker: NewWorker, psql: Psql
) -> None:
    def fail_the_second(index: int) -> None:
        if index == 1:
            raise PermanentError("This chunk cannot be read.")

    job = new_job(source_text="A: 1\nB: 2\nC: 3\n")
    worker = new_worker(extractor=LineExtractor(before_chunk=fail_the_second))
    assert worker.work(job.id) == "requires_review"
    row = psql.job(job.id)
    assert (row["total_items"], row["successful_items"], row["failed_items"]) == (3, 2, 1)
    assert [o["type"] for o in psql("SELECT type FROM kb.extracted_objects ORDER BY ordinal")] == [
        "A",
        "C",
    ]
    assert psql.events(job.id)[-1]["reason"] == "1 of 3 chunks could not be extracted."


def test_a_job_none_of_whose_chunks_can_be_extracted_fails_with_the_reason(
    new_job: Callable[..., Job], new_worker: NewWorker, psql: Psql
) -> None:
    def fail(_: int) -> None:
        raise PermanentError("This chunk cannot be read.")

    job = new_job(source_text="A: 1\nB: 2\n")
    assert new_worker(extractor=LineExtractor(before_chunk=fail)).work(job.id) == "failed"
    assert psql.job(job.id)["error_message"] == (
        "No part of the document could be extracted: This chunk cannot be read."
    )


def test_a_duplicate_message_costs_no_attempt(
    new_job: Callable[..., Job], new_worker: NewWorker, take: Take, psql: Psql
) -> None:
    job = new_job()
    take(job)
    for _ in range(5):
        assert new_worker().work(job.id) == "nothing_to_do"
    assert psql.job(job.id)["attempt"] == 1


def test_a_hand_over_that_made_progress_costs_no_attempt(
    new_job: Callable[..., Job], new_worker: NewWorker, queue: MemoryQueue, psql: Psql
) -> None:
    """Twelve chunks, one a slice: far more slices than attempts."""
    job = new_job(source_text="".join(f"L{n}: {n}\n" for n in range(12)))
    outcomes = []
    while psql.job(job.id)["status"] == "pending":
        # Time for the start and for one chunk; then the margin is reached.
        left = iter([900.0, 900.0])
        outcomes.append(new_worker().work(job.id, lambda left=left: next(left, 30.0)))  # type: ignore[misc]
        assert psql.job(job.id)["attempt"] <= 1
    assert outcomes == ["handed_over"] * 11 + ["completed"]
    assert psql.job(job.id)["attempt"] == 1
    assert psql.job(job.id)["lease"] == 12
    assert psql("SELECT count(*) AS n FROM kb.extracted_objects") == [{"n": 12}]
    assert len(queue.sent) == 12, "one message at the start, one a hand-over"


def test_a_hand_over_without_a_new_checkpoint_counts_or_it_would_go_round_for_ever(
    new_job: Callable[..., Job], new_worker: NewWorker, psql: Psql
) -> None:
    job = new_job()
    outcomes = []
    while psql.job(job.id)["status"] == "pending":
        left = iter([900.0])
        outcomes.append(new_worker().work(job.id, lambda left=left: next(left, 30.0)))  # type: ignore[misc]
    assert outcomes == ["handed_over", "handed_over", "failed"]
    row = psql.job(job.id)
    assert row["attempt"] == row["max_attempts"] == 3
    assert "ran out of time without finishing a single chunk" in row["error_message"]


def test_a_job_whose_budget_was_lowered_below_its_attempts_ends_instead_of_waiting_for_ever(
    new_job: Callable[..., Job], take: Take, sweep: Callable[..., Report], psql: Psql
) -> None:
    job = new_job()
    take(job).retry_later("An error.", 0.0)
    psql("UPDATE kb.object_extraction_jobs SET max_attempts = 1, next_dispatch_at = now()")
    assert [swept.id for swept in sweep().failed] == [job.id]
    assert psql.job(job.id)["error_message"].endswith(
        "Job has used 1 of 1 attempts and cannot start another."
    )


def _make_due(psql: Psql) -> None:
    """Lets the wait be over without counting as a change by hand: revision moves, and an event is not due."""
    psql("ALTER TABLE kb.object_extraction_jobs DISABLE TRIGGER change_by_hand")
    psql("UPDATE kb.object_extraction_jobs SET run_after = now() WHERE status = 'pending'")
    psql("ALTER TABLE kb.object_extraction_jobs ENABLE TRIGGER change_by_hand")
