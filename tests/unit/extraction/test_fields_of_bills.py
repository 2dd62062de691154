"""What an invoice says of money, numbers and parties, where a rule once gave another value in silence."""

from __future__ import annotations

from typing import Any

import pytest

from extraction import Options
from extraction.records.calibration import REVIEW
from tests.unit.extraction.papers import ABSENT, Found, extracted, found, of


def invoice(text: str) -> tuple[Found, dict[str, Any]]:
    """The properties of the only invoice, and their evidence."""
    objects = extracted(text, "invoice", Options(), "x.txt").objects
    (one,) = (each for each in objects if each.type == "Invoice")
    return one.properties, one.evidence


ITEMS = "| Description | Quantity | Amount |\n| --- | --- | --- |\n"
BILLS: dict[str, tuple[str, Found]] = {
    "a rate and its amount": (
        "Invoice number: A-4\nSubtotal 300.00\nVAT 20% 60.00\nTotal due 360.00 EUR\n",
        {"subtotal": 300, "tax": 60, "tax_rate": 20, "total": 360}),
    "a rate before its name": (
        "Rechnungsnummer: B-4\nZwischensumme 2.000,00 €\nzzgl. 19 % MwSt. 380,00 €\nGesamtbetrag 2.380,00 €\n",
        {"subtotal": 2000, "tax": 380, "tax_rate": 19, "total": 2380}),
    "a rate and a word for tax": (
        "Invoice number: T-5\nSubtotal 80.00\nplus 10 % tax 8.00\nTotal 88.00 EUR\n",
        {"subtotal": 80, "tax": 8, "total": 88}),
    "a rate of a base": (
        "Fattura n. 12\nImponibile 100,00\nIVA 22% su 100,00 22,00\nTotale fattura 122,00 EUR\n",
        {"subtotal": 100, "tax": 22, "tax_rate": 22, "total": 122}),
    "base, rate and tax on a line": (
        ("Rechnungsnummer: T-5\nRechnungsdatum: 03.02.2026\n\nUmsatzsteuer      640,00      19      121,60\n\n"
        "Gesamtbetrag: 761,60 EUR\n"), {"tax": 121.6}),
    "the tax of the whole below that of each rate": (
        ("Invoice number: A-9\nVAT (S)    275.00    7    19.25\nVAT (S)    198.00    19    37.62\n"
        "\nVAT amount    56.87\nTotal    529.87\n"), {"tax": 56.87, "total": 529.87}),
    "a label without a value takes none of the next line": (
        "Invoice number: A-5\nSubtotal\nShipping 10.00\nDiscount 5%\nVAT (20%) 22.00\nAmount due 132.00\n",
        {"subtotal": ABSENT, "discount": ABSENT, "shipping": 10, "tax": 22, "total": 132}),
    "a currency in a column of its own": (
        "Invoice number: A-6\nNet   EUR   7.00\nVAT   EUR   0.50\nTotal due   EUR   7.50\n",
        {"subtotal": 7, "tax": 0.5, "total": 7.5}),
    "a value under its label stays": (
        "Invoice no: 9\nTax rate 8.25%\nTax\n8.25\nTotal\nUSD 108.25\n", {"tax": 8.25, "total": 108.25}),
    "what is reckoned from": (
        "Invoice number: A-6\nTax: 20% of 50.00 = 10.00\nTotal: 60.00\n", {"tax": 10, "total": 60}),
    "no cents": (
        "Invoice number: T-5\nInvoice date: 2026-02-03\nTotal: 7.650,- €\n", {"total": 7650, "currency": "EUR"}),
    "a currency's code that touches": (
        "Invoice number: T-5\nInvoice date: 2026-02-03\nTotal: 36.40SEK\n", {"total": 36.4, "currency": "SEK"}),
    "a currency's sign of letters": (
        "Invoice number: T-5\nInvoice date: 2026-02-03\nTotal: RM 2,310.75\n", {"total": 2310.75, "currency": "MYR"}),
    "a total of something else": (
        "Invoice number: A-10\nTotal hours: 36\nTotal weight: 12.50\nPST: 7.00\nTotal GST: 1.20\n",
        {"total": ABSENT, "shipping": ABSENT}),
    "an article whose name is nearly a label": (
        (f"Invoice number: A-9\n\n{ITEMS}| Paper | 10 | 40.00 |\n| Post | 3 | 30.00 |\n| Pens | 5 | 10.00 |\n"
        "| Disco ball | 2 | 40.00 |\n| Cop | 4 | 9.00 |\n"),
        {"total": ABSENT, "shipping": ABSENT, "discount": ABSENT, "currency": ABSENT}),
    "a number in hyphens that do not break": (
        "Invoice number: TX‑2026‑014\nTotal: 5.00 EUR\n", {"invoice_number": "TX‑2026‑014"}),
    "a title with number and day": (
        "Rechnung Nr. 88-17 vom 03.02.2026\n\nNummer: 4412\nTotal: 5.00 EUR\n",
        {"invoice_number": "88-17", "issue_date": "2026-02-03"}),
    "a title in words": (
        "Invoice No. B/204 of 3 February 2026\n\nNummer: 4412\nTotal: 5.00 EUR\n",
        {"invoice_number": "B/204", "issue_date": "2026-02-03"}),
    "a title with a count": (
        "Sammelrechnung (12) Nr. 9001 vom 03.02.2026\n\nNummer: 4412\nTotal: 5.00 EUR\n",
        {"invoice_number": "9001", "issue_date": "2026-02-03"}),
    "a title in French": (
        "Facture n° F-31 du 03/02/2026\n\nNummer: 4412\nTotal: 5.00 EUR\n",
        {"invoice_number": "F-31", "issue_date": "2026-02-03"}),
    "who stands over a name says whose it is": (
        ("Rechnung Nr. 7 vom 03.02.2026\n\nVerkäufer\nNummer: 12\nName: Lotsen AG Süd\n\n"
        "Käufer/Empfänger\nNummer: 13\nName: Kran GmbH\n\nGesamtbetrag: 5,00 EUR\n"),
        {"supplier": "Lotsen AG Süd", "customer": "Kran GmbH"}),
    "an invoice without a number": (
        ("Supplier: Kran GmbH\nDue date: 2026-03-04\nIssue date: 2026-02-03\n\n"
        f"{ITEMS}| Rope | 2 | 8.00 |\n| Hook | 1 | 3.00 |\n\nSubtotal: 11.00\nVAT: 1.10\nTotal: 12.10 EUR\n"),
        {"total": 12.1, "invoice_number": ABSENT}),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), BILLS.values(), ids=list(BILLS))
