"""Fits records/ranking/weights.tsv: how much each feature of a candidate counts, by group of properties.

One example is one candidate for one property that no label named, right or wrong by the gold. Weights that all groups
share are fitted first; each group's own lean on them. Fitted on the documents that rules may be made for: our tuning
part and others' `dev` halves.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import extraction
from benchmarks.quality.corpus import Labelled
from benchmarks.quality.extracting import prepared
from benchmarks.quality.scoring import comparable
from extraction import Control, ExtractionError, OfflineExtractor
from extraction.document.parsed_text import ParsedText
from extraction.records.drafts import Draft
from extraction.records.ranking.candidates import FEATURES, Candidate
from extraction.records.ranking.choice import candidates, score
from extraction.schema.frames import Frame

FILE = Path(extraction.__file__).parent / "records" / "ranking" / "weights.tsv"
_EPOCHS = 60
_HELD_SHARED = 0.5  # how strongly weights are held at nought, and a group's at the shared ones: per 100 examples
_HELD_GROUP = 1.0


@dataclass(frozen=True, slots=True)
class Example:
    """A property of a document: the features of each of its candidates, and which of them the gold has."""

    group: str
    features: tuple[Mapping[str, float], ...]
    right: tuple[bool, ...]


def examples(document: Labelled) -> list[Example]:
    """Return the open properties of a document's first object of the type that the gold has one of."""
    extractor = OfflineExtractor()
    try:
        run = extractor.start(*prepared(document.path, document.object_types))
    except ExtractionError:
        return []
    seen: list[tuple[Frame, list[Candidate]]] = []

    def recorded(parsed: ParsedText, draft: Draft, *rest: Any) -> list[list[Candidate]]:
        found = candidates(parsed, draft, *rest)
        seen.extend((draft.frame, each) for each in found)
        return found

    results = [run.chunk(c.index, control=Control()) for c in run.chunks]
    with patch("extraction.records.filling.candidates", recorded):
        run.result(results)
    gold = {item["type"]: item["properties"] for item in reversed(document.gold["objects"])}
    return [
        made
        for frame, found in seen
        if frame.type.name in gold
        and (made := _judged(frame, found, gold[frame.type.name], document.gold)) is not None
    ]


def _judged(
    frame: Frame, found: list[Candidate], properties: Mapping[str, Any], gold: Mapping[str, Any]
) -> Example | None:
    path = frame.slots[found[0].slot].path
    if path[0] not in gold.get("labelled", path):
        return None
    wanted: Any = properties
    for name in path:
        wanted = wanted.get(name) if isinstance(wanted, Mapping) else None
    also = gold.get("also_right", {}).get(path[0], ())
    right = {comparable(x) for x in (wanted, *also) if x is not None}
    return Example(
        found[0].group,
        tuple(each.features for each in found),
        tuple(comparable(each.value.value) in right for each in found),
    )


def fitted(found: Sequence[Example]) -> Mapping[str, Mapping[str, float]]:
    """Return the weights by group."""
    shared = _fit(found, {}, _HELD_SHARED)
    by_group: dict[str, list[Example]] = defaultdict(list)
    for each in found:
        by_group[each.group].append(each)
    return {group: _fit(own, shared, _HELD_GROUP) for group, own in sorted(by_group.items())}


def _fit(found: Sequence[Example], prior: Mapping[str, float], held: float) -> dict[str, float]:
    """A choice among candidates or none of them, by stochastic gradients; the more a weight has moved, the smaller
    its steps (AdaGrad).
    """
    order = list(found)
    shuffle = random.Random(1)
    weights = defaultdict(float, prior)
    moved: dict[str, float] = defaultdict(lambda: 1e-6)
    pull = held / max(1, len(order))
    for _ in range(_EPOCHS):
        shuffle.shuffle(order)
        for each in order:
            odds = [math.exp(score(weights, features)) for features in each.features]
            whole = 1 + sum(odds)
            among = sum(o for o, right in zip(odds, each.right, strict=True) if right)
            slopes: dict[str, float] = defaultdict(float)
            for o, right, features in zip(odds, each.right, each.features, strict=True):
                error = o / whole - (o / among if right else 0.0)
                for name, figure in features.items():
                    slopes[name] += error * figure
            for name, slope in slopes.items():
                whole_slope = slope + pull * (weights[name] - prior.get(name, 0.0))
                moved[name] += whole_slope**2
                weights[name] -= 0.2 * whole_slope / math.sqrt(moved[name])
    seen = {name for each in found for features in each.features for name in features}
    return {name: weight for name, weight in weights.items() if name in seen}


def write(found: Sequence[Example]) -> Path:
    """Fit, and put the table into the package."""
    table = fitted(found)
    rows = [("feature", *table)]
    rows += [
        (name, *(f"{table[g][name]:.2f}" if name in table[g] else "" for g in table))
        for name in FEATURES
        if any(name in own for own in table.values())
    ]
    FILE.write_text("".join("\t".join(row) + "\n" for row in rows), "utf-8")
    return FILE
