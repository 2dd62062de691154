"""Migrations: numbered SQL files, each applied once, in order, under a lock.

They run before the new code does, so each must fit the code that is running now as well: add first, and take away
in a later release. In some 60 lines, so that a function inside the network can run them without a framework.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from extraction_jobs.database import Connection

_FILE = re.compile(r"^(?P<number>\d{4})_[a-z0-9_]+\.sql$")
# Any number; it only has to be the same in every copy of this program.
_LOCK = 398_728_466

_LEDGER = b"""
CREATE SCHEMA IF NOT EXISTS kb;
CREATE TABLE IF NOT EXISTS kb.schema_migrations (
  number     integer     PRIMARY KEY,
  name       text        NOT NULL,
  digest     text        NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
)"""


_NOTE_ROLES = b"""
INSERT INTO kb.schema_migrations (number, name, digest) VALUES (%s, %s, %s)
ON CONFLICT (number) DO UPDATE SET digest = excluded.digest, applied_at = now()"""


class MigrationChangedError(Exception):
    """A file that was applied before has other contents now. Applied migrations are never edited."""


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
    connection: Connection, wanted: list[Migration] | None = None, *, roles: bool = False
) -> list[str]:
    """Applies what has not been applied yet; returns the names of those, [] the second time.

    Args:
        wanted: the migrations; this package's own unless given.
        roles: whether each function has a role of its own. They are made and granted anew whenever there is a new
            migration, or their file has changed.

    One transaction for all: either every file takes effect or none. Whoever comes second waits and finds nothing
    to do.

    Raises:
        MigrationChangedError: see there.
        psycopg.Error: a file failed; nothing was applied.
    """
    applied = []
    with connection.transaction():
        connection.execute(b"SET LOCAL statement_timeout = 0")
        connection.execute(b"SET LOCAL lock_timeout = '60s'")
        connection.execute(b"SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        connection.execute(_LEDGER)
        ledger = {
            row["number"]: row["digest"]
            for row in connection.execute(b"SELECT number, digest FROM kb.schema_migrations")
        }
        for migration in migrations() if wanted is None else wanted:
            if migration.number in ledger:
                if ledger[migration.number] != migration.digest:
                    raise MigrationChangedError(f"{migration.name} was edited after it was applied")
                continue
            connection.execute(migration.sql)
            connection.execute(
                b"INSERT INTO kb.schema_migrations (number, name, digest) VALUES (%s, %s, %s)",
                [migration.number, migration.name, migration.digest],
            )
            applied.append(migration.name)
        if roles and (applied or ledger.get(_ROLES.number) != _ROLES.digest):
            connection.execute(_ROLES.sql)
            connection.execute(_NOTE_ROLES, [_ROLES.number, _ROLES.name, _ROLES.digest])
            applied.append(_ROLES.name)
    return applied
