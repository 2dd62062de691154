"""The limit: the least SQL that does the work, prepared, in a bare psycopg loop, on the least table that allows it.

No history, no tenant, no outbox, no deadline, no counters: what a job queue is when nobody asks it anything. It keeps
the fence and the attempt count, without which recovery would be wrong rather than fast.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import psycopg

from benchmarks.contestant import Recovered, Worked
from benchmarks.ten_workers import WARM_UP, WORKERS, work

# As the product sweeps, and as everyone makes jobs in bulk.
SWEEP_BATCH, BULK_BATCH = 2000, 1000

_TABLE = """
CREATE TABLE jobs (
  id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  status     text        NOT NULL DEFAULT 'pending',
  attempt    integer     NOT NULL DEFAULT 0,
  lease      bigint      NOT NULL DEFAULT 0,
  updated_at timestamptz NOT NULL DEFAULT now(),
  payload    jsonb       NOT NULL
);
CREATE INDEX jobs_running ON jobs (updated_at) WHERE status = 'running'"""

_LOAD = """
INSERT INTO jobs (status, attempt, lease, updated_at, payload)
SELECT CASE WHEN n <= %(finished)s THEN 'completed' ELSE 'running' END, 1, 1,
       now() - CASE WHEN n <= %(finished)s THEN interval '1 day'
                    WHEN mod(n, 1 + %(healthy)s / greatest(%(orphans)s, 1)) = 0 AND %(orphans)s > 0
                    THEN interval '10 minutes' + random() * interval '10 minutes'
                    ELSE interval '-1 hour' END,
       '{}'
FROM generate_series(1, %(finished)s + %(healthy)s + %(orphans)s) AS n"""

_REARM = """
UPDATE jobs SET status = 'running', updated_at = now() - interval '10 minutes' - random() * interval '10 minutes'
WHERE status = 'pending'"""

# By place: by id, a planner that expects 2,000 rows reads the whole table to find them.
_RECOVER = b"""
UPDATE jobs SET status = 'pending', updated_at = now()
WHERE ctid = ANY (ARRAY(
  SELECT ctid FROM jobs
  WHERE status = 'running' AND updated_at < now() - interval '5 minutes'
  ORDER BY updated_at LIMIT 2000 FOR UPDATE SKIP LOCKED))
RETURNING id"""

_CREATE = b"INSERT INTO jobs (payload) VALUES ('{}') RETURNING id"

_CREATE_BULK = b"INSERT INTO jobs (payload) SELECT unnest(%s::jsonb[])"

_CLAIM = b"""
UPDATE jobs SET status = 'running', attempt = attempt + 1, lease = lease + 1, updated_at = now()
WHERE id = %s AND status = 'pending' RETURNING lease, payload"""

_FINISH = b"""
UPDATE jobs SET status = 'completed', updated_at = now()
WHERE id = %s AND lease = %s AND status = 'running' RETURNING id"""


class BareSql:
    """See the module."""

    name = "bare SQL"
    application = "bare"
    ways: tuple[str, ...] = ("default",)
    calls = "one prepared UPDATE … RETURNING id, 2,000 rows at a time"
    no_sweep_beside_pending = ""

    def install(self, url: str) -> None:
        """See Contestant."""
        with psycopg.connect(url) as connection:
            connection.execute(_TABLE)

    def load(
        self,
        connection: psycopg.Connection[Any],
        *,
        finished: int,
        healthy: int,
        orphans: int,
        history: bool = True,  # noqa: ARG002
    ) -> None:
        """See Contestant."""
        connection.execute(_LOAD, {"finished": finished, "healthy": healthy, "orphans": orphans})

    def rearm(self, connection: psycopg.Connection[Any]) -> None:
        """See Contestant."""
        connection.execute(_REARM)

    def load_pending(self, url: str, count: int) -> None:
        """See Contestant."""
        with psycopg.connect(url) as connection:
            connection.execute(
                "INSERT INTO jobs (payload) SELECT '{}' FROM generate_series(1, %s)",
                [count + WORKERS * WARM_UP],
            )

    def work(self, url: str, count: int, *, way: str) -> Worked:
        """See Contestant."""
        with psycopg.connect(url) as connection:
            rows = connection.execute("SELECT id FROM jobs WHERE status = 'pending'").fetchall()
        assert len(rows) == count + WORKERS * WARM_UP, way
        return work(BareSession, url, [row[0] for row in rows])

    def open(self, url: str) -> BareSession:
        """See Contestant."""
        return BareSession(url)

    def version(self) -> str:
        """See Contestant: psycopg's."""
        return f"psycopg {psycopg.__version__}"


class BareSession:
    """See Session."""

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url, autocommit=True, application_name="bare")
        self.statements = 0

    def recover(self) -> Recovered:
        """See Session."""
        recovered, started = 0, time.perf_counter()
        while rows := self._run(_RECOVER):
            recovered += len(rows)
            if len(rows) < SWEEP_BATCH:
                break
        return Recovered(recovered, time.perf_counter() - started)

    def idle_sweeps(self, times: int) -> list[float]:
        """See Session."""
        return [self.recover().seconds for _ in range(times)]

    def create(self, count: int) -> float:
        """See Session."""
        started = time.perf_counter()
        for _ in range(count):
            self._run(_CREATE)
        return time.perf_counter() - started

    def create_bulk(self, count: int) -> float:
        """See Session."""
        started = time.perf_counter()
        for first in range(0, count, BULK_BATCH):
            payloads = ["{}"] * min(BULK_BATCH, count - first)
            self.connection.execute(_CREATE_BULK, [payloads], prepare=True)
            self.statements += 1
        return time.perf_counter() - started

    def claim_and_finish(self, job: int) -> None:
        """See Session."""
        [(lease, _)] = self._run(_CLAIM, [job])
        [_] = self._run(_FINISH, [job, lease])

    def close(self) -> None:
        """See Session."""
        self.connection.close()

    def _run(self, statement: bytes, params: Sequence[object] | None = None) -> list[Any]:
        self.statements += 1
        return self.connection.execute(statement, params, prepare=True).fetchall()
