"""Files dropped into the inbox: one job a version, within its organisation's walls; what can become none is told."""

from __future__ import annotations

import copy
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from extraction_aws.clients import client
from extraction_aws.s3 import S3Sources
from extraction_jobs.bounds import BoundReachedError
from extraction_jobs.database import DatabaseUnavailableError
from extraction_jobs.settings import SettingsError
from extraction_jobs.sources import SourceRefusedError
from tests.conftest import Psql
from tests.integration.conftest import (
    BUCKET,
    CLAIMS,
    Api,
    Environment,
    Invoke,
    JobsQueue,
    Logs,
    body,
    message,
    sqs_event,
)
from tests.integration.lambda_events import Event, event_of

NOWHERE = "postgresql://app:hunter2@127.0.0.1:9/spec"


def dropped(**changes: Any) -> Event:
    """events/inbox.json with another object; what is None is not there."""
    event = copy.deepcopy(event_of("inbox"))
    event["detail"]["object"] |= {name.replace("_", "-"): value for name, value in changes.items()}
    for name in [name for name, value in event["detail"]["object"].items() if value is None]:
        del event["detail"]["object"][name]
    return event


def test_a_file_becomes_a_job_that_reads_it(
    drop: Invoke, work: Invoke, api: Api, psql: Psql, jobs_queue: JobsQueue, logs: Logs
) -> None:
    event = event_of("inbox")
    key = event["detail"]["object"]["key"]
    client("s3").put_object(Bucket=BUCKET, Key=key, Body=b"Total: 12.50 EUR")

    job_id = drop(event)["job_id"]

    [sent] = jobs_queue.bodies()
    assert sent["job_id"] == job_id
    work(sqs_event(message(UUID(job_id))))
    job = api("GET", f"/extraction-jobs/{job_id}").json
    assert job["status"] in {"completed", "requires_review"}
    assert (job["source_type"], job["created_by"]) == ("inbox", "inbox")
    assert (job["source_id"], job["source_uri"]) == ("2025/Invoice 7+8.txt", f"s3://{BUCKET}/{key}")
    assert job["source_metadata"] == {
        "version_id": event["detail"]["object"]["version-id"],
        "etag": event["detail"]["object"]["etag"],
    }
    assert "Invoice" not in logs.text

    other = drop(dropped(key="inbox/globex/library/x.txt"))["job_id"]
    assert psql.job(UUID(other))["org_id"] == "globex"
    assert api("GET", f"/extraction-jobs/{other}").status == 404


def test_an_event_that_comes_twice_makes_one_job_and_a_new_version_another(
    drop: Invoke, environment: Environment, psql: Psql
) -> None:
    first = drop(event_of("inbox"))["job_id"]
    assert drop(event_of("inbox"))["job_id"] == first
    environment(INBOX_OBJECT_TYPES="invoice")  # between two deliveries of one event
    assert drop(event_of("inbox")) == {}
    assert len(psql("SELECT id FROM kb.object_extraction_jobs")) == 1
    assert drop(dropped(version_id="v2"))["job_id"] != first


@pytest.mark.parametrize("version", [None, "null"])
def test_in_a_bucket_without_versions_an_overwrite_with_the_same_bytes_makes_a_job(
    drop: Invoke, version: str | None
) -> None:
    events = [dropped(version_id=version, sequencer=each) for each in ("0A", "0A", "0B")]
    first, again, overwritten = (drop(event)["job_id"] for event in events)
    assert first == again != overwritten


NO_JOB: list[tuple[dict[str, Any], str]] = [
    ({"key": "secret.txt"}, "its key is not inbox/"),
    ({"key": "inbox/acme/secret.txt"}, "its key is not inbox/"),
    ({"key": "inbox/acme/library/secret/"}, "its key is not inbox/"),
    ({"key": "acme/library/x/secret.txt"}, "its key is not inbox/"),
    ({"key": "inbox//library/secret.txt"}, "not of 1 to 200"),
    ({"key": f"inbox/acme/{'x' * 201}/secret.txt"}, "not of 1 to 200"),
    ({"key": "inbox/ac\u202eme/library/secret.txt"}, "control characters"),
    ({"key": "inbox/acme/library/secret\x00.txt"}, "NUL"),
    ({"key": "inbox/inbox/acme/secret.txt"}, 'the org_id "inbox", has no folder'),
    ({"size": 0}, "it has 0 bytes"),
    ({"size": 20_000_001}, "it has 20000001 bytes"),
]


