"""What the promises are tested with: workers, sweeps, and the invariants, which are checked after every test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import pytest
from psycopg.rows import DictRow

from extraction_jobs.attempt import Attempt
from extraction_jobs.by_hand import cancel_job, retry_job
from extraction_jobs.claim import Claimed, ClaimOutcome, claim
from extraction_jobs.create import CreatedTogether, NewJob, create_jobs
from extraction_jobs.database import Database, Params
from extraction_jobs.model import Job, JobId, Tenant
from extraction_jobs.outcomes import Outcome
from extraction_jobs.projects import pause_project, resume_project
from extraction_jobs.settings import Settings
from extraction_jobs.sweep import Report, Sweeper
from extraction_jobs.work import Worker
from tests.conftest import TENANT, MemoryQueue, Psql, make_job
from tests.integration.gate import Gate
from tests.line_extractor import LineExtractor
from tests.promises import invariants
from tests.promises.no_sources import NoSources
from tests.promises.processes import WorkerProcess, WorkerProcesses
from tests.waiting import until


@dataclass
class Lab:
    """What nearly every promise is tested with. Nothing of it connects before it is used, but psql."""

    database: Database
    open_database: Callable[[], Database]
    queue: MemoryQueue
    settings: Settings
    psql: Psql
    processes: Callable[[], WorkerProcesses] | None = None

    def start(self, job: Job, **order: Any) -> WorkerProcess:
        """Starts a worker in a process of its own, see WorkerProcesses. None outlives its test."""
        assert self.processes
        return self.processes().start(job, **order)

    def new_job(self, **fields: Any) -> Job:
        """A pending job whose message was sent."""
        return make_job(self.database, self.queue, self.settings, **fields)

    def new_worker(self, **changes: Any) -> Worker:
        """A worker with connections of its own."""
        parts: dict[str, Any] = {
            "name": "test",
            "database": changes.get("database") or self.open_database(),
            "open_heartbeat_database": self.open_database,
            "queue": self.queue,
            "sources": NoSources(),
            "extractor": LineExtractor(),
            "settings": self.settings,
            "random": lambda: 0.0,
        }
        return Worker(**(parts | changes))

    def work(self, job: Job, **changes: Any) -> Outcome:
        """What a new worker's work on a message comes to."""
        return self.new_worker(**changes).work(job.id)

    def claim(self, job: Job, **changes: Any) -> ClaimOutcome:
        """What the claim of a message comes to."""
        parts: dict[str, Any] = {"worker": "test", "database": self.database}
        return claim(job.id, **(parts | {"settings": self.settings} | changes))

    def take(self, job: Job) -> Attempt:
        """Claims a job as a worker would and gives its hold on it, over a connection of its own."""
        database = self.open_database()
        outcome = self.claim(job, database=database)
        assert isinstance(outcome, Claimed), outcome
        return Attempt(outcome.job, database)

    def create(self, jobs: Sequence[NewJob], **options: Any) -> CreatedTogether:
        """Creates many as the API does."""
        parts: dict[str, Any] = {"database": self.database, "queue": self.queue}
        return create_jobs(jobs, **(parts | {"settings": self.settings} | options))

    def retry(self, job: Job, tenant: Tenant = TENANT, who: str = "someone") -> Job:
        """Retries as the API does."""
        parts: dict[str, Any] = {"queue": self.queue, "settings": self.settings}
        return retry_job(job.id, tenant, who, database=self.database, **parts)

    def cancel(self, job: Job, tenant: Tenant = TENANT) -> Job:
        """Cancels as the API does."""
        return cancel_job(job.id, tenant, "someone", database=self.database)

    def pause(self, tenant: Tenant = TENANT) -> None:
        """Pauses a project as the API does; as `resume`, which tells how many messages it sent."""
        pause_project(tenant, "someone", "A test.", database=self.database)

    def resume(self, tenant: Tenant = TENANT) -> int:
        parts: dict[str, Any] = {"queue": self.queue, "settings": self.settings}
        return resume_project(tenant, "someone", database=self.database, **parts)

    @cached_property
    def _sweeps(self) -> Database:
        return self.open_database()

    def sweep(self, *, dry_run: bool = False, **changes: Any) -> Report:
        """One sweep, over a connection that is the sweeps' own."""
        tuned = self.settings.model_copy(update=changes)
        return Sweeper(self._sweeps, self.queue, tuned).sweep(dry_run=dry_run)

    def orphans(self, count: int) -> list[Job]:
        """Makes orphans, a second apart, the first the oldest; nobody holds them."""
        jobs = sorted((self.new_job() for _ in range(count)), key=lambda job: job.id)
        ids = {"ids": [job.id for job in jobs]}
        self.psql(
            "UPDATE kb.object_extraction_jobs SET status = 'running', attempt = 1, lease = 1,"
            " revision = 2, started_at = now(), updated_at = now() - interval '1 day'"
            " + (place * interval '1 second')"
            " FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS made (of, place) WHERE id = of",
            ids,
        )
        self.psql(
            "INSERT INTO kb.extraction_job_events (job_id, actor, from_status, to_status, reason, attempt, lease)"
            " SELECT id, 'worker', 'pending', 'running', 'Made for a test.', 1, 1"
            " FROM unnest(%(ids)s::uuid[]) AS made (id)",
            ids,
        )
        return jobs

    @property
    def sent(self) -> list[JobId]:
        """The jobs of the messages that the queue was given."""
        return [each.job_id for each in self.queue.sent]

    def objects(self, job: Job) -> list[DictRow]:
        """A job's objects, in order, without what names the job."""
        return self.psql(
            "SELECT lease, ordinal, type, properties, evidence, confidence, span_start, span_end"
            " FROM kb.extracted_objects WHERE job_id = %(id)s ORDER BY ordinal",
            {"id": job.id},
        )

    @contextmanager
    def locked(self, *jobs: Job) -> Iterator[None]:
        """Another transaction holds the rows of these jobs, or of all."""
        holder = self.open_database()
        these = b"WHERE id = ANY (%(ids)s)" if jobs else b""
        with holder.rolled_back():
            holder.rows(
                b"SELECT id FROM kb.object_extraction_jobs " + these + b" FOR UPDATE",
                {"ids": [job.id for job in jobs]},
            )
            yield

    def until_waiting(self, sessions: int) -> None:
        """Until so many sessions wait for a lock."""
        observer = self.open_database()
        question = (
            b"SELECT 1 FROM pg_stat_activity"
            b" WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        until(lambda: len(observer.rows(question)) == sessions)

    def in_turn(self, *acts: Callable[[], object]) -> list[Future[object]]:
        """Has all wait for the same rows, which they get in the order in which they came; what each came to."""
        with ThreadPoolExecutor(len(acts)) as pool:
            futures: list[Future[object]] = []
            with self.locked():
                for act in acts:
                    futures.append(pool.submit(act))
                    self.until_waiting(len(futures))
        return futures


@pytest.fixture
def lab(
    request: pytest.FixtureRequest,
    database: Database,
    open_database: Callable[[], Database],
    queue: MemoryQueue,
    settings: Settings,
    psql: Psql,
) -> Lab:
    processes = partial(request.getfixturevalue, "worker_processes")
    return Lab(database, open_database, queue, settings, psql, processes)


def meddle(
    database: Database,
    of: bytes = b"",
    *,
    before: Callable[[], object] = lambda: None,
    after: Callable[[], object] = lambda: None,
) -> None:
    """Has something happen before and after each statement that holds these words; what it raises, its caller gets."""
    real = database.rows

    def rows(statement: bytes, params: Params | None = None) -> list[DictRow]:
        if of not in statement:
            return real(statement, params)
        before()
        found = real(statement, params)
        after()
        return found

    database.rows = rows  # type: ignore[method-assign]


def raising(error: Exception) -> Callable[..., Any]:
    """What raises it, whatever it is given."""

    def fail(*_: object) -> None:
        raise error

    return fail


@pytest.fixture
def gate(empty_tables: str) -> Iterator[Gate]:
    """What is between a worker and Postgres."""
    gate = Gate(empty_tables)
    yield gate
    gate.open()
    gate.shut()


@pytest.fixture(scope="session")
def _worker_host() -> Iterator[WorkerProcesses]:
    """One host a run: starting Python is what such a worker costs."""
    processes = WorkerProcesses()
    yield processes
    processes.close()


@pytest.fixture
def worker_processes(_worker_host: WorkerProcesses, empty_tables: str) -> Iterator[WorkerProcesses]:
    """Theirs is this test's database."""
    _worker_host.url = empty_tables
    yield _worker_host
    _worker_host.kill_all()


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
