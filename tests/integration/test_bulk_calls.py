"""Retry and cancel of many through the API: what they take, answer and refuse."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from tests.conftest import Psql
from tests.integration.conftest import ORG, PROJECT, Api, JobsQueue
from tests.integration.lambda_events import Answer, event_of


def change(api: Api, verb: str, wanted: object, **fields: Any) -> Answer:
    body = {"org_id": ORG, "project_id": PROJECT, "filter": wanted} | fields
    return api("POST", f"/extraction-jobs/{verb}", query=(), body=body)


def test_the_events_of_a_retry_and_a_cancel_of_many_are_answered(
    api: Api, psql: Psql, jobs_queue: JobsQueue, seed_job: UUID
) -> None:
    told = api.send(event_of("retry-many")).json
    assert (told["dry_run"], told["matched"]) == (True, 0)
    psql("UPDATE kb.object_extraction_jobs SET status = 'failed'")
    told = api.send(event_of("retry-many")).json
    assert set(told) == {
        *("action", "dry_run", "matched", "jobs", "skipped", "truncated", "unsent")
    }
    [job] = told["jobs"]
    assert set(job) == {
        *("id", "status", "source_type", "source_id", "source_uri", "rejected", "attempt"),
        *("created_at", "updated_at"),
    }
    assert (job["id"], job["status"]) == (str(seed_job), "failed")
    assert psql.job(seed_job)["status"] == "failed"
    assert jobs_queue.bodies() == []

    assert change(api, "retry", {"status": ["failed"]}).json["matched"] == 1
    assert [each["job_id"] for each in jobs_queue.bodies()] == [str(seed_job)]

    cancelled = api.send(event_of("cancel-many")).json
    assert (cancelled["action"], cancelled["dry_run"]) == ("cancel", False)
    assert [each["id"] for each in cancelled["jobs"]] == [str(seed_job)]
    assert psql.job(seed_job)["status"] == "cancelled"


NOT_MEANT: list[tuple[object, str]] = [
    ({}, "filter"),
    ({"stuck": False}, "filter"),
    ({"ids": []}, "filter.ids"),
    ({"ids": [str(uuid4())] * 1001}, "filter.ids"),
    ({"status": ["completed"]}, "filter.status"),
    ({"status": ["failed"], "stuck": True}, "filter.status"),
    ({"text": "\x00"}, "filter.text"),
    ({"created_before": "2026-11-25"}, "filter.created_before"),
    ({"statuses": ["failed"]}, "filter.statuses"),
]


def test_a_filter_that_cannot_be_meant_is_refused_and_changes_nothing(
    api: Api, psql: Psql, seed_job: UUID
) -> None:
    psql("UPDATE kb.object_extraction_jobs SET status = 'failed'")
    before = psql.everything()
    for wanted, field in NOT_MEANT:
        answer = change(api, "retry", wanted)
        assert answer.status == 422, answer.text
        assert field in answer.faulty_fields
        assert len(answer.text) < 10_000
    assert change(api, "retry", {"status": ["failed"]}, dry_run=1).faulty_fields == ["dry_run"]
    assert psql.everything() == before


def test_a_thousand_jobs_are_one_call_and_fit_into_its_answer(api: Api, psql: Psql) -> None:
    psql(
        "INSERT INTO kb.object_extraction_jobs (org_id, project_id, source_type, source_id)"
        f" SELECT '{ORG}', '{PROJECT}', 'document', repeat('é', 500) FROM generate_series(1, 1001)"
    )
    answer = change(api, "cancel", {"status": ["pending"]}, limit=1000)
    assert answer.status == 200
    assert (answer.json["matched"], answer.json["truncated"]) == (1000, True)
    [left] = psql("SELECT count(*) AS n FROM kb.object_extraction_jobs WHERE status <> 'cancelled'")
    assert left["n"] == 1
