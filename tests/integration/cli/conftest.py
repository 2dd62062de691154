"""The command as a person runs it, against the real handlers behind a small HTTP server on this machine."""

from __future__ import annotations

import io
import json
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

import api as api_function
from extraction_jobs_cli import main
from tests.integration.conftest import OPERATOR, ORG, PROJECT, Api, Invoke, JobsQueue, sqs_event
from tests.integration.lambda_events import lambda_context, request
from tests.serving import Asked, Reply, answering

TOKEN = "a.good.token"


@dataclass
class Deployment:
    """API Gateway's part: it lets in who has the token, and hands each request to the API's function.

    `instead` may answer in the function's place: status, headers, body. `lost` may answer after the function has done
    its work.
    """

    url: str = ""
    requests: list[str] = field(default_factory=list)
    instead: Callable[[str], tuple[int, dict[str, str], bytes] | None] = lambda _: None
    lost: Callable[[str], tuple[int, dict[str, str], bytes] | None] = lambda _: None

    def reply(self, asked: Asked) -> Reply:
        """What API Gateway answers."""
        line = f"{asked.method} {asked.path}"
        self.requests.append(line)
        if made_up := self.instead(line):
            return made_up
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return 401, {"Content-Type": "application/json"}, b'{"message":"Unauthorized"}'
        parts = urlsplit(asked.path)
        event = request(
            asked.method,
            parts.path,
            query=parse_qsl(parts.query),
            text=asked.body.decode() or None,
            headers=asked.headers,
            claims=OPERATOR,
        )
        given = api_function.handler(event, lambda_context())
        if made_up := self.lost(line):
            return made_up
        return given["statusCode"], given["headers"], (given["body"] or "").encode()


@pytest.fixture
def deployment(api: Api) -> Iterator[Deployment]:
    """See Deployment; it answers on 127.0.0.1 until the test ends."""
    deployment = Deployment()
    with answering(deployment.reply) as deployment.url:
        yield deployment


@dataclass(frozen=True)
class Ran:
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it wrote, parsed."""
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def run(
    deployment: Deployment,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Run:
    """Runs `extraction-jobs` with these words, its address and token in the environment; `stdin` may be typed."""
    monkeypatch.setenv("EXTRACTION_JOBS_CONFIG", str(tmp_path / "config.toml"))
    for name, value in (
        *(("URL", deployment.url), ("TOKEN", TOKEN), ("ORG", ORG), ("PROJECT", PROJECT)),
    ):
        monkeypatch.setenv(f"EXTRACTION_JOBS_{name}", value)

    def call(*words: object, stdin: bytes = b"", terminal: bool = False) -> Ran:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["extraction-jobs", *map(str, words)])
        typed = io.BytesIO(stdin)
        typed.isatty = lambda: terminal  # type: ignore[method-assign]
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(typed))
        code: object = 0
        try:
            main.run()
        except SystemExit as ended:
            code = ended.code
        captured = capsys.readouterr()
        return Ran(
            int(code or 0) if isinstance(code, int | None) else 1, captured.out, captured.err
        )

    return call


@pytest.fixture
def at_work(work: Invoke, jobs_queue: JobsQueue) -> Iterator[None]:
    """A worker that takes each message while the command waits."""
    ended = threading.Event()

    def serve() -> None:
        while not ended.wait(0.02):
            for body in jobs_queue.bodies():
                work(sqs_event(json.dumps(body)))

    thread = threading.Thread(target=serve)
    thread.start()
    yield
    ended.set()
    thread.join(30)
