"""One run of the migrations: its time, the limits of its session, and the lock that one run at a time can hold."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TypeVar

import psycopg

from extraction_jobs.database import Connection

# Any number; it only has to be the same in every copy of this program.
LOCK = 398_728_466

# Tries of what found a lock in its way, and the pause between them, in which everyone else gets on.
_TRIES = 20
_PAUSE_SECONDS = 1.0
# Another run has this long to end.
_OTHERS_SECONDS = 300.0
_POLL_SECONDS = 0.2
# A request to cancel that arrives between two statements has no effect, so it is sent again.
_CANCEL_AGAIN_SECONDS = 0.5
_CANCEL_TIMEOUT_SECONDS = 5.0

# No limit on a statement: the run's own end is the limit. The rest lets Postgres end the session of a run that died,
# which holds the lock of the migrations: within half a minute if it was between two statements; within 40 s if it was
# in one (three keepalives fail, and a running statement looks at its connection every 5 s). Postgres 14 has all of them
# but transaction_timeout.
_LIMITS = b"""
SELECT set_config(wanted.name, wanted.value, false)
FROM (VALUES
  ('statement_timeout', '0'),
  ('transaction_timeout', '0'),
  ('idle_session_timeout', '30s'),
  ('idle_in_transaction_session_timeout', '30s'),
  ('tcp_keepalives_idle', '20'),
  ('tcp_keepalives_interval', '5'),
  ('tcp_keepalives_count', '3'),
  ('client_connection_check_interval', '5s')
) AS wanted (name, value)
JOIN pg_settings USING (name)"""

_LOCK_TIMEOUT = b"SELECT set_config('lock_timeout', %s, false)"

_HOLDER = b"""
SELECT holder.pid, holder.usename, holder.application_name, holder.state,
       date_trunc('second', holder.backend_start)::text AS since
FROM pg_locks AS held JOIN pg_stat_activity AS holder USING (pid)
WHERE held.locktype = 'advisory' AND held.granted AND held.objsubid = 1
  AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (held.classid::bigint << 32) + held.objid::bigint = %s"""

Result = TypeVar("Result")


class MigrationsRunningError(Exception):
    """Another session does the same and does not end: it holds the lock, or builds the index. The message names it."""


class MigrationsOutOfTimeError(Exception):
    """The time that the run has is over; the message names the file that was not finished."""


@dataclass(frozen=True, slots=True)
class Run:
    """See the module.

    Attributes:
        connection: in autocommit, not shared.
        lock_timeout_seconds: how long an ordinary file waits for a lock, and others behind it.
        seconds_left: until the run must have ended; at 0 or below whatever it does is cancelled.
        sleep: waits between tries.
    """

    connection: Connection
    lock_timeout_seconds: float
    seconds_left: Callable[[], float]
    sleep: Callable[[float], None]

    @contextmanager
    def limited(self) -> Iterator[None]:
        """Sets the session's limits; inside, what runs when the time is over is cancelled in Postgres."""
        self.connection.execute(_LIMITS)
        self.wait_for_locks(self.lock_timeout_seconds)
        ended = threading.Event()
        watch = threading.Thread(target=self._cancel_at_the_end, args=[ended], daemon=True)
        watch.start()
        try:
            yield
        finally:
            ended.set()
            watch.join()

    def wait_for_locks(self, seconds: float) -> None:
        """Sets how long a statement waits for a lock from here on; 0 is without limit."""
        self.connection.execute(_LOCK_TIMEOUT, [f"{seconds * 1000:.0f}"])

    def patiently(self, attempt: Callable[[], Result]) -> Result:
        """Calls it again while a lock is in its way: in the pauses those go on who had to queue behind it."""
        for _ in range(_TRIES - 1):
            try:
                return attempt()
            except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
                self.sleep(_PAUSE_SECONDS)
        return attempt()

    @contextmanager
    def naming(self, what: str) -> Iterator[None]:
        """What fails inside says that it was `what`, and whether that was for want of time.

        Raises:
            MigrationsOutOfTimeError: nothing was begun, or what ran was cancelled.
        """
        if self.seconds_left() <= 0:
            raise _out_of_time(what)
        try:
            yield
        except psycopg.Error as error:
            cut_off = isinstance(error, psycopg.errors.QueryCanceled) or self.connection.closed
            if cut_off and self.seconds_left() <= 0:
                raise _out_of_time(what) from error
            error.add_note(what)
            raise

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Holds the lock that one run at a time can have.

        Asked for again and again, not waited for: a statement that waits has a snapshot, and building an index waits
        for every snapshot, so that the two would wait for each other.

        Raises:
            MigrationsRunningError: see there.
        """
        for _ in range(int(_OTHERS_SECONDS / _POLL_SECONDS)):
            row = self.connection.execute(
                b"SELECT pg_try_advisory_lock(%s) AS held", [LOCK]
            ).fetchone()
            if row and row["held"]:
                break
            if self.seconds_left() <= 0:
                raise self._another_runs()
            self.sleep(_POLL_SECONDS)
        else:
            raise self._another_runs()
        try:
            yield
        finally:
            # A connection that is gone holds nothing any more.
            with suppress(psycopg.OperationalError):
                self.connection.execute(b"SELECT pg_advisory_unlock(%s)", [LOCK])

    def _another_runs(self) -> MigrationsRunningError:
        holder = self.connection.execute(_HOLDER, [LOCK]).fetchone()
        if holder is None:
            return MigrationsRunningError("Another run of the migrations ended only now; try again")
        # Who is not of the same role sees no state.
        return MigrationsRunningError(
            f"Another run of the migrations holds their lock: process {holder['pid']} of Postgres"
            f" (role {holder['usename']}, {holder['application_name']!r}, connected since {holder['since']},"
            f" {holder['state'] or 'state not visible'}). Wait until it has ended and try again;"
            f" if it never ends: SELECT pg_terminate_backend({holder['pid']})"
        )

    def _cancel_at_the_end(self, ended: threading.Event) -> None:
        while not ended.wait(max(self.seconds_left(), _CANCEL_AGAIN_SECONDS)):
            if self.seconds_left() <= 0:
                with suppress(psycopg.Error):
                    self.connection.cancel_safe(timeout=_CANCEL_TIMEOUT_SECONDS)


def _out_of_time(what: str) -> MigrationsOutOfTimeError:
    return MigrationsOutOfTimeError(
        f"There was no time left to finish {what}. What is in kb.schema_migrations stays applied, and the next run goes"
        " on from there. If this needs longer than one run has, do it by hand: see 'A migration failed' in"
        " docs/runbook.md"
    )
