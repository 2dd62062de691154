"""Migrations beside running code: whoever works goes on working, and nobody waits long."""

from __future__ import annotations

import os
import re
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest
from psycopg.rows import DictRow, dict_row

from extraction_jobs.database import Connection, Database, connect
from extraction_jobs.extracting import Step
from extraction_jobs.migrate import migrate
from extraction_jobs.migration_files import Migration, migrations
from extraction_jobs.migration_run import MigrationsOutOfTimeError, MigrationsRunningError
from extraction_jobs.model import Job
from extraction_jobs.queries import LIFECYCLE, READS
from extraction_jobs.settings import Settings
from extraction_jobs.work import Worker
from tests.conftest import MemoryQueue, Psql
from tests.line_extractor import LineExtractor
from tests.promises.no_sources import NoSources
from tests.waiting import until

ALL = migrations()


def file(number: int, sql: str, *, outside: bool = False) -> Migration:
    first = "-- outside a transaction\n" if outside else ""
    return Migration(number, f"{number}_of_a_test.sql", (first + sql).encode())


@pytest.fixture
def url(bare_database: str) -> str:
    """A database with nothing in it."""
    return bare_database


@pytest.fixture
def owner(url: str) -> Iterator[Connection]:
    """Who migrates it."""
    with connect(url, application_name="migrate", behind_proxy=False) as connection:
        yield connection


# ---------------------------------------------------------------- statements of the version before

_PARAMETER = re.compile(r"%\((\w+)\)s")


_OF_A_TYPE = (
    psycopg.errors.AmbiguousFunction,
    psycopg.errors.AmbiguousParameter,
    psycopg.errors.DatatypeMismatch,
    psycopg.errors.IndeterminateDatatype,
)
STATEMENTS = {**LIFECYCLE, **READS}


def known(connection: Connection) -> set[str]:
    """The product's statements of whose tables and columns this schema has all."""
    found = set()
    for name, statement in STATEMENTS.items():
        text = statement.decode()
        order = {each: f"${n}" for n, each in enumerate(dict.fromkeys(_PARAMETER.findall(text)), 1)}
        for each, number in order.items():
            text = text.replace(f"%({each})s", number)
        try:
            connection.execute(f"PREPARE {name} AS {text}".replace("%%", "%").encode())
        except (
            psycopg.errors.UndefinedColumn,
            psycopg.errors.UndefinedTable,
            psycopg.errors.UndefinedObject,
        ):
            continue
        except psycopg.errors.UndefinedFunction as error:
            # A parameter's type comes with its value, so some operators are not found here; functions are ours.
            if "operator does not exist" not in str(error):
                continue
        except _OF_A_TYPE:
            pass
        else:
            connection.execute(f"DEALLOCATE {name}".encode())
        found.add(name)
    return found


def test_what_the_version_before_asks_can_be_asked_after_each_migration(owner: Connection) -> None:
    asked: set[str] = set()
    for number, migration in enumerate(ALL, 1):
        migrate(owner, ALL[:number])
        before, asked = asked, known(owner)
        assert before - asked == set(), migration.name
        assert len(asked) >= 10, "many statements are as old as the tables"
    assert asked == STATEMENTS.keys()


# ---------------------------------------------------------------- a worker in the middle of a job

DOCUMENT = "\n".join(f"line {number}" for number in range(1, 13))

JOBS = "kb.object_extraction_jobs"
ALLOWED = {
    "columns, a table, a rule": file(
        9001,
        f"ALTER TABLE {JOBS} ADD COLUMN later integer NOT NULL DEFAULT 7;"
        "ALTER TABLE kb.extraction_chunks ADD COLUMN later text;"
        f"CREATE TABLE kb.later_table (job_id uuid REFERENCES {JOBS} ON DELETE CASCADE);"
        f"ALTER TABLE {JOBS} ADD CONSTRAINT later CHECK (attempt < 1000) NOT VALID",
    ),
    "an index": file(
        9001, f"CREATE INDEX CONCURRENTLY IF NOT EXISTS later ON {JOBS} (source_id);", outside=True
    ),
    "one index less": file(
        9001, "DROP INDEX CONCURRENTLY IF EXISTS kb.object_extraction_jobs_completed;", outside=True
    ),
}


def worked_through(job: Job, url: str, settings: Settings, change: Callable[[], object]) -> str:
    """How a worker ended that was given `change` when half its checkpoints were written."""
    reached = 0

    def observe(step: Step) -> None:
        nonlocal reached
        reached += step is Step.CHECKPOINTED
        if step is Step.CHECKPOINTED and reached == 6:
            change()

    def open_database() -> Database:
        return Database(lambda: connect(url, application_name="worker", behind_proxy=False))

    worker = Worker(
        name="of the version before",
        database=open_database(),
        open_heartbeat_database=open_database,
        queue=MemoryQueue(),
        sources=NoSources(),
        extractor=LineExtractor(),
        settings=settings.model_copy(update={"heartbeat_seconds": 0.1}),
        on_step=observe,
        random=lambda: 0.0,
    )
    try:
        return worker.work(job.id)
    finally:
        worker.database.close()
        assert reached >= 6


