"""Promise 3: a live job is never recovered.

What could go wrong: a job takes longer than the threshold, a sweep takes it for dead, a second worker starts the same
work, and the first loses what it did. Or recovery measures time since the start, not time without a sign of life.

What must hold: no sweep touches them, each ends after its one attempt. What is silent beyond the threshold is
recovered, what is silent a little less is not.

A machine that stands still for longer than the threshold makes orphans of the living, and rightly so. Here it would
look like a broken promise; so each worker's process measures for how long it was itself kept from running, and a run
in which that was near the threshold is done again with a longer one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from extraction_jobs.model import Job
from extraction_jobs.sweep import Report

from .conftest import Lab
from .processes import WorkerProcess
from .sizes import size

THRESHOLD_SECONDS = 0.1 * size(4, 30)
"""The shortest that is tried; on a slow machine longer ones follow, four times as long as it stood still."""
LONGEST_SECONDS = 0.1 * size(32, 120)
TIMES_THE_THRESHOLD = size(10, 20)
CHUNKS = 40


@pytest.mark.timeout(size(120, 900))
def test_live_jobs_outlast_the_threshold_many_times_under_a_continuous_sweep(lab: Lab) -> None:
    threshold = THRESHOLD_SECONDS
    while threshold <= LONGEST_SECONDS:
        jobs = [lab.new_job(source_text="A: 1\n"), lab.new_job(source_text="A: 1\n" * CHUNKS)]
        jobs += [lab.new_job(source_text="A: 1\n")] * size(0, 1)
        workers = start_all(lab, jobs, threshold)
        taken, sweeps = sweep_while_they_run(workers, lab.sweep, threshold)
        undisturbed = not taken and all(worker.outcome == "completed" for worker in workers)
        stood_still = max(worker.longest_pause for worker in workers)
        if not undisturbed and stood_still > threshold / 2:
            lab.psql("TRUNCATE kb.object_extraction_jobs, kb.extraction_job_events CASCADE")
            threshold = max(2 * threshold, 4 * stood_still)
            continue
        assert taken == []
        assert sweeps > TIMES_THE_THRESHOLD
        for job, worker in zip(jobs, workers, strict=True):
            assert worker.outcome == "completed"
            row = lab.psql.job(job.id)
            assert (row["status"], row["attempt"], row["lease"]) == ("completed", 1, 1)
            lasted = (row["completed_at"] - row["started_at"]).total_seconds()
            assert lasted > TIMES_THE_THRESHOLD * threshold
        return
    pytest.fail("this machine stands still for seconds: nothing can be said about live jobs here")


def start_all(lab: Lab, jobs: list[Job], threshold: float) -> list[WorkerProcess]:
    """A worker for each: one long chunk, many chunks, and if there is a third, one busy chunk."""
    # A little above, so that what comes before and after the work is not needed to get there.
    whole = TIMES_THE_THRESHOLD * threshold * 1.05
    settings = {"orphan_threshold_minutes": threshold / 60, "heartbeat_seconds": threshold / 8}
    orders: list[dict[str, Any]] = [
        {"chunk_seconds": whole},
        {"chunk_seconds": whole / CHUNKS},
        {"chunk_seconds": whole, "mishap": "busy"},
    ]
    return [
        lab.start(job, settings=settings, paced=True, **order)
        for job, order in zip(jobs, orders, strict=False)
    ]


def sweep_while_they_run(
    workers: list[WorkerProcess], sweep: Callable[..., Report], threshold: float
) -> tuple[list[object], int]:
    """Sweeps, with hardly a pause. What was taken from them (nothing, it is hoped), and how many sweeps there were."""
    taken: list[object] = []
    sweeps = 0
    while not all(worker.is_over for worker in workers):
        report = sweep(orphan_threshold_minutes=threshold / 60)
        taken += [*report.recovered, *report.failed]
        sweeps += 1
        threading.Event().wait(0.01)
    return taken, sweeps
