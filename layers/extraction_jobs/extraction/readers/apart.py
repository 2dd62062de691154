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

import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Literal

from extraction.document.document import Limits
from extraction.errors import RetryableError
from extraction.readers.apart_faults import died, too_large
from extraction.readers.apart_process import GoneError, Process
from extraction.readers.child import FAULTS, OUT_OF_MEMORY
from extraction.readers.raw import Raw

_PARSERS = {
    "pdf": "extraction.readers.pdf:pdf_to_raw",
    "docx": "extraction.readers.docx:docx_to_raw",
    "mail": "extraction.readers.mail:mail_to_raw",
}
_NAMES = {"pdf": "PDF", "docx": "DOCX", "mail": "e-mail"}
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


class Parsers:
    """The process that forks one child for each document, started when it is needed and again when it has died.

    Without `forks` each document has a process of its own that begins anew. Threads may read at the same time.
    """

    def __init__(self, *, forks: bool = FORKS) -> None:
        self._forks = forks
        self._lock = threading.Lock()
        self._process: Process | None = None

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
            except GoneError:
                self._lost(process)
                continue
            finally:
                if not self._forks:
                    self._lost(process)
            if answer is None:
                raise died(ended, limits, name)
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

    def _running(self) -> Process:
        with self._lock:
            # A process that was forked from this one shares nothing with it.
            if self._process is None or self._process.owner != os.getpid() or not self._forks:
                self._process = Process(forks=self._forks)
            return self._process

    def _lost(self, process: Process) -> None:
        with self._lock:
            if self._process is process:
                self._process = None
        process.end()


def _raw(answer: dict[str, Any], limits: Limits, name: str) -> Raw:
    fault = answer.get("fault")
    if fault == OUT_OF_MEMORY:
        raise too_large(limits, name)
    if fault is not None:
        raise FAULTS[fault](answer["message"])
    return Raw.from_json(answer["raw"])


_parsers = Parsers()