def test_what_can_become_no_job_is_told_without_its_name_and_not_tried_again(
    drop: Invoke, psql: Psql, logs: Logs
) -> None:
    for changes, why in NO_JOB:
        assert drop(dropped(**changes)) == {}
        line = logs.lines[-1]
        assert line["level"] == "WARNING"
        assert why in line["message"]
        assert line["version_id"] == event_of("inbox")["detail"]["object"]["version-id"]
    assert psql("SELECT id FROM kb.object_extraction_jobs") == []
    assert "secret" not in logs.text


def test_what_may_work_later_fails_the_function_so_that_lambda_keeps_the_event(
    drop: Invoke, environment: Environment, psql: Psql
) -> None:
    environment(MAX_PENDING_JOBS="1")
    first = drop(event_of("inbox"))["job_id"]
    with pytest.raises(BoundReachedError):
        drop(dropped(version_id="v2"))
    assert drop(event_of("inbox"))["job_id"] == first
    environment(DATABASE_URL=NOWHERE)
    with pytest.raises(DatabaseUnavailableError):
        drop(event_of("inbox"))
    with pytest.raises(ValidationError) as other:
        drop({"detail": {"object": {"key": ["secret"]}}})
    assert "secret" not in str(other.value)
    assert len(psql("SELECT id FROM kb.object_extraction_jobs")) == 1


def test_the_object_types_are_those_of_the_setting_and_a_wrong_name_is_refused(
    drop: Invoke, environment: Environment, psql: Psql
) -> None:
    environment(INBOX_OBJECT_TYPES="invoice,contact")
    drop(event_of("inbox"))
    [job] = psql("SELECT extraction_config FROM kb.object_extraction_jobs")
    assert job["extraction_config"] == {"object_types": ["invoice", "contact"]}
    environment(INBOX_OBJECT_TYPES="invoice,nonsense")
    with pytest.raises(SettingsError, match="INBOX_OBJECT_TYPES: must be one of the ready-made"):
        drop(event_of("inbox"))


def test_a_file_in_the_inbox_is_read_for_its_own_organisation_alone(aws: None) -> None:
    uri = f"s3://{BUCKET}/inbox/globex/library/secret.txt"
    client("s3").put_object(Bucket=BUCKET, Key="inbox/globex/library/secret.txt", Body=b"x")
    sources = S3Sources(BUCKET)
    assert sources.read(uri, org_id="globex", max_bytes=1) == b"x"
    # The folder of an organisation called "inbox" would be the inbox of all others.
    for attacker in ("acme", "inbox", "inbox/globex", "globex/library"):
        for look in (sources.read, sources.check):
            with pytest.raises(SourceRefusedError):
                look(uri, org_id=attacker, max_bytes=1)
    with pytest.raises(SourceRefusedError, match='the org_id "inbox", has no folder'):
        sources.new_upload("inbox", "globex/library/x.txt", max_bytes=1)


def test_an_organisation_called_inbox_is_told_that_it_has_no_folder(api: Api) -> None:
    claims = {**CLAIMS, "custom:organisations": "inbox"}
    source = {"source_text": None, "source_uri": f"s3://{BUCKET}/inbox/globex/library/x.txt"}
    for path, sent in (
        ("/extraction-jobs", body(org_id="inbox", **source)),
        ("/extraction-jobs/uploads", {"org_id": "inbox"}),
    ):
        answer = api("POST", path, query=(), body=sent, claims=claims)
        assert answer.status == 422
        assert 'the org_id "inbox", has no folder' in answer.json["errors"][0]["rule"]
