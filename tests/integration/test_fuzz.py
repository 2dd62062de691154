"""Anything at all, sent anywhere: the answer is one that the OpenAPI document knows, and never a 5xx.

FUZZ=1000 tries harder than a usual run does.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import api as api_function
import openapi
from tests.conftest import Psql
from tests.integration.conftest import ORG, PROJECT, Api, Invoke, Logs, body, sqs_event
from tests.integration.lambda_events import SEED_JOB, Answer, event_of, request

DOCUMENT: dict[str, Any] = json.loads(openapi.document(api_function.app))
CREATE = DOCUMENT["components"]["schemas"]["CreateJob"]["properties"]
INVOICE = json.loads(event_of("create")["body"])["source_text"]

fuzzed = settings(
    max_examples=int(os.environ.get("FUZZ", "60")),
    derandomize="FUZZ" not in os.environ,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)

# Half a surrogate pair is text to Python and to JSON, and to nobody else.
TEXT = st.text(alphabet=st.characters(), max_size=30) | st.sampled_from(
    [
        "",
        "\x00",
        "\ud800",
        "٣",
        "null",
        "NaN",
        "-0",
        "1e999",
        "' OR 1=1 --",
        "{{7*7}}",
        "../..",
        "%00",
    ]
)
SCALAR = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=10**18, max_value=10**40)
    | st.floats()
    | TEXT
)
JSON: st.SearchStrategy[Any] = st.recursive(
    SCALAR,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
KEYWORDS = st.sampled_from(
    [
        *("type", "properties", "required", "items", "enum", "const", "format", "pattern", "$ref"),
        *("anyOf", "oneOf", "allOf", "minimum", "maxLength", "minLength", "title", "$defs"),
        *("exclusiveMaximum", "x-labels", "x-occurs", "x-cues", "x-prefixes", "x-belongs-to"),
        *("x-text", "total"),
    ]
)
WORDS = SCALAR | st.sampled_from(
    ["object", "string", "number", "array", "date", "email", "#/properties/total", "(a+)+$", "many"]
)
SCHEMA: st.SearchStrategy[Any] = st.recursive(
    WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYWORDS, inner, max_size=6),
    max_leaves=8,
)
# Nearly right, so that some get past the first check.
PROPERTY = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["string", "number", "integer", "boolean", "array"]) | SCHEMA,
        "format": st.sampled_from(["date", "email", "iban", "currency"]) | SCHEMA,
        "enum": st.lists(SCALAR, max_size=3) | SCHEMA,
        "pattern": st.sampled_from(["[a-z]+", "(a|a)*$", "(", r"\d{9999}", "(?i)x"]) | TEXT,
        "anyOf": st.lists(st.dictionaries(KEYWORDS, SCHEMA, max_size=2), max_size=3) | SCHEMA,
        "items": SCHEMA,
        "minimum": SCALAR,
        "maxLength": SCALAR,
        "minLength": SCALAR,
        "title": TEXT,
        "x-labels": st.lists(TEXT, max_size=2),
        "$ref": st.sampled_from(["#/properties/total", "#/$defs/x", "#", "#/"]) | TEXT,
    },
)
TYPES = st.dictionaries(
    TEXT,
    st.fixed_dictionaries(
        {"properties": st.dictionaries(st.just("total") | TEXT, PROPERTY | SCHEMA, max_size=3)},
        optional={
            "type": st.just("object"),
            "required": st.just(["total"]) | SCHEMA,
            "$defs": st.dictionaries(st.just("x"), PROPERTY | SCHEMA),
            "x-occurs": st.sampled_from(["document", "many"]) | SCALAR,
            "x-cues": st.lists(TEXT, max_size=2) | SCALAR,
            "x-prefixes": st.lists(TEXT, max_size=2) | SCALAR,
            "x-belongs-to": TEXT | SCALAR,
        },
    )
    | SCHEMA,
    max_size=2,
)


def documented(answer: Answer, path: str, method: str) -> None:
    """The status is one that the document names for the call, and no fault of ours."""
    assert answer.status < 500, answer.text
    known = DOCUMENT["paths"][path][method]["responses"]
    assert str(answer.status) in known, answer.text
    assert len(answer.text) < 1_000_000


@pytest.fixture(autouse=True)
def nothing_unexpected(api: Api, logs: Logs) -> Iterator[None]:
    """After every test: nothing crashed."""
    yield
    assert not any("Unexpected" in each for each in logs.messages)


@fuzzed
@given(sent=JSON)
def test_any_json_as_a_body(api: Api, sent: Any) -> None:
    text = json.dumps(sent)
    documented(api("POST", "/extraction-jobs", query=(), text=text), "/extraction-jobs", "post")


@fuzzed
@given(fields=st.dictionaries(st.sampled_from(sorted(CREATE)), JSON, min_size=1, max_size=4))
def test_any_values_in_the_fields_of_a_create(api: Api, fields: dict[str, Any]) -> None:
    documented(api.create(**fields), "/extraction-jobs", "post")


@fuzzed
@given(types=TYPES)
def test_any_schemas_as_object_types(api: Api, work: Invoke, psql: Psql, types: Any) -> None:
    """Refused at create; or, if accepted, then good enough for the worker too."""
    answer = api.create(extraction_config={"object_types": types}, source_text=INVOICE)
    documented(answer, "/extraction-jobs", "post")
    if answer.status == 201:
        message = {"job_id": answer.json["id"], "revision": 1}
        assert work(sqs_event(json.dumps(message))) == {"batchItemFailures": []}
        ended = api("GET", f"/extraction-jobs/{answer.json['id']}").json
        assert ended["status"] in {"completed", "failed"}, ended["error_message"]
        assert "Unexpected" not in (ended["error_message"] or "")


PARAMETERS = st.lists(
    st.tuples(
        st.sampled_from(
            ["org_id", "project_id", "status", "source_type", "stuck", "limit", "cursor"]
        )
        | TEXT,
        TEXT,
    ),
    max_size=6,
)
READS = sorted(
    path for path, calls in DOCUMENT["paths"].items() if "get" in calls and path != "/health"
)


@fuzzed
@given(path=st.sampled_from(READS), parameters=PARAMETERS, ours=st.booleans())
def test_any_parameters_of_any_read(
    api: Api, path: str, parameters: list[tuple[str, str]], ours: bool
) -> None:
    tenant = [("org_id", ORG), ("project_id", PROJECT)] if ours else []
    given_names = {name for name, _ in parameters}
    query = [*[pair for pair in tenant if pair[0] not in given_names], *parameters]
    answer = api("GET", path.replace("{job_id}", SEED_JOB), query=query)
    documented(answer, path, "get")


@fuzzed
@given(
    call=st.sampled_from(
        [("POST", "/retry"), ("POST", "/cancel"), ("GET", "/events"), ("GET", ""), ("DELETE", "")]
    ),
    job_id=TEXT,
    org_id=TEXT,
)
def test_any_id_in_a_path(api: Api, call: tuple[str, str], job_id: str, org_id: str) -> None:
    method, tail = call
    path = f"/extraction-jobs/{job_id}{tail}"
    answer = api(method, path, query={"org_id": org_id, "project_id": PROJECT})
    assert answer.status in {403, 404, 422}, answer.text


@fuzzed
@given(claims=st.dictionaries(st.sampled_from(["sub", "custom:organisations", "aud"]), JSON))
def test_any_claims_of_a_token(api: Api, claims: dict[str, Any]) -> None:
    event = request("POST", "/extraction-jobs", body=body(), claims=claims)
    answer = api.send(event)
    listed = claims.get("custom:organisations")
    if ORG not in json.dumps(listed):
        assert answer.status == 403


@fuzzed
@given(bodies=st.lists(st.text(max_size=50) | JSON.map(json.dumps), min_size=1, max_size=4))
def test_any_messages_for_the_worker_and_the_dead_letters(
    api: Api, work: Invoke, bury: Invoke, bodies: list[str]
) -> None:
    event = sqs_event(*bodies)
    assert len(work(event)["batchItemFailures"]) == len(bodies)
    assert bury(event) == {"batchItemFailures": []}
