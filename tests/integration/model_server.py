"""A server on 127.0.0.1 that answers as models' services do, well or badly, and counts what it is asked.

What is served is the same for all services; a Dialect says it in the words of one.
"""

from __future__ import annotations

import json
import select
import socket
import struct
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import unquote

from tests.serving import serving

HANG = "hang"
"""Never answers."""
RESET = "reset"
"""Cuts the connection before it answers."""
CUT = "cut"
"""Cuts it in the middle of the answer."""
LATE = "late"
"""Answers after half a second, in pieces."""
DRIP = "drip"
"""Answers a letter at a time, each before a client loses its patience, without end."""


@dataclass(frozen=True)
class Answer:
    """One answer. `body` is bytes or what becomes JSON."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    fate: str = ""

    def by(self, fate: str) -> Answer:
        return replace(self, fate=fate)


USED = {"input": 1000, "output": 100, "cached": 0}


class Dialect(Protocol):
    """The words of one service."""

    provider: str

    def found(self, *inputs: Any, stop: str = "tool_use", used: Mapping[str, int] = USED) -> Answer:
        """What a model found: the inputs of its calls of the tool, or of its answer as JSON."""
        ...

    def prose(self, text: str) -> Answer:
        """An answer in words instead."""
        ...

    def refused(self, what: str, *, retry_after: int | None = None) -> Answer:
        """An error that all services have: see the keys of the dialects."""
        ...

    def asked_for(self, body: Mapping[str, Any]) -> str:
        """The form in which a question asks for its answer."""
        ...


_BEDROCK_ERRORS = {
    "throttled": (429, "ThrottlingException", "Too many requests"),
    "daily": (429, "ThrottlingException", "Too many tokens per day, please wait."),
    "unavailable": (503, "ServiceUnavailableException", ""),
    "internal": (500, "InternalServerException", ""),
    "gateway": (502, "", ""),
    "forbidden": (403, "AccessDeniedException", "You don't have access: A text."),
    "not found": (404, "ResourceNotFoundException", "gone: A text."),
    "credentials": (403, "UnrecognizedClientException", "The security token is invalid"),
    "too long": (400, "ValidationException", "Input is too long for requested model."),
    "temperature": (400, "ValidationException", "`temperature` is deprecated for this model."),
    "form": (400, "ValidationException", "This model doesn't support the toolConfig.toolChoice.tool field."),
}  # fmt: skip


class Bedrock:
    provider = "bedrock"

    def found(self, *inputs: Any, stop: str = "tool_use", used: Mapping[str, int] = USED) -> Answer:
        content = [
            {"toolUse": {"toolUseId": f"t{n}", "name": "record_objects", "input": given}}
            for n, given in enumerate(inputs)
        ]
        return self._message(content, stop, used)

    def prose(self, text: str) -> Answer:
        return self._message([{"text": text}], "end_turn", USED)

    def _message(self, content: Any, stop: str, used: Mapping[str, int]) -> Answer:
        usage = {"inputTokens": used["input"], "outputTokens": used["output"]}
        usage |= {"totalTokens": sum(used.values()), "cacheReadInputTokens": used["cached"]}
        return Answer(
            {
                "output": {"message": {"role": "assistant", "content": content}},
                "stopReason": stop,
                "usage": usage,
                "metrics": {"latencyMs": 1},
            }
        )

    def refused(self, what: str, *, retry_after: int | None = None) -> Answer:
        return self.error(*_BEDROCK_ERRORS[what], retry_after=retry_after)

    def error(
        self, status: int, code: str, message: str = "", retry_after: int | None = None
    ) -> Answer:
        headers = {"x-amzn-ErrorType": f"{code}:http://internal.amazon.com/"} if code else {}
        headers |= {} if retry_after is None else {"Retry-After": str(retry_after)}
        return Answer({"message": message}, status, headers)

    def asked_for(self, body: Mapping[str, Any]) -> str:
        if "toolConfig" not in body:
            return "JSON in text"
        return "forced tool" if "tool" in body["toolConfig"]["toolChoice"] else "offered tool"


_OPENAI_STOPS = {
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "guardrail_intervened": "content_filter",
}


_OPENAI_ERRORS = {
    "throttled": (429, "rate_limit_exceeded", "Rate limit reached"),
    "daily": (429, "rate_limit_exceeded", "Rate limit reached on requests per day (RPD)"),
    "unavailable": (503, "", "Overloaded"),
    "internal": (500, "server_error", ""),
    "gateway": (502, "", ""),
    "forbidden": (403, "", "Project does not have access: A text."),
    "not found": (404, "model_not_found", "The model does not exist: A text."),
    "credentials": (401, "invalid_api_key", "Incorrect API key provided: sk-secret."),
    "too long": (400, "context_length_exceeded", "This model's maximum context length is 8192 tokens."),
    "temperature": (400, "unsupported_value", "'temperature' does not support 0 with this model."),
    "form": (400, "", "'response_format' of type 'json_schema' is not supported."),
}  # fmt: skip


class OpenAi:
    provider = "openai"

    def found(self, *inputs: Any, stop: str = "tool_use", used: Mapping[str, int] = USED) -> Answer:
        calls = [
            {"id": f"t{n}", "type": "function", "function": {"name": "record_objects", "arguments": json.dumps(given)}}
            for n, given in enumerate(inputs)
        ]  # fmt: skip
        return self._message({"content": None, "tool_calls": calls}, _OPENAI_STOPS[stop], used)

    def prose(self, text: str) -> Answer:
        return self._message({"content": text}, "stop", USED)

    def _message(self, message: Any, stop: str, used: Mapping[str, int]) -> Answer:
        usage = {
            "prompt_tokens": used["input"] + used["cached"],
            "completion_tokens": used["output"],
            "total_tokens": sum(used.values()),
            "prompt_tokens_details": {"cached_tokens": used["cached"]},
        }
        choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": stop}
        return Answer({"object": "chat.completion", "choices": [choice], "usage": usage})

    def refused(self, what: str, *, retry_after: int | None = None) -> Answer:
        return self.error(*_OPENAI_ERRORS[what], retry_after=retry_after)

    def error(
        self, status: int, code: str, message: str = "", retry_after: int | None = None
    ) -> Answer:
        body = {"error": {"message": message, "type": "error", "param": None, "code": code}}
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        return Answer(body, status, headers)

    def asked_for(self, body: Mapping[str, Any]) -> str:
        if "response_format" in body:
            return "JSON schema"
        if "tools" not in body:
            return "JSON in text"
        return "forced tool" if "tool_choice" in body else "offered tool"


DIALECTS: tuple[Dialect, ...] = (Bedrock(), OpenAi())


@dataclass
class FakeService:
    """`answers` are given in turn, the last one again and again. `asked` are the bodies that came."""

    url: str = ""
    answers: list[Answer] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)
    # Set when a client gave up an answer that never came.
    left: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self, path: str, key: str, body: bytes) -> Answer:
        with self.lock:
            self.paths.append(unquote(path))
            self.keys.append(key)
            self.asked.append(json.loads(body))
            return self.answers[min(len(self.asked), len(self.answers)) - 1]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    fake: FakeService

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that gave up is expected here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        given = self.server.fake.next(
            self.path,
            self.headers.get("authorization", ""),
            self.rfile.read(int(self.headers["content-length"])),
        )
        if given.fate in (HANG, RESET):
            self.close_connection = True
            self._hang() if given.fate == HANG else self._reset()
            return
        if given.fate == LATE:
            time.sleep(0.5)
        content = given.body if isinstance(given.body, bytes) else json.dumps(given.body).encode()
        self.send_response(given.status)
        self.send_header("content-type", "application/json")
        more = {CUT: 10, DRIP: 100_000}.get(given.fate, 0)
        self.send_header("content-length", str(len(content) + more))
        for name, value in given.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if given.fate == LATE:
            for at in range(0, len(content), 50):
                self.wfile.write(content[at : at + 50])
                self.wfile.flush()
        elif given.fate == DRIP:
            while not self.server.fake.release.wait(0.1):
                self.wfile.write(b" ")
                self.wfile.flush()
        else:
            self.wfile.write(content)
        self.close_connection = given.fate in (CUT, DRIP)

    def _hang(self) -> None:
        while not self.server.fake.release.wait(0.05):
            if select.select([self.connection], [], [], 0)[0]:
                self.server.fake.left.set()
                return

    def _reset(self) -> None:
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()

    def log_message(self, *args: Any) -> None:
        """Nothing to say."""


@contextmanager
def model_service() -> Iterator[FakeService]:
    """The server, while it runs."""
    fake = FakeService()
    server = _Server(("127.0.0.1", 0), _Handler)
    server.fake = fake
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    with serving(server):
        try:
            yield fake
        finally:
            fake.release.set()
