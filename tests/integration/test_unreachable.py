"""Postgres or SQS is not there, or goes away in the middle: everybody is told, and nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest

from extraction_jobs.sweep import SweepFailedError
from tests.conftest import Psql
from tests.integration.conftest import (
    OPERATOR,
    ORG,
    PROJECT,
    Api,
    Environment,
    Invoke,
    JobsQueue,
    Logs,
    failed_messages,
    message,
    sqs_event,
)
from tests.integration.gate import Gate
from tests.integration.lambda_events import SEED_JOB, Answer, calls_with, event_of

# Port 9 is "discard": nobody listens. The password is one to look for in what comes out.
NOWHERE = "postgresql://app:hunter2@127.0.0.1:9/spec"


@pytest.fixture
def gate(environment: Environment, database_url: str) -> Iterator[Gate]:
    """The functions reach Postgres through it."""
    gate = Gate(database_url)
    environment(DATABASE_URL=gate.url)
    yield gate
    gate.shut()


def unavailable(answer: Answer) -> None:
    assert answer.status == 503
    assert answer.headers["retry-after"] == "5"
    assert "database" in answer.json["detail"]


CALLS = [("GET", "/health"), ("POST", "/extraction-jobs"), *calls_with("project_id")]


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_every_call_is_503_while_postgres_is_away_and_works_again_by_itself(
    api: Api, gate: Gate, psql: Psql, seed_job: UUID, logs: Logs, method: str, path: str
) -> None:
    status = {"approve": "requires_review", "reject": "requires_review"}
    becomes = "failed" if method == "DELETE" else status.get(path.rpartition("/")[2], "running")
    psql(f"UPDATE kb.object_extraction_jobs SET status = '{becomes}'")
    body = json.loads(event_of("create")["body"]) if path == "/extraction-jobs" else None

    def call() -> Answer:
        return api(method, path, body=body if method == "POST" else None, claims=OPERATOR)

    api("GET", "/health")  # a warm connection
    gate.shut()
    if path.endswith("queues"):
        assert call().status == 200, "it asks no database"
        return
    unavailable(call())
    unavailable(call())
    assert any("Postgres is unreachable" in each for each in logs.messages)
    gate.open()
    # 404: no project is paused, so none is resumed.
    assert call().status in {200, 201, 204, 404}


def test_a_create_whose_reply_was_lost_is_safe_to_ask_again_with_a_key_and_is_swept_without(
    api: Api, gate: Gate, psql: Psql, sweep: Invoke, jobs_queue: JobsQueue
) -> None:
    api("GET", "/health")
    gate.swallow_the_next_reply()
    key = {"Idempotency-Key": "k"}
    unavailable(api.create(headers=key))
    [row] = psql("SELECT * FROM kb.object_extraction_jobs")
    assert (row["status"], row["dispatched_at"]) == ("pending", None)
    assert jobs_queue.bodies() == []
    again = api.create(headers=key)
    assert (again.status, again.json["id"]) == (201, str(row["id"]))
    assert len(psql("SELECT id FROM kb.object_extraction_jobs")) == 1
    # What was not sent is sent by a sweep as soon as its time of grace is over.
    psql("UPDATE kb.object_extraction_jobs SET next_dispatch_at = now()")
    assert sweep()["redispatched"] == 1
    assert [each["job_id"] for each in jobs_queue.bodies()] == [str(row["id"])]


def test_a_job_that_someone_holds_locked_is_503_and_not_500(
    api: Api, environment: Environment, psql: Psql, seed_job: UUID, database_url: str, logs: Logs
) -> None:
    psql("UPDATE kb.object_extraction_jobs SET status = 'failed'")
    # Behind a proxy the time limits are the role's; here the URL's, so that the test need not wait 15 seconds.
    environment(
        DATABASE_PROXY="true", DATABASE_URL=f"{database_url}?options=-c%20lock_timeout%3D50ms"
    )
    with psycopg.connect(database_url) as other:
        other.execute("SELECT FROM kb.object_extraction_jobs FOR UPDATE")
        answer = api("POST", f"/extraction-jobs/{seed_job}/retry")
    assert answer.status == 503
    assert "Nothing was changed" in answer.json["detail"]
    assert "LockNotAvailable" in logs.text
    assert psql.job(seed_job)["status"] == "failed"


def test_the_workers_batch_goes_back_to_the_queue(
    work: Invoke, environment: Environment, logs: Logs
) -> None:
    environment(DATABASE_URL=NOWHERE)
    answer = work(sqs_event(message(UUID(SEED_JOB)), message(UUID(SEED_JOB))))
    assert failed_messages(answer) == ["message-0", "message-1"]
    told = [line for line in logs.lines if line["level"] == "ERROR"]
    assert [line["job_id"] for line in told] == [SEED_JOB] * 2
    assert all("Given back to the queue: Postgres is unreachable" in m for m in logs.messages)


@pytest.mark.parametrize("event", ["schedule", "schedule-dry-run"])
def test_a_sweep_fails_and_says_so(
    sweep: Invoke, environment: Environment, logs: Logs, event: str
) -> None:
    environment(DATABASE_URL=NOWHERE)
    with pytest.raises(SweepFailedError, match="Postgres is unreachable"):
        sweep(event_of(event))
    failures = [m for m in logs.messages if m.startswith("Failed to recover orphaned jobs: ")]
    assert failures
    assert "Postgres is unreachable" in failures[0]
    assert "No orphaned extraction jobs found - all clear" not in logs.messages
    assert "hunter2" not in logs.text


def test_a_dead_letter_stays(bury: Invoke, environment: Environment, logs: Logs) -> None:
    environment(DATABASE_URL=NOWHERE)
    event = event_of("dead-letter")
    assert failed_messages(bury(event)) == [event["Records"][0]["messageId"]]
    [line] = logs.lines
    assert line["message"] == "The dead letter stays: DatabaseUnavailableError"
    assert line["job_id"] == SEED_JOB


Act = Callable[[Api, Psql], UUID]


def _create(api: Api, psql: Psql) -> UUID:
    return api.created()


def _retry(api: Api, psql: Psql) -> UUID:
    job_id = api.created()
    psql("UPDATE kb.object_extraction_jobs SET status = 'failed'")
    assert api("POST", f"/extraction-jobs/{job_id}/retry").status == 200
    return job_id


@pytest.mark.parametrize("act", [_create, _retry])
def test_while_sqs_is_not_there_jobs_wait_undispatched_and_a_later_sweep_sends_them(
    api: Api,
    psql: Psql,
    sweep: Invoke,
    jobs_queue: JobsQueue,
    environment: Environment,
    logs: Logs,
    act: Act,
) -> None:
    jobs_queue.delete()
    job_id = act(api, psql)
    job = psql.job(job_id)
    assert (job["status"], job["dispatched_at"], job["dispatch_count"]) == ("pending", None, 0)
    assert "SQS took no message: QueueDoesNotExist" in logs.messages
    psql("UPDATE kb.object_extraction_jobs SET next_dispatch_at = now()")
    with pytest.raises(SweepFailedError, match="could not be sent"):
        sweep()
    assert psql.job(job_id)["dispatched_at"] is None
    jobs_queue.create_again()
    # The failed sweep has reserved the row for a minute.
    psql("UPDATE kb.object_extraction_jobs SET next_dispatch_at = now()")
    assert sweep()["redispatched"] == 1
    assert jobs_queue.bodies() == [{"job_id": str(job_id), "revision": job["revision"]}]
    assert psql.job(job_id)["dispatched_at"] is not None


def test_while_s3_is_not_there_a_create_from_s3_is_503_and_makes_no_job(
    api: Api, psql: Psql, monkeypatch: pytest.MonkeyPatch
) -> None:
    from botocore.exceptions import EndpointConnectionError

    import extraction_aws.s3 as adapter

    class Gone:
        def head_object(self, **_: Any) -> None:
            raise EndpointConnectionError(endpoint_url="https://s3")

    monkeypatch.setattr(adapter, "client", lambda _: Gone())
    answer = api.create(source_text=None, source_uri=f"s3://sources/{ORG}/x.txt")
    assert answer.status == 503
    assert answer.headers["retry-after"] == "5"
    assert psql("SELECT * FROM kb.object_extraction_jobs") == []
    query = {"org_id": ORG, "project_id": PROJECT}
    assert api("GET", "/extraction-jobs", query=query).json["items"] == []
