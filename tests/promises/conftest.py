"""What the promises are tested with: workers, sweeps, and the invariants, which are checked after every test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from extraction_jobs.attempt import Attempt
from extraction_jobs.by_hand import cancel_job, retry_job
from extraction_jobs.claim import Claimed, claim
from extraction_jobs.database import Database
from extraction_jobs.model import Job, Tenant
from extraction_jobs.settings import Settings
from extraction_jobs.sweep import Report, Sweeper
from extraction_jobs.work import Worker
from tests.conftest import TENANT, MemoryQueue, Psql
from tests.integration.gate import Gate
from tests.line_extractor import LineExtractor
from tests.promises import invariants
from tests.promises.no_sources import NoSources
from tests.promises.processes import WorkerProcesses

NewWorker = Callable[..., Worker]
Take = Callable[[Job], Attempt]
Retry = Callable[..., Job]


@pytest.fixture
def new_worker(
    open_database: Callable[[], Database], queue: MemoryQueue, settings: Settings
) -> NewWorker:
    """Makes a worker with connections of its own."""

    def make(**changes: Any) -> Worker:
        parts: dict[str, Any] = {
            "name": "test",
            "database": open_database(),
            "open_heartbeat_database": open_database,
            "queue": queue,
            "sources": NoSources(),
            "extractor": LineExtractor(),
            "settings": settings,
            "random": lambda: 0.0,
        }
        return Worker(**(parts | changes))

    return make


@pytest.fixture
def gate(empty_tables: str) -> Iterator[Gate]:
    """What is between a worker and Postgres."""
    gate = Gate(empty_tables)
    yield gate
    gate.open()
    gate.shut()


@pytest.fixture
def take(open_database: Callable[[], Database], settings: Settings) -> Take:
    """Claims a job as a worker would and gives its hold on it, over a connection of its own."""

    def claim_it(job: Job) -> Attempt:
        database = open_database()
        outcome = claim(job.id, worker="test", database=database, settings=settings)
        assert isinstance(outcome, Claimed), outcome
        return Attempt(outcome.job, database)

    return claim_it


@pytest.fixture
def retry(database: Database, queue: MemoryQueue, settings: Settings) -> Retry:
    """Retries as the API does."""

    def run(job: Job, tenant: Tenant = TENANT, who: str = "someone") -> Job:
        return retry_job(job.id, tenant, who, database=database, queue=queue, settings=settings)

    return run


@pytest.fixture
def sweep(
    open_database: Callable[[], Database], queue: MemoryQueue, settings: Settings
) -> Callable[..., Report]:
    """Runs a sweep, over a connection that is the sweeps' own."""
    database = open_database()

    def run(*, dry_run: bool = False, **changes: Any) -> Report:
        tuned = settings.model_copy(update=changes)
        return Sweeper(database, queue, tuned).sweep(dry_run=dry_run)

    return run


@pytest.fixture(scope="session")
def _worker_host() -> Iterator[WorkerProcesses]:
    """One host a run: starting Python is what such a worker costs."""
    processes = WorkerProcesses()
    yield processes
    processes.close()


@pytest.fixture
def worker_processes(_worker_host: WorkerProcesses, empty_tables: str) -> Iterator[WorkerProcesses]:
    """Starts workers in processes of their own, see WorkerProcesses. None outlives its test."""
    _worker_host.url = empty_tables
    yield _worker_host
    _worker_host.kill_all()


@pytest.fixture
def orphans(new_job: Callable[..., Job], psql: Psql) -> Callable[[int], list[Job]]:
    """Makes orphans, a second apart, the first the oldest; nobody holds them."""

    def make(count: int) -> list[Job]:
        jobs = sorted((new_job() for _ in range(count)), key=lambda job: job.id)
        ids = [job.id for job in jobs]
        psql(
            "UPDATE kb.object_extraction_jobs SET status = 'running', attempt = 1, lease = 1,"
            " revision = 2, started_at = now(), updated_at = now() - interval '1 day'"
            " + (place * interval '1 second')"
            " FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS made (of, place) WHERE id = of",
            {"ids": ids},
        )
        psql(
            "INSERT INTO kb.extraction_job_events (job_id, actor, from_status, to_status, reason, attempt, lease)"
            " SELECT id, 'worker', 'pending', 'running', 'Made for a test.', 1, 1"
            " FROM unnest(%(ids)s::uuid[]) AS made (id)",
            {"ids": ids},
        )
        return jobs

    return make


@dataclass(frozen=True)
class Lab:
    """What nearly every promise is tested with: the fixtures of these names."""

    new_job: Callable[..., Job]
    take: Take
    new_worker: NewWorker
    retry: Retry
    sweep: Callable[..., Report]
    orphans: Callable[[int], list[Job]]
    database: Database
    open_database: Callable[[], Database]
    queue: MemoryQueue
    settings: Settings
    psql: Psql

    def cancel(self, job: Job, tenant: Tenant = TENANT) -> Job:
        """Cancels as the API does."""
        return cancel_job(job.id, tenant, "someone", database=self.database)


@pytest.fixture
def lab(
    new_job: Callable[..., Job],
    take: Take,
    new_worker: NewWorker,
    retry: Retry,
    sweep: Callable[..., Report],
    orphans: Callable[[int], list[Job]],
    database: Database,
    open_database: Callable[[], Database],
    queue: MemoryQueue,
    settings: Settings,
    psql: Psql,
) -> Lab:
    """See Lab. Nothing of it connects before it is used, but psql."""
    return Lab(
        new_job,
        take,
        new_worker,
        retry,
        sweep,
        orphans,
        database,
        open_database,
        queue,
        settings,
        psql,
    )


@pytest.fixture
def histories_go() -> None:
    """Retention deletes histories; of a job without its history no invariant tells anything."""


@pytest.fixture
def people_do_anything() -> None:
    """People lower the budgets of jobs that run, and turn clocks back: then the tables tell what they asked for."""


@pytest.fixture(autouse=True)
def the_invariants_hold(request: pytest.FixtureRequest, psql: Psql) -> Iterator[None]:
    """After every test, whatever it did: see invariants.sql."""
    yield
    if not {"histories_go", "people_do_anything"} & set(request.fixturenames):
        invariants.check(psql.connection)
