"""What an error does to its job: tried again, failed at once, or only one chunk less."""

from __future__ import annotations

from extraction import PermanentError, RetryableError
from tests.line_extractor import LineExtractor

from .conftest import Lab


def test_an_error_may_say_how_long_to_wait(lab: Lab) -> None:
    def be_throttled(_: int) -> None:
        raise RetryableError("Throttled.", after_seconds=120)

    job = lab.new_job()
    assert (
        lab.new_worker(extractor=LineExtractor(before_chunk=be_throttled)).work(job.id)
        == "will_retry"
    )
    [row] = lab.psql(
        "SELECT extract(epoch FROM run_after - updated_at) AS wait FROM kb.object_extraction_jobs"
    )
    assert row["wait"] == 120


def test_one_failed_chunk_does_not_throw_the_others_away(lab: Lab) -> None:
    def fail_the_second(index: int) -> None:
        if index == 1:
            raise PermanentError("This chunk cannot be read.")

    job = lab.new_job(source_text="A: 1\nB: 2\nC: 3\n")
    worker = lab.new_worker(extractor=LineExtractor(before_chunk=fail_the_second))
    assert worker.work(job.id) == "requires_review"
    row = lab.psql.job(job.id)
    assert (row["total_items"], row["successful_items"], row["failed_items"]) == (3, 2, 1)
    assert [
        o["type"] for o in lab.psql("SELECT type FROM kb.extracted_objects ORDER BY ordinal")
    ] == [
        "A",
        "C",
    ]
    assert lab.psql.events(job.id)[-1]["reason"] == "1 of 3 chunks could not be extracted."


def test_a_job_none_of_whose_chunks_can_be_extracted_fails_with_the_reason(lab: Lab) -> None:
    def fail(_: int) -> None:
        raise PermanentError("This chunk cannot be read.")

    job = lab.new_job(source_text="A: 1\nB: 2\n")
    assert lab.new_worker(extractor=LineExtractor(before_chunk=fail)).work(job.id) == "failed"
    assert lab.psql.job(job.id)["error_message"] == (
        "No part of the document could be extracted: This chunk cannot be read."
    )
