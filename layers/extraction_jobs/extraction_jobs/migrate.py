"""Migrations: numbered SQL files, each applied once, in order, under a lock.

They run before the new code does, so each must fit the code that is running now as well: add first, and take away
in a later release. And they must not stand in its way: a lock that a file has to wait for makes everyone wait who comes
after it, so the wait is short, and the whole is tried again. Written here, so that a function inside the network can
run them without a framework.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from psycopg.sql import SQL, Identifier

from extraction_jobs.announcements import BUS_TRIGGER, WEBHOOK_TRIGGER, switch_announcing
from extraction_jobs.database import Connection
from extraction_jobs.migration_files import ROLES, Migration, migrations
from extraction_jobs.migration_run import MigrationsRunningError, Run

logger = logging.getLogger(__name__)

LOCK_TIMEOUT_SECONDS = 2.0

_MAKE_LEDGER = b"""
CREATE SCHEMA IF NOT EXISTS kb;
CREATE TABLE IF NOT EXISTS kb.schema_migrations (
  number     integer     PRIMARY KEY,
  name       text        NOT NULL,
  digest     text        NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
)"""
_HAS_LEDGER = b"SELECT to_regclass('kb.schema_migrations') IS NOT NULL AS there"
_READ_LEDGER = b"SELECT number, name, digest FROM kb.schema_migrations ORDER BY number"

_NOTE = b"INSERT INTO kb.schema_migrations (number, name, digest) VALUES (%s, %s, %s)"
_NOTE_ROLES = (
    _NOTE + b" ON CONFLICT (number) DO UPDATE SET digest = excluded.digest, applied_at = now()"
)
# The ledger is part of a database, roles are part of a server: a database that was restored into another one has none.
_HAS_ROLES = b"SELECT FROM pg_roles WHERE rolname = 'extraction_jobs_api'"

# What a build that was interrupted leaves behind: an index that is kept up to date and never used.
_IS_INVALID = (
    b"SELECT 1 FROM pg_index WHERE indexrelid = to_regclass('kb.' || %s) AND NOT indisvalid"
)
# Someone builds it by hand just now. To drop it would wait for the end of that, and then drop what is whole.
_IS_BUILT_BY = b"""
SELECT pid FROM pg_stat_progress_create_index
WHERE datname = current_database() AND index_relid = to_regclass('kb.' || %s)"""
_DROP_INDEX = SQL("DROP INDEX CONCURRENTLY IF EXISTS kb.{}")


@dataclass(frozen=True, slots=True)
class _Applied:
    """A line of the ledger."""

    name: str
    digest: str


class MigrationChangedError(Exception):
    """A file that was applied before has other contents now. Applied migrations are never edited."""


def _unlimited() -> float:
    return threading.TIMEOUT_MAX


def migrate(
    connection: Connection,
    wanted: list[Migration] | None = None,
    *,
    roles: bool = False,
    announcing: bool | None = None,
    webhooks: bool | None = None,
    lock_timeout_seconds: float = LOCK_TIMEOUT_SECONDS,
    seconds_left: Callable[[], float] = _unlimited,
    sleep: Callable[[float], None] = time.sleep,
) -> list[str]:
    """Applies what has not been applied yet; returns the names of those, [] the second time.

    Args:
        connection: in autocommit, not shared: it is left with settings of the migrations' own. Close it afterwards.
        wanted: the migrations; this package's own unless given.
        roles: whether each function has a role of its own. They are made and granted anew whenever there is a new
            migration, their file has changed, or the server does not have them.
        announcing: whether endings are written down to be announced; None leaves that as it is.
        webhooks: the same, for organisations that have a webhook.
        lock_timeout_seconds: how long a file waits for a lock, and others behind it.
        seconds_left: until the run must have ended.
        sleep: waits between tries.

    One transaction for all: either every file takes effect or none. A file outside a transaction parts them:
    those before it are done then. If there is nothing to apply, nobody is waited for. Else one run at a time applies:
    whoever comes second waits and finds nothing to do.

    Raises:
        MigrationChangedError, MigrationsRunningError, MigrationsOutOfTimeError: see there.
        ValueError: a file is to be run outside a transaction and is not fit for it.
        psycopg.Error: a file failed, which is named in a note; nothing of its transaction was applied.
    """
    files = migrations() if wanted is None else wanted
    run = Run(connection, lock_timeout_seconds, seconds_left, sleep)
    with run.limited():
        ledger = _read_ledger(connection)
        _log_what_is_not_known(ledger, files)
        applied: list[str] = []
        if _new(files, ledger) or (roles and _roles_differ(connection, ledger)):
            with run.alone():
                applied = _apply(run, files, roles=roles)
        for trigger, wish in ((BUS_TRIGGER, announcing), (WEBHOOK_TRIGGER, webhooks)):
            if wish is not None and _switch_announcing(run, trigger, on=wish):
                logger.info("The trigger %s is %s", trigger, "enabled" if wish else "disabled")
    return applied


def _apply(run: Run, files: list[Migration], *, roles: bool) -> list[str]:
    applied: list[str] = []
    while True:
        part = partial(_in_transaction, run, files, roles=roles, earlier=bool(applied))
        done, by_itself = run.patiently(part)
        applied += done
        if by_itself is None:
            return list(dict.fromkeys(applied))
        run.patiently(partial(_outside_a_transaction, run, by_itself))
        applied.append(by_itself.name)


def _in_transaction(
    run: Run, files: list[Migration], *, roles: bool, earlier: bool
) -> tuple[list[str], Migration | None]:
    """Applies what is new, up to a file that must be run by itself; returns what was applied, and that file.

    `earlier`: whether an earlier part of this run has applied anything.
    """
    applied: list[str] = []
    by_itself = None
    connection = run.connection
    with connection.transaction():
        connection.execute(_MAKE_LEDGER)
        ledger = _read_ledger(connection)
        for migration in _new(files, ledger):
            if migration.outside_a_transaction is not None:
                by_itself = migration
                break
            with run.naming(migration.name):
                connection.execute(migration.sql)
                connection.execute(_NOTE, [migration.number, migration.name, migration.digest])
            applied.append(migration.name)
        # When all is there that they are about.
        last = by_itself is None
        if roles and last and (applied or earlier or _roles_differ(connection, ledger)):
            with run.naming(ROLES.name):
                connection.execute(ROLES.sql)
                connection.execute(_NOTE_ROLES, [ROLES.number, ROLES.name, ROLES.digest])
            applied.append(ROLES.name)
    return applied, by_itself


def _outside_a_transaction(run: Run, migration: Migration) -> None:
    """Applies a file that builds or drops an index, whatever an earlier try has left.

    It waits for locks and for older transactions as long as the run lasts: nobody who reads or writes rows has to queue
    behind it, and to begin again would cost the whole build.
    """
    connection = run.connection
    index = migration.outside_a_transaction
    if builder := connection.execute(_IS_BUILT_BY, [index]).fetchone():
        raise MigrationsRunningError(
            f"The index of {migration.name} is being built by process {builder['pid']} of Postgres."
            " Wait until it has ended and try again"
        )
    run.wait_for_locks(0)
    with run.naming(migration.name):
        if connection.execute(_IS_INVALID, [index]).fetchone():
            connection.execute(_DROP_INDEX.format(Identifier(index or "")))
        connection.execute(migration.sql)
        connection.execute(_NOTE, [migration.number, migration.name, migration.digest])
    run.wait_for_locks(run.lock_timeout_seconds)


def _switch_announcing(run: Run, trigger: str, *, on: bool) -> bool:
    """Needs no lock of the migrations: it is one statement, and one that may run twice."""

    def switch() -> bool:
        with run.naming("the switch of announcements"):
            return switch_announcing(run.connection, on=on, trigger=trigger)

    return run.patiently(switch)


def _read_ledger(connection: Connection) -> dict[int, _Applied]:
    """What was applied, by number; empty before the first run."""
    there = connection.execute(_HAS_LEDGER).fetchone()
    if not there or not there["there"]:
        return {}
    rows = connection.execute(_READ_LEDGER)
    return {row["number"]: _Applied(row["name"], row["digest"]) for row in rows}


def _new(files: list[Migration], ledger: dict[int, _Applied]) -> list[Migration]:
    for migration in files:
        applied = ledger.get(migration.number)
        if applied is not None and applied.digest != migration.digest:
            raise MigrationChangedError(f"{migration.name} was edited after it was applied")
    return [migration for migration in files if migration.number not in ledger]


def _roles_differ(connection: Connection, ledger: dict[int, _Applied]) -> bool:
    applied = ledger.get(ROLES.number)
    if applied is None or applied.digest != ROLES.digest:
        return True
    return connection.execute(_HAS_ROLES).fetchone() is None


def _log_what_is_not_known(ledger: dict[int, _Applied], files: list[Migration]) -> None:
    """After a rollback the code is older than the tables, which only grow from one release to the next."""
    known = {ROLES.number, *(migration.number for migration in files)}
    newer = [applied.name for number, applied in ledger.items() if number not in known]
    if newer:
        logger.warning(
            "The database has migrations that this code does not know, and keeps them: %s",
            ", ".join(newer),
        )
