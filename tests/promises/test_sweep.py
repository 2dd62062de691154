"""Promise 6: a sweep is compare-and-set.

It takes what is an orphan at the moment of its write, whoever acted in the meantime; in batches, the oldest first;
any number of sweeps at once; one bad row or one failing step does not stop the rest; and its cost follows the
number of running jobs.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest
from psycopg.rows import DictRow

from extraction_jobs import reading, reasons
from extraction_jobs.database import Database, Params
from extraction_jobs.model import Job, JobId
from extraction_jobs.queries import LIFECYCLE, READS
from extraction_jobs.settings import Settings
from extraction_jobs.sweep import Report, Sweeper, SweepFailedError, Swept
from tests.conftest import TENANT, MemoryQueue, Psql

from .conftest import Take

# What another caller may do to an orphan while the sweep looks at it, as statements of one transaction.
RIVALS = {
    "a late heartbeat": "UPDATE kb.object_extraction_jobs SET updated_at = now()",
    "a late completion": "UPDATE kb.object_extraction_jobs SET status = 'completed', updated_at = now()",
    "a cancel": "UPDATE kb.object_extraction_jobs SET status = 'cancelled', updated_at = now()",
    "a retry": "UPDATE kb.object_extraction_jobs SET status = 'pending', updated_at = now()",
}


@pytest.fixture
def orphans(new_job: Callable[..., Job], take: Take, psql: Psql) -> Callable[[int], list[Job]]:
    """Makes orphans, the first the oldest."""

    def make(count: int) -> list[Job]:
        jobs = [new_job() for _ in range(count)]
        psql(
            "UPDATE kb.object_extraction_jobs SET status = 'running', attempt = 1, lease = 1,"
            " revision = 2, started_at = now(), updated_at = now() - interval '1 hour'"
            " + (row_number * interval '1 second')"
            " FROM (SELECT id AS of, row_number() OVER (ORDER BY id) FROM kb.object_extraction_jobs) AS n"
            " WHERE id = of"
        )
        psql(
            "INSERT INTO kb.extraction_job_events (job_id, actor, from_status, to_status, reason, attempt, lease)"
            " SELECT id, 'worker', 'pending', 'running', 'Made for a test.', 1, 1"
            " FROM kb.object_extraction_jobs"
        )
        return sorted(jobs, key=lambda job: job.id)

    return make


@pytest.mark.parametrize("rival", RIVALS)
def test_what_another_holds_is_passed_over_and_what_it_did_stands(
    rival: str,
    orphans: Callable[[int], list[Job]],
    sweep: Callable[..., Report],
    empty_tables: str,
    psql: Psql,
) -> None:
    """The rival has written and not yet committed when the sweep comes by, twice."""
    [job] = orphans(1)
    with psycopg.connect(empty_tables) as other:
        other.execute(RIVALS[rival].encode())
        assert sweep().recovered == []
        other.commit()
    after = psql.job(job.id)
    assert sweep().recovered == []
    assert psql.job(job.id)["status"] == after["status"] == _status_after(rival)


@pytest.mark.parametrize("rival", RIVALS)
def test_a_row_that_changes_between_the_sweep_s_look_and_its_write_is_left_alone(
    rival: str,
    orphans: Callable[[int], list[Job]],
    open_database: Callable[[], Database],
    queue: MemoryQueue,
    settings: Settings,
    empty_tables: str,
    psql: Psql,
) -> None:
    """The sweep's snapshot is older than the rival's commit: a lock on another table holds the statement up between
    the two, inside a trigger that every change of a job passes."""
    [job] = orphans(1)
    psql("CREATE TABLE gate ()")
    psql(
        "CREATE FUNCTION pass_gate() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN LOCK TABLE gate IN ACCESS SHARE MODE; RETURN NULL; END $$"
    )
    psql(
        "CREATE TRIGGER gate BEFORE UPDATE ON kb.object_extraction_jobs FOR EACH STATEMENT"
        " WHEN (current_setting('application_name') = 'test') EXECUTE FUNCTION pass_gate()"
    )
    try:
        with psycopg.connect(empty_tables) as gatekeeper, ThreadPoolExecutor(1) as pool:
            gatekeeper.execute("LOCK TABLE gate IN ACCESS EXCLUSIVE MODE")
            sweeping = pool.submit(Sweeper(open_database(), queue, settings).sweep)
            _until_someone_waits_for_the_gate(psql)
            psql(RIVALS[rival])
            gatekeeper.commit()
            report = sweeping.result(10)
    finally:
        psql("DROP TRIGGER gate ON kb.object_extraction_jobs")
        psql("DROP FUNCTION pass_gate")
        psql("DROP TABLE gate")
    assert report.recovered == []
    assert psql.job(job.id)["status"] == _status_after(rival)


def test_five_sweeps_at_once_recover_each_orphan_once(
    orphans: Callable[[int], list[Job]],
    open_database: Callable[[], Database],
    queue: MemoryQueue,
    psql: Psql,
) -> None:
    jobs = orphans(300)
    settings = Settings(sweep_batch_size=20)
    at_once = threading.Barrier(5)

    def run(database: Database) -> Report:
        sweeper = Sweeper(database, queue, settings)
        at_once.wait()
        return sweeper.sweep()

    queue.sent.clear()
    with ThreadPoolExecutor(5) as pool:
        reports = list(pool.map(run, [open_database() for _ in range(5)]))
    recovered = Counter(job.id for report in reports for job in report.recovered)
    assert recovered == Counter(job.id for job in jobs)
    [row] = psql("SELECT count(*) AS n FROM kb.extraction_job_events WHERE actor = 'sweeper'")
    assert row["n"] == 300
    assert Counter(each.job_id for each in queue.sent) == recovered


def test_one_poisoned_row_is_reported_and_does_not_keep_the_others(
    orphans: Callable[[int], list[Job]], sweep: Callable[..., Report], psql: Psql
) -> None:
    jobs = orphans(12)
    psql(
        "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'poisoned row'; END $$"
    )
    psql(
        "CREATE TRIGGER poison BEFORE UPDATE ON kb.object_extraction_jobs FOR EACH ROW"
        f" WHEN (OLD.id = '{jobs[3].id}') EXECUTE FUNCTION poison()"
    )
    try:
        with pytest.raises(SweepFailedError) as failed:
            sweep(sweep_batch_size=5)
    finally:
        psql("DROP TRIGGER poison ON kb.object_extraction_jobs")
        psql("DROP FUNCTION poison")
    report = failed.value.report
    assert {job.id for job in report.recovered} == {job.id for job in jobs} - {jobs[3].id}
    assert report.errors == [f"job {jobs[3].id} could not be changed: RaiseException: poisoned row"]


def test_a_step_that_fails_does_not_stop_the_next(
    orphans: Callable[[int], list[Job]],
    new_job: Callable[..., Job],
    take: Take,
    sweep: Callable[..., Report],
    psql: Psql,
) -> None:
    overdue = new_job()
    take(overdue)
    psql.make_overdue(overdue.id)
    psql(
        "ALTER TABLE kb.object_extraction_jobs ADD CONSTRAINT no_failing CHECK (status <> 'failed')"
    )
    try:
        [orphan] = [job for job in orphans(1) if job.id != overdue.id]
        psql.make_overdue(overdue.id)
        psql(
            "UPDATE kb.object_extraction_jobs SET updated_at = now(), revision = 2, lease = 1 WHERE id = %(id)s",
            {"id": overdue.id},
        )
        psql(
            "DELETE FROM kb.extraction_job_events WHERE reason = 'Made for a test.' AND job_id = %(id)s",
            {"id": overdue.id},
        )
        with pytest.raises(SweepFailedError) as failed:
            sweep()
    finally:
        psql("ALTER TABLE kb.object_extraction_jobs DROP CONSTRAINT no_failing")
    assert [job.id for job in failed.value.report.recovered] == [orphan.id]
    assert any(str(overdue.id) in error for error in failed.value.report.errors)
    assert psql.job(overdue.id)["status"] == "running"


@pytest.mark.parametrize(
    "statement", ["look", "sweep_overdue", "sweep_spent", "sweep_orphans", "record_sweep"]
)
def test_a_step_that_fails_as_a_whole_is_reported_and_the_others_are_done(
    statement: str,
    orphans: Callable[[int], list[Job]],
    new_job: Callable[..., Job],
    sweep: Callable[..., Report],
    queue: MemoryQueue,
    psql: Psql,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    orphans(2)
    unsent = new_job()
    psql(
        "UPDATE kb.object_extraction_jobs SET next_dispatch_at = now() WHERE id = %(id)s",
        {"id": unsent.id},
    )
    queue.sent.clear()
    monkeypatch.setattr(
        "extraction_jobs.sweep.LIFECYCLE",
        dict(LIFECYCLE) | {statement: b"SELECT 1 / (%(batch)s * 0)"}
        if statement not in ("look", "record_sweep")
        else dict(LIFECYCLE) | {statement: b"SELECT 1 / 0"},
    )
    with pytest.raises(SweepFailedError) as failed:
        sweep()
    report = failed.value.report
    assert len(report.recovered) == (0 if statement == "sweep_orphans" else 2)
    assert unsent.id in {each.job_id for each in queue.sent}
    assert any(
        error.startswith("could not") and "division by zero" in error for error in report.errors
    )


def test_an_orphan_without_budget_is_not_recovered_even_when_it_cannot_be_failed(
    orphans: Callable[[int], list[Job]], sweep: Callable[..., Report], psql: Psql
) -> None:
    spent, other = orphans(2)
    psql("UPDATE kb.object_extraction_jobs SET attempt = 3 WHERE id = %(id)s", {"id": spent.id})
    psql(
        "ALTER TABLE kb.object_extraction_jobs ADD CONSTRAINT no_failing CHECK (status <> 'failed')"
    )
    try:
        with pytest.raises(SweepFailedError) as failed:
            sweep()
    finally:
        psql("ALTER TABLE kb.object_extraction_jobs DROP CONSTRAINT no_failing")
    assert [job.id for job in failed.value.report.recovered] == [other.id]
    assert psql.job(spent.id)["status"] == "running"


def test_the_oldest_orphans_come_first(
    orphans: Callable[[int], list[Job]], database: Database, settings: Settings
) -> None:
    jobs = orphans(10)
    rows = database.rows(
        LIFECYCLE["sweep_orphans"],
        {
            "threshold": settings.orphan_threshold,
            "skip": [],
            "only": None,
            "batch": 4,
            "reason": "x",
            "wait_from": timedelta(0),
            "spacing": timedelta(0),
            "longest_delay": timedelta(minutes=15),
            "reservation": timedelta(seconds=45),
        },
    )
    assert {row["id"] for row in rows} == {job.id for job in jobs[:4]}


def test_a_mass_recovery_is_spread_out_and_one_orphan_does_not_wait(
    orphans: Callable[[int], list[Job]],
    sweep: Callable[..., Report],
    queue: MemoryQueue,
    psql: Psql,
) -> None:
    orphans(200)
    queue.sent.clear()
    sweep(recovery_rate_per_second=10.0, sweep_batch_size=50)
    waits = [
        row["wait"]
        for row in psql(
            "SELECT extract(epoch FROM run_after - updated_at)::float AS wait FROM kb.object_extraction_jobs"
        )
    ]
    assert max(waits) <= 21
    per_second = Counter(int(wait) for wait in waits)
    assert len(per_second) >= 18, "over 20 seconds"
    assert max(per_second.values()) <= 30, "at about 10 a second"
    assert max(each.due_in_seconds for each in queue.sent) > 15, (
        "the queue holds each back until it is due"
    )


def test_a_single_orphan_is_due_at_once(
    orphans: Callable[[int], list[Job]], sweep: Callable[..., Report], queue: MemoryQueue
) -> None:
    orphans(1)
    sweep()
    assert queue.sent[-1].due_in_seconds == 0


def test_a_recovery_longer_than_the_queue_can_hold_back_is_sent_in_time_and_not_at_once(
    orphans: Callable[[int], list[Job]],
    sweep: Callable[..., Report],
    queue: MemoryQueue,
    psql: Psql,
) -> None:
    orphans(100)
    queue.sent.clear()
    sweep(recovery_rate_per_second=0.05)  # 2,000 seconds
    assert 0 < len(queue.sent) < 100
    assert all(each.due_in_seconds <= 901 for each in queue.sent)
    [row] = psql(
        "SELECT count(*) AS n FROM kb.object_extraction_jobs"
        " WHERE dispatched_at IS NULL AND next_dispatch_at > now()"
        " AND run_after - next_dispatch_at <= interval '15 minutes'"
    )
    assert row["n"] == 100 - len(queue.sent)


def test_a_dry_run_reports_what_the_sweep_would_do_and_changes_nothing(
    orphans: Callable[[int], list[Job]],
    sweep: Callable[..., Report],
    database: Database,
    settings: Settings,
    queue: MemoryQueue,
    psql: Psql,
) -> None:
    jobs = orphans(9)
    psql.make_idle(jobs[0].id, 1)  # alive
    psql.make_overdue(jobs[1].id)
    psql("UPDATE kb.object_extraction_jobs SET attempt = 3 WHERE id = %(id)s", {"id": jobs[2].id})
    queue.sent.clear()
    before = psql("SELECT * FROM kb.object_extraction_jobs ORDER BY id")
    events = psql("SELECT * FROM kb.extraction_job_events ORDER BY id")

    listed = reading.list_orphans(TENANT, 100, database=database, settings=settings)
    dry = sweep(dry_run=True)

    assert psql("SELECT * FROM kb.object_extraction_jobs ORDER BY id") == before
    assert psql("SELECT * FROM kb.extraction_job_events ORDER BY id") == events
    assert psql("SELECT * FROM kb.extraction_sweeps") == []
    assert queue.sent == []

    real = sweep()
    assert _ids(dry.recovered) == _ids(real.recovered) == {job.id for job in jobs[3:]}
    assert _ids(dry.failed) == _ids(real.failed) == {jobs[1].id, jobs[2].id}
    assert dry.redispatched == real.redispatched == 6
    assert {row["id"]: row["action"] for row in listed} == (
        {job.id: "recover" for job in jobs[3:]}
        | {jobs[1].id: "fail: over its hard limit", jobs[2].id: "fail: attempts spent"}
    )


def test_the_sentences_that_operators_grep_for_are_logged(
    orphans: Callable[[int], list[Job]],
    sweep: Callable[..., Report],
    caplog: pytest.LogCaptureFixture,
    psql: Psql,
) -> None:
    caplog.set_level("INFO")
    [job] = orphans(1)
    started = psql.job(job.id)["started_at"]
    sweep()
    sweep()
    assert [record.getMessage() for record in caplog.records] == [
        f"Recovered 1 orphaned extraction job(s) from 'running' to 'pending': {job.id}",
        f"  - Job {job.id} (document) was running since {started.isoformat()}",
        "No orphaned extraction jobs found - all clear",
    ]
    assert psql.job(job.id)["error_message"] == "Job was interrupted and has been reset to pending."


def test_a_sweep_reads_the_partial_indexes_and_not_the_table(
    database: Database, psql: Psql, settings: Settings
) -> None:
    psql(
        "INSERT INTO kb.object_extraction_jobs (org_id, project_id, source_type, status, revision, updated_at,"
        " deadline_at, run_after, next_dispatch_at)"
        " SELECT 'acme', 'library', 'document',"
        " CASE WHEN n <= 20000 THEN 'completed' WHEN n <= 22000 THEN 'running' ELSE 'pending' END, 1,"
        " now() - n * interval '1 ms', now() + n * interval '1 s', now(), now() + n * interval '1 s'"
        " FROM generate_series(1, 24000) AS n"
    )
    psql("ANALYZE kb.object_extraction_jobs")
    params = {
        "threshold": settings.orphan_threshold,
        "skip": [],
        "only": None,
        # So many that a planner which may would rather read the whole table.
        "batch": 10_000,
        "reason": "",
        "wait_from": timedelta(0),
        "spacing": timedelta(0),
        "longest_delay": timedelta(0),
        "reservation": timedelta(0),
    }
    for statement, index in {
        "sweep_overdue": "object_extraction_jobs_deadline",
        "sweep_spent": "object_extraction_jobs_heartbeat",
        "sweep_orphans": "object_extraction_jobs_heartbeat",
        "sweep_unclaimable": "object_extraction_jobs_dispatch",
        "reserve_dispatches": "object_extraction_jobs_dispatch",
    }.items():
        plan = "\n".join(
            row["QUERY PLAN"] for row in database.rows(b"EXPLAIN " + LIFECYCLE[statement], params)
        )
        assert index in plan, statement
        assert "Seq Scan" not in plan, statement
    for question in (LIFECYCLE["look"], READS["gauges"]):
        rows = database.rows(b"EXPLAIN " + question, params | {"record": True})
        plan = "\n".join(row["QUERY PLAN"] for row in rows)
        assert "object_extraction_jobs" in plan
        assert "Seq Scan on object_extraction_jobs" not in plan
    psql("TRUNCATE kb.object_extraction_jobs CASCADE")


def test_a_sweep_that_finds_nothing_is_one_statement_and_is_recorded(
    take: Take,
    new_job: Callable[..., Job],
    database: Database,
    queue: MemoryQueue,
    settings: Settings,
    psql: Psql,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    take(new_job())
    new_job()
    psql(
        "UPDATE kb.object_extraction_jobs SET updated_at = now() - interval '1 minute'"
        " WHERE status = 'running'"
    )
    asked = []
    rows = database.rows

    def noted(statement: bytes, params: Params | None = None) -> list[DictRow]:
        asked.append(statement)
        return rows(statement, params)

    monkeypatch.setattr(database, "rows", noted)
    report = Sweeper(database, queue, settings).sweep()
    assert asked == [LIFECYCLE["look"]]
    assert (report.recovered, report.failed, report.redispatched) == ([], [], 0)
    assert report.oldest_heartbeat_seconds == pytest.approx(60, abs=30)
    assert report.oldest_pending_seconds == pytest.approx(0, abs=30)
    [recorded] = psql("SELECT recovered, failed, redispatched, errors FROM kb.extraction_sweeps")
    assert recorded == {"recovered": 0, "failed": 0, "redispatched": 0, "errors": []}
    Sweeper(database, queue, settings).sweep(dry_run=True)
    assert len(psql("SELECT id FROM kb.extraction_sweeps")) == 1, "a dry run leaves no record"


def test_what_a_sweep_did_is_kept_for_the_statistics(
    orphans: Callable[[int], list[Job]],
    sweep: Callable[..., Report],
    database: Database,
    settings: Settings,
) -> None:
    orphans(2)
    sweep()
    found = reading.statistics(TENANT, database=database, settings=settings).last_sweep
    assert found is not None
    assert (found["recovered"], found["failed"], found["redispatched"], found["errors"]) == (
        2,
        0,
        2,
        [],
    )


def test_reasons_are_appended_and_never_grow_without_bound(
    orphans: Callable[[int], list[Job]], sweep: Callable[..., Report], psql: Psql
) -> None:
    [job] = orphans(1)
    psql("UPDATE kb.object_extraction_jobs SET error_message = repeat('x', 30000) || ' Earlier.'")
    sweep()
    message = psql.job(job.id)["error_message"]
    assert message.endswith("Earlier.\n\n" + reasons.INTERRUPTED)
    assert len(message) == 20_000


def _ids(swept: Sequence[Swept]) -> set[JobId]:
    return {job.id for job in swept}


def _status_after(rival: str) -> str:
    return {
        "a late heartbeat": "running",
        "a late completion": "completed",
        "a cancel": "cancelled",
        "a retry": "pending",
    }[rival]


def _until_someone_waits_for_the_gate(psql: Psql) -> None:
    from tests.waiting import until

    until(lambda: psql("SELECT 1 FROM pg_locks WHERE relation = 'gate'::regclass AND NOT granted"))
