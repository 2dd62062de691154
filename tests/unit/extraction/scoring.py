"""Compare extracted objects with gold: one point for each property value, counted by multiset."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extraction import (
    Control,
    Extraction,
    Limits,
    OfflineExtractor,
    Options,
    parse_object_types,
    read_document,
    ready_made_object_types,
)


@dataclass(frozen=True, slots=True)
class Score:
    """Right, too much and missed values."""

    right: int
    extra: tuple[str, ...]
    missed: tuple[str, ...]

    @property
    def precision(self) -> float:
        """Right values among all that were found."""
        return self.right / max(1, self.right + len(self.extra))

    @property
    def recall(self) -> float:
        """Right values among all that should have been found."""
        return self.right / max(1, self.right + len(self.missed))

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def extract(path: Path, gold: dict[str, Any], chunk_characters: int = 8000) -> Extraction:
    """Extract a document with the object types its gold names, or the ready-made set."""
    document = read_document(path.read_bytes(), media_type=None, name=path.name, limits=Limits())
    types = parse_object_types(gold.get("object_types") or ready_made_object_types())
    extractor = OfflineExtractor()
    plan = extractor.plan(document, types, Options(chunk_characters=chunk_characters))
    results = [
        extractor.extract_chunk(plan, chunk.index, control=Control()) for chunk in plan.chunks
    ]
    return extractor.combine(plan, results)


def load_gold(path: Path) -> dict[str, Any]:
    """Read the gold that stands beside a document."""
    gold: dict[str, Any] = json.loads(path.with_suffix(".gold.json").read_text("utf-8"))
    return gold


def compare(
    found: Iterable[tuple[str, dict[str, Any]]], expected: Iterable[tuple[str, dict[str, Any]]]
) -> Score:
    """Pair objects of a type so that most values agree, then count values.

    Values count within their object: a right date in the wrong action item is wrong.
    """
    left = [(kind, Counter(_values(kind, properties))) for kind, properties in found]
    right = [(kind, Counter(_values(kind, properties))) for kind, properties in expected]
    pairs = sorted(
        (
            (-sum((a & b).values()), i, j)
            for i, (kind_a, a) in enumerate(left)
            for j, (kind_b, b) in enumerate(right)
            if kind_a == kind_b and a & b
        ),
    )
    used_left: set[int] = set()
    used_right: set[int] = set()
    hits: Counter[str] = Counter()
    for _, i, j in pairs:
        if i not in used_left and j not in used_right:
            used_left.add(i)
            used_right.add(j)
            hits += left[i][1] & right[j][1]
    extra = sum((values for _, values in left), Counter[str]()) - hits
    missed = sum((values for _, values in right), Counter[str]()) - hits
    return Score(sum(hits.values()), tuple(extra.elements()), tuple(missed.elements()))


def _values(path: str, value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _values(f"{path}.{key}", inner)
    elif isinstance(value, list):
        for inner in value:
            if isinstance(inner, dict):
                # A row is right as a whole line: its values are tied to its first text.
                anchor = inner.get("description") or inner.get("name") or ""
                yield from _values(f"{path}[{anchor}]", inner)
            else:
                yield f"{path}[]={_plain(inner)}"
    else:
        yield f"{path}={_plain(value)}"


def _plain(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return " ".join(str(value).casefold().split()).rstrip(".")
    return f"{value:.4f}"
