"""What a job's model calls cost is on its row, whatever became of them, and a budget is kept.

Tokens are paid for when the model answers, not when the job completes: an attempt that fails, is handed over or
loses its lease has spent them all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal

import psycopg
import pytest

from extraction import ChunkResult, Control, PermanentError, RetryableError, Run
from extraction_jobs.model import Job
from tests.conftest import Psql
from tests.line_extractor import LineExtractor

from .conftest import Lab, meddle, raising
from .writes import checkpoint

CALL = {
    "model_calls": 1,
    "input_tokens": 100,
    "cache_read_tokens": 20,
    "cache_write_tokens": 3,
    "output_tokens": 10,
    "cost_microdollars": 1_500,
}


class Paid(LineExtractor):
    """Each chunk is a paid call, after which the chunk comes to `end`."""

    def __init__(self, end: Callable[[int], None] | None = None) -> None:
        super().__init__()
        self.end = end or (lambda _: None)
        self.left: list[float] = []

    def chunk(self, run: Run, index: int, *, control: Control) -> ChunkResult:
        self.left.append(control.dollars_left())
        control.on_usage(CALL)
        self.end(index)
        return super().chunk(run, index, control=control)


def spent(psql: Psql, job: Job) -> tuple[int, int, Decimal]:
    row = psql.job(job.id)
    return row["input_tokens"], row["output_tokens"], row["cost_usd"]


def calls(number: int) -> tuple[int, int, Decimal]:
    return 123 * number, 10 * number, Decimal("0.0015") * number


def test_a_completed_job_tells_what_it_cost(lab: Lab) -> None:
    job = lab.new_job(source_text="A: 1\nB: 2\n")
    assert lab.work(job, extractor=Paid()) == "completed"
    assert spent(lab.psql, job) == calls(2)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(RetryableError("later"), "will_retry"), (PermanentError("never"), "failed")],
)
def test_calls_that_came_to_nothing_are_counted(lab: Lab, error: Exception, outcome: str) -> None:
    job = lab.new_job()
    assert lab.work(job, extractor=Paid(raising(error))) == outcome
    assert spent(lab.psql, job) == calls(1)


def test_a_hand_over_counts_what_was_spent_since_the_last_checkpoint(lab: Lab) -> None:
    job = lab.new_job(source_text="A: 1\nB: 2\nC: 3\n")
    left = iter([900.0, 900.0, 900.0])
    assert lab.new_worker(extractor=Paid()).work(job.id, lambda: next(left, 0.0)) == "handed_over"
    before = spent(lab.psql, job)
    assert before == calls(lab.psql.job(job.id)["processed_items"])
    assert lab.work(job, extractor=Paid()) == "completed"
    assert spent(lab.psql, job) == calls(3)


def test_a_write_repeated_after_a_lost_reply_counts_nothing_twice(lab: Lab) -> None:
    job = lab.new_job()
    attempt = lab.take(job)
    attempt.spending.add(CALL)
    replies = iter([psycopg.OperationalError("the connection is lost")])

    def lose_the_first() -> None:
        for lost in replies:
            raise lost

    meddle(attempt._database, after=lose_the_first)
    for _ in range(2):
        with suppress(psycopg.OperationalError):
            checkpoint(attempt)
    assert spent(lab.psql, job) == calls(1)


def test_the_extractor_is_told_what_is_left_of_the_budget_over_all_attempts(lab: Lab) -> None:
    job = lab.new_job(
        source_text="A: 1\nB: 2\nC: 3\n", extraction_config={"max_cost_usd": 0.01}, max_attempts=2
    )
    failing = Paid(lambda index: raising(RetryableError("later"))(index) if index == 1 else None)
    assert lab.work(job, extractor=failing) == "will_retry"
    assert failing.left == pytest.approx([0.01, 0.0085])
    lab.psql.update("run_after = now(), revision = revision")
    second = Paid()
    assert lab.work(job, extractor=second) == "completed"
    assert second.left == pytest.approx([0.007, 0.0055])
