"""What every provider's model does, whatever becomes of its calls: one suite, each service in its own words."""

from __future__ import annotations

import time
from typing import Any

import pytest

from extraction import Control, MisconfiguredError, RetryableError, StoppedError
from extraction_models import asking, bedrock
from extraction_models.asking import AskedModel
from tests.integration.model_server import (
    CUT,
    DIALECTS,
    DRIP,
    HANG,
    LATE,
    RESET,
    Answer,
    Dialect,
    FakeService,
)
from tests.integration.models.conftest import REQUEST, Clock, Make

FOUND = {"Task": [{"object_id": "t1"}]}


@pytest.fixture(params=DIALECTS, ids=lambda dialect: dialect.provider)
def says(request: pytest.FixtureRequest) -> Dialect:
    dialect: Dialect = request.param
    return dialect


def impatient(model: AskedModel, monkeypatch: pytest.MonkeyPatch, seconds: float) -> AskedModel:
    """A model that waits no longer than this for an answer."""
    monkeypatch.setattr(asking, "LEAST_CALL_SECONDS", seconds)
    monkeypatch.setattr(asking, "CONNECT_SECONDS", 0.2)
    monkeypatch.setattr(bedrock, "READ_SECONDS", (seconds,))
    model._settings = model._settings.model_copy(update={"model_call_seconds": seconds})
    return model


@pytest.mark.parametrize("fate", ["", LATE])
def test_an_answer_is_read_and_what_it_cost_is_counted(
    fake: FakeService, make: Make, says: Dialect, fate: str
) -> None:
    used = {"input": 1000, "output": 100, "cached": 2000}
    fake.answers = [says.found(FOUND, used=used).by(fate)]
    reply = make(says).converse(REQUEST, control=Control())
    assert reply.stop_reason == "tool_use"
    assert reply.tool_inputs == (FOUND,)
    assert reply.usage == {
        "model_calls": 1,
        "input_tokens": 1000,
        "output_tokens": 100,
        "cache_read_tokens": 2000,
        "cache_write_tokens": 0,
        "cost_microdollars": 3000 + 1500 + 600,
    }


def test_a_passing_fault_is_tried_again_as_often_as_the_settings_say(
    fake: FakeService, make: Make, says: Dialect, clock: Clock
) -> None:
    for fault in ("throttled", "unavailable", "internal", "gateway"):
        error = says.refused(fault)
        fake.answers, fake.asked[:], clock.now = [error, error, says.found(FOUND)], [], 0.0
        assert make(says, model_max_tries=3).converse(REQUEST, control=Control()).tool_inputs
        assert len(fake.asked) == 3
        assert clock.now == pytest.approx(0.5 * (1 + 2))  # full jitter below a doubling ceiling

        fake.answers, fake.asked[:] = [error], []
        with pytest.raises(RetryableError) as raised:
            make(says, model_max_tries=3).converse(REQUEST, control=Control())
        assert len(fake.asked) == 3  # the SDK adds none of its own
        assert raised.value.after_seconds


@pytest.mark.parametrize("fate", [RESET, CUT])
def test_a_broken_connection_is_tried_again_and_counted_as_a_call(
    fake: FakeService, make: Make, says: Dialect, fate: str
) -> None:
    told: list[Any] = []
    fake.answers = [says.found(FOUND).by(fate), says.found(FOUND)]
    reply = make(says).converse(REQUEST, control=Control(on_usage=told.append))
    assert reply.usage["model_calls"] == 1
    assert told == [{"model_calls": 1}]
    assert len(fake.asked) == 2


def test_nobody_listening_is_a_fault_of_the_connection_and_costs_nothing(
    make: Make, says: Dialect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "http://127.0.0.1:9")
    told: list[Any] = []
    model = make(says, model_max_tries=2, model_base_url="http://127.0.0.1:9/v1")
    with pytest.raises(RetryableError, match=r"BEDROCK_REGION|MODEL_BASE_URL"):
        model.converse(REQUEST, control=Control(on_usage=told.append))
    assert told == []


