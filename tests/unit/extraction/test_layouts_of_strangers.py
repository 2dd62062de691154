"""Receipts, forms and statements as tills, OCR and offices lay them out: pairs side by side, counts below an item."""

from __future__ import annotations

from typing import Any

import pytest

from extraction import Options
from tests.unit.extraction.papers import (
    DAY,
    NUMBER,
    TEXT,
    Found,
    extracted,
    inside,
    of,
    rows,
    typed,
)


def only(text: str, properties: dict[str, Any]) -> Found:
    """What is found of a paper of one's own type, as a user gets it."""
    objects = extracted(text, typed("Invoice", **properties), Options(), "x.md").objects
    return objects[0].properties if objects else {}


PAPERS: dict[str, tuple[str, dict[str, Any], Found]] = {
    "labels with their figures side by side": (
        "Staff No 00217    Born 14.02.1988    Class 1    Union --\nNet 248.75     Gross 298.50\n",
        {"staff_number": TEXT, "class": TEXT, "gross": NUMBER},
        {"staff_number": "00217", "class": "1", "gross": 298.5}),
    "pairs that a bar sets apart": (
        "Delivery    Note no  | DN-55        Date | 17 June 2026\nDriver | P. Singh       Depot | Leeds\n",
        {"note_no": TEXT, "date": DAY, "driver": TEXT},
        {"note_no": "DN-55", "date": "2026-06-17", "driver": "P. Singh"}),
    "a sum that was rounded for cash": (
        "TOTAL INCL TAX   RM 33.92\nROUNDING ADJ   -0.02\nTOTAL AMOUNT PAYABLE   RM 33.90\n",
        {"total": NUMBER}, {"total": 33.9}),
    "heads behind the rows of another table": (
        ("QTY   ITEM   AMOUNT\n1   EGG TART   3.30\n2   SOFT BUN   5.40\n3   TOTAL   8.70\n"
        "TAX SUMMARY   AMOUNT   TAX\nT: 6%   8.20   0.50\n"),
        {"total": NUMBER, "items": rows(item=TEXT, qty=NUMBER, amount=NUMBER)},
        {"total": 8.7, "items": [{"item": "EGG TART", "qty": 1, "amount": 3.3},
                                 {"item": "SOFT BUN", "qty": 2, "amount": 5.4}]}),
    "a figure at the end of the line above a date": (
        "Check No: 22     Guests: 3\nOct 5, 2026\n", {"date": DAY}, {"date": "2026-10-05"}),
    "how many items make a total": ("Total (4 items)   17.15\n", {"total": NUMBER}, {"total": 17.15}),
    "what a label of a form names first": (
        ("PAYER'S name, street address, city or town, state or province, and ZIP code\nAlder Media LLC\n7 Elm St\n"
        "PAYER'S TIN: 03-0451122                RECIPIENT'S TIN: 987-65-4321\nRECIPIENT'S name\nAda Ruiz\n"),
        {"payer_name": TEXT, "recipient_tin": TEXT, "recipient_name": TEXT},
        {"payer_name": "Alder Media LLC", "recipient_tin": "987-65-4321", "recipient_name": "Ada Ruiz"}),
    "no space behind a colon": ("Shop:3   Receipt No.:4821\n", {"receipt_no": TEXT}, {"receipt_no": "4821"}),
    "a row of totals": (
        ("Date         Text              Money out    Money in   Balance\n"
        "2 May        Rent                 212.45                4,097.77\n"
        "12 May       Wage                            2,420.00   6,517.77\n"
        "             Total                212.45     2,420.00\n"),
        {"total_money_in": NUMBER, "total_money_out": NUMBER, "entries": rows(text=TEXT, balance=NUMBER)},
        {"total_money_in": 2420, "total_money_out": 212.45,
         "entries": [{"text": "Rent", "balance": 4097.77}, {"text": "Wage", "balance": 6517.77}]}),
    "both ends of a period in German": (
        "Abrechnungszeitraum: 01.01.2025 - 31.12.2025\n", {"zeitraum_von": DAY, "zeitraum_bis": DAY},
        {"zeitraum_von": "2025-01-01", "zeitraum_bis": "2025-12-31"}),
    "the only column of words": (
        ("Datum       Erläuterung               Betrag EUR\n02.04.2026  Miete Hausverwaltung         -780,00\n"
        "15.04.2026  Lohn der Fa. Kübler         2.310,55\n"),
        {"buchungen": rows(datum=DAY, buchungstext=TEXT, betrag=NUMBER)},
        {"buchungen": [{"datum": "2026-04-02", "buchungstext": "Miete Hausverwaltung", "betrag": -780},
                       {"datum": "2026-04-15", "buchungstext": "Lohn der Fa. Kübler", "betrag": 2310.55}]}),
    "figures of a line as OCR reads it, with a column empty": (
        ("Description   Each   Amount\n1   BREAD   1.35\n2   MILK 1 L   0.95   1.90\n1   OLIVE OIL   8.45\n"),
        {"items": rows(description=TEXT, each=NUMBER, amount=NUMBER)},
        {"items": [{"description": "BREAD", "amount": 1.35}, {"description": "MILK 1 L", "each": 0.95, "amount": 1.9},
                   {"description": "OLIVE OIL", "amount": 8.45}]}),
    "what was paid under the total of a bill": (
        ("Item   Qty   Price   Amount\nPIPE 20   6   4.20   25.20\nVALVE 1/2   2   11.90   23.80\n"
        "Total   49.00\nRounding   0.00\nCash   60.00\n"),
        {"items": rows(item=TEXT, qty=NUMBER, price=NUMBER, amount=NUMBER)},
        {"items": [{"item": "PIPE 20", "qty": 6, "price": 4.2, "amount": 25.2},
                   {"item": "VALVE 1/2", "qty": 2, "price": 11.9, "amount": 23.8}]}),
    "an account in groups": (
        "Works No 3311\nIBAN NL91 ABNA 0417 1643 00\n", {"iban": TEXT}, {"iban": "NL91ABNA0417164300"}),
    "a total is no tax, and a rate in its label no amount": (
        "SUBTOTAL   28.76\nCA 7.75% TAX   1.15\nTOTAL   29.91\nCARD   29.91\nCHANGE   .00\n",
        {"sales_tax": NUMBER, "subtotal": NUMBER, "tax_rate": NUMBER}, {"subtotal": 28.76, "tax_rate": 7.75}),
    "whom a label names beside another": (
        ("Sold-to party                       Ship-to party\nAlder Corp                          Alder Plant 4\n"
        "P.O. Box 9001                       18 Refinery Road\n"),
        {"sold_to": TEXT}, {"sold_to": "Alder Corp"}),
    "sums with their currency behind": (
        ("Description        Quantité   Prix   Taxes      Montant\n"
        "Vis inox              15,00   18,40   20%     276,00 €\n"
        "Colle                  4,00   32,50   20%     130,00 €\n                           Montant HT    406,00 €\n"
        "                      TVA 20%             81,20 €\n                      Total              487,20 €\n"),
        {"total_ttc": NUMBER, "lignes": rows(description=TEXT, montant=NUMBER)},
        {"total_ttc": 487.2, "lignes": [{"description": "Vis inox", "montant": 276},
                                        {"description": "Colle", "montant": 130}]}),
    "the e-mail address of whom a label names": (
        ("Alder Cloud Inc\nhelp@alder.example\n\nBill to\nOrchard BV\nKeizersgracht 220\nap@orchard.example\n"),
        {"bill_to": inside(name=TEXT, email=TEXT)}, {"bill_to": {"name": "Orchard BV", "email": "ap@orchard.example"}}),
    "a period on a line of its own": (
        "Statement of account\nAugust 16, 2025 through September 15, 2025\n",
        {"period_start": DAY, "period_end": DAY}, {"period_start": "2025-08-16", "period_end": "2025-09-15"}),
    "a number in groups": ("Tax Reg No: M2-0012345-6\n", {"tax_number": TEXT}, {"tax_number": "M2-0012345-6"}),
}  # fmt: skip


