"""Killed at every boundary, a job still ends, once, with the same objects as an undisturbed run.

The worker is a process of its own, killed by SIGKILL: after the claim, after reading, after the plan, in a chunk,
after a checkpoint, before the finish, and after it, before its message is deleted. Then the sweep finds the orphan,
and another worker goes on.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from extraction import OfflineExtractor
from extraction_jobs.extracting import Step
from extraction_jobs.model import Job
from extraction_jobs.sweep import Report
from tests.conftest import Psql

from .conftest import NewWorker

ROOT = Path(__file__).parents[2]
DOCUMENT = "\n\n".join(
    f"""Invoice number: INV-2024-{number:03}
Invoice date: 2024-03-{number:02}
Supplier: Brightwater Plumbing Ltd
Total: {number * 10}.50 EUR

The supplier shall keep the records of delivery {number} for ten years."""
    for number in range(1, 13)
)
CONFIG = {"chunk_characters": 500}


def _objects(psql: Psql, job: Job) -> list[dict[str, Any]]:
    return [
        dict(row)
        for row in psql(
            "SELECT ordinal, type, properties, evidence, confidence, span_start, span_end"
            " FROM kb.extracted_objects WHERE job_id = %(id)s ORDER BY ordinal",
            {"id": job.id},
        )
    ]


def _kill_at(url: str, job: Job, step: Step, count: int) -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "tests.promises.doomed_worker", url, str(job.id), step, str(count)],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'layers' / 'extraction_jobs'}"},
        check=False,
        timeout=60,
        capture_output=True,
    )
    assert finished.returncode == -signal.SIGKILL, finished.stderr.decode()


@pytest.mark.parametrize(
    ("step", "count"),
    [
        (Step.CLAIMED, 1),
        (Step.READ, 1),
        (Step.PLANNED, 1),
        (Step.CHUNK_EXTRACTED, 1),
        (Step.CHECKPOINTED, 1),
        (Step.CHUNK_EXTRACTED, 3),
        (Step.CHECKPOINTED, 3),
        (Step.BEFORE_FINISH, 1),
    ],
    ids=str,
)
def test_a_job_whose_worker_is_killed_ends_completed_with_the_same_objects(
    step: Step,
    count: int,
    new_job: Callable[..., Job],
    new_worker: NewWorker,
    sweep: Callable[..., Report],
    empty_tables: str,
    psql: Psql,
) -> None:
    undisturbed = new_job(source_text=DOCUMENT, extraction_config=CONFIG)
    assert new_worker(extractor=OfflineExtractor()).work(undisturbed.id) == "completed"
    job = new_job(source_text=DOCUMENT, extraction_config=CONFIG)

    _kill_at(empty_tables, job, step, count)

    row = psql.job(job.id)
    assert (row["status"], row["attempt"]) == ("running", 1), "left behind as the kill found it"
    checkpoints = psql("SELECT count(*) AS n FROM kb.extraction_chunks")[0]["n"]
    assert checkpoints == _checkpoints_expected(step, count, row["total_items"])
    psql.make_idle(job.id, 6)
    assert [swept.id for swept in sweep().recovered] == [job.id]
    done: list[Step] = []
    worker = new_worker(extractor=OfflineExtractor(), on_step=done.append)
    assert worker.work(job.id) == "completed"
    row = psql.job(job.id)
    assert done.count(Step.CHECKPOINTED) == row["total_items"] - checkpoints, (
        "no chunk is done twice"
    )
    assert row["total_items"] > 3
    assert _objects(psql, job) == _objects(psql, undisturbed) != []
    assert [e["to_status"] for e in psql.events(job.id)].count("completed") == 1
    assert new_worker().work(job.id) == "nothing_to_do"


def _checkpoints_expected(step: Step, count: int, total: int) -> int:
    match step:
        case Step.CHECKPOINTED:
            return count
        case Step.CHUNK_EXTRACTED:
            return count - 1
        case Step.BEFORE_FINISH:
            return total
        case _:
            return 0


def test_a_worker_killed_after_the_finish_and_before_its_message_is_deleted_leaves_a_finished_job(
    new_job: Callable[..., Job],
    new_worker: NewWorker,
    sweep: Callable[..., Report],
    empty_tables: str,
    psql: Psql,
) -> None:
    job = new_job(source_text=DOCUMENT, extraction_config=CONFIG)
    _kill_at(empty_tables, job, Step.FINISHED, 1)
    before = psql.job(job.id)
    assert before["status"] == "completed"
    assert new_worker(extractor=OfflineExtractor()).work(job.id) == "nothing_to_do", (
        "the message comes again"
    )
    assert sweep().recovered == []
    assert psql.job(job.id) == before
    assert len(_objects(psql, job)) > 0
