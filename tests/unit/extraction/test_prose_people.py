"""People, parties and tasks in running text, with the ready-made types."""

from __future__ import annotations

from typing import Any

import pytest

from extraction import (
    Extraction,
    Limits,
    OfflineExtractor,
    Options,
    extract_document,
    parse_object_types,
    read_document,
)
from extraction.schema.ready_made import ready_made_object_types

TYPES = parse_object_types(ready_made_object_types())


def run(source: str) -> Extraction:
    document = read_document(source.encode(), media_type=None, name=None, limits=Limits())
    return extract_document(OfflineExtractor(), document, TYPES, Options()).extraction


def found(source: str, kind: str) -> list[dict[str, Any]]:
    return [item.properties for item in run(source).objects if item.type == kind]


def links(source: str) -> set[tuple[str, str, str]]:
    extraction = run(source)
    return {
        (
            link.type,
            extraction.objects[link.from_index].type,
            extraction.objects[link.to_index].properties["name"],
        )
        for link in extraction.relationships
    }


@pytest.mark.parametrize(
    ("sentence", "person"),
    [
        ("We met Lena Fischer, Senior Scientist at Agrosol AG, on Monday.",
         {"name": "Lena Fischer", "role": "Senior Scientist"}),
        ("Write to Tom Brandt (tom@kessel.example) for more.",
         {"name": "Tom Brandt", "email": "tom@kessel.example"}),
        ("We thank Karin Hoffmann for her work.", {"name": "Karin Hoffmann"}),
    ],
)  # fmt: skip
def test_a_person_is_known_by_a_job_an_address_or_a_given_name(
    sentence: str, person: dict[str, str]
) -> None:
    assert found(f"Dear all,\n\n{sentence}\n", "Person") == [person]


@pytest.mark.parametrize("name", ["Business Days", "Harbour Room", "Canal Bridge", "Polaris Home"])
def test_two_words_with_capitals_alone_are_no_person(name: str) -> None:
    assert found(f"Dear all,\n\nplease look at the {name} again.\n", "Person") == []


GERMAN_CONTRACT = """Dienstleistungsvertrag

zwischen der Seebach Maschinenbau GmbH, Industriestraße 14, 70565 Stuttgart (nachfolgend „Auftraggeber“)
und der Klarblick Beratung AG, Leopoldstraße 88, 80802 München (nachfolgend „Auftragnehmer“).

Die Vergütung beträgt insgesamt 48.000 EUR. Der Vertrag tritt am 1. Juni 2026 in Kraft.
"""


def test_parties_with_their_defined_roles_in_german() -> None:
    (contract,) = found(GERMAN_CONTRACT, "Contract")
    assert contract["parties"] == [
        {"name": "Seebach Maschinenbau GmbH", "role": "Auftraggeber"},
        {"name": "Klarblick Beratung AG", "role": "Auftragnehmer"},
    ]
    assert contract["effective_date"] == "2026-06-01"
    assert ("parties", "Contract", "Klarblick Beratung AG") in links(GERMAN_CONTRACT)


def test_parties_that_stand_in_a_list_under_between_are_parties() -> None:
    contracts = found(
        "MUTUAL AGREEMENT\n\nThis Agreement is made on 6 February 2026 between\n\n"
        '(1) KESTREL OPTICS LIMITED, a company registered in Scotland ("Kestrel"); and\n\n'
        '(2) VALMORE PHOTONICS GMBH, of Jena, Germany ("Valmore").\n',
        "Contract",
    )
    assert [party["name"] for party in contracts[0]["parties"]] == [
        "KESTREL OPTICS LIMITED",
        "VALMORE PHOTONICS GMBH",
    ]


def test_who_signs_for_a_party_is_no_party() -> None:
    contracts = found(
        "CONTRAT DE PRESTATION\n\n"
        "Entre Atelier Corbin SARL (« le Prestataire ») et Mairie Conseil SAS (« le Client »).\n\n"
        "Le contrat prend effet le 1er mars 2026.\n\n"
        "Pour le Prestataire : Odile Ferrand\nPour le Client : Marc Aubert\n",
        "Contract",
    )
    assert [party["name"] for party in contracts[0]["parties"]] == [
        "Atelier Corbin SARL",
        "Mairie Conseil SAS",
    ]
