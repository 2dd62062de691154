"""Procrastinate. It keeps finished jobs and their events until somebody deletes them."""

from __future__ import annotations

from typing import Any

import psycopg

from benchmarks.contestants.peer import Peer, python_program

# Ten jobs a worker, live or dead.
_WORKERS = """
INSERT INTO procrastinate_workers (last_heartbeat)
SELECT now() + CASE WHEN n <= ceil(%(healthy)s / 10.0) THEN interval '1 hour' ELSE interval '-10 minutes' END
FROM generate_series(1, ceil(%(healthy)s / 10.0)::int + ceil(%(orphans)s / 10.0)::int) AS n"""

_LOAD = """
INSERT INTO procrastinate_jobs (queue_name, task_name, status, attempts, worker_id)
SELECT 'benchmark', 'empty',
       (CASE WHEN n <= %(finished)s THEN 'succeeded' ELSE 'doing' END)::procrastinate_job_status,
       CASE WHEN n <= %(finished)s THEN 1 ELSE 0 END,
       CASE WHEN n <= %(finished)s THEN NULL
            WHEN orphan THEN ceil(%(healthy)s / 10.0)::int + 1 + mod(n, ceil(%(orphans)s / 10.0)::int)
            ELSE 1 + mod(n, ceil(%(healthy)s / 10.0)::int) END
FROM (
  SELECT n, mod(n, 1 + %(healthy)s / greatest(%(orphans)s, 1)) = 0 AND %(orphans)s > 0 AS orphan
  FROM generate_series(1, %(finished)s + %(healthy)s + %(orphans)s) AS n
) AS numbered"""

_LOAD_EVENTS = """
INSERT INTO procrastinate_events (job_id, type, at)
SELECT id, type::procrastinate_job_event_type, now() - interval '1 day'
FROM procrastinate_jobs, unnest(ARRAY['deferred', 'started', 'succeeded']) WITH ORDINALITY AS line (type, number)
WHERE number <= CASE status WHEN 'succeeded' THEN 3 ELSE 2 END"""

_REARM = """
UPDATE procrastinate_jobs SET status = 'doing', attempts = 0, scheduled_at = NULL WHERE status = 'todo'"""


class Procrastinate(Peer):
    """See the module."""

    name = "procrastinate"
    calls = "get_stalled_jobs, then retry_job for each: its documentation's recipe; not by itself"
    after_kill = "never by itself; by its recipe 30 s + up to 10 min"
    smallest = "its recipe every 1 s, heartbeat 0.5 s, stalled after 1 s"

    def command(self) -> list[str]:
        """See Peer."""
        return python_program("procrastinate_program")

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
        sizes = {"finished": finished, "healthy": healthy, "orphans": orphans}
        # Neither triggers nor foreign keys: the same rows, sooner.
        connection.execute("SET session_replication_role = replica")
        connection.execute(_WORKERS, sizes)
        connection.execute(_LOAD, sizes)
        if history:
            connection.execute(_LOAD_EVENTS)

    def rearm(self, connection: psycopg.Connection[Any]) -> None:
        """See Contestant."""
        connection.execute("SET session_replication_role = replica")
        connection.execute(_REARM)
