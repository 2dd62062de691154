"""Deletion through the API: of a job, and of all jobs of an organisation."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tests.conftest import Psql
from tests.integration.conftest import (
    CLAIMS,
    ORG,
    PROJECT,
    Api,
    Invoke,
    Logs,
    Nothing,
    body,
    failed_messages,
    message,
    sqs_event,
)
from tests.integration.lambda_events import Answer, event_of


def forget(api: Api, **fields: Any) -> Answer:
    return api("POST", "/extraction-jobs/forget", query=(), body={"org_id": ORG} | fields)


def finished(api: Api, work: Invoke, **fields: Any) -> UUID:
    job = api.created(**fields)
    assert failed_messages(work(sqs_event(message(job)))) == []
    return job


def test_a_job_that_has_ended_is_deleted_once_and_then_not_there(
    api: Api, work: Invoke, psql: Psql, logs: Logs
) -> None:
    kept = finished(api, work, source_text="Invoice number: KEPT-1")
    job = finished(api, work, source_text="Invoice number: GONE-2", source_id="gone.txt")
    assert api("GET", f"/extraction-jobs/{job}/objects").json["items"]
    assert "delete" in api("GET", f"/extraction-jobs/{job}").json["actions"]
    answer = api("DELETE", f"/extraction-jobs/{job}")
    assert (answer.status, answer.text) == (204, "")
    assert psql.naming(job, "GONE-2", "gone.txt") == set()
    for path in ("", "/events", "/objects", "/document", "/export"):
        assert api("GET", f"/extraction-jobs/{job}{path}").status == 404
    for method, path in (("DELETE", ""), ("POST", "/retry"), ("POST", "/cancel")):
        assert api(method, f"/extraction-jobs/{job}{path}").status == 404
    assert api("GET", f"/extraction-jobs/{kept}/objects").json["items"]
    [line] = [each for each in logs.lines if each["message"] == "Job was deleted."]
    assert (line["job_id"], line["caller"]) == (str(job), "amelia")


@pytest.mark.parametrize("status", ["pending", "running"])
def test_a_job_that_has_not_ended_is_a_conflict_that_names_its_status(
    api: Api, psql: Psql, seed_job: UUID, status: str
) -> None:
    psql(f"UPDATE kb.object_extraction_jobs SET status = '{status}'")
    nothing = Nothing(psql)
    answer = api("DELETE", f"/extraction-jobs/{seed_job}")
    assert answer.status == 409
    assert answer.json["detail"] == f"Cannot delete job with status: {status}. Cancel it first."
    assert not nothing.changed()
    assert "delete" not in api("GET", f"/extraction-jobs/{seed_job}").json["actions"]


def test_the_events_as_aws_sends_them(api: Api, psql: Psql, seed_job: UUID) -> None:
    counted = api.send(event_of("forget")).json
    assert counted == {"dry_run": True, "cancelled": 1, "deleted": 1, "truncated": False}
    psql("UPDATE kb.object_extraction_jobs SET status = 'failed'")
    assert api.send(event_of("delete")).status == 204
    assert psql("SELECT * FROM kb.object_extraction_jobs") == []


def test_the_key_of_a_deleted_job_is_free_again(api: Api, work: Invoke) -> None:
    key = {"Idempotency-Key": "the same"}
    first = api.create(headers=key).json["id"]
    work(sqs_event(message(first)))
    assert api("DELETE", f"/extraction-jobs/{first}").status == 204
    again = api.create(headers=key)
    assert (again.status, again.json["id"] == first) == (201, False)


def test_an_organisation_is_forgotten_in_all_its_projects_and_no_other_is(
    api: Api, work: Invoke, psql: Psql, logs: Logs
) -> None:
    others = [
        finished(api, work, org_id="initech", project_id=project) for project in ("library", "lab")
    ]
    for project in ("library", "museum", "lab"):
        finished(api, work, project_id=project)
        api.created(project_id=project)
    nothing = Nothing(psql)
    counted = forget(api, dry_run=True).json
    assert counted == {"dry_run": True, "cancelled": 3, "deleted": 6, "truncated": False}
    assert not nothing.changed()
    first = forget(api, limit=4).json
    assert (first["deleted"], first["truncated"]) == (4, True)
    second = forget(api).json
    assert (second["deleted"], second["truncated"]) == (2, False)
    assert first["cancelled"] + second["cancelled"] == 3
    assert psql.naming(ORG) == set()
    left = psql("SELECT id FROM kb.object_extraction_jobs ORDER BY id")
    assert [row["id"] for row in left] == others
    assert api("GET", "/extraction-jobs/projects", query=()).json["items"] == [
        {"org_id": "initech", "project_id": project} for project in ("lab", "library")
    ]
    lines = [
        line for line in logs.lines if line["message"] == "Jobs of an organisation were deleted."
    ]
    assert [(line["org_id"], line["caller"], line["deleted"]) for line in lines] == [
        (ORG, "amelia", 4),
        (ORG, "amelia", 2),
    ]


@pytest.mark.parametrize("org_id", ["globex", "ACME", f"{ORG} "])
def test_another_organisation_is_not_the_callers_to_forget(
    api: Api, psql: Psql, seed_job: UUID, org_id: str
) -> None:
    nothing = Nothing(psql)
    assert forget(api, org_id=org_id).status == 403
    assert api("POST", "/extraction-jobs/forget", body=body(), claims={}).status in {403, 422}
    assert not nothing.changed()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"org_id": ""}, "org_id"),
        ({"org_id": None}, "org_id"),
        ({"org_id": "*" * 201}, "org_id"),
        ({"project_id": PROJECT}, "project_id"),
        ({"limit": 0}, "limit"),
        ({"limit": 1001}, "limit"),
        ({"limit": "all"}, "limit"),
        ({"dry_run": "no"}, "dry_run"),
        ({"dryrun": True}, "dryrun"),
    ],
)
def test_a_request_to_forget_that_breaks_a_rule_deletes_nothing(
    api: Api, psql: Psql, seed_job: UUID, fields: dict[str, Any], field: str
) -> None:
    nothing = Nothing(psql)
    answer = forget(api, **fields)
    assert (answer.status, answer.faulty_fields) == (422, [field])
    assert not nothing.changed()


def test_who_may_act_for_two_organisations_forgets_the_one_that_is_named(
    api: Api, psql: Psql
) -> None:
    assert {"acme", "initech"} <= set(str(CLAIMS["custom:organisations"]).split())
    api.created(org_id="initech")
    api.created()
    assert forget(api).json["deleted"] == 1
    assert psql.naming("acme") == set()
    assert "object_extraction_jobs" in psql.naming("initech")
