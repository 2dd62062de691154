"""Jobs that are made together are jobs like any other: each has its source, its history, its message; all or none."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import psycopg
import pytest

from extraction_jobs.claim import Claimed, claim
from extraction_jobs.create import IdempotencyConflictError, NewJob, create_job, create_jobs
from extraction_jobs.model import Tenant
from tests.conftest import TENANT

from .conftest import Lab

ONE = NewJob(
    TENANT, "document", source_text="Total: 1.00 EUR", max_attempts=7, created_by="me", trace="t"
)
OTHER = NewJob(
    TENANT,
    "file",
    source_bytes=b"Total: 2.00 EUR",
    source_media_type="text/plain",
    created_by="me",
    trace="t",
)
BARE = NewJob(
    TENANT,
    "manual",
    source_metadata={"pages": ["\N{EURO SIGN}", None, 2]},
    extraction_config={"object_types": ["invoice"]},
    timeout_minutes=5,
    created_by="me",
    trace="t",
)


def test_each_has_its_source_its_history_and_its_message(lab: Lab) -> None:
    ids = create_jobs(
        [ONE, OTHER, BARE], database=lab.database, queue=lab.queue, settings=lab.settings
    ).ids
    assert [(each.job_id, each.trace) for each in lab.queue.sent] == [(each, "t") for each in ids]
    jobs = [lab.psql.job(job_id) for job_id in ids]
    assert [job["source_type"] for job in jobs] == ["document", "file", "manual"]
    assert [job["max_attempts"] for job in jobs] == [
        7,
        lab.settings.max_attempts,
        lab.settings.max_attempts,
    ]
    assert [job["source_metadata"] for job in jobs] == [{}, {}, BARE.source_metadata]
    assert [job["extraction_config"] for job in jobs] == [{}, {}, BARE.extraction_config]
    assert [job["timeout_minutes"] for job in jobs] == [None, None, 5]
    assert [job["kept_bytes"] for job in jobs] == [15, 15, 0]
    assert {(job["created_by"], job["trace"]) for job in jobs} == {("me", "t")}
    assert all(job["dispatched_at"] and job["revision"] == 1 for job in jobs)
    events = lab.psql(
        "SELECT job_id, actor, to_status, reason, detail FROM kb.extraction_job_events"
    )
    assert {event.pop("job_id") for event in events} == set(ids)
    created = {"actor": "api", "to_status": "pending", "reason": "Job was created."}
    assert events == 3 * [created | {"detail": {"caller": "me"}}]
    claimed = [
        claim(job_id, worker="w", database=lab.database, settings=lab.settings) for job_id in ids
    ]
    assert [
        (each.source_text, each.source_bytes, each.source_media_type)
        for each in claimed
        if isinstance(each, Claimed)
    ] == [
        ("Total: 1.00 EUR", None, None),
        (None, b"Total: 2.00 EUR", "text/plain"),
        (None, None, None),
    ]


def test_their_ids_sort_as_in_the_request(lab: Lab) -> None:
    create = partial(create_jobs, database=lab.database, queue=lab.queue, settings=lab.settings)
    ids = [each for _ in range(3) for each in create(300 * [BARE]).ids]
    assert [each.version for each in ids] == 900 * [7]
    assert ids[:300] == sorted(ids[:300])
    assert len({*ids}) == 900


@pytest.mark.parametrize("other", [{"created_by": "you"}, {"tenant": Tenant("a", "b")}])
def test_jobs_of_two_requests_are_not_made_together(lab: Lab, other: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="too many values"):
        create_jobs(
            [ONE, replace(ONE, **other)],
            database=lab.database,
            queue=lab.queue,
            settings=lab.settings,
        )
    assert lab.psql("SELECT id FROM kb.object_extraction_jobs") == []


def test_one_that_cannot_be_made_keeps_all_from_being_made(lab: Lab) -> None:
    wrong = replace(ONE, source_type="x" * 51)
    with pytest.raises(psycopg.errors.CheckViolation):
        create_jobs([BARE, wrong], database=lab.database, queue=lab.queue, settings=lab.settings)
    with pytest.raises(ValueError, match="idempotency"):
        create_jobs(
            [BARE, replace(ONE, idempotency_key="k")],
            database=lab.database,
            queue=lab.queue,
            settings=lab.settings,
        )
    assert lab.psql("SELECT id FROM kb.object_extraction_jobs") == []
    assert lab.queue.sent == []


def test_a_repeated_request_gets_the_jobs_of_the_first(lab: Lab) -> None:
    create = partial(create_jobs, database=lab.database, queue=lab.queue, settings=lab.settings)
    first = create([ONE, OTHER], idempotency_key="k")
    assert not first.replayed
    assert create([ONE, OTHER], idempotency_key="k") == replace(first, replayed=True)
    assert len(lab.queue.sent) == 2
    for others in ([OTHER, ONE], [ONE, OTHER, BARE], [ONE]):
        with pytest.raises(IdempotencyConflictError):
            create(others, idempotency_key="k")
    assert len(lab.psql("SELECT id FROM kb.object_extraction_jobs")) == 2

    lab.psql("DELETE FROM kb.object_extraction_jobs WHERE id = %(id)s", {"id": first.ids[0]})
    assert create([ONE, OTHER], idempotency_key="k").ids == first.ids[1:]


def test_a_key_that_one_of_them_meets_keeps_all_from_being_made(lab: Lab) -> None:
    single = replace(ONE, idempotency_key="k/2")
    create_job(single, database=lab.database, queue=lab.queue, settings=lab.settings)
    with pytest.raises(IdempotencyConflictError):
        create_jobs(
            [ONE, OTHER],
            idempotency_key="k",
            database=lab.database,
            queue=lab.queue,
            settings=lab.settings,
        )
    assert len(lab.psql("SELECT id FROM kb.object_extraction_jobs")) == 1
