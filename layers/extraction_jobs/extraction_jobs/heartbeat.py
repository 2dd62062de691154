"""Heartbeat: a running attempt's sign of life, from a thread of its own."""

from __future__ import annotations

import logging
import threading
from types import TracebackType
from typing import Self

import psycopg

from extraction_jobs.attempt import Attempt, LeaseLostError
from extraction_jobs.database import Database, DatabaseUnavailableError

logger = logging.getLogger(__name__)

# How long the work waits for a beat under way. A server that takes it and never answers must not keep the work from
# its last write; the beat is fenced, whenever it ends.
JOIN_SECONDS = 5.0


class OverHardLimitError(Exception):
    """The job's deadline has passed."""


class Heartbeat:
    """Renews an attempt's lease every `every_seconds` while its `with` block runs.

    A checkpoint is a sign of life too, so a job that checkpoints often enough never opens the second connection.
    The work asks `check` (or `should_stop`, where it may not raise) between its steps.

    Args:
        database: a connection of the thread's own.
    """

    def __init__(
        self,
        attempt: Attempt,
        database: Database,
        *,
        every_seconds: float,
        seconds_left: float,
    ) -> None:
        self._attempt = attempt
        self._database = database
        self._every = every_seconds
        self._clock = attempt.clock
        self._deadline = self._clock() + seconds_left
        self._lost = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join(JOIN_SECONDS)
        if self._thread.is_alive():
            logger.warning("A heartbeat does not come back; it is left behind")
        else:
            self._database.close()

    def should_stop(self) -> bool:
        """Whether the work must end: lease lost, not renewable, or deadline passed."""
        return self._lost.is_set() or self._attempt.is_stale() or self._clock() >= self._deadline

    def check(self) -> None:
        """Raises what `should_stop` only tells.

        Raises:
            LeaseLostError: the lease is lost, or could not be renewed for too long.
            OverHardLimitError: the deadline has passed while the lease is held.
        """
        if self._lost.is_set() or self._attempt.is_stale():
            raise LeaseLostError
        if self._clock() >= self._deadline:
            raise OverHardLimitError

    def renewed(self, seconds_left: float) -> None:
        """A checkpoint renewed the lease: the database's deadline as it stands now (someone may have moved it)."""
        self._deadline = self._clock() + seconds_left

    def _run(self) -> None:
        while not self._stop.wait(self._next_beat_in()):
            if self._next_beat_in() > 0:
                continue  # a checkpoint came in between
            try:
                seconds_left = self._attempt.heartbeat(self._database)
            except (DatabaseUnavailableError, psycopg.OperationalError):
                # Not there, or a lock in the way: the lease may well be ours still. `is_stale` ends the trying.
                logger.warning("A heartbeat could not be written; trying again")
                self._stop.wait(min(self._every, 1.0))
                continue
            except Exception:
                # A heartbeat that dies in silence would leave the work running without a lease.
                logger.exception("A heartbeat failed; the work is stopped")
                self._lost.set()
                return
            if seconds_left is None:
                self._lost.set()
                return
            self._deadline = self._clock() + seconds_left

    def _next_beat_in(self) -> float:
        return max(0.0, self._attempt.renewed_at + self._every - self._clock())
