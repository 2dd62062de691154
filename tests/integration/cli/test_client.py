"""The Python client against the real handlers: typed as the OpenAPI document, and right when answers are lost."""

from __future__ import annotations

import json
import re
import types
from http import HTTPStatus
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict
from uuid import uuid4

import pytest

from extraction_jobs_client import (
    Client,
    DeadlineError,
    FieldFault,
    ProblemError,
    TooLargeError,
    UnavailableError,
    messages,
)
from tests.conftest import Psql
from tests.integration.cli.conftest import TOKEN, Deployment
from tests.integration.conftest import ORG, PROJECT, Api, Environment

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT: dict[str, Any] = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
SCHEMAS: dict[str, dict[str, Any]] = DOCUMENT["components"]["schemas"]
# The name of each type of the client in the document, where it is another one.
NAMES = {
    "Document": "DocumentOut", "Job": "JobOut", "JobEvent": "EventOut", "FoundObject": "ObjectOut",
    "BulkReport": "BulkOut", "Forgotten": "ForgetOut", "Orphan": "OrphanOut", "Orphans": "OrphanList",
    "Pause": "PauseOut", "Project": "ProjectOut", "Projects": "ProjectList", "Statistics": "StatisticsOut",
    "Sweep": "SweepOut", "Upload": "UploadOut", "Webhook": "WebhookOut", "NewWebhook": "NewWebhookOut",
}  # fmt: skip
TYPES = {
    name: each
    for name, each in vars(messages).items()
    if is_typeddict(each) and each.__module__ == messages.__name__
}
PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}


def fits(hint: Any, schema: dict[str, Any]) -> bool:
    """Whether values of the schema are what the hint says, and no others."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if is_typeddict(hint):
            return bool(NAMES.get(hint.__name__, hint.__name__) == name)
        return fits(hint, SCHEMAS[name])
    if "anyOf" in schema:
        options = list(get_args(hint)) if get_origin(hint) in {Union, types.UnionType} else [hint]
        return len(options) == len(schema["anyOf"]) and all(
            any(fits(option, each) for option in options) for each in schema["anyOf"]
        )
    if get_origin(hint) is Literal:
        return set(get_args(hint)) == set(schema.get("enum", ()))
    if get_origin(hint) is list:
        return schema.get("type") == "array" and fits(get_args(hint)[0], schema["items"])
    if get_origin(hint) is dict:
        inner, values = get_args(hint)[1], schema.get("additionalProperties", True)
        return schema.get("type") == "object" and (values is True or fits(inner, values))
    return hint is Any or bool(PLAIN.get(hint) == schema.get("type"))


@pytest.mark.parametrize("name", TYPES)
def test_each_type_has_the_fields_of_the_document(name: str) -> None:
    schema, hints = SCHEMAS[NAMES.get(name, name)], get_type_hints(TYPES[name])
    assert set(hints) == set(schema["properties"])
    assert TYPES[name].__required_keys__ == set(schema.get("required", ()))
    wrong = [field for field in hints if not fits(hints[field], schema["properties"][field])]
    assert wrong == []


@pytest.fixture
def naps() -> list[float]:
    """How long the client waited, each time."""
    return []


@pytest.fixture
def client(deployment: Deployment, naps: list[float]) -> Client:
    """A client of the test's project that does not wait."""
    return Client(deployment.url, lambda: TOKEN, ORG, PROJECT, sleep=naps.append)


def lost_after(deployment: Deployment, times: int, status: int = 503, **headers: str) -> None:
    """The next answers are lost: the API acts on each request, and the caller does not hear of it."""
    left = [None] * times

    def instead(_: str) -> tuple[int, dict[str, str], bytes] | None:
        return (status, headers, b"{}") if left and left.pop() is None else None

    deployment.lost = instead


