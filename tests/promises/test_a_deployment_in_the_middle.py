"""Promise: a checkpoint belongs to the code that made it. See also test_migrations_in_production.py."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from extraction import OfflineExtractor
from extraction_jobs.extracting import Step
from extraction_jobs.model import Job
from tests.conftest import Psql
from tests.promises.processes import ROOT, WorkerProcesses
from tests.promises.test_hand_over import result_of

from .conftest import NewWorker

TEXT = (ROOT / "examples" / "documents" / "framework-agreement.txt").read_text("utf-8")
CONFIG = {"chunk_characters": 400}


@pytest.fixture
def version_before(tmp_path: Path, empty_tables: str) -> Iterator[WorkerProcesses]:
    """Workers of another version: one byte of one rule is different. The same cuts, so its checkpoints would fit."""
    layer = tmp_path / "layer"
    shutil.copytree(
        ROOT / "layers" / "extraction_jobs", layer, ignore=shutil.ignore_patterns("__pycache__")
    )
    rule = layer / "extraction" / "records" / "confidence.py"
    source = rule.read_text("utf-8")
    assert source.count("CUE: 0.8,") == 1
    rule.write_text(source.replace("CUE: 0.8,", "CUE: 0.1,"), "utf-8")
    processes = WorkerProcesses(layer)
    processes.url = empty_tables
    yield processes
    processes.kill_all()
    processes.close()


def test_checkpoints_of_the_code_before_are_not_used(
    version_before: WorkerProcesses,
    new_job: Callable[..., Job],
    new_worker: NewWorker,
    psql: Psql,
) -> None:
    """A version is deployed between two slices of one attempt: the chunks are done anew, and nothing is mixed."""
    fresh = new_job(source_text=TEXT, extraction_config=CONFIG)
    assert new_worker(extractor=OfflineExtractor()).work(fresh.id) == "completed"

    job = new_job(source_text=TEXT, extraction_config=CONFIG)
    worker = version_before.start(
        job, offline=True, stop_at=Step.CHECKPOINTED, nth=5, mishap="time is up"
    ).until("stopped")
    worker.wake()
    assert worker.until("ended").outcome == "handed_over"
    row = psql.job(job.id)
    assert (row["status"], row["processed_items"]) == ("pending", 5)
    assert len(psql("SELECT 1 FROM kb.extraction_chunks")) == 5

    steps: list[Step] = []
    anew = new_worker(extractor=OfflineExtractor(), on_step=steps.append)
    assert anew.work(job.id) == "completed"
    row = psql.job(job.id)
    assert steps.count(Step.CHECKPOINTED) == row["total_items"] == row["processed_items"] > 5
    assert row["attempt"] == 1
    assert result_of(psql, job) == result_of(psql, fresh)