@pytest.mark.parametrize("change", ALLOWED.values(), ids=list(ALLOWED))
def test_a_worker_in_the_middle_of_its_job_completes_it(
    change: Migration,
    empty_tables: str,
    new_job: Callable[..., Job],
    settings: Settings,
    psql: Psql,
) -> None:
    job = new_job(source_text=DOCUMENT)

    def release() -> None:
        with connect(empty_tables, application_name="migrate", behind_proxy=False) as connection:
            assert migrate(connection, [*ALL, change]) == [change.name]

    try:
        assert worked_through(job, empty_tables, settings, release) == "completed"
        assert psql.job(job.id)["attempt"] == 1
        assert psql.job(job.id)["successful_items"] == 12
    finally:
        psql("DELETE FROM kb.schema_migrations WHERE number > 9000")
        psql("DROP INDEX IF EXISTS kb.later")
        psql("DROP TABLE IF EXISTS kb.later_table")
        psql("ALTER TABLE kb.object_extraction_jobs DROP CONSTRAINT IF EXISTS later")
        psql("ALTER TABLE kb.object_extraction_jobs DROP COLUMN IF EXISTS later")
        psql("ALTER TABLE kb.extraction_chunks DROP COLUMN IF EXISTS later")
        psql(
            "CREATE INDEX IF NOT EXISTS object_extraction_jobs_completed"
            " ON kb.object_extraction_jobs (completed_at) WHERE completed_at IS NOT NULL"
        )


# ---------------------------------------------------------------- locks


def test_a_file_that_finds_a_lock_in_its_way_lets_the_others_by_and_is_tried_again(
    owner: Connection, url: str
) -> None:
    migrate(owner)
    served = 0
    with psycopg.connect(url) as report, psycopg.connect(url, autocommit=True) as caller:
        # An operator reads, in a transaction that stays open.
        report.execute(b"SELECT count(*) FROM kb.object_extraction_jobs")
        caller.execute(b"SET statement_timeout = '10s'")

        def pause(_seconds: float) -> None:
            nonlocal served
            caller.execute(b"SELECT count(*) FROM kb.object_extraction_jobs")
            served += 1
            if served == 3:
                report.rollback()

        change = file(9001, "ALTER TABLE kb.object_extraction_jobs ADD COLUMN later text")
        applied = migrate(owner, [*ALL, change], lock_timeout_seconds=0.05, sleep=pause)
    assert applied == [change.name]
    assert served == 3


def test_a_lock_that_never_goes_away_fails_the_migrations_and_leaves_nothing(
    owner: Connection, url: str
) -> None:
    migrate(owner)
    change = file(9001, "ALTER TABLE kb.object_extraction_jobs ADD COLUMN later text")
    with psycopg.connect(url) as report:
        report.execute(b"SELECT count(*) FROM kb.object_extraction_jobs")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            migrate(owner, [*ALL, change], lock_timeout_seconds=0.01, sleep=lambda _: None)
    # The lock of the migrations themselves is free again, too.
    assert migrate(owner, [*ALL, change]) == [change.name]


# ---------------------------------------------------------------- outside a transaction

UNIQUE = file(
    9002,
    "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS later ON kb.object_extraction_jobs (source_id)",
    outside=True,
)
IS_VALID = b"SELECT indisvalid FROM pg_index WHERE indexrelid = 'kb.later'::regclass"


def test_an_index_that_was_left_half_built_is_built_anew(owner: Connection) -> None:
    before = file(9001, "ALTER TABLE kb.object_extraction_jobs ADD COLUMN earlier text")
    after = file(9003, "ALTER TABLE kb.object_extraction_jobs ADD COLUMN latest text")
    migrate(owner)
    owner.execute(
        b"INSERT INTO kb.object_extraction_jobs (org_id, project_id, source_type, source_id)"
        b" VALUES ('a', 'b', 'c', 'twice'), ('a', 'b', 'c', 'twice')"
    )
    with pytest.raises(psycopg.errors.UniqueViolation):
        migrate(owner, [*ALL, before, UNIQUE, after], roles=True)
    assert owner.execute(IS_VALID).fetchone() == {"indisvalid": False}

    owner.execute(b"UPDATE kb.object_extraction_jobs SET source_id = id::text")
    # What came before it has been done, with the roles' grants; it and what comes after it are done now.
    assert migrate(owner, [*ALL, before, UNIQUE, after]) == [UNIQUE.name, after.name]
    assert owner.execute(IS_VALID).fetchone() == {"indisvalid": True}
    assert migrate(owner, [*ALL, before, UNIQUE, after]) == []


