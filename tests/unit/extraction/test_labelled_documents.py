"""Quality on labelled documents of many layouts, some never used for tuning."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.extraction.scoring import Score, compare, extract, load_gold

DOCUMENTS = Path(__file__).parent / "documents"


def documents(folder: str) -> list[Path]:
    return sorted(
        path for path in (DOCUMENTS / folder).iterdir() if not path.name.endswith(".gold.json")
    )


def score(path: Path) -> Score:
    gold = load_gold(path)
    extraction = extract(path, gold)
    return compare(
        [(item.type, item.properties) for item in extraction.objects],
        [(item["type"], item["properties"]) for item in gold["objects"]],
    )


# Floors, a little below what was measured: they catch a fall, they do not claim a quality.
@pytest.mark.parametrize(("folder", "least"), [("seen", 0.97), ("held_out", 0.90)])
def test_f1_does_not_fall(folder: str, least: float) -> None:
    scores = [score(path) for path in documents(folder)]
    assert len(scores) >= 5
    right = sum(s.right for s in scores)
    extra = sum(len(s.extra) for s in scores)
    missed = sum(len(s.missed) for s in scores)
    f1 = 2 * right / (2 * right + extra + missed)
    assert f1 >= least, [(s.extra, s.missed) for s in scores]


def test_scoring_counts_a_right_value_in_the_wrong_object_as_wrong() -> None:
    found = [("Task", {"text": "a", "owner": "x"}), ("Task", {"text": "b", "owner": "y"})]
    gold = [("Task", {"text": "a", "owner": "y"}), ("Task", {"text": "b", "owner": "x"})]
    result = compare(found, gold)
    assert result.right == 2
    assert len(result.extra) == len(result.missed) == 2
