"""Promise 1: bounded recovery.

What could go wrong: a worker, its Lambda or its machine dies without a word, at whatever moment; the job says
`running` for ever, its finished work is lost or done twice, or what died comes back as a second result.

What must hold: the job leaves `running` by the first sweep that begins after its last heartbeat + the threshold, and
not before; another worker goes on from the checkpoints, doing none of their chunks again; the objects are those of an
undisturbed run; there is one end.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from moto import mock_aws

from extraction import OfflineExtractor
from extraction_aws import clients
from extraction_aws.clients import client
from extraction_aws.message import JobMessage
from extraction_aws.sqs import SqsQueue
from extraction_jobs.create import NewJob, create_job
from extraction_jobs.extracting import Step
from extraction_jobs.model import Job
from tests.conftest import TENANT
from tests.waiting import until

from .conftest import Lab
from .processes import WorkerProcess
from .sizes import size
from .worker_host import IN_CHUNK

DOCUMENT = "\n\n".join(
    f"""Invoice number: INV-2024-{number:03}
Invoice date: 2024-03-{number:02}
Supplier: Brightwater Plumbing Ltd
Total: {number * 10}.50 EUR

The supplier shall keep the records of delivery {number} for ten years."""
    for number in range(1, 13)
)
ONE_CHUNK = DOCUMENT[:300]
CONFIG = {"chunk_characters": 500}
CHUNKS = 5
THRESHOLD = timedelta(seconds=1)
BETWEEN_SWEEPS_SECONDS = 0.1

ONCE = (Step.CLAIMED, Step.READ, Step.PLANNED, Step.BEFORE_FINISH)
EACH_CHUNK = (IN_CHUNK, Step.CHUNK_EXTRACTED, Step.CHECKPOINTED)
BOUNDARIES: list[tuple[str, int]] = [
    *((step, 1) for step in ONCE),
    *((step, nth) for step in EACH_CHUNK for nth in range(1, CHUNKS + 1, size(2, 1))),
]
"""At which boundary, and the how manieth time it is reached."""


def checkpoints_kept(step: str, nth: int) -> int:
    """How many chunks are safe when a worker is killed there."""
    match step:
        case Step.CHECKPOINTED:
            return nth
        case Step.CHUNK_EXTRACTED | "in_chunk":
            return nth - 1
        case Step.BEFORE_FINISH:
            return CHUNKS
        case _:
            return 0


def test_killed_at_any_boundary_a_job_leaves_running_by_the_first_sweep_past_the_threshold_and_completes(
    lab: Lab,
) -> None:
    undisturbed = lab.new_job(source_text=DOCUMENT, extraction_config=CONFIG)
    assert lab.work(undisturbed, extractor=OfflineExtractor()) == "completed"
    assert lab.psql.job(undisturbed.id)["total_items"] == CHUNKS
    jobs = {
        boundary: lab.new_job(source_text=DOCUMENT, extraction_config=CONFIG)
        for boundary in BOUNDARIES
    }

    kill_at(lab, jobs)

    for (step, nth), job in jobs.items():
        row = lab.psql.job(job.id)
        assert (row["status"], row["attempt"]) == ("running", 1), (step, nth)
        assert checkpoints_of(lab, job) == checkpoints_kept(step, nth), (step, nth)
    sweep_until_none_runs(lab)
    for (step, nth), job in jobs.items():
        done: list[Step] = []
        worker = lab.new_worker(extractor=OfflineExtractor(), on_step=done.append)
        assert worker.work(job.id) == "completed", (step, nth)
        assert done.count(Step.CHECKPOINTED) == CHUNKS - checkpoints_kept(step, nth), (
            f"killed at {step} {nth}: no chunk is done twice"
        )
        assert found_of(lab, job) == found_of(lab, undisturbed) != [], (step, nth)
        assert [e["to_status"] for e in lab.psql.events(job.id)] == [
            *("pending", "running", "pending", "running", "completed")
        ]
        assert lab.work(job) == "nothing_to_do"


def test_killed_at_any_boundary_a_job_of_one_chunk_completes_in_its_next_attempt(lab: Lab) -> None:
    undisturbed = lab.new_job(source_text=ONE_CHUNK)
    assert lab.work(undisturbed, extractor=OfflineExtractor()) == "completed"
    assert lab.psql.job(undisturbed.id)["total_items"] == 1
    jobs = {
        (step, 1): lab.new_job(source_text=ONE_CHUNK)
        for step in (*ONCE, IN_CHUNK, Step.CHUNK_EXTRACTED)
    }
    kill_at(lab, jobs)
    sweep_until_none_runs(lab)
    for (step, _), job in jobs.items():
        assert lab.work(job, extractor=OfflineExtractor()) == "completed", step
        assert found_of(lab, job) == found_of(lab, undisturbed) != [], step
        assert [e["to_status"] for e in lab.psql.events(job.id)] == [
            *("pending", "running", "pending", "running", "completed")
        ]


def test_killed_with_its_finish_under_way_a_job_is_finished_whole(lab: Lab) -> None:
    """Postgres has the statement and the worker is gone before it hears of it."""
    job = lab.new_job(source_text=DOCUMENT, extraction_config=CONFIG)
    worker = lab.start(job, stop_at=Step.BEFORE_FINISH, offline=True).until("stopped")
    with lab.locked():
        worker.wake()
        until(
            lambda: lab.psql("SELECT 1 FROM pg_locks WHERE NOT granted"), what="the finish to wait"
        )
        worker.kill()
        assert lab.psql.job(job.id)["status"] == "running"
    until(lambda: lab.psql.job(job.id)["status"] == "completed")
    assert [e["to_status"] for e in lab.psql.events(job.id)].count("completed") == 1
    assert len(found_of(lab, job)) == lab.psql.job(job.id)["objects_found"] > 0
    assert checkpoints_of(lab, job) == 0
    assert lab.sweep(orphan_threshold_minutes=0.0001).recovered == []
    assert lab.work(job, extractor=OfflineExtractor()) == "nothing_to_do"


@pytest.fixture
def jobs_queue() -> Iterator[str]:
    """The URL of an SQS queue whose messages come back after a second."""
    with mock_aws():
        clients.client.cache_clear()
        attributes = {"VisibilityTimeout": "1"}
        yield client("sqs").create_queue(QueueName="jobs", Attributes=attributes)["QueueUrl"]
        clients.client.cache_clear()


def test_killed_after_the_finish_and_before_its_message_is_deleted_a_job_stays_as_it_ended(
    lab: Lab, jobs_queue: str
) -> None:
    new = NewJob(TENANT, "document", source_text=DOCUMENT, extraction_config=CONFIG)
    job = create_job(
        new, database=lab.database, queue=SqsQueue(jobs_queue), settings=lab.settings
    ).job
    [message] = client("sqs").receive_message(QueueUrl=jobs_queue)["Messages"]
    assert JobMessage.from_body(message["Body"]).job_id == job.id
    worker = lab.start(job, stop_at=Step.FINISHED, offline=True).until("stopped")
    worker.kill()  # and nobody deletes the message
    before, objects = lab.psql.job(job.id), found_of(lab, job)
    assert before["status"] == "completed"
    assert lab.sweep(orphan_threshold_minutes=0.0001).recovered == []

    again = until(lambda: client("sqs").receive_message(QueueUrl=jobs_queue).get("Messages", []))
    told = JobMessage.from_body(again[0]["Body"])
    assert lab.new_worker(extractor=OfflineExtractor()).work(told.job_id) == "nothing_to_do"
    assert lab.psql.job(job.id) == before
    assert found_of(lab, job) == objects != []


def kill_at(lab: Lab, jobs: dict[tuple[str, int], Job]) -> None:
    """A worker for each, all of them together, each killed at its boundary."""
    workers: list[WorkerProcess] = [
        lab.start(job, stop_at=step, nth=nth, offline=True) for (step, nth), job in jobs.items()
    ]
    for worker in workers:
        worker.until("stopped").kill()


def sweep_until_none_runs(lab: Lab) -> None:
    """Sweeps at an interval. Each job must be left alone until its time, and then taken by the next sweep.

    All of this by the database's clock, so it holds on a slow machine too.
    """
    heartbeats: dict[UUID, datetime] = {
        row["id"]: row["updated_at"]
        for row in lab.psql("SELECT * FROM kb.object_extraction_jobs WHERE status = 'running'")
    }
    running = set(heartbeats)
    while running:
        began: datetime = lab.psql("SELECT clock_timestamp() AS now")[0]["now"]
        # At no rate to speak of: what is recovered is due at once.
        lab.sweep(
            orphan_threshold_minutes=THRESHOLD.total_seconds() / 60, recovery_rate_per_second=1e9
        )
        rows = lab.psql("SELECT id FROM kb.object_extraction_jobs WHERE status = 'running'")
        running = {row["id"] for row in rows}
        forgotten = [each for each in running if heartbeats[each] + THRESHOLD < began]
        assert forgotten == [], "still running after the first sweep past the threshold"
        threading.Event().wait(BETWEEN_SWEEPS_SECONDS)
    for job_id, heartbeat in heartbeats.items():
        recovered = lab.psql.events(job_id)[-1]
        assert (recovered["actor"], recovered["to_status"]) == ("sweeper", "pending")
        assert recovered["at"] > heartbeat + THRESHOLD, "recovered too early"


def checkpoints_of(lab: Lab, job: Job) -> int:
    """How many chunks of the job are kept."""
    return len(lab.psql(f"SELECT 1 FROM kb.extraction_chunks WHERE job_id = '{job.id}'"))


def found_of(lab: Lab, job: Job) -> list[dict[str, Any]]:
    """The job's objects, without the lease under which they were found."""
    return [{**row, "lease": 0} for row in lab.objects(job)]
