"""A real Postgres for every test that asks for one: a server a run, a database a module, empty tables a test."""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import DictRow, dict_row
from xdist.scheduler import LoadFileScheduling

from extraction_jobs.create import NewJob, create_job
from extraction_jobs.database import Connection, Database, connect
from extraction_jobs.dispatch import Dispatch
from extraction_jobs.migrate import migrate
from extraction_jobs.migration_files import ROLES, migrations
from extraction_jobs.model import Job, Tenant
from extraction_jobs.settings import Settings
from local.postgres import EmbeddedPostgres
from tests.deployed import acme, deployed, globex

__all__ = ["acme", "deployed", "globex"]  # one stack for all who ask for it

# Nothing in a test may reach a real account, whatever the shell that started it holds.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ |= {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "the secret key of the tests",
    "AWS_EC2_METADATA_DISABLED": "true",
    "POWERTOOLS_METRICS_NAMESPACE": "ExtractionJobs/tests",
    "POWERTOOLS_DEV": "false",
}

# Of the functions' own roles in Postgres, which log in by IAM on AWS.
ROLE_PASSWORD = "of a role"
TENANT = Tenant("acme", "library")
_numbers = itertools.count()


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling:
    """A file is one process's, and so are all files that look at the deployed stack: that is started once."""

    class OneStack(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            file = str(super()._split_scope(nodeid))
            shared = file.startswith(("tests/e2e/", "tests/browser/"))
            # The commands start stacks of their own.
            return "the stack" if shared and not file.endswith("test_commands.py") else file

    return OneStack(config, log)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Postgres server that ends with the run; or of one that is there already, for many short runs."""
    if there := os.environ.get("POSTGRES_OF_TESTS"):
        yield there
        return
    postgres = EmbeddedPostgres(tmp_path_factory.mktemp("postgres") / "server", durable=False)
    address = postgres.start()
    try:
        yield address.url
    finally:
        postgres.stop()


@pytest.fixture(scope="session")
def migrated(server: str) -> str:
    """The name of a migrated database that others are copied from."""
    sql = b"".join(each.sql for each in [*migrations(), ROLES])
    digest = hashlib.sha256(sql).hexdigest()
    name = f"migrated_{digest[:16]}"
    with psycopg.connect(server, autocommit=True) as admin:
        if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            return name
        admin.execute("CREATE DATABASE unfinished")
        url = _at(server, "unfinished")
        with connect(url, application_name="migrate", behind_proxy=False) as fresh:
            migrate(fresh, roles=True)
            for role in ("api", "worker", "sweeper", "dead_letters"):
                password = f"ALTER ROLE extraction_jobs_{role} PASSWORD '{ROLE_PASSWORD}'"
                fresh.execute(password.encode())
        admin.execute(f"ALTER DATABASE unfinished RENAME TO {name}".encode())
    return name


@pytest.fixture(scope="module")
def database_url(server: str, migrated: str) -> Iterator[str]:
    """The URL of a migrated database of this module's own."""
    name = f"module_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{migrated}"'.encode())
        yield _at(server, name)
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@pytest.fixture
def bare_database(server: str) -> Iterator[str]:
    """The URL of a database with nothing in it."""
    name = f"bare_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}".encode())
        yield _at(server, name)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


# What a migrated database has from the beginning.
_KEPT = "('schema_migrations', 'extraction_retention')"
_LARGE_BYTES = 2**20


@pytest.fixture
def empty_tables(database_url: str) -> str:
    """The same URL, its tables emptied for this test; that is a hundred times as quick by DELETE, if they are small."""
    with psycopg.connect(database_url, autocommit=True) as admin:
        [(tables, size)] = admin.execute(
            "SELECT array_agg('kb.' || relname), max(pg_relation_size(oid)) FROM pg_class"
            f" WHERE relnamespace = 'kb'::regnamespace AND relkind = 'r' AND relname NOT IN {_KEPT}"
        ).fetchall()
        if size > _LARGE_BYTES:
            admin.execute(f"TRUNCATE {', '.join(tables)} CASCADE".encode())
        else:
            # No trigger acts, and no foreign key.
            deletes = "; ".join(f"DELETE FROM {table}" for table in tables)
            admin.execute(f"SET session_replication_role = replica; {deletes}".encode())
    return database_url


@pytest.fixture
def open_database(empty_tables: str) -> Iterator[Callable[[], Database]]:
    """Opens databases, each with a connection of its own."""
    opened: list[Database] = []

    def open_one() -> Database:
        database = Database(
            lambda: connect(empty_tables, application_name="test", behind_proxy=False)
        )
        opened.append(database)
        return database

    yield open_one
    for database in opened:
        database.close()


@pytest.fixture
def database(open_database: Callable[[], Database]) -> Database:
    """A database with empty tables."""
    return open_database()


