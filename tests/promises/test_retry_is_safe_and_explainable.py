"""Promise 14: retry is safe and explainable. What a dry run shows is what the sweep then does; no job is lost or made
by any of it; a manual retry acts once, on jobs for which it makes sense, and keeps their history.

What could go wrong. An operator looks at what would be recovered, agrees, and something else is recovered. A retry
clicked twice runs a job twice; one of a job that has just completed throws its result away; one of another tenant's
job works. Jobs fall out of the count, or are counted twice, while everything moves.

What must hold. The three sets are one, job by job, with what becomes of each. At every moment, in one snapshot,
created = active + ended, by the rows and by the history alike, and no job's row says other than its history.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

import pytest

from extraction_jobs import reading
from extraction_jobs.by_hand import JobNotFoundError, NotAllowedError, cancel_job, retry_job
from extraction_jobs.create import NewJob, create_job
from extraction_jobs.database import Database
from extraction_jobs.model import Job, JobId, Tenant
from extraction_jobs.settings import Settings
from extraction_jobs.sweep import Sweeper, Swept
from extraction_jobs.work import Worker
from tests.conftest import TENANT, Psql
from tests.promises import invariants

from .conftest import Lab
from .sizes import size

TABLES = size(3, 50)
JOBS_A_TABLE = size(60, 400)


def test_a_failed_job_gets_a_fresh_budget_and_runs_to_its_end(lab: Lab) -> None:
    job = lab.new_job(max_attempts=1)
    lab.take(job).fail("It failed.")
    retried = lab.retry(job)
    assert (retried.status, retried.attempt, retried.lease) == ("pending", 0, 1)
    assert retried.error_message == "It failed.\n\nJob was manually retried."
    assert lab.queue.sent[-1].job_id == job.id
    assert lab.work(job) == "completed"


@pytest.mark.parametrize("status", ["pending", "completed", "requires_review", "cancelled"])
def test_a_job_that_is_neither_running_nor_failed_is_not_retried(lab: Lab, status: str) -> None:
    job = lab.new_job()
    if status != "pending":
        lab.psql.update(f"status = '{status}'")
    before, sent = lab.psql.job(job.id), len(lab.queue.sent)
    with pytest.raises(NotAllowedError, match=f"^Cannot retry job with status: {status}$"):
        lab.retry(job)
    assert (lab.psql.job(job.id), len(lab.queue.sent)) == (before, sent)


def test_clicked_many_times_at_once_it_acts_once(lab: Lab) -> None:
    job = lab.new_job()
    lab.take(job).fail("It failed.")
    sent = len(lab.queue.sent)
    at_once = threading.Barrier(8)

    def click(database: Database) -> bool:
        at_once.wait()
        try:
            retry_job(
                job.id, TENANT, "someone", database=database, queue=lab.queue, settings=lab.settings
            )
        except NotAllowedError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        acted = list(pool.map(click, [lab.open_database() for _ in range(8)]))
    assert acted.count(True) == 1
    assert len(lab.queue.sent) == sent + 1
    assert lab.psql.job(job.id)["error_message"].count("Job was manually retried.") == 1


@pytest.mark.parametrize(
    "stranger",
    [Tenant("other", TENANT.project_id), Tenant(TENANT.org_id, "other"), Tenant("", "")],
    ids=["another organisation", "another project", "nobody"],
)
def test_another_s_job_is_not_there(lab: Lab, stranger: Tenant) -> None:
    job = lab.new_job()
    lab.take(job)
    before = lab.psql.job(job.id)
    with pytest.raises(JobNotFoundError):
        lab.retry(job, stranger)
    with pytest.raises(JobNotFoundError):
        cancel_job(job.id, stranger, "someone", database=lab.database)
    assert lab.psql.job(job.id) == before


@pytest.mark.parametrize("seed", range(TABLES))
def test_a_dry_run_the_list_of_orphans_and_the_sweep_itself_name_the_same_jobs(
    lab: Lab, seed: int
) -> None:
    _any_jobs(random.Random(seed), lab.psql, JOBS_A_TABLE)
    before = lab.psql("SELECT * FROM kb.object_extraction_jobs ORDER BY id")
    events = lab.psql("SELECT * FROM kb.extraction_job_events ORDER BY id")

    listed = reading.list_orphans(TENANT, 1000, database=lab.database, settings=lab.settings)
    dry = lab.sweep(dry_run=True)

    assert lab.psql("SELECT * FROM kb.object_extraction_jobs ORDER BY id") == before
    assert lab.psql("SELECT * FROM kb.extraction_job_events ORDER BY id") == events
    assert lab.psql("SELECT * FROM kb.extraction_sweeps") == []
    assert lab.queue.sent == []

    real = lab.sweep()
    assert _ids(dry.recovered) == _ids(real.recovered)
    assert _ids(dry.failed) == _ids(real.failed)
    assert dry.redispatched == real.redispatched
    actions = {row["id"]: row["action"].partition(":")[0] for row in listed}
    # What is pending and can never start is failed as well; it is no orphan.
    assert _ids(real.recovered) == {each for each, action in actions.items() if action == "recover"}
    running = {row["id"] for row in before if row["status"] == "running"}
    assert _ids(real.failed) & running == {
        each for each, action in actions.items() if action == "fail"
    }
    assert actions, "there was something to do"
    after = {row["id"]: row for row in lab.psql("SELECT * FROM kb.object_extraction_jobs")}
    touched = _ids(real.recovered) | _ids(real.failed)
    for row in before:
        if row["id"] not in touched:
            assert after[row["id"]]["revision"] == row["revision"]
    dry_again = lab.sweep(dry_run=True)
    assert (dry_again.recovered, dry_again.failed, dry_again.redispatched) == ([], [], 0)
    lab.psql("TRUNCATE kb.object_extraction_jobs, kb.extraction_job_events CASCADE")


def _any_jobs(chance: random.Random, psql: Psql, count: int) -> None:
    """Jobs in any state, each clear of any threshold by a minute: so time stands still for the test."""
    for _ in range(count):
        status = chance.choice(
            ["pending"] * 2
            + ["running"] * 5
            + ["completed", "failed", "cancelled", "requires_review"]
        )
        psql(
            "INSERT INTO kb.object_extraction_jobs (org_id, project_id, source_type, status, revision, attempt,"
            " max_attempts, lease, started_at, updated_at, deadline_at, next_dispatch_at, run_after, completed_at)"
            " VALUES ('acme', 'library', 'document', %(status)s, 1, %(attempt)s, 3, %(attempt)s, now(),"
            " now() - %(idle)s * interval '1 minute', now() + %(left)s * interval '1 minute',"
            " now() + %(due)s * interval '1 minute', now(), %(completed)s)",
            {
                "status": status,
                "attempt": chance.choice([1, 2, 3])
                if status == "running"
                else chance.choice([0, 1, 3]),
                "idle": chance.choice([0, 4, 6, 600]),
                "left": chance.choice([None, -660, -300, -1, 1, 30])
                if status == "running"
                else None,
                "due": chance.choice([-60, -1, 1, 60]),
                "completed": None if status in ("pending", "running") else "2026-01-01",
            },
        )
    psql(
        "INSERT INTO kb.extraction_job_events (job_id, actor, from_status, to_status, reason, attempt, lease)"
        " SELECT id, 'api', NULL, status, 'Made for a test.', 0, 0 FROM kb.object_extraction_jobs"
    )


def _ids(swept: Sequence[Swept]) -> set[JobId]:
    return {job.id for job in swept}


def test_the_counts_add_up_at_every_moment_while_everything_moves(lab: Lab) -> None:
    """Two creators, two workers, a sweep that takes every running job for an orphan, a hand that retries and one that
    cancels; the observer looks as often as it can."""
    jobs_each = size(100, 3_000)
    settings = Settings(
        orphan_threshold_minutes=0.0001, heartbeat_seconds=0.001, retry_backoff_seconds=0
    )
    made: list[Job] = []
    busy = threading.Event()
    busy.set()
    new = NewJob(TENANT, "document", source_text="A: 1\nB: 2\n", max_attempts=20)

    def create(database: Database) -> None:
        made.extend(
            create_job(new, database=database, queue=lab.queue, settings=settings).job
            for _ in range(jobs_each)
        )

    def sweep_again(database: Database) -> None:
        Sweeper(database, lab.queue, settings).sweep()

    def work_on_one(worker: Worker) -> None:
        with suppress(IndexError):
            worker.work(chance.choice(made).id)

    def by_hand(act: Callable[..., Job], database: Database, **parts: object) -> None:
        with suppress(IndexError, NotAllowedError):
            act(chance.choice(made).id, TENANT, "someone", database=database, **parts)

    def again_and_again(act: Callable[[], None]) -> None:
        while busy.is_set():
            act()

    chance = random.Random(14)
    sweeping, retrying, cancelling = lab.open_database(), lab.open_database(), lab.open_database()
    workers = [lab.new_worker(settings=settings) for _ in range(2)]
    moments = []
    with ThreadPoolExecutor(8) as pool:
        creators = [pool.submit(create, lab.open_database()) for _ in range(2)]
        others = [pool.submit(again_and_again, partial(work_on_one, worker)) for worker in workers]
        others += [
            pool.submit(again_and_again, partial(sweep_again, sweeping)),
            pool.submit(
                again_and_again,
                partial(by_hand, retry_job, retrying, queue=lab.queue, settings=settings),
            ),
            pool.submit(again_and_again, partial(by_hand, cancel_job, cancelling)),
        ]
        try:
            while not all(creator.done() for creator in creators):
                moments.append(invariants.conserved(lab.psql.connection))
                invariants.check(lab.psql.connection)
        finally:
            busy.clear()
        for each in [*creators, *others]:
            each.result(20)
    assert moments[-1]["created"] > 0
    assert len(moments) > 3
    counts = invariants.conserved(lab.psql.connection)
    assert counts["created"] == 2 * jobs_each
    found = reading.statistics(TENANT, database=sweeping, settings=settings)
    assert sum(found.counts.values()) == 2 * jobs_each
