"""Promise 2: nothing pending is lost, whatever becomes of its message.

What could go wrong. The job is committed and its message is not sent: SQS refuses the call, or some entries of it, or
takes them and the reply is lost. A message that was sent is purged with the queue, expires after its retention, comes
twice, comes late. Nobody is told, and the job is pending for ever. Or the cure is worse: a backlog of honest jobs is
sent again by every sweep, until the queue holds a hundred messages a job.

What must hold. Every job ends, completed, by one attempt: no fault of a queue costs any. The messages are few: no
more than a handful a job.
"""

from __future__ import annotations

import random
from contextlib import suppress

import pytest

from extraction_aws.sqs import SqsQueue
from extraction_jobs.create import NewJob, create_job
from extraction_jobs.dispatch import Dispatch, dispatch
from extraction_jobs.model import Revision
from extraction_jobs.settings import Settings
from extraction_jobs.sweep import Sweeper, SweepFailedError
from tests.conftest import TENANT, Psql
from tests.promises import invariants

from .conftest import Lab
from .sizes import size
from .unreliable_sqs import UnreliableSqs

JOBS = size(250, 10_000)


def _minutes_pass(psql: Psql, minutes: float) -> None:
    psql.update(f"next_dispatch_at = next_dispatch_at - interval '{minutes} minutes'")


