"""What only OpenAI-compatible endpoints have: their forms of an answer, their keys, their many ways to complain."""

from __future__ import annotations

import json
from typing import Any

import pytest

from extraction import (
    Control,
    MisconfiguredError,
    RetryableError,
    StoppedError,
    parse_object_types,
    ready_made_object_types,
)
from extraction.llm import InputTooLargeError, Request
from extraction.llm.tool import build_tool
from tests.integration.model_server import HANG, Answer, FakeService, OpenAi
from tests.integration.models.conftest import CLAUDE, REQUEST, TOOL, Make

OPENAI = OpenAi()


def test_a_strict_schema_is_asked_for_first_and_its_nulls_are_left_out(
    fake: FakeService, make: Make
) -> None:
    fake.answers = [OPENAI.prose(json.dumps({"Task": [{"object_id": "t", "due": None}]}))]
    reply = make(OPENAI, model_max_tokens=1000).converse(REQUEST, control=Control())
    assert reply.tool_inputs == ({"Task": [{"object_id": "t"}]},)
    (asked,) = fake.asked
    assert fake.paths == ["/v1/chat/completions"]
    assert fake.keys == ["Bearer sk-secret"]
    assert (asked["model"], asked["max_tokens"], asked["temperature"]) == (CLAUDE, 1000, 0.0)
    form = asked["response_format"]["json_schema"]
    assert form["strict"] is True
    system, user = asked["messages"]
    assert system["content"].startswith("Read.\n")
    assert json.dumps(TOOL.schema, separators=(",", ":")) in system["content"]
    assert user == {"role": "user", "content": "A text."}


def test_every_object_of_the_ready_made_types_is_strict(fake: FakeService, make: Make) -> None:
    fake.answers = [OPENAI.prose("{}")]
    tool = build_tool(parse_object_types(ready_made_object_types()))
    make(OPENAI).converse(Request("Read.", tool, "A text."), control=Control())
    objects = _objects(fake.asked[0]["response_format"]["json_schema"]["schema"])
    assert len(objects) > 50
    assert [each for each in objects if not _is_strict(each)] == []


def _objects(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, list):
        return [found for each in node for found in _objects(each)]
    if not isinstance(node, dict):
        return []
    below = [found for each in node.values() for found in _objects(each)]
    return [node, *below] if node.get("type") == "object" else below


def _is_strict(schema: dict[str, Any]) -> bool:
    closed = schema["additionalProperties"] is False
    return closed and schema["required"] == list(schema["properties"])


def test_a_refusal_that_gives_no_reason_is_met_with_every_weaker_form(
    fake: FakeService, make: Make
) -> None:
    fake.answers = [OPENAI.error(400, "", "Bad Request")]
    with pytest.raises(MisconfiguredError, match=r"127\.0\.0\.1 found the request invalid"):
        make(OPENAI).converse(REQUEST, control=Control())
    assert [OPENAI.asked_for(body) for body in fake.asked] == [
        "JSON schema",
        "forced tool",
        "offered tool",
        "JSON in text",
    ]


def test_a_form_is_known_to_be_refused_by_many_words(fake: FakeService, make: Make) -> None:
    for message in (
        "tool_choice is not supported",
        "registry.ollama.ai/library/gemma does not support tools",
        '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
        "Invalid schema for response_format 'record_objects'",
        "failed to parse grammar",
    ):
        model = make(OPENAI, model_max_tries=1)
        fake.answers = [OPENAI.prose('{"Task": []}')]
        # With this the form is proven: only a clear word takes it away.
        model.converse(REQUEST, control=Control())
        fake.asked.clear()
        fake.answers = [OPENAI.error(400, "", message), OPENAI.found({"Task": []})]
        assert model.converse(REQUEST, control=Control()).tool_inputs == ({"Task": []},)
        assert [OPENAI.asked_for(body) for body in fake.asked] == ["JSON schema", "forced tool"]


def test_the_limit_of_an_answer_is_named_as_the_model_wants_it(
    fake: FakeService, make: Make
) -> None:
    message = (
        "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead."
    )
    fake.answers = [
        OPENAI.error(400, "unsupported_parameter", message),
        OPENAI.prose('{"Task": []}'),
    ]
    make(OPENAI).converse(REQUEST, control=Control())
    assert [name for body in fake.asked for name in body if name.startswith("max_")] == [
        "max_tokens",
        "max_completion_tokens",
    ]


TOO_LONG: list[Any] = [
    {"error": {"message": "maximum context length is 8192 tokens, however you requested 9000", "code": 400}},
    {"error": {"code": 400, "message": "the request exceeds the available context size", "type": "exceed_context"}},
    [{"error": {"code": 400, "message": "The input token count exceeds the maximum number of tokens allowed."}}],
    {"object": "error", "message": "Please reduce the length of the messages", "code": 400},
    {"type": "error", "error": {"type": "invalid_request_error", "message": "prompt is too long: 210000 tokens"}},
]  # fmt: skip


def test_a_text_that_is_too_long_is_known_by_the_words_of_every_endpoint(
    fake: FakeService, make: Make
) -> None:
    for body in TOO_LONG:
        fake.answers = [Answer(body, 400)]
        with pytest.raises(InputTooLargeError):
            make(OPENAI).converse(REQUEST, control=Control())


def test_a_quota_that_is_used_up_is_not_knocked_at(fake: FakeService, make: Make) -> None:
    fake.answers = [OPENAI.error(429, "insufficient_quota", "You exceeded your current quota")]
    with pytest.raises(RetryableError, match="quota"):
        make(OPENAI).converse(REQUEST, control=Control())
    assert len(fake.asked) == 1


def test_a_filter_is_told_as_one(fake: FakeService, make: Make) -> None:
    fake.answers = [OPENAI.error(400, "content_filter", "The response was filtered")]
    assert make(OPENAI).converse(REQUEST, control=Control()).stop_reason == "content_filtered"
    refusal = OPENAI.prose("")
    refusal.body["choices"][0]["message"]["refusal"] = "I cannot help with that."
    fake.answers = [refusal]
    assert make(OPENAI).converse(REQUEST, control=Control()).stop_reason == "content_filtered"


def test_a_key_that_was_rotated_is_read_anew(fake: FakeService, make: Make) -> None:
    keys = iter(["sk-old", "sk-new", "sk-new"])
    fake.answers = [OPENAI.refused("credentials"), OPENAI.prose('{"Task": []}')]
    assert make(OPENAI, lambda: next(keys)).converse(REQUEST, control=Control()).tool_inputs
    assert fake.keys == ["Bearer sk-old", "Bearer sk-new"]


def test_a_call_that_is_left_ends_at_the_server_too(fake: FakeService, make: Make) -> None:
    """A server of one's own would go on computing an answer that nobody waits for."""
    fake.answers = [Answer(fate=HANG)]
    with pytest.raises(StoppedError):
        make(OPENAI).converse(REQUEST, control=Control(should_stop=lambda: bool(fake.asked)))
    assert fake.left.wait(10)


def test_a_server_that_asks_for_no_key_gets_none(fake: FakeService, make: Make) -> None:
    fake.answers = [OPENAI.prose("{}")]
    make(OPENAI, str).converse(REQUEST, control=Control())
    assert fake.keys == ["Bearer none"]
