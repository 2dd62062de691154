"""What cold_starts.py runs in Lambda's Python: a function is loaded, given something to do, and its memory read.

python loads.py HANDLER WORK
"""

from __future__ import annotations

import importlib
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

_ROOT = Path(__file__).parents[1]
# The largest PDF among the labelled documents.
_PDF = _ROOT / "benchmarks/quality/corpus/held_out/srs_union_catalogue.pdf"
_TEXT = _ROOT / "examples/documents/framework-agreement.txt"
_PAGES, _CHARACTERS_A_PAGE = 200, 3000


def _own_megabytes() -> float:
    """The most memory that this process has held. Not by rusage: that begins with what its parent held."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1e3
    raise RuntimeError("no VmHWM: this is for Linux")


def _childrens_megabytes() -> float:
    """The most that one child has held; at least what this process held when it started it."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e3


def _extract(data: bytes) -> None:
    """Reads a document and extracts from it as the worker does, chunk by chunk."""
    extraction = importlib.import_module("extraction")
    document = extraction.read_document(
        data, media_type=None, name=None, limits=extraction.Limits()
    )
    extractor = extraction.OfflineExtractor()
    types = extraction.parse_object_types(extraction.ready_made_object_types())
    run = extractor.start(document, types, extraction.Options(chunk_characters=8000))
    control = extraction.Control()
    results = [run.chunk(each.index, control=control) for each in run.chunks]
    run.result(results)


def _pdf(_: Any) -> str:
    _extract(_PDF.read_bytes())
    return f"a PDF of {_PDF.stat().st_size // 1000} kB"


def _text(_: Any) -> str:
    page = _TEXT.read_text()
    whole = (page * (_PAGES * _CHARACTERS_A_PAGE // len(page) + 1))[: _PAGES * _CHARACTERS_A_PAGE]
    _extract(whole.encode())
    return f"a text of {_PAGES} pages"


def _body(handler: Callable[[Any, Any], Any]) -> str:
    """The largest create call that comes through, for a database that is not there."""
    body = {"source_type": "d", "org_id": "acme", "project_id": "p", "source_text": "x" * 1_000_000}
    claims = {"sub": "a", "custom:organisations": "acme"}
    event = {
        "version": "2.0",
        "rawPath": "/extraction-jobs",
        "headers": {"content-type": "application/json"},
        "requestContext": {
            "http": {"method": "POST", "path": "/extraction-jobs"},
            "stage": "$default",
            "requestId": "1",
            "authorizer": {"jwt": {"claims": claims}},
        },
        "body": json.dumps(body | {"source_metadata": {str(n): "y" * 900 for n in range(50)}}),
        "isBase64Encoded": False,
    }
    context = SimpleNamespace(
        function_name="api",
        memory_limit_in_mb=512,
        invoked_function_arn="arn",
        aws_request_id="1",
        get_remaining_time_in_millis=lambda: 28_000,
    )
    answer = handler(event, context)
    return f"a create call of 1 MB ({answer['statusCode']}: it has no database)"


def _nothing(_: Any) -> str:
    return "–"


_WORK = {"pdf": _pdf, "text": _text, "body": _body, "nothing": _nothing}


def main() -> None:
    """Loads, works, tells."""
    module, _, name = sys.argv[1].partition(".")
    handler = getattr(importlib.import_module(module), name)
    loaded = _own_megabytes()
    began = time.monotonic()
    what = _WORK[sys.argv[2]](handler)
    most = _own_megabytes() + _childrens_megabytes()
    seconds = time.monotonic() - began
    print(json.dumps({"loaded": loaded, "what": what, "most": most, "seconds": seconds}))


if __name__ == "__main__":
    main()
