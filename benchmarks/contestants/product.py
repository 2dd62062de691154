"""The product, through the functions that its Lambdas call. Only SQS is left out: messages are taken in memory."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import psycopg

from benchmarks.contestant import Recovered, Worked
from benchmarks.ten_workers import WARM_UP, WORKERS, work
from extraction_jobs.attempt import Attempt, Result
from extraction_jobs.claim import Claimed, claim
from extraction_jobs.create import NewJob, create_job, create_jobs
from extraction_jobs.database import Connection, Database, Params, connect
from extraction_jobs.dispatch import Dispatch, Queue
from extraction_jobs.migrate import migrate
from extraction_jobs.model import JobId, Tenant
from extraction_jobs.settings import Settings
from extraction_jobs.sweep import Sweeper
from extraction_jobs.sweep_report import Count

BULK_BATCH = 1000
TENANT = Tenant("acme", "library")

_INDEXES = """
SELECT indexdef FROM pg_indexes WHERE schemaname = 'kb' AND tablename = 'object_extraction_jobs'
AND indexname NOT LIKE '%%_pkey'"""
_DROP_INDEXES = """
DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT indexname FROM pg_indexes WHERE schemaname = 'kb' AND tablename = 'object_extraction_jobs'
              AND indexname NOT LIKE '%_pkey' LOOP
    EXECUTE format('DROP INDEX kb.%I', name);
  END LOOP;
END $$"""

_LOAD = """
INSERT INTO kb.object_extraction_jobs (
  org_id, project_id, status, source_type, attempt, lease, revision, started_at, updated_at, created_at,
  deadline_at, completed_at, dispatched_at, dispatch_count, next_dispatch_at)
SELECT 'acme', 'library', CASE WHEN n <= %(finished)s THEN 'completed' ELSE 'running' END, 'document',
       1, 1, CASE WHEN n <= %(finished)s THEN 3 ELSE 2 END, now() - age, now() - age, now() - age,
       CASE WHEN n > %(finished)s THEN now() + interval '1 day' END,
       CASE WHEN n <= %(finished)s THEN now() - age END, now() - age, 1, now() - age
FROM (
  SELECT n, CASE WHEN n <= %(finished)s THEN interval '1 day'
                 WHEN mod(n, 1 + %(healthy)s / greatest(%(orphans)s, 1)) = 0 AND %(orphans)s > 0
                 THEN interval '10 minutes' + random() * interval '10 minutes'
                 ELSE interval '-1 hour' END AS age
  FROM generate_series(1, %(finished)s + %(healthy)s + %(orphans)s) AS n
) AS numbered"""

# What each job's life has written by then: created, claimed, and of a finished one completed.
_LOAD_EVENTS = """
INSERT INTO kb.extraction_job_events (job_id, actor, from_status, to_status, reason, attempt, lease, detail)
SELECT id, line.actor, line.from_status, line.to_status, line.reason, 1, 1, line.detail::jsonb
FROM kb.object_extraction_jobs,
  (VALUES (1, 'api', NULL, 'pending', 'Job was created.', '{"caller": "someone"}'),
          (2, 'worker', 'pending', 'running', 'A worker claimed the job.', '{"worker": "2026/11/23/[$LATEST]0"}'),
          (3, 'worker', 'running', 'completed', 'Extraction completed.', '{}')
  ) AS line (number, actor, from_status, to_status, reason, detail)
WHERE line.number <= revision"""

_REARM = """
UPDATE kb.object_extraction_jobs
SET status = 'running', revision = revision + 1, deadline_at = now() + interval '1 day', attempt = 1,
    error_message = NULL, updated_at = now() - interval '10 minutes' - random() * interval '10 minutes'
