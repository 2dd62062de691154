"""The events of `events/`, and requests made from them: what API Gateway hands to the API's function."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.conftest import Psql

EVENTS = Path(__file__).resolve().parents[2] / "events"
# The job that the events name. It is the seed's.
SEED_JOB = "7df65817-2c04-48b1-b95e-8788aaedca0a"

Event = dict[str, Any]
Query = Mapping[str, object] | Sequence[tuple[str, str]]


def event_of(name: str) -> Event:
    """The event in events/<name>.json."""
    event: Event = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return event


def calls_with(*parameters: str) -> list[tuple[str, str]]:
    """Method and path of each documented call that takes these parameters, of the job that the events name."""
    document = json.loads((EVENTS.parent / "docs" / "openapi.json").read_text(encoding="utf-8"))
    return [
        (method.upper(), path.replace("{job_id}", SEED_JOB))
        for path, calls in document["paths"].items()
        for method, call in calls.items()
        if {*parameters} <= {each["name"] for each in call.get("parameters", [])}
    ]


@dataclass
class FakeContext:
    """Lambda's context object, with the time that is left as a test says."""

    function_name: str = "function"
    function_version: str = "$LATEST"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:function"
    aws_request_id: str = "52fdfc07-2182-454f-963f-5f0f9a621d72"
    log_group_name: str = "/aws/lambda/function"
    log_stream_name: str = "2025/10/05/[$LATEST]0123456789abcdef"
    remaining_milliseconds: int = 900_000

    def get_remaining_time_in_millis(self) -> int:
        """What the test says, always."""
        return self.remaining_milliseconds


def lambda_context(**changes: Any) -> Any:
    """A FakeContext, which no function can tell from a real one; nor need the type checker."""
    return FakeContext(**changes)


def request(
    method: str,
    path: str,
    *,
    query: Query = (),
    body: object = None,
    text: str | None = None,
    content: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    claims: Mapping[str, object] | None = None,
) -> Event:
    """An HTTP API event, payload 2.0.

    Args:
        query: a mapping, or pairs when a name is to come twice.
        body, text, content: the body as JSON, as it stands, or as bytes (base64, as API Gateway does for binary).
        claims: of the token; None = no token was verified.
    """
    event = event_of("get")
    pairs = [(name, str(value)) for name, value in _pairs(query)]
    event["routeKey"] = event["requestContext"]["routeKey"] = f"{method} {path}"
    event["rawPath"] = path
    event["rawQueryString"] = urlencode(pairs, errors="surrogatepass")
    event.pop("queryStringParameters")
    event.pop("pathParameters")
    if pairs:
        # API Gateway joins what comes twice.
        joined: dict[str, str] = {}
        for name, value in pairs:
            joined[name] = f"{joined[name]},{value}" if name in joined else value
        event["queryStringParameters"] = joined
    event["requestContext"]["http"] |= {"method": method, "path": path}
    if claims is None:
        del event["requestContext"]["authorizer"]
    else:
        event["requestContext"]["authorizer"]["jwt"]["claims"] = dict(claims)
    if body is not None:
        text = json.dumps(body)
    if text is not None:
        event["headers"]["content-type"] = "application/json"
        event["body"] = text
    if content is not None:
        event["headers"]["content-type"] = "application/json"
        event["body"] = base64.b64encode(content).decode()
        event["isBase64Encoded"] = True
    event["headers"] |= {name.lower(): value for name, value in (headers or {}).items()}
    return event


def _pairs(query: Query) -> Sequence[tuple[str, object]]:
    return list(query.items()) if isinstance(query, Mapping) else list(query)


@dataclass(frozen=True)
class Answer:
    """What the API's function gives to API Gateway. An error is checked to be a problem document here, once for all."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""

    @classmethod
    def of(cls, returned: Mapping[str, Any]) -> Answer:
        """From what a handler returned; it must survive Lambda's own JSON."""
        returned = json.loads(json.dumps(returned))
        assert set(returned) <= {"statusCode", "headers", "body", "isBase64Encoded", "cookies"}
        assert not returned.get("isBase64Encoded")
        assert len(json.dumps(returned)) < 6_000_000, "Lambda's limit for an answer"
        headers = {name.lower(): value for name, value in returned["headers"].items()}
        assert not any("\n" in value or "\r" in value for value in headers.values())
        answer = cls(returned["statusCode"], headers, returned["body"] or "")
        if answer.status >= 400:
            answer.check_problem()
        return answer

    @property
    def json(self) -> Any:
        """The body, parsed."""
        assert self.headers["content-type"].split(";")[0].endswith("json")
        return json.loads(self.text)

    @property
    def faulty_fields(self) -> list[str]:
        """The fields that a problem names."""
        return [fault["field"] for fault in self.json["errors"]]

    def check_problem(self) -> None:
        """RFC 9457, as the OpenAPI document promises it."""
        assert self.headers["content-type"] == "application/problem+json"
        found = self.json
        assert set(found) == {"type", "title", "status", "detail", "errors"}
        assert found["status"] == self.status
        assert found["title"]
        assert found["detail"]
        assert all(set(fault) == {"field", "rule"} for fault in found["errors"])


def two_messages_died(psql: Psql) -> None:
    """Every job has lost two messages in a row to the dead letters: the next is one too many."""
    psql(
        "INSERT INTO kb.extraction_job_events (job_id, actor, from_status, to_status, reason, attempt, lease)"
        " SELECT id, 'dead_letters', 'pending', 'pending', 'Died.', 0, 0"
        " FROM kb.object_extraction_jobs, generate_series(1, 2)"
    )
