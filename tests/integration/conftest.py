"""The real Lambda handlers, called in this process: real Postgres, AWS by moto, events as AWS sends them."""

from __future__ import annotations

import io
import itertools
import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
import pytest
from moto import mock_aws
from psycopg.conninfo import make_conninfo

import api as api_function
import dead_letters as dead_letters_function
import inbox as inbox_function
import resources as api_resources
import sweeper as sweeper_function
import worker as worker_function
from extraction_aws import clients, deployment, postgres
from extraction_aws.clients import client
from extraction_aws.logs import DOMAIN
from extraction_jobs.database import Database
from tests.conftest import ROLE_PASSWORD, Psql
from tests.integration.lambda_events import Answer, Event, Query, lambda_context, request

ORG, PROJECT = "acme", "library"
CLAIMS: Mapping[str, object] = {"sub": "amelia", "custom:organisations": f"{ORG} initech yyy"}
OPERATOR: Mapping[str, object] = {**CLAIMS, "custom:operator": "true"}
BUCKET = "sources"
SERVICES = {"api", "worker", "sweeper", "dead_letters", "inbox", "migrate"}
ROLES = {
    "resources": "extraction_jobs_api",
    "worker": "extraction_jobs_worker",
    "sweeper": "extraction_jobs_sweeper",
    "dead_letters": "extraction_jobs_dead_letters",
    "inbox": "extraction_jobs_api",
}
_numbers = itertools.count()


@pytest.fixture(scope="module")
def aws() -> Iterator[None]:
    """AWS, by moto, with the source bucket in it."""
    with mock_aws():
        clients.client.cache_clear()
        client("s3").create_bucket(Bucket=BUCKET)
        yield
        clients.client.cache_clear()


@dataclass
class JobsQueue:
    """The jobs queue as an observer sees it."""

    url: str

    def bodies(self) -> list[dict[str, Any]]:
        """The messages that were sent since the last look."""
        bodies: list[dict[str, Any]] = []
        while (
            messages := client("sqs")
            .receive_message(QueueUrl=self.url, MaxNumberOfMessages=10)
            .get("Messages")
        ):
            bodies += [json.loads(message["Body"]) for message in messages]
        return bodies

    def delete(self) -> None:
        """SQS fails from here on."""
        client("sqs").delete_queue(QueueUrl=self.url)

    def create_again(self) -> None:
        """And works again."""
        client("sqs").create_queue(QueueName=self.url.rpartition("/")[2])


@pytest.fixture
def jobs_queue(aws: None) -> JobsQueue:
    """An empty queue of this test's own."""
    url = client("sqs").create_queue(QueueName=f"jobs-{next(_numbers)}")["QueueUrl"]
    return JobsQueue(url)


Environment = Callable[..., None]


@pytest.fixture
def environment(
    empty_tables: str, jobs_queue: JobsQueue, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Environment]:
    """A deployed function's environment; called with variables, it changes them as a new deployment would."""

    def deploy(**variables: str) -> None:
        _forget()
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    for module in (
        api_resources,
        worker_function,
        sweeper_function,
        dead_letters_function,
        inbox_function,
    ):
        monkeypatch.setattr(module, "open_database", _as_its_own_role(module.__name__))
    deploy(
        DATABASE_URL=empty_tables,
        DATABASE_ROLES="true",
        JOBS_QUEUE_URL=jobs_queue.url,
        SOURCE_BUCKET=BUCKET,
    )
    yield deploy
    _forget()


def _as_its_own_role(module: str) -> Callable[[deployment.Deployment], Database]:
    """Each function logs in as its own role, as it is deployed: what the role may not do, no test here can need."""
    role = ROLES[module]

    def open_database(settings: deployment.Deployment) -> Database:
        url = settings.database_url
        with suppress(psycopg.ProgrammingError):  # a test of what is none
            url = url and make_conninfo(url, user=role, password=ROLE_PASSWORD)
        return postgres.open_database(settings.model_copy(update={"database_url": url}))

    return open_database


def _forget() -> None:
    """What a function keeps while it is warm."""
    if dead_letters_function.database.cache_info().currsize:
        dead_letters_function.database().close()
    dead_letters_function.database.cache_clear()
    for cached in (
        api_resources.resources,
        worker_function.worker,
        sweeper_function.sweeper,
        inbox_function.inbox,
    ):
        if cached.cache_info().currsize:
            cached().database.close()
        cached.cache_clear()
    deployment.deployment.cache_clear()


# What this test has told the functions and no log line may hold: documents, tokens, passwords.
_SECRETS: set[str] = set()
_SHORTEST_SECRET = 12  # a shorter text may stand in a line by chance


def _secrets_of(event: Event) -> Iterator[str]:
    """The token of a request and the texts of documents in it."""
    headers = event.get("headers") or {}
    yield from (value for name, value in headers.items() if name.lower() == "authorization")
    try:
        body = json.loads(event.get("body") or "")
    except (ValueError, RecursionError, TypeError):
        return
    if isinstance(body, dict):
        for name in ("source_text", "source_base64"):
            if isinstance(text := body.get(name), str):
                yield from text.splitlines()


