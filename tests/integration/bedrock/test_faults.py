"""What each fault of Bedrock comes to, how often a call is made, and how long it is waited for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from extraction import (
    Control,
    MisconfiguredError,
    RetryableError,
    StoppedError,
)
from extraction.llm import InputTooLargeError, Request
from extraction.llm.tool import build_tool
from extraction_aws import bedrock
from tests.integration.bedrock.conftest import Clock, Make
from tests.integration.bedrock_server import CUT, HANG, RESET, Answer, FakeBedrock, answer, error
from tests.unit.extraction.llm.scripted import TASK, types

TOOL = build_tool(types(Task=TASK))
REQUEST = Request("Read.", TOOL, "A text.")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (429, "ThrottlingException"),
        (503, "ServiceUnavailableException"),
        (500, "InternalServerException"),
        (408, "ModelTimeoutException"),
        (424, "ModelErrorException"),
        (429, "ModelNotReadyException"),
        (502, ""),
        (504, ""),
    ],
)
def test_a_passing_fault_is_tried_again_as_often_as_the_budget_says(
    fake: FakeBedrock, model: Make, clock: Clock, status: int, code: str
) -> None:
    fake.answers = [error(status, code), error(status, code), answer({"Task": []})]
    assert model(max_tries=3).converse(REQUEST, control=Control()).tool_inputs == ({"Task": []},)
    assert len(fake.asked) == 3
    assert clock.now == pytest.approx(0.5 * (1 + 2))  # full jitter below a ceiling that doubles

    fake.answers, fake.asked[:] = [error(status, code)], []
    with pytest.raises(RetryableError) as raised:
        model(max_tries=3).converse(REQUEST, control=Control())
    assert len(fake.asked) == 3  # botocore adds none of its own
    assert raised.value.after_seconds


@pytest.mark.parametrize("fate", [RESET, CUT])
def test_a_broken_connection_is_tried_again_and_counted_as_a_call(
    fake: FakeBedrock, model: Make, fate: str
) -> None:
    told: list[Any] = []
    fake.answers = [Answer(answer({}).body, fate=fate), answer({"Task": []})]
    reply = model().converse(REQUEST, control=Control(on_usage=told.append))
    assert reply.usage["model_calls"] == 1
    assert told == [{"model_calls": 1}]
    assert len(fake.asked) == 2


def test_nobody_listening_is_a_fault_of_the_connection(
    model: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "http://127.0.0.1:9")
    with pytest.raises(RetryableError, match="BEDROCK_REGION"):
        model(max_tries=2).converse(REQUEST, control=Control())


def test_retry_after_is_honoured_if_it_fits_and_told_if_it_does_not(
    fake: FakeBedrock, model: Make, clock: Clock
) -> None:
    fake.answers = [error(429, "ThrottlingException", Retry_After="7"), answer({})]
    model().converse(REQUEST, control=Control())
    assert clock.now == pytest.approx(7)
    fake.answers = [error(503, "ServiceUnavailableException", Retry_After="120")]
    fake.asked.clear()
    with pytest.raises(RetryableError) as raised:
        model().converse(REQUEST, control=Control())
    assert raised.value.after_seconds == 120
    assert len(fake.asked) == 1


def test_a_daily_quota_is_not_knocked_at(fake: FakeBedrock, model: Make) -> None:
    fake.answers = [
        error(
            429, "ThrottlingException", "Too many tokens per day, please wait before trying again."
        )
    ]
    with pytest.raises(RetryableError) as raised:
        model().converse(REQUEST, control=Control())
    assert raised.value.after_seconds == 3600
    assert len(fake.asked) == 1


def test_a_slow_answer_is_not_paid_for_twice(
    fake: FakeBedrock, model: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bedrock, "READ_SECONDS", (0.3,))
    monkeypatch.setattr(bedrock, "CONNECT_SECONDS", 0.2)
    told: list[Any] = []
    fake.answers = [Answer(fate=HANG)]
    asked = model()
    asked._settings = asked._settings.model_copy(update={"longest_call_seconds": 0.3})
    with pytest.raises(RetryableError, match="did not answer"):
        asked.converse(REQUEST, control=Control(on_usage=told.append))
    assert len(fake.asked) == 1
    assert told == [{"model_calls": 1}]


def test_no_answer_in_the_last_seconds_of_an_invocation_is_no_fault(
    fake: FakeBedrock, model: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bedrock, "READ_SECONDS", (0.3,))
    fake.answers = [Answer(fate=HANG)]
    with pytest.raises(StoppedError):
        model().converse(REQUEST, control=Control(seconds_left=lambda: 8.0))
    assert len(fake.asked) == 1


@pytest.mark.parametrize(
    ("left", "read"), [(20, 10), (40, 30), (100, 90), (900, 300), (float("inf"), 300)]
)
def test_no_call_waits_longer_than_the_time_that_is_left(
    model: Make, left: float, read: int
) -> None:
    asked = model()
    assert asked._patience(Control(seconds_left=lambda: left))[0] == read
    config = asked._client(read).meta.config
    assert config.read_timeout == read < left
    assert config.retries == {"mode": "standard", "total_max_attempts": 1}
    assert config.tcp_keepalive
    assert asked._client(read) is asked._client(read)


def test_no_call_is_made_when_too_little_time_is_left_or_the_job_is_to_stop(
    fake: FakeBedrock, model: Make
) -> None:
    for control in (Control(seconds_left=lambda: 16.0), Control(should_stop=lambda: True)):
        with pytest.raises(StoppedError):
            model().converse(REQUEST, control=control)
    assert fake.asked == []


def test_a_pause_does_not_outlast_the_time_that_is_left(
    fake: FakeBedrock, model: Make, clock: Clock
) -> None:
    fake.answers = [error(503, "ServiceUnavailableException")]
    with pytest.raises(RetryableError):
        model(max_tries=20).converse(REQUEST, control=Control(seconds_left=lambda: 25 - clock.now))
    assert clock.now < 25 - 17


def test_a_pause_ends_when_the_job_is_to_stop(fake: FakeBedrock, model: Make, clock: Clock) -> None:
    fake.answers = [error(429, "ThrottlingException", Retry_After="18")]
    with pytest.raises(StoppedError):
        model().converse(REQUEST, control=Control(should_stop=lambda: clock.now >= 2))
    assert clock.now == pytest.approx(2)


@pytest.mark.parametrize(
    ("status", "code", "message", "hint"),
    [
        (403, "AccessDeniedException", "You don't have access to the model", "Enable the model"),
        (404, "ResourceNotFoundException", "gone", "BEDROCK_MODEL_ID"),
        (400, "ValidationException", "with on-demand throughput isn’t supported. Retry", "inference profile"),
        (400, "ValidationException", "The provided model identifier is invalid.", "BEDROCK_MODEL_ID"),
        (400, "ValidationException", "The maximum tokens you requested exceeds the model limit of 4096", "MAX_TOKENS"),
        (400, "ValidationException", "toolConfig.tools.0.toolSpec: bad: A text.", "toolConfig.tools.0.toolSpec"),
        (403, "UnrecognizedClientException", "The security token is invalid", "credentials"),
        (403, "InvalidSignatureException", "Signature expired", "clock"),
    ],
)  # fmt: skip
def test_what_only_an_operator_can_mend_is_said_at_once_and_in_words(
    fake: FakeBedrock, model: Make, status: int, code: str, message: str, hint: str
) -> None:
    fake.answers = [error(status, code, message)]
    with pytest.raises(MisconfiguredError) as raised:
        model().converse(REQUEST, control=Control())
    assert hint in str(raised.value)
    assert "A text." not in str(raised.value)
    assert len(fake.asked) == 1


@pytest.mark.parametrize(
    "message",
    [
        "The model returned the following errors: prompt is too long: 200049 tokens > 200000 maximum",
        "Input is too long for requested model.",
        "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000",
        "The model returned the following errors: too many total text bytes: 41 > 40",
    ],
)
def test_a_text_that_is_too_long_is_told_from_a_bad_request(
    fake: FakeBedrock, model: Make, message: str
) -> None:
    fake.answers = [error(400, "ValidationException", message)]
    with pytest.raises(InputTooLargeError):
        model().converse(REQUEST, control=Control())


def test_expired_credentials_are_read_anew(fake: FakeBedrock, model: Make) -> None:
    fake.answers = [error(403, "ExpiredTokenException"), answer({})]
    asked = model()
    before = asked._client(300)
    asked.converse(REQUEST, control=Control())
    assert asked._client(300) is not before


@pytest.mark.parametrize(
    ("message", "gone"),
    [
        (
            "The model returned the following errors: `temperature` is deprecated for this model.",
            "temperature",
        ),
        (
            "Malformed input request: #/system/1: extraneous key [cachePoint] is not permitted",
            "cachePoint",
        ),
        (
            "This model doesn't support the toolConfig.toolChoice.tool field. Remove it",
            '"tool": {"name"',
        ),
    ],
)
def test_what_a_model_refuses_is_left_out_from_then_on(
    fake: FakeBedrock, model: Make, message: str, gone: str
) -> None:
    fake.answers = [error(400, "ValidationException", message), answer({})]
    asked = model(max_tries=1)
    for _ in range(2):
        asked.converse(REQUEST, control=Control())
    sent = [json.dumps(body) for body in fake.asked]
    assert [gone in body for body in sent] == [True, False, False]
    fake.answers = [error(400, "ValidationException", message)]
    with pytest.raises(MisconfiguredError):
        asked.converse(REQUEST, control=Control())


def test_a_malformed_tool_call_that_is_told_as_an_error_is_a_reply_to_mend(
    fake: FakeBedrock, model: Make
) -> None:
    message = (
        "The model produced an invalid sequence as part of ToolUse. Please refer to the guide."
    )
    fake.answers = [error(424, "ModelErrorException", message)]
    told: list[Any] = []
    reply = model().converse(REQUEST, control=Control(on_usage=told.append))
    assert (reply.stop_reason, reply.tool_inputs) == ("malformed_tool_use", ())
    assert reply.usage == {"model_calls": 1}
    assert told == []  # whoever takes the reply counts it
    assert len(fake.asked) == 1
