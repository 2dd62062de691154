"""Retention: deleting what belongs to jobs that ended long ago. Off unless it is configured.

Three parts, each with its own age: what a job read and found, its history, and the job itself with all of it. A part of
the sweep, after everything else, in batches and within a time of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from extraction_jobs.database import Database
from extraction_jobs.queries import RETENTION
from extraction_jobs.settings import Settings

# A job may have thousands of objects: so many jobs are locked, and deleted, at a time.
BATCH = 200
# Of a sweep, all parts together. What is left the next sweep goes on with.
TIME_LIMIT_SECONDS = 10.0


@dataclass
class Deleted:
    """How many jobs, histories and results a sweep deleted."""

    jobs: int = 0
    histories: int = 0
    results: int = 0

    def __bool__(self) -> bool:
        """Whether anything was."""
        return bool(self.jobs or self.histories or self.results)


def delete_expired(
    database: Database,
    settings: Settings,
    deleted: Deleted,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Deletes what is older than the settings say, and counts it in `deleted` as it goes.

    Raises:
        DatabaseUnavailableError, psycopg.Error: what was counted is gone, the rest is left for the next sweep.
    """
    ends = clock() + TIME_LIMIT_SECONDS

    def batches(statement: str, keep_days: float) -> Iterator[int]:
        while keep_days > 0 and clock() < ends:
            rows = database.rows(
                RETENTION[statement], {"keep": timedelta(days=keep_days), "batch": BATCH}
            )
            yield len(rows)
            if len(rows) < BATCH:
                return

    # Whole jobs first: then nothing is left to take off them.
    for count in batches("delete_jobs", settings.retain_jobs_days):
        deleted.jobs += count
    for count in batches("delete_results", settings.retain_results_days):
        deleted.results += count
    for count in batches("delete_histories", settings.retain_histories_days):
        deleted.histories += count
