"""Letters: the properties for whoever writes and whoever is written to."""

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


def paper(source: str, *names: str) -> dict[str, Any]:
    properties: dict[str, Any] = {name: {"type": "string"} for name in names}
    if "borrowers" in properties:
        properties["borrowers"] = {"type": "array", "items": {"type": "string"}}
    types = parse_object_types({"Paper": {"type": "object", "properties": properties}})
    document = read_document(source.encode(), media_type=None, name=None, limits=Limits())
    found = extract_document(OfflineExtractor(), document, types, Options()).extraction.objects
    return dict(found[0].properties) if found else {}


def test_a_body_writes_to_a_person() -> None:
    found = paper(
        "Vellum & Thorne Mutual\nCastle House, 9 Bridge Street\nOakhampton EX20 1AA\n\n4 May 2026\n\n"
        "Mr Ivor Pascoe and Mrs Lena Pascoe\n12 Weir Lane\nOakhampton\nEX20 4RT\n\nDear Mr and Mrs Pascoe,\n\n"
        "Thank you for asking us. We can lend you the sum. Call Rhian Moss of our lending team.\n\n"
        "Yours sincerely,\n\nGwen Tully\nHead of Lending\n",
        "lender", "borrowers", "borrower_address",
    )  # fmt: skip
    assert found == {
        "lender": "Vellum & Thorne Mutual",
        "borrowers": ["Ivor Pascoe", "Lena Pascoe"],
        "borrower_address": "12 Weir Lane, Oakhampton, EX20 4RT",
    }


def test_a_person_writes_to_a_body() -> None:
    found = paper(
        "                                   Lindenweg 8\n                                   79100 Freiburg\n\n"
        "Kundenservice\nMedialux GmbH\nHafenstraße 5\n20457 Hamburg\n\nSehr geehrte Damen und Herren,\n\n"
        "das Gerät ist defekt geliefert worden.\n\nMit freundlichen Grüßen\n\nJonas Brenner\n",
        "complainant", "complainant_address", "company",
    )  # fmt: skip
    assert found == {
        "complainant": "Jonas Brenner",
        "complainant_address": "Lindenweg 8, 79100 Freiburg",
        "company": "Medialux GmbH",
    }


def test_a_mail_has_its_writer_under_the_closing_words() -> None:
    found = paper(
        "From: Thomas Guérin <t.guerin@courrier.example>\nTo: Abonnements <abo@lac.example>\n\nMadame, Monsieur,\n\n"
        "Je vous prie de résilier mon contrat.\n\nVeuillez agréer, Madame, Monsieur, mes salutations distinguées.\n\n"
        "Thomas Guérin\n8, impasse des Tanneurs\n74290 Saint-Aubin\n06 39 98 11 42\n",
        "subscriber", "address", "phone",
    )  # fmt: skip
    assert found == {
        "subscriber": "Thomas Guérin",
        "address": "8, impasse des Tanneurs, 74290 Saint-Aubin",
        "phone": "06 39 98 11 42",
    }