@pytest.mark.usefixtures("at_work")
def test_the_example_of_the_readme_runs(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    settings = {"URL": deployment.url, "TOKEN": TOKEN, "ORG": ORG, "PROJECT": PROJECT}
    for name, value in settings.items():
        monkeypatch.setenv(f"EXTRACTION_JOBS_{name}", value)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```python\n(.*?)```", readme, flags=re.DOTALL)
    exec(compile(example, "README.md", "exec"), {})
    assert "'invoice_number': '2026/117'" in capsys.readouterr().out


def test_a_create_whose_answer_is_lost_makes_one_job(
    client: Client, deployment: Deployment, naps: list[float]
) -> None:
    lost_after(deployment, 2)
    job = client.create(b"Total: 1 EUR", source_type="document")
    assert [each["id"] for each in client.jobs()] == [job["id"]]
    assert naps == [0.5, 1.0]
    again = client.create(b"Total: 1 EUR", source_type="document")
    assert again["id"] != job["id"], "each call has a key of its own"
    kept = [client.create_many([{"source_type": "note"}], idempotency_key="k") for _ in range(2)]
    assert kept[0] == kept[1]


def test_a_wait_is_as_long_as_the_api_asks_for_and_no_longer_than_a_minute(
    client: Client, deployment: Deployment, naps: list[float]
) -> None:
    lost_after(deployment, 1, 429, **{"Retry-After": "7"})
    client.statistics()
    assert naps == [7.0]
    lost_after(deployment, 1, 429, **{"Retry-After": "600"})
    with pytest.raises(ProblemError) as refused:
        client.statistics()
    assert (refused.value.status, refused.value.retry_after_seconds) == (429, 600)
    lost_after(deployment, 9, 504)
    with pytest.raises(ProblemError):
        client.statistics()
    assert naps == [7.0, 0.5, 1.0, 2.0]


def test_a_change_of_one_job_is_sent_once_unless_nothing_was_done(
    client: Client, api: Api, psql: Psql, deployment: Deployment
) -> None:
    job_id = str(api.created())
    deployment.instead = lambda _: (503, {}, b"{}")
    with pytest.raises(ProblemError):
        client.cancel(job_id)
    assert len(deployment.requests) == 1
    throttled: list[tuple[int, dict[str, str], bytes]] = [
        (429, {}, b'{"message":"Too Many Requests"}')
    ]
    deployment.instead = lambda _: throttled.pop() if throttled else None
    assert client.cancel(job_id)["status"] == "cancelled"


def test_an_error_carries_what_the_problem_says(client: Client, deployment: Deployment) -> None:
    with pytest.raises(ProblemError, match="no such job") as missing:
        client.job(str(uuid4()))
    assert (missing.value.status, missing.value.title) == (HTTPStatus.NOT_FOUND, "Not Found")
    with pytest.raises(ProblemError) as wrong:
        client.create(source_type="A type", source_text="Total: 1 EUR")
    [fault] = wrong.value.errors
    assert isinstance(fault, FieldFault)
    assert fault.field == "source_type"
    deployment.instead = lambda _: (200, {}, b"<html>")
    with pytest.raises(UnavailableError):
        client.statistics()
    for unsafe in ("http://example.org", "ftp://localhost", "localhost:3001"):
        with pytest.raises(ValueError, match=r"TLS|address"):
            Client(unsafe, TOKEN)


def test_a_list_is_read_page_by_page_and_no_further_than_asked(
    client: Client, psql: Psql, deployment: Deployment
) -> None:
    psql(
        "INSERT INTO kb.object_extraction_jobs (org_id, project_id, source_type)"
        f" SELECT '{ORG}', '{PROJECT}', 'document' FROM generate_series(1, 410)"
    )
    assert len({job["id"] for job in client.jobs()}) == 410
    assert len(deployment.requests) == 3
    assert len(list(client.jobs(status=["pending"], most=201))) == 201
    assert len(deployment.requests) == 5


def test_a_wait_ends_at_its_deadline_and_names_the_jobs_that_go_on(
    client: Client, api: Api, psql: Psql, naps: list[float]
) -> None:
    ended, going_on = str(api.created()), str(api.created())
    client.cancel(ended)
    with pytest.raises(DeadlineError) as late:
        client.wait_all([going_on, ended, going_on], deadline_seconds=0)
    assert set(late.value.job_ids) == {going_on}
    assert naps == []


def test_a_document_that_the_service_does_not_read_is_not_uploaded(
    client: Client, environment: Environment, deployment: Deployment
) -> None:
    environment(MAX_SOURCE_BYTES="1000000")
    with pytest.raises(TooLargeError, match=r"report\.txt has 2000000 bytes"):
        client.create(b"x" * 2_000_000, file_name="report.txt", source_type="document")
    assert len(deployment.requests) == 1
