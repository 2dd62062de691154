"""Sweep: fails or requeues jobs whose worker is gone, and sends messages that were not sent.

Its steps (sweep_steps.py) stand alone: one that fails does not stop the next, and one bad row does not stop its step.
Any number of sweeps may run at once: each statement locks what it takes and skips what another has.

Whatever there is to do, a sweep holds a batch of it at a time, and sends no more than the workers are to be given in
the next minute or two: the rest has its time written on its row.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from extraction_jobs import reasons
from extraction_jobs.announcements import Bus, announce_due
from extraction_jobs.database import Database, DatabaseUnavailableError
from extraction_jobs.dispatch import Queue
from extraction_jobs.queries import BOUNDS, SWEEPS
from extraction_jobs.retention import delete_expired
from extraction_jobs.settings import Settings
from extraction_jobs.sweep_report import Count, Report, SweepFailedError, Swept
from extraction_jobs.sweep_run import TIME_LIMIT_SECONDS, Run
from extraction_jobs.sweep_steps import LOOK, STEPS
from extraction_jobs.webhook_deliveries import Post, deliver_due

__all__ = ["Report", "SweepFailedError", "Sweeper", "Swept"]

logger = logging.getLogger(__name__)

# An orphan that is still there this long after the threshold was passed over by more than one sweep.
SEVERAL_SWEEPS = timedelta(minutes=2)
# So many of them are named.
MOST_HOLDERS = 5
# A transaction that is younger may be another sweep's, which is about to recover the job.
HELD_FOR = timedelta(seconds=5)

# Of a sweep that waits: how long it sleeps at least (the last time less), and after its last sleep goes on at most.
LEAST_WAIT_SECONDS = 1.0
LAST_ROUND_SECONDS = 1.5


@dataclass(frozen=True, slots=True)
class _Look:
    """What a look saw: when it was, when there is something to do (by the sweeper's clock), whether it is recorded."""

    at: datetime
    due: float
    recorded: bool


@dataclass
class Sweeper:
    """Sweeps.

    `clock` is seconds, monotonic: only the sweep's own time limit hangs on it. `bus` is told of endings that nobody
    else has announced; None if there is none. `post` calls webhooks; None where no organisation may have one.
    """

    database: Database
    queue: Queue
    settings: Settings
    clock: Callable[[], float] = time.monotonic
    bus: Bus | None = None
    sleep: Callable[[float], None] = time.sleep
    post: Post | None = None

    def sweep(self, *, dry_run: bool = False, wait_seconds: float = 0.0) -> Report:
        """One sweep, in batches until nothing is left or its time is up.

        A dry run runs the very statements that change jobs, rolls them back, and sends nothing.

        Args:
            dry_run: whether it is one.
            wait_seconds: what comes due within that time from now is waited for, and done when it is. With nothing so
                near, the sweep ends at once. A dry run never waits.

        Raises:
            SweepFailedError: a step failed, or a row could not be changed. The other steps were done.
        """
        started = self.clock()
        until = started + (0.0 if dry_run else wait_seconds)
        report = Report(dry_run=dry_run)
        run = Run(
            *(self.database, self.queue, self.settings, report, self.clock, self.sleep),
            ends=started + TIME_LIMIT_SECONDS,
        )
        recorded = False
        try:
            with self.database.rolled_back() if dry_run else nullcontext():
                seen = self._look(run, None, until)
                recorded = seen is not None and seen.recorded
                if seen is None or seen.due <= self.clock():
                    run.go_through(STEPS)
                if not dry_run:
                    self._do_chores(run)
                    self._wait(run, seen, until)
                    # Last: strangers decide how long it takes, up to its limit.
                    run.alone("call webhooks", self._call_webhooks)
                if not report.idle:
                    self._look(run, None, until)  # for the gauges
        except DatabaseUnavailableError as error:
            report.errors.append(str(error))
        self._log(report)
        if not dry_run and not recorded:
            took = timedelta(seconds=self.clock() - started)
            run.alone("record the sweep", partial(self._record, report, took))
        if report.faults:
            raise SweepFailedError(report)
        return report

    def _look(self, run: Run, after: datetime | None, until: float) -> _Look | None:
        """Nearly every sweep finds nothing: one statement sees that, reads the gauges and records the sweep."""
        params = {
            "threshold": self.settings.orphan_threshold,
            "after": after or "-infinity",
            "near": until - self.clock(),
            "record": run.report.idle and self._looking_is_all and not run.report.dry_run,
        }
        row = run.alone("look for what waits", partial(self.database.row, LOOK, params))
        if row is None:
            return None
        run.report.oldest_heartbeat_seconds = row["oldest_heartbeat_seconds"]
        run.report.oldest_pending_seconds = row["oldest_pending_seconds"]
        wait = math.inf if row["wait"] is None else row["wait"]
        return _Look(row["at"], self.clock() + wait, row["recorded"])

    def _wait(self, run: Run, seen: _Look | None, until: float) -> None:
        """Does what comes due by then, asleep until it is. What could not be done before is left to the next sweep."""
        run.ends = until + LAST_ROUND_SECONDS
        if seen and not run.report.idle and self.clock() < until:
            seen = self._look(run, seen.at, until)
        while seen and seen.due <= until and (now := self.clock()) < until:
            self.sleep(max(seen.due, min(now + LEAST_WAIT_SECONDS, until)) - now)
            run.go_through(STEPS)
            seen = self._look(run, seen.at, until)

    def _do_chores(self, run: Run) -> None:
        for what, chore in (
            ("look for locks that are held", self._name_holders),
            ("announce what has ended", self._announce),
            ("delete what is over its retention", self._delete_expired),
            ("measure what is kept", self._measure_kept),
        ):
            if self.clock() < run.ends:
                run.alone(what, partial(chore, run))

    @property
    def _looking_is_all(self) -> bool:
        """Whether a sweep that finds no job to act on has nothing else to do, and so nothing else to record."""
        return self.bus is None and not self.settings.retains_for_a_time

    def _name_holders(self, run: Run) -> None:
        """A row that is locked is passed over by each step, and nothing fails: then only this tells why it is stuck."""
        if run.report.idle:
            return
        params = {
            "threshold": self.settings.orphan_threshold,
            "several_sweeps": SEVERAL_SWEEPS,
            "held_for": HELD_FOR,
            "limit": MOST_HOLDERS,
        }
        rows = self.database.rows(SWEEPS["stuck_behind_locks"], params)
        run.report.errors += [reasons.held(**row) for row in rows]

    def _announce(self, run: Run) -> None:
        batch = self.settings.sweep_batch_size
        while self.bus is not None and self.clock() < run.ends:
            due, sent = announce_due(self.database, self.bus, batch=batch)
            run.report.announced += sent
            run.report.unannounced += due - sent
            if due < batch or sent < due:
                return

    def _call_webhooks(self) -> None:
        if self.post is not None:
            deliver_due(self.database, self.post, clock=self.clock)

    def _delete_expired(self, run: Run) -> None:
        delete_expired(self.database, self.settings, run.report.deleted, self.clock)

    def _measure_kept(self, _run: Run) -> None:
        if self.settings.max_kept_megabytes:
            self.database.rows(BOUNDS["measure_kept"])

    def _record(self, report: Report, took: timedelta) -> None:
        self.database.rows(
            SWEEPS["record_sweep"],
            {
                "took": took,
                **{count: report.counts[count] for count in Count},
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
        if not report.recovered and not report.errors:
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
