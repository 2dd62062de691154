"""What an error does to its job: tried again, failed at once, or only one chunk less."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from extraction import PermanentError, RetryableError
from extraction_jobs.model import Job
from tests.conftest import Psql
from tests.line_extractor import LineExtractor

from .conftest import NewWorker


def test_an_error_may_say_how_long_to_wait(
    new_job: Callable[..., Job], new_worker: NewWorker, psql: Psql
) -> None:
    def be_throttled(_: int) -> None:
        raise RetryableError("Throttled.", after_seconds=120)

    job = new_job()
    assert (
        new_worker(extractor=LineExtractor(before_chunk=be_throttled)).work(job.id) == "will_retry"
    )
    [row] = psql(
        "SELECT extract(epoch FROM run_after - updated_at) AS wait FROM kb.object_extraction_jobs"
    )
    assert row["wait"] == 120


def test_an_error_that_no_retry_would_cure_fails_the_job_at_once(
    new_job: Callable[..., Job], new_worker: NewWorker, psql: Psql
) -> None:
    job = new_job(source_text="   ")
    job = new_job(source_text=None)
    assert new_worker().work(job.id) == "failed"
    row = psql.job(job.id)
    assert row["attempt"] == 1
    assert "source_text" in row["error_message"]
    assert "source_uri" in row["error_message"]


def test_an_unexpected_error_is_told_without_its_message(
    new_job: Callable[..., Job], new_worker: NewWorker, psql: Psql, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: int) -> None:
        raise KeyError("a line of the document")

    job = new_job()
    assert new_worker(extractor=LineExtractor(before_chunk=fail)).work(job.id) == "will_retry"
    message = psql.job(job.id)["error_message"]
    assert message.startswith("Unexpected KeyError in test_errors.py, line ")
    assert "a line of the document" not in message + caplog.text


def test_one_failed_chunk_does_not_throw_the_others_away(
    new_job: Callable[..., Job], new_worker: NewWorker, psql: Psql
) -> None:
    def fail_the_second(index: int) -> None:
        if index == 1:
            raise PermanentError("This chunk cannot be read.")

    job = new_job(source_text="A: 1\nB: 2\nC: 3\n")
    worker = new_worker(extractor=LineExtractor(before_chunk=fail_the_second))
    assert worker.work(job.id) == "requires_review"
    row = psql.job(job.id)
    assert (row["total_items"], row["successful_items"], row["failed_items"]) == (3, 2, 1)
    assert [o["type"] for o in psql("SELECT type FROM kb.extracted_objects ORDER BY ordinal")] == [
        "A",
        "C",
    ]
    assert psql.events(job.id)[-1]["reason"] == "1 of 3 chunks could not be extracted."


def test_a_job_none_of_whose_chunks_can_be_extracted_fails_with_the_reason(
    new_job: Callable[..., Job], new_worker: NewWorker, psql: Psql
) -> None:
    def fail(_: int) -> None:
        raise PermanentError("This chunk cannot be read.")

    job = new_job(source_text="A: 1\nB: 2\n")
    assert new_worker(extractor=LineExtractor(before_chunk=fail)).work(job.id) == "failed"
    assert psql.job(job.id)["error_message"] == (
        "No part of the document could be extracted: This chunk cannot be read."
    )
