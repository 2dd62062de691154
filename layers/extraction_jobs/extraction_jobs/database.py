"""One Postgres connection that survives between invocations and comes back after a failure."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any

import psycopg
from psycopg.abc import RV, AdaptContext, Buffer, PQGen
from psycopg.adapt import Loader
from psycopg.pq import Format
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import set_json_loads
from psycopg.types.string import TextLoader

from extraction_jobs.session import is_of_old_server, look, start_up_options

Connection = psycopg.Connection[DictRow]
Params = Mapping[str, object]

# A warm connection idle for longer than this is asked whether it still lives before it is used: a proxy, a failover
# or a frozen Lambda may have ended it meanwhile.
CHECK_AFTER_IDLE_SECONDS = 10.0
# A server that takes a statement and says nothing more is given up after this. Its own time limit (60 s) comes first:
# what is left are connections of which only this end is still there, which a proxy in between may keep open for ever.
REPLY_SECONDS = 75.0
_ACT_FOR = b"SELECT kb.act_for(%s::text[])"


class DatabaseUnavailableError(Exception):
    """Postgres cannot be reached, or went away before it answered. Whether the statement took effect is unknown."""


class _ImpatientConnection(psycopg.Connection[DictRow]):
    """Waits `reply_seconds` for an answer, then closes itself: whether the statement took effect is unknown."""

    reply_seconds = REPLY_SECONDS

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """See psycopg.Connection."""
        patience = self.reply_seconds if timeout is None else timeout
        started = time.monotonic()
        try:
            return super().wait(gen, interval, patience)
        except psycopg.OperationalError:
            if time.monotonic() - started >= patience:
                self.pgconn.finish()
            raise


def connect(
    conninfo: str,
    *,
    application_name: str,
    behind_proxy: bool,
    reply_seconds: float = REPLY_SECONDS,
    checked: bool = True,
) -> Connection:
    """A connection for single-statement transactions.

    Args:
        conninfo: a libpq connection string.
        application_name: what `pg_stat_activity` shows.
        behind_proxy: a connection pooler is in between. It pins a session that prepares statements and refuses
            start-up options, so neither is used; what the session relies on is then on the role.
        reply_seconds: how long an answer may take before the connection counts as lost.
        checked: behind a proxy, whether the session's settings are looked at.

    Raises:
        SettingsError: behind a proxy, they cannot be worked with.
        psycopg.OperationalError: no connection can be made.
    """
    open_connection = partial(
        _ImpatientConnection.connect,
        conninfo,
        autocommit=True,
        row_factory=dict_row,
        prepare_threshold=None if behind_proxy else 2,
        application_name=application_name[:63],
        connect_timeout=5,
        keepalives=1,
        keepalives_idle=20,
        keepalives_interval=5,
        keepalives_count=3,
        tcp_user_timeout=20_000,
    )
    try:
        connection = open_connection(options=None if behind_proxy else start_up_options())
    except psycopg.OperationalError as fault:
        if behind_proxy or not is_of_old_server(fault):
            raise
        connection = open_connection(options=start_up_options(of_old_server=True))
    connection.reply_seconds = reply_seconds
    if behind_proxy and checked:
        try:
            look(connection)
        except BaseException:
            connection.close()
            raise
    connection.adapters.register_loader("timestamptz", _ClampedTimestamps)
    for name in ("float4", "float8", "numeric"):
        connection.adapters.register_loader(name, _ClampedNumbers)
    set_json_loads(partial(json.loads, parse_float=_finite), connection)
    return connection


_EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
_LATEST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


class _Clamped(Loader):
    """What psycopg's own loader gives, or the nearest that callers can take: one such row must not make every reply
    that holds it unreadable. Its compiled loader, where it is installed, takes a sixth of the time that a subclass of
    the one in Python takes, and a job has eight times in it.
    """

    def __init__(self, oid: int, context: AdaptContext | None = None) -> None:
        super().__init__(oid, context)
        psycopgs = psycopg.adapters.get_loader(oid, Format.TEXT) or TextLoader
        self._load = psycopgs(oid, context).load


class _ClampedTimestamps(_Clamped):
    """Times that Postgres has and Python has not (infinity, before year 1, after 9999) become the nearest it has.

    A person may well set updated_at to -infinity by hand.
    """

    def load(self, data: Buffer) -> Any:
        try:
            return self._load(data)
        except psycopg.DataError:
            text = bytes(data)
            early = text.startswith(b"-") or text.endswith(b"BC")
            return _EARLIEST if early else _LATEST


_LARGEST = 1e12


def _finite(text: str) -> float:
    """The number in a JSON text. One that is beyond Python's numbers becomes the largest."""
    return _clamped(float(text))


