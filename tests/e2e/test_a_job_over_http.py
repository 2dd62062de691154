"""Jobs through the whole system: API Gateway, Cognito, Lambda, SQS, S3, Postgres."""

import json
from typing import Any

import pytest
import urllib3

from local.client import ApiClient
from local.demo import documents
from local.deploy import STACK
from local.stack import Stack
from tests.e2e.sweeping import make_orphan, recoveries, sweep
from tests.waiting import until
from tests.watching import Watching

pytestmark = pytest.mark.e2e

ENDED = {"completed", "requires_review", "failed", "cancelled"}


def ended(job: dict[str, Any]) -> bool:
    return job["status"] in ENDED


def test_an_uploaded_document_is_extracted_and_a_forged_upload_refused(acme: ApiClient) -> None:
    upload = acme.upload("an agreement.txt")

    def post(content: bytes, **changed: str) -> int:
        file = {"file": ("agreement.txt", content, "text/plain")}
        fields = {**upload["fields"], **changed, **file}
        return urllib3.request("POST", upload["url"], fields=fields).status

    source = {"source_uri": upload["source_uri"]}
    missing = acme.create(**source)
    assert (missing.status, missing.json["errors"][0]["field"]) == (422, "source_uri")
    agreement = documents.agreement().encode()
    assert post(agreement, key="globex/stolen.txt") == 403
    assert post(b"x" * (upload["max_bytes"] + 1)) == 400
    assert acme.create(**source).status == 422
    assert post(agreement) == 204

    job = acme.wait_for(acme.create(**source).json["id"], ended, seconds=20)

    assert job["status"] == "completed"
    assert "Contract" in job["discovered_types"]
    assert job["source_uri"].endswith("/an-agreement.txt")


def test_a_file_that_is_dropped_into_the_inbox_is_extracted(
    deployed: Stack, acme: ApiClient
) -> None:
    def jobs() -> list[dict[str, Any]]:
        return [job for job in acme.items("") if job["source_type"] == "inbox"]

    bucket = deployed.outputs["SourceBucketName"]
    deployed.emulator.client("s3").put_object(
        Bucket=bucket, Key="inbox/acme/library/Contract 7+8.txt", Body=documents.agreement()
    )

    [job] = until(jobs, seconds=30, what="the job of the file")

    assert acme.wait_for(job["id"], ended, seconds=20)["status"] == "completed"
    assert job["source_uri"] == f"s3://{bucket}/inbox/acme/library/Contract 7+8.txt"


def test_an_orphan_made_by_hand_in_psql_is_recovered(deployed: Stack, acme: ApiClient) -> None:
    job_id = acme.create(source_text=documents.invoice()).json["id"]
    acme.wait_for(job_id, ended, seconds=20)
    make_orphan(deployed, job_id)

    assert recoveries(deployed, acme, job_id) == 1

    assert acme.wait_for(job_id, ended, seconds=20)["status"] == "completed"


def test_a_message_that_is_no_job_ends_as_a_handled_dead_letter(
    deployed: Stack, acme: ApiClient
) -> None:
    sqs = deployed.emulator.client("sqs")
    jobs, dead = deployed.outputs["JobsQueueUrl"], deployed.outputs["DeadLetterQueueUrl"]
    as_deployed = sqs.get_queue_attributes(QueueUrl=jobs, AttributeNames=["VisibilityTimeout"])
    sqs.set_queue_attributes(QueueUrl=jobs, Attributes={"VisibilityTimeout": "0"})
    try:
        sqs.send_message(QueueUrl=jobs, MessageBody="this is not a job")
        until(
            lambda: any("START" in line for line in deployed.logs("DeadLettersLogs")),
            seconds=30,
            what="the dead letter reaching its function",
        )
        until(
            # The jobs queue may still hide the message of a worker that another test killed.
            lambda: (
                _messages_in(sqs, jobs, "") == 0 and _messages_in(sqs, dead, "", "NotVisible") == 0
            ),
            seconds=10,
            what="the message being in neither queue",
        )
    finally:
        sqs.set_queue_attributes(QueueUrl=jobs, Attributes=as_deployed["Attributes"])
    # It harmed nobody else.
    job_id = acme.create(source_text=documents.invoice()).json["id"]
    assert acme.wait_for(job_id, ended, seconds=20)["status"] == "completed"


def _messages_in(sqs: Any, queue: str, *kinds: str) -> int:
    names = [f"ApproximateNumberOfMessages{kind}" for kind in kinds]
    found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)


def test_a_deployed_function_writes_its_metrics_into_the_namespace_of_its_stack(
    deployed: Stack,
) -> None:
    sweep(deployed)
    namespaces = until(
        lambda: {
            directive["Namespace"]
            for line in deployed.logs("SweeperLogs")
            if line.startswith('{"_aws"')
            for directive in json.loads(line)["_aws"]["CloudWatchMetrics"]
        },
        what="a line of metrics in the sweeper's log",
    )
    assert namespaces == {Watching(STACK).functions_namespace}
