"""A model behind any endpoint that speaks OpenAI's Chat Completions, by the official SDK."""

from __future__ import annotations

import json
import socket
import weakref
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from extraction.llm import conversation as talk
from extraction_models import faults
from extraction_models.faults import Fault, Kind, Words
from extraction_models.forms import in_words, json_in, strict
from extraction_models.provider import CONNECT_SECONDS, Form, Manner, field, tokens
from extraction_models.settings import ModelSettings

_ENDS = {
    "stop": talk.END_TURN,
    "tool_calls": talk.TOOL_USE,
    "function_call": talk.TOOL_USE,
    "length": talk.MAX_TOKENS,
    "content_filter": talk.FILTERED,
}
# llama.cpp's server tells some refusals as an error of its own.
_MAY_REFUSE = (400, 422, 500, 501)


class OpenAiProvider:
    """See Provider.

    Args:
        settings: which endpoint, which model.
        read_key: reads the endpoint's key, anew at each call of it.
    """

    name = "openai"
    forms: tuple[Form, ...] = (Form.SCHEMA, Form.TOOL, Form.OFFERED, Form.TEXT)
    optional = frozenset((Kind.TEMPERATURE_REFUSED, Kind.LIMIT_REFUSED))

    def __init__(self, settings: ModelSettings, read_key: Callable[[], str]) -> None:
        self.settings = f"endpoint={settings.model_base_url}"
        self.words = Words(
            service=urlsplit(settings.model_base_url).hostname or "The endpoint",
            where="MODEL_BASE_URL",
            credentials="the key in MODEL_API_KEY_SECRET_ARN",
            access="Check what the key in MODEL_API_KEY_SECRET_ARN may use.",
        )
        self._settings = settings
        self._read_key = read_key
        self._key: str | None = None
        self._client: Any = None
        self._sockets: list[socket.socket] = []

    def ask(self, request: talk.Request, manner: Manner) -> talk.Reply:
        """See Provider."""
        import openai

        if self._client is None:
            client = self._new_client()
            # Not __del__: of what the collector takes together, a socket may be asked first, and warns that it is open.
            self._at_end = weakref.finalize(self, client.close)
            self._client = client
        answer = self._client.chat.completions.with_raw_response.create(
            **self._parameters(request, manner),
            timeout=openai.Timeout(manner.seconds, connect=CONNECT_SECONDS),
        )
        return _reply(json.loads(answer.http_response.content), request.tool.name)

    def fault_of(self, error: Exception) -> Fault | None:
        """See Provider."""
        import openai

        fault = self.words.fault
        if isinstance(error, openai.APIStatusError):
            return self._told(error.status_code, error.body, error.response.headers)
        if isinstance(error, openai.APITimeoutError):
            if type(error.__cause__).__name__ == "ConnectTimeout":
                return fault(Kind.CONNECTION)
            return fault(Kind.READ_TIMEOUT, may_be_paid=True)
        if isinstance(error, openai.APIConnectionError):
            sent = type(error.__cause__).__name__ != "ConnectError"
            return fault(Kind.CONNECTION, may_be_paid=sent)
        if isinstance(error, ValueError | RecursionError):
            return None  # not JSON
        raise error

    def close(self) -> None:
        """See Provider."""
        for each in self._sockets:
            # Closing the client alone would not wake a thread that waits for an answer, nor tell the server.
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._sockets.clear()
        if self._client is not None:
            self._at_end()
            self._client = None

    def renew(self) -> bool:
        """See Provider."""
        self.close()
        before, self._key = self._key, self._read_key()
        return self._key != before

    def _told(self, status: int, body: object, headers: Mapping[str, str]) -> Fault:
        fault, after = self.words.fault, faults.retry_after(headers)
        kind = faults.BY_STATUS.get(status, Kind.INTERNAL if status >= 500 else Kind.UNKNOWN)
        said = json.dumps(body)
        if "content_filter" in said or "content management policy" in said:
            return fault(Kind.FILTERED)
        if kind is Kind.THROTTLED and ("insufficient_quota" in said or faults.is_by_the_day(said)):
            return fault(Kind.DAILY_LIMIT, after or faults.COME_BACK_TOMORROW_SECONDS)
        if kind is Kind.CREDENTIALS or (kind is Kind.INVALID and "api_key_invalid" in said.lower()):
            return fault(Kind.CREDENTIALS)
        if status in _MAY_REFUSE:
            kind = faults.refusal(said) or (Kind.UNCLEAR if kind is Kind.INVALID else kind)
        return fault(kind, after, may_be_paid=kind in (Kind.MODEL_TIMEOUT, Kind.MODEL_ERROR))

    def _parameters(self, request: talk.Request, manner: Manner) -> dict[str, Any]:
        settings, form, tool = self._settings, manner.form, request.tool
        limit = "max_completion_tokens" if Kind.LIMIT_REFUSED in manner.without else "max_tokens"
        parameters: dict[str, Any] = {"model": settings.model_id, limit: settings.model_max_tokens}
        if (
            settings.model_temperature is not None
            and Kind.TEMPERATURE_REFUSED not in manner.without
        ):
            parameters["temperature"] = settings.model_temperature
        system = request.system
        if form in (Form.SCHEMA, Form.TEXT):
            # An endpoint that enforces a schema need not show it to the model.
            system = f"{system}\n\n{in_words(tool)}"
        if form is Form.SCHEMA:
            schema = {"name": tool.name, "schema": strict(tool.schema), "strict": True}
            parameters["response_format"] = {"type": "json_schema", "json_schema": schema}
        if form in (Form.TOOL, Form.OFFERED):
            function = {
                "name": tool.name,
                "description": tool.description,
                "parameters": dict(tool.schema),
            }
            parameters["tools"] = [{"type": "function", "function": function}]
        if form is Form.TOOL:
            parameters["tool_choice"] = {"type": "function", "function": {"name": tool.name}}
        parameters["messages"] = [
            {"role": "system", "content": system},
            {"role": "user", "content": request.text},
        ]
        return parameters

    def _new_client(self) -> Any:
        import openai

        if self._key is None:
            self._key = self._read_key()
        return openai.OpenAI(
            base_url=self._settings.model_base_url,
            # The SDK wants one, also for a server that asks for none.
            api_key=self._key or "none",
            max_retries=0,
            http_client=openai.DefaultHttpxClient(
                event_hooks={"request": [_noting(self._sockets)]}
            ),
        )