def _clamped(number: float) -> float:
    """The number itself, if JSON has it. NaN becomes the largest, as Postgres sorts it."""
    if math.isfinite(number):
        return number
    return -_LARGEST if number < 0 else _LARGEST


class _ClampedNumbers(_Clamped):
    """Numbers that Postgres has and JSON has not (infinity, NaN) become large ones."""

    def load(self, data: Buffer) -> Any:
        number = self._load(data)
        return number if math.isfinite(number) else type(number)(_clamped(float(number)))


class Database:
    """Runs statements, each a transaction of its own, over one connection opened at first use.

    Not for two threads at once: a heartbeat has a Database of its own.

    Args:
        open_connection: makes a connection, see `connect`.
        clock: seconds, monotonic; only to tell how long the connection has been idle.
    """

    def __init__(
        self,
        open_connection: Callable[[], Connection],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open_connection = open_connection
        self._clock = clock
        self._connection: Connection | None = None
        # Inside `rolled_back`: the one connection whose transaction undoes everything.
        self._pinned: Connection | None = None
        self._used_at = 0.0
        self._organisations: list[str] | None = None

    def act_for(self, organisations: Iterable[str]) -> None:
        """From here on every statement sees the jobs of these organisations only, whatever it says itself.

        The wall stands in the database, for roles that its row-level security binds (sql/roles.sql). It costs no round
        trip: who is acted for goes ahead of the statement in one pipeline.
        """
        self._organisations = sorted(organisations)

    def rows(self, statement: bytes, params: Params | None = None) -> list[DictRow]:
        """All rows of a statement.

        Raises:
            DatabaseUnavailableError: the connection could not be made or was lost on the way.
        """
        with self._usable_connection() as connection:
            if self._organisations is None:
                cursor = connection.execute(statement, params)
            else:
                # What a pipeline holds is one transaction (an implicit one, up to its end), and one round trip.
                with connection.pipeline():
                    connection.execute(_ACT_FOR, [self._organisations])
                    cursor = connection.execute(statement, params)
            # Not cursor.description: it describes every column anew, at each statement.
            answered = cursor.pgresult is not None and cursor.pgresult.nfields > 0
            return cursor.fetchall() if answered else []

    def row(self, statement: bytes, params: Params | None = None) -> DictRow | None:
        """The first row, or None. Raises as `rows`."""
        rows = self.rows(statement, params)
        return rows[0] if rows else None

    @contextmanager
    def rolled_back(self) -> Iterator[None]:
        """Statements run inside take effect for each other and are then undone: a dry run of the very statements."""
        with self._usable_connection() as connection, connection.transaction(force_rollback=True):
            self._pinned = connection
            try:
                yield
            finally:
                self._pinned = None

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Inside `rolled_back`: what fails in here leaves the rest of the dry run usable."""
        with self._usable_connection() as connection, connection.transaction():
            yield

    def close(self) -> None:
        """Ends the connection; the next statement opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextmanager
    def _usable_connection(self) -> Iterator[Connection]:
        try:
            yield self._checked_out()
        except psycopg.errors.ReadOnlySqlTransaction as error:
            # After a failover: this session is on what is no longer the primary, and would stay there.
            self.close()
            raise DatabaseUnavailableError("Postgres is read-only here") from error
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            if isinstance(error, _STATEMENT_FAULTS) and not self._is_broken():
                raise
            self.close()
            raise DatabaseUnavailableError(
                f"Postgres is unreachable ({type(error).__name__})"
            ) from error
        finally:
            self._used_at = self._clock()

    def _checked_out(self) -> Connection:
        if self._pinned is not None:
            # A fresh connection would be outside the transaction: what runs on it would be committed.
            if self._pinned.closed:
                raise psycopg.OperationalError("the connection of the dry run was lost")
            return self._pinned
        if (
            self._connection is not None
            and self._clock() - self._used_at > CHECK_AFTER_IDLE_SECONDS
        ):
            try:
                self._connection.execute(b"SELECT 1")
            except psycopg.Error:
                self.close()
        if self._connection is None or self._connection.closed:
            self._connection = self._open_connection()
        return self._connection

    def _is_broken(self) -> bool:
        return self._connection is None or self._connection.closed


# Another's lock was in the way; nothing was changed.
LOCK_FAULTS = (
    psycopg.errors.LockNotAvailable,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
)

# psycopg files these under OperationalError, though the server is there and the statement alone has failed.
_STATEMENT_FAULTS = (
    psycopg.errors.LockNotAvailable,
    psycopg.errors.QueryCanceled,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
    psycopg.errors.ProgramLimitExceeded,
)
