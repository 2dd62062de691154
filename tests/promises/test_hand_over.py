"""Promise 10: a worker knows its end, and hands over in time.

See also test_the_budget_is_exact.py: what a hand-over costs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from extraction import ChunkResult, Control, PermanentError, Run, StoppedError
from extraction_jobs.extracting import Step
from extraction_jobs.model import Job
from extraction_jobs.work import RedeliverError
from tests.conftest import Psql
from tests.line_extractor import LineExtractor
from tests.waiting import until

from .conftest import Lab

EXAMPLES = Path(__file__).parents[2] / "examples/documents"


@pytest.mark.parametrize("left", [0.0, 0.001, 59.9, 60.0])
def test_a_worker_with_no_time_left_starts_nothing_and_zero_is_not_taken_for_none(
    lab: Lab, left: float
) -> None:
    job = lab.new_job()
    with pytest.raises(RedeliverError):
        lab.new_worker().work(job.id, lambda: left)
    assert lab.psql.job(job.id)["status"] == "pending"
    assert lab.psql.job(job.id)["attempt"] == 0


def test_checkpoints_of_another_text_are_not_used(lab: Lab) -> None:
    """The source changed between two slices: what was found in the old text is not mixed into the new."""
    job = lab.new_job(source_text="A: 1\nB: 2\n")
    left = iter([900.0, 900.0])
    assert lab.new_worker().work(job.id, lambda: next(left, 0.0)) == "handed_over"
    lab.psql("UPDATE kb.extraction_documents SET content = E'C: 3\\nD: 4\\n'")
    assert lab.work(job) == "completed"
    assert [found["type"] for found in lab.objects(job)] == ["C", "D"]


def test_a_chunk_that_takes_too_long_is_stopped_in_time_for_the_hand_over(lab: Lab) -> None:
    """What was done before it is kept, so the hand-over costs no attempt."""

    class StopsWhenAsked(LineExtractor):
        def chunk(self, run: Run, index: int, *, control: Control) -> ChunkResult:
            if index == 1:
                until(control.should_stop)
                raise StoppedError
            return super().chunk(run, index, control=control)

    job = lab.new_job(source_text="A: 1\nB: 2\n")
    left = iter([900.0, 900.0, 900.0, 61.0, 59.0, 31.0])
    worker = lab.new_worker(extractor=StopsWhenAsked())
    assert worker.work(job.id, lambda: next(left, 29.0)) == "handed_over"
    row = lab.psql.job(job.id)
    assert (row["processed_items"], row["attempt"]) == (1, 0)


def test_a_document_fifty_times_too_long_for_one_invocation_completes_with_the_same_objects(
    lab: Lab,
) -> None:
    """By hand-overs alone: not an attempt is spent, and nothing tells the result from one made in one go."""
    text = "".join(f"Item: {number}\n" for number in range(100))
    whole, job = lab.new_job(source_text=text), lab.new_job(source_text=text)
    assert lab.work(whole) == "completed"
    outcomes: list[str] = []
    while not outcomes or outcomes[-1] == "handed_over":
        steps: list[Step] = []
        worker = lab.new_worker(on_step=steps.append)
        outcomes.append(
            worker.work(
                job.id,
                lambda steps=steps: 900.0 if steps.count(Step.CHECKPOINTED) < 2 else 0.0,  # type: ignore[misc]
            )
        )
    assert outcomes == ["handed_over"] * (len(outcomes) - 1) + ["completed"]
    assert len(outcomes) >= 50
    row = lab.psql.job(job.id)
    assert (row["attempt"], row["lease"]) == (1, len(outcomes))
    assert (row["processed_items"], row["failed_items"]) == (100, 0)
    assert result_of(lab.psql, job) == result_of(lab.psql, whole)
    assert len(result_of(lab.psql, job)[0]) == 100


def result_of(psql: Psql, job: Job) -> list[list[dict[str, Any]]]:
    """A job's objects and relationships, without what names the job."""
    return [
        psql(f"SELECT {columns} FROM kb.{table} WHERE job_id = '{job.id}' ORDER BY ordinal")
        for table, columns in (
            ("extracted_objects", "type, properties, evidence, confidence, span_start, span_end"),
            ("extracted_relationships", "type, from_ordinal, to_ordinal, confidence"),
        )
    ]


def test_chunks_that_fail_do_not_keep_each_slice_from_those_behind_them(lab: Lab) -> None:
    """One chunk a slice, the first two fail: without remembering that, no slice would ever come to the third."""
    tried: list[int] = []

    def fail_the_first_two(index: int) -> None:
        tried.append(index)
        if index < 2:
            raise PermanentError("This chunk cannot be read.")

    job = lab.new_job(source_text="A: 1\nB: 2\nC: 3\nD: 4\n")
    outcomes = []
    while lab.psql.job(job.id)["status"] == "pending":
        left = iter([900.0, 900.0])
        worker = lab.new_worker(extractor=LineExtractor(before_chunk=fail_the_first_two))
        outcomes.append(worker.work(job.id, lambda left=left: next(left, 30.0)))  # type: ignore[misc]
        assert len(outcomes) < 10
    assert outcomes == ["handed_over"] * 3 + ["requires_review"]
    assert tried == [0, 1, 2, 3]
    row = lab.psql.job(job.id)
    assert (row["processed_items"], row["successful_items"], row["failed_items"]) == (4, 2, 2)
