"""What each rule and word list is worth: F1 without it, on documents that it was not made for.

Each document is read once. For each name a process of its own takes the rule out of the extractor and extracts all
documents again. The worth of a rule is how far F1 falls without it, in points (hundredths), as the mean of the
calibration documents and the `check` half of each collection by others.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean

from benchmarks.quality import tables
from benchmarks.quality.corpus import Labelled, documents, outside
from benchmarks.quality.extracting import read
from benchmarks.quality.removal import REMOVALS
from extraction import Document

_ROOT = Path(__file__).parents[2]
_NOTHING = ""

Groups = Mapping[str, Sequence[tuple[Labelled, Document | None]]]
Worth = Mapping[str, float]


def groups() -> dict[str, list[Labelled]]:
    """The documents to judge by: the calibration part, and others' `check` halves where they are there."""
    return {"calibration": documents("calibration"), **outside("check")}


def table(names: Sequence[str]) -> str:
    """A Markdown table: F1 of the whole extractor, and how many points are lost without each of `names`."""
    f1 = _measured([_NOTHING, *names])
    whole = f1.pop(_NOTHING)
    lost = {name: {part: 100 * (whole[part] - x) for part, x in f1[name].items()} for name in f1}
    order = sorted(names, key=lambda name: -_worth(lost[name]))
    rows = [("nothing (F1)", f"{_worth(whole):.3f}", *(f"{x:.3f}" for x in whole.values()))]
    rows += [
        (name, f"{_worth(lost[name]):+.2f}", *(f"{x:+.1f}" for x in lost[name].values()))
        for name in order
    ]
    return tables.table(("without", "mean", *whole), rows)


def _worth(by_group: Worth) -> float:
    return mean(by_group.values())


def _measured(names: Sequence[str]) -> dict[str, Worth]:
    """F1 by group, without each of the names."""
    texts: Groups = {
        name: [(document, read(document)) for document in found] for name, found in groups().items()
    }
    with tempfile.NamedTemporaryFile(suffix=".pickle") as file:
        pickle.dump(texts, file)
        file.flush()
        return {name: without(name, file.name) for name in names}


def without(name: str, file: str) -> Worth:
    """F1 by group without a rule; the empty name leaves out none."""
    command = [sys.executable, "-m", "benchmarks.quality.removal", name, file]
    paths = os.pathsep.join(["layers/extraction_jobs", "cli", "."])
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        check=True,
        cwd=_ROOT,
        env=os.environ | {"PYTHONPATH": paths},
    )
    worth: Worth = json.loads(done.stdout)
    return worth


def known() -> list[str]:
    """The names of all that can be left out."""
    return sorted(REMOVALS)
