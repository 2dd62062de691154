"""Promise 1: a claim is one worker's.

However many messages a job has, and however many workers have them at once, one of them runs the job.
"""

from __future__ import annotations

from contextlib import ExitStack

from extraction_jobs.claim import Busy, Claimed, NothingToDo
from extraction_jobs.model import JobStatus

from .conftest import Lab


def test_a_job_without_budget_is_not_claimed(lab: Lab) -> None:
    job = lab.new_job(max_attempts=1)
    lab.psql.update("attempt = 1")
    outcome = lab.claim(job)
    assert outcome == NothingToDo(JobStatus.PENDING)


def test_a_claim_outwaits_a_moment_s_lock_and_does_not_wait_for_ever(lab: Lab) -> None:
    """The note that a message was sent locks the row when its message may already be at a worker's."""
    job = lab.new_job()
    with lab.locked():
        assert lab.claim(job, sleep=lambda _: None) == Busy()
    waits: list[float] = []
    with ExitStack() as lock:
        lock.enter_context(lab.locked())

        def let_go(wait: float) -> None:
            waits.append(wait)
            if len(waits) == 3:
                lock.close()

        assert isinstance(lab.claim(job, sleep=let_go), Claimed)
