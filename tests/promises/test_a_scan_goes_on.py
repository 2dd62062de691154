"""Promise: a page of a scan is a step. It is read once, whatever happens to the worker that reads the others.

What could go wrong: a scan of two hundred pages starts again with its first page at each attempt, and is paid for each
time; pages stay behind when their job is done. (That a worker which lost the job keeps no page: test_the_fence_holds.)
"""

from __future__ import annotations

from typing import Any

import pytest

from extraction import PermanentError, RetryableError, StoppedError
from extraction_jobs.extracting import Step
from extraction_jobs.model import Job
from extraction_jobs.review import reject_job
from tests.conftest import TENANT, Psql
from tests.line_ocr import LineOcr, scan_of

from .conftest import Lab

PAGES = 4


@pytest.fixture
def scan(lab: Lab) -> Job:
    """A job whose source is a scan of four pages."""
    return lab.new_job(source_text=None, source_bytes=scan_of(PAGES))


def values_of(lab: Lab, job: Job) -> list[str]:
    return [row["properties"]["value"] for row in lab.objects(job)]


def failing_at_the_third(error: Exception, **how: Any) -> LineOcr:
    def fail(number: int) -> None:
        if number == 3:
            raise error

    return LineOcr(before_page=fail, **how)


def kept(psql: Psql, job: Job) -> list[int]:
    rows = psql(f"SELECT number FROM kb.extraction_pages WHERE job_id = '{job.id}' ORDER BY 1")
    return [row["number"] for row in rows]


def test_a_worker_that_is_killed_in_a_scan_is_recovered_and_no_kept_page_is_read_again(
    lab: Lab,
) -> None:
    done = {Step.PAGE_READ: 2, Step.PAGE_KEPT: 3, Step.READ: PAGES, Step.BEFORE_FINISH: PAGES}
    jobs = {where: lab.new_job(source_text=None, source_bytes=scan_of(PAGES)) for where in done}
    workers = [
        lab.start(job, stop_at=where, nth=3 if done[where] < PAGES else 1)
        for where, job in jobs.items()
    ]
    for worker in workers:
        worker.until("stopped").kill()
    for where, job in jobs.items():
        assert kept(lab.psql, job) == list(range(1, done[where] + 1))
        row = lab.psql.job(job.id)
        if done[where] < PAGES:
            assert (row["processed_items"], row["total_items"]) == (done[where], PAGES)
        lab.psql.make_idle(job.id, 6)
        # One at a time: of several that a sweep recovers, each waits a random time.
        assert [swept.id for swept in lab.sweep().recovered] == [job.id]
    for where, job in jobs.items():
        engine = LineOcr()
        assert lab.work(job, ocr=engine) == "completed"
        assert engine.read_pages == list(range(done[where] + 1, PAGES + 1)), where
        assert values_of(lab, job) == ["1", "2", "3", "4"]
        assert kept(lab.psql, job) == []


def test_a_scan_too_long_for_one_invocation_is_handed_over_between_pages_and_costs_one_attempt(
    lab: Lab, scan: Job
) -> None:
    read: list[list[int]] = []
    outcomes: list[str] = []
    while not outcomes or outcomes[-1] == "handed_over":
        steps: list[Step] = []
        engine = LineOcr()
        worker = lab.new_worker(ocr=engine, on_step=steps.append)
        outcomes.append(
            worker.work(scan.id, lambda s=steps: 45.0 if s.count(Step.PAGE_KEPT) == 2 else 900.0)  # type: ignore[misc]
        )
        read.append(engine.read_pages)
    assert outcomes == ["handed_over", "handed_over", "completed"]
    assert read == [[1, 2], [3, 4], []]
    assert lab.psql.job(scan.id)["attempt"] == 1


def test_a_page_that_another_attempt_read_counts_with_the_confidence_that_it_was_read_with(
    lab: Lab, scan: Job
) -> None:
    poor = failing_at_the_third(RetryableError("OCR is overloaded."), confidence=0.85)
    assert lab.work(scan, ocr=poor) == "will_retry"
    lab.psql.update("run_after = now()")
    engine = LineOcr(confidence=0.95)
    assert lab.work(scan, ocr=engine) == "completed"
    assert engine.read_pages == [3, 4]
    found = [round(row["confidence"], 4) for row in lab.objects(scan)]
    assert found == [0.765, 0.765, 0.855, 0.855]


def test_the_items_of_a_job_are_pages_while_they_are_read_and_chunks_after_that_also_when_it_is_retried(
    lab: Lab,
) -> None:
    review = {"review_below_confidence": 0.95}
    scan = lab.new_job(source_text=None, source_bytes=scan_of(PAGES), extraction_config=review)
    seen: dict[Step, tuple[str, int]] = {}

    def look(step: Step) -> None:
        job = Job.from_row(lab.psql.job(scan.id))
        seen[step] = (job.items_are, job.total_items)

    for _ in range(2):
        assert lab.work(scan, ocr=LineOcr(), on_step=look) == "requires_review"
        assert seen[Step.PAGE_KEPT] == ("pages", PAGES)
        assert seen[Step.CHECKPOINTED] == seen[Step.FINISHED] == ("chunks", 7)
        reject_job(scan.id, TENANT, "someone", "Read it again.", database=lab.database)
        lab.retry(scan)


def test_an_engine_that_is_stopped_leaves_the_pages_before_for_the_next_invocation(
    lab: Lab, scan: Job
) -> None:
    stopped = failing_at_the_third(StoppedError("too little time is left"))
    assert lab.work(scan, ocr=stopped) == "handed_over"
    engine = LineOcr()
    assert lab.work(scan, ocr=engine) == "completed"
    assert engine.read_pages == [3, 4]


def test_a_page_that_cannot_be_read_is_a_reason_for_a_review_and_the_others_are_read(
    lab: Lab, scan: Job
) -> None:
    too_large = failing_at_the_third(PermanentError("The page is too large."))
    assert lab.work(scan, ocr=too_large) == "requires_review"
    assert values_of(lab, scan) == ["1", "2", "4"]
    assert "Page 3: The page is too large." in lab.psql.job(scan.id)["review_reason"]
