"""The process from which one child is forked for each document, with the parsers loaded once.

It takes requests from standard input, a socket: which parser, the limits, and three descriptors (the document, where
its answer goes, and a socket of its own for this request). It never reads a document: it forks, and the child does.
Over the request's socket it says how the child ended; when that socket is closed, it kills the child and all that the
child started. When standard input is closed, because the worker ended in whatever way, it kills every child and ends.

There is one thread here, so that a fork copies a process in which nothing else is going on. Where forking is not
safe (macOS) the process parses its one document by itself and ends.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import selectors
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import NoReturn

from extraction.document.document import Limits
from extraction.readers.child import ANSWER, SOURCE, Read, serve
from extraction.readers.samples import sample_for

REQUEST_BYTES = 1 << 16
DESCRIPTORS = 3  # of a request
_MOST_DESCRIPTORS = 1024
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class _Request:
    """What is asked for. `read` names the parser: `module:function`."""

    read: str
    limits: Limits
    source: int
    answer: int
    control: int


@dataclass(frozen=True, slots=True)
class _Child:
    pid: int
    control: socket.socket
    inherited: int  # bytes of memory that it began with

    def kill(self) -> None:
        """Kill the child with all that it started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)


class _Server:
    def __init__(self, requests: socket.socket) -> None:
        self._requests = requests
        self._children: dict[int, _Child] = {}
        self._crashed = False
        self._selector = selectors.DefaultSelector()
        self._selector.register(requests, selectors.EVENT_READ)
        awake, wake = os.pipe()
        os.set_blocking(awake, False)
        os.set_blocking(wake, False)
        self._awake = awake
        self._selector.register(awake, selectors.EVENT_READ)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)

    def run(self) -> NoReturn:
        """Serve requests until the worker is gone."""
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._requests:
                    request = received(self._requests)
                    if request is None:
                        self._end()
                    self._start(request)
                elif key.fileobj == self._awake:
                    with suppress(BlockingIOError):
                        os.read(self._awake, REQUEST_BYTES)
                    self._reap()
                elif isinstance(key.data, _Child):
                    key.data.kill()
                    self._selector.unregister(key.fileobj)
            if self._crashed and not self._children:
                begin_anew()

    def _start(self, request: _Request) -> None:
        control = socket.socket(fileno=request.control)
        try:
            read = loaded(request.read)
            server, inherited = os.getpid(), _resident()
            pid = os.fork()
        except Exception as error:  # noqa: BLE001 - no memory, no processes: the worker tries again later
            tell(control, {"error": str(error)})
            control.close()
        else:
            if pid == 0:
                _be_child(read, request, server)
            child = _Child(pid, control, inherited)
            self._children[pid] = child
            self._selector.register(control, selectors.EVENT_READ, child)
        finally:
            os.close(request.source)
            os.close(request.answer)

    def _reap(self) -> None:
        """Say of each child that has ended how it did."""
        for child in list(self._children.values()):
            # Its number is not given to another process before wait4.
            if os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                continue
            child.kill()
            _, status, usage = os.wait4(child.pid, 0)
            del self._children[child.pid]
            with suppress(KeyError):
                self._selector.unregister(child.control)
            code = os.waitstatus_to_exitcode(status)
            tell(
                child.control,
                {"code": code, "bytes": max(0, usage.ru_maxrss * 1024 - child.inherited)},
            )
            child.control.close()
            self._crashed |= code in (-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS)

    def _end(self) -> NoReturn:
        for child in self._children.values():
            child.kill()
        os._exit(0)


def received(requests: socket.socket) -> _Request | None:
    """Return the next request, None if there will be none."""
    message, descriptors, _, _ = socket.recv_fds(requests, REQUEST_BYTES, DESCRIPTORS)
    if len(descriptors) != DESCRIPTORS:
        return None
    asked = json.loads(message)
    return _Request(asked["read"], Limits(**asked["limits"]), *descriptors)


def loaded(name: str) -> Read:
    """Return a parser with all that it loads."""
    module, _, function = name.partition(":")
    fresh = module not in sys.modules
    read: Read = getattr(import_module(module), function)
    if fresh:
        sample = sample_for(module)
        if sample is not None:
            with suppress(Exception):  # what is wrong with a parser, its first document will say
                read(sample, Limits())
        gc.collect()
        gc.freeze()  # a collection in a child would copy the pages of what it looks at
    return read


def begin_anew() -> NoReturn:
    """Become a fresh process: whoever crashed a child has learnt where things are in the memory of this one."""
    signal.set_wakeup_fd(-1)
    os.execv(sys.executable, [sys.executable, "-m", __spec__.name])  # noqa: S606


def tell(control: socket.socket, what: dict[str, object]) -> None:
    """Tell whoever waits for a child; nobody may."""
    with suppress(OSError):
        control.sendall(json.dumps(what).encode())


def _be_child(read: Read, request: _Request, server: int) -> NoReturn:
    """Be the process of one document, with nothing of the server's."""
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() == server:
            parse(read, request)
    finally:
        os._exit(1)
    raise AssertionError  # neither returns


def parse(read: Read, request: _Request) -> NoReturn:
    """Parse in this process, with no descriptors but the document's, and end it."""
    with suppress(PermissionError):
        os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(request.source, SOURCE)
    for standard in (1, 2):
        os.dup2(nowhere, standard)  # whatever a parser prints is no answer
    os.dup2(request.answer, ANSWER)
    for descriptor in _open_descriptors():
        if descriptor > ANSWER:
            with suppress(OSError):
                os.close(descriptor)
    serve(read, request.limits)
    raise AssertionError  # serve ends the process


def _open_descriptors() -> list[int]:
    """Return the numbers that may be open; some systems have no list of them."""
    for folder in ("/proc/self/fd", "/dev/fd"):
        with suppress(OSError):
            return [int(name) for name in os.listdir(folder)]  # noqa: PTH208 - pathlib would be imported for this
    return list(range(_MOST_DESCRIPTORS))


def _resident() -> int:
    """Return how much memory this process has now, in bytes. Its peak may be that of the worker that started it."""
    with open("/proc/self/statm") as counts:  # noqa: PTH123 - pathlib would be imported for this alone
        return int(counts.read().split()[1]) * _PAGE


def main(arguments: list[str]) -> None:
    """Serve standard input: forking, or for one request if the argument says `once`."""
    requests = socket.socket(fileno=0)
    if arguments != ["once"]:
        _Server(requests).run()
    request = received(requests)
    if request is not None:
        requests.detach()
        parse(loaded(request.read), request)


if __name__ == "__main__":
    main(sys.argv[1:])
