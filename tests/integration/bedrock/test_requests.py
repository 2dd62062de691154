"""What is sent to Bedrock, what is made of its answers, and what is counted."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.stub import ANY, Stubber
from pydantic import ValidationError

from extraction import (
    Control,
    Options,
    extract_document,
    parse_object_types,
    ready_made_object_types,
)
from extraction.llm import HybridExtractor, ModelExtractor, Request
from extraction.llm.tool import build_tool
from extraction_aws.bedrock import BedrockSettings
from tests.integration.bedrock.conftest import CLAUDE, Make
from tests.integration.bedrock_server import Answer, FakeBedrock, answer, error
from tests.unit.extraction.llm.scripted import TASK, document, task_line, tasks_in, types

TOOL = build_tool(types(Task=TASK))
REQUEST = Request("Read.", TOOL, "A text.")


def test_the_request_is_of_the_services_shape(model: Make) -> None:
    """The Stubber holds the request and the answer against the service's own model."""
    asked = model(guardrail_id="abc123", guardrail_version="2", max_tokens=1000)
    client = asked._client(300)
    expected = {
        "modelId": CLAUDE,
        "system": [{"text": "Read."}, {"cachePoint": {"type": "default"}}],
        "messages": [{"role": "user", "content": [{"text": "A text."}]}],
        "inferenceConfig": {"maxTokens": 1000, "temperature": 0.0},
        "toolConfig": {
            "tools": [
                {
                    "toolSpec": {
                        "name": "record_objects",
                        "description": ANY,
                        "inputSchema": {"json": dict(TOOL.schema)},
                    }
                }
            ],
            "toolChoice": {"tool": {"name": "record_objects"}},
        },
        "guardrailConfig": {"guardrailIdentifier": "abc123", "guardrailVersion": "2"},
    }
    with Stubber(client) as stub:
        used = {
            "inputTokens": 1000,
            "outputTokens": 100,
            "totalTokens": 4100,
            "cacheReadInputTokens": 2000,
            "cacheWriteInputTokens": 1000,
        }
        stub.add_response("converse", answer({"Task": []}, usage=used).body, expected)
        reply = asked.converse(REQUEST, control=Control())
    assert reply.stop_reason == "tool_use"
    assert reply.tool_inputs == ({"Task": []},)
    assert reply.usage == {
        "model_calls": 1,
        "input_tokens": 1000,
        "output_tokens": 100,
        "cache_read_tokens": 2000,
        "cache_write_tokens": 1000,
        "cost_microdollars": 3000 + 1500 + 600 + 3750,
    }


def test_the_ready_made_types_make_a_request_of_the_services_shape(
    fake: FakeBedrock, model: Make
) -> None:
    fake.answers = [answer({})]
    tool = build_tool(parse_object_types(ready_made_object_types()))
    model().converse(Request("Read.", tool, "A text."), control=Control())
    (asked,) = fake.asked
    assert asked["toolConfig"]["tools"][0]["toolSpec"]["inputSchema"]["json"] == tool.schema
    assert fake.paths == [f"/model/{CLAUDE}/converse"]


@pytest.mark.parametrize(
    ("model_id", "caching", "marked"),
    [
        (CLAUDE, "auto", True),
        ("arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-4-6", "auto", True),
        ("anthropic.claude-3-haiku-20240307-v1:0", "auto", False),
        ("amazon.nova-pro-v1:0", "auto", False),
        ("amazon.nova-pro-v1:0", "on", True),
        (CLAUDE, "off", False),
    ],
)  # fmt: skip
def test_cache_points_go_where_they_are_taken(
    fake: FakeBedrock, model: Make, model_id: str, caching: str, marked: bool
) -> None:
    fake.answers = [answer({})]
    model(model_id=model_id, prompt_caching=caching).converse(REQUEST, control=Control())
    assert ({"cachePoint": {"type": "default"}} in fake.asked[0]["system"]) is marked


@pytest.mark.parametrize(
    "body",
    [
        b"{not json",
        b"",
        b"[]",
        b"null",
        b'"text"',
        b"{}",
        b'{"output": {"message": {"content": [{"toolUse": {"name": "record"}}]}}, "usage": {"inputTokens": 1.5}}',
        b'{"output": {"message": {"content": [{"text": "no"}, {}]}}, "stopReason": "tool_use"}',
        b'{"output": {"message": {"content": [{"toolUse": {"name": "other"}}]}}, "usage": {"outputTokens": -3}}',
        b"[" * 100_000,
    ],
)  # fmt: skip
def test_an_answer_that_is_none_is_a_reply_that_was_paid_for(
    fake: FakeBedrock, model: Make, body: bytes
) -> None:
    fake.answers = [Answer(body)]
    reply = model(max_tries=1).converse(REQUEST, control=Control())
    assert reply.usage["model_calls"] == 1
    assert all(amount >= 0 for amount in reply.usage.values())
    assert not [given for given in reply.tool_inputs if given]
    assert len(fake.asked) == 1


def test_a_document_is_extracted_over_http_and_every_call_is_counted(
    fake: FakeBedrock, model: Make
) -> None:
    text = f"Plan\n\n{task_line(7)}\n"
    told: list[int] = []
    fake.answers = [
        error(429, "ThrottlingException"),
        answer({"wrong": 1}),
        answer(tasks_in(text)),
    ]
    whole = extract_document(
        ModelExtractor(model()),
        document(text),
        types(Task=TASK),
        Options(),
        control=Control(on_usage=lambda usage: told.append(usage["cost_microdollars"])),
    )
    (found,) = whole.extraction.objects
    assert found.properties["id"] == "T-7"
    assert whole.extraction.usage["model_calls"] == 2
    assert told == [4500, 4500]
    assert whole.extractor == "bedrock"
    assert CLAUDE in whole.version


def test_a_guardrail_leaves_the_rules_their_result(fake: FakeBedrock, model: Make) -> None:
    fake.answers = [answer(stop="guardrail_intervened")]
    text = "Invoice number: R-17\nTotal: 12.00\n"
    given = types(
        Invoice={
            "type": "object",
            "properties": {"invoice_number": {"type": "string"}, "total": {"type": "number"}},
        }
    )
    whole = extract_document(HybridExtractor(model()), document(text), given, Options())
    assert whole.extraction.objects[0].properties == {"invoice_number": "R-17", "total": 12}
    assert whole.extraction.review_reasons
    assert whole.extraction.usage["cost_microdollars"] == 4500


@pytest.mark.parametrize(
    "wrong",
    [
        {"model_id": ""},
        {"region": "nowhere"},
        {"temperature": 2},
        {"max_tokens": 1},
        {"input_price": -1},
        {"prompt_caching": "maybe"},
        {"max_tries": 0},
        {"guardrail_id": "abc"},
        {"longest_call_seconds": 5},
        {"unheard": 1},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        BedrockSettings(**{"model_id": CLAUDE, **wrong})
