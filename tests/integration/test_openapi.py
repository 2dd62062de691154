"""The OpenAPI document: its committed copy is fresh, and it says what the API does."""

from __future__ import annotations

import base64
import json
import os
import zlib
from typing import Any

import jsonschema
import pytest

import api as api_function
import openapi
from tests.conftest import Psql
from tests.integration.conftest import OPERATOR, ORG, Api, Invoke, message, sqs_event
from tests.integration.lambda_events import event_of, lambda_context, request
from tests.unit.templates import ROOT, TEMPLATE

COPY = ROOT / "docs" / "openapi.json"
DOCUMENT: dict[str, Any] = json.loads(openapi.document(api_function.app))
PUBLIC = {"/health"}


def test_the_committed_copy_is_fresh() -> None:
    """UPDATE=1 writes it anew."""
    fresh = json.dumps(DOCUMENT, indent=2, ensure_ascii=False) + "\n"
    if os.environ.get("UPDATE"):
        COPY.write_text(fresh, encoding="utf-8")
    assert COPY.read_text(encoding="utf-8") == fresh, (
        "run: UPDATE=1 pytest tests/integration/test_openapi.py"
    )


def test_what_is_served_is_the_same(api: Api) -> None:
    assert api("GET", "/openapi.json", query=(), claims=None).json == DOCUMENT


def test_the_templates_routes_are_the_documents() -> None:
    events = TEMPLATE["Resources"]["ApiFunction"]["Properties"]["Events"].values()
    routes = {(each["Properties"]["Method"], each["Properties"]["Path"]) for each in events}
    documented = {
        (method.upper(), path) for path, calls in DOCUMENT["paths"].items() for method in calls
    }
    assert routes == documented | {("GET", "/openapi.json"), ("GET", "/docs")}


@pytest.mark.parametrize(
    ("path", "status"),
    [("/health", 200), ("/docs", 200), ("/extraction-jobs", 200), ("/nothing", 404)],
)
def test_every_answer_says_how_a_browser_must_treat_it(api: Api, path: str, status: int) -> None:
    answer = api("GET", path, headers={"Accept-Encoding": "identity"})
    assert answer.status == status
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["strict-transport-security"].startswith("max-age=")
    assert ("frame-ancestors 'none'" in answer.headers.get("content-security-policy", "")) == (
        path == "/docs"
    )


def test_the_page_of_the_document_is_sent_compressed(api: Api) -> None:
    event = request("GET", "/docs", headers={"Accept-Encoding": "gzip, br"})
    answer = api_function.handler(event, lambda_context())
    assert answer["isBase64Encoded"]
    packed = base64.b64decode(answer["body"])
    assert len(packed) < 600_000
    assert b"swagger-ui" in zlib.decompress(packed, wbits=31)


@pytest.mark.parametrize("path", DOCUMENT["paths"])
def test_every_call_needs_a_token_and_tells_its_errors_as_problems(path: str) -> None:
    for method, call in DOCUMENT["paths"][path].items():
        if path in PUBLIC:
            assert call["security"] == []
            continue
        assert "security" not in call or call["security"], "the document's own applies"
        assert DOCUMENT["security"] == [{"bearer": []}]
        refusals = {code: answer for code, answer in call["responses"].items() if code >= "400"}
        assert {"403", "422", "500", "503"} <= set(refusals)
        names_one = "{job_id}" in path or (
            path.endswith(("/webhook", "/pause")) and method != "put"
        )
        assert ("404" in refusals) == names_one
        for code, answer in refusals.items():
            if code != "401":
                assert "application/problem+json" in answer["content"], (method, path, code)


@pytest.mark.parametrize("path", DOCUMENT["paths"])
def test_every_call_has_a_tag_a_description_and_examples_of_what_it_takes_and_gives(
    path: str,
) -> None:
    tags = {each["name"] for each in DOCUMENT["tags"]}
    for method, call in DOCUMENT["paths"][path].items():
        assert set(call["tags"]) <= tags, (method, path)
        assert call["description"].endswith("."), (method, path)
        assert all(each["description"] for each in call.get("parameters", []))
        success = call["responses"][min(call["responses"])]
        contents = [
            content
            for place in (call.get("requestBody", {}), success)
            for media_type, content in place.get("content", {}).items()
            if media_type == "application/json"
        ]
        for content in contents:
            schema = content["schema"] | {"components": DOCUMENT["components"]}
            jsonschema.validate(
                content["example"], schema, format_checker=jsonschema.FormatChecker()
            )


def _schema_of(path: str, method: str, code: str) -> dict[str, Any]:
    answer = DOCUMENT["paths"][path][method]["responses"][code]
    [media] = answer["content"].values()
    return {"$ref": media["schema"]["$ref"], "components": DOCUMENT["components"]}


def test_real_answers_are_as_the_document_says(
    api: Api, psql: Psql, work: Invoke, sweep: Invoke
) -> None:
    created = api.send(event_of("create"))
    jsonschema.validate(created.json, _schema_of("/extraction-jobs", "post", "201"))
    job_id = created.json["id"]
    work(sqs_event(message(job_id)))
    sweep()
    orphan = api.created()
    psql(f"UPDATE kb.object_extraction_jobs SET status = 'running' WHERE id = '{orphan}'")
    psql.make_idle(orphan, 10)
    psql(f"INSERT INTO kb.extraction_webhooks (org_id, url, secret) VALUES ('{ORG}', '', '')")
    for path in (path for path, calls in DOCUMENT["paths"].items() if "get" in calls):
        answer = api("GET", path.replace("{job_id}", job_id), claims=OPERATOR)
        assert answer.status == 200
        described = DOCUMENT["paths"][path]["get"]["responses"]["200"]["content"]
        if "application/json" not in described:
            assert answer.headers["content-type"].partition(";")[0] in described
            continue
        jsonschema.validate(answer.json, _schema_of(path, "get", "200"))
    refused = api("POST", f"/extraction-jobs/{job_id}/retry")
    jsonschema.validate(refused.json, _schema_of("/extraction-jobs/{job_id}/retry", "post", "400"))
