"""Promise 13: cancel sticks.

What could go wrong: a person cancels a job and it comes back: its worker finishes it all the same, its worker dies and
the sweep takes the job for an orphan, a message that was still under way starts it again.

What must hold: a cancelled job stays cancelled, says so once in its history, and shows no result; a worker that runs
it notices by its heartbeat and stops. Of a cancel and a finish at once the first wins, and the other is told.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from extraction_jobs.attempt import LeaseLostError
from extraction_jobs.by_hand import NotAllowedError
from extraction_jobs.dead_letter import give_up_on_message
from extraction_jobs.extracting import Step
from extraction_jobs.model import Job, Revision
from tests.line_ocr import scan_of

from .conftest import Lab
from .worker_host import IN_CHUNK
from .writes import finish

BOUNDARIES = [IN_CHUNK, *(step for step in Step if step is not Step.FINISHED)]


def test_a_job_cancelled_at_any_boundary_stays_cancelled_through_sweeps_and_messages(
    lab: Lab,
) -> None:
    orphan = lab.new_job()
    lab.take(orphan)
    jobs = cancelled_at_any_boundary(lab)

    lab.queue.sent.clear()
    recovered = []
    for minutes in (60, 4, 60):
        for job in [orphan, *jobs]:
            lab.psql.make_idle(job.id, minutes)
        for job in jobs:
            lab.psql.make_overdue(job.id)
        # No sweep is idle.
        lab.psql(
            "UPDATE kb.object_extraction_jobs SET next_dispatch_at = now() WHERE status = 'pending'"
        )
        report = lab.sweep()
        recovered += [each.id for each in report.recovered]
        assert report.failed == []
        for job in jobs:
            assert lab.work(job) == "nothing_to_do"
            for revision in range(1, 5):
                dead = give_up_on_message(job.id, Revision(revision), database=lab.database)
                assert dead is None
            with pytest.raises(NotAllowedError):
                lab.retry(job)
    assert recovered == [orphan.id], "the sweeps did sweep"
    assert set(lab.sent) == {orphan.id}
    # A deadline is for what runs; it was set here to tempt the sweeps.
    lab.psql("UPDATE kb.object_extraction_jobs SET deadline_at = NULL WHERE status = 'cancelled'")
    for job in jobs:
        assert lab.psql.job(job.id)["status"] == "cancelled"
        statuses = [event["to_status"] for event in lab.psql.events(job.id)]
        assert statuses == ["pending", "running", "cancelled"]
    assert lab.psql("SELECT * FROM kb.extracted_objects") == []


def cancelled_at_any_boundary(lab: Lab) -> list[Job]:
    """A job for each boundary, cancelled when its worker stood there; then the worker went on, and stopped itself."""
    scan = {"source_text": None, "source_bytes": scan_of(2)}
    jobs = [lab.new_job(**scan) for _ in BOUNDARIES]
    workers = [lab.start(job, stop_at=at) for job, at in zip(jobs, BOUNDARIES, strict=True)]
    for job, worker in zip(jobs, workers, strict=True):
        worker.until("stopped")
        assert lab.cancel(job).status == "cancelled"
    for worker in workers:
        worker.wake()
        assert worker.until("ended").outcome == "lease_lost"
    return jobs


@pytest.mark.parametrize("swept_before", [False, True], ids=["new", "recovered"])
def test_a_job_cancelled_while_it_waits_is_never_started(lab: Lab, swept_before: bool) -> None:
    job = lab.new_job()
    if swept_before:
        lab.take(job)
        lab.psql.make_idle(job.id, 6)
        lab.sweep()
    attempts = lab.psql.job(job.id)["attempt"]
    lab.cancel(job)
    waits = lab.new_job()
    lab.queue.sent.clear()
    lab.psql.update("next_dispatch_at = now() - interval '1 hour'")
    lab.sweep()
    assert lab.sent == [waits.id]
    assert lab.work(job) == "nothing_to_do"
    row = lab.psql.job(job.id)
    assert (row["status"], row["attempt"]) == ("cancelled", attempts)


@pytest.mark.parametrize("first", ["cancel", "finish"])
def test_of_a_cancel_and_a_finish_at_once_the_first_wins_and_the_other_is_told(
    lab: Lab, first: str
) -> None:
    """Both wait for the same row; they get it in the order in which they came."""
    job = lab.new_job()
    attempt = lab.take(job)
    acts: list[Callable[[], object]] = [lambda: lab.cancel(job), lambda: finish(attempt)]
    winner, loser = lab.in_turn(*(acts if first == "cancel" else acts[::-1]))
    winner.result(10)
    with pytest.raises(LeaseLostError if first == "cancel" else NotAllowedError):
        loser.result(10)
    assert lab.psql.job(job.id)["status"] == ("cancelled" if first == "cancel" else "completed")
    assert len(lab.psql.events(job.id)) == 3