def test_every_job_ends_on_a_queue_that_fails_in_every_way_it_can(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqs = UnreliableSqs(random.Random(2))
    monkeypatch.setattr("extraction_aws.sqs.client", lambda _: sqs)
    monkeypatch.setattr("extraction_aws.batches._within", lambda _, call: call())
    queue = SqsQueue("the jobs queue")
    settings = Settings()
    worker = lab.new_worker(queue=queue)
    sweeper = Sweeper(lab.open_database(), queue, settings)
    new = NewJob(TENANT, "document", source_text="Total: 12.50 EUR")
    for _ in range(JOBS):
        create_job(new, database=lab.database, queue=queue, settings=settings)
    left = JOBS
    minutes = 0
    while left:
        for message in sqs.receive():
            worker.work(message.job_id)
        with suppress(SweepFailedError):  # what could not be sent
            sweeper.sweep()
        _minutes_pass(lab.psql, 1)
        sqs.minutes += 1
        minutes += 1
        left = invariants.unfinished(lab.psql.connection)
        assert minutes < 24 * 60, f"{left} jobs are pending after a day; {sqs.faults}"
    assert len(sqs.faults) == len(UnreliableSqs.FAULTS), "each fault has happened"
    ended = lab.psql(
        "SELECT status, attempt, count(*) AS n FROM kb.object_extraction_jobs GROUP BY 1, 2"
    )
    assert [(row["status"], row["attempt"], row["n"]) for row in ended] == [("completed", 1, JOBS)]
    assert sqs.accepted < 5 * JOBS


def test_a_job_whose_message_could_not_be_sent_is_committed_and_sent_by_a_sweep(lab: Lab) -> None:
    lab.queue.refuse = lambda _: True
    job = lab.new_job()
    assert lab.psql.job(job.id)["dispatched_at"] is None
    lab.queue.refuse = lambda _: False
    _minutes_pass(lab.psql, 0.5)
    assert lab.sweep().redispatched == 1
    assert lab.sent == [job.id]
    assert lab.psql.job(job.id)["dispatched_at"] is not None


def test_a_message_that_was_sent_and_lost_is_sent_again_ever_less_often(lab: Lab) -> None:
    job = lab.new_job()
    waits = []
    for _ in range(8):
        [row] = lab.psql(
            "SELECT round(extract(epoch FROM next_dispatch_at - dispatched_at) / 60)::int AS wait"
            " FROM kb.object_extraction_jobs"
        )
        waits.append(row["wait"])
        _minutes_pass(lab.psql, row["wait"] - 0.5)
        assert lab.sweep().redispatched == 0
        _minutes_pass(lab.psql, 0.6)
        assert lab.sweep().redispatched == 1
    assert waits == [5, 10, 20, 40, 60, 60, 60, 60]
    assert lab.psql.job(job.id)["dispatch_count"] == 9


def test_a_reset_by_hand_is_picked_up_by_the_next_sweep_with_a_fresh_budget(lab: Lab) -> None:
    job = lab.new_job()
    lab.take(job).fail("It failed.")
    lab.queue.sent.clear()
    lab.psql.update("status = 'pending'")
    row = lab.psql.job(job.id)
    assert (row["attempt"], row["dispatched_at"], row["dispatch_count"]) == (0, None, 0)
    assert lab.sweep().redispatched == 1
    assert lab.sent == [job.id]
    event = lab.psql.events(job.id)[-1]
    assert (event["actor"], event["from_status"], event["to_status"]) == (
        "psql",
        "failed",
        "pending",
    )
    assert event["detail"]["role"]


@pytest.mark.parametrize(
    "touch", ["status = 'pending', updated_at = now()", "updated_at = now()", "run_after = now()"]
)
def test_a_pending_job_touched_by_hand_is_sent_again_and_due_though_its_message_is_out_or_it_waits(
    lab: Lab, touch: str
) -> None:
    """The seed's statement on jobs that are pending already: a message was sent before the row's last change, and a
    backoff is waited out."""
    job, waits = lab.new_job(), lab.new_job()
    lab.take(waits).retry_later("An error.", 600.0)
    assert lab.work(waits) == "not_due"
    lab.queue.sent.clear()
    lab.psql.update(touch)
    assert lab.sweep().redispatched == 2
    assert set(lab.sent) == {job.id, waits.id}
    assert lab.work(waits) == "completed"


def test_a_job_inserted_by_hand_is_sent_and_has_a_history(lab: Lab) -> None:
    [row] = lab.psql(
        "INSERT INTO kb.object_extraction_jobs (org_id, project_id, source_type, revision)"
        " VALUES ('acme', 'library', 'document', 0) RETURNING id"
    )
    assert [event["actor"] for event in lab.psql.events(row["id"])] == ["psql"]
    assert lab.sweep().redispatched == 1
    assert lab.sent == [row["id"]]
    lab.psql("DELETE FROM kb.object_extraction_jobs")


def test_a_send_is_noted_only_where_the_job_has_not_moved_on(lab: Lab) -> None:
    """The worker was faster than the note: its failure made a new need for a message, which the note must not hide."""
    job = lab.new_job()
    lab.take(job).retry_later("An error.", 0.0)
    assert lab.psql.job(job.id)["dispatched_at"] is None
    dispatch(lab.database, lab.queue, [Dispatch(job.id, job.revision)], lab.settings)
    assert lab.psql.job(job.id)["dispatched_at"] is None
    dispatch(
        lab.database,
        lab.queue,
        [Dispatch(job.id, Revision(lab.psql.job(job.id)["revision"]))],
        lab.settings,
    )
    assert lab.psql.job(job.id)["dispatched_at"] is not None


def test_an_entry_that_sqs_refused_is_not_taken_for_sent_because_its_batch_was(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    class RefusesEverySecond(UnreliableSqs):
        """Says so, as SQS does, in an answer that is a success."""

        def _happens(self, fault: str, chance: float) -> bool:
            refused = fault == "an entry was refused"
            self.faults[fault] += 1
            return refused and self.faults[fault] % 2 == 0

    monkeypatch.setattr("extraction_aws.sqs.client", lambda _: RefusesEverySecond(random.Random()))
    jobs = [lab.new_job() for _ in range(4)]
    lab.psql.update("dispatched_at = NULL")
    queue = SqsQueue("the jobs queue")
    asked = [Dispatch(job.id, job.revision) for job in jobs]
    assert dispatch(lab.database, queue, asked, Settings()) == 2
    sent = [lab.psql.job(job.id)["dispatched_at"] is not None for job in jobs]
    assert sent == [True, False, True, False]


def test_notes_that_meet_at_the_same_jobs_never_wait_for_each_other(lab: Lab) -> None:
    """Two that wait for each other are a deadlock; one that passes a row over costs a second message at worst."""
    lab.queue.refuse = lambda _: True
    jobs = [lab.new_job() for _ in range(3)]
    lab.queue.refuse = lambda _: False
    lab.database.rows(b"SET lock_timeout = '2s'")
    with lab.locked(jobs[1]):
        dispatch(lab.database, lab.queue, [Dispatch.of(job) for job in jobs], lab.settings)
    noted = [lab.psql.job(job.id)["dispatched_at"] is not None for job in jobs]
    assert noted == [True, False, True]
