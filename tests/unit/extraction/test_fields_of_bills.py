"""What an invoice says of money, numbers and parties, where a rule once gave another value in silence."""

from __future__ import annotations

from typing import Any

import pytest

from extraction import (
    Limits,
    OfflineExtractor,
    Options,
    extract_document,
    read_document,
    requested_object_types,
)
from extraction.records.calibration import REVIEW

ABSENT = None


def fields(text: str, types: Any = "invoice", name: str = "x.txt") -> tuple[Any, Any]:
    """The properties of the first object, and their evidence."""
    document = read_document(text.encode(), media_type=None, name=name, limits=Limits())
    found = extract_document(OfflineExtractor(), document, requested_object_types(types), Options())
    objects = [o for o in found.extraction.objects if o.type != "Organisation"]
    return (objects[0].properties, objects[0].evidence) if objects else ({}, {})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "Invoice number: A-4\nSubtotal 300.00\nVAT 20% 60.00\nTotal due 360.00 EUR\n",
            {"subtotal": 300, "tax": 60, "tax_rate": 20, "total": 360},
            id="rate-and-amount",
        ),
        pytest.param(
            "Rechnungsnummer: B-4\nZwischensumme 2.000,00 €\nzzgl. 19 % MwSt. 380,00 €\nGesamtbetrag 2.380,00 €\n",
            {"subtotal": 2000, "tax": 380, "tax_rate": 19, "total": 2380},
            id="rate-before-its-name",
        ),
        pytest.param(
            "Fattura n. 12\nImponibile 100,00\nIVA 22% su 100,00 22,00\nTotale fattura 122,00 EUR\n",
            {"subtotal": 100, "tax": 22, "tax_rate": 22, "total": 122},
            id="rate-of-a-base",
        ),
        pytest.param(
            "Invoice number: A-9\nVAT (S)    275.00    7    19.25\nVAT (S)    198.00    19    37.62\n"
            "\nVAT amount    56.87\nTotal    529.87\n",
            {"tax": 56.87, "total": 529.87},
            id="the-tax-of-the-whole-below-that-of-each-rate",
        ),
        pytest.param(
            "Invoice number: A-5\nSubtotal\nShipping 10.00\nDiscount 5%\nVAT (20%) 22.00\nAmount due 132.00\n",
            {"subtotal": ABSENT, "discount": ABSENT, "shipping": 10, "tax": 22, "total": 132},
            id="a-label-without-a-value-takes-none-of-the-next-line",
        ),
        pytest.param(
            "Invoice number: A-6\nNet   EUR   7.00\nVAT   EUR   0.50\nTotal due   EUR   7.50\n",
            {"subtotal": 7, "tax": 0.5, "total": 7.5},
            id="a-currency-in-a-column-of-its-own",
        ),
        pytest.param(
            "Invoice no: 9\nTax rate 8.25%\nTax\n8.25\nTotal\nUSD 108.25\n",
            {"tax": 8.25, "total": 108.25},
            id="a-value-under-its-label-stays",
        ),
        pytest.param(
            "Invoice number: A-6\nTax: 20% of 50.00 = 10.00\nTotal: 60.00\n",
            {"tax": 10, "total": 60},
            id="what-is-reckoned-from",
        ),
    ],
)
def test_an_amount_is_that_of_its_own_label(text: str, expected: dict[str, Any]) -> None:
    found, _ = fields(text)
    assert {name: found.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    "lines",
    [
        "VAT 7% on 50.00      3.50\nVAT 19% on 100.00   19.00",
        "VAT 7%: 3.50\nVAT 19%: 19.00",
        "VAT 7%: 3.50\nVAT 19%: 19.00\nTotal VAT: 22.50",
        "TVA 7,0 % : 3,50\nTVA 19,0 % : 19,00",
    ],
)
def test_amounts_by_rate_make_their_sum_and_no_single_rate(lines: str) -> None:
    found, evidence = fields(f"Invoice number: A-7\nNet amount: 150.00\n{lines}\nTotal: 172.50\n")
    assert (found["tax"], found.get("tax_rate"), found["total"]) == (22.5, ABSENT, 172.5)
    if "Total VAT" not in lines:
        assert len(evidence["tax"]["citations"]) == 2


def test_lines_of_one_label_that_disagree_ask_for_review() -> None:
    found, evidence = fields("Invoice number: A-8\nTotal: 112.00\nTotal: 115.00\n")
    assert found["total"] == 112
    assert evidence["total"]["confidence"] < REVIEW <= evidence["invoice_number"]["confidence"]


@pytest.mark.parametrize(
    "line",
    [
        "| Pens | 5 | 10.00 |",
        "| Disco ball | 2 | 40.00 |",
        "| Post | 3 | 30.00 |",
        "| Cop | 4 | 9.00 |",
    ],
)
def test_a_name_of_an_article_is_no_label(line: str) -> None:
    head = "Invoice number: A-9\n\n| Description | Quantity | Amount |\n| --- | --- | --- |\n"
    found, _ = fields(f"{head}| Paper | 10 | 40.00 |\n{line}\n")
    assert set(found) == {"invoice_number", "line_items"}
    assert len(found["line_items"]) == 2


