"""How a step of the sweep is run: in batches, so that one bad row does not stop the rest. Then its messages go."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from psycopg.rows import DictRow

from extraction_jobs import reasons
from extraction_jobs.database import Database, DatabaseUnavailableError
from extraction_jobs.dispatch import Dispatch, Queue, dispatch
from extraction_jobs.settings import Settings
from extraction_jobs.sweep_report import Count, Report
from extraction_jobs.sweep_steps import Step

logger = logging.getLogger(__name__)

# A sweep ends itself before the next one starts. What it reserved and does not get to send is due again then.
TIME_LIMIT_SECONDS = 45.0
# Of what is due a sweep sends what the rate allows until the next one, so that no more of it is in the queue.
SWEEP_EVERY_SECONDS = 60.0
# After so many rows that cannot be changed it is not a matter of rows any more, and the step is given up.
MAX_BAD_ROWS = 100
# A recovered job's message is sent this much ahead of its time at most: two sweeps, so that one may fail.
SEND_AHEAD = timedelta(minutes=2)
# A step with more to do than so many batches gives way from then on: after each it rests three times as long as it
# took, so that most claims meet no sweep.
UNPACED_BATCHES = 10
REST_FOR_WORK = 3.0

Got = TypeVar("Got")


@dataclass
class Run:
    """A sweep that is under way.

    Attributes:
        report: of it; what is done is added to it.
        clock: seconds; `sleep` takes some.
        ends: by the clock, when no other batch is begun.
        at_rate: how much the steps that keep to a rate have taken.
        bad: jobs that could not be changed.
    """

    database: Database
    queue: Queue
    settings: Settings
    report: Report
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    ends: float
    at_rate: int = 0
    bad: list[UUID] = field(default_factory=list)

    def alone(self, what: str, act: Callable[[], Got]) -> Got | None:
        """What a part of the sweep gives. One that fails does not stop what follows: it is reported, and gives None."""
        try:
            with self._savepoint():
                return act()
        except (DatabaseUnavailableError, psycopg.Error) as error:
            self.report.errors.append(f"could not {what}: {told(error)}")
            return None

    def go_through(self, steps: Iterable[Step]) -> None:
        """All steps, each alone."""
        self.report.idle = False
        for step in steps:
            self.alone(step.what, partial(self.take, step))

    def take(self, step: Step) -> None:
        """Changes the jobs that wait for a step, then sends their messages: all are changed first, for sending is slow.

        Raises:
            DatabaseUnavailableError: at any batch; what was changed before is in the report.
            psycopg.Error: so does the statement, whatever rows it takes, or for too many of them.
        """
        due: list[Dispatch] = []
        try:
            for rows in self._batches(step):
                if step.counted:
                    self._count(step.counted, rows)
                due += [Dispatch.from_row(row) for row in rows if row.get("sendable")]
        finally:
            self._send(due)

    def _batches(self, step: Step) -> Iterator[list[DictRow]]:
        """The rows of each batch, until one comes back empty, there were as many as may be, or the time is up.

        A short batch is not the last one: rows that another held or wrote just then were passed over. A batch that
        fails is halved, until each bad row stands alone: it is reported and passed over.
        """
        rate = self.settings.recovery_rate_per_second
        most = math.ceil(rate * SWEEP_EVERY_SECONDS) - self.at_rate if step.at_rate else math.inf
        parts: list[list[UUID]] = []  # of a batch that failed
        taken = done = 0
        while self.clock() < self.ends and taken < most:
            only = parts.pop() if parts else None
            params: dict[str, Any] = {
                "threshold": self.settings.orphan_threshold,
                "reason": step.reason,
                "held_reason": reasons.HELD,
                "batch": int(min(self.settings.sweep_batch_size, most - taken)),
                "only": only,
                "skip": self.bad,
                "spacing": timedelta(seconds=1 / rate),
                # A batch comes back after the one before.
                "wait_from": timedelta(seconds=taken / rate),
                "longest_delay": min(self.queue.longest_delay, SEND_AHEAD),
                "reservation": timedelta(seconds=TIME_LIMIT_SECONDS),
            }
            begun = self.clock()
            try:
                rows = self._rows(step.change, params)
            except psycopg.Error as error:
                ids = only or [row["id"] for row in self._rows(step.ids, params)]
                if not ids or len(self.bad) >= MAX_BAD_ROWS:
                    raise
                if only and len(only) == 1:
                    self.bad += only
                    self.report.errors.append(f"job {only[0]} could not be changed: {told(error)}")
                else:
                    logger.warning("A batch of %s failed: %s", step.statement, told(error))
                    middle = len(ids) // 2
                    parts += [half for half in (ids[middle:], ids[:middle]) if half]
                continue
            took = self.clock() - begun
            taken += len(rows)
            self.at_rate += len(rows) if step.at_rate else 0
            done += 1
            if rows:
                yield rows
            elif only is None:
                return
            # A dry run holds locks: it does not rest.
            if done >= UNPACED_BATCHES and not self.report.dry_run:
                self.sleep(took * REST_FOR_WORK)

    def _rows(self, statement: bytes, params: dict[str, Any]) -> list[DictRow]:
        with self._savepoint():
            return self.database.rows(statement, params)

    def _savepoint(self) -> AbstractContextManager[None]:
        return self.database.savepoint() if self.report.dry_run else nullcontext()

    def _count(self, counted: Count, rows: Sequence[DictRow]) -> None:
        self.report.add(counted, rows)
        if counted is Count.RECOVERED and not self.report.dry_run:
            # A batch at a time: a line of CloudWatch's has no room for all jobs of a mass recovery.
            ids = [str(row["id"]) for row in rows]
            logger.warning(reasons.recovered(ids))
            for job_id, row in zip(ids, rows, strict=True):
                logger.warning(reasons.was_running(job_id, row["source_type"], row["started_at"]))

    def _send(self, due: Sequence[Dispatch]) -> None:
        """In batches, until one is refused; in a dry run only counts. What is left unsent the next sweep sends."""
        for first in range(0, len(due), self.settings.sweep_batch_size):
            if self.clock() >= self.ends:
                return
            batch = due[first : first + self.settings.sweep_batch_size]
            sent = len(batch)
            if not self.report.dry_run:
                sent = dispatch(self.database, self.queue, batch, self.settings)
            self.report.redispatched += sent
            self.report.unsent += len(batch) - sent
            if sent < len(batch):
                return


def told(error: Exception) -> str:
    """An error without the row's contents, which Postgres puts into DETAIL."""
    if isinstance(error, psycopg.Error) and error.diag.message_primary:
        return f"{type(error).__name__}: {error.diag.message_primary}"
    return str(error)
