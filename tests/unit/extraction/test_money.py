"""Kinds of value that would be silently wrong: sums from a neighbouring line, thousands read as decimals, names cut."""

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


def invoice(text: str) -> dict[str, Any]:
    """What the ready-made set finds as the document's invoice."""
    document = read_document(text.encode(), media_type=None, name="a.txt", limits=Limits())
    types = requested_object_types(["invoice"])
    found = extract_document(OfflineExtractor(), document, types, Options()).extraction.objects
    (one,) = [item.properties for item in found if item.type == "Invoice"]
    return one


@pytest.mark.parametrize(
    "tax", ["VAT 10% 8.00", "plus 10 % tax 8.00", "VAT (10%)  8.00", "MwSt. 10% 8,00 €"]
)
def test_a_label_with_a_rate_takes_the_amount_of_its_own_line(tax: str) -> None:
    found = invoice(f"Invoice number: T-5\nSubtotal 80.00\n{tax}\nTotal 88.00 EUR\n")
    assert (found["subtotal"], found["tax"], found["total"]) == (80, 8, 88)


@pytest.mark.parametrize(
    ("amount", "value", "currency"),
    [
        ("7.650,- €", 7650, "EUR"),
        ("2.400,-- EUR", 2400, "EUR"),
        ("1.480,50EUR", 1480.5, "EUR"),
        ("GBP2,075.00", 2075, "GBP"),
        ("36.40SEK", 36.4, "SEK"),
        ("RM 2,310.75", 2310.75, "MYR"),
    ],
)
def test_an_amount_is_read_as_it_is_written(amount: str, value: float, currency: str) -> None:
    found = invoice(f"Invoice number: T-5\nInvoice date: 2026-02-03\nTotal: {amount}\n")
    assert (found["total"], found["currency"]) == (value, currency)


def test_of_a_line_with_base_rate_and_tax_the_tax_is_the_tax() -> None:
    found = invoice(
        "Rechnungsnummer: T-5\nRechnungsdatum: 03.02.2026\n\n"
        "Umsatzsteuer      640,00      19      121,60\n\nGesamtbetrag: 761,60 EUR\n"
    )
    assert found["tax"] == 121.6


@pytest.mark.parametrize(
    "name",
    [
        "Hafenbau AG Nord",
        "Bell, Ward and Sons",
        "Tidewater (Wales) LLP",
        "Lang; Partner",
        "Ost GmbH",
    ],
)
def test_a_name_that_fills_its_line_is_not_cut(name: str) -> None:
    found = invoice(
        f"Invoice number: T-5\nInvoice date: 2026-02-03\nCustomer: {name}\nTotal: 5.00\n"
    )
    assert found["customer"] == name


def test_what_describes_a_name_is_no_part_of_it() -> None:
    found = invoice(
        "Invoice number: T-5\nCustomer: Ost GmbH, Am Kai 4, 20457 Hamburg\nTotal: 5.00\n"
    )
    assert found["customer"] == "Ost GmbH"


@pytest.mark.parametrize(
    ("title", "number", "day"),
    [
        ("Rechnung Nr. 88-17 vom 03.02.2026", "88-17", "2026-02-03"),
        ("Invoice No. B/204 of 3 February 2026", "B/204", "2026-02-03"),
        ("Sammelrechnung (12) Nr. 9001 vom 03.02.2026", "9001", "2026-02-03"),
        ("Facture n° F-31 du 03/02/2026", "F-31", "2026-02-03"),
    ],
)
def test_a_title_gives_the_number_and_the_day(title: str, number: str, day: str) -> None:
    found = invoice(f"{title}\n\nNummer: 4412\nTotal: 5.00 EUR\n")
    assert (found["invoice_number"], found["issue_date"]) == (number, day)


def test_who_stands_over_a_name_says_whose_it_is() -> None:
    found = invoice(
        "Rechnung Nr. 7 vom 03.02.2026\n\nVerkäufer\nNummer: 12\nName: Lotsen AG Süd\n\n"
        "Käufer/Empfänger\nNummer: 13\nName: Kran GmbH\n\nGesamtbetrag: 5,00 EUR\n"
    )
    assert (found["supplier"], found["customer"]) == ("Lotsen AG Süd", "Kran GmbH")


def test_an_invoice_without_a_number_is_one_all_the_same() -> None:
    found = invoice(
        "Supplier: Kran GmbH\nDue date: 2026-03-04\nIssue date: 2026-02-03\n\n"
        "Description | Quantity | Unit price | Amount\n--- | --- | --- | ---\n"
        "Rope | 2 | 4.00 | 8.00\nHook | 1 | 3.00 | 3.00\n\n"
        "Subtotal: 11.00\nVAT: 1.10\nTotal: 12.10 EUR\n"
    )
    assert found["total"] == 12.1
    assert "invoice_number" not in found


@pytest.mark.parametrize("hyphen", "‐‑–−-")
def test_a_number_is_whole_whatever_its_hyphens_are(hyphen: str) -> None:
    found = invoice(f"Invoice number: TX{hyphen}2026{hyphen}014\nTotal: 5.00 EUR\n")
    assert found["invoice_number"] == f"TX{hyphen}2026{hyphen}014"


def test_who_gets_the_goods_has_not_sent_the_bill() -> None:
    found = invoice(
        "INVOICE\nInvoice number: T-5\nBill to: Reed Ltd\nDeliver to: Kran GmbH\nTotal: 5.00 EUR\n"
    )
    assert found["customer"] == "Reed Ltd"
    assert "supplier" not in found


@pytest.mark.parametrize("carried", ["Brought forward", "Übertrag", "Carried forward"])
def test_a_sum_carried_on_is_no_item(carried: str) -> None:
    found = invoice(
        "Invoice number: T-5\n\nDescription      Qty   Unit price   Amount\n"
        f"{carried:<16}                    310.00\n"
        "Rope             2          4.00     8.00\nHook             1          3.00     3.00\n\n"
        "Total EUR                           321.00\n"
    )
    assert [item["description"] for item in found["line_items"]] == ["Rope", "Hook"]
    assert found["total"] == 321


def test_an_article_near_a_labels_word_is_no_sum() -> None:
    found = invoice(
        "Invoice number: T-5\n\n| Description | Quantity | Amount |\n| --- | --- | --- |\n"
        "| Ink | 3 | 12.00 |\n| Pens | 6 | 9.00 |\n"
    )
    assert "total" not in found
