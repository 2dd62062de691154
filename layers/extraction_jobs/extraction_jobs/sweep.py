"""Sweep: what nobody else will end, end; what was not sent, send.

Its steps stand alone: one that fails does not stop the next, and one bad row does not stop its step. Any number of
sweeps may run at once: each statement locks what it takes and skips what another has.

Whatever there is to do, a sweep holds a batch of it at a time, and sends no more than the workers are to be given in
the next minute or two: the rest has its time written on its row.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg

from extraction_jobs import reasons
from extraction_jobs.announcements import Bus, announce_due
from extraction_jobs.database import Database, DatabaseUnavailableError
from extraction_jobs.dispatch import Dispatch, Queue, dispatch
from extraction_jobs.model import JobId, Revision
from extraction_jobs.queries import BOUNDS, LIFECYCLE, READS
from extraction_jobs.retention import delete_expired
from extraction_jobs.settings import Settings
from extraction_jobs.sweep_report import Report, SweepFailedError, Swept

__all__ = ["Report", "SweepFailedError", "Sweeper", "Swept"]

logger = logging.getLogger(__name__)

# A sweep ends itself before the next one starts.
TIME_LIMIT_SECONDS = 45.0
# After so many rows that cannot be changed it is not a matter of rows any more, and the step is given up.
MAX_BAD_ROWS = 100
# A row for which a batch failed may be another sweep's while it is looked for: then the batch is tried again.
MAX_FRUITLESS_LOOKS = 5
# A reserved dispatch that is not noted as sent by then is due again.
RESERVATION = timedelta(seconds=60)
# Of what is due a sweep sends what the rate allows until the next one, so that no more of it is in the queue.
SWEEP_EVERY_SECONDS = 60.0
# An orphan that is still there this long after the threshold was passed over by more than one sweep.
SEVERAL_SWEEPS = timedelta(minutes=2)
# So many of them are named.
MOST_HOLDERS = 5
# A transaction that is younger may be another sweep's, which is about to recover the job.
HELD_FOR = timedelta(seconds=5)
# A recovered job's message is sent this much ahead of its time at most: two sweeps, so that one may fail.
SEND_AHEAD = timedelta(minutes=2)
# A step with more to do than so many batches gives way from then on: after each it rests three times as long as it
# took, so that most claims meet no sweep.
UNPACED_BATCHES = 10
REST_FOR_WORK = 3.0


@dataclass
class Sweeper:
    """Sweeps.

    `clock` is seconds, monotonic: only the sweep's own time limit hangs on it. `bus` is told of endings that nobody
    else has announced; None if there is none.
    """

    database: Database
    queue: Queue
    settings: Settings
    clock: Callable[[], float] = time.monotonic
    bus: Bus | None = None
    sleep: Callable[[float], None] = time.sleep

    def sweep(self, *, dry_run: bool = False) -> Report:
        """One sweep, in batches until nothing is left or its time is up.

        A dry run runs the very statements that change jobs, rolls them back, and sends nothing.

        Raises:
            SweepFailedError: a step failed, or a row could not be changed. The other steps were done.
        """
        started = self.clock()
        report = Report(dry_run=dry_run)
        try:
            with self.database.rolled_back() if dry_run else nullcontext():
                self._alone("look for what waits", self._look, report, started)
                for name, step in (
                    ("fail overdue jobs", self._fail_overdue),
                    ("fail jobs with a spent budget", self._fail_spent),
                    ("recover orphaned jobs", self._recover),
                    ("send due messages", self._redispatch),
                    ("look for locks that are held", self._name_holders),
                    ("read the gauges", self._read_gauges),
                ):
                    if not report.idle:
                        self._alone(name, step, report, started)
                for name, step in (
                    ("announce what has ended", self._announce),
                    ("delete what is over its retention", self._delete_expired),
                    ("measure what is kept", self._measure_kept),
                ):
                    self._alone(name, step, report, started)
        except DatabaseUnavailableError as error:
            report.errors.append(str(error))
        self._log(report)
        if not dry_run and not (report.idle and self._looking_is_all):
            self._alone("record the sweep", self._record, report, started)
        if report.faults:
            raise SweepFailedError(report)
        return report

    def _alone(
        self, name: str, step: Callable[[Report, float], None], report: Report, started: float
    ) -> None:
        try:
            with self.database.savepoint() if report.dry_run else nullcontext():
                step(report, started)
        except (DatabaseUnavailableError, psycopg.Error) as error:
            report.errors.append(f"could not {name}: {_told(error)}")

    def _look(self, report: Report, _started: float) -> None:
        """Nearly every sweep finds nothing: one statement sees that, reads the gauges and records the sweep."""
        row = self.database.row(
            LIFECYCLE["look"],
            {
                "threshold": self.settings.orphan_threshold,
                "record": self._looking_is_all and not report.dry_run,
            },
        )
        if row is not None:
            report.idle = row["idle"]
            self._gauge(report, row)

    @property
    def _looking_is_all(self) -> bool:
        """Whether a sweep that finds no job to act on has nothing else to do, and so nothing else to record."""
        settings = self.settings
        retained = (
            settings.retain_jobs_days,
            settings.retain_results_days,
            settings.retain_histories_days,
        )
        return self.bus is None and not any(retained)

    def _fail_overdue(self, report: Report, started: float) -> None:
        for rows in self._batches(
            "sweep_overdue", {"reason": reasons.OVER_HARD_LIMIT}, report, started
        ):
            report.fail(_swept(rows))

    def _fail_spent(self, report: Report, started: float) -> None:
        for statement, reason in (
            ("sweep_spent", reasons.BUDGET_SPENT),
            ("sweep_unclaimable", reasons.UNCLAIMABLE),
        ):
            for rows in self._batches(statement, {"reason": reason}, report, started):
                report.fail(_swept(rows))

    def _recover(self, report: Report, started: float) -> None:
        params: dict[str, object] = {
            "reason": reasons.INTERRUPTED,
            "spacing": self._spacing,
            "wait_from": timedelta(0),
            "longest_delay": min(self.queue.longest_delay, SEND_AHEAD),
            # What this sweep does not get to send is due again when the next one starts.
            "reservation": timedelta(seconds=TIME_LIMIT_SECONDS),
        }
        due: list[Dispatch] = []
        try:
            for rows in self._batches("sweep_orphans", params, report, started):
                recovered = _swept(rows)
                report.recover(recovered)
                if not report.dry_run:
                    _log_recovered(recovered)
                due += _dispatches([row for row in rows if row["sendable"]])
                # The next batch comes back after this one.
                params["wait_from"] = report.recovered_count * self._spacing
        finally:
            self._send_in_batches(due, report, started)

    def _send_in_batches(self, due: Sequence[Dispatch], report: Report, started: float) -> None:
        """All are recovered before the first is sent: sending is slow. What is left unsent the next sweep sends."""
        for first in range(0, len(due), self.settings.sweep_batch_size):
            if self.clock() - started >= TIME_LIMIT_SECONDS:
                return
            if not self._send(due[first : first + self.settings.sweep_batch_size], report):
                return

    def _redispatch(self, report: Report, started: float) -> None:
        most = math.ceil(self.settings.recovery_rate_per_second * SWEEP_EVERY_SECONDS)
        if report.dry_run:
            found = self.database.row(READS["count_due_dispatches"])
            report.redispatched += min(found["due"], most) if found else 0
            return
        params: dict[str, object] = {
            "reservation": RESERVATION,
            "spacing": self._spacing,
            "wait_from": timedelta(0),
        }
        reserved = 0
        for rows in self._batches("reserve_dispatches", params, report, started, most=most):
            if not self._send(_dispatches(rows), report):
                return
            reserved += len(rows)
            params["wait_from"] = reserved * self._spacing

    @property
    def _spacing(self) -> timedelta:
        """Between two jobs of a mass that comes back, on average."""
        return timedelta(seconds=1 / self.settings.recovery_rate_per_second)

    def _send(self, due: Sequence[Dispatch], report: Report) -> bool:
        """Sends what is reserved, in a dry run only counts it; whether all went."""
        sent = (
            len(due) if report.dry_run else dispatch(self.database, self.queue, due, self.settings)
        )
        report.redispatched += sent
        report.unsent += len(due) - sent
        return sent == len(due)

    def _batches(
        self,
        statement: str,
        params: dict[str, object],
        report: Report,
        started: float,
        *,
        most: int | None = None,
    ) -> Iterator[list[dict[str, Any]]]:
        """The rows of each batch of a step, until one comes back empty, there were `most`, or the time is up.

        A short batch is not the last one: rows that another held or wrote just then were passed over. A batch that
        fails is taken again row by row; the rows that fail alone are reported and passed over.
        """
        skip: list[UUID] = []
        taken = fruitless = done = 0
        while self.clock() - started < TIME_LIMIT_SECONDS:
            batch = self.settings.sweep_batch_size
            if most is not None:
                batch = min(batch, most - taken)
            whole = self._step_params(skip, None, batch)
            begun = self.clock()
            try:
                with self.database.savepoint() if report.dry_run else nullcontext():
                    rows = self.database.rows(LIFECYCLE[statement], params | whole)
            except psycopg.Error as error:
                logger.warning(
                    "A batch of %s failed (%s); going row by row", statement, _told(error)
                )
                found_bad, before = len(skip), taken
                for rows in self._row_by_row(statement, params, report, started, skip, batch):
                    taken += len(rows)
                    yield rows
                fruitless = fruitless + 1 if (len(skip), taken) == (found_bad, before) else 0
                if fruitless >= MAX_FRUITLESS_LOOKS:
                    raise  # not a matter of one row
            else:
                took = self.clock() - begun
                taken += len(rows)
                if not rows:
                    return
                yield rows
                done += 1
                self._give_way(done, took, report)
            if most is not None and taken >= most:
                return

    def _give_way(self, done: int, took: float, report: Report) -> None:
        """Rests after a batch, if so many have been done. A dry run holds locks: it does not."""
        if done >= UNPACED_BATCHES and not report.dry_run:
            self.sleep(took * REST_FOR_WORK)

    def _row_by_row(
        self,
        statement: str,
        params: dict[str, object],
        report: Report,
        started: float,
        skip: list[UUID],
        batch: int,
    ) -> Iterator[list[dict[str, Any]]]:
        candidates = self.database.rows(
            READS[f"{statement}_candidates"], self._step_params(skip, None, batch)
        )
        for candidate in candidates:
            if self.clock() - started >= TIME_LIMIT_SECONDS:
                return
            try:
                with self.database.savepoint() if report.dry_run else nullcontext():
                    rows = self.database.rows(
                        LIFECYCLE[statement], params | self._step_params([], candidate["id"], 1)
                    )
            except psycopg.Error as error:
                if len(skip) >= MAX_BAD_ROWS:
                    raise
                skip.append(candidate["id"])
                report.errors.append(f"job {candidate['id']} could not be changed: {_told(error)}")
                continue
            if rows:
                yield rows

    def _step_params(
        self, skip: Sequence[UUID], only: UUID | None, batch: int
    ) -> dict[str, object]:
        return {
            "threshold": self.settings.orphan_threshold,
            "skip": list(skip),
            "only": only,
            "batch": batch,
        }

    def _name_holders(self, report: Report, started: float) -> None:
        """A row that is locked is passed over by each step, and nothing fails: then only this tells why it is stuck."""
        if report.dry_run or self.clock() - started >= TIME_LIMIT_SECONDS:
            return
        rows = self.database.rows(
            READS["stuck_behind_locks"],
            {
                "threshold": self.settings.orphan_threshold,
                "several_sweeps": SEVERAL_SWEEPS,
                "held_for": HELD_FOR,
                "limit": MOST_HOLDERS,
            },
        )
        report.errors += [
            reasons.held(
                row["id"],
                row["idle_seconds"],
                row["pid"],
                row["role"],
                row["program"],
                row["state"],
            )
            for row in rows
        ]

    def _read_gauges(self, report: Report, _started: float) -> None:
        self._gauge(report, self.database.row(READS["gauges"]) or {})

    def _gauge(self, report: Report, row: Mapping[str, Any]) -> None:
        report.oldest_heartbeat_seconds = row.get("oldest_heartbeat_seconds")
        report.oldest_pending_seconds = row.get("oldest_pending_seconds")

    def _announce(self, report: Report, started: float) -> None:
        batch = self.settings.sweep_batch_size
        while (
            self.bus is not None
            and not report.dry_run
            and self.clock() - started < TIME_LIMIT_SECONDS
        ):
            due, sent = announce_due(self.database, self.bus, batch=batch)
            report.announced += sent
            report.unannounced += due - sent
            if due < batch or sent < due:
                return

    def _delete_expired(self, report: Report, started: float) -> None:
        if not report.dry_run and self.clock() - started < TIME_LIMIT_SECONDS:
            delete_expired(self.database, self.settings, report.deleted, self.clock)

    def _measure_kept(self, report: Report, _started: float) -> None:
        if self.settings.max_kept_megabytes and not report.dry_run:
            self.database.rows(BOUNDS["measure_kept"])

    def _record(self, report: Report, started: float) -> None:
        self.database.rows(
            LIFECYCLE["record_sweep"],
            {
                "took": timedelta(seconds=self.clock() - started),
                "recovered": report.recovered_count,
                "failed": report.failed_count,
                "redispatched": report.redispatched,
                "errors": report.faults,
                "announced": report.announced,
                "jobs_deleted": report.deleted.jobs,
                "histories_deleted": report.deleted.histories,
                "results_deleted": report.deleted.results,
            },
        )

    def _log(self, report: Report) -> None:
        """The sentences that operators grep for, each its own line."""
        if not report.recovered_count and not report.errors:
            logger.info(reasons.ALL_CLEAR)
        for error in report.errors:
            logger.error(reasons.recovery_failed(error))
        if report.deleted:
            logger.info(
                "Deleted by retention: %d job(s), %d result(s), %d histories",
                report.deleted.jobs,
                report.deleted.results,
                report.deleted.histories,
            )
        if report.unannounced:
            logger.error("%d ending(s) could not be announced; they stay due", report.unannounced)
        if report.unsent:
            logger.error("%d message(s) could not be sent: their jobs stay due", report.unsent)


def _log_recovered(jobs: Sequence[Swept]) -> None:
    """A batch at a time: a line of CloudWatch's has no room for all jobs of a mass recovery."""
    logger.warning(reasons.recovered([job.id for job in jobs]))
    for job in jobs:
        logger.warning(reasons.was_running(job.id, job.source_type, job.started_at))


def _dispatches(rows: Sequence[dict[str, Any]]) -> list[Dispatch]:
    return [
        Dispatch(
            JobId(row["id"]),
            Revision(row["revision"]),
            row["due_in_seconds"],
            row["org_id"],
            row["trace"],
        )
        for row in rows
    ]


def _swept(rows: Sequence[dict[str, Any]]) -> list[Swept]:
    return [Swept(JobId(row["id"]), row["source_type"], row["started_at"]) for row in rows]


def _told(error: Exception) -> str:
    """An error without the row's contents, which Postgres puts into DETAIL."""
    if isinstance(error, psycopg.Error) and error.diag.message_primary:
        return f"{type(error).__name__}: {error.diag.message_primary}"
    return str(error)
