"""The limit: the least SQL that does the work, prepared, in a bare psycopg loop, on the least table that allows it.

No history, no tenant, no outbox, no deadline, no counters: what a job queue is when nobody asks it anything. It keeps
the fence and the attempt count, without which recovery would be wrong rather than fast.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg

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

_RECOVER = b"""
UPDATE jobs SET status = 'pending', updated_at = now()
WHERE id IN (
  SELECT id FROM jobs
  WHERE status = 'running' AND updated_at < now() - interval '5 minutes'
  ORDER BY updated_at LIMIT 1000 FOR UPDATE SKIP LOCKED)
RETURNING id"""

_CREATE = b"INSERT INTO jobs (payload) VALUES ('{}') RETURNING id"

_CLAIM = b"""
UPDATE jobs SET status = 'running', attempt = attempt + 1, lease = lease + 1, updated_at = now()
WHERE id = %s AND status = 'pending' RETURNING lease, payload"""

_FINISH = b"""
UPDATE jobs SET status = 'completed', updated_at = now()
WHERE id = %s AND lease = %s AND status = 'running' RETURNING id"""


class BareSql:
    """See the module."""

    name = "bare SQL"

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

    def load_pending(self, connection: psycopg.Connection[Any], count: int) -> Sequence[int]:
        """See Contestant."""
        rows = connection.execute(
            "INSERT INTO jobs (payload) SELECT '{}' FROM generate_series(1, %s) RETURNING id",
            [count],
        )
        return [row[0] for row in rows]

    def open(self, url: str) -> BareSession:
        """See Contestant."""
        return BareSession(psycopg.connect(url, autocommit=True))


class BareSession:
    """See Session."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.statements = 0

    def recover(self) -> int:
        """See Session."""
        recovered = 0
        while rows := self._run(_RECOVER):
            recovered += len(rows)
            if len(rows) < 1000:
                break
        return recovered

    def idle_sweep(self) -> None:
        """See Session."""
        self._run(_RECOVER)

    def create(self) -> None:
        """See Session."""
        self._run(_CREATE)

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
