"""PgQueuer. It deletes a job when it has finished; three lines a job stay in its log."""

from __future__ import annotations

from typing import Any

import psycopg

from benchmarks.contestants.peer import Peer, python_program

_LOAD = """
INSERT INTO pgqueuer (priority, queue_manager_id, status, entrypoint, heartbeat, created, updated, execute_after)
SELECT 0, '00000000-0000-4000-8000-000000000000', 'picked', 'empty', at, at, at, now() - interval '1 day'
FROM (
  SELECT now() - CASE WHEN mod(n, 1 + %(healthy)s / greatest(%(orphans)s, 1)) = 0 AND %(orphans)s > 0
                      THEN interval '10 minutes' + random() * interval '10 minutes'
                      ELSE interval '-1 hour' END AS at
  FROM generate_series(1, %(healthy)s + %(orphans)s) AS n
) AS numbered"""

_LOAD_LOG = """
INSERT INTO pgqueuer_log (created, job_id, status, priority, entrypoint, aggregated)
SELECT now() - interval '1 day', -n, status::pgqueuer_status, 0, 'empty', true
FROM generate_series(1, %(finished)s) AS n, unnest(ARRAY['queued', 'picked', 'successful']) AS status"""

_REARM = """
UPDATE pgqueuer SET heartbeat = now() - interval '10 minutes' - random() * interval '10 minutes'
WHERE status = 'picked' AND heartbeat < now() + interval '30 minutes'"""


class PgQueuer(Peer):
    """See the module."""

    name = "pgqueuer"
    calls = "dequeue, two thousand at a time: there is no sweep, a dequeue takes over what is stale"
    no_sweep_beside_pending = "its sweep is a dequeue, which takes what is pending"
    after_kill = "30 s + up to 30 s"
    smallest = "heartbeat timeout 1 s, dequeue timeout 1 s"

    def command(self) -> list[str]:
        """See Peer."""
        return python_program("pgqueuer_program")

    def load(
        self,
        connection: psycopg.Connection[Any],
        *,
        finished: int,
        healthy: int,
        orphans: int,
        history: bool = True,
    ) -> None:
        """See Contestant."""
        connection.execute(_LOAD, {"healthy": healthy, "orphans": orphans})
        if history:
            connection.execute(_LOAD_LOG, {"finished": finished})

    def rearm(self, connection: psycopg.Connection[Any]) -> None:
        """See Contestant."""
        connection.execute(_REARM)
