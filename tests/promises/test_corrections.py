"""Review means correcting: what a reviewer sets right is checked, kept with who did it, and served from then on."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from extraction_jobs.by_hand import NotAllowedError
from extraction_jobs.corrections import Correction, CorrectionRefusedError
from extraction_jobs.database import Database
from extraction_jobs.model import Job, JobStatus
from extraction_jobs.reading import list_objects
from extraction_jobs.review import approve_job
from tests.conftest import TENANT

from .conftest import Lab, meddle

TYPES: dict[str, Any] = {
    "Order": {
        "type": "object",
        "properties": {
            "day": {"type": "string", "format": "date"},
            "total": {"type": "number", "minimum": 0},
            "state": {"type": "string", "enum": ["open", "paid"]},
            "tags": {"type": "array", "items": {"type": "string", "maxLength": 9}},
            "seller": {"type": "object", "properties": {"name": {"type": "string"}}},
            "rows": {
                "type": "array",
                "items": {"type": "object", "properties": {"count": {"type": "integer"}}},
            },
        },
    }
}
LEAF = {"confidence": 0.6, "confidence_basis": "test", "method": "line", "citations": []}
FOUND: dict[str, Any] = {"total": 12.5, "rows": [{"count": 1}, {"count": 2}]}
PROOF: dict[str, Any] = {"total": LEAF, "rows": [{"count": LEAF}, {"count": LEAF}]}


@pytest.fixture
def doubtful(lab: Lab) -> Job:
    """A job that requires a review, with one order as its result."""
    job = lab.new_job(
        source_text="A: 1\n",
        extraction_config={"review_below_confidence": 0.95, "object_types": TYPES},
    )
    assert lab.work(job) == "requires_review"
    lab.psql(
        "UPDATE kb.extracted_objects SET type = 'Order', properties = %(found)s, evidence = %(proof)s",
        {"found": Jsonb(FOUND), "proof": Jsonb(PROOF)},
    )
    return job


def approve(job: Job, database: Database, *changes: tuple[str, Any]) -> dict[str, Any]:
    """The job's object after an approval with these corrections."""
    page, _ = list_objects(job.id, TENANT, 0, 10, database=database)
    [before] = page.items
    corrections = [Correction(before["id"], path, value) for path, value in changes]
    approve_job(job.id, TENANT, "amelia", None, corrections, database=database)
    page, _ = list_objects(job.id, TENANT, 0, 10, database=database)
    [after] = page.items
    return after


def test_a_corrected_value_is_served_with_who_corrected_it_and_what_stood_there_before(
    lab: Lab, doubtful: Job
) -> None:
    after = approve(doubtful, lab.database, ("total", 125), ("day", "2026-05-22"))
    assert after["properties"] == FOUND | {"total": 125, "day": "2026-05-22"}
    proof = after["evidence"]["total"]
    assert (proof["method"], proof["corrected_by"], proof["citations"]) == (
        "corrected",
        "amelia",
        [],
    )
    assert proof["previous"] == {"value": 12.5, "evidence": LEAF}
    assert after["evidence"]["day"]["previous"] is None
    assert after["confidence"] == pytest.approx((1 + 1 + 0.6 + 0.6) / 4)
    assert lab.psql.job(doubtful.id)["status"] == JobStatus.COMPLETED
    event = lab.psql.events(doubtful.id)[-1]
    assert event["detail"] == {
        "caller": "amelia",
        "corrections": [
            {"object": str(after["id"]), "property": "total"},
            {"object": str(after["id"]), "property": "day"},
        ],
    }


def test_rows_items_and_inner_objects_are_corrected_added_and_taken_away(
    doubtful: Job, database: Database
) -> None:
    after = approve(
        doubtful,
        database,
        *(("rows.1.count", 20), ("rows.2.count", 30), ("rows.0", None)),
        *(("tags.0", "new"), ("seller.name", "Ada"), ("total", None)),
    )
    assert after["properties"] == {
        "rows": [{"count": 20}, {"count": 30}],
        "tags": ["new"],
        "seller": {"name": "Ada"},
    }
    assert [row["count"]["method"] for row in after["evidence"]["rows"]] == 2 * ["corrected"]
    assert after["evidence"]["total"]["previous"]["value"] == 12.5


@pytest.mark.parametrize(
    ("path", "value", "place", "rule"),
    [
        ("total", "12", "value", "must be a number"),
        ("rows.0.count", 1.5, "value", "must be a whole number"),
        ("day", "22 May 2026", "value", "must be of the format date, written as 2026-05-22"),
        ("seller.name", " ", "value", "must be a text that is not empty"),
        ("price", 1, "property", "must be a property of the object's type"),
        ("seller", "Ada", "property", "must lead to one value"),
        ("rows.3.count", 1, "property", "must have a number from 0 to 2 in the array"),
        ("rows.first.count", 1, "property", "must have a number from 0 to 2 in the array"),
        ("total.sum", 1, "property", "must lead to one value"),
        ("day", None, "property", "must have a value that can be removed"),
    ],
)
def test_a_correction_that_the_schema_does_not_allow_is_refused_and_none_is_made(
    lab: Lab, doubtful: Job, path: str, value: Any, place: str, rule: str
) -> None:
    before = lab.psql("SELECT * FROM kb.extracted_objects")
    with pytest.raises(CorrectionRefusedError) as refused:
        approve(doubtful, lab.database, ("total", 125), (path, value))
    [fault] = refused.value.faults
    assert fault.path == f"1.{place}"
    assert fault.rule.startswith(rule)
    assert lab.psql.job(doubtful.id)["status"] == JobStatus.REQUIRES_REVIEW
    assert lab.psql("SELECT * FROM kb.extracted_objects") == before


def test_an_object_of_another_job_is_not_corrected(lab: Lab, doubtful: Job) -> None:
    with pytest.raises(CorrectionRefusedError, match="object of this job"):
        approve_job(
            doubtful.id,
            TENANT,
            "amelia",
            None,
            [Correction(doubtful.id, "total", 1)],
            database=lab.database,
        )
    assert lab.psql.job(doubtful.id)["status"] == JobStatus.REQUIRES_REVIEW


def test_of_two_reviewers_who_correct_at_once_one_is_told_that_the_review_is_over(
    lab: Lab, doubtful: Job
) -> None:
    acts = [partial(approve, doubtful, lab.open_database(), ("total", value)) for value in (1, 2)]
    first, second = lab.in_turn(*acts)
    first.result(10)
    with pytest.raises(NotAllowedError, match="Cannot approve job with status: completed"):
        second.result(10)
    [found] = lab.objects(doubtful)
    assert found["properties"]["total"] == 1


def test_corrections_of_a_result_that_is_no_longer_there_are_not_made(
    lab: Lab, doubtful: Job
) -> None:
    page, _ = list_objects(doubtful.id, TENANT, 0, 10, database=lab.database)
    [found] = page.items

    # Between the look and the change.
    meddle(lab.database, b"= ANY (%(ids)s)", after=lambda: lab.psql.update("lease = lease + 1"))
    with pytest.raises(NotAllowedError, match="has a new result"):
        approve_job(
            doubtful.id,
            TENANT,
            "amelia",
            None,
            [Correction(found["id"], "total", 1)],
            database=lab.database,
        )
    assert lab.psql("SELECT properties FROM kb.extracted_objects") == [{"properties": FOUND}]
