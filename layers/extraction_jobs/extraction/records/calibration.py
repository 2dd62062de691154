"""From raw scores to probabilities: how often a value found this way was right on labelled documents.

Raw scores rank candidates within a document; only the final record is calibrated. `calibration.json` is written by
`make quality ARGS=--fit` (benchmarks/quality/calibrate.py says how).
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from extraction.records.confidence import UNLABELLED

# Below it a value is more likely wrong than right.
EVEN_ODDS = 0.5
# Below it the docs' example sends a job to review. What is in the lowest band of raw scores stays below it: a label
# that was matched by a synonym alone (see labels.SYNONYM), and a value whose form hardly fits.
REVIEW = 0.7
_BELOW_REVIEW = 0.69

# Of a method, a kind of value and a raw score: the confidence, and what it rests on.
Confidence = Callable[[str, str, float], tuple[float, str]]


@dataclass(frozen=True, slots=True)
class Calibration:
    """A fitted table.

    Attributes:
        edges: raw scores between the bins.
        overall: the probability in each bin, whatever the method.
        methods: the same by method.
        cells: the same by method and kind of value, where there were enough of them; keys as `cell` makes them.
        basis: what is said beside each confidence.
    """

    edges: Sequence[float]
    overall: Sequence[float]
    methods: Mapping[str, Sequence[float]]
    cells: Mapping[str, Sequence[float]]
    basis: str

    @staticmethod
    def cell(method: str, kind: str) -> str:
        """The key of a method and a kind."""
        return f"{method}/{kind}"

    def confidence(self, method: str, kind: str, raw: float) -> tuple[float, str]:
        """The probability that a value is right, and what it rests on; the closest row of the table counts."""
        if method == UNLABELLED:
            return raw, self.basis  # the ranker's score is a probability already
        row = self.cells.get(self.cell(method, kind)) or self.methods.get(method) or self.overall
        band = bisect_right(self.edges, raw)
        return row[band] if band else min(row[0], _BELOW_REVIEW), self.basis


@lru_cache(maxsize=1)
def shipped() -> Calibration:
    """The table that comes with this version."""
    table = json.loads(files("extraction.records").joinpath("calibration.json").read_text("utf-8"))
    return Calibration(
        edges=table["edges"],
        overall=table["overall"],
        methods=table["methods"],
        cells=table["cells"],
        basis=f"calibrated on {table['n']} values ({table['date']})",
    )


def calibrated(method: str, kind: str, raw: float) -> tuple[float, str]:
    """The shipped table's confidence."""
    return shipped().confidence(method, kind, raw)
