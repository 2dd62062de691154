"""Promise 10: any number of sweepers at once, and rows that cannot be changed: each orphan is recovered once, the
rest proceed.

What could go wrong. Sweeps overlap (a slow one, an operator's beside the schedule's): two recover the same orphan, and
its message, its attempt and its line of history are doubled; or they lock rows crosswise and one dies of it. One row
that no statement can change (a constraint, a trigger, a damaged page) makes the batch that holds it fail, and with it
every sweep from then on: the whole table is stuck for the sake of one job.

What must hold. Each orphan is recovered once, in one line of history and one message. The poisoned row stays as it
is and is named, by every sweep that came upon it; nothing else is left undone, in this sweep and not in the next.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from typing import Any
from uuid import UUID

import psycopg
import pytest

from extraction_jobs.database import Database, Params
from extraction_jobs.model import Job
from extraction_jobs.queries import LIFECYCLE, SWEEPS
from extraction_jobs.settings import Settings
from extraction_jobs.sweep import Report, Sweeper, SweepFailedError
from extraction_jobs.sweep_report import Count
from extraction_jobs.sweep_steps import STEPS
from tests.conftest import Psql

from .conftest import Lab, meddle
from .sizes import size

SWEEPERS = 5
ORPHANS = size(300, 5_000)
BACKLOG = size(60, 15_000)


@contextmanager
def poisoned(psql: Psql, job_id: UUID, name: str = "poison") -> Iterator[str]:
    """A job whose every change fails; gives how a sweep is to say so."""
    psql(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'poisoned row'; END $$"
    )
    psql(
        f"CREATE TRIGGER {name} BEFORE UPDATE ON kb.object_extraction_jobs FOR EACH ROW"
        f" WHEN (OLD.id = '{job_id}') EXECUTE FUNCTION {name}()"
    )
    try:
        yield f"job {job_id} could not be changed: RaiseException: poisoned row"
    finally:
        psql(f"DROP FUNCTION {name} CASCADE")


def test_five_sweepers_at_once_and_one_poisoned_row_recover_each_other_orphan_once(
    lab: Lab,
) -> None:
    jobs = lab.orphans(ORPHANS)
    bad, *good = jobs[len(jobs) // 3 :] + jobs[: len(jobs) // 3]
    settings = Settings(sweep_batch_size=size(20, 200), recovery_rate_per_second=10_000)
    at_once = threading.Barrier(SWEEPERS)

    def run(database: Database) -> Report:
        # No sweep's time is up, however slow the machine: what is left over would be the next one's.
        sweeper = Sweeper(database, lab.queue, settings, clock=lambda: 0.0)
        at_once.wait()
        try:
            return sweeper.sweep()
        except SweepFailedError as failed:
            return failed.report

    lab.queue.sent.clear()
    with poisoned(lab.psql, bad.id) as said, ThreadPoolExecutor(SWEEPERS) as pool:
        reports = list(pool.map(run, [lab.open_database() for _ in range(SWEEPERS)]))
    assert sum(report.counts[Count.RECOVERED] for report in reports) == len(good)
    recovered = lab.psql("SELECT job_id FROM kb.extraction_job_events WHERE actor = 'sweeper'")
    once_each = Counter(job.id for job in good)
    assert Counter(row["job_id"] for row in recovered) == once_each
    assert Counter(each.job_id for each in lab.queue.sent) == once_each
    assert lab.psql.job(bad.id)["status"] == "running"
    assert {error for report in reports for error in report.errors} == {said}


# What makes a row the business of a step, and what it is when the step has acted.
BUSINESS = {
    "recover": ("status = 'running', updated_at = now() - interval '1 hour'", "pending"),
    "fail what is spent": (
        "status = 'running', updated_at = now() - interval '1 hour', attempt = 3",
        "failed",
    ),
    "fail what is overdue": (
        "status = 'running', updated_at = now() - interval '1 minute', deadline_at = now() - interval '1 hour'",
        "failed",
    ),
    "fail what cannot be claimed": ("attempt = 3, next_dispatch_at = now()", "failed"),
    "send what is due": ("next_dispatch_at = now() - interval '1 hour'", "pending"),
}


def its_business(lab: Lab, step: str, *jobs: Job) -> str:
    """Makes jobs the business of a step, as the product's own statements would: the revision moves, so that it is no
    change by hand. Gives what becomes of them.
    """
    business, becomes = BUSINESS[step]
    lab.psql.update(f"revision = revision + 1, lease = 1, started_at = now(), {business}", *jobs)
    return becomes


@pytest.mark.parametrize("step", BUSINESS)
def test_a_poisoned_row_of_any_step_is_named_and_keeps_nobody_though_older_rows_wait(
    lab: Lab, step: str
) -> None:
    """Beside it: its like, which must be done, and more jobs than fit into a batch that are older and are another
    step's, which must not be taken for what failed."""
    jobs = [lab.new_job() for _ in range(9)]
    bad = jobs[4]
    becomes = its_business(lab, step, *jobs)
    _older_rows(lab.psql, waiting="send" not in step)
    lab.queue.sent.clear()
    settings = Settings(sweep_batch_size=5, recovery_rate_per_second=10_000)
    # Its time is not up, however many rows stand before.
    sweeper = Sweeper(lab.database, lab.queue, settings, clock=lambda: 0.0)
    with poisoned(lab.psql, bad.id) as said, pytest.raises(SweepFailedError) as failed:
        sweeper.sweep()
    assert failed.value.report.errors == [said]
    others = [job.id for job in jobs if job is not bad]
    assert {lab.psql.job(job_id)["status"] for job_id in others} == {becomes}
    if step == "send what is due":
        assert set(others) <= set(lab.sent)
    lab.psql("TRUNCATE kb.object_extraction_jobs, kb.extraction_job_events CASCADE")


