"""Parsing in a process of its own, so that no document can take the worker down.

PDFium is C++: a file can crash it, hang it, or make it take all memory, and with it every other
job of the process. The standard library's e-mail parser cannot crash, but hostile messages of a few
hundred kB take it minutes or gigabytes. Here that ends the child and this document, with a sentence
that says how.
The child is forked from a process that has the parsers loaded (forking.py), which is started when the
first document comes and ends with the worker. Neither is told anything that is secret: the child gets the
bytes and the limits, the process that forks it knows where Python's packages are.
"""

from __future__ import annotations

import base64
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from typing import Any, Literal, NamedTuple

from extraction.document import Limits
from extraction.errors import PermanentError, RetryableError, StoppedError
from extraction.reading.child import FAULTS, HEADER_BYTES, OUT_OF_MEMORY
from extraction.reading.raw import Attachment, Raw

_PARSERS = {
    "pdf": "extraction.reading.pdf:pdf_to_raw",
    "docx": "extraction.reading.docx:docx_to_raw",
    "mail": "extraction.reading.mail:mail_to_raw",
}
_NAMES = {"pdf": "PDF", "docx": "DOCX", "mail": "e-mail"}
_REMEDIES = {"e-mail": "send what is in it by itself"}
_REMEDY = "print it to PDF again"
_INHERITED = ("PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL")
_POLL_SECONDS = 0.1
_END_SECONDS = 5.0
_READ_BYTES = 1 << 20
_OUT_OF_TIME = frozenset({signal.SIGXCPU, signal.SIGALRM})
# What was forked from a process with threads, or on macOS from any with its frameworks loaded, may hang.
FORKS = sys.platform == "linux"


def read_apart(
    kind: Literal["pdf", "docx", "mail"],
    content: bytes,
    limits: Limits,
    should_stop: Callable[[], bool],
) -> Raw:
    """Read a PDF, DOCX or e-mail in a child process; what is attached to a mail comes back unread.

    Raises PermanentError, NeedsOcrError among them, if the document cannot be read or the child
    ran out of its time or memory or crashed; StoppedError once `should_stop()` says so;
    RetryableError if no process could be started.
    """
    return _parsers.read(_PARSERS[kind], _NAMES[kind], content, limits, should_stop)


class _Ended(NamedTuple):
    """How a child ended: its exit code, and the most memory that it had, in bytes (0 if that is not known)."""

    code: int
    most_bytes: int


class _GoneError(Exception):
    """The process that forks has ended before the child did."""


class Parsers:
    """The process that forks one child for each document, started when it is needed and again when it has died.

    Without `forks` each document has a process of its own that begins anew. Threads may read at the same time.
    """

    def __init__(self, *, forks: bool = FORKS) -> None:
        self._forks = forks
        self._lock = threading.Lock()
        self._process: _Process | None = None

    def read(
        self,
        parser: str,
        name: str,
        content: bytes,
        limits: Limits,
        should_stop: Callable[[], bool],
    ) -> Raw:
        """Return what a parser (`module:function`) makes of a document. Raises as `read_apart`."""
        ends = time.monotonic() + limits.reader_seconds
        for _ in range(2):
            process = self._running()
            try:
                answer, ended = process.parse(parser, name, content, limits, ends, should_stop)
            except _GoneError:
                self._lost(process)
                continue
            finally:
                if not self._forks:
                    self._lost(process)
            if answer is None:
                raise _died(ended, limits, name)
            return _raw(answer, limits, name)
        raise RetryableError("The process for reading ended before the document was read.")

    def close(self) -> None:
        """End the process, and with it whatever it reads."""
        if self._process is not None:
            self._lost(self._process)

    @property
    def pid(self) -> int | None:
        """The number of the process that forks, None if there is none."""
        return self._process.pid if self._process is not None else None

    def _running(self) -> _Process:
        with self._lock:
            # A process that was forked from this one shares nothing with it.
            if self._process is None or self._process.owner != os.getpid() or not self._forks:
                self._process = _Process(forks=self._forks)
            return self._process

    def _lost(self, process: _Process) -> None:
        with self._lock:
            if self._process is process:
                self._process = None
        process.end()


