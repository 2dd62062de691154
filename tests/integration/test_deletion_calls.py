"""Deletion through the API: of a job, and of all jobs of an organisation."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tests.conftest import Psql
from tests.integration.conftest import (
    ORG,
    PROJECT,
    Api,
    Invoke,
    Logs,
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


def test_the_events_as_aws_sends_them(api: Api, psql: Psql, seed_job: UUID) -> None:
    counted = api.send(event_of("forget")).json
    assert counted == {"dry_run": True, "cancelled": 1, "deleted": 1, "truncated": False}
    assert api.send(event_of("delete")).status == 409, "it has not ended"
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


def test_what_is_not_the_callers_to_forget_or_breaks_a_rule_deletes_nothing(
    api: Api, psql: Psql, seed_job: UUID
) -> None:
    before = psql.everything()
    for org_id in ("globex", "ACME", f"{ORG} "):
        assert forget(api, org_id=org_id).status == 403
    assert api("POST", "/extraction-jobs/forget", body=body(), claims={}).status in {403, 422}
    for field, value in (
        *(("org_id", ""), ("org_id", None), ("project_id", PROJECT), ("limit", 1001)),
        *(("dry_run", "no"), ("dryrun", True)),
    ):
        answer = forget(api, **{field: value})
        assert (answer.status, answer.faulty_fields) == (422, [field])
    assert psql.everything() == before