def _older_rows(psql: Psql, *, waiting: bool) -> None:
    """Due messages (or orphans), touched long before."""
    psql(
        "INSERT INTO kb.object_extraction_jobs (org_id, project_id, source_type, status, revision, updated_at,"
        " started_at, lease, next_dispatch_at)"
        " SELECT 'acme', 'library', 'document', CASE WHEN %(waiting)s THEN 'pending' ELSE 'running' END, 1,"
        " now() - interval '1 day', now(), 1, now() - interval '1 day' FROM generate_series(1, %(count)s)",
        {"waiting": waiting, "count": BACKLOG},
    )


WHOLES = {step.what: {step.change, step.ids} for step in STEPS if step.counted} | {
    "record the sweep": {SWEEPS["record_sweep"]}
}


@pytest.mark.parametrize("what", WHOLES)
def test_a_step_that_fails_as_a_whole_is_reported_and_the_others_are_done(
    lab: Lab, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the orphans one has no budget left: it is failed or it stays, and is recovered by no other step."""
    spent, *_ = lab.orphans(3)
    unsent = lab.new_job()
    for job, change in ((spent, "attempt = 3"), (unsent, "next_dispatch_at = now()")):
        lab.psql.update(change, job)
    lab.queue.sent.clear()
    real = Database.rows

    def broken(
        self: Database, statement: bytes, params: Params | None = None
    ) -> list[dict[str, Any]]:
        return real(self, b"SELECT 1 / 0" if statement in WHOLES[what] else statement, params)

    monkeypatch.setattr(Database, "rows", broken)
    with pytest.raises(SweepFailedError) as failed:
        lab.sweep()
    report = failed.value.report
    assert len(report.recovered) == (0 if what == "recover orphaned jobs" else 2)
    assert unsent.id in set(lab.sent)
    assert report.errors == [f"could not {what}: DivisionByZero: division by zero"]


def test_what_was_recovered_before_a_step_failed_has_its_messages_sent(lab: Lab) -> None:
    jobs = lab.orphans(6)
    lab.queue.sent.clear()
    database, batches = lab.open_database(), count()

    def fail_from_the_second_batch_on() -> None:
        if next(batches):
            raise psycopg.errors.DiskFull

    meddle(database, LIFECYCLE["sweep_orphans"], before=fail_from_the_second_batch_on)
    with pytest.raises(SweepFailedError):
        Sweeper(database, lab.queue, Settings(sweep_batch_size=2)).sweep()
    assert set(lab.sent) == {job.id for job in jobs[:2]}