WHERE status = 'pending'"""

_LOAD_PENDING = """
WITH created AS (
  INSERT INTO kb.object_extraction_jobs (
    org_id, project_id, source_type, revision, max_attempts, dispatched_at, dispatch_count, next_dispatch_at)
  SELECT 'acme', 'library', 'document', 1, 3, now(), 1, now() + interval '5 minutes' FROM generate_series(1, %s)
  RETURNING id
), noted AS (
  INSERT INTO kb.extraction_job_events (job_id, actor, to_status, reason, attempt, lease, detail)
  SELECT id, 'api', 'pending', 'Job was created.', 0, 0, '{"caller": "someone"}' FROM created
)
SELECT id FROM created"""


class Product:
    """See the module."""

    name = "product"
    application = "benchmark"
    ways: tuple[str, ...] = ("default",)
    calls = "a whole sweep"
    no_sweep_beside_pending = ""

    def install(self, url: str) -> None:
        """See Contestant."""
        with connect(url, application_name="migrate", behind_proxy=False) as connection:
            migrate(connection)

    def load(
        self,
        connection: psycopg.Connection[Any],
        *,
        finished: int,
        healthy: int,
        orphans: int,
        history: bool = True,
    ) -> None:
        """See Contestant. Indexes are built afterwards: the same indexes, sooner."""
        indexes = [row[0] for row in connection.execute(_INDEXES)]
        connection.execute(_DROP_INDEXES)
        connection.execute(_LOAD, {"finished": finished, "healthy": healthy, "orphans": orphans})
        for index in indexes:
            connection.execute(index.encode())
        if history:
            connection.execute(_LOAD_EVENTS)

    def rearm(self, connection: psycopg.Connection[Any]) -> None:
        """See Contestant."""
        connection.execute(_REARM)

    def load_pending(self, url: str, count: int) -> None:
        """See Contestant."""
        with psycopg.connect(url) as connection:
            connection.execute(_LOAD_PENDING, [count + WORKERS * WARM_UP])

    def work(self, url: str, count: int, *, way: str) -> Worked:
        """See Contestant. Which job is whose the queue says; here the list does."""
        with psycopg.connect(url) as connection:
            rows = connection.execute(
                "SELECT id FROM kb.object_extraction_jobs WHERE status = 'pending'"
            ).fetchall()
        assert len(rows) == count + WORKERS * WARM_UP, way
        return work(ProductSession, url, [row[0] for row in rows])

    def open(self, url: str) -> ProductSession:
        """See Contestant."""
        return ProductSession(url)

    def version(self) -> str:
        """See Contestant."""
        found = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
        )
        return found.stdout.strip() or "this tree"


class ProductSession:
    """See Session."""

    def __init__(self, url: str) -> None:
        self.connection: Connection = connect(url, application_name="benchmark", behind_proxy=False)
        self.database = CountingDatabase(self.connection)
        self.settings = Settings()

    @property
    def statements(self) -> int:
        """See Session."""
        return self.database.statements

    def recover(self) -> Recovered:
        """See Session. A whole sweep. Its queue cannot hold messages back, so all but a few go with later sweeps."""
        return self._recovered(AcceptingQueue(timedelta(0)))

    def recover_and_send(self) -> Recovered:
        """A whole sweep, messages (here into memory) and the notes that they were sent included."""
        return self._recovered(AcceptingQueue())

    def _recovered(self, queue: Queue) -> Recovered:
        started = time.perf_counter()
        report = self._sweeper(queue).sweep()
        return Recovered(report.counts[Count.RECOVERED], time.perf_counter() - started)

    def idle_sweeps(self, times: int) -> list[float]:
        """See Session."""
        return [self.recover_and_send().seconds for _ in range(times)]

    def create(self, count: int) -> float:
        """See Session. What one waits for until the job is safe: the message, and the note of it, come after."""
        return self._created(count, RefusingQueue())

    def create_and_note(self, count: int) -> float:
        """As the API does it: the row, the message (here into memory), the note that it was sent."""
        return self._created(count, AcceptingQueue())

    def _created(self, count: int, queue: Queue) -> float:
        started = time.perf_counter()
        for _ in range(count):
            create_job(
                NewJob(TENANT, "document"),
                database=self.database,
                queue=queue,
                settings=self.settings,
            )
        return time.perf_counter() - started

    def create_bulk(self, count: int) -> float:
        """See Session. As `create`: up to the send. No HTTP call does this; the function is there for programs."""
        started = time.perf_counter()
        for first in range(0, count, BULK_BATCH):
            create_jobs(
                [NewJob(TENANT, "document")] * min(BULK_BATCH, count - first),
                database=self.database,
                queue=RefusingQueue(),
                settings=self.settings,
            )
        return time.perf_counter() - started

    def claim_and_finish(self, job: JobId) -> None:
        """See Session."""
        claimed = claim(job, worker="benchmark", database=self.database, settings=self.settings)
        assert isinstance(claimed, Claimed)
        Attempt(claimed.job, self.database).finish(Result([], [], 1.0, None, {}))

    def close(self) -> None:
        """See Session."""
        self.connection.close()

    def _sweeper(self, queue: Queue) -> Sweeper:
        return Sweeper(self.database, queue, self.settings)


class CountingDatabase(Database):
    """The product's Database, counting what it sends."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(lambda: connection)
        self.statements = 0

    def rows(self, statement: bytes, params: Params | None = None) -> list[dict[str, Any]]:
        """See Database."""
        self.statements += 1
        return super().rows(statement, params)


class AcceptingQueue:
    """Takes every message at no cost. `longest_delay` is that of SQS if not said otherwise."""

    def __init__(self, longest_delay: timedelta = timedelta(minutes=15)) -> None:
        self.longest_delay = longest_delay

    def send(self, dispatches: Sequence[Dispatch]) -> Sequence[Dispatch]:
        """See Queue."""
        return dispatches


class RefusingQueue(AcceptingQueue):
    """Takes none: what is measured then is everything up to the send."""

    def send(self, dispatches: Sequence[Dispatch]) -> Sequence[Dispatch]:  # noqa: ARG002
        """See Queue."""
        return []
