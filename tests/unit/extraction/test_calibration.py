"""The shipped table of confidences: sound, and what the record says of itself."""

from __future__ import annotations

import json
import time
from datetime import date
from itertools import pairwise

import pytest

from benchmarks.quality import calibrate
from benchmarks.quality.calibrate import Observation
from extraction import Document, OfflineExtractor, Options, extract_document, parse_object_types
from extraction.records.calibration import REVIEW, Calibration, shipped

TYPES = parse_object_types(
    {
        "Form": {
            "type": "object",
            "properties": {"total": {"type": "number"}, "date": {"type": "string"}},
        }
    }
)


def rows(table: Calibration) -> list[list[float]]:
    return [list(row) for row in (table.overall, *table.methods.values(), *table.cells.values())]


def test_the_table_tells_its_corpus_date_and_size() -> None:
    table = json.loads(calibrate.FILE.read_text("utf-8"))
    assert table["corpus"]
    assert date.fromisoformat(table["date"]).year >= 2026
    assert table["n"] == sum(table[f"n_{part}"] for part in ("tuning", "dev", "calibration")) > 0


def test_every_confidence_is_a_probability_and_rises_with_the_raw_score() -> None:
    for row in rows(shipped()):
        assert len(row) == len(shipped().edges) + 1
        assert all(0 < p < 1 for p in row)
        assert all(low <= high for low, high in pairwise(row))


def test_a_method_and_a_kind_without_a_row_take_the_next_wider_one() -> None:
    table = Calibration((0.5,), (0.1, 0.2), {"m": (0.3, 0.4)}, {"m/date": (0.5, 0.6)}, "b")
    assert table.confidence("m", "date", 0.9) == (0.6, "b")
    assert table.confidence("m", "money", 0.5) == (0.4, "b")
    assert table.confidence("other", "date", 0.4) == (0.1, "b")
    sure = Calibration((0.5,), (0.9, 0.95), {}, {}, "b")
    assert sure.confidence("m", "date", 0.4)[0] < REVIEW  # whatever the table says


def test_the_table_loads_fast() -> None:
    shipped.cache_clear()
    started = time.perf_counter()
    shipped()
    assert time.perf_counter() - started < 0.05


def form(text: str, pages: tuple[int, ...] = ()) -> Document:
    return Document(text, "text/plain", None, "0" * 64, pages=pages)


def test_each_value_says_what_its_confidence_rests_on_and_which_page_it_is_on() -> None:
    text = "Date: 2026-03-01\n\nTotal: 12.50\n"
    whole = extract_document(OfflineExtractor(), form(text, (0, 18)), TYPES)
    (found,) = whole.extraction.objects
    total, day = found.evidence["total"], found.evidence["date"]
    assert total["confidence_basis"].startswith("calibrated on ")
    assert (day["citations"][0]["page"], total["citations"][0]["page"]) == (1, 2)
    assert found.confidence == pytest.approx(
        (total["confidence"] + day["confidence"]) / 2, abs=1e-4
    )


def test_the_least_confidence_is_held_against_the_calibrated_one() -> None:
    document = form("Date: 2026-03-01\n\nTotal: 12.50\n")
    (found,) = extract_document(OfflineExtractor(), document, TYPES).extraction.objects
    least = found.evidence["total"]["confidence"]
    kept = extract_document(OfflineExtractor(), document, TYPES, Options(min_confidence=least))
    assert "total" in kept.extraction.objects[0].properties
    above = Options(min_confidence=least + 0.0001)
    for item in extract_document(OfflineExtractor(), document, TYPES, above).extraction.objects:
        assert "total" not in item.properties


def test_what_nobody_tuned_on_corrects_a_table_that_is_too_sure() -> None:
    def values(document: str, right: int, wrong: int) -> list[Observation]:
        return [Observation(document, "m", "date", 0.9, n < right) for n in range(right + wrong)]

    table = calibrate.fitted(values("seen", 98, 2), values("new", 60, 40))
    assert table.confidence("m", "date", 0.9)[0] == pytest.approx(0.6, abs=0.03)


def test_the_calibration_error_is_the_distance_between_promise_and_outcome() -> None:
    predicted = [(0.95, True)] * 3 + [(0.95, False)] + [(0.55, True), (0.55, False)]
    error = calibrate.expected_calibration_error(predicted)
    assert error == pytest.approx((4 * 0.2 + 2 * 0.05) / 6)


def test_what_is_more_likely_wrong_than_right_is_left_out_unless_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unsure = Calibration((0.5,), (0.4, 0.49), {}, {}, "of a test")
    monkeypatch.setattr("extraction.records.calibration.shipped", lambda: unsure)
    text = form("Date: 2026-03-01\n\nTotal: 12.50\n")
    assert extract_document(OfflineExtractor(), text, TYPES).extraction.objects == ()
    (asked,) = extract_document(
        OfflineExtractor(), text, TYPES, Options(min_confidence=0.0)
    ).extraction.objects
    assert set(asked.properties) == {"date", "total"}
