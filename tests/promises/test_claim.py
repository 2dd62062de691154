"""Promise 1: a claim is one worker's.

However many messages a job has, and however many workers have them at once, one of them runs the job.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest

from extraction_jobs.claim import Busy, Claimed, ClaimOutcome, NotDue, NothingToDo, claim
from extraction_jobs.database import Database
from extraction_jobs.model import Job, JobStatus
from extraction_jobs.settings import Settings
from tests.conftest import MemoryQueue, Psql
from tests.conftest import job_id as as_job_id

from .conftest import NewWorker, Take


def test_of_many_messages_delivered_at_once_one_runs(
    new_job: Callable[..., Job],
    open_database: Callable[[], Database],
    settings: Settings,
    psql: Psql,
) -> None:
    job = new_job()
    at_once = threading.Barrier(8)

    def deliver(database: Database) -> ClaimOutcome:
        at_once.wait()
        return claim(job.id, worker="test", database=database, settings=settings)

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(deliver, [open_database() for _ in range(8)]))

    assert sum(isinstance(outcome, Claimed) for outcome in outcomes) == 1
    row = psql.job(job.id)
    assert (row["status"], row["attempt"], row["lease"]) == ("running", 1, 1)


def test_a_claim_sets_all_that_an_attempt_needs(
    new_job: Callable[..., Job], take: Take, psql: Psql
) -> None:
    job = new_job()
    take(job)
    [facts] = psql(
        "SELECT attempt, lease, started_at = updated_at AS now_started,"
        " deadline_at - started_at AS limited FROM kb.object_extraction_jobs"
    )
    assert facts == {
        "attempt": 1,
        "lease": 1,
        "now_started": True,
        "limited": timedelta(minutes=30),
    }


@pytest.mark.parametrize(
    "status", ["running", "completed", "requires_review", "failed", "cancelled"]
)
def test_a_job_that_is_not_pending_is_not_claimed(
    status: str, new_job: Callable[..., Job], database: Database, settings: Settings, psql: Psql
) -> None:
    job = new_job()
    psql(f"UPDATE kb.object_extraction_jobs SET status = '{status}'")
    before = psql.job(job.id)
    outcome = claim(job.id, worker="test", database=database, settings=settings)
    assert outcome == NothingToDo(JobStatus(status))
    assert psql.job(job.id) == before


def test_a_job_is_not_claimed_before_its_time(
    new_job: Callable[..., Job],
    new_worker: NewWorker,
    database: Database,
    settings: Settings,
    psql: Psql,
) -> None:
    job = new_job()
    psql("UPDATE kb.object_extraction_jobs SET run_after = now() + interval '90 seconds'")
    outcome = claim(job.id, worker="test", database=database, settings=settings)
    assert isinstance(outcome, NotDue)
    assert 80 < outcome.message.due_in_seconds <= 90


def test_an_early_message_is_sent_again_for_when_the_job_is_due_with_its_tenant_and_its_trace(
    new_job: Callable[..., Job], new_worker: NewWorker, queue: MemoryQueue, psql: Psql
) -> None:
    job = new_job(trace="a trace")
    first = queue.sent[-1]
    psql("UPDATE kb.object_extraction_jobs SET run_after = now() + interval '90 seconds'")
    assert new_worker().work(job.id) == "not_due"
    again = queue.sent[-1]
    assert again is not first
    assert 80 < again.due_in_seconds <= 90
    assert (again.org_id, again.trace) == (first.org_id, first.trace) == ("acme", "a trace")
    assert psql.job(job.id)["dispatched_at"] is not None


def test_a_job_without_budget_is_not_claimed(
    new_job: Callable[..., Job], database: Database, settings: Settings, psql: Psql
) -> None:
    job = new_job(max_attempts=1)
    psql("UPDATE kb.object_extraction_jobs SET attempt = 1")
    outcome = claim(job.id, worker="test", database=database, settings=settings)
    assert outcome == NothingToDo(JobStatus.PENDING)


def test_a_message_for_a_job_that_is_not_there_does_nothing(
    database: Database, settings: Settings
) -> None:
    nobody = as_job_id("01936b2e-7a00-7000-8000-000000000000")
    assert claim(nobody, worker="test", database=database, settings=settings) == NothingToDo(None)


def test_a_claim_outwaits_a_moment_s_lock(
    new_job: Callable[..., Job], database: Database, settings: Settings, empty_tables: str
) -> None:
    """The note that a message was sent locks the row when its message may already be at a worker's."""
    job = new_job()
    with psycopg.connect(empty_tables) as other:
        other.execute("SELECT FROM kb.object_extraction_jobs FOR UPDATE")
        waits: list[float] = []

        def let_go(wait: float) -> None:
            waits.append(wait)
            if len(waits) == 3:
                other.commit()

        outcome = claim(job.id, worker="test", database=database, settings=settings, sleep=let_go)
    assert isinstance(outcome, Claimed)


def test_a_claim_does_not_wait_for_ever_for_a_lock(
    new_job: Callable[..., Job], database: Database, settings: Settings, empty_tables: str
) -> None:
    job = new_job()
    with psycopg.connect(empty_tables) as other:
        other.execute("SELECT FROM kb.object_extraction_jobs FOR UPDATE")
        outcome = claim(
            job.id, worker="test", database=database, settings=settings, sleep=lambda _: None
        )
    assert outcome == Busy()