@dataclass
class Psql:
    """A person with psql: runs statements as they are typed, commits each."""

    connection: Connection

    def __call__(self, statement: str, params: Mapping[str, object] | None = None) -> list[DictRow]:
        """The rows that a statement gives."""
        cursor = self.connection.execute(statement.encode(), params)
        return cursor.fetchall() if cursor.description else []

    def job(self, job_id: UUID, columns: str = "*") -> DictRow:
        """A job's row."""
        statement = f"SELECT {columns} FROM kb.object_extraction_jobs WHERE id = %(id)s"
        [row] = self(statement, {"id": job_id})
        return row

    def events(self, job_id: UUID) -> list[DictRow]:
        """A job's history."""
        return self(
            "SELECT * FROM kb.extraction_job_events WHERE job_id = %(id)s ORDER BY id",
            {"id": job_id},
        )

    def tables(self) -> set[str]:
        """All tables of the schema, by the catalogue: so that one that is added later is among them."""
        rows = self(
            "SELECT relname FROM pg_class"
            " WHERE relnamespace = 'kb'::regnamespace AND relkind IN ('r', 'p')"
        )
        return {row["relname"] for row in rows}

    def everything(self, *, but: UUID | None = None) -> dict[str, list[DictRow]]:
        """Every row of every table, with the transaction that wrote it; without those that name a job."""
        word = {"word": str(but or "nothing at all")}
        return {
            table: self(
                f"SELECT row::text, row.xmin::text FROM kb.{table} AS row"
                " WHERE position(%(word)s IN row::text) = 0 ORDER BY 1",
                word,
            )
            for table in sorted(self.tables())
        }

    def naming(self, *words: object) -> set[str]:
        """The tables in which any column of any row holds one of the words."""
        return {
            table
            for table in self.tables()
            for word in words
            if self(
                f"SELECT 1 FROM kb.{table} AS row WHERE position(%(word)s IN row::text) > 0 LIMIT 1",
                {"word": str(word)},
            )
        }

    def update(self, assignments: str, *jobs: Job, by_hand: bool = True) -> None:
        """Changes the rows of these jobs, or of all; if not by hand, no trigger acts."""
        with self.connection.transaction():
            if not by_hand:
                self("SET LOCAL session_replication_role = replica")
            these = "WHERE id = ANY (%(ids)s)" if jobs else ""
            self(
                f"UPDATE kb.object_extraction_jobs SET {assignments} {these}",
                {"ids": [job.id for job in jobs]} if jobs else None,
            )

    def make_idle(self, job_id: UUID, minutes: float) -> None:
        """Turns a job's clock back: its last heartbeat was `minutes` ago."""
        self._set(f"updated_at = now() - interval '{minutes} minutes'", job_id)

    def make_overdue(self, job_id: UUID) -> None:
        """Sets a job's deadline to a second ago."""
        self._set("deadline_at = now() - interval '1 second'", job_id)

    def _set(self, assignment: str, job_id: UUID) -> None:
        self(f"UPDATE kb.object_extraction_jobs SET {assignment} WHERE id = %(id)s", {"id": job_id})

    def time_passes(self, seconds: float) -> None:
        """For the rows: no trigger, since nobody has changed anything."""
        times = ("updated_at", "deadline_at", "started_at", "run_after", "next_dispatch_at")
        past = f"interval '{seconds} seconds'"
        self.update(", ".join(f"{time} = {time} - {past}" for time in times), by_hand=False)


@pytest.fixture
def psql(empty_tables: str) -> Iterator[Psql]:
    """See Psql."""
    with psycopg.connect(empty_tables, autocommit=True, row_factory=dict_row) as connection:
        yield Psql(connection)


@dataclass
class MemoryQueue:
    """The domain's queue, kept in memory. `refuse` decides which messages are not accepted."""

    longest_delay: timedelta = timedelta(minutes=15)
    sent: list[Dispatch] = field(default_factory=list)
    refuse: Callable[[Dispatch], bool] = lambda _: False

    def send(self, dispatches: Sequence[Dispatch]) -> Sequence[Dispatch]:
        """See Queue."""
        accepted = [each for each in dispatches if not self.refuse(each)]
        self.sent += accepted
        return accepted


@pytest.fixture
def queue() -> MemoryQueue:
    """See MemoryQueue."""
    return MemoryQueue()


@pytest.fixture
def settings() -> Settings:
    """The defaults."""
    return Settings()


def make_job(database: Database, queue: MemoryQueue, settings: Settings, **fields: Any) -> Job:
    """Creates a pending job whose message was sent."""
    given: dict[str, Any] = {"tenant": TENANT, "source_type": "document"}
    given |= {"source_text": "Total: 12.50 EUR"} | fields
    return create_job(NewJob(**given), database=database, queue=queue, settings=settings).job


@pytest.fixture
def new_job(database: Database, queue: MemoryQueue, settings: Settings) -> Callable[..., Job]:
    """See make_job."""
    return partial(make_job, database, queue, settings)


def _at(url: str, database: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{database}"))
