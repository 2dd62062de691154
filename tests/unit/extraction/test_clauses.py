"""Which shall, must or muss makes a requirement, and who is bound by it."""

from __future__ import annotations

from typing import Any

import pytest

from extraction import (
    Limits,
    OfflineExtractor,
    Options,
    extract_document,
    parse_object_types,
    read_document,
)
from extraction.schema.ready_made import ready_made_sets


def requirements(source: str) -> list[dict[str, Any]]:
    document = read_document(source.encode(), media_type=None, name=None, limits=Limits())
    types = parse_object_types(ready_made_sets()["requirements"])
    result = extract_document(OfflineExtractor(), document, types, Options()).extraction
    return [item.properties for item in result.objects]


@pytest.mark.parametrize(
    "sentence",
    [
        "Tariffs that shall apply on holidays are listed in the annex.",
        "The lid of a hold, which must lie flat, is called a hatch cover.",
        "The firmware shall do the following at night:",
    ],
)
def test_only_a_main_clause_about_somebody_binds(sentence: str) -> None:
    assert requirements(sentence + "\n") == []


@pytest.mark.parametrize(
    ("sentence", "subject", "modality"),
    [
        (
            "If the level that must be kept is lost, the meter shall stop at once.",
            "the meter",
            "shall",
        ),
        (
            "Licences that can be moved shall be moved at no charge.",
            "Licences that can be moved",
            "shall",
        ),
        ("The Supplier, if asked to, shall repair the pump.", "The Supplier", "shall"),
        ("Die Benutzer müssen ihre Buchungen löschen können.", "Die Benutzer", "müssen"),
        (
            "Les données ne doivent pas être conservées après un an.",
            "Les données",
            "ne doivent pas",
        ),
    ],
)
def test_who_is_bound_and_how(sentence: str, subject: str, modality: str) -> None:
    (found,) = requirements(sentence + "\n")
    assert found == {"text": sentence, "subject": subject, "modality": modality}


def test_should_binds_where_it_is_numbered_as_a_requirement() -> None:
    assert requirements("You should wear warm clothes on deck.\n") == []
    (found,) = requirements("2.2 Log files should be compressed every night.\n")
    assert (found["id"], found["modality"]) == ("2.2", "should")


@pytest.mark.parametrize(
    ("numbers", "ids"),
    [
        (("2.1", "2.2"), ["2.1", "2.2"]),
        (("B.1.1", "B.1.2"), ["B.1.1", "B.1.2"]),
        (("REQ-001", "REQ-002"), ["REQ-001", "REQ-002"]),
        (("R1", "R2"), ["R1", "R2"]),
    ],
)
def test_numbers_in_a_column_of_their_own_number_sentences(
    numbers: tuple[str, str], ids: list[str]
) -> None:
    gap = " " * 4
    found = requirements(
        f"{numbers[0]}{gap}The Contractor shall clean all windows and shall hand the log of every visit to\n"
        f"{' ' * len(numbers[0])}{gap}the Manager.\n{numbers[1]}{gap}Ladders must not be left on site.\n"
    )
    assert [item["id"] for item in found] == ids
    assert [item["subject"] for item in found] == ["The Contractor", "Ladders"]
    assert found[0]["text"].endswith("to the Manager.")
