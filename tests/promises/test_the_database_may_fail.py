"""The database may fail, fail over, be locked or be migrated under a running worker: what is promised still holds."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from extraction_jobs import heartbeat as heartbeat_module
from extraction_jobs.attempt import Attempt
from extraction_jobs.claim import Claimed, claim
from extraction_jobs.database import Database, DatabaseUnavailableError
from extraction_jobs.dispatch import Dispatch, dispatch
from extraction_jobs.heartbeat import Heartbeat
from extraction_jobs.model import Job
from extraction_jobs.settings import Settings
from extraction_jobs.sweep import Sweeper, SweepFailedError
from tests.conftest import MemoryQueue, Psql
from tests.line_extractor import LineExtractor

from .conftest import NewWorker, Take


def test_a_dry_run_that_loses_its_connection_changes_nothing(
    new_job: Callable[..., Job],
    take: Take,
    open_database: Callable[[], Database],
    queue: MemoryQueue,
    settings: Settings,
    psql: Psql,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A fresh connection in the middle would be outside the transaction that undoes everything."""
    job = new_job()
    take(job)
    psql.make_idle(job.id, 6)
    queue.sent.clear()
    database = open_database()
    sweeper = Sweeper(database, queue, settings)

    def lose_the_connection(*_: object) -> None:
        [row] = database.rows(b"SELECT pg_backend_pid() AS pid")
        psql("SELECT pg_terminate_backend(%(pid)s)", row)

    monkeypatch.setattr(sweeper, "_fail_overdue", lose_the_connection)
    before = psql.job(job.id)
    with pytest.raises(SweepFailedError):
        sweeper.sweep(dry_run=True)
    assert psql.job(job.id) == before
    assert queue.sent == []
    monkeypatch.undo()
    assert [swept.id for swept in sweeper.sweep().recovered] == [job.id], (
        "the next sweep connects anew"
    )


def test_a_column_added_under_a_warm_connection_does_not_stop_its_statements(
    new_job: Callable[..., Job], database: Database, settings: Settings, psql: Psql
) -> None:
    def claim_one() -> object:
        return claim(new_job().id, worker="test", database=database, settings=settings)

    for _ in range(4):  # prepared from the second on
        claim_one()
    psql("ALTER TABLE kb.object_extraction_jobs ADD COLUMN added_by_a_migration text")
    try:
        assert isinstance(claim_one(), Claimed)
    finally:
        psql("ALTER TABLE kb.object_extraction_jobs DROP COLUMN added_by_a_migration")
    assert isinstance(claim_one(), Claimed)


def test_a_connection_that_became_read_only_is_given_up(
    new_job: Callable[..., Job], database: Database, settings: Settings
) -> None:
    """After a failover the session is on what is no longer the primary, and would stay there."""
    job = new_job()
    database.rows(b"SET default_transaction_read_only = on")
    with pytest.raises(DatabaseUnavailableError):
        claim(job.id, worker="test", database=database, settings=settings)
    assert isinstance(claim(job.id, worker="test", database=database, settings=settings), Claimed)


@pytest.mark.parametrize(
    "fault", [psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected]
)
def test_a_lock_in_the_way_of_a_fenced_write_is_waited_out(
    fault: type[psycopg.Error],
    new_job: Callable[..., Job],
    take: Take,
    psql: Psql,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    attempt = take(new_job())
    database = attempt._database
    real, tries = database.rows, []

    def in_the_way_once(*arguments: Any) -> Any:
        tries.append(1)
        if len(tries) == 1:
            raise fault
        return real(*arguments)

    monkeypatch.setattr(database, "rows", in_the_way_once)
    monkeypatch.setattr(database, "_sleep", lambda _: None)
    attempt.fail("It failed.")
    assert psql.job(attempt.job.id)["status"] == "failed"


def test_a_lock_in_the_way_of_a_heartbeat_does_not_end_the_job(
    new_job: Callable[..., Job], new_worker: NewWorker, psql: Psql, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = new_job(source_text="A: 1\n")
    refused = threading.Event()
    real = Attempt.heartbeat

    def refuse_the_first(attempt: Attempt, database: Database) -> float | None:
        if not refused.is_set():
            refused.set()
            raise psycopg.errors.LockNotAvailable
        return real(attempt, database)

    monkeypatch.setattr(Attempt, "heartbeat", refuse_the_first)

    def wait_for_it(_: int) -> None:
        refused.wait(10)

    worker = new_worker(
        extractor=LineExtractor(before_chunk=wait_for_it),
        settings=Settings(heartbeat_seconds=0.05),
    )
    assert worker.work(job.id) == "completed"


def test_a_heartbeat_that_never_comes_back_does_not_keep_the_work_from_its_last_write(
    new_job: Callable[..., Job], take: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = take(new_job())
    begun, never = threading.Event(), threading.Event()

    def hang(_: Database) -> float | None:
        begun.set()
        never.wait(30)
        return None

    monkeypatch.setattr(heartbeat_module, "JOIN_SECONDS", 0.05)
    monkeypatch.setattr(attempt, "heartbeat", hang)
    with Heartbeat(
        attempt, attempt._database, every_seconds=0.01, give_up_after_seconds=60, seconds_left=60
    ):
        assert begun.wait(5)
    attempt.fail("It failed.")
    never.set()


def test_a_note_that_fails_is_not_its_sender_s_error(
    new_job: Callable[..., Job],
    database: Database,
    queue: MemoryQueue,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = new_job()

    def deadlock(*_: object) -> None:
        raise psycopg.errors.DeadlockDetected

    monkeypatch.setattr(database, "rows", deadlock)
    assert dispatch(database, queue, [Dispatch(job.id, job.revision)], settings) == 1
