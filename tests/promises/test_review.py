"""A result that a person must look at waits for that person, and ends by what the person says.

The job ends as `requires_review` with the reason on its row. `approve` completes it; `reject` fails it, and its
objects are no longer served. Both leave a line of history with who, and both are a guarded change of status: of two
reviewers who click at once, one is told that there is nothing to review any more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from extraction import ChunkResult, Document, Extraction, ObjectType, Options, Run
from extraction_jobs.by_hand import NotAllowedError
from extraction_jobs.model import Job, JobStatus
from extraction_jobs.reading import get_job, list_objects
from extraction_jobs.review import approve_job, reject_job
from tests.conftest import TENANT
from tests.line_extractor import LineExtractor

from .conftest import Lab

DOUBTFUL: dict[str, Any] = {
    "source_text": "A: 1\nB: 2\n",
    "extraction_config": {"review_below_confidence": 0.95},
}


@pytest.fixture
def doubtful(lab: Lab) -> Job:
    """A job that requires a review."""
    job = lab.new_job(**DOUBTFUL)
    assert lab.work(job) == "requires_review"
    return job


def served(lab: Lab, job: Job) -> list[dict[str, Any]]:
    page, _ = list_objects(job.id, TENANT, 0, 10, database=lab.database)
    return list(page.items)


def test_the_row_says_why_a_result_requires_a_review(lab: Lab, doubtful: Job) -> None:
    row = lab.psql.job(doubtful.id)
    assert row["review_reason"] == (
        "2 object(s) are below the confidence 0.95 that the job asks for."
    )
    assert (row["objects_found"], row["coverage"], row["extractor"]) == (2, 1.0, "lines 1")
    assert row["error_message"] is None


def test_an_approved_job_is_completed_and_says_who_approved_it(lab: Lab, doubtful: Job) -> None:
    before = lab.psql.job(doubtful.id)["completed_at"]
    job = approve_job(doubtful.id, TENANT, "amelia", "Checked.", database=lab.database)
    assert job.status is JobStatus.COMPLETED
    assert job.completed_at == before, "it tells when the extraction ended"
    event = lab.psql.events(doubtful.id)[-1]
    assert (event["actor"], event["reason"]) == ("api", "The result was approved. Checked.")
    assert event["detail"] == {"caller": "amelia"}
    assert len(served(lab, doubtful)) == 2


def test_a_rejected_job_has_failed_and_its_objects_are_no_longer_served_until_a_retry_found_others(
    lab: Lab, doubtful: Job
) -> None:
    job = reject_job(doubtful.id, TENANT, "amelia", "Wrong total.", database=lab.database)
    assert (job.status, job.error_message) == (
        JobStatus.FAILED,
        "The result was rejected. Wrong total.",
    )
    assert job.rejected
    assert served(lab, doubtful) == []
    assert len(lab.objects(doubtful)) == 2, "nothing is lost"
    lab.retry(doubtful)
    assert lab.work(doubtful) == "requires_review"
    assert len(served(lab, doubtful)) == len(lab.objects(doubtful)) == 2


def test_a_rejected_job_that_is_tried_again_and_fails_is_no_longer_rejected(
    lab: Lab, doubtful: Job
) -> None:
    reject_job(doubtful.id, TENANT, "amelia", None, database=lab.database)
    lab.retry(doubtful)
    lab.take(doubtful)
    lab.psql.update("status = 'failed'")
    assert not get_job(doubtful.id, TENANT, database=lab.database).rejected


@pytest.mark.parametrize("verdict", [approve_job, reject_job])
def test_only_a_job_that_requires_a_review_can_be_approved_or_rejected(
    lab: Lab, verdict: Callable[..., Job], doubtful: Job
) -> None:
    verb = verdict.__name__.removesuffix("_job")
    for status in set(JobStatus) - {JobStatus.REQUIRES_REVIEW}:
        lab.psql.update(f"status = '{status}'")
        events = lab.psql.events(doubtful.id)
        with pytest.raises(NotAllowedError) as refused:
            verdict(doubtful.id, TENANT, "amelia", None, database=lab.database)
        assert str(refused.value) == f"Cannot {verb} job with status: {status}"
        assert lab.psql.job(doubtful.id)["status"] == status
        assert lab.psql.events(doubtful.id) == events


class Finds(LineExtractor):
    """Gives back what the lines say, changed."""

    def __init__(self, **changes: Any) -> None:
        super().__init__()
        self.changes = changes

    def result(self, run: Run, results: Sequence[ChunkResult]) -> Extraction:
        return replace(super().result(run, results), **self.changes)


def test_a_coverage_below_the_one_asked_for_requires_a_review(lab: Lab) -> None:
    config = {"review_below_coverage": 0.5}
    enough, little = lab.new_job(extraction_config=config), lab.new_job(extraction_config=config)
    assert lab.work(enough, extractor=Finds(coverage=0.5)) == "completed"
    assert lab.work(little, extractor=Finds(coverage=0.49)) == "requires_review"
    assert "coverage 0.49 is below the 0.5" in lab.psql.job(little.id)["review_reason"]
    assert lab.psql.job(enough.id)["review_reason"] is None


def test_a_document_of_which_a_part_was_not_read_requires_a_review_and_is_never_an_empty_success(
    lab: Lab,
) -> None:
    class HalfScanned(LineExtractor):
        def start(
            self, document: Document, object_types: Sequence[ObjectType], options: Options
        ) -> Run:
            document = replace(
                document,
                pages=(0, 5, 5),
                pages_without_text=(2, 3),
                not_read=("Page 2.", "Page 3."),
            )
            return super().start(document, object_types, options)

    job = lab.new_job()
    assert lab.work(job, extractor=HalfScanned()) == "requires_review"
    assert lab.psql.job(job.id)["review_reason"] == "Page 2. Page 3."
    [document] = lab.psql("SELECT pages, pages_without_text FROM kb.extraction_documents")
    assert document == {"pages": [0, 5, 5], "pages_without_text": [2, 3]}


def test_a_quote_that_no_longer_stands_in_the_text_is_not_served_as_if_it_did(lab: Lab) -> None:
    job = lab.new_job(source_text="A: one\n")
    assert lab.work(job) == "completed"
    for stored, expected in (("A: one", (3, 6, "exact")), ("A: two", (None, None, "none"))):
        lab.psql(f"UPDATE kb.extraction_documents SET text = '{stored}'")
        [citation] = served(lab, job)[0]["evidence"]["value"]["citations"]
        assert (citation["start"], citation["end"], citation["alignment"]) == expected


def test_of_a_long_text_only_what_the_quotes_of_a_page_point_into_is_read(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f"Line: value {number}" for number in range(20)]
    job = lab.new_job(source_text="\n".join([*lines[:10], "-" * 100_000, *lines[10:]]))
    assert lab.work(job) == "completed"
    read: list[str] = []
    rows_of = lab.database.rows

    def rows(*statement: Any) -> list[Any]:
        found = rows_of(*statement)
        read.extend(row["text"] for row in found if "text" in row)
        return found

    monkeypatch.setattr(lab.database, "rows", rows)
    for after in (0, 15):
        page, _ = list_objects(job.id, TENANT, after, 5, database=lab.database)
        quotes = [item["evidence"]["value"]["citations"][0] for item in page.items]
        assert [each["alignment"] for each in quotes] == ["exact"] * 5
    assert [text.splitlines()[0] for text in read] == ["value 0", "value 15"]
    assert max(map(len, read)) < 100
