"""Every call of the HTTP API, as it is meant to be used."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import pytest

from tests.conftest import Psql
from tests.integration.conftest import (
    OPERATOR,
    ORG,
    PROJECT,
    Api,
    Environment,
    Invoke,
    JobsQueue,
    body,
)
from tests.integration.lambda_events import event_of

JOB_FIELDS = {
    *("id", "org_id", "project_id", "status", "source_type", "source_id", "source_uri"),
    *("source_metadata", "extraction_config", "attempt", "max_attempts", "lease"),
    *("created_at", "created_by", "priority", "run_after", "waits_for", "started_at", "updated_at", "deadline_at"),
    *("completed_at", "timeout_minutes", "dispatched_at", "dispatch_count", "error_message"),
    *("total_items", "processed_items", "successful_items", "failed_items", "items_are"),
    *("discovered_types", "extractor", "objects_found", "coverage", "review_reason"),
    *("input_tokens", "output_tokens", "cost_usd", "results_deleted_at"),
    *("progress", "items_per_minute", "estimated_seconds_left"),
    *("idle_seconds", "orphan", "late", "rejected", "actions"),
}  # fmt: skip


def test_create_answers_201_with_the_job_and_sends_its_message(
    api: Api, psql: Psql, jobs_queue: JobsQueue
) -> None:
    answer = api.create(
        source_id="letter-17",
        source_metadata={"shelf": "B4", "ümlaut": ["✓", 1.5, None, True]},
        extraction_config={"min_confidence": 0.5, "review_below_confidence": 1},
        max_attempts=5,
        timeout_minutes=1.5,
    )
    assert answer.status == 201
    job = answer.json
    assert set(job) == JOB_FIELDS
    path, _, query = answer.headers["location"].partition("?")
    assert api("GET", path, query=parse_qsl(query)).json["id"] == job["id"]
    assert UUID(job["id"]).version == 7
    assert datetime.fromisoformat(job["created_at"]).tzinfo is not None
    expected = {
        "status": "pending",
        "org_id": ORG,
        "project_id": PROJECT,
        "source_id": "letter-17",
        "source_metadata": {"shelf": "B4", "ümlaut": ["✓", 1.5, None, True]},
        "extraction_config": {"min_confidence": 0.5, "review_below_confidence": 1.0},
        "attempt": 0,
        "max_attempts": 5,
        "lease": 0,
        "timeout_minutes": 1.5,
        "created_by": "amelia",
        "progress": None,
    }
    assert {name: job[name] for name in expected} == expected
    assert jobs_queue.bodies() == [{"job_id": job["id"], "revision": 1}]
    [row] = psql("SELECT * FROM kb.object_extraction_jobs")
    assert row["dispatched_at"] is not None
    [event] = psql.events(row["id"])
    assert (event["actor"], event["to_status"]) == ("api", "pending")
    assert event["detail"] == {"caller": "amelia"}


def test_a_job_can_be_fetched_with_its_progress(api: Api, psql: Psql) -> None:
    job_id = api.created()
    psql(
        "UPDATE kb.object_extraction_jobs SET status = 'running', revision = revision + 1, lease = 1,"
        " started_at = now() - interval '200 minutes', total_items = 40, processed_items = 10"
    )
    job = api("GET", f"/extraction-jobs/{job_id}").json
    assert set(job) == JOB_FIELDS
    assert job["progress"] == 0.25
    assert job["items_per_minute"] == pytest.approx(0.05, rel=0.05)
    assert job["estimated_seconds_left"] == pytest.approx(36_000, rel=0.05)


def test_a_list_is_filtered(api: Api, psql: Psql) -> None:
    api.created(source_id="new", source_type="email")
    for name in ("lively", "stuck", "failed"):
        api.created(source_id=name)
    psql("UPDATE kb.object_extraction_jobs SET status = 'running' WHERE source_id = 'lively'")
    psql(
        "UPDATE kb.object_extraction_jobs SET status = 'running',"
        " updated_at = now() - interval '10 minutes' WHERE source_id = 'stuck'"
    )
    psql("UPDATE kb.object_extraction_jobs SET status = 'failed' WHERE source_id = 'failed'")
    cases: list[tuple[list[tuple[str, str]], list[str]]] = [
        ([("status", "failed"), ("status", "pending")], ["failed", "new"]),
        ([("status", "failed,pending")], ["failed", "new"]),
        ([("status", "failed")] * 50, ["failed"]),
        ([("source_type", "email")], ["new"]),
        ([("source_type", "fax")], []),
        ([("stuck", "true")], ["stuck"]),
        ([("stuck", "false")], ["failed", "stuck", "lively", "new"]),
    ]
    for wanted, found in cases:
        query = [("org_id", ORG), ("project_id", PROJECT), *wanted]
        page = api("GET", "/extraction-jobs", query=query).json
        assert [job["source_id"] for job in page["items"]] == found, wanted


def test_names_with_commas_and_strange_letters_are_whole_in_queries_as_in_bodies(api: Api) -> None:
    name = "a,b & c=d+ü/✓ "
    job_id = api.created(project_id=name)
    query = {"org_id": ORG, "project_id": name}
    assert api("GET", f"/extraction-jobs/{job_id}", query=query).json["project_id"] == name
    assert len(api("GET", "/extraction-jobs", query=query).json["items"]) == 1


def _with_objects(psql: Psql, job_id: UUID, count: int) -> None:
    psql(
        "INSERT INTO kb.extracted_objects SELECT id, 1, n, gen_random_uuid(), 'Note',"
        " jsonb_build_object('n', n), '{}', 0.5, 0, 1"
        f" FROM kb.object_extraction_jobs, generate_series(1, {count}) n WHERE id = '{job_id}'"
    )
    psql(
        "INSERT INTO kb.extracted_relationships SELECT job_id, 1, ordinal, 'follows', ordinal,"
        f" ordinal - 1, 0.5 FROM kb.extracted_objects WHERE job_id = '{job_id}' AND ordinal > 1"
    )


def test_objects_are_paged_in_the_order_of_the_document_with_their_relationships(
    api: Api, psql: Psql
) -> None:
    job_id = api.created()
    _with_objects(psql, job_id, 5)
    path = f"/extraction-jobs/{job_id}/objects"
    query: dict[str, Any] = {"org_id": ORG, "project_id": PROJECT, "limit": 2}
    first = api("GET", path, query=query).json
    second = api("GET", path, query=query | {"cursor": first["next_cursor"]}).json
    third = api("GET", path, query=query | {"cursor": second["next_cursor"]}).json
    assert third["next_cursor"] is None
    numbers = [[each["properties"]["n"] for each in p["items"]] for p in (first, second, third)]
    assert numbers == [[1, 2], [3, 4], [5]]
    [link] = first["relationships"]
    assert link == {
        "type": "follows",
        "from_id": first["items"][1]["id"],
        "to_id": first["items"][0]["id"],
        "confidence": 0.5,
    }
    assert len(second["relationships"]) == 2


def test_a_page_that_would_not_fit_into_lambdas_answer_is_cut_short_and_goes_on(
    api: Api, psql: Psql
) -> None:
    job_id = api.created()
    api.created(source_id="another")
    psql(
        "UPDATE kb.object_extraction_jobs SET source_metadata = jsonb_build_object('é', repeat('é', 600000))"
    )
    psql(
        "UPDATE kb.extraction_job_events SET detail = jsonb_build_object('é', repeat('é', 600000))"
    )
    _with_objects(psql, job_id, 3)
    psql(
        "UPDATE kb.extracted_objects SET properties = jsonb_build_object('é', repeat('é', 600000))"
    )
    psql(
        "INSERT INTO kb.extraction_job_events (job_id, actor, to_status, reason, attempt, lease, detail)"
        " SELECT job_id, actor, to_status, reason, attempt, lease, detail FROM kb.extraction_job_events"
    )
    for path, expected in (
        ("/extraction-jobs", 2),
        (f"/extraction-jobs/{job_id}/events", 2),
        (f"/extraction-jobs/{job_id}/objects", 3),
    ):
        seen, links, cursor = 0, 0, None
        for _ in range(expected):
            query = {"org_id": ORG, "project_id": PROJECT} | ({"cursor": cursor} if cursor else {})
            page = api("GET", path, query=query).json
            seen += len(page["items"])
            links += len(page.get("relationships", []))
            cursor = page["next_cursor"]
        assert (seen, cursor) == (expected, None)
        assert links == (2 if path.endswith("objects") else 0)


def test_statistics_count_every_status_and_tell_operators_the_last_sweep(
    api: Api, psql: Psql, sweep: Invoke
) -> None:
    assert api("GET", "/extraction-jobs/statistics").json == {
        "counts": dict.fromkeys(["pending", "running", "completed", "requires_review", "failed", "cancelled"], 0),
        "oldest_pending_seconds": None, "oldest_heartbeat_seconds": None, "orphans": 0, "completed_last_hour": 0,
        "review_last_hour": 0, "failed_last_hour": 0, "failure_rate": None, "pause": None, "operator": False,
        "last_sweep": None,
    }  # fmt: skip
    api.created()
    for status in ("completed", "requires_review", "failed", "cancelled", "running"):
        job_id = api.created()
        psql(f"UPDATE kb.object_extraction_jobs SET status = '{status}' WHERE id = '{job_id}'")
    psql.make_idle(job_id, 10)
    found = api("GET", "/extraction-jobs/statistics").json
    assert found["counts"] == dict.fromkeys(found["counts"], 1)
    assert found["orphans"] == 1
    assert found["completed_last_hour"] == 1
    assert (found["review_last_hour"], found["failed_last_hour"]) == (1, 1)
    assert found["oldest_heartbeat_seconds"] == pytest.approx(600, abs=120)
    assert 0 <= found["oldest_pending_seconds"] < 60
    sweep()
    last = api("GET", "/extraction-jobs/statistics", claims=OPERATOR).json["last_sweep"]
    assert (last["recovered"], last["failed"], last["errors"]) == (1, 0, [])
    assert 0 <= last["seconds_ago"] < 60


def test_an_answer_is_json_whatever_numbers_postgres_holds(api: Api, psql: Psql) -> None:
    job_id = api.created()
    for change in (
        "timeout_minutes = 'Infinity', cost_usd = 'NaN', coverage = '-Infinity'",
        "timeout_minutes = 'NaN', source_metadata = '{\"n\": 1e400}', run_after = '-infinity'",
        "status = 'running', updated_at = '-infinity'",
        "updated_at = now(), started_at = '-infinity'",
    ):
        psql(f"UPDATE kb.object_extraction_jobs SET {change}")
        for tail in ("", "/statistics", "/orphans", f"/{job_id}"):
            answer = api("GET", f"/extraction-jobs{tail}")
            assert answer.status == 200, answer.text
            json.loads(answer.text, parse_constant=pytest.fail)


def test_a_media_type_is_the_same_in_capitals(api: Api) -> None:
    for media_type in ("application/JSON; charset=utf-8", "APPLICATION/JSON", " application/json "):
        headers = {"Content-Type": media_type}
        made = api("POST", "/extraction-jobs", query=(), body=body(), headers=headers)
        assert made.status == 201
        path = f"/extraction-jobs/{made.json['id']}/approve"
        for note in ({"note": "It is right."}, None):
            assert api("POST", path, body=note, headers=headers).status == 400, "of its status"


def test_each_event_of_a_call_is_answered(api: Api, seed_job: UUID) -> None:
    for name in ("get", "events", "objects", "export", "list", "statistics", "orphans", "cancel"):
        assert api.send(event_of(name)).status == 200
    assert api.send(event_of("health")).json == {"status": "ok"}


def test_the_documentation_needs_no_token_and_loads_nothing_from_elsewhere(api: Api) -> None:
    assert "openapi" in api("GET", "/openapi.json", query=(), claims=None).json
    page = api("GET", "/docs", query=(), claims=None, headers={"Accept-Encoding": "identity"})
    assert page.headers["content-type"] == "text/html"
    assert 'updateUrl("/openapi.json")' in page.text
    assert 'src="http' not in page.text
    assert 'href="http' not in page.text


def test_an_address_that_is_none_of_the_apis_is_a_problem_too(api: Api) -> None:
    for method, path in (
        ("GET", "/"),
        ("GET", "/extraction-jobs/"),
        ("DELETE", "/extraction-jobs/7df65817-2c04-48b1-b95e-8788aaedca0a"),
        ("PUT", "/extraction-jobs"),
        ("GET", "/extraction-jobs/7df65817-2c04-48b1-b95e-8788aaedca0a/retry"),
        ("GET", "/extraction-jobs/7df65817-2c04-48b1-b95e-8788aaedca0a/../../health"),
        ("GET", "/extraction-jobs/%2e%2e/health"),
    ):
        assert api(method, path).status in {404, 422}


def test_a_setting_of_the_deployment_reaches_the_api(
    api: Api, environment: Environment, psql: Psql
) -> None:
    environment(MAX_ATTEMPTS="7", ORPHAN_THRESHOLD_MINUTES="2")
    assert api.create().json["max_attempts"] == 7
    assert api("GET", "/extraction-jobs/orphans").json["threshold_minutes"] == 2.0
