"""Parsing in a process of its own, so that no document can take the worker down.

PDFium is C++: a file can crash it, hang it, or make it take all memory, and with it every other
job of the process. The standard library's e-mail parser cannot crash, but hostile messages of a few
hundred kB take it minutes or gigabytes. Here that ends the child and this document, with a sentence
that says how.
The child is forked from a process that has the parsers loaded (forking.py), which serves one document at a time,
is started when there is none free, and ends with the worker or with a child that did not end well. Neither is told
anything that is secret: the child gets the bytes and the limits, the process that forks it knows where Python's
packages are.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from io import RawIOBase
from typing import Any

from extraction.document.document import Limits
from extraction.errors import NeedsOcrError, PermanentError, RetryableError, StoppedError
from extraction.ocr.page import PageImage
from extraction.readers.forking import LOADS_FIRST, OUT_OF_MEMORY
from extraction.readers.format import Format, Stop
from extraction.readers.raw import Raw

_INHERITED = ("PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL")
_POLL_SECONDS = 0.1
_END_SECONDS = 5.0
_READ_BYTES = 1 << 20
_SWOLLEN = 0.7 * (1 << 20)  # of the megabytes that a child may have: then that is what it died of
_NO_PROCESS = "No process for reading could be started: {}."
# What was forked on macOS with its frameworks loaded may hang.
_IS_SAFE = sys.platform == "linux"


def read_apart(found: Format, content: bytes, limits: Limits, should_stop: Stop) -> Raw:
    """Read a document of a format that has a parser; what is attached to it comes back unread. Raises as `Parsers`."""
    return _parsers.read(found.parser, found.name, content, limits, should_stop)


def page_apart(
    found: Format, content: bytes, limits: Limits, should_stop: Stop, number: int
) -> PageImage:
    """Return a page of a document as a picture. Raises as `Parsers`."""
    answer = _parsers.ask(found.pictures, found.name, content, limits, should_stop, number)
    return PageImage.from_json(answer)


class Parsers:
    """The processes that fork a child for each document: as many as threads read at the same time.

    `loads_first` says that they load the parsers before they fork.
    """

    def __init__(self, *, loads_first: bool = _IS_SAFE) -> None:
        self._loads_first = loads_first
        self._free: list[_Server] = []

    def read(self, parser: str, name: str, content: bytes, limits: Limits, stop: Stop) -> Raw:
        """Return what a parser (`module:function`) makes of a document of that name of a format. Raises as `ask`."""
        return Raw.from_json(self.ask(parser, name, content, limits, stop))

    def ask(
        self, parser: str, name: str, content: bytes, limits: Limits, stop: Stop, *pages: int
    ) -> dict[str, Any]:
        """Return, in JSON, what a parser makes of a document, or of these pages of it.

        Raises PermanentError, NeedsOcrError among them, if the document cannot be read or the child
        ran out of its time or memory or crashed; StoppedError once `stop()` says so;
        RetryableError if no process could be started.
        """
        reading = _Reading(name, limits, time.monotonic() + limits.reader_seconds, stop)
        for server in (self._taken(), None):
            running = server or _Server(loads_first=self._loads_first)
            try:
                answer = running.answer(parser, content, reading, pages)
            except _GoneError:
                running.end()
                continue
            except BaseException:
                running.end()  # and with it the child
                raise
            self._free.append(running)
            return reading.read(answer)
        raise RetryableError("The process for reading ended before the document was read.")

    def close(self) -> None:
        """End the processes that are free."""
        while self._free:
            self._free.pop().end()

    def _taken(self) -> _Server | None:
        with suppress(IndexError):  # another thread may take the last one
            while True:
                server = self._free.pop()
                # A process that was forked from this one shares nothing with it.
                if server.owner == os.getpid():
                    return server
        return None


class _GoneError(Exception):
    """The process that forks has ended before the child did."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """One document that is read: what to call it, its bounds, and what to say where it breaks them."""

    name: str
    limits: Limits
    ends: float
    should_stop: Stop

    @property
    def seconds_left(self) -> float:
        """Return how long the child may still run. Raises PermanentError if it may not."""
        left = self.ends - time.monotonic()
        if left <= 0:
            raise self.too_slow()
        return left

    def read(self, answer: dict[str, Any]) -> dict[str, Any]:
        """Return what a child has read, or raise what it answers."""
        fault = answer.get("fault")
        if fault == OUT_OF_MEMORY:
            raise self.too_large()
        if fault is not None:
            raise (NeedsOcrError if fault == "needs_ocr" else PermanentError)(answer["message"])
        read: dict[str, Any] = answer["read"]
        return read

    def died(self, code: int, most_bytes: int) -> PermanentError:
        """Return what to say of a child that ended with that code and no answer."""
        if -code in (signal.SIGXCPU, signal.SIGALRM):
            return self.too_slow()
        # Nothing here sends SIGKILL before it knows why: then it was the system, short of memory.
        if -code == signal.SIGKILL or most_bytes > self.limits.reader_megabytes * _SWOLLEN:
            return self.too_large()
        return self._refusal(f"The {self.name} is broken: its parser crashed. Repair it")

    def too_slow(self) -> PermanentError:
        """Return what to say of a child that ran out of its time."""
        most = f"{self.limits.reader_seconds:g} s"
        return self._refusal(f"Reading the {self.name} took longer than {most}. Split it")

    def too_large(self) -> PermanentError:
        """Return what to say of a child that ran out of its memory."""
        most = f"{self.limits.reader_megabytes} MB of memory"
        return self._refusal(f"Reading the {self.name} used more than {most}. Split it")

    def _refusal(self, sentence: str) -> PermanentError:
        is_mail = self.name == "e-mail"
        remedy = "send what is in it by itself" if is_mail else "print it to PDF again"
        return PermanentError(f"{sentence}, or {remedy}.")


class _Server:
    """A process that forks, as a worker holds it. `owner` is that worker's number.

    `end` ends it with its child; so does the end of the worker, in whatever way.
    """

    def __init__(self, *, loads_first: bool) -> None:
        self.owner = os.getpid()
        self._requests, theirs = socket.socketpair()
        environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        environment["PYTHONPATH"] = os.pathsep.join(os.path.abspath(place) for place in sys.path)  # noqa: PTH100
        command = [sys.executable, "-m", "extraction.readers.forking"]
        with theirs:
            try:
                process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                    [*command, LOADS_FIRST] if loads_first else command,
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env=environment,
                    start_new_session=True,
                )
            except OSError as error:
                self._requests.close()
                raise RetryableError(_NO_PROCESS.format(error)) from error
        self.pid = process.pid
        self.end = weakref.finalize(self, _end, self._requests, process, self.owner)

    def answer(
        self, parser: str, content: bytes, reading: _Reading, pages: Sequence[int]
    ) -> dict[str, Any]:
        """Return a child's answer. Raises as `read_apart`, and _GoneError if there is none because this ended.

        After any of these the child may still run, until `end`.
        """
        asked = {"read": parser, "limits": asdict(reading.limits), "pages": pages}
        request = json.dumps(asked).encode()
        answers, theirs = os.pipe()
        with open(answers, "rb", buffering=0) as pipe, tempfile.TemporaryFile() as source:  # noqa: PTH123
            source.write(content)
            source.seek(0)
            try:
                socket.send_fds(self._requests, [request], [source.fileno(), theirs])
            except OSError as error:
                raise _GoneError from error
            finally:
                os.close(theirs)
            received = _received(pipe, reading)
        code, most_bytes = self._told(reading)
        try:
            answer: dict[str, Any] = json.loads(received)  # half an answer is no JSON
        except ValueError:
            raise reading.died(code, most_bytes) from None
        return answer

    def _told(self, reading: _Reading) -> tuple[int, int]:
        """Return the code and the most bytes of memory with which the child ended."""
        try:
            self._requests.settimeout(reading.seconds_left)
            told = self._requests.recv(_READ_BYTES)
        except TimeoutError:
            raise reading.too_slow() from None
        except OSError as error:
            raise _GoneError from error
        if not told:
            raise _GoneError
        said = json.loads(told)
        if "error" in said:
            raise RetryableError(_NO_PROCESS.format(said["error"]))
        return said["code"], said["bytes"]


def _received(pipe: RawIOBase, reading: _Reading) -> bytes:
    """Return all that a child writes, or what is more than it may."""
    # Text in JSON, and attachments in base64 beside it.
    most = reading.limits.max_characters * 8 + reading.limits.max_bytes * 2
    received = bytearray()
    while len(received) <= most:
        if reading.should_stop():
            raise StoppedError(f"Stopped while reading the {reading.name}.")
        if select.select([pipe], [], [], min(reading.seconds_left, _POLL_SECONDS))[0]:
            piece = pipe.read(_READ_BYTES)
            if not piece:
                break
            received += piece
    return bytes(received)


def _end(requests: socket.socket, process: subprocess.Popen[bytes], owner: int) -> None:
    """End a process with its child: it does so itself when its socket is closed."""
    requests.close()
    if os.getpid() != owner:
        return
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


_parsers = Parsers()
