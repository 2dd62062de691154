"""The process that parses one document and ends: its bytes on stdin, what was read on stdout.

It bounds its own memory and time before it loads the parser, so that a process left behind by a
parent that was killed ends by itself. Started by `apart.py`.
"""

from __future__ import annotations

import base64
import contextlib
import json
import math
import os
import resource
import signal
import sys
from collections.abc import Callable
from typing import Any

from extraction.document import Limits
from extraction.errors import ExtractionError, NeedsOcrError, PermanentError
from extraction.reading.raw import Raw

HEADER_BYTES = 8  # the answer's length stands before it: half an answer is none
_MEGABYTE = 1 << 20
_DESCRIPTORS = 64

# The faults that mean the same in either process; any other ExtractionError goes as permanent.
FAULTS: dict[str, type[PermanentError]] = {
    "needs_ocr": NeedsOcrError,
    "permanent": PermanentError,
}
OUT_OF_MEMORY = "out_of_memory"


def serve(read: Callable[[bytes, Limits], Raw], limits: Limits) -> None:
    """Answer what `read` makes of stdin."""
    answers = os.dup(sys.stdout.fileno())
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())  # whatever a parser prints is no answer
    _write(answers, _answer(read, limits))
    # What C++ would do at an orderly exit can crash too, and nothing waits for it.
    os._exit(0)


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


def _answer(read: Callable[[bytes, Limits], Raw], limits: Limits) -> dict[str, Any]:
    try:
        raw = read(sys.stdin.buffer.read(), limits)
        _check_size(raw, limits)
    except MemoryError:
        return {"fault": OUT_OF_MEMORY}
    except NeedsOcrError as error:
        return {"fault": "needs_ocr", "message": str(error)}
    except ExtractionError as error:
        return {"fault": "permanent", "message": str(error)}
    return {
        "parts": raw.parts,
        "title": raw.title,
        "paged": raw.paged,
        "pages_without_text": raw.pages_without_text,
        "not_read": raw.not_read,
        "attached": [
            (each.media_type, each.name, base64.b64encode(each.content).decode("ascii"))
            for each in raw.attached
        ],
        "attachments_left_out": raw.attachments_left_out,
        "e_invoices": raw.e_invoices,
    }


def _check_size(raw: Raw, limits: Limits) -> None:
    size = sum(map(len, (*raw.parts, *raw.e_invoices)))
    if size > limits.max_characters:
        raise PermanentError(
            f"The document has {size} characters; the limit is {limits.max_characters}. "
            "Split it, or raise the limit."
        )


def _write(answers: int, answer: dict[str, Any]) -> None:
    body = json.dumps(answer, ensure_ascii=False).encode("utf-8", errors="replace")
    rest = memoryview(len(body).to_bytes(HEADER_BYTES, "big") + body)
    while rest:
        rest = rest[os.write(answers, rest) :]


def _parser(kind: str) -> Callable[[bytes, Limits], Raw]:
    if kind == "pdf":
        from extraction.reading.pdf import pdf_to_raw

        return pdf_to_raw
    if kind == "mail":
        from extraction.reading.mail import mail_to_raw

        return mail_to_raw
    from extraction.reading.docx import docx_to_raw

    return docx_to_raw


def main(arguments: list[str]) -> None:
    """Parse stdin as the kind of document and within the limits that the arguments name."""
    limits = Limits(**json.loads(arguments[1]))
    bound(limits)
    serve(_parser(arguments[0]), limits)


if __name__ == "__main__":
    main(sys.argv[1:])