def test_retry_after_is_honoured_if_it_fits_and_told_if_it_does_not(
    fake: FakeService, make: Make, says: Dialect, clock: Clock
) -> None:
    fake.answers = [says.refused("throttled", retry_after=7), says.found(FOUND)]
    make(says).converse(REQUEST, control=Control())
    assert clock.now == pytest.approx(7)
    fake.answers = [says.refused("unavailable", retry_after=120)]
    fake.asked.clear()
    with pytest.raises(RetryableError) as raised:
        make(says).converse(REQUEST, control=Control())
    assert raised.value.after_seconds == 120
    assert len(fake.asked) == 1


def test_a_daily_quota_is_not_knocked_at(fake: FakeService, make: Make, says: Dialect) -> None:
    fake.answers = [says.refused("daily")]
    with pytest.raises(RetryableError) as raised:
        make(says).converse(REQUEST, control=Control())
    assert raised.value.after_seconds == 3600
    assert len(fake.asked) == 1


@pytest.mark.parametrize("fate", [HANG, DRIP])
def test_an_answer_that_does_not_come_or_does_not_end_is_not_paid_for_twice(
    fake: FakeService, make: Make, says: Dialect, fate: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []
    fake.answers = [says.found(FOUND).by(fate)]
    with pytest.raises(RetryableError, match="did not answer"):
        impatient(make(says), monkeypatch, 0.5).converse(
            REQUEST, control=Control(on_usage=told.append)
        )
    assert len(fake.asked) == 1
    assert told == [{"model_calls": 1}]


def test_no_answer_in_the_last_seconds_of_an_invocation_is_no_fault(
    fake: FakeService, make: Make, says: Dialect, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.answers = [Answer(fate=HANG)]
    model = impatient(make(says), monkeypatch, 0.3)
    model._settings = model._settings.model_copy(update={"model_call_seconds": 300.0})
    with pytest.raises(StoppedError):
        model.converse(REQUEST, control=Control(seconds_left=lambda: 2.7))
    assert len(fake.asked) == 1


def test_a_call_under_way_is_left_as_soon_as_the_job_is_to_stop_and_counted(
    fake: FakeService, make: Make, says: Dialect
) -> None:
    """Stopped, as after a cancel, when the service has the question and does not answer."""
    told: list[Any] = []
    fake.answers = [Answer(fate=HANG)]
    begun = time.monotonic()
    with pytest.raises(StoppedError):
        make(says).converse(
            REQUEST, control=Control(should_stop=lambda: bool(fake.asked), on_usage=told.append)
        )
    assert time.monotonic() - begun < 30, "the answer would be waited for for five minutes"
    assert told == [{"model_calls": 1}]
    fake.answers = [says.found(FOUND)]
    assert make(says).converse(REQUEST, control=Control()).tool_inputs, "and the next one is asked"


def test_no_call_is_made_when_too_little_time_is_left_or_the_job_is_to_stop(
    fake: FakeService, make: Make, says: Dialect
) -> None:
    for control in (Control(seconds_left=lambda: 16.0), Control(should_stop=lambda: True)):
        with pytest.raises(StoppedError):
            make(says).converse(REQUEST, control=control)
    assert fake.asked == []


def test_a_pause_does_not_outlast_the_time_that_is_left(
    fake: FakeService, make: Make, says: Dialect, clock: Clock
) -> None:
    fake.answers = [says.refused("unavailable")]
    with pytest.raises(RetryableError):
        make(says, model_max_tries=10).converse(
            REQUEST, control=Control(seconds_left=lambda: 25 - clock.now)
        )
    assert clock.now < 25 - 17


def test_a_pause_ends_when_the_job_is_to_stop(
    fake: FakeService, make: Make, says: Dialect, clock: Clock
) -> None:
    fake.answers = [says.refused("throttled", retry_after=18)]
    with pytest.raises(StoppedError):
        make(says).converse(REQUEST, control=Control(should_stop=lambda: clock.now >= 2))
    assert clock.now == pytest.approx(2)


def test_what_only_an_operator_can_mend_is_said_at_once_and_never_quotes_anything(
    fake: FakeService, make: Make, says: Dialect, caplog: pytest.LogCaptureFixture
) -> None:
    for count, fault in enumerate(("forbidden", "not found", "credentials"), 1):
        fake.answers = [says.refused(fault)]
        with pytest.raises(MisconfiguredError) as raised:
            make(says).converse(REQUEST, control=Control())
        assert len(fake.asked) == count
        for told in (str(raised.value), caplog.text):
            assert "A text." not in told
            assert "sk-secret" not in told


def test_a_temperature_that_is_refused_is_left_out_from_then_on(
    fake: FakeService, make: Make, says: Dialect
) -> None:
    fake.answers = [says.refused("temperature"), says.found(FOUND)]
    model = make(says, model_max_tries=1)
    for _ in range(2):
        model.converse(REQUEST, control=Control())
    assert ['"temperature"' in str(body).replace("'", '"') for body in fake.asked] == [
        True,
        False,
        False,
    ]
    fake.answers = [says.refused("temperature")]
    with pytest.raises(MisconfiguredError, match="MODEL_TEMPERATURE"):
        model.converse(REQUEST, control=Control())


def test_a_form_that_is_refused_gives_way_to_a_weaker_one_from_then_on(
    fake: FakeService, make: Make, says: Dialect
) -> None:
    fake.answers = [says.refused("form"), says.found(FOUND)]
    model = make(says, model_max_tries=1)
    told: list[Any] = []
    for _ in range(2):
        model.converse(REQUEST, control=Control(on_usage=told.append))
    forms = [says.asked_for(body) for body in fake.asked]
    assert forms[0] != forms[1] == forms[2]
    assert told == [], "a refusal is not paid for"


def test_an_endpoint_that_takes_no_notice_of_a_form_is_asked_for_json_in_text(
    fake: FakeService, make: Make, says: Dialect
) -> None:
    """Each answer beside the form was paid for. Once a form has been kept to, prose is the model's own fault."""
    prose = says.prose("There are no tasks in this text.")
    fake.answers = [prose, prose, prose, says.prose('Here you are:\n```json\n{"Task": []}\n```')]
    told: list[Any] = []
    model = make(says, model_max_tries=1)
    reply = model.converse(REQUEST, control=Control(on_usage=told.append))
    while not reply.tool_inputs:
        reply = model.converse(REQUEST, control=Control())
    assert reply.tool_inputs == ({"Task": []},)
    assert says.asked_for(fake.asked[-1]) == "JSON in text"
    assert "JSON Schema" in str(fake.asked[-1])
    assert all(usage["cost_microdollars"] == 4500 for usage in told)
    asked = len(fake.asked)
    fake.answers = [prose]
    assert model.converse(REQUEST, control=Control()).tool_inputs == ()
    assert len(fake.asked) == asked + 1


NO_ANSWERS = [
    b"{not json",
    b"",
    b"[]",
    b"null",
    b"{}",
    b'{"output": {"message": {"content": [{"toolUse": {"name": "record"}}]}}, "usage": {"inputTokens": 1.5}}',
    b'{"output": {"message": {"content": [{"text": "no"}, {}]}}, "stopReason": "tool_use"}',
    b'{"output": {"message": {"content": [{"toolUse": {"name": "other"}}]}}, "usage": {"outputTokens": -3}}',
    b'{"choices": []}',
    b'{"choices": [{"message": {"tool_calls": [{"function": 1}, 2]}}], "usage": {"prompt_tokens": -1}}',
    b'{"choices": [{"finish_reason": 1, "message": {"content": ["{"]}}], "usage": 7}',
    b'{"choices": [{"message": {"tool_calls": [{"function": {"name": "record_objects", "arguments": "[1,"}}]}}]}',
    b"[" * 100_000,
]


def test_an_answer_that_is_none_is_a_reply_that_was_paid_for(
    fake: FakeService, make: Make, says: Dialect
) -> None:
    for count, body in enumerate(NO_ANSWERS, 1):
        fake.answers = [Answer(body)]
        reply = make(says, model_max_tries=1).converse(REQUEST, control=Control())
        assert reply.usage["model_calls"] == 1
        assert all(amount >= 0 for amount in reply.usage.values())
        assert not [given for given in reply.tool_inputs if given]
        assert len(fake.asked) == count
