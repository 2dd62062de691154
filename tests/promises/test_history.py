"""Promise 8: history is never erased while its job is there.

Each change of status writes one event in its own transaction: who, why, attempt, lease. (Every other test in this
folder is also held to it: see the_invariants_hold in conftest.py.)
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from extraction_jobs import reasons
from extraction_jobs.by_hand import cancel_job, retry_job
from extraction_jobs.database import Database
from extraction_jobs.dead_letter import give_up_on_message
from extraction_jobs.model import Job, Revision
from extraction_jobs.settings import Settings
from extraction_jobs.sweep import Report
from tests.conftest import TENANT, MemoryQueue, Psql

from .conftest import NewWorker, Take


def test_the_whole_story_of_a_job_can_be_read(
    new_job: Callable[..., Job],
    take: Take,
    new_worker: NewWorker,
    sweep: Callable[..., Report],
    database: Database,
    queue: MemoryQueue,
    settings: Settings,
    psql: Psql,
) -> None:
    job = new_job(created_by="ada", max_attempts=2)
    take(job)
    psql.make_idle(job.id, 6)
    sweep()
    take(job)
    psql.make_idle(job.id, 6)
    sweep()
    retry_job(job.id, TENANT, "grace", database=database, queue=queue, settings=settings)
    psql("UPDATE kb.object_extraction_jobs SET status = 'failed'")
    psql("UPDATE kb.object_extraction_jobs SET status = 'pending'")
    new_worker(name="worker-7").work(job.id)

    story = [
        (e["actor"], e["from_status"], e["to_status"], e["attempt"], e["lease"])
        for e in psql.events(job.id)
    ]
    assert story == [
        ("api", None, "pending", 0, 0),
        ("worker", "pending", "running", 1, 1),
        ("sweeper", "running", "pending", 1, 1),
        ("worker", "pending", "running", 2, 2),
        ("sweeper", "running", "failed", 2, 2),
        ("api", "failed", "pending", 2, 2),
        ("psql", "pending", "failed", 0, 2),
        ("psql", "failed", "pending", 0, 2),
        ("worker", "pending", "running", 1, 3),
        ("worker", "running", "completed", 1, 3),
    ]
    events = psql.events(job.id)
    assert events[0]["detail"] == {"caller": "ada"}
    assert events[5]["detail"] == {"caller": "grace"}
    assert events[5]["reason"] == "Job was manually retried."
    assert events[8]["detail"] == {"worker": "worker-7"}


def test_error_messages_are_appended_to_and_never_replaced(
    new_job: Callable[..., Job],
    take: Take,
    sweep: Callable[..., Report],
    database: Database,
    queue: MemoryQueue,
    settings: Settings,
    psql: Psql,
) -> None:
    job = new_job()
    take(job)
    psql.make_idle(job.id, 6)
    sweep()
    take(job).fail("The document is encrypted.")
    retry_job(job.id, TENANT, "someone", database=database, queue=queue, settings=settings)
    assert psql.job(job.id)["error_message"].split("\n\n") == [
        reasons.INTERRUPTED,
        "The document is encrypted.",
        reasons.RETRIED,
    ]


def test_an_event_and_its_change_are_one_transaction(
    new_job: Callable[..., Job], take: Take, psql: Psql, database: Database
) -> None:
    """Without the event there is no change: the history cannot miss one."""
    job = new_job()
    psql("ALTER TABLE kb.extraction_job_events ADD CONSTRAINT full_up CHECK (false) NOT VALID")
    try:
        before = psql.job(job.id)
        for statement in ("UPDATE kb.object_extraction_jobs SET status = 'failed'",):
            with pytest.raises(Exception, match="full_up"):
                psql(statement)
        with pytest.raises(Exception, match="full_up"):
            cancel_job(job.id, TENANT, "someone", database=database)
        with pytest.raises(Exception, match="full_up"):
            take(job)
        assert psql.job(job.id) == before
    finally:
        psql("ALTER TABLE kb.extraction_job_events DROP CONSTRAINT full_up")


def test_a_dead_letter_has_a_waiting_job_sent_again_and_its_siblings_do_nothing(
    new_job: Callable[..., Job],
    database: Database,
    sweep: Callable[..., Report],
    new_worker: NewWorker,
    queue: MemoryQueue,
    psql: Psql,
) -> None:
    """The database was away for hours and is back: honest jobs must not be failed by the messages that died."""
    job = new_job()
    assert give_up_on_message(job.id, job.revision, database=database) == "pending"
    assert give_up_on_message(job.id, job.revision, database=database) is None, "a sibling"
    assert psql.job(job.id)["error_message"] == reasons.MESSAGE_SENT_AGAIN
    assert psql.events(job.id)[-1]["actor"] == "dead_letters"
    assert sweep().redispatched == 1
    assert new_worker().work(job.id) == "completed"


def test_a_job_whose_messages_die_again_and_again_is_failed_with_a_reason(
    new_job: Callable[..., Job], database: Database, sweep: Callable[..., Report], psql: Psql
) -> None:
    job = new_job()
    became = []
    for _ in range(3):
        revision = Revision(psql.job(job.id)["revision"])
        became.append(give_up_on_message(job.id, revision, database=database))
        sweep()
    assert became == ["pending", "pending", "failed"]
    row = psql.job(job.id)
    assert row["error_message"].endswith(reasons.GAVE_UP_ON_MESSAGE)
    assert row["completed_at"] is not None
    assert psql.events(job.id)[-1]["to_status"] == "failed"


def test_a_dead_letter_of_a_job_that_has_moved_on_does_nothing(
    new_job: Callable[..., Job], take: Take, database: Database, psql: Psql
) -> None:
    job = new_job()
    attempt = take(job)
    assert give_up_on_message(job.id, job.revision, database=database) is None, "it runs"
    attempt.retry_later("An error.", 0.0)
    before = psql.job(job.id)
    assert give_up_on_message(job.id, job.revision, database=database) is None, (
        "it has a newer message"
    )
    assert psql.job(job.id) == before
    assert give_up_on_message(job.id, Revision(99), database=database) is None
