"""Only what is a stack's own is found and stopped."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from local import processes
from local.processes import MARK, StackError

SLEEP = "import time; time.sleep(60)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "tmp").mkdir()
    yield tmp_path
    processes.stop_stack(tmp_path)


def start(state: Path, code: str = SLEEP) -> int:
    return processes.start(["-c", code], state=state, log=state / "log", env={}, cwd=state)


def test_a_stacks_processes_are_found_by_their_mark_and_stopped(state: Path) -> None:
    pid = start(state)
    assert pid in {process.pid for process in processes.of_stack(state)}

    assert processes.stop_stack(state) is True

    assert not processes.running(pid)
    assert processes.stop_stack(state) is False


def test_another_stacks_processes_are_left_alone(state: Path, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SLEEP], env={**os.environ, MARK: str(tmp_path / "other")}
    ) as other:
        try:
            start(state)
            processes.stop_stack(state)
            assert other.poll() is None
        finally:
            other.kill()


def test_a_process_that_does_not_heed_sigterm_is_killed(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "_STOP_SECONDS", 0.2)
    pid = start(state, DEAF)
    while not (state / "log").read_text():  # it says when it is deaf
        assert processes.running(pid)

    processes.stop_stack(state)

    psutil.wait_procs([psutil.Process(pid)] if processes.running(pid) else [], timeout=5)
    assert not processes.running(pid)


def test_the_callers_aws_settings_do_not_get_in(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "secret")

    environment = processes.environment(state)

    assert "AWS_PROFILE" not in environment
    assert "AWS_SESSION_TOKEN" not in environment
    assert environment["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull


def test_two_commands_do_not_work_on_a_stack_at_once(state: Path) -> None:
    with (
        processes.exclusive(state),
        pytest.raises(StackError, match="Another command"),
        processes.exclusive(state),
    ):
        pass
    with processes.exclusive(state):
        pass


def test_a_taken_port_gives_way_to_a_free_one() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert not processes.port_is_free(port)
        assert processes.free_port(port) != port
    assert processes.free_port(port) == port