@pytest.mark.parametrize(("text", "properties", "expected"), PAPERS.values(), ids=list(PAPERS))
def test_a_layout_gives_just_what_it_says(
    text: str, properties: dict[str, Any], expected: Found
) -> None:
    assert only(text, properties) == expected


ITEM = rows(name=TEXT, quantity=NUMBER, unit_price=NUMBER, price=NUMBER)
TILLS: dict[str, tuple[str, list[Found]]] = {
    "price and quantity below an item": (
        ("MILK 3.8%      1.69 B\nCUCUMBER       1.78 B\n   2 Stk x    0.89\n"
        "LOOSE TOMATO   0.89 B *\n   0.298 kg x  2.99 EUR/kg\n"),
        [{"name": "MILK 3.8%", "price": 1.69}, {"name": "CUCUMBER", "quantity": 2, "unit_price": 0.89, "price": 1.78},
         {"name": "LOOSE TOMATO", "quantity": 0.298, "unit_price": 2.99, "price": 0.89}]),
    "price and quantity above an item": (
        ("PRODUCE\n2 @ 1.99 EA\nHALLS CHERRY   3.98F\nBANANAS\n2.14 lb @ 0.79/lb        1.69 S\n"
        "AVOCADO\n2 @ 0.745    1.49 S\n"),
        [{"name": "HALLS CHERRY", "quantity": 2, "price": 3.98}, {"name": "BANANAS", "quantity": 2.14, "price": 1.69},
         {"name": "AVOCADO", "quantity": 2, "unit_price": 0.745, "price": 1.49}]),
    "a code between the words of an item and its figures": (
        ("Tax invoice\nDOOR HOOK\n9035221   1   X   6.90   6.90 S\n"
        "SOCKET 2M\nWA11-25 - 6/24\n9061220   1   X   21.90   21.90 S\n"),
        [{"name": "DOOR HOOK", "price": 6.9}, {"name": "SOCKET 2M", "price": 21.9}]),
    "a quantity behind the words, and a discount that is no item": (
        "Stone mug × 2 sage: £36.00\nTea towel × 1: £12.50\nDiscount (NEW10): -£4.85\nSubtotal: £43.65\n",
        [{"name": "Stone mug", "quantity": 2, "price": 36}, {"name": "Tea towel", "quantity": 1, "price": 12.5}]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), TILLS.values(), ids=list(TILLS))
def test_lines_of_a_till_give_items(text: str, expected: list[Found]) -> None:
    items = only(text, {"items": ITEM})["items"]
    assert [of(row, wanted) for row, wanted in zip(items, expected, strict=True)] == expected