class _Process:
    def __init__(self, *, forks: bool) -> None:
        self.owner = os.getpid()
        kind = socket.SOCK_SEQPACKET if forks else socket.SOCK_STREAM
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, kind)
        environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        environment["PYTHONPATH"] = os.pathsep.join(os.path.abspath(place) for place in sys.path)  # noqa: PTH100
        command = [sys.executable, "-m", "extraction.reading.forking", *([] if forks else ["once"])]
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
    ) -> tuple[dict[str, Any] | None, _Ended]:
        """Return the answer of a child, None if it gave no whole one, and how it ended.

        Raises _GoneError if the process that forks has died, PermanentError, StoppedError and RetryableError as
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
            raise _GoneError from error

    def _kill(self, control: socket.socket) -> None:
        """Have the child killed, and wait until it is."""
        if not self._forks:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            return
        with suppress(_GoneError, RetryableError, OSError):
            control.shutdown(socket.SHUT_WR)
            _told(control, time.monotonic() + _END_SECONDS)

    def _ended(self, control: socket.socket, ends: float) -> _Ended:
        if self._forks:
            told = _told(control, ends)
            if told is None:  # it closed its answer and does not end
                self._kill(control)
                return _Ended(-signal.SIGALRM, 0)
            return told
        try:
            return _Ended(self._process.wait(max(0.0, ends - time.monotonic())), 0)
        except subprocess.TimeoutExpired:
            self._kill(control)
            return _Ended(-signal.SIGALRM, 0)


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


def _told(control: socket.socket, ends: float) -> _Ended | None:
    """Return what is told of a child's end, None if nothing is in time. Raises _GoneError if nobody is left to tell."""
    control.settimeout(max(0.001, ends - time.monotonic()))
    try:
        told = control.recv(_READ_BYTES)
    except TimeoutError:
        return None
    except OSError as error:
        raise _GoneError from error
    if not told:
        raise _GoneError
    said = json.loads(told)
    if "error" in said:
        raise RetryableError(f"No process for reading could be started: {said['error']}.")
    return _Ended(said["code"], said["bytes"])


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
                raise _too_slow(limits, name)
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


def _raw(answer: dict[str, Any], limits: Limits, name: str) -> Raw:
    fault = answer.get("fault")
    if fault == OUT_OF_MEMORY:
        raise _too_large(limits, name)
    if fault is not None:
        raise FAULTS[fault](answer["message"])
    fields = answer["raw"]
    fields["attached"] = [
        Attachment(**each | {"content": base64.b64decode(each["content"])})
        for each in fields["attached"]
    ]
    whole: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()
    }
    return Raw(**whole)


def _died(ended: _Ended, limits: Limits, name: str) -> PermanentError:
    if -ended.code in _OUT_OF_TIME:
        return _too_slow(limits, name)
    # Nothing here sends SIGKILL before it knows why: then it was the system, short of memory.
    most = limits.reader_megabytes * (1 << 20) * 0.7
    if -ended.code == signal.SIGKILL or ended.most_bytes > most:
        return _too_large(limits, name)
    return PermanentError(
        f"The {name} is broken: it made its parser crash. Repair it, or {_REMEDIES.get(name, _REMEDY)}."
    )


def _too_slow(limits: Limits, name: str) -> PermanentError:
    return PermanentError(
        f"Reading the {name} ran longer than {limits.reader_seconds:g} s. "
        f"Split it, or {_REMEDIES.get(name, _REMEDY)}."
    )


def _too_large(limits: Limits, name: str) -> PermanentError:
    return PermanentError(
        f"Reading the {name} used more than {limits.reader_megabytes} MB of memory. "
        f"Split it, or {_REMEDIES.get(name, _REMEDY)}."
    )


_parsers = Parsers()
