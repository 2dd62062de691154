"""Promise 13: cancel sticks.

What could go wrong: a person cancels a job and it comes back: its worker finishes it all the same, its worker dies and
the sweep takes the job for an orphan, a message that was still under way starts it again.

What must hold: a cancelled job stays cancelled, says so once in its history, and shows no result; a worker that runs
it notices by its heartbeat and stops. Of a cancel and a finish at once the first wins, and the other is told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from extraction_jobs.attempt import LeaseLostError, Result
from extraction_jobs.by_hand import NotAllowedError, cancel_job
from extraction_jobs.database import Database
from extraction_jobs.dead_letter import give_up_on_message
from extraction_jobs.extracting import Step
from extraction_jobs.model import Job, Revision
from tests.conftest import TENANT, Psql
from tests.line_ocr import scan_of
from tests.waiting import until

from .conftest import Lab
from .processes import WorkerProcesses
from .worker_host import IN_CHUNK

BOUNDARIES = [IN_CHUNK, *(step for step in Step if step is not Step.FINISHED)]


@pytest.mark.parametrize("worker_then", ["dies", "goes on"])
def test_a_job_cancelled_at_any_boundary_stays_cancelled_through_crash_sweeps_and_messages(
    lab: Lab, worker_then: str, worker_processes: WorkerProcesses
) -> None:
    orphan = lab.new_job()
    lab.take(orphan)
    cancelled: list[tuple[Job, str]] = [
        (lab.new_job(source_text=None, source_bytes=scan_of(2)), boundary)
        for boundary in BOUNDARIES
    ]
    cancel_at(cancelled, worker_then, worker_processes, lab.database)
    jobs = [job for job, _ in cancelled]

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
            assert lab.new_worker().work(job.id) == "nothing_to_do"
            for revision in range(1, 5):
                dead = give_up_on_message(job.id, Revision(revision), database=lab.database)
                assert dead is None
            with pytest.raises(NotAllowedError):
                lab.retry(job)
    assert recovered == [orphan.id], "the sweeps did sweep"
    assert {sent.job_id for sent in lab.queue.sent} == {orphan.id}
    # A deadline is for what runs; it was set here to tempt the sweeps.
    lab.psql("UPDATE kb.object_extraction_jobs SET deadline_at = NULL WHERE status = 'cancelled'")
    for job in jobs:
        assert lab.psql.job(job.id)["status"] == "cancelled"
        statuses = [event["to_status"] for event in lab.psql.events(job.id)]
        assert statuses == ["pending", "running", "cancelled"]
    assert lab.psql("SELECT * FROM kb.extracted_objects") == []


def cancel_at(
    jobs: Sequence[tuple[Job, str]],
    worker_then: str,
    processes: WorkerProcesses,
    database: Database,
) -> None:
    """A worker for each job, stopped at its boundary; the jobs are cancelled; the workers die or go on."""
    workers = [processes.start(job, stop_at=boundary) for job, boundary in jobs]
    for (job, _), worker in zip(jobs, workers, strict=True):
        worker.until("stopped")
        assert cancel_job(job.id, TENANT, "someone", database=database).status == "cancelled"
    for worker in workers:
        if worker_then == "dies":
            worker.kill()
        else:
            worker.wake()
            assert worker.until("ended").outcome == "lease_lost"


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
    lab.psql("UPDATE kb.object_extraction_jobs SET next_dispatch_at = now() - interval '1 hour'")
    lab.sweep()
    assert [sent.job_id for sent in lab.queue.sent] == [waits.id]
    assert lab.new_worker().work(job.id) == "nothing_to_do"
    row = lab.psql.job(job.id)
    assert (row["status"], row["attempt"]) == ("cancelled", attempts)


@pytest.mark.parametrize("first", ["cancel", "finish"])
def test_of_a_cancel_and_a_finish_at_once_the_first_wins_and_the_other_is_told(
    lab: Lab, first: str, empty_tables: str
) -> None:
    """Both wait for the same row; they get it in the order in which they came."""
    job = lab.new_job()
    attempt, database = lab.take(job), lab.open_database()
    result = Result(objects=[], relationships=[], coverage=1.0, review_reason=None, detail={})
    acts: dict[str, Callable[[], object]] = {
        "cancel": lambda: cancel_job(job.id, TENANT, "someone", database=database),
        "finish": lambda: attempt.finish(result),
    }
    second = "finish" if first == "cancel" else "cancel"
    with ThreadPoolExecutor(2) as pool:
        with psycopg.connect(empty_tables) as another:
            another.execute("SELECT FROM kb.object_extraction_jobs FOR UPDATE")
            winner = pool.submit(acts[first])
            until(lambda: _waiting(lab.psql) == 1)
            loser = pool.submit(acts[second])
            until(lambda: _waiting(lab.psql) == 2)
        winner.result(10)
        with pytest.raises(LeaseLostError if second == "finish" else NotAllowedError):
            loser.result(10)
    assert lab.psql.job(job.id)["status"] == ("cancelled" if first == "cancel" else "completed")
    assert len(lab.psql.events(job.id)) == 3


def _waiting(psql: Psql) -> int:
    """How many sessions wait for a lock."""
    return int(
        psql(
            "SELECT count(*) AS n FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )[0]["n"]
    )