class Api:
    """A caller of the API, past API Gateway."""

    def __call__(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        claims: Mapping[str, object] | None = CLAIMS,
        **rest: Any,
    ) -> Answer:
        """Calls; the query is the caller's own project unless given."""
        if query is None:
            query = {"org_id": ORG, "project_id": PROJECT}
        return self.send(request(method, path, query=query, claims=claims, **rest))

    def send(self, event: Event) -> Answer:
        """Calls with an event as it stands."""
        _SECRETS.update(_secrets_of(event))
        return Answer.of(api_function.handler(event, lambda_context()))

    def create(self, headers: Mapping[str, str] | None = None, **fields: Any) -> Answer:
        """POST /extraction-jobs with a small document, changed by `fields`."""
        return self("POST", "/extraction-jobs", query=(), body=body(**fields), headers=headers)

    def created(self, **fields: Any) -> UUID:
        """As `create`, and gives the id."""
        answer = self.create(**fields)
        assert answer.status == 201, answer.text
        return UUID(answer.json["id"])


def body(**fields: Any) -> dict[str, Any]:
    """A good create body, changed by `fields`."""
    return {
        "source_type": "document",
        "org_id": ORG,
        "project_id": PROJECT,
        "source_text": "Total: 12.50 EUR",
    } | fields


@pytest.fixture
def api(environment: Environment) -> Api:
    """See Api."""
    return Api()


class Logs:
    """What the functions and the domain logged."""

    def __init__(self, stream: io.StringIO) -> None:
        self._stream = stream

    @property
    def text(self) -> str:
        """All of it, as it would stand in CloudWatch."""
        return self._stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Each line: one JSON object."""
        return [json.loads(line) for line in self.text.splitlines()]

    @property
    def messages(self) -> list[str]:
        """The message of each line."""
        return [line["message"] for line in self.lines]


@pytest.fixture(autouse=True)
def logs() -> Iterator[Logs]:
    """Catches the log output; whatever a test does, each line of it must be a JSON object and tell no secret."""
    handlers = {
        handler
        for name in SERVICES | DOMAIN
        for handler in logging.getLogger(name).handlers
        if type(handler) is logging.StreamHandler  # not pytest's own, which is a kind of it
    }
    stream = io.StringIO()
    before = [(handler, handler.setStream(stream)) for handler in handlers]
    caught = Logs(stream)
    _SECRETS.clear()
    _SECRETS.update({ROLE_PASSWORD, os.environ["AWS_SECRET_ACCESS_KEY"]})
    yield caught
    for handler, old in before:
        handler.setStream(old)
    assert all(isinstance(line, dict) for line in caught.lines)
    told = [each for each in _SECRETS if len(each) >= _SHORTEST_SECRET and each in caught.text]
    assert told == []


Invoke = Callable[..., dict[str, Any]]


@pytest.fixture
def sweep(environment: Environment) -> Invoke:
    """Invokes the sweeper's function."""

    def invoke(event: Event | None = None) -> dict[str, Any]:
        answer: dict[str, Any] = sweeper_function.handler(event or {}, lambda_context())
        return answer

    return invoke


@pytest.fixture
def work(environment: Environment) -> Invoke:
    """Invokes the worker's function."""

    def invoke(event: Event, context: Any = None) -> dict[str, Any]:
        return worker_function.handler(event, context or lambda_context())

    return invoke


@pytest.fixture
def bury(environment: Environment) -> Invoke:
    """Invokes the dead letters' function."""

    def invoke(event: Event) -> dict[str, Any]:
        return dead_letters_function.handler(event, lambda_context())

    return invoke


@pytest.fixture
def drop(environment: Environment) -> Invoke:
    """Invokes the inbox's function."""

    def invoke(event: Event) -> dict[str, Any]:
        return dict(inbox_function.handler(event, lambda_context()))

    return invoke


def sqs_event(*bodies: str, queue: str = "JobsQueue") -> Event:
    """An SQS event with a record a body."""
    records = []
    for number, each in enumerate(bodies):
        records.append(
            {
                "messageId": f"message-{number}",
                "receiptHandle": "AQEB",
                "body": each,
                "attributes": {"ApproximateReceiveCount": "1"},
                "messageAttributes": {},
                "md5OfBody": "",
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:us-east-1:123456789012:{queue}",
                "awsRegion": "us-east-1",
            }
        )
    return {"Records": records}


def message(job_id: UUID, revision: int | None = 1) -> str:
    """The body of a job's message."""
    return json.dumps({"job_id": str(job_id), "revision": revision})


def failed_messages(answer: Mapping[str, Any]) -> list[str]:
    """The records that go back to the queue."""
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


@pytest.fixture
def seed_job(psql: Psql) -> UUID:
    """The job that events/ names, pending, as its tenant made it."""
    from tests.integration.lambda_events import SEED_JOB

    psql(
        "INSERT INTO kb.object_extraction_jobs (id, org_id, project_id, source_type)"
        f" VALUES ('{SEED_JOB}', 'acme', 'library', 'document')"
    )
    return UUID(SEED_JOB)
