"""Processes and ports: start what outlives us, find again what is ours, stop only that."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

# Every process of a stack carries its state folder in its environment. A pid in a file may by now
# be another program's; this mark cannot be.
MARK = "EXTRACTION_JOBS_STACK"

_STOP_SECONDS = 5.0


class StackError(Exception):
    """Something a person has to know or do; the message says what."""


def environment(state: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the little environment that a stack's process needs, with the stack's mark.

    Nothing of the caller's AWS settings gets in: handlers inherit it, and must not reach a real
    account.
    """
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {
        **kept,
        MARK: str(state),
        "TMPDIR": str(state / "tmp"),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        **(extra or {}),
    }


def start(
    arguments: Sequence[str], *, state: Path, log: Path, env: Mapping[str, str], cwd: Path
) -> int:
    """Start this Python with `arguments`, in a session of its own: no Ctrl-C here reaches it."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=cwd,
            env=environment(state, env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    # It is to outlive this process: not for Python to wait for, nor to warn about.
    process.returncode = 0
    return process.pid


def running(pid: int) -> bool:
    """Say whether the process is there and is not a zombie."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def of_stack(state: Path) -> list[psutil.Process]:
    """Find the processes that carry the stack's mark, however the one that started them ended."""
    return [p for p in psutil.process_iter() if is_of_stack(p.pid, state)]


def is_of_stack(pid: int, state: Path) -> bool:
    """Say whether the process is there, is not this one, and carries the stack's mark."""
    if pid in {0, os.getpid()} or not running(pid):
        return False
    try:
        return psutil.Process(pid).environ().get(MARK) == str(state)
    except (psutil.Error, OSError):  # ended meanwhile, or not ours to look into
        return False


def stop_stack(state: Path) -> bool:
    """End the stack's processes, by SIGTERM and after a while by SIGKILL; say whether any ran."""
    processes = of_stack(state)
    for process in processes:
        _send(process, signal.SIGTERM)
    _wait_for_the_end_of(processes)
    # Asked again: a handler's process may have been started meanwhile.
    leftovers = of_stack(state)
    for process in leftovers:
        _send(process, signal.SIGKILL)
    _wait_for_the_end_of(leftovers)
    return bool(processes)


def _wait_for_the_end_of(processes: Sequence[psutil.Process]) -> None:
    deadline = time.monotonic() + _STOP_SECONDS
    while any(running(process.pid) for process in processes) and time.monotonic() < deadline:
        time.sleep(0.02)


def _send(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


def port_is_free(port: int) -> bool:
    """Say whether one could listen on 127.0.0.1:`port`."""
    with socket.socket() as listener:
        # As servers do: a connection of the last run that still lingers does not count.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port(preferred: int = 0) -> int:
    """Return `preferred` if it is free, else any free port."""
    if preferred and port_is_free(preferred):
        return preferred
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def answers(port: int) -> bool:
    """Say whether something accepts connections on 127.0.0.1:`port`."""
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", port)) == 0


def wait_for_port(port: int, pid: int, seconds: float = 10) -> bool:
    """Wait until the process `pid` listens on 127.0.0.1:`port`; say whether it came to that."""
    deadline = time.monotonic() + seconds
    while not answers(port):
        if not running(pid) or time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@contextmanager
def exclusive(state: Path, name: str = "lock") -> Iterator[None]:
    """Hold a lock of the stack, so that two commands on it do not trip over each other.

    The lock goes with the process that holds it: nothing to clean up after a kill.
    """
    state.mkdir(parents=True, exist_ok=True)
    with (state / name).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StackError(f"Another command is using the stack in {state} right now.") from None
        yield
