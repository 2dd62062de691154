"""Promise: a checkpoint belongs to the code that made it. See also test_migrations_in_production.py."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from extraction import OfflineExtractor
from extraction_jobs.extracting import Step
from tests.promises.processes import ROOT, WorkerProcesses
from tests.promises.test_hand_over import result_of

from .conftest import Lab

TEXT = (ROOT / "examples" / "documents" / "framework-agreement.txt").read_text("utf-8")
CONFIG = {"chunk_characters": 400}


@pytest.fixture
def version_before(tmp_path: Path, empty_tables: str) -> Iterator[WorkerProcesses]:
    """Workers of another version: one byte of one rule is different. The same cuts, so its checkpoints would fit."""
    layer = tmp_path / "layer"
    shutil.copytree(ROOT / "layers" / "extraction_jobs", layer)
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
    lab: Lab, version_before: WorkerProcesses
) -> None:
    """A version is deployed between two slices of one attempt: the chunks are done anew, and nothing is mixed."""
    fresh = lab.new_job(source_text=TEXT, extraction_config=CONFIG)
    assert lab.work(fresh, extractor=OfflineExtractor()) == "completed"

    job = lab.new_job(source_text=TEXT, extraction_config=CONFIG)
    worker = version_before.start(
        job, offline=True, stop_at=Step.CHECKPOINTED, nth=5, mishap="time is up"
    ).until("stopped")
    worker.wake()
    assert worker.until("ended").outcome == "handed_over"
    row = lab.psql.job(job.id)
    assert (row["status"], row["processed_items"]) == ("pending", 5)
    assert len(lab.psql("SELECT 1 FROM kb.extraction_chunks")) == 5

    steps: list[Step] = []
    anew = lab.new_worker(extractor=OfflineExtractor(), on_step=steps.append)
    assert anew.work(job.id) == "completed"
    row = lab.psql.job(job.id)
    assert steps.count(Step.CHECKPOINTED) == row["total_items"] == row["processed_items"] > 5
    assert row["attempt"] == 1
    assert result_of(lab.psql, job) == result_of(lab.psql, fresh)