def _noting(sockets: list[socket.socket]) -> Callable[[Any], None]:
    """Return what has an HTTP client keep the socket of its last connection in a list."""

    def note(event: str, info: Mapping[str, Any]) -> None:
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            sockets[:] = [info["return_value"].get_extra_info("socket")]

    def follow(request: Any) -> None:
        request.extensions["trace"] = note

    return follow


def _reply(response: object, tool: str) -> talk.Reply:
    """Read an answer, whatever is missing from it."""
    usage = field(response, "usage")
    cached = tokens(field(field(usage, "prompt_tokens_details"), "cached_tokens"))
    used = {
        "input_tokens": max(0, tokens(field(usage, "prompt_tokens")) - cached),
        "output_tokens": tokens(field(usage, "completion_tokens")),
        "cache_read_tokens": cached,
        "cache_write_tokens": 0,
    }
    choices = field(response, "choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message, reason = field(choice, "message"), field(choice, "finish_reason")
    end = _ENDS.get(reason, reason) if isinstance(reason, str) and reason else talk.MALFORMED_OUTPUT
    if field(message, "refusal"):
        return talk.Reply(talk.FILTERED, (), used)
    if end in (talk.MAX_TOKENS, talk.FILTERED):
        return talk.Reply(end, (), used)
    calls = field(message, "tool_calls")
    functions = [field(call, "function") for call in (calls if isinstance(calls, list) else ())]
    arguments = [
        field(function, "arguments") for function in functions if field(function, "name") == tool
    ]
    if not arguments:
        content = field(message, "content")
        return talk.Reply(end, json_in(content) if isinstance(content, str) else (), used)
    try:
        inputs = tuple(json.loads(each) if isinstance(each, str) else each for each in arguments)
    except (ValueError, RecursionError):
        return talk.Reply(talk.MALFORMED_TOOL_USE, (), used)
    return talk.Reply(end, inputs, used)
