"""Many at once: a dry run shows the very set, each job changes as it would alone, and what moved on is left alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any
from uuid import uuid4

import pytest

from extraction_jobs import bulk
from extraction_jobs.bulk import Action, BulkFilter, BulkReport, change_many
from extraction_jobs.database import Database
from extraction_jobs.model import Job, JobId, JobStatus, Tenant
from extraction_jobs.queries import LIFECYCLE
from tests.conftest import TENANT

from .conftest import Lab, meddle
from .writes import beat

Many = Callable[..., BulkReport]


@pytest.fixture
def many(lab: Lab) -> Many:
    """Retries or cancels many, over a connection of its own."""
    database = lab.open_database()

    def call(action: Action, *, tenant: Tenant = TENANT, **options: Any) -> BulkReport:
        wanted = {name: options.pop(name) for name in list(options) if name in FIELDS}
        given: dict[str, Any] = {
            "limit": 100,
            "dry_run": False,
            "database": database,
            "queue": lab.queue,
            "settings": lab.settings,
        } | options
        return change_many(action, BulkFilter(**wanted), tenant, "amelia", **given)

    return call


FIELDS = BulkFilter.__dataclass_fields__
Fail = Callable[..., Job]


@pytest.fixture
def failed(lab: Lab) -> Fail:
    """Makes a job that has failed."""

    def make(reason: str = "Broken.", **fields: Any) -> Job:
        job = lab.new_job(**fields)
        lab.take(job).fail(reason)
        return job

    return make


def ids(report: BulkReport) -> list[JobId]:
    return [row["id"] for row in report.jobs]


def test_a_retry_of_many_does_to_each_what_a_retry_of_one_does(
    lab: Lab, many: Many, failed: Fail
) -> None:
    jobs = [failed() for _ in range(3)]
    waiting = lab.new_job()
    lab.queue.sent.clear()

    report = many(Action.RETRY, source_type="document")

    assert ids(report) == [job.id for job in jobs], "the oldest first"
    assert (report.skipped, report.truncated, report.unsent) == ([], False, 0)
    assert lab.sent == ids(report)
    for job, sent in zip(jobs, lab.queue.sent, strict=True):
        row, event = lab.psql.job(job.id), lab.psql.events(job.id)[-1]
        assert (row["status"], row["attempt"], row["lease"]) == ("pending", 0, 1)
        assert row["error_message"] == "Broken.\n\nJob was manually retried."
        assert (row["revision"], row["dispatch_count"]) == (sent.revision, 1)
        assert (event["actor"], event["from_status"], event["attempt"]) == ("api", "failed", 1)
        assert event["detail"] == {"caller": "amelia"}
    assert lab.psql.job(waiting.id)["status"] == "pending"
    assert many(Action.RETRY, source_type="document").jobs == []


def test_a_cancel_of_many_cancels_the_pending_and_fences_the_running(lab: Lab, many: Many) -> None:
    waiting, running = lab.new_job(), lab.new_job()
    attempt = lab.take(running)

    assert ids(many(Action.CANCEL, text=str(waiting.id).upper())) == [waiting.id]
    assert ids(many(Action.CANCEL, statuses=[JobStatus.RUNNING])) == [running.id]
    assert {lab.psql.job(job.id)["status"] for job in (waiting, running)} == {"cancelled"}
    assert attempt.heartbeat(attempt._database) is None
    assert lab.psql.events(running.id)[-1]["reason"] == "Job was cancelled."


def test_a_dry_run_changes_nothing_and_shows_what_the_call_then_does(
    lab: Lab, many: Many, failed: Fail
) -> None:
    for number in range(5):
        failed(source_id=f"batch {number}")
    before = lab.psql("SELECT *, xmin::text FROM kb.object_extraction_jobs ORDER BY id")
    lab.queue.sent.clear()
    asked: dict[str, Any] = {"text": "BATCH", "limit": 3}

    told = many(Action.RETRY, dry_run=True, **asked)

    assert lab.psql("SELECT *, xmin::text FROM kb.object_extraction_jobs ORDER BY id") == before
    assert lab.queue.sent == []
    done = many(Action.RETRY, **asked)
    assert ids(told) == ids(done) == [row["id"] for row in before[:3]]
    assert (told.truncated, done.truncated) == (True, True)
    assert many(Action.RETRY, **asked).truncated is False


def test_the_filter_takes_those_that_meet_every_condition(
    lab: Lab, many: Many, failed: Fail
) -> None:
    mail = failed("100% wrong_", source_type="email", source_id="Letter 17")
    letter = failed(source_id="letter 18")
    theirs = failed(tenant=Tenant("acme", "museum"))
    stuck, lively = lab.new_job(), lab.new_job()
    lab.take(stuck)
    lab.take(lively)
    lab.psql.make_idle(stuck.id, 10)
    lab.psql.update("created_at = now() - interval '2 days'", letter)
    [now] = lab.psql("SELECT now() AS at")
    yesterday = now["at"] - timedelta(days=1)
    for wanted, found in (
        ({"source_type": "email"}, [mail]),
        ({"text": "LETTER"}, [mail, letter]),
        ({"text": "100% WRONG_"}, [mail]),
        ({"text": "1__% wrong"}, []),
        ({"text": "letter", "source_type": "email"}, [mail]),
        ({"created_before": yesterday}, [letter]),
        ({"created_after": yesterday}, [mail]),
        ({"stuck": True}, [stuck]),
        ({"statuses": [JobStatus.RUNNING]}, [stuck, lively]),
        ({"statuses": [JobStatus.FAILED] * 2}, [mail, letter]),
        ({"tenant": Tenant("acme", "museum"), "statuses": [JobStatus.FAILED]}, [theirs]),
        ({"tenant": Tenant("globex", "library"), "statuses": [JobStatus.FAILED]}, []),
    ):
        report = many(Action.RETRY, dry_run=True, **wanted)
        assert sorted(ids(report)) == sorted(job.id for job in found), wanted


def test_each_id_that_is_named_is_changed_or_told_why_not(
    lab: Lab, many: Many, failed: Fail
) -> None:
    broken, waiting, nowhere = failed(), lab.new_job(), JobId(uuid4())
    theirs = failed(tenant=Tenant("globex", "library"))
    nothing = (None, "There is no such job in this project, or it does not meet the filter.")
    named = [broken.id, waiting.id, nowhere, theirs.id, broken.id]

    for dry_run in (True, False):
        report = many(Action.RETRY, ids=named, dry_run=dry_run)
        assert ids(report) == [broken.id]
        assert {each.id: (each.status, each.reason) for each in report.skipped} == {
            waiting.id: (JobStatus.PENDING, "Cannot retry job with status: pending"),
            nowhere: nothing,
            theirs.id: nothing,
        }
    assert lab.psql.job(theirs.id)["status"] == "failed"


Between = Callable[[Callable[[], object]], Database]


@pytest.fixture
def between(lab: Lab) -> Between:
    """Opens a database on which something happens after the jobs are picked and before they are changed."""

    def opened(happens: Callable[[], object]) -> Database:
        database = lab.open_database()
        meddle(database, b"LATERAL", after=happens)
        return database

    return opened


def test_what_moves_on_between_the_look_and_the_change_is_left_alone(
    lab: Lab, many: Many, failed: Fail, between: Between
) -> None:
    """Set back by hand meanwhile, and running again: it is not the job that was picked."""
    for action, picked, make in (
        (Action.RETRY, "failed", failed),
        (Action.CANCEL, "pending", lab.new_job),
    ):
        job, other = make(source_type=picked), make(source_type=picked)

        def restarted(job: Job = job) -> None:
            lab.psql.update("status = 'pending', run_after = now()", job)
            lab.take(job)

        report = many(action, source_type=picked, database=between(restarted))

        assert ids(report) == [other.id]
        [skipped] = report.skipped
        assert (skipped.id, skipped.status) == (job.id, JobStatus.RUNNING)
        assert skipped.reason == f"It has changed meanwhile: from {picked} to running."
        assert lab.psql.job(job.id)["status"] == "running"


@pytest.mark.parametrize("statement", ["retry_many", "cancel_many"])
def test_the_change_itself_looks_at_owner_and_status_and_not_only_the_pick(
    lab: Lab, failed: Fail, statement: str
) -> None:
    ended, theirs = failed(), failed(tenant=Tenant("globex", "library"))
    other_project = failed(tenant=Tenant("acme", "museum"))
    lab.psql.update("status = 'completed'", ended)
    if statement == "cancel_many":
        lab.psql("UPDATE kb.object_extraction_jobs SET status = 'pending' WHERE status = 'failed'")
    rows = [lab.psql.job(job.id) for job in (ended, theirs, other_project)]
    changed = lab.database.rows(
        LIFECYCLE[statement],
        {
            "ids": [row["id"] for row in rows],
            "revisions": [row["revision"] for row in rows],
            "org_id": TENANT.org_id,
            "project_id": TENANT.project_id,
            "stuck": False,
            "threshold": lab.settings.orphan_threshold,
            "caller": "amelia",
            "reason": "x",
            "dispatch_grace": timedelta(0),
        },
    )
    assert changed == []
    assert [lab.psql.job(row["id"]) for row in rows] == rows


def test_a_stuck_job_whose_heartbeat_comes_back_is_left_to_its_worker(
    lab: Lab, many: Many, between: Between
) -> None:
    for action in Action:
        job = lab.new_job()
        attempt = lab.take(job)
        lab.psql.make_idle(job.id, 10)
        report = many(action, stuck=True, database=between(partial(beat, attempt)))

        assert ids(report) == []
        assert [each.reason for each in report.skipped] == [
            "Its heartbeat has come back: it is not stuck."
        ]
        assert lab.psql.job(job.id)["status"] == "running"


@pytest.mark.parametrize("action", Action)
def test_a_job_that_another_holds_is_told_and_does_not_keep_the_rest_waiting(
    lab: Lab, many: Many, failed: Fail, action: Action
) -> None:
    held, free = failed(), failed()
    if action is Action.CANCEL:
        lab.psql.update("status = 'pending'")
    with lab.locked(held):
        report = many(action, source_type="document", sleep=lambda _: None)
    assert ids(report) == [free.id]
    assert [(each.id, each.reason) for each in report.skipped] == [
        (held.id, "Another transaction is changing it now; try again.")
    ]


def test_sending_ends_in_time_to_answer_and_the_sweep_goes_on_with_it(
    lab: Lab, many: Many, failed: Fail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "_SENT_TOGETHER", 2)
    jobs = [failed().id for _ in range(5)]
    lab.queue.sent.clear()
    slow = count(step=bulk.SEND_SECONDS / 2)
    report = many(Action.RETRY, ids=jobs, clock=partial(next, slow))
    assert (ids(report), report.unsent, len(lab.queue.sent)) == (jobs, 1, 4)
    lab.psql(
        "UPDATE kb.object_extraction_jobs SET next_dispatch_at = now() WHERE dispatched_at IS NULL"
    )
    lab.sweep()
    assert lab.sent == jobs


def test_a_result_that_a_person_rejected_is_left_alone_unless_it_is_asked_for(
    lab: Lab, many: Many, failed: Fail
) -> None:
    broken, rejected = failed(), failed()
    lab.psql.update("review_reason = 'Unsure.'", rejected)
    look = partial(many, Action.RETRY, dry_run=True)
    assert ids(look(statuses=[JobStatus.FAILED])) == [broken.id]
    assert ids(look(statuses=[JobStatus.FAILED], rejected=True)) == [broken.id, rejected.id]
    assert ids(look(ids=[rejected.id])) == [rejected.id]


def test_a_change_goes_on_after_the_last_job_of_the_one_before(many: Many, failed: Fail) -> None:
    jobs = [failed().id for _ in range(3)]
    first = many(Action.RETRY, limit=2, dry_run=True)
    assert (ids(first), first.truncated) == (jobs[:2], True)
    rest = many(Action.RETRY, limit=2, dry_run=True, after=jobs[1])
    assert (ids(rest), rest.truncated) == (jobs[2:], False)
