"""What else one would take, on the same documents. Each peer is a program of its own.

It reads `[{"name", "text", "object_types"}, …]` as JSON from standard input and writes
`[{"name", "seconds", "objects": [{"type", "properties"}]}, …]`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.quality.corpus import Labelled
from benchmarks.quality.extracting import Result, judged, prepared
from extraction import ExtractionError

_ROOT = Path(__file__).parents[3]
_PYTHON = _ROOT / ".venv-peers" / "bin" / "python"

# Name in the report, and the program.
PEERS = {"a label, and the value beside or below it": "label_value.py"}


def can_align() -> bool:
    """Whether `make quality` has made the environment of the other aligner."""
    return _PYTHON.exists()


def measured(program: str, documents: Sequence[Labelled]) -> list[Result]:
    """What a peer makes of the same normalised text and the same object types."""
    asked = []
    for document in documents:
        try:
            text = prepared(document.path)[0].text
        except ExtractionError:
            text = ""
        asked.append({"name": document.name, "text": text, "object_types": document.object_types})
    said = _run(sys.executable, str(Path(__file__).with_name(program)), told=json.dumps(asked))
    answers = {answer["name"]: answer for answer in json.loads(said)}
    return [
        Result(
            document,
            judged(
                document,
                [(x["type"], x["properties"], {}) for x in answers[document.name]["objects"]],
                [],
            ),
            answers[document.name]["seconds"],
        )
        for document in documents
    ]


def alignment() -> str:
    """How well altered quotes are found again, by us and by langextract."""
    said = _run(str(_PYTHON), "-m", "benchmarks.quality.alignment").strip()
    return said.replace("\n|", "\n\n|", 1)  # a table begins after an empty line


def _run(*command: str, told: str = "") -> str:
    done = subprocess.run(
        command,
        input=told,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=600,
        cwd=_ROOT,
    )
    return done.stdout
