"""A Postgres server for one run of the benchmarks, durable, otherwise as it comes; and what it counts."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg

from local.postgres import EmbeddedPostgres

# Shown with the results: what decides how fast a commit is, and how soon a page is written whole to the WAL.
CONFIGURATION = (
    "server_version",
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "shared_buffers",
    "max_wal_size",
    "checkpoint_timeout",
    "autovacuum",
)


@dataclass(frozen=True, slots=True)
class Counts:
    """What one backend has done since it started.

    Attributes:
        buffers: shared buffers touched, found in memory or not, as often as they were touched; those of planning and
            of the catalogue too.
        wal_bytes: WAL written.
        full_pages: pages in it that were written whole, because they were the first change after a checkpoint.
    """

    buffers: int
    wal_bytes: int
    full_pages: int

    def __sub__(self, before: Counts) -> Counts:
        return Counts(
            self.buffers - before.buffers,
            self.wal_bytes - before.wal_bytes,
            self.full_pages - before.full_pages,
        )


class Server:
    """Databases on one server, and an administrator's connection to look at it with."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._admin = psycopg.connect(url, autocommit=True)

    def create_database(self, name: str) -> str:
        """The URL of a new, empty database; one of the same name goes."""
        self.drop_database(name)
        self._admin.execute(f'CREATE DATABASE "{name}"'.encode())
        return urlunsplit(urlsplit(self._url)._replace(path=f"/{quote(name)}"))

    def drop_database(self, name: str) -> None:
        """Drops a database if it is there."""
        self._admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())

    def configuration(self) -> dict[str, str]:
        """The settings that matter here."""
        rows = self._admin.execute(
            "SELECT name, current_setting(name) FROM pg_settings WHERE name = ANY (%s)",
            [list(CONFIGURATION)],
        ).fetchall()
        return dict(rows)

    def settle(self, *urls: str) -> None:
        """Vacuum, fresh statistics and a checkpoint: every contestant starts a measured run from the same state."""
        for url in urls:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("VACUUM (ANALYZE)")
        self._admin.execute("CHECKPOINT")

    def counts(self, connection: psycopg.Connection[object]) -> Counts:
        """What the connection's backend has done up to its last finished statement."""
        connection.execute("SELECT pg_stat_force_next_flush()")
        connection.execute("SELECT")  # the flush happens when a statement ends
        pid = connection.info.backend_pid
        row = self._admin.execute(
            "SELECT (SELECT sum(coalesce(hits, 0) + coalesce(reads, 0))"
            "        FROM pg_stat_get_backend_io(%(pid)s) WHERE object = 'relation')::bigint,"
            "       wal_bytes::bigint, wal_fpi FROM pg_stat_get_backend_wal(%(pid)s)",
            {"pid": pid},
        ).fetchone()
        assert row is not None
        return Counts(*row)

    def wal_position(self) -> int:
        """Bytes of WAL written since the beginning, by everyone."""
        row = self._admin.execute("SELECT pg_current_wal_lsn() - '0/0'").fetchone()
        assert row is not None
        return int(row[0])

    def close(self) -> None:
        """Ends the administrator's connection."""
        self._admin.close()


@contextmanager
def started() -> Iterator[Server]:
    """A server that is gone, data and all, when the block ends."""
    with tempfile.TemporaryDirectory(prefix="extraction-jobs-benchmarks-") as folder:
        postgres = EmbeddedPostgres(Path(folder) / "postgres", durable=True)
        server = Server(postgres.start().url)
        try:
            yield server
        finally:
            server.close()
            postgres.stop()
