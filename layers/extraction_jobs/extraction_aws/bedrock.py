"""A model on Amazon Bedrock, by its Converse API.

Each call is paid for, so nothing is sent twice without being counted: botocore's own retries are off. They would
re-send a call whose answer is only slow, three times at its default read timeout, and never try again where it is
worth it (a model's timeout or error). docs/bedrock.md has the table of errors.
"""

from __future__ import annotations

import logging
import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from extraction.errors import MisconfiguredError, RetryableError, StoppedError
from extraction.llm.conversation import (
    MALFORMED_OUTPUT,
    MALFORMED_TOOL_USE,
    InputTooLargeError,
    Reply,
    Request,
)
from extraction.model import Control
from extraction_aws.bedrock_errors import Fault, Kind, fault_of

logger = logging.getLogger(__name__)

_Price = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)]

CONNECT_SECONDS = 5
# A client has one read timeout, so there is a client for each of these; the longest that ends in time is taken.
READ_SECONDS = (10, 20, 30, 45, 60, 90, 120, 180, 240, 300, 420, 600)
# Left for reading the answer and noting it down, once it has come.
SPARE_SECONDS = 2.0
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 20.0
# How long a job should wait when the tries in here are used up and the service did not say.
_COME_BACK_SECONDS = 60.0


class BedrockSettings(BaseModel):
    """Which model is asked, how, and what it costs.

    Prices are in US dollars per million tokens. The region is the function's own if None. A temperature of None is
    not sent: the newest models refuse any. `longest_call_seconds` bounds one call, whatever time is left.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model_id: str = Field(min_length=1, max_length=2048)
    region: str | None = Field(default=None, pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")
    temperature: float | None = Field(default=0.0, ge=0, le=1, allow_inf_nan=False)
    max_tokens: int = Field(default=8_192, ge=256, le=200_000)
    input_price: _Price = 0.0
    output_price: _Price = 0.0
    cache_read_price: _Price = 0.0
    cache_write_price: _Price = 0.0
    prompt_caching: Literal["auto", "on", "off"] = "auto"
    max_tries: int = Field(default=4, ge=1, le=20)
    guardrail_id: str | None = Field(default=None, min_length=1, max_length=2048)
    guardrail_version: str | None = Field(default=None, pattern=r"^([1-9]\d{0,7}|DRAFT)$")
    longest_call_seconds: float = Field(default=300, ge=READ_SECONDS[0], le=READ_SECONDS[-1])

    @model_validator(mode="after")
    def _guardrail_is_whole(self) -> Self:
        if (self.guardrail_id is None) != (self.guardrail_version is None):
            raise ValueError(
                "BEDROCK_GUARDRAIL_ID and BEDROCK_GUARDRAIL_VERSION are set together or not at all"
            )
        return self


@dataclass(frozen=True, slots=True)
class _Features:
    """What is sent beside the question. What the model refuses is left out from then on."""

    temperature: bool
    caching: bool
    forced_tool: bool = True

    def without(self, kind: Kind) -> _Features | None:
        """Return these without what was refused, or None if that was not sent."""
        if kind is Kind.TEMPERATURE_REFUSED and self.temperature:
            return _Features(False, self.caching, self.forced_tool)
        if kind is Kind.CACHING_REFUSED and self.caching:
            return _Features(self.temperature, False, self.forced_tool)
        if kind is Kind.TOOL_CHOICE_REFUSED and self.forced_tool:
            return _Features(self.temperature, self.caching, False)
        return None


class BedrockModel:
    """See `extraction.llm.Model`.

    Args:
        settings: which model, how.
        sleep, clock, random: time and chance, for tests.
    """

    name = "bedrock"

    def __init__(
        self,
        settings: BedrockSettings,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        random: Callable[[], float] = random.random,
    ) -> None:
        self.model_id = settings.model_id
        self.settings = (
            f"temperature={settings.temperature} max_tokens={settings.max_tokens}"
            f" guardrail={settings.guardrail_id}:{settings.guardrail_version}"
        )
        self._settings = settings
        self._sleep = sleep
        self._clock = clock
        self._random = random
        self._clients: dict[int, Any] = {}
        self._features = _Features(settings.temperature is not None, _caches(settings))

    def converse(self, request: Request, *, control: Control) -> Reply:
        """See Model.converse."""
        tries = 0
        while True:
            read_seconds, cut_short = self._patience(control)
            fault = self._try(request, read_seconds, control)
            if isinstance(fault, Reply):
                return fault
            if self._can_do_without(fault.kind):
                continue  # refused before it was read: not a try, and nothing was paid
            tries += 1
            self._give_up_if_hopeless(fault, cut_short)
            if tries >= self._settings.max_tries:
                raise RetryableError(
                    fault.sentence, after_seconds=fault.after_seconds or _COME_BACK_SECONDS
                )
            self._pause(fault, tries, control)

    def _try(self, request: Request, read_seconds: int, control: Control) -> Reply | Fault:
        from botocore.exceptions import BotoCoreError, ClientError

        client, parameters = self._client(read_seconds), self._parameters(request)
        try:
            response = client.converse(**parameters)
        except (ClientError, BotoCoreError) as error:
            fault = fault_of(error)
            if fault.kind is Kind.MALFORMED_TOOL_USE:
                return Reply(MALFORMED_TOOL_USE, (), {"model_calls": 1})
            if fault.may_be_paid:
                # What it cost is known to the service alone; that there was a call is known here.
                control.on_usage({"model_calls": 1})
            logger.warning("Bedrock: %s", fault.kind)
            if fault.kind is Kind.EXPIRED:
                self._clients.clear()  # a new client reads its credentials anew
            return fault
        except Exception as error:  # noqa: BLE001 - botocore has no one error for an answer that is none
            logger.warning("Bedrock: an answer that cannot be read (%s)", type(error).__name__)
            return Reply(MALFORMED_OUTPUT, (), {"model_calls": 1})
        return self._reply(response, request.tool.name)

    def _patience(self, control: Control) -> tuple[int, bool]:
        """Return how long to wait for an answer, and whether time would have allowed more but for the caller's end."""
        if control.should_stop():
            raise StoppedError("The chunk was left undone because the extractor was told to stop.")
        left = control.seconds_left() - CONNECT_SECONDS - SPARE_SECONDS
        longest = self._settings.longest_call_seconds
        fitting = [seconds for seconds in READ_SECONDS if seconds <= min(left, longest)]
        if not fitting:
            raise StoppedError("The chunk was left undone: too little time is left for a call.")
        return fitting[-1], left < longest

    def _can_do_without(self, kind: Kind) -> bool:
        rest = self._features.without(kind)
        if rest is None:
            return False
        logger.warning("Bedrock: the model does not take what was sent (%s); it is left out", kind)
        self._features = rest
        return True

    def _give_up_if_hopeless(self, fault: Fault, cut_short: bool) -> None:
        if fault.kind is Kind.TOO_LONG:
            raise InputTooLargeError(fault.sentence)
        if fault.kind is Kind.READ_TIMEOUT:
            # The same question takes the same time again, and is paid again: it is not sent a second time. If only
            # this invocation's end was near, the next one has more time.
            if cut_short:
                raise StoppedError(
                    "The chunk was left undone: no answer came in the time that was left."
                )
            raise RetryableError(fault.sentence, after_seconds=fault.after_seconds)
        if fault.kind.is_permanent:
            raise MisconfiguredError(fault.sentence)
        if not fault.kind.is_worth_another_try:
            raise RetryableError(
                fault.sentence, after_seconds=fault.after_seconds or _COME_BACK_SECONDS
            )

    def _pause(self, fault: Fault, tries: int, control: Control) -> None:
        """Wait before the next try: as long as the service asks, or anything up to twice as long as the last time."""
        ceiling = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2 ** (tries - 1))
        pause = fault.after_seconds if fault.after_seconds is not None else self._random() * ceiling
        least = READ_SECONDS[0] + CONNECT_SECONDS + SPARE_SECONDS
        if pause > min(_LONGEST_PAUSE_SECONDS, control.seconds_left() - least):
            raise RetryableError(fault.sentence, after_seconds=max(pause, 1.0))
        until = self._clock() + pause
        while (left := until - self._clock()) > 0:
            if control.should_stop():
                raise StoppedError(
                    "The chunk was left undone because the extractor was told to stop."
                )
            self._sleep(min(left, 1.0))

    def _parameters(self, request: Request) -> dict[str, Any]:
        settings, features = self._settings, self._features
        system: list[dict[str, Any]] = [{"text": request.system}]
        tools: list[dict[str, Any]] = [
            {
                "toolSpec": {
                    "name": request.tool.name,
                    "description": request.tool.description,
                    "inputSchema": {"json": dict(request.tool.schema)},
                }
            }
        ]
        if features.caching:
            # Tools come before the system prompt in what is cached: one point behind both covers both.
            system.append({"cachePoint": {"type": "default"}})
        inference: dict[str, Any] = {"maxTokens": settings.max_tokens}
        if features.temperature:
            inference["temperature"] = settings.temperature
        choice = {"tool": {"name": request.tool.name}} if features.forced_tool else {"auto": {}}
        parameters: dict[str, Any] = {
            "modelId": settings.model_id,
            "system": system,
            "messages": [{"role": "user", "content": [{"text": request.text}]}],
            "inferenceConfig": inference,
            "toolConfig": {"tools": tools, "toolChoice": choice},
        }
        if settings.guardrail_id is not None:
            parameters["guardrailConfig"] = {
                "guardrailIdentifier": settings.guardrail_id,
                "guardrailVersion": settings.guardrail_version,
            }
        return parameters

    def _reply(self, response: Mapping[str, Any], tool: str) -> Reply:
        """Read an answer, whatever is missing from it."""
        usage = response.get("usage")
        used = usage if isinstance(usage, Mapping) else {}
        tokens = {
            "input_tokens": _count(used.get("inputTokens")),
            "output_tokens": _count(used.get("outputTokens")),
            "cache_read_tokens": _count(used.get("cacheReadInputTokens")),
            "cache_write_tokens": _count(used.get("cacheWriteInputTokens")),
        }
        message = response.get("output", {}).get("message") or {}
        inputs = tuple(
            block["toolUse"].get("input")
            for block in message.get("content") or ()
            if isinstance(block.get("toolUse"), Mapping) and block["toolUse"].get("name") == tool
        )
        reason = response.get("stopReason")
        return Reply(
            reason if isinstance(reason, str) and reason else MALFORMED_OUTPUT,
            inputs,
            {"model_calls": 1, **tokens, "cost_microdollars": self._cost(tokens)},
        )

    def _cost(self, tokens: Mapping[str, int]) -> int:
        # Dollars per million tokens are microdollars per token.
        settings = self._settings
        cost = (
            tokens["input_tokens"] * settings.input_price
            + tokens["output_tokens"] * settings.output_price
            + tokens["cache_read_tokens"] * settings.cache_read_price
            + tokens["cache_write_tokens"] * settings.cache_write_price
        )
        return round(cost)

    def _client(self, read_seconds: int) -> Any:
        client = self._clients.get(read_seconds)
        if client is None:
            client = self._clients[read_seconds] = _new_client(self._settings.region, read_seconds)
        return client


def _new_client(region: str | None, read_seconds: int) -> Any:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    try:
        return boto3.client(
            "bedrock-runtime",
            region_name=region,
            config=Config(
                connect_timeout=CONNECT_SECONDS,
                read_timeout=read_seconds,
                retries={"mode": "standard", "total_max_attempts": 1},
                # An answer may take longer than a NAT gateway keeps a silent connection (350 s).
                tcp_keepalive=True,
            ),
        )
    except BotoCoreError as error:
        raise MisconfiguredError(
            f"No client for Bedrock could be made ({type(error).__name__}). Check BEDROCK_REGION and boto3's version."
        ) from None


def _caches(settings: BedrockSettings) -> bool:
    """Tell whether to mark what can be cached. Of all families only Claude takes the mark wherever it may stand."""
    if settings.prompt_caching == "auto":
        return (
            re.search(
                r"anthropic\.claude(?!-(?:v2|instant|3-(?:sonnet|opus|haiku)-))", settings.model_id
            )
            is not None
        )
    return settings.prompt_caching == "on"


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