def test_a_value_is_that_of_its_own_label(text: str, expected: Found) -> None:
    assert of(invoice(text)[0], expected) == expected


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
    found, proof = invoice(f"Invoice number: A-7\nNet amount: 150.00\n{lines}\nTotal: 172.50\n")
    assert (found["tax"], found.get("tax_rate"), found["total"]) == (22.5, ABSENT, 172.5)
    if "Total VAT" not in lines:
        assert len(proof["tax"]["citations"]) == 2


def test_lines_of_one_label_that_disagree_ask_for_review() -> None:
    found, proof = invoice("Invoice number: A-8\nTotal: 112.00\nTotal: 115.00\n")
    assert found["total"] == 112
    assert proof["total"]["confidence"] < REVIEW <= proof["invoice_number"]["confidence"]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("CREDIT NOTE\nCredit note number: CN-3\nOriginal invoice: INV-40\nTotal: -5.00 EUR\n", "CN-3"),
        # Two labels that are nearly the number's: less likely right than wrong, so it is left out.
        ("CREDIT MEMO\nCredit memo #: CM-3\nInvoice #: 4711\nTotal: 5.00 EUR\n", ABSENT),
        ("Gutschrift Nr. GS-3\nzu Rechnung: RE-40\nGesamtbetrag: -5,00 EUR\n", "GS-3"),
        ("Avoir n° A-3\nFacture d'origine : F-40\nTotal TTC : -5,00 EUR\n", "A-3"),
        ("NOTA DI CREDITO\nRif. fattura: 81/2025\nTotale: -5,00 EUR\n", ABSENT),
        ("Credit note\nThis note corrects our invoice INV-40.\nTotal: -5.00 EUR\n", ABSENT),
        ("Invoice number: INV-41\nYour credit note CN-3 was deducted.\nTotal: 5.00 EUR\n", "INV-41"),
    ],
)  # fmt: skip
def test_a_document_has_its_own_number_or_none(text: str, number: str | None) -> None:
    numbers = [each.get("invoice_number") for each in found(text, "invoice", "Invoice", Options())]
    assert numbers in ([number], [] if number is ABSENT else [number])


def test_a_day_or_a_count_behind_a_word_is_no_number_of_it() -> None:
    for words in ("of 3 November 2025", "of 20 chairs", "3 days before", "of 500 EUR"):
        text = f"Delivery note for the order {words}\nInvoice number: A-11\nTotal: 10.00 EUR\n"
        assert "purchase_order" not in invoice(text)[0]


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
    found, _ = invoice(f"INVOICE\nInvoice number: A-12\n{receiver}Total: 10.00 EUR\n")
    assert (found["customer"], found.get("supplier")) == (expected, ABSENT)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Oak, Elm and Partners", "Oak, Elm and Partners"),
        ("Hafenbau AG Nord", "Hafenbau AG Nord"),
        ("Harper (Ireland) LLP", "Harper (Ireland) LLP"),
        ("Weber; Koch", "Weber; Koch"),
        ("Martin, Bernard & Fils", "Martin, Bernard & Fils"),
        ("Grey Heron (the client)", "Grey Heron"),
        ("Grey Heron Ltd, 12 High Street, London", "Grey Heron Ltd"),
    ],
)
def test_a_name_that_fills_its_line_is_whole(written: str, name: str) -> None:
    text = f"Invoice number: A-13\nCustomer: {written}\nTotal: 10.00 EUR\n"
    assert invoice(text)[0]["customer"] == name


def test_a_sum_carried_over_is_no_item() -> None:
    for carried in (
        "Brought forward", "Carried over from page 1", "Übertrag", "Übertrag von Seite 1", "À reporter", "Report",
        "Riporto", "Suma anterior", "B/F",
    ):  # fmt: skip
        text = (
            "Invoice number: A-14\n\nDescription                 Qty   Unit price   Amount\n"
            f"{carried:<26}                     400.00\nHose                          1        15.00    15.00\n"
            "Report binding                2        10.00    20.00\n\n"
            "Total EUR                                      435.00\n"
        )
        items = [item["description"] for item in invoice(text)[0]["line_items"]]
        assert items == ["Hose", "Report binding"], carried


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
    bills = found(f"IBAN: {written}\nBIC: COBADEFFXXX\n", types, options=Options())
    assert bills == [{"iban": "DE89370400440532013000"}]
