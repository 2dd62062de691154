"""Parsing in a process of its own, so that no document can take the worker down.

PDFium is C++: a file can crash it, hang it, or make it take all memory, and with it every other
job of the process. The standard library's e-mail parser cannot crash, but hostile messages of a few
hundred kB take it minutes or gigabytes. Here that ends the child and this document, with a sentence
that says how.
The child is told nothing that is secret: it gets the bytes, the limits, and where Python's
packages are.
"""

from __future__ import annotations

import base64
import json
import os
import resource
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from typing import IO, Any, Literal

from extraction.document import Limits
from extraction.errors import PermanentError, RetryableError, StoppedError
from extraction.reading.child import FAULTS, HEADER_BYTES, OUT_OF_MEMORY
from extraction.reading.raw import Attachment, Raw

_NAMES = {"pdf": "PDF", "docx": "DOCX", "mail": "e-mail"}
_REMEDIES = {"e-mail": "send what is in it by itself"}
_REMEDY = "print it to PDF again"
_INHERITED = ("PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL")
_POLL_SECONDS = 0.1
_READ_BYTES = 1 << 20
_OUT_OF_TIME = frozenset({signal.SIGXCPU, signal.SIGALRM})


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
    return run_apart("extraction.reading.child", kind, content, limits, should_stop)


def run_apart(
    module: str, kind: str, content: bytes, limits: Limits, should_stop: Callable[[], bool]
) -> Raw:
    """Run a module as the child that reads one document, and return what it answers."""
    ends = time.monotonic() + limits.reader_seconds
    name = _NAMES.get(kind, kind)
    with tempfile.TemporaryFile() as source:
        source.write(content)
        source.seek(0)
        child = _start([sys.executable, "-m", module, kind, json.dumps(asdict(limits))], source)
        try:
            answer = _receive(child, ends, limits, should_stop, name)
            code, most_bytes = _ended(child, ends)
        finally:
            _end(child)
    if answer is None:
        raise _died(code, most_bytes, limits, name)
    return _raw(answer, limits, name)


def _start(command: list[str], source: IO[bytes]) -> subprocess.Popen[bytes]:
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    environment["PYTHONPATH"] = os.pathsep.join(os.path.abspath(place) for place in sys.path)  # noqa: PTH100
    try:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and module; the document is data
            command,
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        raise RetryableError(f"No process for reading could be started: {error}.") from error


def _receive(
    child: subprocess.Popen[bytes],
    ends: float,
    limits: Limits,
    should_stop: Callable[[], bool],
    name: str,
) -> dict[str, Any] | None:
    """Return the child's answer, or None if it ended without a whole one."""
    assert child.stdout is not None  # noqa: S101 - for the type checker: it was asked for
    # Text in JSON, and attachments in base64 beside it.
    most = HEADER_BYTES + limits.max_characters * 8 + limits.max_bytes * 2 + _READ_BYTES
    received = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        while True:
            if should_stop():
                raise StoppedError(f"Stopped while reading the {name}.")
            left = ends - time.monotonic()
            if left <= 0:
                raise _too_slow(limits, name)
            if not selector.select(min(left, _POLL_SECONDS)):
                continue
            piece = os.read(child.stdout.fileno(), _READ_BYTES)
            received += piece
            if not piece or len(received) > most:
                break
    size = int.from_bytes(received[:HEADER_BYTES], "big")
    if len(received) <= HEADER_BYTES or len(received) != HEADER_BYTES + size:
        return None
    answer = json.loads(received[HEADER_BYTES:])
    return answer if isinstance(answer, dict) else None


def _ended(child: subprocess.Popen[bytes], ends: float) -> tuple[int, int]:
    """Wait for a child that closed its output; return its exit code and the most memory it had.

    In bytes; 0 if that is not known. The kernel counts into a child's peak what its parent had when
    it started it, so only a peak above this process's own is the child's.
    """
    while True:
        process, status, usage = os.wait4(child.pid, os.WNOHANG)
        if process:
            break
        if time.monotonic() > ends:
            os.killpg(child.pid, signal.SIGKILL)
            _, status, usage = os.wait4(child.pid, 0)
            break
        time.sleep(0.001)
    child.returncode = os.waitstatus_to_exitcode(status)
    ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return child.returncode, usage.ru_maxrss * 1024 if usage.ru_maxrss > ours else 0


def _end(child: subprocess.Popen[bytes]) -> None:
    """Kill the child with all that it started, if it still runs, and leave no zombie."""
    if child.returncode is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    if child.stdout is not None:
        child.stdout.close()


def _raw(answer: dict[str, Any], limits: Limits, name: str) -> Raw:
    fault = answer.get("fault")
    if fault == OUT_OF_MEMORY:
        raise _too_large(limits, name)
    if fault is not None:
        raise FAULTS[fault](answer["message"])
    return Raw(
        parts=tuple(answer["parts"]),
        title=answer["title"],
        paged=answer["paged"],
        pages_without_text=tuple(answer["pages_without_text"]),
        not_read=tuple(answer["not_read"]),
        attached=tuple(
            Attachment(media_type, name, base64.b64decode(content))
            for media_type, name, content in answer["attached"]
        ),
        attachments_left_out=answer["attachments_left_out"],
        e_invoices=tuple(answer["e_invoices"]),
    )


def _died(code: int, most_bytes: int, limits: Limits, name: str) -> PermanentError:
    if -code in _OUT_OF_TIME:
        return _too_slow(limits, name)
    # Nothing here sends SIGKILL before it knows why: then it was the system, short of memory.
    if -code == signal.SIGKILL or most_bytes > limits.reader_megabytes * (1 << 20) * 0.7:
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
