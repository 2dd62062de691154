"""A server on 127.0.0.1 that answers as Bedrock's Converse API does, well or badly, and counts what it is asked."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

HANG = "hang"
RESET = "reset"
CUT = "cut"


@dataclass(frozen=True)
class Answer:
    """One answer. An `error` goes into the header that tells botocore its code."""

    body: Any = None
    status: int = 200
    error: str = ""
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    fate: str = ""


def answer(
    *inputs: Any, stop: str = "tool_use", usage: Any = None, tool: str = "record_objects"
) -> Answer:
    used = (
        {"inputTokens": 1000, "outputTokens": 100, "totalTokens": 1100} if usage is None else usage
    )
    content = [
        {"toolUse": {"toolUseId": f"t{n}", "name": tool, "input": given}}
        for n, given in enumerate(inputs)
    ]
    return Answer(
        {
            "output": {"message": {"role": "assistant", "content": content}},
            "stopReason": stop,
            "usage": used,
            "metrics": {"latencyMs": 1},
        }
    )


def error(status: int, code: str, message: str = "", **headers: str) -> Answer:
    return Answer(
        {"message": message},
        status,
        code,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


@dataclass
class FakeBedrock:
    """`answers` are given in turn, the last one again and again. `asked` are the bodies that came."""

    url: str = ""
    answers: list[Answer] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self, path: str, body: bytes) -> Answer:
        with self.lock:
            self.paths.append(unquote(path))
            self.asked.append(json.loads(body))
            return self.answers[min(len(self.asked), len(self.answers)) - 1]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    fake: FakeBedrock

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that gave up is expected here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        given = self.server.fake.next(
            self.path, self.rfile.read(int(self.headers["content-length"]))
        )
        if given.fate == HANG:
            self.server.fake.release.wait(60)
            self.close_connection = True
            return
        if given.fate == RESET:
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()
            self.close_connection = True
            return
        content = given.body if isinstance(given.body, bytes) else json.dumps(given.body).encode()
        self.send_response(given.status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content) + (10 if given.fate == CUT else 0)))
        if given.error:
            self.send_header("x-amzn-ErrorType", f"{given.error}:http://internal.amazon.com/")
        for name, value in given.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
        self.close_connection = given.fate == CUT

    def log_message(self, *args: Any) -> None:
        """Nothing to say."""


@contextmanager
def serving() -> Iterator[FakeBedrock]:
    """The server, while it runs."""
    fake = FakeBedrock()
    server = _Server(("127.0.0.1", 0), _Handler)
    server.fake = fake
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        fake.release.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
