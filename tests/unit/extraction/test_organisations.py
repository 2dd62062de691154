"""Organisations in letterheads and blocks: what stands under the name is theirs."""

from __future__ import annotations

from typing import Any

from extraction import (
    Limits,
    OfflineExtractor,
    Options,
    extract_document,
    parse_object_types,
    read_document,
)
from extraction.ready_made import ready_made_sets


def organisations(source: str) -> dict[str, dict[str, Any]]:
    document = read_document(source.encode(), media_type=None, name=None, limits=Limits())
    types = parse_object_types(ready_made_sets()["contact"])
    result = extract_document(OfflineExtractor(), document, types, Options()).extraction
    return {
        item.properties["name"]: {k: v for k, v in item.properties.items() if k != "name"}
        for item in result.objects
        if item.type == "Organisation"
    }


def test_a_letterhead_gives_address_numbers_mail_and_web() -> None:
    found = organisations(
        "Quillon Marine Ltd\nUnit 7, Dock Road\nGrimsby DN31 3LW\nTel. 01472 555 0131\n"
        "office@quillon-marine.example\nwww.quillon-marine.example\nRegistered No. 04410291\n\n"
        "Dear Sir or Madam,\nWe write about the winch.\n"
    )
    assert found == {
        "Quillon Marine Ltd": {
            "address": "Unit 7, Dock Road, Grimsby DN31 3LW",
            "phone": "01472 555 0131",
            "email": "office@quillon-marine.example",
            "website": "www.quillon-marine.example",
            "registration_number": "04410291",
        }
    }


def test_blocks_side_by_side_do_not_mix() -> None:
    found = organisations(
        "Sold to:                           Deliver to:\n"
        "Alder & Roe LLP                    Corvane GmbH\n"
        "Accounts Department                Lager 2\n"
        "22 Fore Street                     Hafenstraße 5\n"
        "Falmouth TR11 3QX                  20457 Hamburg\n"
    )
    assert found["Alder & Roe LLP"] == {"address": "22 Fore Street, Falmouth TR11 3QX"}
    assert found["Corvane GmbH"]["address"].endswith("Hafenstraße 5, 20457 Hamburg")


def test_numbers_in_a_signature_are_the_persons() -> None:
    found = organisations(
        "Best wishes,\n\nMarta Lindqvist\nPlant engineer\nCorvane Pumpar AB\n+46 31 555 01 20\n"
        "marta.lindqvist@corvane-pumpar.example\n"
    )
    assert found == {"Corvane Pumpar AB": {}}


def test_a_seat_in_a_contract_is_the_partys_address() -> None:
    found = organisations(
        "De una parte, Aceites Lerma, S.L., con domicilio en Calle Ancha 4, 23001 Jaén, representada por don Luis "
        "Roca;\ny Molinos del Segura, S.A., con domicilio en Avenida del Mar 17, 30201 Cartagena.\n"
    )
    assert [item["address"] for item in found.values()] == [
        "Calle Ancha 4, 23001 Jaén",
        "Avenida del Mar 17, 30201 Cartagena",
    ]
