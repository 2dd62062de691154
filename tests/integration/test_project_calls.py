"""When a job starts: its time, its priority, and its project's pause, over the API."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.conftest import Psql
from tests.integration.conftest import (
    ORG,
    PROJECT,
    Api,
    Environment,
    Invoke,
    JobsQueue,
    message,
    sqs_event,
)

PATH = "/extraction-jobs/pause"
WHOSE = {"org_id": ORG, "project_id": PROJECT}


def pause(api: Api, **rest: Any) -> Any:
    """Pauses the project of the tests."""
    return api("PUT", PATH, query=(), body=WHOSE | {"reason": "The model is down."}, **rest)


def outcome(work: Invoke, job_id: UUID) -> None:
    """Gives a worker the job's message."""
    assert work(sqs_event(message(job_id)))["batchItemFailures"] == []


def test_a_project_is_paused_seen_to_be_so_and_resumed(
    api: Api, work: Invoke, jobs_queue: JobsQueue, psql: Psql
) -> None:
    before = api.created()
    answer = pause(api)
    assert (answer.status, answer.json["paused_by"]) == (200, "amelia")
    assert answer.json["reason"] == "The model is down."
    assert api("GET", "/extraction-jobs/statistics").json["pause"] == answer.json
    [project] = api("GET", "/extraction-jobs/projects", query=()).json["items"]
    assert project == WHOSE | {"pause": answer.json}
    [named] = api("GET", "/extraction-jobs/projects", query={"job_id": str(before)}).json["items"]
    assert named == project
    waiting = api.created()
    outcome(work, before)
    for job_id in (before, waiting):
        assert api("GET", f"/extraction-jobs/{job_id}").json["status"] == "pending"
    assert [each["job_id"] for each in jobs_queue.bodies()] == [str(before)]
    assert api("GET", "/extraction-jobs/orphans").json["due_messages"] == 0
    resumed = api("DELETE", PATH, query=WHOSE)
    assert (resumed.status, resumed.json) == (200, {"sent": 2})
    assert api("GET", "/extraction-jobs/statistics").json["pause"] is None
    for job_id in (before, waiting):
        outcome(work, job_id)
        assert api("GET", f"/extraction-jobs/{job_id}").json["status"] == "completed"
    assert api("DELETE", PATH, query=WHOSE).status == 404


def test_a_project_is_paused_by_its_organisation_alone(api: Api, psql: Psql) -> None:
    others = {"custom:organisations": "globex"}
    assert pause(api, claims=others).status == 403
    pause(api)
    assert api("DELETE", PATH, query=WHOSE, claims=others).status == 403
    assert len(psql("SELECT project_id FROM kb.extraction_pauses WHERE resumed_at IS NULL")) == 1


def test_a_job_says_what_it_waits_for_wherever_it_is_shown(api: Api, psql: Psql) -> None:
    def told(job_id: UUID) -> list[str | None]:
        listed = {job["id"]: job for job in api("GET", "/extraction-jobs").json["items"]}
        return [
            api("GET", f"/extraction-jobs/{job_id}").json["waits_for"],
            listed[str(job_id)]["waits_for"],
        ]

    key = {"Idempotency-Key": "once"}
    first = api.create(headers=key)
    job_id, failed = UUID(first.json["id"]), api.created()
    assert [first.json["waits_for"], *told(job_id)] == ["worker"] * 3
    pause(api)
    assert [api.create(headers=key).json["waits_for"], *told(job_id)] == ["resume"] * 3
    assert api.create().json["waits_for"] == "resume"
    later = api.create(run_after=(datetime.now(UTC) + timedelta(days=1)).isoformat())
    assert [later.json["waits_for"], *told(UUID(later.json["id"]))] == ["time"] * 3
    psql(f"UPDATE kb.object_extraction_jobs SET status = 'failed' WHERE id = '{failed}'")
    assert told(failed) == [None, None]
    assert api("POST", f"/extraction-jobs/{failed}/retry").json["waits_for"] == "resume"
    # Handed over: it ran when its project was paused, and goes on.
    psql(f"UPDATE kb.object_extraction_jobs SET time_left = '1 minute' WHERE id = '{job_id}'")
    assert told(job_id) == ["worker", "worker"]


@pytest.mark.parametrize("reason", ["", "x" * 501, 7])
def test_a_reason_that_cannot_be_kept_is_refused(api: Api, reason: Any) -> None:
    answer = api("PUT", PATH, query=(), body=WHOSE | {"reason": reason})
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "reason")


@pytest.mark.parametrize("how", ["paused", "just resumed"])
def test_an_organisation_that_is_forgotten_is_paused_no_more_and_its_reasons_go(
    how: str, api: Api, environment: Environment, psql: Psql
) -> None:
    api.created()
    pause(api)
    if how == "just resumed":
        api("DELETE", PATH, query=WHOSE)
    answer = api("POST", "/extraction-jobs/forget", query=(), body={"org_id": ORG})
    assert answer.json["deleted"] == 1
    [row] = psql("SELECT resumed_at, reason FROM kb.extraction_pauses")
    assert row["resumed_at"]
    assert row["reason"] is None


def test_a_job_says_its_time_and_its_priority_and_is_made_once(
    api: Api, jobs_queue: JobsQueue
) -> None:
    later = datetime.now(UTC) + timedelta(days=1)
    asked = {"run_after": later.isoformat(), "priority": "high"}
    key = {"Idempotency-Key": "once"}
    first, again = (api.create(**asked, headers=key) for _ in range(2))
    assert (first.status, again.json["id"]) == (201, first.json["id"])
    assert first.json["priority"] == "high"
    assert datetime.fromisoformat(first.json["run_after"]) == later
    assert jobs_queue.bodies() == []
    other = api.create(**asked | {"priority": "low"}, headers=key)
    assert other.json["errors"][0]["field"] == "Idempotency-Key"


def test_jobs_of_one_request_have_each_its_time_and_its_priority(
    api: Api, jobs_queue: JobsQueue
) -> None:
    past = (datetime.now(UTC) - timedelta(days=400)).isoformat()
    jobs = [
        {"source_type": "document", "source_text": "A: 1", "priority": "low"},
        {"source_type": "document", "source_text": "A: 1", "run_after": past},
    ]
    ids = api("POST", "/extraction-jobs/batch", query=(), body=WHOSE | {"jobs": jobs}).json["ids"]
    assert [each["job_id"] for each in jobs_queue.bodies()] == ids
    low, due = (api("GET", f"/extraction-jobs/{job_id}").json for job_id in ids)
    assert (low["priority"], due["priority"]) == ("low", "normal")
    assert datetime.fromisoformat(due["run_after"]) > datetime.now(UTC) - timedelta(minutes=1)
