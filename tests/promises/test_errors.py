"""What an error does to its job: tried again, failed at once, or only one chunk less."""

from __future__ import annotations

import pytest

from extraction import PermanentError, RetryableError
from tests.line_extractor import failing

from .conftest import Lab

UNREADABLE = PermanentError("This chunk cannot be read.")


def test_an_error_may_say_how_long_to_wait(lab: Lab) -> None:
    job = lab.new_job()
    throttled = RetryableError("Throttled.", after_seconds=120)
    assert lab.work(job, extractor=failing(throttled)) == "will_retry"
    wait = lab.psql.job(job.id, "extract(epoch FROM run_after - updated_at) AS wait")
    assert wait == {"wait": 120}


def test_one_failed_chunk_does_not_throw_the_others_away(lab: Lab) -> None:
    job = lab.new_job(source_text="A: 1\nB: 2\nC: 3\n")
    assert lab.work(job, extractor=failing(UNREADABLE, 1)) == "requires_review"
    row = lab.psql.job(job.id)
    assert (row["total_items"], row["successful_items"], row["failed_items"]) == (3, 2, 1)
    assert [found["type"] for found in lab.objects(job)] == ["A", "C"]
    assert lab.psql.events(job.id)[-1]["reason"] == "1 of 3 chunks could not be extracted."


@pytest.mark.parametrize("chunks", [1, 2])
def test_a_job_none_of_whose_chunks_can_be_extracted_fails_with_the_reason_and_its_text_is_kept(
    lab: Lab, chunks: int
) -> None:
    """Another attempt tries failed chunks again."""
    job = lab.new_job(source_text="A: 1\n" * chunks)
    assert lab.work(job, extractor=failing(UNREADABLE)) == "failed"
    row = lab.psql.job(job.id)
    assert row["error_message"] == (
        "No part of the document could be extracted: This chunk cannot be read."
    )
    assert (row["total_items"], row["failed_items"], row["extractor"]) == (
        chunks,
        chunks,
        "lines 1",
    )
    [document] = lab.psql("SELECT text FROM kb.extraction_documents")
    assert document["text"] == "A: 1\n" * chunks
    lab.psql.update("status = 'pending'")
    assert lab.work(job) == "completed"
