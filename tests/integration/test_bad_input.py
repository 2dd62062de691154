"""Whatever is wrong with a request, it is refused with the field named, and leaves no row and no message behind."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from extraction_aws.clients import client
from tests.conftest import Psql
from tests.integration.conftest import (
    BUCKET,
    CLAIMS,
    ORG,
    PROJECT,
    Api,
    Environment,
    JobsQueue,
    Logs,
    body,
)
from tests.integration.lambda_events import SEED_JOB, Answer, calls_with, request

NUL, HALF = "a\x00b", "a\ud800b"
ABSENT = object()


@pytest.fixture
def empty_tables(database_url: str) -> str:
    """Nothing needs emptying: not one of these tests may write a row."""
    return database_url


@pytest.fixture(autouse=True)
def nothing_happens(api: Api, psql: Psql, jobs_queue: JobsQueue, logs: Logs) -> Iterator[None]:
    """After every test: no row, no message, no crash in the log."""
    yield
    for table in ("object_extraction_jobs", "extraction_job_events", "extraction_documents"):
        assert psql(f"SELECT * FROM kb.{table}") == []
    assert jobs_queue.bodies() == []
    assert not any("Unexpected" in each for each in logs.messages)


def refused(answer: Answer, field: str, status: int = 422) -> None:
    assert answer.status == status, answer.text
    assert field in answer.faulty_fields, answer.text


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"x": value}
    return value


# What our own rules refuse; of pydantic's there is one of a kind.
FIELDS: list[tuple[str, Any]] = [
    ("source_type", ABSENT),
    ("source_type", "document\n"),
    ("org_id", "ac\x1bme"),
    ("project_id", "x" * 201),
    ("project_id", "library\nother"),
    ("project_id", "library\u202eyrarbil"),
    ("project_id", "\u2067library"),
    ("source_id", NUL),
    ("source_id", HALF),
    ("source_uri", "https://example.org/a.txt"),
    ("source_uri", "http://169.254.169.254/latest/"),
    ("source_uri", f"s3://{BUCKET}"),
    ("source_uri", f"s3://{BUCKET}/{ORG}/nothing.txt"),
    ("source_uri", f"s3://{BUCKET}/{ORG}/"),
    ("source_uri", f"s3://elsewhere/{ORG}/there.txt"),
    ("source_uri", f"s3://{BUCKET}/globex/there.txt"),
    ("source_uri", f"s3://{BUCKET}/{ORG}2/there.txt"),
    ("source_uri", f"s3://{BUCKET}/{ORG}/../globex/there.txt"),
    ("source_uri", f"s3://{BUCKET}/{ORG}/{'ü' * 600}"),
    ("source_uri", f"s3://{BUCKET}/{ORG}/there.txt"),  # beside source_text
    ("source_text", "x" * 1_000_001),
    ("source_base64", "Invoice!"),
    ("source_base64", "QQ"),  # without its padding
    ("source_base64", "QUFB"),  # beside source_text
    ("source_media_type", "application/x-tar"),
    ("source_media_type", "TEXT/PLAIN"),
    ("source_metadata", []),
    ("source_metadata", deep(21)),
    ("source_metadata", {"x": "y" * 200_000}),
    ("source_metadata", {"x": [NUL]}),
    ("source_metadata", {"x": {"y": HALF}}),
    ("source_metadata", {"x": float("nan")}),
    ("source_metadata", {"x": 10**1000}),
    ("extraction_config", [{}]),
    ("max_attempts", "1"),
    ("max_attempts", 10**400),
    ("timeout_minutes", float("nan")),
    ("timeout_minutes", 241),  # above the deployment's maximum
    ("run_after", "2026-03-02T22:00:00"),  # without a zone
    ("run_after", "2026-03-02"),
    ("run_after", 1_780_000_000),
    ("run_after", (datetime.now(UTC) + timedelta(days=31)).isoformat()),
    ("run_after", "9999-12-31T23:59:59-12:00"),
    ("priority", "urgent"),
    ("status", "completed"),
    ("\x00", 1),
    ("x" * 10_000, 1),
]


def test_a_create_with_a_wrong_field_is_refused_by_name(api: Api) -> None:
    for key in ("globex/there.txt", f"{ORG}/there.txt", "there.txt", f"{ORG}2/there.txt"):
        client("s3").put_object(Bucket=BUCKET, Key=key, Body=b"x")
    for field, value in FIELDS:
        fields = body() | {field: value}
        if field == "source_uri" and value != f"s3://{BUCKET}/{ORG}/there.txt":
            del fields["source_text"]
        if value is ABSENT:
            del fields[field]
        # What json writes for NaN and Infinity is not JSON, but Python reads it: so may others.
        answer = api("POST", "/extraction-jobs", query=(), body=fields)
        refused(answer, field.replace("\x00", "?")[:300])
        assert len(answer.text) < 5_000, "an error does not give the input back"


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"source_id": "x" * 501}, "source_id: must be at most 500 characters"),
        ({"project_id": ""}, "project_id: must be at least 1 character"),
        ({"source_id": 7}, "source_id: must be a valid string"),
        ({"max_attempts": 21}, "max_attempts: must be less than or equal to 20"),
        ({"colour": "red"}, "colour: is not a field of this request"),
        (
            {"run_after": "2026-03-02T22:00"},
            "run_after: must be a date and time in ISO 8601 with its zone, like 2026-03-02T22:00:00+01:00",
        ),
        ({"run_after": "2199-01-01T00:00Z"}, "run_after: must be at most 30 days from now"),
        ({"priority": "urgent"}, "priority: must be 'high', 'normal' or 'low'"),
    ],
)
def test_a_rule_is_told_in_words_that_fit_the_field(
    api: Api, fields: dict[str, Any], rule: str
) -> None:
    assert api.create(**fields).json["detail"] == rule


def invoice(**total: Any) -> dict[str, Any]:
    return {"Invoice": {"type": "object", "properties": {"total": total}}}


OPTIONS: list[tuple[str, Any]] = [
    ("min_confidence", 1.01),
    ("grounding_required", "no"),
    ("model", "x"),
    ("object_types", []),
    ("object_types", [{"type": "object"}]),
    ("object_types", {}),
    ("object_types", {"X": {"description": "y" * 200_000}}),
    ("object_types", {"X": deep(30)}),
    ("object_types", {f"T{n}": {} for n in range(51)}),
    ("object_types", {"X": {"title": NUL}}),
    ("object_types.Invoice", {"Invoice": 5}),
    ("object_types.Invoice.type", {"Invoice": {"type": "array"}}),
    ("object_types.Invoice.properties.total.type", invoice(type="money")),
    ("object_types.Invoice.properties.total.pattern", invoice(type="string", pattern="(")),
    ("object_types.Invoice.properties.total.pattern", invoice(pattern=r"(a)\1")),
    ("object_types.Invoice.properties.total.$ref", invoice(**{"$ref": "#/x"})),
    ("object_types.Invoice.properties.total", invoice(**{"$ref": "#/properties/total"})),
    ("object_types.Invoice.properties.total.$ref", invoice(**{"$ref": "https://x.org/x.json"})),
    ("object_types.Invoice.required", {"Invoice": {"required": ["x"], "properties": {"y": {}}}}),
    ("object_types.Zebra.properties", invoice(type="number") | {"Zebra": {"type": "object"}}),
]


def test_a_create_with_a_wrong_option_is_refused_with_the_path_of_the_fault(api: Api) -> None:
    for path, value in OPTIONS:
        answer = api.create(extraction_config={path.partition(".")[0]: value})
        refused(answer, f"extraction_config.{path}")


def test_every_fault_of_the_object_types_is_told_by_its_path(api: Api) -> None:
    types = invoice(type="money") | {"Zebra": {"type": "array"}}
    answer = api.create(extraction_config={"object_types": types})
    place = "extraction_config.object_types"
    assert [fault["field"] for fault in answer.json["errors"]] == [
        f"{place}.Invoice.properties.total.type",
        f"{place}.Zebra.type",
    ]


def test_a_ready_made_set_that_is_not_there_is_refused_with_those_that_are(api: Api) -> None:
    answer = api.create(extraction_config={"object_types": ["invoice", "recipe"]})
    refused(answer, "extraction_config.object_types.1")
    assert "contact, contract, invoice" in answer.json["errors"][0]["rule"]


WHOLE_BODIES: dict[str, tuple[dict[str, Any], int]] = {
    "none": ({}, 422),
    "spaces": ({"text": "  \n"}, 400),
    "not JSON": ({"text": "source_type: document"}, 400),
    "a raw NUL": ({"text": '{"source_type": "a\x00"}'}, 400),
    "a byte order mark": ({"text": "\ufeff" + json.dumps(body())}, 400),
    "a list of a good one": ({"body": [body()]}, 422),
    "lists, 10,000 levels deep": ({"text": '{"x":' + "[" * 10_000 + "]" * 10_000 + "}"}, 400),
    "objects without end": ({"text": '{"x":' * 200_000}, 400),
    "100,000 unknown fields": ({"body": dict.fromkeys(map(str, range(100_000)), 1)}, 422),
    "a number of 5,000 digits": ({"text": '{"max_attempts": ' + "9" * 5_000 + "}"}, 400),
    "half a character as a name": ({"text": '{"\\ud800": 1}'}, 422),
    "7 MB": ({"text": json.dumps(body(source_text="x" * 7_000_000))}, 413),
    "3.2 MB of quotes, which are 6.4 MB of event": (
        {"text": json.dumps(body(source_text='"' * 1_600_000), separators=(",", ":"))},
        413,
    ),
    "base64 of 7 MB": ({"content": b"x" * 7_000_000}, 413),
    "base64 of Latin-1": ({"content": b'{"source_type": "\xe9"}'}, 400),
    "a form": (
        {
            "text": "source_type=document&org_id=acme&project_id=library",
            "headers": {"Content-Type": "application/x-www-form-urlencoded"},
        },
        415,
    ),
    "JSON called text": ({"body": body(), "headers": {"Content-Type": "text/plain"}}, 415),
}


@pytest.mark.parametrize(("sent", "status"), WHOLE_BODIES.values(), ids=list(WHOLE_BODIES))
def test_a_body_that_is_no_json_object_is_refused_as_a_whole(
    api: Api, sent: dict[str, Any], status: int
) -> None:
    answer = api("POST", "/extraction-jobs", query=(), **sent)
    refused(answer, "body", status)
    assert len(answer.text) < 5_000


def test_a_deep_value_is_refused_in_every_field(api: Api) -> None:
    """How deep Python reads JSON is another thing in each of its versions."""
    whole = json.dumps(body()).removesuffix("}")
    for field, levels in product(("source_text", "source_metadata", "max_attempts"), (500, 9_000)):
        value = '{"x":' * levels + "1" + "}" * levels
        answer = api("POST", "/extraction-jobs", query=(), text=f'{whole}, "{field}": {value}}}')
        assert answer.status in {400, 422}
        assert answer.json["errors"][0]["field"].split(".")[0] in {"body", field}
        assert len(answer.text) < 5_000


def test_broken_base64_is_refused(api: Api) -> None:
    event = request("POST", "/extraction-jobs", text="a", claims=CLAIMS) | {"isBase64Encoded": True}
    refused(api.send(event), "body", 400)


def test_many_faults_are_told_at_once_but_not_without_end(api: Api) -> None:
    answer = api("POST", "/extraction-jobs", query=(), body={f"x{n}": 1 for n in range(20)})
    assert {"source_type", "org_id", "project_id", "x0"} <= set(answer.faulty_fields)
    assert len(answer.json["errors"]) <= 50


def test_a_filter_with_hundreds_of_wrong_values_is_not_answered_by_hundreds_of_faults(
    api: Api,
) -> None:
    answer = api("GET", "/extraction-jobs", query=TENANT | {"status": ",".join("x" * 500)})
    assert answer.status == 422
    assert len(answer.json["errors"]) == 50
    assert answer.faulty_fields[0].startswith("status")


def test_a_wrong_idempotency_key_is_refused_by_name(api: Api) -> None:
    for key in ("", "k" * 256, NUL, HALF):
        refused(api.create(headers={"Idempotency-Key": key}), "Idempotency-Key")


def test_the_deployments_limit_of_inline_text_is_told(api: Api, environment: Environment) -> None:
    environment(MAX_INLINE_CHARACTERS="10")
    answer = api.create(source_text="x" * 11)
    refused(answer, "source_text")
    assert "at most 10 characters" in answer.json["detail"]


def test_a_source_object_that_is_too_large_is_refused(api: Api, environment: Environment) -> None:
    environment(MAX_SOURCE_BYTES="10")
    client("s3").put_object(Bucket=BUCKET, Key=f"{ORG}/large.txt", Body=b"x" * 11)
    answer = api.create(source_text=None, source_uri=f"s3://{BUCKET}/{ORG}/large.txt")
    refused(answer, "source_uri")
    assert "11 bytes" in answer.json["detail"]


def test_without_a_source_bucket_an_address_is_refused(api: Api, environment: Environment) -> None:
    environment(SOURCE_BUCKET="")
    refused(api.create(source_text=None, source_uri=f"s3://{BUCKET}/{ORG}/x"), "source_uri")


TENANT = {"org_id": ORG, "project_id": PROJECT}


@pytest.mark.parametrize(("method", "path"), calls_with("project_id"))
def test_every_call_refuses_a_wrong_tenant_and_one_given_twice_by_name(
    api: Api, method: str, path: str
) -> None:
    for name in TENANT:
        for wrong in (None, "", "x" * 201, NUL, HALF):
            query = {k: v for k, v in (TENANT | {name: wrong}).items() if v is not None}
            refused(api(method, path, query=query), name)
        refused(api(method, path, query=[*TENANT.items(), (name, "globex")]), name)


@pytest.mark.parametrize(("method", "path"), calls_with("job_id", "project_id"))
def test_every_call_refuses_an_id_that_is_no_uuid(api: Api, method: str, path: str) -> None:
    for job_id in ("JOB_ID", SEED_JOB[:-1], f"{SEED_JOB}'--", "%00", "x" * 5_000):
        answer = api(method, path.replace(SEED_JOB, job_id))
        if answer.status != 404:  # the path has characters that no route takes
            refused(answer, "job_id")
            assert len(answer.text) < 5_000


def cursor(text: bytes) -> str:
    return base64.urlsafe_b64encode(text).decode()


# Each has an order of its own; an export is in test_export.py.
LISTS = [path for _, path in calls_with("limit", "cursor") if not path.endswith("export")]
WRONG = {
    "limit": ["0", "201", "all"],
    "cursor": ["", "!!!", cursor(b"\xff\xfe"), "\x00", "A" * 201, cursor(b"1 OR 1=1")],
}


@pytest.mark.parametrize("path", LISTS)
def test_every_list_refuses_a_wrong_page_and_another_lists_cursor_by_name(
    api: Api, path: str
) -> None:
    foreign = [b"17"] if path == "/extraction-jobs" else [SEED_JOB.encode(), b"9" * 30, b"-1"]
    wrong = WRONG | {"cursor": [*WRONG["cursor"], *map(cursor, foreign)]}
    for name, values in wrong.items():
        for value in values:
            refused(api("GET", path, query=TENANT | {name: value}), name)


def test_the_list_refuses_a_wrong_filter_and_what_is_given_twice_by_name(api: Api) -> None:
    wrong = {
        "status": ["lost", "", "pending,lost", "pending,", NUL],
        "source_type": [NUL, HALF],
        "stuck": ["maybe"],
    }
    for name, values in wrong.items():
        for value in values:
            answer = api("GET", "/extraction-jobs", query=TENANT | {name: value})
            assert answer.status == 422, answer.text
            assert any(field.split(".")[0] == name for field in answer.faulty_fields)
    once = {"limit": "5", "cursor": cursor(SEED_JOB.encode()), "source_type": "a", "stuck": "true"}
    for given in once.items():
        refused(api("GET", "/extraction-jobs", query=[*TENANT.items(), given, given]), given[0])


def test_the_size_of_metadata_is_looked_at_before_what_is_in_it(api: Api) -> None:
    """To look at 200,000 names takes seconds."""
    answer = api.create(source_metadata={"first": NUL} | {f"name {n}": n for n in range(20_000)})
    [error] = answer.json["errors"]
    assert error == {
        "field": "source_metadata",
        "rule": "must be at most 200000 characters of JSON",
    }
