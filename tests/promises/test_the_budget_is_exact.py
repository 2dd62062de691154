"""Promise 7: the budget is exact.

What could go wrong: a job that kills its worker (it eats all memory, it crashes the interpreter) is recovered again
and again and runs for ever, at somebody's cost; or an honest job is failed because something that was no attempt of
its own was counted: a duplicate message, a message that came too early or that no worker had time for, a full queue, a
hand-over.

What must hold: it starts exactly max_attempts times and then is `failed` with that reason. What is no attempt costs
none. The exception is said aloud: a hand-over that brought no checkpoint counts, or it could go round for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from extraction import RetryableError
from extraction_jobs.claim import Busy
from extraction_jobs.dead_letter import give_up_on_message
from extraction_jobs.work import RedeliverError
from tests.line_extractor import failing

from .conftest import Lab
from .sizes import size
from .worker_host import IN_CHUNK


@pytest.mark.parametrize("budget", range(1, size(3, 8) + 1, size(2, 1)))
def test_a_job_that_kills_its_worker_starts_exactly_as_often_as_its_budget_says_whatever_else_comes(
    lab: Lab, budget: int
) -> None:
    job = lab.new_job(max_attempts=budget, source_text="".join(f"L{n}: {n}\n" for n in range(20)))
    kills = 0
    while lab.psql.job(job.id)["status"] == "pending":
        assert kills < budget
        # Its message was held up so long that its invocation is about to end.
        with pytest.raises(RedeliverError):
            lab.new_worker().work(job.id, lambda: 0.0)
        with lab.locked():
            assert lab.claim(job, sleep=lambda _: None) == Busy()
        row = lab.psql.job(job.id)
        assert give_up_on_message(job.id, row["revision"], database=lab.database) == "pending"
        assert lab.new_worker().work(job.id, one_chunk_only()) == "handed_over"
        assert lab.psql.job(job.id)["attempt"] == row["attempt"] == kills
        killer = lab.start(job, stop_at=IN_CHUNK).until("stopped")
        workers = [lab.new_worker() for _ in range(4)]
        with ThreadPoolExecutor(4) as pool:
            again = pool.map(lambda worker: worker.work(job.id), workers)
            assert list(again) == ["nothing_to_do"] * 4
        killer.kill()
        kills += 1
        lab.psql.make_idle(job.id, 6)
        lab.sweep()
    assert kills == budget
    row = lab.psql.job(job.id)
    assert (row["status"], row["attempt"]) == ("failed", budget)
    assert row["error_message"].endswith(
        f"Job was interrupted on attempt {budget} of {budget}: the budget is spent, "
        "so it was failed and not tried again."
    )
    starts = [
        event["attempt"] for event in lab.psql.events(job.id) if event["to_status"] == "running"
    ]
    assert starts == [n for n in range(1, budget + 1) for _ in ("handed over", "killed")]
    assert lab.work(job) == "nothing_to_do"
    assert lab.sweep().recovered == []


def one_chunk_only() -> Callable[[], float]:
    """The time that is left: enough for the start and for one chunk; then the margin is reached."""
    left = iter([900.0, 900.0])
    return lambda: next(left, 30.0)


def test_an_error_worth_a_retry_is_retried_with_growing_waits_until_the_budget_is_spent(
    lab: Lab,
) -> None:
    job = lab.new_job()
    worker = lab.new_worker(extractor=failing(RetryableError("The model is overloaded.")))
    outcomes, waits = [], []
    for _ in range(3):
        outcomes.append(worker.work(job.id))
        row = lab.psql.job(job.id)
        waits.append((row["run_after"] - row["updated_at"]).total_seconds())
        lab.psql.update("run_after = now()", by_hand=False)
    assert outcomes == ["will_retry", "will_retry", "failed"]
    # random() is 0 in these workers: half of 10 and of 20 seconds.
    assert waits[:2] == [5.0, 10.0]
    assert [sent.due_in_seconds for sent in lab.queue.sent[1:]] == pytest.approx(
        [5.0, 10.0], abs=0.1
    )
    row = lab.psql.job(job.id)
    assert row["attempt"] == 3
    assert row["error_message"].count("The model is overloaded.") == 3
    assert row["error_message"].endswith("Attempt 3 of 3: the budget is spent.")


def test_a_hand_over_without_a_new_checkpoint_counts_or_it_would_go_round_for_ever(
    lab: Lab,
) -> None:
    job = lab.new_job()
    outcomes = []
    while lab.psql.job(job.id)["status"] == "pending":
        left = iter([900.0])
        outcomes.append(lab.new_worker().work(job.id, lambda left=left: next(left, 30.0)))  # type: ignore[misc]
    assert outcomes == ["handed_over", "handed_over", "failed"]
    row = lab.psql.job(job.id)
    assert row["attempt"] == row["max_attempts"] == 3
    assert "ran out of time without finishing a single chunk" in row["error_message"]


def test_a_job_whose_budget_was_lowered_below_its_attempts_ends_instead_of_waiting_for_ever(
    lab: Lab,
) -> None:
    job = lab.new_job()
    lab.take(job).retry_later("An error.", 0.0)
    lab.psql.update("max_attempts = 1, next_dispatch_at = now()")
    assert [swept.id for swept in lab.sweep().failed] == [job.id]
    assert lab.psql.job(job.id)["error_message"].endswith(
        "Job has used 1 of 1 attempts and cannot start another."
    )
