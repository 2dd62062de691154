"""A deployed stack for the tests that go over HTTP: the real template, emulated AWS, real Postgres."""

import os
from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from local import package, processes, stack
from local.client import ApiClient
from local.stack import Stack

_FOLDER = package.ROOT / ".local"


@pytest.fixture(scope="session")
def deployed() -> Iterator[Stack]:
    """A stack of this run's own: a threshold of three seconds, an inbox, and OCR if it is installed."""
    _stop_what_killed_runs_left()
    state = _FOLDER / f"e2e-{os.getpid()}"
    parameters = {"OrphanThresholdMinutes": "0.05", "HeartbeatSeconds": "1", "Inbox": "on"}
    if find_spec("rapidocr"):
        parameters["Ocr"] = "rapidocr"
    try:
        yield stack.start(stack.Options(state=state, parameters=parameters, ephemeral=True))
    finally:
        stack.remove(state)


@pytest.fixture(scope="session")
def acme(deployed: Stack) -> ApiClient:
    """A caller of the organisation acme."""
    return _caller(deployed, "acme")


@pytest.fixture(scope="session")
def globex(deployed: Stack) -> ApiClient:
    """A caller of another organisation."""
    return _caller(deployed, "globex")


def _caller(deployed: Stack, organisation: str) -> ApiClient:
    token = deployed.token(organisation, user=organisation)
    return ApiClient(deployed.api_url, token, org_id=organisation, project_id="library")


def _stop_what_killed_runs_left() -> None:
    for state in _FOLDER.glob("e2e-*"):
        if not processes.running(int(state.name.removeprefix("e2e-"))):
            stack.remove(state)
