"""Migrations: numbered SQL files, each applied once, in order, under a lock.

They run before the new code does, so each must fit the code that is running now as well: add first, and take away
in a later release. And they must not stand in its way: a lock that a file has to wait for makes everyone wait who comes
after it, so the wait is short, and the whole is tried again. In some two hundred lines, so that a function inside the
network can run them without a framework.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TypeVar

import psycopg
from psycopg.sql import SQL, Identifier

from extraction_jobs.database import Connection

_FILE = re.compile(r"^(?P<number>\d{4})_[a-z0-9_]+\.sql$")
# A file that says so in its first line is run outside a transaction, which an index that is built beside running
# writers needs. It is one such statement, and one that does no harm when it is run again.
_OUTSIDE = re.compile(
    rb"\A-- outside a transaction\b[^\n]*\n(?:--[^\n]*\n|\s)*"
    rb"(?:CREATE (?:UNIQUE )?INDEX CONCURRENTLY IF NOT EXISTS|DROP INDEX CONCURRENTLY IF EXISTS) "
    rb"(?:kb\.)?(?P<index>[a-z_0-9]+)\b[^;]*;?\s*\Z"
)
# Any number; it only has to be the same in every copy of this program.
_LOCK = 398_728_466

LOCK_TIMEOUT_SECONDS = 2.0
# Tries of what found a lock in its way, and the pause between them, in which everyone else gets on.
_TRIES = 20
_PAUSE_SECONDS = 1.0
# Another run has this long to end.
_OTHERS_SECONDS = 300.0
_POLL_SECONDS = 0.2

_LEDGER = b"""
CREATE SCHEMA IF NOT EXISTS kb;
CREATE TABLE IF NOT EXISTS kb.schema_migrations (
  number     integer     PRIMARY KEY,
  name       text        NOT NULL,
  digest     text        NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
)"""

_NOTE = b"INSERT INTO kb.schema_migrations (number, name, digest) VALUES (%s, %s, %s)"
_NOTE_ROLES = (
    _NOTE + b" ON CONFLICT (number) DO UPDATE SET digest = excluded.digest, applied_at = now()"
)

# What a build that was interrupted leaves behind: an index that is kept up to date and never used.
_IS_INVALID = (
    b"SELECT 1 FROM pg_index WHERE indexrelid = to_regclass('kb.' || %s) AND NOT indisvalid"
)
_DROP_INDEX = SQL("DROP INDEX CONCURRENTLY IF EXISTS kb.{}")


Result = TypeVar("Result")


class MigrationChangedError(Exception):
    """A file that was applied before has other contents now. Applied migrations are never edited."""


class MigrationsRunningError(Exception):
    """Another run of the migrations does not end."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file."""

    number: int
    name: str
    sql: bytes

    @property
    def digest(self) -> str:
        """SHA-256 of the file, hexadecimal."""
        return hashlib.sha256(self.sql).hexdigest()

    @property
    def outside_a_transaction(self) -> str | None:
        """The index that the file builds or drops beside running writers; None for an ordinary file.

        Raises:
            ValueError: the file says that it does, and is not of that form.
        """
        if not self.sql.startswith(b"-- outside a transaction"):
            return None
        match = _OUTSIDE.match(self.sql)
        if match is None:
            raise ValueError(
                f"{self.name}: outside a transaction there can be one CREATE INDEX CONCURRENTLY IF NOT EXISTS,"
                " or one DROP INDEX CONCURRENTLY IF EXISTS"
            )
        return match["index"].decode()


def migrations(folder: Traversable | None = None) -> list[Migration]:
    """The migrations in `folder` (this package's own), in order.

    Raises:
        ValueError: a file's name does not fit, or two have one number.
    """
    found = []
    for file in (folder or files(__package__).joinpath("migrations")).iterdir():
        if not file.name.endswith(".sql"):
            continue
        match = _FILE.match(file.name)
        if match is None:
            raise ValueError(f"migrations/{file.name}: the name must look like 0001_what.sql")
        found.append(Migration(int(match["number"]), file.name, file.read_bytes()))
    found.sort(key=lambda migration: migration.number)
    if len({migration.number for migration in found}) != len(found):
        raise ValueError("migrations: a number is used twice")
    return found


# Whose digest tells whether the roles are as roles.sql has them now.
_ROLES = Migration(0, "roles.sql", files(__package__).joinpath("sql", "roles.sql").read_bytes())


