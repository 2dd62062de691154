"""How sure is sure: fits records/calibration.json, and measures how far confidences are from what comes true.

1. The table, on the documents that the rules are worked on (our tuning part, others' `dev` halves): the share of right
   values in each bin of the raw score, by method and kind of value. A cell with few values leans on its method, a
   method on everything, and that on the raw scores: each row is (right + STRENGTH x parent's share) / (n + STRENGTH),
   then made to rise with the bin by pooling neighbours. Running text has methods of its own, and so rows of its own.
2. The rules fit those documents too well. The correction, slope and shift of the log odds, is fitted on documents that
   they were not made for: our calibration part, and the `dev` halves again, which hardly a rule was made for.

The held-out documents and others' `check` halves take no part; the error is reported on them.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import extraction
from benchmarks.quality.corpus import Labelled, documents, outside
from benchmarks.quality.extracting import judged, prepared
from extraction import Control, ExtractionError, OfflineExtractor, Options
from extraction.records.calibration import Calibration
from extraction.records.confidence import UNLABELLED
from extraction.records.findings import from_json
from extraction.records.finishing import finish
from extraction.records.gathering import gather
from extraction_jobs_cli.scoring import Item

EDGES = (0.5, 0.6, 0.7, 0.8, 0.88, 0.94)
STRENGTH = 15.0
LEAST_IN_CELL = 8  # with fewer values a cell is left out and its method's row stands in
MOST = 0.995  # nobody is ever surer
ECE_BINS = 10

FILE = Path(extraction.__file__).parent / "records" / "calibration.json"


@dataclass(frozen=True, slots=True)
class Observation:
    """One value that was found, and whether it is right."""

    document: str
    method: str
    kind: str
    raw: float
    right: bool


@dataclass(frozen=True, slots=True)
class Reliability:
    """The values of one band of confidence."""

    low: float
    high: float
    n: int
    confidence: float
    right: float


def observed(document: Labelled) -> list[Observation]:
    """Every value that the extractor finds in a document, with its raw score."""
    extractor = OfflineExtractor()
    try:
        run = extractor.start(*prepared(document.path, document.object_types))
    except ExtractionError:
        return []
    results = [run.chunk(c.index, control=Control()) for c in run.chunks]
    findings = [from_json(finding) for result in results for finding in result.findings]
    # In place of a confidence and what it rests on: the raw score and the kind of value.
    objects, _ = finish(
        run.document,
        gather(run.parsed, findings),
        Options(min_confidence=0.0),
        lambda _, kind, raw: (raw, kind),
    )
    items: list[Item] = [(x.type, x.properties, x.evidence) for x in objects]
    return [
        Observation(
            document.name,
            value.proof["method"],
            value.proof["confidence_basis"],
            value.proof["confidence"],
            value.right,
        )
        for value in judged(document, items, []).found
    ]


def observed_in(part: str) -> list[Observation]:
    """The same of all documents of a part."""
    return [value for document in documents(part) for value in observed(document)]


def observed_outside(half: str) -> list[Observation]:
    """The same of a half of all collections by others."""
    return [value for d in once(outside(half)) for value in observed(d)]


def once(by_collection: Mapping[str, Sequence[Labelled]]) -> list[Labelled]:
    """Each document once: those that are measured from their pages alone are there with all they have, too."""
    return [d for found in by_collection.values() for d in found if not d.pages_alone]


def fitted(tuning: Sequence[Observation], untouched: Sequence[Observation]) -> Calibration:
    """The table of the one, corrected by the other. What the ranker chose has its own probability."""
    tuning, untouched = (
        [value for value in values if value.method != UNLABELLED] for values in (tuning, untouched)
    )
    table = _table(tuning)
    slope, shift = _correction(table, untouched)

    def corrected(row: Sequence[float]) -> list[float]:
        return [round(min(MOST, _probability(slope * _log_odds(p) + shift)), 4) for p in row]

    return Calibration(
        edges=table.edges,
        overall=corrected(table.overall),
        methods={name: corrected(row) for name, row in table.methods.items()},
        cells={name: corrected(row) for name, row in table.cells.items()},
        basis="",
    )


def write(
    tuning: Sequence[Observation], dev: Sequence[Observation], untouched: Sequence[Observation]
) -> Path:
    """Fit, and put the table into the package."""
    table = fitted([*tuning, *dev], [*untouched, *dev])
    content: dict[str, Any] = {
        "date": datetime.now(UTC).date().isoformat(),
        "corpus": "benchmarks/quality/corpus: tuning and calibration; documents by others: dev",
        "n": len(tuning) + len(dev) + len(untouched),
        "n_tuning": len(tuning),
        "n_dev": len(dev),
        "n_calibration": len(untouched),
        "edges": table.edges,
        "overall": table.overall,
        "methods": table.methods,
        "cells": table.cells,
    }
    lines = [f"{json.dumps(key)}: {_compact(value)}" for key, value in content.items()]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
    return FILE


def _compact(value: Any) -> str:
    """JSON with one row of a table a line."""
    if not isinstance(value, Mapping):
        return json.dumps(value)
    rows = ",\n".join(f"  {json.dumps(key)}: {json.dumps(value[key])}" for key in sorted(value))
    return "{\n" + rows + "\n}"


def predictions(table: Calibration, values: Iterable[Observation]) -> list[tuple[float, bool]]:
    """Confidence and outcome of each value."""
    return [(table.confidence(v.method, v.kind, v.raw)[0], v.right) for v in values]


def cross_validated(
    tuning: Sequence[Observation], untouched: Sequence[Observation]
) -> list[tuple[float, bool]]:
    """Predictions for each untouched document by a table that was fitted without it."""
    found: list[tuple[float, bool]] = []
    for name in sorted({v.document for v in untouched}):
        table = fitted(tuning, [v for v in untouched if v.document != name])
        found += predictions(table, (v for v in untouched if v.document == name))
    return found


def reliability(predicted: Sequence[tuple[float, bool]]) -> list[Reliability]:
    """Ten bands of equal width."""
    bands: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for confidence, right in predicted:
        bands[min(ECE_BINS - 1, int(confidence * ECE_BINS))].append((confidence, right))
    return [
        Reliability(
            band / ECE_BINS,
            (band + 1) / ECE_BINS,
            len(found),
            sum(confidence for confidence, _ in found) / len(found),
            sum(right for _, right in found) / len(found),
        )
        for band, found in sorted(bands.items())
    ]


def expected_calibration_error(predicted: Sequence[tuple[float, bool]]) -> float:
    """The distance between confidence and share of right values, a band at a time, weighted by n."""
    return sum(b.n * abs(b.confidence - b.right) for b in reliability(predicted)) / len(predicted)


def _table(values: Sequence[Observation]) -> Calibration:
    middles = [(low + high) / 2 for low, high in pairwise((0.4, *EDGES, 1.0))]
    overall = _row(values, middles)
    by_method: dict[str, list[Observation]] = defaultdict(list)
    by_cell: dict[tuple[str, str], list[Observation]] = defaultdict(list)
    for value in values:
        by_method[value.method].append(value)
        by_cell[value.method, value.kind].append(value)
    methods = {method: _row(found, overall) for method, found in by_method.items()}
    cells = {
        Calibration.cell(*key): _row(found, methods[key[0]])
        for key, found in by_cell.items()
        if len(found) >= LEAST_IN_CELL
    }
    return Calibration(EDGES, overall, methods, cells, "")


def _row(values: Sequence[Observation], parent: Sequence[float]) -> list[float]:
    right, n = [0] * len(parent), [0] * len(parent)
    for value in values:
        at = bisect_right(EDGES, value.raw)
        right[at] += value.right
        n[at] += 1
    # What the whole row says of itself moves the parent's shape before a bin leans on it.
    expected = sum(count * share for count, share in zip(n, parent, strict=True))
    lift = (sum(right) + STRENGTH) / (expected + STRENGTH)
    lifted = [min(MOST, share * lift) for share in parent]
    shares = [
        (hits + STRENGTH * share) / (count + STRENGTH)
        for hits, count, share in zip(right, n, lifted, strict=True)
    ]
    return _rising(shares, [count + STRENGTH for count in n])


def _rising(shares: Sequence[float], weights: Sequence[float]) -> list[float]:
    """Isotonic regression by pooling neighbours that fall."""
    pools: list[tuple[float, float, int]] = []
    for share, weight in zip(shares, weights, strict=True):
        pools.append((share, weight, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (a, m, i), (b, n, j) = pools[-2:]
            pools[-2:] = [((a * m + b * n) / (m + n), m + n, i + j)]
    return [share for share, _, width in pools for _ in range(width)]


def _correction(table: Calibration, untouched: Sequence[Observation]) -> tuple[float, float]:
    """Slope and shift of the log odds that fit the outcomes best (Newton's method, a little held back)."""
    slope, shift = 1.0, 0.0
    points = [(_log_odds(p), right) for p, right in predictions(table, untouched)]
    for _ in range(100):
        # Held back: as if slope 1 and shift 0 had been seen with some certainty before.
        g0, g1 = shift, 4 * (slope - 1)
        h00, h01, h11 = 1.0, 0.0, 4.0
        for x, right in points:
            p = _probability(slope * x + shift)
            weight = p * (1 - p)
            g0 += p - right
            g1 += (p - right) * x
            h00 += weight
            h01 += weight * x
            h11 += weight * x * x
        determinant = h00 * h11 - h01 * h01
        by_shift = (h11 * g0 - h01 * g1) / determinant
        by_slope = (h00 * g1 - h01 * g0) / determinant
        stride = min(1.0, 0.5 / max(abs(by_shift), abs(by_slope), 1e-9))  # or it overshoots
        shift -= stride * by_shift
        slope -= stride * by_slope
    return max(0.1, slope), shift


def _log_odds(p: float) -> float:
    p = min(MOST, max(1 - MOST, p))
    return math.log(p / (1 - p))


def _probability(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))
