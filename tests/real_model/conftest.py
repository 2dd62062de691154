"""A real model's server, and the laptop stack whose worker asks it."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from local import package, processes, stack
from local.client import ApiClient
from local.stack import Stack
from tests.waiting import until

logger = logging.getLogger(__name__)

ROOT = package.ROOT
# `make test-model` makes it: what serves the model has no place among the product's own packages.
PYTHON = Path(os.environ.get("PYTHON_OF_MODEL") or ROOT / ".venv-model" / "bin" / "python")
CONTEXT_TOKENS = 4096
MAX_TOKENS = 256
# A call takes half a minute on two cores with much else to do.
PATIENCE_SECONDS = 400.0


@dataclass
class ModelServer:
    """llama.cpp's server, on a port of its own that it keeps when it dies and comes back."""

    log: Path
    port: int = field(default_factory=processes.free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its base address."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, context_tokens: int = CONTEXT_TOKENS) -> None:
        """Starts it and waits until it answers."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [PYTHON, "-m", "tests.real_model.serving", str(self.port), str(context_tokens)],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )
        until(self.answers, seconds=180, what=f"the model's server; its log: {self.log}", every=0.2)

    def kill(self) -> None:
        """Ends it at once, whatever it is doing."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
            self.process.communicate()
            self.process = None

    def answers(self) -> bool:
        """Whether it serves."""
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def is_busy(self) -> bool:
        """Whether it works on an answer right now."""
        with urllib.request.urlopen(f"{self.url}/slots", timeout=30) as answer:
            return any(slot["is_processing"] for slot in json.load(answer))


@pytest.fixture(scope="session")
def started() -> Iterator[ModelServer]:
    """The server of this run."""
    if not PYTHON.exists():
        pytest.fail(f"{PYTHON} is not there: `make test-model` makes it")
    folder = ROOT / ".local"
    folder.mkdir(exist_ok=True)
    server = ModelServer(folder / "real-model.log")
    server.log.unlink(missing_ok=True)
    try:
        server.start()
        yield server
    finally:
        server.kill()


@pytest.fixture
def model(started: ModelServer) -> ModelServer:
    """The server, alive and at leisure."""
    if started.process is None:
        started.start()
    until(lambda: not started.is_busy(), seconds=120, what="the end of what was asked before")
    return started


@contextmanager
def deployed_with(server: ModelServer, extractor: str) -> Iterator[Stack]:
    """A laptop stack of its own whose EXTRACTOR asks the server."""
    state = ROOT / ".local" / f"real-model-{os.getpid()}-{extractor}"
    options = stack.Options(
        state=state,
        ephemeral=True,
        parameters={
            "OrphanThresholdMinutes": "0.1",
            "HeartbeatSeconds": "1",
            "RetryBackoffSeconds": "0",
            "Extractor": extractor,
            "ModelProvider": "openai",
            "ModelBaseUrl": f"{server.url}/v1",
            "ModelId": "smollm2-135m-instruct",
            "ModelTemperature": "0",
            "ModelMaxTokens": str(MAX_TOKENS),
            "ModelMaxTries": "10",
            "ModelInputPrice": "1",
            "ModelOutputPrice": "1000",
        },
    )
    begun = time.monotonic()
    try:
        running = stack.start(options)
        logger.info("EXTRACTOR=%s is up after %.0f s", extractor, time.monotonic() - begun)
        yield running
    finally:
        stack.remove(state)


@pytest.fixture(scope="session")
def deployed(started: ModelServer) -> Iterator[Stack]:
    """The stack with EXTRACTOR=model."""
    with deployed_with(started, "model") as running:
        yield running


@pytest.fixture(scope="session")
def acme(deployed: Stack) -> ApiClient:
    """A caller of it."""
    return caller(deployed)


def caller(running: Stack) -> ApiClient:
    """Someone who may create and read jobs."""
    token = running.token("acme", user="acme")
    return ApiClient(running.api_url, token, org_id="acme", project_id="library")
