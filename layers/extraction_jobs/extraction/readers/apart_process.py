"""The worker's side of the process that forks: how a document is given to it, and how its child's answer is taken."""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from extraction.document.document import Limits
from extraction.errors import RetryableError, StoppedError
from extraction.readers.apart_faults import Ended, too_slow
from extraction.readers.child import HEADER_BYTES

_INHERITED = ("PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL")
_POLL_SECONDS = 0.1
_END_SECONDS = 5.0
_READ_BYTES = 1 << 20


class GoneError(Exception):
    """The process that forks has ended before the child did."""


class Process:
    """The process that forks, or begins anew for each document, as a worker holds it. `owner` is that worker's number.

    `end` ends it; so does the end of the worker, in whatever way.
    """

    def __init__(self, *, forks: bool) -> None:
        self.owner = os.getpid()
        kind = socket.SOCK_SEQPACKET if forks else socket.SOCK_STREAM
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, kind)
        environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        environment["PYTHONPATH"] = os.pathsep.join(os.path.abspath(place) for place in sys.path)  # noqa: PTH100
        command = [sys.executable, "-m", "extraction.readers.forking", *([] if forks else ["once"])]
        with theirs:
            try:
                self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                    command,
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env=environment,
                    start_new_session=True,
                )
            except OSError as error:
                self._requests.close()
                raise RetryableError(
                    f"No process for reading could be started: {error}."
                ) from error
        self._forks = forks
        self.pid = self._process.pid
        self.end = weakref.finalize(self, _end, self._requests, self._process, self.owner)

    def parse(
        self,
        parser: str,
        name: str,
        content: bytes,
        limits: Limits,
        ends: float,
        should_stop: Callable[[], bool],
    ) -> tuple[dict[str, Any] | None, Ended]:
        """Return the answer of a child, None if it gave no whole one, and how it ended.

        Raises GoneError if the process that forks has died, PermanentError, StoppedError and RetryableError as
        `read_apart`.
        """
        answers, theirs = os.pipe()
        control, their_control = socket.socketpair()
        try:
            with tempfile.TemporaryFile() as source, their_control:
                source.write(content)
                source.seek(0)
                self._ask(parser, limits, (source.fileno(), theirs, their_control.fileno()))
            os.close(theirs)
            theirs = -1
            try:
                answer = _receive(answers, ends, limits, should_stop, name)
            except BaseException:
                self._kill(control)
                raise
            return answer, self._ended(control, ends)
        finally:
            os.close(answers)
            if theirs >= 0:
                os.close(theirs)
            control.close()

    def _ask(self, parser: str, limits: Limits, descriptors: tuple[int, int, int]) -> None:
        request = json.dumps({"read": parser, "limits": asdict(limits)}).encode()
        try:
            socket.send_fds(self._requests, [request], descriptors)
        except OSError as error:
            raise GoneError from error

    def _kill(self, control: socket.socket) -> None:
        """Have the child killed, and wait until it is."""
        if not self._forks:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            return
        with suppress(GoneError, RetryableError, OSError):
            control.shutdown(socket.SHUT_WR)
            _told(control, time.monotonic() + _END_SECONDS)

    def _ended(self, control: socket.socket, ends: float) -> Ended:
        if self._forks:
            told = _told(control, ends)
            if told is None:  # it closed its answer and does not end
                self._kill(control)
                return Ended(-signal.SIGALRM, 0)
            return told
        try:
            return Ended(self._process.wait(max(0.0, ends - time.monotonic())), 0)
        except subprocess.TimeoutExpired:
            self._kill(control)
            return Ended(-signal.SIGALRM, 0)


def _end(requests: socket.socket, process: subprocess.Popen[bytes], owner: int) -> None:
    """End the process with all of its children: it does so itself when its socket is closed."""
    requests.close()
    if os.getpid() != owner:
        return
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _told(control: socket.socket, ends: float) -> Ended | None:
    """Return what is told of a child's end, None if nothing is in time. Raises GoneError if nobody is left to tell."""
    control.settimeout(max(0.001, ends - time.monotonic()))
    try:
        told = control.recv(_READ_BYTES)
    except TimeoutError:
        return None
    except OSError as error:
        raise GoneError from error
    if not told:
        raise GoneError
    said = json.loads(told)
    if "error" in said:
        raise RetryableError(f"No process for reading could be started: {said['error']}.")
    return Ended(said["code"], said["bytes"])


def _receive(
    answers: int, ends: float, limits: Limits, should_stop: Callable[[], bool], name: str
) -> dict[str, Any] | None:
    """Return the child's answer, or None if it ended without a whole one."""
    # Text in JSON, and attachments in base64 beside it.
    most = HEADER_BYTES + limits.max_characters * 8 + limits.max_bytes * 2 + _READ_BYTES
    received = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(answers, selectors.EVENT_READ)
        while True:
            if should_stop():
                raise StoppedError(f"Stopped while reading the {name}.")
            left = ends - time.monotonic()
            if left <= 0:
                raise too_slow(limits, name)
            if not selector.select(min(left, _POLL_SECONDS)):
                continue
            piece = os.read(answers, _READ_BYTES)
            received += piece
            if not piece or len(received) > most:
                break
    size = int.from_bytes(received[:HEADER_BYTES], "big")
    if len(received) <= HEADER_BYTES or len(received) != HEADER_BYTES + size:
        return None
    answer = json.loads(received[HEADER_BYTES:])
    return answer if isinstance(answer, dict) else None