@pytest.mark.parametrize(
    "line", ["Total hours: 36", "Total weight: 12.50", "PST: 7.00", "Total GST: 1.20"]
)
def test_a_total_of_something_else_is_not_the_total(line: str) -> None:
    found, _ = fields(f"Invoice number: A-10\n{line}\n")
    assert "total" not in found
    assert "shipping" not in found


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (
            "CREDIT NOTE\nCredit note number: CN-3\nOriginal invoice: INV-40\nTotal: -5.00 EUR\n",
            "CN-3",
        ),
        # Two labels that are nearly the number's: less likely right than wrong, so it is left out.
        ("CREDIT MEMO\nCredit memo #: CM-3\nInvoice #: 4711\nTotal: 5.00 EUR\n", ABSENT),
        ("Gutschrift Nr. GS-3\nzu Rechnung: RE-40\nGesamtbetrag: -5,00 EUR\n", "GS-3"),
        ("Avoir n° A-3\nFacture d'origine : F-40\nTotal TTC : -5,00 EUR\n", "A-3"),
        ("NOTA DI CREDITO\nRif. fattura: 81/2025\nTotale: -5,00 EUR\n", ABSENT),
        ("Credit note\nThis note corrects our invoice INV-40.\nTotal: -5.00 EUR\n", ABSENT),
        (
            "Invoice number: INV-41\nYour credit note CN-3 was deducted.\nTotal: 5.00 EUR\n",
            "INV-41",
        ),
    ],
)
def test_a_document_has_its_own_number_or_none(text: str, number: str | None) -> None:
    assert fields(text)[0].get("invoice_number") == number


@pytest.mark.parametrize(
    "words",
    [
        "the order of 3 November 2025",
        "an order of 20 chairs",
        "your order 3 days before",
        "the order of 500 EUR",
    ],
)
def test_a_day_or_a_count_behind_a_word_is_no_number_of_it(words: str) -> None:
    found, _ = fields(f"Delivery note for {words}\nInvoice number: A-11\nTotal: 10.00 EUR\n")
    assert "purchase_order" not in found


@pytest.mark.parametrize(
    ("receiver", "expected"),
    [
        ("Bill to: Grey Heron Ltd\nShip to: Tin Drum GmbH\n", "Grey Heron Ltd"),
        ("Bill to:\nGrey Heron Ltd\nShip to:\nTin Drum GmbH\n", "Grey Heron Ltd"),
        ("Rechnungsadresse: Grey Heron Ltd\nLieferadresse: Tin Drum GmbH\n", "Grey Heron Ltd"),
        ("Facturé à : Grey Heron SARL\nAdresse de livraison : Tin Drum SAS\n", "Grey Heron SARL"),
    ],
)
def test_who_receives_is_no_supplier(receiver: str, expected: str) -> None:
    found, _ = fields(f"INVOICE\nInvoice number: A-12\n{receiver}Total: 10.00 EUR\n")
    assert found["customer"] == expected
    assert "supplier" not in found


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Oak, Elm and Partners", "Oak, Elm and Partners"),
        ("Harper (Ireland) LLP", "Harper (Ireland) LLP"),
        ("Weber; Koch", "Weber; Koch"),
        ("Martin, Bernard & Fils", "Martin, Bernard & Fils"),
        ("Grey Heron (the client)", "Grey Heron"),
        ("Grey Heron Ltd, 12 High Street, London", "Grey Heron Ltd"),
    ],
)
def test_a_name_that_fills_its_line_is_whole(written: str, name: str) -> None:
    found, _ = fields(f"Invoice number: A-13\nCustomer: {written}\nTotal: 10.00 EUR\n")
    assert found["customer"] == name


@pytest.mark.parametrize(
    "carried",
    ["Brought forward", "Carried over from page 1", "Übertrag", "Übertrag von Seite 1", "À reporter", "Report",
     "Riporto", "Suma anterior", "B/F"],
)  # fmt: skip
def test_a_sum_carried_over_is_no_item(carried: str) -> None:
    text = (
        "Invoice number: A-14\n\nDescription                 Qty   Unit price   Amount\n"
        f"{carried:<26}                     400.00\nHose                          1        15.00    15.00\n"
        "Report binding                2        10.00    20.00\n\n"
        "Total EUR                                      435.00\n"
    )
    found, _ = fields(text)
    assert [item["description"] for item in found["line_items"]] == ["Hose", "Report binding"]


@pytest.mark.parametrize(
    "written",
    [
        "de89370400440532013000",
        "DE89 3704 0044\n0532 0130 00",
        "DE89-3704-0044-0532-0130-00",
        "De 89 3704 0044 0532 0130 00",
    ],
)
def test_an_iban_is_whole_however_it_is_set(written: str) -> None:
    types = {"Bill": {"properties": {"iban": {"type": "string", "format": "iban"}}}}
    assert fields(f"IBAN: {written}\nBIC: COBADEFFXXX\n", types)[0] == {
        "iban": "DE89370400440532013000"
    }
