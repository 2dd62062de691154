"""Promise 1: a claim is one worker's.

However many messages a job has, and however many workers have them at once, one of them runs the job.
"""

from __future__ import annotations

import psycopg

from extraction_jobs.claim import Busy, Claimed, NothingToDo, claim
from extraction_jobs.model import JobStatus

from .conftest import Lab


def test_an_early_message_is_sent_again_for_when_the_job_is_due_with_its_tenant_and_its_trace(
    lab: Lab,
) -> None:
    job = lab.new_job(trace="a trace")
    first = lab.queue.sent[-1]
    lab.psql("UPDATE kb.object_extraction_jobs SET run_after = now() + interval '90 seconds'")
    assert lab.new_worker().work(job.id) == "not_due"
    again = lab.queue.sent[-1]
    assert again is not first
    assert 80 < again.due_in_seconds <= 90
    assert (again.org_id, again.trace) == (first.org_id, first.trace) == ("acme", "a trace")
    assert lab.psql.job(job.id)["dispatched_at"] is not None


def test_a_job_without_budget_is_not_claimed(lab: Lab) -> None:
    job = lab.new_job(max_attempts=1)
    lab.psql("UPDATE kb.object_extraction_jobs SET attempt = 1")
    outcome = claim(job.id, worker="test", database=lab.database, settings=lab.settings)
    assert outcome == NothingToDo(JobStatus.PENDING)


def test_a_claim_outwaits_a_moment_s_lock(lab: Lab, empty_tables: str) -> None:
    """The note that a message was sent locks the row when its message may already be at a worker's."""
    job = lab.new_job()
    with psycopg.connect(empty_tables) as other:
        other.execute("SELECT FROM kb.object_extraction_jobs FOR UPDATE")
        waits: list[float] = []

        def let_go(wait: float) -> None:
            waits.append(wait)
            if len(waits) == 3:
                other.commit()

        outcome = claim(
            job.id, worker="test", database=lab.database, settings=lab.settings, sleep=let_go
        )
    assert isinstance(outcome, Claimed)


def test_a_claim_does_not_wait_for_ever_for_a_lock(lab: Lab, empty_tables: str) -> None:
    job = lab.new_job()
    with psycopg.connect(empty_tables) as other:
        other.execute("SELECT FROM kb.object_extraction_jobs FOR UPDATE")
        outcome = claim(
            job.id,
            worker="test",
            database=lab.database,
            settings=lab.settings,
            sleep=lambda _: None,
        )
    assert outcome == Busy()
