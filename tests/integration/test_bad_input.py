"""Whatever is wrong with a request, it is refused with the field named, and leaves no row and no message behind."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
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
from tests.integration.lambda_events import SEED_JOB, Answer, request

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


def texts(name: str, longest: int) -> dict[str, tuple[str, Any]]:
    """What can be wrong with a field of text, beside what pydantic itself looks at."""
    return {
        f"{name} too long": (name, "x" * (longest + 1)),
        f"{name} with NUL": (name, NUL),
        f"{name} with half a character": (name, HALF),
    }


def numbers(name: str, low: float, high: float) -> dict[str, tuple[str, Any]]:
    """What can be wrong with a field of numbers."""
    return {
        f"{name} text": (name, "1"),
        f"{name} too small": (name, low),
        f"{name} too large": (name, high),
        f"{name} NaN": (name, float("nan")),
        f"{name} huge": (name, 10**400),
    }


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"x": value}
    return value


FIELDS: dict[str, tuple[str, Any]] = {
    "source_type missing": ("source_type", ABSENT),
    **texts("source_type", 50),
    "source_type with a newline": ("source_type", "document\n"),
    **texts("org_id", 200),
    "org_id with a control character": ("org_id", "ac\x1bme"),
    **texts("project_id", 200),
    "project_id with a line break": ("project_id", "library\nother"),
    "project_id that is shown backwards": ("project_id", "library\u202eyrarbil"),
    "project_id in another direction": ("project_id", "\u2067library"),
    **texts("source_id", 500),
    **texts("source_uri", 2000),
    "source_uri of the web": ("source_uri", "https://example.org/a.txt"),
    "source_uri of the metadata service": ("source_uri", "http://169.254.169.254/latest/"),
    "source_uri without a key": ("source_uri", f"s3://{BUCKET}"),
    "source_uri an unknown key": ("source_uri", f"s3://{BUCKET}/{ORG}/nothing.txt"),
    "source_uri only the folder": ("source_uri", f"s3://{BUCKET}/{ORG}/"),
    "source_uri in another bucket": ("source_uri", f"s3://elsewhere/{ORG}/there.txt"),
    "source_uri of another organisation": ("source_uri", f"s3://{BUCKET}/globex/there.txt"),
    "source_uri of a longer organisation": ("source_uri", f"s3://{BUCKET}/{ORG}2/there.txt"),
    "source_uri up and across": ("source_uri", f"s3://{BUCKET}/{ORG}/../globex/there.txt"),
    "source_uri with a long key": ("source_uri", f"s3://{BUCKET}/{ORG}/{'ü' * 600}"),
    "source_uri beside source_text": ("source_uri", f"s3://{BUCKET}/{ORG}/there.txt"),
    **texts("source_text", 1_000_000),
    "source_base64 not base64": ("source_base64", "Invoice!"),
    "source_base64 without its padding": ("source_base64", "QQ"),
    "source_base64 beside a text": ("source_base64", "QUFB"),
    "source_media_type unknown": ("source_media_type", "application/x-tar"),
    "source_media_type in capitals": ("source_media_type", "TEXT/PLAIN"),
    "source_metadata a list": ("source_metadata", []),
    "source_metadata too deep": ("source_metadata", deep(21)),
    "source_metadata too large": ("source_metadata", {"x": "y" * 200_000}),
    "source_metadata with NUL": ("source_metadata", {"x": [NUL]}),
    "source_metadata with half a character": ("source_metadata", {"x": {"y": HALF}}),
    "source_metadata with NaN": ("source_metadata", {"x": float("nan")}),
    "source_metadata with a huge number": ("source_metadata", {"x": 10**1000}),
    "extraction_config a list": ("extraction_config", [{}]),
    **numbers("max_attempts", 0, 21),
    **numbers("timeout_minutes", 0, 10_081),
    "timeout_minutes above the deployment's maximum": ("timeout_minutes", 241),
    "a field that is not known": ("priority", 1),
    "a field of ours": ("status", "completed"),
    "a field with NUL": ("\x00", 1),
    "a field with a long name": ("x" * 10_000, 1),
}


@pytest.mark.parametrize(("field", "value"), FIELDS.values(), ids=list(FIELDS))
def test_a_create_with_a_wrong_field_is_refused_by_name(api: Api, field: str, value: Any) -> None:
    if not client("s3").list_objects_v2(Bucket=BUCKET)["KeyCount"]:
        for key in ("globex/there.txt", f"{ORG}/there.txt", "there.txt", f"{ORG}2/there.txt"):
            client("s3").put_object(Bucket=BUCKET, Key=key, Body=b"x")
    fields = body()
    if field == "source_uri" and value != f"s3://{BUCKET}/{ORG}/there.txt":
        del fields["source_text"]
    fields[field] = value
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
    ],
)
def test_a_rule_is_told_in_words_that_fit_the_field(
    api: Api, fields: dict[str, Any], rule: str
) -> None:
    answer = api("POST", "/extraction-jobs", query=(), body=body(**fields))
    assert answer.json["detail"] == rule


CONFIGS: dict[str, tuple[str, Any]] = {
    **numbers("min_confidence", -0.01, 1.01),
    **numbers("review_below_confidence", -0.01, 1.01),
    **numbers("review_below_coverage", -0.01, 1.01),
    **numbers("max_cost_usd", 0, 1_000_001),
    **numbers("chunk_characters", 199, 200_001),
    "grounding_required a word": ("grounding_required", "no"),
    "object_types a list of schemas": ("object_types", [{"type": "object"}]),
    "an option that is not known": ("model", "x"),
    "object_types a list": ("object_types", []),
    "object_types none at all": ("object_types", {}),
    "object_types too large": ("object_types", {"X": {"description": "y" * 200_000}}),
    "object_types too deep": ("object_types", {"X": deep(30)}),
    "object_types too many": ("object_types", {f"T{n}": {} for n in range(51)}),
    "object_types with NUL": ("object_types", {"X": {"title": NUL}}),
}


@pytest.mark.parametrize(("field", "value"), CONFIGS.values(), ids=list(CONFIGS))
def test_a_create_with_a_wrong_option_is_refused_by_name(api: Api, field: str, value: Any) -> None:
    refused(api.create(extraction_config={field: value}), f"extraction_config.{field}")


def invoice(**total: Any) -> dict[str, Any]:
    return {"Invoice": {"type": "object", "properties": {"total": total}}}


SCHEMAS: dict[str, tuple[dict[str, Any], str]] = {
    "not a schema": ({"Invoice": 5}, "Invoice"),
    "not an object": ({"Invoice": {"type": "array"}}, "Invoice.type"),
    "an unknown type": (invoice(type="money"), "Invoice.properties.total.type"),
    "a pattern that is none": (
        invoice(type="string", pattern="("),
        "Invoice.properties.total.pattern",
    ),
    "a pattern that looks back": (invoice(pattern=r"(a)\1"), "Invoice.properties.total.pattern"),
    "a reference to nothing": (invoice(**{"$ref": "#/x"}), "Invoice.properties.total.$ref"),
    "a reference to itself": (
        invoice(**{"$ref": "#/properties/total"}),
        "Invoice.properties.total",
    ),
    "a reference to the web": (
        invoice(**{"$ref": "https://example.org/x.json"}),
        "Invoice.properties.total.$ref",
    ),
    "a required property that is not there": (
        {"Invoice": {"required": ["x"], "properties": {"total": {}}}},
        "Invoice.required",
    ),
    "the second of two types": (
        invoice(type="number") | {"Zebra": {"type": "object"}},
        "Zebra.properties",
    ),
}


@pytest.mark.parametrize(("types", "path"), SCHEMAS.values(), ids=list(SCHEMAS))
def test_a_wrong_object_type_is_refused_with_the_path_of_the_fault(
    api: Api, types: dict[str, Any], path: str
) -> None:
    answer = api.create(extraction_config={"object_types": types})
    refused(answer, f"extraction_config.object_types.{path}")


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


@pytest.mark.parametrize("levels", [500, 9_000])
@pytest.mark.parametrize("field", ["source_text", "source_metadata", "max_attempts"])
def test_a_deep_value_is_refused_in_every_field(api: Api, field: str, levels: int) -> None:
    """How deep Python reads JSON is another thing in each of its versions."""
    whole = json.dumps(body()).removesuffix("}")
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


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("", id="empty"),
        pytest.param("k" * 256, id="too long"),
        pytest.param(NUL, id="with NUL"),
        pytest.param(HALF, id="with half a character"),
    ],
)
def test_a_wrong_idempotency_key_is_refused_by_name(api: Api, key: str) -> None:
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


OF_A_JOB = [
    ("GET", f"/extraction-jobs/{SEED_JOB}"),
    ("GET", f"/extraction-jobs/{SEED_JOB}/events"),
    ("GET", f"/extraction-jobs/{SEED_JOB}/objects"),
    ("GET", f"/extraction-jobs/{SEED_JOB}/export"),
    ("POST", f"/extraction-jobs/{SEED_JOB}/retry"),
    ("POST", f"/extraction-jobs/{SEED_JOB}/cancel"),
]
OF_A_PROJECT = [
    ("GET", "/extraction-jobs"),
    ("GET", "/extraction-jobs/statistics"),
    ("GET", "/extraction-jobs/orphans"),
]
PAGED = [
    "/extraction-jobs",
    f"/extraction-jobs/{SEED_JOB}/events",
    f"/extraction-jobs/{SEED_JOB}/objects",
]
TENANT = {"org_id": ORG, "project_id": PROJECT}
WRONG_NAMES = {
    "missing": None,
    "empty": "",
    "too long": "x" * 201,
    "with NUL": NUL,
    "with half a character": HALF,
}


@pytest.mark.parametrize(("method", "path"), OF_A_JOB + OF_A_PROJECT)
def test_every_call_refuses_a_wrong_tenant_and_one_given_twice_by_name(
    api: Api, method: str, path: str
) -> None:
    for name in TENANT:
        for wrong in WRONG_NAMES.values():
            query = {k: v for k, v in (TENANT | {name: wrong}).items() if v is not None}
            refused(api(method, path, query=query), name)
        refused(api(method, path, query=[*TENANT.items(), (name, "globex")]), name)


@pytest.mark.parametrize(("method", "path"), OF_A_JOB)
def test_every_call_refuses_an_id_that_is_no_uuid(api: Api, method: str, path: str) -> None:
    for job_id in ("JOB_ID", SEED_JOB[:-1], f"{SEED_JOB}'--", "%00", "x" * 5_000):
        answer = api(method, path.replace(SEED_JOB, job_id))
        if answer.status != 404:  # the path has characters that no route takes
            refused(answer, "job_id")
            assert len(answer.text) < 5_000


QUERIES: dict[str, tuple[str, str]] = {
    "limit 0": ("limit", "0"),
    "limit too large": ("limit", "201"),
    "limit text": ("limit", "all"),
    "cursor empty": ("cursor", ""),
    "cursor garbage": ("cursor", "!!!"),
    "cursor base64 of garbage": ("cursor", base64.urlsafe_b64encode(b"\xff\xfe").decode()),
    "cursor with NUL": ("cursor", "\x00"),
    "cursor too long": ("cursor", "A" * 201),
    "cursor SQL": ("cursor", base64.urlsafe_b64encode(b"1 OR 1=1").decode()),
}
NUMBER_CURSOR = base64.urlsafe_b64encode(b"17").decode()
ID_CURSOR = base64.urlsafe_b64encode(SEED_JOB.encode()).decode()
HUGE_CURSOR = base64.urlsafe_b64encode(b"9" * 30).decode()
NEGATIVE_CURSOR = base64.urlsafe_b64encode(b"-1").decode()


@pytest.mark.parametrize("path", PAGED)
def test_every_list_refuses_a_wrong_page_by_name(api: Api, path: str) -> None:
    for name, value in QUERIES.values():
        refused(api("GET", path, query=TENANT | {name: value}), name)


@pytest.mark.parametrize(
    ("path", "cursor"),
    [
        pytest.param(PAGED[0], NUMBER_CURSOR, id="list with a cursor of events"),
        *[
            pytest.param(path, cursor, id=f"{path[-7:]} with a {kind} cursor")
            for path in PAGED[1:]
            for kind, cursor in (
                ("list's", ID_CURSOR),
                ("huge", HUGE_CURSOR),
                ("negative", NEGATIVE_CURSOR),
            )
        ],
    ],
)
def test_every_list_refuses_another_lists_cursor(api: Api, path: str, cursor: str) -> None:
    refused(api("GET", path, query=TENANT | {"cursor": cursor}), "cursor")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("status", "lost", id="status unknown"),
        pytest.param("status", "", id="status empty"),
        pytest.param("status", "pending,lost", id="one status of two unknown"),
        pytest.param("status", "pending,", id="one status of two empty"),
        pytest.param("status", NUL, id="status with NUL"),
        pytest.param("source_type", NUL, id="source_type with NUL"),
        pytest.param("source_type", HALF, id="source_type with half a character"),
        pytest.param("stuck", "maybe", id="stuck neither true nor false"),
    ],
)
def test_the_list_refuses_a_wrong_filter_by_name(api: Api, name: str, value: str) -> None:
    answer = api("GET", "/extraction-jobs", query=TENANT | {name: value})
    assert answer.status == 422, answer.text
    assert any(field.split(".")[0] == name for field in answer.faulty_fields)


@pytest.mark.parametrize("name", ["limit", "cursor", "source_type", "stuck"])
def test_the_list_refuses_what_is_given_twice(api: Api, name: str) -> None:
    value = {"limit": "5", "cursor": ID_CURSOR, "source_type": "document", "stuck": "true"}[name]
    query = [*TENANT.items(), (name, value), (name, value)]
    refused(api("GET", "/extraction-jobs", query=query), name)


def test_the_size_of_metadata_is_looked_at_before_what_is_in_it(api: Api) -> None:
    """To look at 200,000 names takes seconds."""
    answer = api.create(source_metadata={"first": NUL} | {f"name {n}": n for n in range(20_000)})
    [error] = answer.json["errors"]
    assert error == {
        "field": "source_metadata",
        "rule": "must be at most 200000 characters of JSON",
    }
