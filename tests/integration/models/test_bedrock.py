"""What only Bedrock has: the Converse API's shape, cache points, its names of errors, expired credentials."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from extraction import Control, MisconfiguredError, parse_object_types, ready_made_object_types
from extraction.llm import InputTooLargeError, Request
from extraction.llm.tool import build_tool
from extraction_models.bedrock import BedrockProvider
from tests.integration.model_server import Bedrock, FakeService
from tests.integration.models.conftest import CLAUDE, REQUEST, TOOL, Make

BEDROCK = Bedrock()


def provider(model: Any) -> BedrockProvider:
    made: BedrockProvider = model._provider
    return made


def test_the_request_is_of_the_services_shape(make: Make) -> None:
    """The Stubber holds the request and the answer against the service's own model."""
    asked = make(
        BEDROCK, bedrock_guardrail_id="abc123", bedrock_guardrail_version="2", model_max_tokens=1000
    )
    client = provider(asked)._client(300)
    expected = {
        "modelId": CLAUDE,
        "system": [{"text": "Read."}, {"cachePoint": {"type": "default"}}],
        "messages": [{"role": "user", "content": [{"text": "A text."}]}],
        "inferenceConfig": {"maxTokens": 1000, "temperature": 0.0},
        "toolConfig": {"tools": [{"toolSpec": {"name": "record_objects", "description": ANY,
                                               "inputSchema": {"json": dict(TOOL.schema)}}}],
                       "toolChoice": {"tool": {"name": "record_objects"}}},
        "guardrailConfig": {"guardrailIdentifier": "abc123", "guardrailVersion": "2"},
    }  # fmt: skip
    with Stubber(client) as stub:
        answer = BEDROCK.found({"Task": []}).body
        answer["usage"]["cacheWriteInputTokens"] = 1000
        stub.add_response("converse", answer, expected)
        reply = asked.converse(REQUEST, control=Control())
    assert reply.tool_inputs == ({"Task": []},)
    assert reply.usage["cache_write_tokens"] == 1000
    assert reply.usage["cost_microdollars"] == 3000 + 1500 + 3750


def test_the_ready_made_types_make_a_request_of_the_services_shape(
    fake: FakeService, make: Make
) -> None:
    fake.answers = [BEDROCK.found({})]
    tool = build_tool(parse_object_types(ready_made_object_types()))
    make(BEDROCK).converse(Request("Read.", tool, "A text."), control=Control())
    (asked,) = fake.asked
    assert asked["toolConfig"]["tools"][0]["toolSpec"]["inputSchema"]["json"] == tool.schema
    assert fake.paths == [f"/model/{CLAUDE}/converse"]


def test_cache_points_go_where_they_are_taken(fake: FakeService, make: Make) -> None:
    profile = "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu."
    fake.answers = [BEDROCK.found({})]
    for model_id, caching, marked in (
        (CLAUDE, "auto", True),
        (profile + "anthropic.claude-sonnet-4-6", "auto", True),
        ("anthropic.claude-3-haiku-20240307-v1:0", "auto", False),
        ("amazon.nova-pro-v1:0", "auto", False),
        ("amazon.nova-pro-v1:0", "on", True),
        (CLAUDE, "off", False),
    ):
        model = make(BEDROCK, model_id=model_id, model_prompt_caching=caching)
        model.converse(REQUEST, control=Control())
        assert ({"cachePoint": {"type": "default"}} in fake.asked[-1]["system"]) is marked


def test_a_cache_point_that_is_refused_is_left_out_from_then_on(
    fake: FakeService, make: Make
) -> None:
    message = "Malformed input request: #/system/1: extraneous key [cachePoint] is not permitted"
    fake.answers = [BEDROCK.error(400, "ValidationException", message), BEDROCK.found({})]
    model = make(BEDROCK, model_max_tries=1)
    for _ in range(2):
        model.converse(REQUEST, control=Control())
    assert ["cachePoint" in json.dumps(body) for body in fake.asked] == [True, False, False]


