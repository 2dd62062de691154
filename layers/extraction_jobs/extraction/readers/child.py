"""What happens in the process that parses one document: bounded before it reads a byte, it answers and ends.

Its descriptors are the document (0), nothing (1 and 2), and where the answer goes (3). forking.py starts it.
"""

from __future__ import annotations

import contextlib
import gc
import json
import math
import os
import resource
import signal
from collections.abc import Callable
from typing import Any

from extraction.document.document import Limits
from extraction.errors import ExtractionError, NeedsOcrError, PermanentError
from extraction.readers.raw import Raw

SOURCE, ANSWER = 0, 3
HEADER_BYTES = 8  # the answer's length stands before it: half an answer is none
_MEGABYTE = 1 << 20
_DESCRIPTORS = 64
_READ_BYTES = 1 << 20
_OBJECTS_A_COLLECTION = (
    100_000  # a parser builds trees, and looking through them again and again frees nothing
)

# The faults that mean the same in either process; any other ExtractionError goes as permanent.
FAULTS: dict[str, type[PermanentError]] = {
    "needs_ocr": NeedsOcrError,
    "permanent": PermanentError,
}
OUT_OF_MEMORY = "out_of_memory"

Read = Callable[[bytes, Limits], Raw]


def serve(read: Read, limits: Limits) -> None:
    """Answer what `read` makes of the document, and end this process."""
    code = 1
    try:
        bound(limits)
        gc.set_threshold(_OBJECTS_A_COLLECTION)
        _write(_answer(read, limits))
        code = 0
    finally:
        # What C++ would do at an orderly exit can crash too, and nothing waits for it.
        os._exit(code)


def bound(limits: Limits) -> None:
    """Bound this process's memory, time and files."""
    seconds = math.ceil(limits.reader_seconds) + 1
    for kind, most in (
        (resource.RLIMIT_AS, limits.reader_megabytes * _MEGABYTE),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _DESCRIPTORS),
    ):
        hard = resource.getrlimit(kind)[1]
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with contextlib.suppress(ValueError, OSError):  # a system that does not know this bound
            resource.setrlimit(kind, (least, least))
    signal.alarm(seconds)


def _answer(read: Read, limits: Limits) -> dict[str, Any]:
    try:
        raw = read(_source(), limits)
        _check_size(raw, limits)
        return {"raw": raw.to_json()}
    except MemoryError:
        return {"fault": OUT_OF_MEMORY}
    except NeedsOcrError as error:
        return {"fault": "needs_ocr", "message": str(error)}
    except ExtractionError as error:
        return {"fault": "permanent", "message": str(error)}


def _source() -> bytes:
    with os.fdopen(SOURCE, "rb", closefd=False) as source:
        return source.read()


def _check_size(raw: Raw, limits: Limits) -> None:
    size = sum(map(len, (*(part.text for part in raw.parts), *raw.e_invoices)))
    if size > limits.max_characters:
        raise PermanentError(
            f"The document has {size} characters; the limit is {limits.max_characters}. "
            "Split it, or raise the limit."
        )


def _write(answer: dict[str, Any]) -> None:
    body = json.dumps(answer, ensure_ascii=False).encode("utf-8", errors="replace")
    rest = memoryview(len(body).to_bytes(HEADER_BYTES, "big") + body)
    while rest:
        rest = rest[os.write(ANSWER, rest) :]