@contextmanager
def open_transaction(url: str) -> Iterator[psycopg.Connection]:
    """A report that has read the jobs and goes on: a build beside it cannot end."""
    with psycopg.connect(url) as report:
        report.execute(b"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        report.execute(b"SELECT count(*) FROM kb.object_extraction_jobs")
        yield report


def ask(url: str, statement: bytes, pid: int) -> list[DictRow]:
    """Asks beside the report: in a transaction, pg_stat_activity stays as it was first read."""
    with psycopg.connect(url, autocommit=True, row_factory=dict_row) as connection:
        return connection.execute(statement, [pid]).fetchall()


WAITING = (
    b"SELECT pid FROM pg_stat_activity WHERE pid = %s AND query LIKE '%%INDEX CONCURRENTLY%%'"
    b" AND wait_event_type = 'Lock' AND now() - query_start > interval '0.5 seconds'"
)
ALIVE = b"SELECT pid FROM pg_stat_activity WHERE pid = %s"


def wait_until_building(url: str, pid: int) -> None:
    until(lambda: ask(url, WAITING, pid) != [])


def test_a_build_takes_longer_than_any_statement_else_may_and_is_not_begun_again(
    owner: Connection, url: str
) -> None:
    migrate(owner)
    owner.execute(b"SET statement_timeout = '100ms'")
    pauses: list[float] = []
    with open_transaction(url) as report, ThreadPoolExecutor(1) as pool:
        run = pool.submit(
            migrate, owner, [*ALL, UNIQUE], lock_timeout_seconds=0.05, sleep=pauses.append
        )
        wait_until_building(url, owner.info.backend_pid)
        report.rollback()
        assert run.result() == [UNIQUE.name]
    assert pauses == []
    # What comes after it is patient with nobody again.
    assert owner.execute(b"SHOW lock_timeout").fetchone() == {"lock_timeout": "50ms"}


def test_a_build_that_is_out_of_time_is_cancelled_and_the_next_run_builds_it_anew(
    owner: Connection, url: str
) -> None:
    migrate(owner)
    end = time.monotonic() + 1.5
    with open_transaction(url) as report:
        with pytest.raises(MigrationsOutOfTimeError, match=UNIQUE.name):
            migrate(owner, [*ALL, UNIQUE], seconds_left=lambda: end - time.monotonic())
        building = report.execute(b"SELECT FROM pg_stat_progress_create_index").fetchall()
        assert building == []
    assert owner.execute(IS_VALID).fetchone() == {"indisvalid": False}
    assert migrate(owner, [*ALL, UNIQUE]) == [UNIQUE.name]
    assert owner.execute(IS_VALID).fetchone() == {"indisvalid": True}


def test_an_index_that_is_being_built_by_hand_is_left_alone_and_then_taken_as_it_is(
    owner: Connection, url: str
) -> None:
    migrate(owner)
    with (
        connect(url, application_name="psql", behind_proxy=False) as person,
        open_transaction(url) as report,
        ThreadPoolExecutor(1) as pool,
    ):
        built = pool.submit(person.execute, UNIQUE.sql)
        wait_until_building(url, person.info.backend_pid)
        with pytest.raises(MigrationsRunningError, match=f"process {person.info.backend_pid} of"):
            migrate(owner, [*ALL, UNIQUE])
        report.rollback()
        built.result()
    [index] = owner.execute(b"SELECT 'kb.later'::regclass::oid AS oid").fetchall()
    assert migrate(owner, [*ALL, UNIQUE]) == [UNIQUE.name]
    assert owner.execute(b"SELECT 'kb.later'::regclass::oid AS oid").fetchall() == [index]


def test_the_session_of_a_run_that_died_in_the_middle_of_a_build_ends_by_itself(
    owner: Connection, url: str
) -> None:
    migrate(owner)
    with open_transaction(url), ThreadPoolExecutor(1) as pool:
        pid = owner.info.backend_pid
        run = pool.submit(migrate, owner, [*ALL, UNIQUE])
        wait_until_building(url, pid)
        # Nothing is cancelled and nothing is said: the client's end of the connection is gone.
        with socket.socket(fileno=os.dup(owner.fileno())) as wire:
            wire.shutdown(socket.SHUT_RDWR)
        with pytest.raises(psycopg.OperationalError):
            run.result()
        until(lambda: ask(url, ALIVE, pid) == [], seconds=20)
    with connect(url, application_name="migrate", behind_proxy=False) as next_run:
        assert migrate(next_run, [*ALL, UNIQUE]) == [UNIQUE.name]
