"""By hand: a manual retry is for running and failed jobs of one's own, acts once, and keeps the history.

And what a person sets in psql is left as it was set.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from extraction_jobs.by_hand import JobNotFoundError, NotAllowedError, cancel_job, retry_job
from extraction_jobs.database import Database
from extraction_jobs.model import Job, Tenant
from extraction_jobs.settings import Settings
from extraction_jobs.sweep import Report
from tests.conftest import TENANT, MemoryQueue, Psql

from .conftest import NewWorker, Take

Retry = Callable[..., Job]


@pytest.fixture
def retry(database: Database, queue: MemoryQueue, settings: Settings) -> Retry:
    """Retries as the API does."""

    def run(job: Job, tenant: Tenant = TENANT) -> Job:
        return retry_job(
            job.id, tenant, "someone", database=database, queue=queue, settings=settings
        )

    return run


def test_a_failed_job_gets_a_fresh_budget_and_runs_to_its_end(
    new_job: Callable[..., Job],
    take: Take,
    new_worker: NewWorker,
    retry: Retry,
    queue: MemoryQueue,
    psql: Psql,
) -> None:
    job = new_job(max_attempts=1)
    take(job).fail("It failed.")
    retried = retry(job)
    assert (retried.status, retried.attempt, retried.lease) == ("pending", 0, 1)
    assert retried.error_message == "It failed.\n\nJob was manually retried."
    assert queue.sent[-1].job_id == job.id
    assert new_worker().work(job.id) == "completed"


def test_a_running_job_is_taken_from_its_worker(
    new_job: Callable[..., Job], take: Take, retry: Retry, database: Database
) -> None:
    job = new_job()
    attempt = take(job)
    assert retry(job).error_message == "Job was manually retried."
    assert attempt.heartbeat(database) is None


@pytest.mark.parametrize("status", ["pending", "completed", "requires_review", "cancelled"])
def test_a_job_that_is_neither_running_nor_failed_is_not_retried(
    status: str, new_job: Callable[..., Job], retry: Retry, queue: MemoryQueue, psql: Psql
) -> None:
    job = new_job()
    if status != "pending":
        psql(f"UPDATE kb.object_extraction_jobs SET status = '{status}'")
    before, sent = psql.job(job.id), len(queue.sent)
    with pytest.raises(NotAllowedError, match=f"^Cannot retry job with status: {status}$"):
        retry(job)
    assert (psql.job(job.id), len(queue.sent)) == (before, sent)


def test_clicked_many_times_at_once_it_acts_once(
    new_job: Callable[..., Job],
    take: Take,
    open_database: Callable[[], Database],
    queue: MemoryQueue,
    settings: Settings,
    psql: Psql,
) -> None:
    job = new_job()
    take(job).fail("It failed.")
    sent = len(queue.sent)
    at_once = threading.Barrier(8)

    def click(database: Database) -> bool:
        at_once.wait()
        try:
            retry_job(job.id, TENANT, "someone", database=database, queue=queue, settings=settings)
        except NotAllowedError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        acted = list(pool.map(click, [open_database() for _ in range(8)]))
    assert acted.count(True) == 1
    assert len(queue.sent) == sent + 1
    assert psql.job(job.id)["error_message"].count("Job was manually retried.") == 1


@pytest.mark.parametrize(
    "stranger",
    [Tenant("other", TENANT.project_id), Tenant(TENANT.org_id, "other"), Tenant("", "")],
    ids=["another organisation", "another project", "nobody"],
)
def test_another_s_job_is_not_there(
    stranger: Tenant,
    new_job: Callable[..., Job],
    take: Take,
    retry: Retry,
    database: Database,
    psql: Psql,
) -> None:
    job = new_job()
    take(job)
    before = psql.job(job.id)
    with pytest.raises(JobNotFoundError):
        retry(job, stranger)
    with pytest.raises(JobNotFoundError):
        cancel_job(job.id, stranger, "someone", database=database)
    assert psql.job(job.id) == before


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


def test_no_trigger_overwrites_an_updated_at_that_a_statement_sets(
    new_job: Callable[..., Job], psql: Psql
) -> None:
    job = new_job()
    for status in ("running", "pending", "failed"):
        psql(
            f"UPDATE kb.object_extraction_jobs SET status = '{status}', updated_at = '2020-01-02 03:04:05+00'"
        )
        assert psql.job(job.id)["updated_at"].isoformat() == "2020-01-02T03:04:05+00:00"
