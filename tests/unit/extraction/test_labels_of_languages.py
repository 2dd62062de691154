"""Which label names which property: exact before near, near before synonym, in the document's own language."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from extraction import Options
from extraction.labels.vocabulary import language_of
from extraction.records.calibration import REVIEW
from extraction.schema.frames import frames_of
from extraction.schema.schemas import parse_object_types
from tests.unit.extraction.papers import DAY, TEXT, extracted, typed

_SURE = 0.7
LABELS = {
    "de": "Bruttolohn:gross_salary Fälligkeitsdatum:due_date Zählerstand:meter_reading Geburtsort:birth_place "
    "Rechnungsnr.:invoiceNumber Bußgeld:fine",
    "fr": "N°_de_police:policyNumber Expéditeur:sender Date_d'échéance:due_date Lieu_de_naissance:place_of_birth",
    "es": "Fecha_de_nacimiento:dateOfBirth Número_de_póliza:policy_number Fianza:deposit Multa:fine "
    "Dirección_de_entrega:delivery_address",
    "it": "Data_scadenza:due_date Luogo_di_nascita:birthPlace",
    "nl": "Geboortedatum:date_of_birth Leverdatum:delivery_date Factuurnummer:invoice_number Achternaam:last_name",
    "pt": "Morada_de_entrega:delivery_address Fornecedor:supplier Nacionalidade:nationality",
}


@pytest.mark.parametrize("language", sorted(LABELS))
def test_a_label_names_the_property_that_means_it(language: str) -> None:
    strangers = []
    for pair in LABELS[language].split():
        label, name = pair.replace("_", " ", pair.split(":")[0].count("_")).split(":")
        schema = typed("Paper", **{name: TEXT, "extra_sheet": TEXT})
        frame = frames_of(parse_object_types(schema), language)[0]
        rated = {slot.path[0]: rate for rate, slot in frame.match(label)}
        if rated.get(name, 0.0) < _SURE or "extra_sheet" in rated:
            strangers.append(pair)
    assert strangers == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Invoice number: 7\nDate: 1 May 2026\nTotal: 12.00", "en"),
        ("Rechnungsdatum: 01.05.2026\nMenge: 3\nGesamtbetrag: 12,00 EUR", "de"),
        ("Date de la facture : 1 mai 2026\nMontant dû au fournisseur : 12,00", "fr"),
        ("Il fornitore indica la data e l'importo della consegna.", "it"),
        ("4711 0815 22.50", "en"),
    ],
)
def test_a_documents_language_is_told_by_its_words(text: str, language: str) -> None:
    assert language_of(text) == language


def values(properties: dict[str, Any], text: str) -> dict[str, tuple[Any, float]]:
    """The values of a document's only object, each with its confidence."""
    found = extracted(text, typed("Paper", **properties), Options(), "a.txt").objects
    return {
        name: (value, one.evidence[name]["confidence"])
        for one in found
        for name, value in one.properties.items()
    }


@pytest.mark.parametrize("lines", list(permutations(["Type: flat", "Kind: tall", "Size: 4 m"])))
def test_an_exact_label_beats_a_synonym_wherever_it_stands(lines: tuple[str, ...]) -> None:
    found = values({"kind": TEXT, "size": TEXT}, "Masts\n\n" + "\n".join(lines))
    assert found["kind"][0] == "tall"


@pytest.mark.parametrize(
    "lines", list(permutations(["Vendor: Ropes & Co Ltd", "Supplier name: Masts Ltd"]))
)
def test_a_near_label_beats_a_synonym_wherever_it_stands(lines: tuple[str, ...]) -> None:
    found = values({"supplier": TEXT}, "Delivery\n\n" + "\n".join(lines))
    assert found["supplier"][0] == "Masts Ltd"


@pytest.mark.parametrize(
    ("label", "name"),
    [("Status", "state"), ("Type", "kind"), ("Client", "customer"), ("Gender", "sex"),
     ("Worker", "employee")],
)  # fmt: skip
def test_a_synonym_alone_does_not_pass_a_review(label: str, name: str) -> None:
    found = values({name: TEXT, "size": TEXT}, f"{label}: open\nSize: 4 m")
    assert found["size"][1] > REVIEW
    assert name not in found or found[name][1] < REVIEW


def test_a_word_is_read_in_the_documents_language() -> None:
    """`Fine` is the end of something in Italian, and money in English."""
    properties = {"fine": TEXT, "end_date": DAY}
    italian = "Contratto di affitto\n\nData di inizio: 01/05/2026\nFine: 31/12/2026\nLuogo: Pavia"
    found = values(properties, italian)
    assert found["end_date"][0] == "2026-12-31"
    assert "fine" not in found or found["fine"][1] < REVIEW
    german = "Bescheid über eine Geldbuße\n\nDas Bußgeld wird fällig.\nBußgeld: 120,00 EUR"
    assert values(properties, german)["fine"][0] == "120,00 EUR"


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Auftragnehmer", "client"),
        ("Arbeitgeber", "employee"),
        ("Prêteur", "borrower"),
        ("Expéditeur", "recipient"),
        ("Partenza", "arrival"),
        ("Numero di telefono", "tax_number"),
        ("Peso neto", "gross_weight"),
        ("Saldo anterior", "closing_balance"),
        ("Geldig vanaf", "valid_until"),
    ],
)
def test_a_label_does_not_name_the_opposite(label: str, name: str) -> None:
    frame = frames_of(parse_object_types(typed("Paper", **{name: TEXT})))[0]
    assert not frame.match(label) or frame.match(label)[0][0] < _SURE