def test_faults_that_only_bedrock_has_pass(fake: FakeService, make: Make) -> None:
    for status, code in (
        (408, "ModelTimeoutException"),
        (424, "ModelErrorException"),
        (429, "ModelNotReadyException"),
        (504, ""),
    ):
        fake.answers, fake.asked[:] = [BEDROCK.error(status, code), BEDROCK.found({})], []
        make(BEDROCK).converse(REQUEST, control=Control())
        assert len(fake.asked) == 2


HINTS = [
    (403, "AccessDeniedException", "You don't have access to the model", "Enable the model"),
    (404, "ResourceNotFoundException", "gone", "MODEL_ID and BEDROCK_REGION"),
    (400, "ValidationException", "with on-demand throughput isn’t supported. Retry", "inference profile"),
    (400, "ValidationException", "The provided model identifier is invalid.", "MODEL_ID"),
    (400, "ValidationException", "The maximum tokens you requested exceeds the model limit of 4096", "MAX_TOKENS"),
    (400, "ValidationException", "toolConfig.tools.0.toolSpec: bad: A text.", "toolConfig.tools.0.toolSpec"),
    (403, "InvalidSignatureException", "Signature expired", "clock"),
]  # fmt: skip
TOO_LONG = [
    "The model returned the following errors: prompt is too long: 200049 tokens > 200000 maximum",
    "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000",
    "The model returned the following errors: too many total text bytes: 41 > 40",
]


def test_what_only_an_operator_can_mend_is_said_at_once_and_in_words(
    fake: FakeService, make: Make
) -> None:
    for count, (status, code, message, hint) in enumerate(HINTS, 1):
        fake.answers = [BEDROCK.error(status, code, message)]
        with pytest.raises(MisconfiguredError) as raised:
            make(BEDROCK).converse(REQUEST, control=Control())
        assert hint in str(raised.value)
        assert "A text." not in str(raised.value)
        assert len(fake.asked) == count


def test_a_text_that_is_too_long_is_told_from_a_bad_request(fake: FakeService, make: Make) -> None:
    for message in TOO_LONG:
        fake.answers = [BEDROCK.error(400, "ValidationException", message)]
        with pytest.raises(InputTooLargeError):
            make(BEDROCK).converse(REQUEST, control=Control())


def test_a_client_reads_no_longer_than_the_time_that_is_left(fake: FakeService, make: Make) -> None:
    fake.answers = [BEDROCK.found({})]
    for left, read in ((20, 10), (40, 30), (100, 90), (900, 300)):
        asked = make(BEDROCK)
        asked.converse(REQUEST, control=Control(seconds_left=partial(float, left)))
        [(seconds, client)] = provider(asked)._clients.items()
        config = client.meta.config
        assert config.read_timeout == seconds == read < left
        assert config.retries == {"mode": "standard", "total_max_attempts": 1}
        assert config.tcp_keepalive


def test_expired_credentials_are_read_anew(fake: FakeService, make: Make) -> None:
    fake.answers = [BEDROCK.error(403, "ExpiredTokenException"), BEDROCK.found({})]
    asked = make(BEDROCK)
    before = provider(asked)._client(300)
    asked.converse(REQUEST, control=Control())
    assert provider(asked)._client(300) is not before


def test_a_malformed_tool_call_that_is_told_as_an_error_is_a_reply_to_mend(
    fake: FakeService, make: Make
) -> None:
    message = (
        "The model produced an invalid sequence as part of ToolUse. Please refer to the guide."
    )
    fake.answers = [BEDROCK.error(424, "ModelErrorException", message)]
    told: list[Any] = []
    reply = make(BEDROCK).converse(REQUEST, control=Control(on_usage=told.append))
    assert (reply.stop_reason, reply.tool_inputs) == ("malformed_tool_use", ())
    assert reply.usage == {"model_calls": 1}
    assert told == []  # whoever takes the reply counts it
    assert len(fake.asked) == 1
