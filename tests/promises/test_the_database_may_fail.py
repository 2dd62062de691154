"""Promise 12: the database may fail. Whatever becomes of Postgres or of the way to it, what is promised still holds,
and a worker that cannot renew its lease stops itself.

What could go wrong. Postgres restarts, or crashes, in the middle of everything. Backends are killed. A connection is
half open: both ends think it sound and nothing passes, so that a worker waits for ever. A COMMIT takes effect and its
reply is lost: the worker repeats it, or gives up what was done. All connections are taken, so that a heartbeat finds
none. After a failover a session is on a server that is read-only now. Then a job is lost, is done twice, or a worker
works on for an hour on a job that others have long taken over.

What must hold. The worker ends its attempt by itself, by the time at which a sweep could have given the job to another,
and not before. A lost reply changes nothing but timing. After any storm every job ends, completed, with one result, and
every invariant holds of the whole of the tables.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import psycopg
import pytest

from extraction import ChunkResult, Control, MisconfiguredError, RetryableError, Run, StoppedError
from extraction_jobs import heartbeat as heartbeat_module
from extraction_jobs.attempt import Attempt
from extraction_jobs.claim import Claimed, claim
from extraction_jobs.database import Database, DatabaseUnavailableError, connect
from extraction_jobs.dispatch import Dispatch, dispatch
from extraction_jobs.extracting import Step
from extraction_jobs.heartbeat import Heartbeat
from extraction_jobs.queries import LIFECYCLE
from extraction_jobs.settings import Settings
from extraction_jobs.sweep import Sweeper, SweepFailedError
from tests.integration.gate import Gate
from tests.line_extractor import LineExtractor
from tests.promises import invariants
from tests.waiting import until

from .conftest import Lab, meddle, raising
from .sizes import size
from .storm import Storm

# A second and a half in which a lease must be renewed, every third of a second.
IMPATIENT = Settings(orphan_threshold_minutes=0.025, heartbeat_seconds=0.3)


class UntilStopped(LineExtractor):
    """Its second chunk goes on until the worker is to stop. Before that it lets something happen."""

    happen: Callable[[], None]

    def chunk(self, run: Run, index: int, *, control: Control) -> ChunkResult:
        if index == 1:
            self.happen()
            until(control.should_stop, seconds=30)
            raise StoppedError
        return super().chunk(run, index, control=control)


@pytest.mark.parametrize("fault", ["gone", "half open", "read-only"])
def test_a_worker_that_cannot_renew_its_lease_stops_itself(
    lab: Lab, fault: str, gate: Gate
) -> None:
    job = lab.new_job(source_text="A: 1\nB: 2\nC: 3\n")
    opened: list[Database] = []

    def database() -> Database:
        opened.append(Database(lambda: connect(gate.url, application_name="w", behind_proxy=False)))
        return opened[-1]

    def read_only() -> None:
        lab.psql("ALTER SYSTEM SET default_transaction_read_only = on")
        lab.psql("SELECT pg_reload_conf()")

    extractor = UntilStopped()
    extractor.happen = {"gone": gate.shut, "half open": gate.stall, "read-only": read_only}[fault]
    worker = lab.new_worker(
        database=database(),
        open_heartbeat_database=database,
        extractor=extractor,
        settings=IMPATIENT,
    )
    begun = time.monotonic()
    try:
        assert worker.work(job.id) == "lease_lost"
        assert time.monotonic() - begun >= 1.5, "it did not give up what it still held"
        assert lab.psql.job(job.id)["status"] == "running", "it is left to the sweep"
    finally:
        lab.psql("ALTER SYSTEM RESET default_transaction_read_only")
        lab.psql("SELECT pg_reload_conf()")
        until(lambda: lab.psql("SHOW default_transaction_read_only")[0].popitem()[1] == "off")
        gate.open()
        for each in opened:
            each.close()
    assert [swept.id for swept in lab.sweep(orphan_threshold_minutes=0.025).recovered] == [job.id]
    assert lab.work(job) == "completed", "from the checkpoint that was kept"


def test_a_reply_that_never_comes_is_not_waited_for_for_ever(lab: Lab, gate: Gate) -> None:
    """Both ends of the connection are sound, what is between them is not: no keepalive notices."""
    job = lab.new_job()
    database = Database(
        lambda: connect(gate.url, application_name="w", behind_proxy=False, reply_seconds=0.3)
    )
    claimed = claim(job.id, worker="w", database=database, settings=Settings())
    assert isinstance(claimed, Claimed)
    gate.stall()
    attempt = Attempt(claimed.job, database, remaining_seconds=lambda: 0.0)
    with pytest.raises(DatabaseUnavailableError):
        attempt.fail("It failed.")
    gate.open()
    # What was held up arrived after all: then the job has failed, and a repeat finds nothing to do.
    until(lambda: lab.psql.job(job.id)["status"] == "failed")
    database.close()


@pytest.mark.parametrize(
    "statement",
    [
        *("claim", "start_chunks", "checkpoint", "finish", "finish at once"),
        *("retry_later", "hand_over", "fail"),
    ],
)
def test_a_reply_that_is_lost_changes_nothing_but_timing(
    lab: Lab, statement: str, gate: Gate
) -> None:
    """The statement took effect, its worker does not know; in the end there is one result, or one failure."""
    one_chunk = statement == "finish at once"
    job = lab.new_job(source_text="A: 1\n" if one_chunk else "A: 1\nB: 2\n", max_attempts=10)
    database = Database(lambda: connect(gate.url, application_name="w", behind_proxy=False))
    database.rows(b"SELECT 1")  # a warm connection

    # In the second chunk, so that there is a checkpoint.
    in_the_chunk = {
        "retry_later": RetryableError("An error.", after_seconds=0),
        "hand_over": StoppedError(),
        "fail": MisconfiguredError("It failed."),
    }

    def lose_it_before(index: int) -> None:
        if index == 1 and statement in in_the_chunk and not gate.lost:
            gate.swallow_the_next_reply()
            raise in_the_chunk[statement]

    def observe(step: Step) -> None:
        after = {
            Step.READ: "start_chunks",
            Step.CHUNK_EXTRACTED: "checkpoint",
            Step.BEFORE_FINISH: "finish",
        }
        if after.get(step) == statement.removesuffix(" at once") and not gate.lost:
            gate.swallow_the_next_reply()

    if statement == "claim":
        gate.swallow_the_next_reply()
    worker = lab.new_worker(
        database=database,
        extractor=LineExtractor(before_chunk=lose_it_before),
        on_step=observe,
        settings=Settings(retry_backoff_seconds=0),
        sleep=lambda _: None,
    )
    lab.queue.sent.clear()
    try:
        outcome = worker.work(job.id)
    except DatabaseUnavailableError:
        assert statement == "claim", "all others are repeated"
    else:
        waits = {"retry_later": "will_retry", "hand_over": "handed_over", "fail": "failed"}
        assert outcome == waits.get(statement, "completed"), "what happened, not a lost lease"
        sent = [(each.job_id, each.revision, each.org_id) for each in lab.queue.sent]
        revision = lab.psql.job(job.id)["revision"]
        assert sent == [(job.id, revision, "acme")] * (statement in ("retry_later", "hand_over"))
    assert gate.lost == 1
    database.close()
    while invariants.unfinished(lab.psql.connection):
        if lab.psql.job(job.id)["status"] == "running":
            lab.psql.make_idle(job.id, 6)
        lab.psql.update("next_dispatch_at = now()")
        lab.sweep()
        lab.work(job)
    ended = lab.psql.job(job.id)
    assert ended["status"] == ("failed" if statement == "fail" else "completed")
    assert (
        len([each for each in lab.psql.events(job.id) if each["to_status"] == ended["status"]]) == 1
    )
    # A claim whose reply is lost was an attempt, and so was the one with the error.
    assert ended["attempt"] == (2 if statement in ("claim", "retry_later") else 1)


def test_a_sweep_whose_reply_is_lost_is_made_good_by_the_next(lab: Lab, gate: Gate) -> None:
    jobs = lab.orphans(5)
    lab.queue.sent.clear()
    database = Database(lambda: connect(gate.url, application_name="s", behind_proxy=False))
    meddle(database, LIFECYCLE["sweep_orphans"], before=gate.swallow_the_next_reply)
    with pytest.raises(SweepFailedError):
        Sweeper(database, lab.queue, Settings()).sweep()
    assert lab.queue.sent == []
    assert {lab.psql.job(job.id)["status"] for job in jobs} == {"pending"}
    lab.psql.update("next_dispatch_at = next_dispatch_at - interval '1 minute'")
    assert lab.sweep().redispatched == 5
    assert set(lab.sent) == {job.id for job in jobs}
    database.close()


def test_after_a_storm_of_every_fault_each_job_is_completed_once(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with Storm(tmp_path_factory.mktemp("storm")) as storm:
        storm.rage(jobs=size(40, 3_000), rounds=size(1, 25))
        storm.calm_down()
        with psycopg.connect(storm.url, autocommit=True) as connection:
            invariants.check(connection)
            invariants.conserved(connection)
            ended = connection.execute(
                "SELECT DISTINCT status FROM kb.object_extraction_jobs"
            ).fetchall()
    assert ended == [("completed",)]
    assert set(storm.faults) == set(Storm.FAULTS)


def test_a_dry_run_that_loses_its_connection_changes_nothing(lab: Lab) -> None:
    """A fresh connection in the middle would be outside the transaction that undoes everything."""
    [job] = lab.orphans(1)
    lab.queue.sent.clear()
    database = lab.open_database()
    sweeper = Sweeper(database, lab.queue, lab.settings)
    lost: list[int] = []

    def lose_the_connection() -> None:
        if not lost:
            lost.append(1)
            [row] = database.rows(b"SELECT pg_backend_pid() AS pid")
            lab.psql("SELECT pg_terminate_backend(%(pid)s)", row)

    meddle(database, LIFECYCLE["sweep_overdue"], before=lose_the_connection)
    before = lab.psql.job(job.id)
    with pytest.raises(SweepFailedError):
        sweeper.sweep(dry_run=True)
    assert lab.psql.job(job.id) == before
    assert lab.queue.sent == []
    recovered = [swept.id for swept in sweeper.sweep().recovered]
    assert recovered == [job.id], "the next sweep connects anew"


def test_a_connection_that_became_read_only_is_given_up(lab: Lab) -> None:
    """After a failover the session is on what is no longer the primary, and would stay there."""
    job = lab.new_job()
    lab.database.rows(b"SET default_transaction_read_only = on")
    with pytest.raises(DatabaseUnavailableError):
        lab.claim(job)
    assert isinstance(lab.claim(job), Claimed)


@pytest.mark.parametrize(
    "fault", [psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected]
)
def test_a_lock_in_the_way_of_a_fenced_write_is_waited_out(
    lab: Lab, fault: type[psycopg.Error], monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = lab.take(lab.new_job())
    faults = iter([fault()])

    def in_the_way_once() -> None:
        for each in faults:
            raise each

    meddle(attempt._database, before=in_the_way_once)
    monkeypatch.setattr(attempt, "_sleep", lambda _: None)
    attempt.fail("It failed.")
    assert lab.psql.job(attempt.job.id)["status"] == "failed"


def test_a_lock_in_the_way_of_a_heartbeat_does_not_end_the_job(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = lab.new_job(source_text="A: 1\n")
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

    worker = lab.new_worker(
        extractor=LineExtractor(before_chunk=wait_for_it), settings=Settings(heartbeat_seconds=0.05)
    )
    assert worker.work(job.id) == "completed"


def test_a_heartbeat_that_never_comes_back_does_not_keep_the_work_from_its_last_write(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = lab.take(lab.new_job())
    begun, never = threading.Event(), threading.Event()

    def hang(_: Database) -> float | None:
        begun.set()
        never.wait(30)
        return None

    monkeypatch.setattr(heartbeat_module, "JOIN_SECONDS", 0.05)
    monkeypatch.setattr(attempt, "heartbeat", hang)
    with Heartbeat(attempt, attempt._database, every_seconds=0.01, seconds_left=60):
        assert begun.wait(5)
    attempt.fail("It failed.")
    never.set()


def test_a_note_that_fails_is_not_its_sender_s_error(lab: Lab) -> None:
    job = lab.new_job()
    meddle(lab.database, before=raising(psycopg.errors.DeadlockDetected()))
    assert dispatch(lab.database, lab.queue, [Dispatch(job.id, job.revision)], lab.settings) == 1
