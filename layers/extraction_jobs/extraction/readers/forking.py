"""The process from which one child is forked for each document, with the parsers loaded once; and that child.

It takes requests from standard input, a socket, one after the other: which parser, the limits, which page if it is
about one, and two descriptors (the document, and where its answer goes). It never reads a document: it forks, and the
child does, bounded before it reads a byte. It says how the child ended. When the socket is closed, because the worker
has seen enough or is gone, it kills the child with all that the child started, and ends.

There is one thread here, so that a fork copies a process in which nothing else is going on. Where forking with
libraries loaded is not safe (macOS), the child loads the parser.
"""

from __future__ import annotations

import ctypes
import gc
import json
import math
import os
import resource
import select
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import Any, NoReturn

from extraction.document.document import Limits
from extraction.errors import ExtractionError, NeedsOcrError

REQUEST_BYTES = 1 << 16
DESCRIPTORS = 2  # of a request
LOADS_FIRST = "loads-first"  # the argument that says: the parser before the fork
OUT_OF_MEMORY = "out_of_memory"

_SOURCE, _ANSWER = 0, 3
_MEGABYTE = 1 << 20
_MOST_DESCRIPTORS = 64
_PR_SET_PDEATHSIG = 1
_OBJECTS_PER_COLLECTION = 100_000  # a parser builds trees: looking through them often frees nothing

Read = Callable[..., Any]


def main(arguments: list[str]) -> NoReturn:
    """Serve standard input until it is closed."""
    requests = socket.socket(fileno=0)
    awake, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    while True:
        message, descriptors, _, _ = socket.recv_fds(requests, REQUEST_BYTES, DESCRIPTORS)
        if len(descriptors) != DESCRIPTORS:
            os._exit(0)
        asked = json.loads(message)
        source, answer = descriptors
        server = os.getpid()
        try:
            if LOADS_FIRST in arguments:
                _loaded(asked["read"])
            child = os.fork()
        except Exception as error:  # noqa: BLE001 - no memory, no processes: the worker tries again later
            told: dict[str, Any] = {"error": str(error)}
        else:
            if child == 0:
                _be_child(asked, source, answer, server)
            os.close(answer)  # so that the answer ends with the child
            told = _ended(child, requests, awake)
        requests.sendall(json.dumps(told).encode())
        os.close(source)


def _ended(child: int, requests: Any, awake: int) -> dict[str, Any]:
    """Wait for a child and kill what it started; return its exit code and the most memory that it had, in bytes."""
    ended = 0
    while not ended:
        ready, _, _ = select.select([requests, awake], [], [])
        if requests in ready:
            os.kill(child, signal.SIGKILL)
            break
        os.read(awake, REQUEST_BYTES)
        ended, status, usage = os.wait4(child, os.WNOHANG)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)
    if not ended:
        os._exit(0)
    return {"code": os.waitstatus_to_exitcode(status), "bytes": usage.ru_maxrss * 1024}


def _loaded(name: str) -> Read:
    """Return the parser of that name, `module:function`, with all that it loads."""
    module, _, function = name.partition(":")
    fresh = module not in sys.modules
    read: Read = getattr(import_module(module), function)
    if fresh:
        sample = getattr(sys.modules[module], "SAMPLE", None)
        if sample is not None:
            with suppress(Exception):  # what is wrong with a parser, its first document will say
                read(sample, Limits())
        gc.collect()
        gc.freeze()  # a collection in a child would copy the pages of what it looks at
    return read


def _be_child(asked: dict[str, Any], source: int, answer: int, server: int) -> NoReturn:
    """Parse one document with nothing of the server's, and end."""
    code = 1
    limits = Limits(**asked["limits"])
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() == server:
            os.setsid()
            os.dup2(source, _SOURCE)
            os.dup2(answer, _ANSWER)
            os.closerange(_ANSWER + 1, _MOST_DESCRIPTORS)
            _bound(limits)
            told = _answer(asked["read"], limits, asked["pages"])
            with os.fdopen(_ANSWER, "wb") as pipe:
                pipe.write(json.dumps(told, ensure_ascii=False).encode(errors="replace"))
            code = 0
    finally:
        # What C++ would do at an orderly exit can crash too, and nothing waits for it.
        os._exit(code)


def _bound(limits: Limits) -> None:
    """Bound this process's memory, time and files."""
    seconds = math.ceil(limits.reader_seconds) + 1
    for kind, most in (
        (resource.RLIMIT_AS, limits.reader_megabytes * _MEGABYTE),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _MOST_DESCRIPTORS),
    ):
        hard = resource.getrlimit(kind)[1]
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with suppress(ValueError, OSError):  # a system that does not know this bound
            resource.setrlimit(kind, (least, least))
    signal.alarm(seconds)
    gc.set_threshold(_OBJECTS_PER_COLLECTION)


def _answer(name: str, limits: Limits, pages: list[int]) -> dict[str, Any]:
    try:
        with os.fdopen(_SOURCE, "rb", closefd=False) as source:
            return {"read": _loaded(name)(source.read(), limits, *pages).to_json()}
    except MemoryError:
        return {"fault": OUT_OF_MEMORY}
    except NeedsOcrError as error:
        return {"fault": "needs_ocr", "message": str(error)}
    except ExtractionError as error:
        return {"fault": "permanent", "message": str(error)}


if __name__ == "__main__":
    main(sys.argv[1:])
