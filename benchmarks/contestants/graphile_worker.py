"""Graphile Worker. It deletes a job when it has finished: there are no finished ones beside the orphans."""

from __future__ import annotations

from typing import Any

import psycopg

from benchmarks.contestants.peer import Peer, node_program

_TASK = """
INSERT INTO graphile_worker._private_tasks (identifier) VALUES ('empty') ON CONFLICT DO NOTHING"""

_LOAD = """
INSERT INTO graphile_worker._private_jobs (task_id, payload, attempts, locked_by, locked_at, run_at)
SELECT task.id, '{}', 1, 'worker', at, at
FROM (
  SELECT now() - CASE WHEN mod(n, 1 + %(healthy)s / greatest(%(orphans)s, 1)) = 0 AND %(orphans)s > 0
                      THEN interval '5 hours' + random() * interval '10 minutes'
                      ELSE interval '-1 hour' END AS at
  FROM generate_series(1, %(healthy)s + %(orphans)s) AS n
) AS numbered, graphile_worker._private_tasks AS task"""

_REARM = """
UPDATE graphile_worker._private_jobs
SET locked_by = 'worker', locked_at = now() - interval '5 hours' - random() * interval '10 minutes'
WHERE locked_at IS NULL"""


class GraphileWorker(Peer):
    """See the module."""

    name = "graphile-worker"
    ways: tuple[str, ...] = ("default", "batched")
    calls = "resetLockedAt, which each worker runs by itself; its 4 hours are fixed"
    after_kill = "4 h + up to 10 min"
    smallest = None

    def command(self) -> list[str]:
        """See Peer."""
        return node_program("graphile-worker.mjs")

    def load(
        self,
        connection: psycopg.Connection[Any],
        *,
        finished: int,  # noqa: ARG002
        healthy: int,
        orphans: int,
        history: bool = True,  # noqa: ARG002
    ) -> None:
        """See Contestant."""
        connection.execute(_TASK)
        connection.execute(_LOAD, {"healthy": healthy, "orphans": orphans})

    def rearm(self, connection: psycopg.Connection[Any]) -> None:
        """See Contestant."""
        connection.execute(_REARM)
