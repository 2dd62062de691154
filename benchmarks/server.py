"""A Postgres server for one run of the benchmarks, durable, otherwise as it comes; and what it counts."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

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

    def buffers(self, url: str, application: str) -> int:
        """Shared buffers that the application's backends in that database have touched, found in memory or not, as
        often as they were touched; those of planning and of the catalogue too.

        A backend tells what it has counted when a statement ends, at most once a second.
        """
        row = self._admin.execute(
            "SELECT sum(coalesce(io.hits, 0) + coalesce(io.reads, 0))::bigint"
            " FROM pg_stat_activity AS backend, pg_stat_get_backend_io(backend.pid) AS io"
            " WHERE backend.datname = %s AND backend.application_name = %s AND io.object = 'relation'",
            [unquote(urlsplit(url).path[1:]), application],
        ).fetchone()
        assert row is not None
        return int(row[0])

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
