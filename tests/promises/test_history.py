"""Promise 8: history is never erased while its job is there.

Each change of status writes one event in its own transaction: who, why, attempt, lease. (Every other test in this
folder is also held to it: see the_invariants_hold in conftest.py.)
"""

from __future__ import annotations

import pytest

from extraction_jobs import reasons
from extraction_jobs.dead_letter import give_up_on_message
from extraction_jobs.model import Revision

from .conftest import Lab


def test_the_whole_story_of_a_job_can_be_read(lab: Lab) -> None:
    job = lab.new_job(created_by="ada", max_attempts=2)
    lab.take(job)
    lab.psql.make_idle(job.id, 6)
    lab.sweep()
    lab.take(job)
    lab.psql.make_idle(job.id, 6)
    lab.sweep()
    lab.retry(job, who="grace")
    lab.psql.update("status = 'failed'")
    lab.psql.update("status = 'pending'")
    lab.work(job, name="worker-7")

    story = [
        (e["actor"], e["from_status"], e["to_status"], e["attempt"], e["lease"])
        for e in lab.psql.events(job.id)
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
    events = lab.psql.events(job.id)
    assert events[0]["detail"] == {"caller": "ada"}
    assert events[5]["detail"] == {"caller": "grace"}
    assert events[5]["reason"] == "Job was manually retried."
    assert events[8]["detail"] == {"worker": "worker-7"}


def test_error_messages_are_appended_to_and_never_replaced_nor_grow_without_bound(lab: Lab) -> None:
    [job] = lab.orphans(1)
    lab.psql.update("error_message = repeat('x', 30000) || ' Earlier.'")
    lab.sweep()
    lab.take(job).fail("The document is encrypted.")
    lab.retry(job)
    message = lab.psql.job(job.id)["error_message"]
    assert len(message) == 20_000
    assert message.endswith(
        f" Earlier.\n\n{reasons.INTERRUPTED}\n\nThe document is encrypted.\n\n{reasons.RETRIED}"
    )


def test_an_event_and_its_change_are_one_transaction(lab: Lab) -> None:
    """Without the event there is no change: the history cannot miss one."""
    job = lab.new_job()
    lab.psql("ALTER TABLE kb.extraction_job_events ADD CONSTRAINT full_up CHECK (false) NOT VALID")
    try:
        before = lab.psql.job(job.id)
        for change in (
            lambda: lab.psql.update("status = 'failed'"),
            lambda: lab.cancel(job),
            lambda: lab.take(job),
        ):
            with pytest.raises(Exception, match="full_up"):
                change()
        assert lab.psql.job(job.id) == before
    finally:
        lab.psql("ALTER TABLE kb.extraction_job_events DROP CONSTRAINT full_up")


def test_a_dead_letter_has_a_waiting_job_sent_again_and_the_third_fails_it_with_a_reason(
    lab: Lab,
) -> None:
    """The database was away for hours and is back: honest jobs must not be failed by the messages that died."""
    job = lab.new_job()
    became = []
    for _ in range(3):
        revision = Revision(lab.psql.job(job.id)["revision"])
        became.append(give_up_on_message(job.id, revision, database=lab.database))
        assert give_up_on_message(job.id, revision, database=lab.database) is None, "a sibling"
        assert lab.sweep().redispatched == (became[-1] == "pending")
        assert lab.psql.events(job.id)[-1]["actor"] == "dead_letters"
    assert became == ["pending", "pending", "failed"]
    told = [reasons.MESSAGE_SENT_AGAIN, reasons.MESSAGE_SENT_AGAIN, reasons.GAVE_UP_ON_MESSAGE]
    assert lab.psql.job(job.id)["error_message"] == "\n\n".join(told)


def test_a_dead_letter_of_a_job_that_has_moved_on_does_nothing(lab: Lab) -> None:
    job = lab.new_job()
    attempt = lab.take(job)
    assert give_up_on_message(job.id, job.revision, database=lab.database) is None, "it runs"
    attempt.retry_later("An error.", 0.0)
    before = lab.psql.job(job.id)
    assert give_up_on_message(job.id, job.revision, database=lab.database) is None, (
        "it has a newer message"
    )
    assert lab.psql.job(job.id) == before
    assert give_up_on_message(job.id, Revision(99), database=lab.database) is None
