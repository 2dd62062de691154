"""`make up`, `make down` and `make demo`, as a person runs them."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import package, processes, stack
from local.client import ApiClient
from local.postgres import EmbeddedPostgres

pytestmark = pytest.mark.e2e


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "state"
    stack.stop(tmp_path / "state")


def run(command: str, state: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "local", command],
        cwd=package.ROOT,
        env={**os.environ, "PYTHONPATH": "cli", "STATE": str(state), **settings},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def followed(state: Path, **settings: str) -> str:
    """Return the first line that `make logs` says, and leave it as Ctrl-C does."""
    # A shell has Ctrl-C ignored by what it runs in the background, and so by what that starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    logs = subprocess.Popen(
        [sys.executable, "-m", "local", "logs"],
        cwd=package.ROOT,
        env={**os.environ, "STATE": str(state), **settings},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert logs.stdout is not None
    with logs, logs.stdout:
        line = logs.stdout.readline()
        logs.send_signal(signal.SIGINT)
        assert logs.wait(20) == 0
    return line


def exported(state: Path) -> dict[str, str]:
    """Return what `. .local/env` puts into a shell."""
    words = (state / "env").read_text().replace("export ", "").split()
    return dict(word.split("=", 1) for word in words if "=" in word)


def test_up_twice_the_runbooks_lines_and_down(state: Path) -> None:
    port = str(processes.free_port())
    first = run("up", state, API_PORT=port)
    assert first.returncode == 0, first.stderr
    assert f"http://localhost:{port}/admin/extraction-jobs" in first.stdout

    again = run("up", state, API_PORT=port)
    assert again.returncode == 0, again.stderr
    assert "Running already" in again.stdout

    shell = exported(state)
    api = ApiClient(
        shell["API"], shell["TOKEN"], org_id=shell["EXTRACTION_JOBS_ORG"], project_id="demo"
    )
    job_id = api.create().json["id"]  # the runbook's body: a type, a project, an organisation
    assert api.get("").json["items"][0]["id"] == job_id
    program = str(EmbeddedPostgres(state / "postgres").psql)
    query = f"SELECT source_type FROM kb.object_extraction_jobs WHERE id = '{job_id}'"
    psql = subprocess.run(
        [program, "-d", "spec", "-A", "-t", "-c", query],
        env={**os.environ, **shell},
        capture_output=True,
        text=True,
        check=True,
    )
    assert psql.stdout.strip() == "document"

    document = str(package.ROOT / "examples" / "documents" / "invoice-2026-117.txt")
    found = run("extract", state, FILE=document, TYPES="invoice")
    assert found.returncode == 0, found.stderr
    assert "completed" in found.stdout
    assert "917.13" in found.stdout
    # The first job has no source.
    assert f" worker      INFO Ended: failed  [{job_id}]" in followed(state, FUNCTION="worker")
    assert "sweeper, worker" in run("logs", state, FUNCTION="none").stderr

    refused = run("extract", state, FILE=document, TYPES="recipe")
    assert refused.returncode == 1
    assert "must be one of the ready-made sets" in refused.stderr

    assert run("down", state).stdout == "Stopped.\n"
    assert processes.of_stack(state) == []
    assert processes.port_is_free(int(port))
    assert run("down", state).stdout == "Nothing was running.\n"
    assert "make up" in run("extract", state, FILE=document).stderr


def test_a_taken_port_is_told(state: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = run("up", state, API_PORT=str(port))
    assert refused.returncode == 1
    assert f"Port {port} is taken" in refused.stderr


def test_the_demo_happens(state: Path) -> None:
    told = run("demo", state)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "Done, in" in told.stdout
    assert processes.of_stack(state / "demo") == []