def migrate(
    connection: Connection,
    wanted: list[Migration] | None = None,
    *,
    roles: bool = False,
    lock_timeout_seconds: float = LOCK_TIMEOUT_SECONDS,
    sleep: Callable[[float], None] = time.sleep,
) -> list[str]:
    """Applies what has not been applied yet; returns the names of those, [] the second time.

    Args:
        connection: in autocommit, not shared: it is left with settings of the migrations' own.
        wanted: the migrations; this package's own unless given.
        roles: whether each function has a role of its own. They are made and granted anew whenever there is a new
            migration, or their file has changed.
        lock_timeout_seconds: how long a file waits for a lock, and others behind it.
        sleep: waits between tries.

    One transaction for all: either every file takes effect or none. A file outside a transaction parts them:
    those before it are done then. Whoever comes second waits and finds nothing to do.

    Raises:
        MigrationChangedError, MigrationsRunningError: see there.
        ValueError: a file is to be run outside a transaction and is not fit for it.
        psycopg.Error: a file failed; nothing of its transaction was applied.
    """
    files_wanted = migrations() if wanted is None else wanted
    applied: list[str] = []
    with _alone(connection, sleep):
        connection.execute(b"SET statement_timeout = 0")
        milliseconds = f"{lock_timeout_seconds * 1000:.0f}"
        connection.execute(b"SELECT set_config('lock_timeout', %s, false)", [milliseconds])
        while True:
            ordinary = partial(_in_transaction, connection, files_wanted, roles=roles)
            done, by_itself = _patiently(ordinary, sleep)
            applied += done
            if by_itself is None:
                return list(dict.fromkeys(applied))
            _patiently(partial(_outside_a_transaction, connection, by_itself), sleep)
            applied.append(by_itself.name)


def _in_transaction(
    connection: Connection, wanted: list[Migration], *, roles: bool
) -> tuple[list[str], Migration | None]:
    """Applies what is new, up to a file that must be run by itself; returns what was applied, and that file."""
    applied: list[str] = []
    by_itself = None
    with connection.transaction():
        connection.execute(_LEDGER)
        ledger = _applied_before(connection)
        for migration in wanted:
            if migration.number in ledger:
                if ledger[migration.number] != migration.digest:
                    raise MigrationChangedError(f"{migration.name} was edited after it was applied")
                continue
            if migration.outside_a_transaction is not None:
                by_itself = migration
                break
            connection.execute(migration.sql)
            connection.execute(_NOTE, [migration.number, migration.name, migration.digest])
            applied.append(migration.name)
        # Together with the tables that they are about.
        if roles and (applied or ledger.get(_ROLES.number) != _ROLES.digest):
            connection.execute(_ROLES.sql)
            connection.execute(_NOTE_ROLES, [_ROLES.number, _ROLES.name, _ROLES.digest])
            applied.append(_ROLES.name)
    return applied, by_itself


def _outside_a_transaction(connection: Connection, migration: Migration) -> None:
    """Applies a file that builds or drops an index, whatever an earlier try has left."""
    index = migration.outside_a_transaction
    if connection.execute(_IS_INVALID, [index]).fetchone():
        connection.execute(_DROP_INDEX.format(Identifier(index or "")))
    connection.execute(migration.sql)
    connection.execute(_NOTE, [migration.number, migration.name, migration.digest])


def _applied_before(connection: Connection) -> dict[int, str]:
    ledger = connection.execute(b"SELECT number, digest FROM kb.schema_migrations")
    return {row["number"]: row["digest"] for row in ledger}


def _patiently(run: Callable[[], Result], sleep: Callable[[float], None]) -> Result:
    """Runs it again while a lock is in its way: in the pauses those go on who had to queue behind it."""
    for _ in range(_TRIES - 1):
        try:
            return run()
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            sleep(_PAUSE_SECONDS)
    return run()


@contextmanager
def _alone(connection: Connection, sleep: Callable[[float], None]) -> Iterator[None]:
    """Holds the lock that one run at a time can have.

    Asked for again and again, not waited for: a statement that waits has a snapshot, and building an index waits for
    every snapshot, so that the two would wait for each other.
    """
    for _ in range(int(_OTHERS_SECONDS / _POLL_SECONDS)):
        row = connection.execute(b"SELECT pg_try_advisory_lock(%s) AS held", [_LOCK]).fetchone()
        if row and row["held"]:
            break
        sleep(_POLL_SECONDS)
    else:
        raise MigrationsRunningError("Another run of the migrations does not end")
    try:
        yield
    finally:
        # A connection that is gone holds nothing any more.
        with suppress(psycopg.OperationalError):
            connection.execute(b"SELECT pg_advisory_unlock(%s)", [_LOCK])
