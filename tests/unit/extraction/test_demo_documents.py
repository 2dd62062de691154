"""The documents of the demo, against what a careful reader finds in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.quality.extracting import extract
from extraction import Extraction

DOCUMENTS = Path(__file__).parents[3] / "examples" / "documents"
GOLDEN = Path(__file__).parent / "golden"


def golden(name: str) -> dict[str, Any]:
    expected: dict[str, Any] = json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))
    return expected


def of_type(extraction: Extraction, name: str) -> list[dict[str, Any]]:
    return [item.properties for item in extraction.objects if item.type == name]


def in_any_order(items: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(item, sort_keys=True) for item in items)


@pytest.mark.parametrize(
    "name", ["steering-group-minutes.md", "invoice-NS-2026-0388.html", "invoice-2026-117.txt"]
)
def test_short_documents_give_exactly_what_a_reader_finds(name: str) -> None:
    extraction = extract(DOCUMENTS / name)
    expected = golden(Path(name).stem)
    assert {item.type for item in extraction.objects} == set(expected)
    for kind, items in expected.items():
        assert in_any_order(of_type(extraction, kind)) == in_any_order(items)


@pytest.fixture(scope="module")
def agreement() -> Extraction:
    return extract(DOCUMENTS / "framework-agreement.txt")


def test_the_agreement_gives_contract_parties_and_people(agreement: Extraction) -> None:
    expected = golden("framework-agreement")
    for kind, items in expected["complete"].items():
        assert in_any_order(of_type(agreement, kind)) == in_any_order(items)
    assert {item.type for item in agreement.objects} == {*expected["complete"], *expected["among"]}


def test_the_agreement_gives_its_clauses_that_bind(agreement: Extraction) -> None:
    expected = golden("framework-agreement")
    found = of_type(agreement, "Requirement")
    for item in expected["among"]["Requirement"]:
        assert item in found
    for prefix, count in expected["count_by_prefix"]["Requirement"].items():
        assert sum(str(item.get("id", "")).startswith(prefix) for item in found) == count
    for text in expected["absent_text"]["Requirement"]:
        assert not [item for item in found if text in item["text"]]


def test_owners_of_action_items_lead_to_persons() -> None:
    extraction = extract(DOCUMENTS / "steering-group-minutes.md")
    links = {
        (
            extraction.objects[link.from_index].properties.get("id"),
            link.type,
            extraction.objects[link.to_index].properties["name"],
        )
        for link in extraction.relationships
        if extraction.objects[link.from_index].type == "ActionItem"
    }
    assert ("A-53", "owner", "Tadhg Roche") in links
    assert ("A-55", "owner", "Mairead Quinlan") in links
    assert len(links) == 7


def test_parties_lead_to_organisations(agreement: Extraction) -> None:
    names = {
        agreement.objects[link.to_index].properties["name"]
        for link in agreement.relationships
        if link.type == "parties"
    }
    assert names == {"NORTHMERE SYSTEMS LIMITED", "HARBOURLINE PORTS AUTHORITY PLC"}
