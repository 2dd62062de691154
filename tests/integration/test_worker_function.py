"""The worker's and the dead letters' functions: which records go back to the queue, and what becomes of the jobs."""

from __future__ import annotations

import json
from uuid import UUID, uuid4

import pytest

import worker as worker_function
from extraction_aws.clients import client
from tests.conftest import Psql
from tests.integration.conftest import (
    BUCKET,
    ORG,
    Api,
    Invoke,
    Logs,
    failed_messages,
    message,
    sqs_event,
)
from tests.integration.lambda_events import event_of, lambda_context

ID = "7df65817-2c04-48b1-b95e-8788aaedca0a"
MALFORMED = [
    "", '{"job_id": "not a job', "null", f'["{ID}"]', '{"revision": 1}', '{"job_id": 7, "revision": 1}',
    '{"job_id": "7", "revision": 1}',
    *(json.dumps({"job_id": ID, "revision": each}) for each in ("1", True, 1.5, 2**63)), "[" * 100_000,
    '{"job_id": "' + ID + '", "revision": ' + "9" * 5_000 + "}",
]  # fmt: skip


def test_the_malformed_message_of_the_event_fails_alone(
    api: Api, psql: Psql, work: Invoke, seed_job: UUID, logs: Logs
) -> None:
    event = event_of("sqs-batch")
    assert failed_messages(work(event)) == [event["Records"][1]["messageId"]]
    assert psql.job(seed_job)["status"] == "failed"
    assert "send source_text" in psql.job(seed_job)["error_message"]
    assert "Given back to the queue: the message is not JSON" in logs.messages


def test_a_malformed_message_fails_alone_and_is_told_without_its_body(
    api: Api, psql: Psql, work: Invoke, logs: Logs
) -> None:
    before, after = api.created(), api.created()
    answer = work(sqs_event(message(before), *MALFORMED, message(after)))
    assert failed_messages(answer) == [f"message-{n}" for n in range(1, len(MALFORMED) + 1)]
    assert psql.job(before)["status"] == psql.job(after)["status"] == "completed"
    told = [line for line in logs.lines if line["level"] == "ERROR"]
    assert len(told) == len(MALFORMED)
    for line in told:
        assert line["message"].startswith("Given back to the queue: the message")
        assert "job_id" not in line
    assert len(logs.text) < 20_000


def test_a_message_of_a_job_that_is_not_there_is_done_with(api: Api, work: Invoke) -> None:
    assert failed_messages(work(sqs_event(message(uuid4())))) == []


@pytest.mark.parametrize("status", ["running", "completed", "cancelled", "failed"])
def test_a_forged_or_late_message_changes_nothing(
    api: Api, psql: Psql, work: Invoke, bury: Invoke, seed_job: UUID, status: str
) -> None:
    psql(f"UPDATE kb.object_extraction_jobs SET status = '{status}'")
    before = psql.everything()
    for revision in (0, 1, 2, 99, -1, 2**63 - 1, None):
        assert failed_messages(work(sqs_event(message(seed_job, revision)))) == []
        assert failed_messages(bury(sqs_event(message(seed_job, revision)))) == []
    assert psql.everything() == before


def test_with_too_little_time_left_the_message_goes_back_and_no_attempt_is_counted(
    api: Api, psql: Psql, work: Invoke, logs: Logs
) -> None:
    job_id = api.created()
    for left in (0, 60_000):
        context = lambda_context(remaining_milliseconds=left)
        assert failed_messages(work(sqs_event(message(job_id)), context)) == ["message-0"]
    assert psql.job(job_id)["attempt"] == 0
    assert "Given back to the queue: too little time is left to start a job" in logs.messages


def test_each_line_of_a_jobs_log_names_the_job_and_those_of_the_next_do_not(
    api: Api, work: Invoke, logs: Logs
) -> None:
    first, second = api.created(), api.created()
    before = len(logs.lines)
    work(sqs_event(message(first), message(second)))
    assert [line.get("job_id") for line in logs.lines[before:]] == [str(first), str(second)]


def test_a_source_in_s3_is_read_and_one_that_has_gone_fails_its_job_with_a_reason(
    api: Api, psql: Psql, work: Invoke
) -> None:
    uri = f"s3://{BUCKET}/{ORG}/letters/mai%20ü ✓.txt"
    client("s3").put_object(
        Bucket=BUCKET, Key=uri.removeprefix(f"s3://{BUCKET}/"), Body=b"Total: 12.50 EUR"
    )
    kept, gone = (api.created(source_text=None, source_uri=uri) for _ in range(2))
    work(sqs_event(message(kept)))
    assert psql.job(kept)["status"] == "completed"
    client("s3").delete_object(Bucket=BUCKET, Key=uri.removeprefix(f"s3://{BUCKET}/"))
    work(sqs_event(message(gone)))
    assert psql.job(gone)["status"] == "failed"
    assert (
        psql.job(gone)["error_message"] == "the source object does not exist; upload it, then retry"
    )


def test_a_job_that_names_a_source_of_another_by_hand_is_refused_by_the_worker_too(
    api: Api, psql: Psql, work: Invoke
) -> None:
    client("s3").put_object(Bucket=BUCKET, Key="globex/secret.txt", Body=b"Total: 1.00 EUR")
    job_id = api.created(source_text=None)
    psql(f"UPDATE kb.object_extraction_jobs SET source_uri = 's3://{BUCKET}/globex/secret.txt'")
    work(sqs_event(message(job_id)))
    assert psql.job(job_id)["status"] == "failed"
    assert psql("SELECT * FROM kb.extraction_documents") == []


def test_an_organisation_with_a_slash_in_its_name_shares_no_folder(api: Api) -> None:
    client("s3").put_object(Bucket=BUCKET, Key=f"{ORG}/sub/secret.txt", Body=b"x")
    claims = {"sub": "x", "custom:organisations": f"{ORG}/sub"}
    body = {
        "source_type": "document",
        "org_id": f"{ORG}/sub",
        "project_id": "p",
        "source_uri": f"s3://{BUCKET}/{ORG}/sub/secret.txt",
    }
    answer = api("POST", "/extraction-jobs", query=(), body=body, claims=claims)
    assert (answer.status, answer.faulty_fields) == (422, ["source_uri"])


def test_a_fault_of_the_extractors_is_tried_again_and_never_told_with_its_message(
    api: Api, psql: Psql, work: Invoke, logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("the secret of the document")

    job_id = api.created()
    monkeypatch.setattr(worker_function.worker().extractor, "start", broken, raising=True)
    work(sqs_event(message(job_id)))
    job = psql.job(job_id)
    assert (job["status"], job["attempt"]) == ("pending", 1)
    assert "Unexpected ZeroDivisionError in test_worker_function.py" in job["error_message"]
    assert "secret" not in logs.text + job["error_message"]


# ---------------------------------------------------------------- dead letters


def test_a_dead_letter_that_someone_wrote_by_hand_cannot_end_a_job(
    psql: Psql, bury: Invoke, seed_job: UUID, logs: Logs
) -> None:
    before = psql.everything()
    assert failed_messages(bury(sqs_event(message(seed_job, None)))) == []
    assert psql.everything() == before
    assert logs.messages == ["Dropped a dead letter written by hand"]


def test_a_dead_letter_that_names_no_job_is_dropped_and_said_so(
    psql: Psql, bury: Invoke, logs: Logs
) -> None:
    assert failed_messages(bury(sqs_event(*MALFORMED))) == []
    assert len(logs.messages) == len(MALFORMED)
    for told in logs.messages:
        assert told.startswith("Dropped a dead letter that names no job: the message")
