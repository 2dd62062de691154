"""pg-boss. It keeps finished jobs for a week."""

from __future__ import annotations

from typing import Any

import psycopg

from benchmarks.contestants.peer import Peer, node_program

_LOAD = """
INSERT INTO pgboss.job (name, data, state, policy, created_on, started_on, completed_on)
SELECT 'benchmark', '{}', (CASE WHEN n <= %(finished)s THEN 'completed' ELSE 'active' END)::pgboss.job_state,
       'standard', at, at, CASE WHEN n <= %(finished)s THEN at END
FROM (
  SELECT n, now() - CASE WHEN n <= %(finished)s THEN interval '1 day'
                         WHEN mod(n, 1 + %(healthy)s / greatest(%(orphans)s, 1)) = 0 AND %(orphans)s > 0
                         THEN interval '20 minutes' + random() * interval '10 minutes'
                         ELSE interval '-1 hour' END AS at
  FROM generate_series(1, %(finished)s + %(healthy)s + %(orphans)s) AS n
) AS numbered"""

_REARM = """
UPDATE pgboss.job
SET state = 'active', retry_count = 0, started_on = now() - interval '20 minutes' - random() * interval '10 minutes',
    completed_on = NULL
WHERE state IN ('retry', 'failed')"""


class PgBoss(Peer):
    """See the module."""

    name = "pg-boss"
    ways: tuple[str, ...] = ("batches of 10",)
    calls = "supervise, which each instance runs by itself; jobs over their 15 minutes go back"
    after_kill = "15 min + up to 1 min + polling"
    smallest = "heartbeat 10 s (the least it takes), supervisor every 1 s, polling every 0.5 s"

    def command(self) -> list[str]:
        """See Peer."""
        return node_program("pg-boss.mjs")

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
