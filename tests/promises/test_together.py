"""Jobs that are made together are jobs like any other: each has its source, its history, its message; all or none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import psycopg
import pytest

from extraction_jobs.claim import Claimed
from extraction_jobs.create import IdempotencyConflictError, NewJob
from extraction_jobs.model import Job, Tenant
from tests.conftest import TENANT

from .conftest import Lab

OF_THE_REQUEST: dict[str, Any] = {"created_by": "me", "trace": "t"}
ONE = NewJob(TENANT, "document", source_text="Total: 1.00 EUR", max_attempts=7, **OF_THE_REQUEST)
CONTENT = {"source_bytes": b"Total: 2.00 EUR", "source_media_type": "text/plain"}
OTHER = NewJob(TENANT, "file", **CONTENT, **OF_THE_REQUEST)  # type: ignore[arg-type]
BARE = NewJob(
    TENANT,
    "manual",
    source_metadata={"pages": ["\N{EURO SIGN}", None, 2]},
    extraction_config={"object_types": ["invoice"]},
    timeout_minutes=5,
    **OF_THE_REQUEST,
)


def test_each_has_its_source_its_history_and_its_message(lab: Lab) -> None:
    ids = lab.create([ONE, OTHER, BARE]).ids
    assert [(each.job_id, each.trace) for each in lab.queue.sent] == [(each, "t") for each in ids]
    jobs = [lab.psql.job(job_id) for job_id in ids]
    for job, given, kept in zip(jobs, (ONE, OTHER, BARE), (15, 15, 0), strict=True):
        for name in ("source_type", "source_metadata", "extraction_config", "timeout_minutes"):
            assert job[name] == getattr(given, name)
        assert (job["created_by"], job["trace"], job["revision"]) == ("me", "t", 1)
        assert job["max_attempts"] == (given.max_attempts or lab.settings.max_attempts)
        assert job["kept_bytes"] == kept
        assert job["dispatched_at"]
    events = lab.psql(
        "SELECT job_id, actor, to_status, reason, detail FROM kb.extraction_job_events"
    )
    assert {event.pop("job_id") for event in events} == set(ids)
    created = {"actor": "api", "to_status": "pending", "reason": "Job was created."}
    assert events == 3 * [created | {"detail": {"caller": "me"}}]
    claimed = [lab.claim(Job.from_row(job)) for job in jobs]
    assert [
        (each.source_text, each.source_bytes, each.source_media_type)
        for each in claimed
        if isinstance(each, Claimed)
    ] == [
        ("Total: 1.00 EUR", None, None),
        (None, b"Total: 2.00 EUR", "text/plain"),
        (None, None, None),
    ]


def test_ids_sort_as_in_the_request_and_as_the_requests(lab: Lab) -> None:
    ids = [each for _ in range(3) for each in lab.create(300 * [BARE]).ids]
    assert ids == sorted({*ids})
    assert {each.version for each in ids} == {7}


def test_ids_of_one_millisecond_sort_as_they_were_made(lab: Lab) -> None:
    # What stands beside each takes longer than the clock's tick, which is a microsecond.
    rows = lab.psql(
        "SELECT kb.uuid_v7() AS id, md5(repeat('x', 10000)) FROM generate_series(1, 1000)"
    )
    ids = [row["id"] for row in rows]
    assert ids == sorted({*ids})


@pytest.mark.parametrize(
    ("jobs", "error"),
    [
        ([ONE, replace(ONE, created_by="you")], (ValueError, "too many values")),
        ([ONE, replace(ONE, tenant=Tenant("a", "b"))], (ValueError, "too many values")),
        ([BARE, replace(ONE, idempotency_key="k")], (ValueError, "idempotency")),
        ([BARE, replace(ONE, source_type="x" * 51)], (psycopg.errors.CheckViolation, "violates")),
    ],
    ids=["of two callers", "of two tenants", "one has a key", "one is refused"],
)
def test_one_that_cannot_be_made_with_the_others_keeps_all_from_being_made(
    lab: Lab, jobs: list[NewJob], error: tuple[type[Exception], str]
) -> None:
    with pytest.raises(error[0], match=error[1]):
        lab.create(jobs)
    assert lab.psql("SELECT id FROM kb.object_extraction_jobs") == []
    assert lab.sent == []


def test_a_repeated_request_gets_the_jobs_of_the_first(lab: Lab) -> None:
    first = lab.create([ONE, OTHER], idempotency_key="k")
    assert not first.replayed
    assert lab.create([ONE, OTHER], idempotency_key="k") == replace(first, replayed=True)
    assert len(lab.sent) == 2
    for others in ([OTHER, ONE], [ONE, OTHER, BARE], [ONE]):
        with pytest.raises(IdempotencyConflictError):
            lab.create(others, idempotency_key="k")
    assert len(lab.psql("SELECT id FROM kb.object_extraction_jobs")) == 2

    lab.psql("DELETE FROM kb.object_extraction_jobs WHERE id = %(id)s", {"id": first.ids[0]})
    assert lab.create([ONE, OTHER], idempotency_key="k").ids == first.ids[1:]


def test_a_key_that_one_of_them_meets_keeps_all_from_being_made(lab: Lab) -> None:
    lab.new_job(idempotency_key="k/2")
    with pytest.raises(IdempotencyConflictError):
        lab.create([ONE, OTHER], idempotency_key="k")
    assert len(lab.psql("SELECT id FROM kb.object_extraction_jobs")) == 1
