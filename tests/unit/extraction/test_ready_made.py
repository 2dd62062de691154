"""The object types that come with the product."""

from __future__ import annotations

from typing import Any

import pytest

from extraction import (
    Options,
    parse_object_types,
    ready_made_object_types,
    ready_made_sets,
    requested_object_types,
)
from tests.unit.extraction.papers import found

RECEIPT_OF_A_TILL = """
        HARBOUR LANE BAKERY
        4 Quay Street, Whitby
        Tel 01947 555 021

Receipt no: 20114
Date: 09/05/2026   Time: 08:14
--------------------------------
Rye loaf                  4.20
2 x Flat white            6.80
--------------------------------
SUBTOTAL                 11.00
VAT 20%                   1.13
TOTAL                   £11.00
CASH                    £20.00
CHANGE                   £9.00

Served by: Maud
"""
RECEIPT_WITH_COLUMNS = """
LA PETITE ÉPICERIE
8 rue des Tanneurs
67000 Strasbourg

Ticket n° 4471        Date : 03/04/2026  Heure : 18:05
Article                 Qté   P.U.    Montant
Comté 12 mois             1   8,90     8,90
Pain de campagne          2   2,40     4,80

Total TTC                             13,70 €
dont TVA 5,5 %                         0,71 €
Carte bancaire                        13,70 €
"""
RECEIPT_AS_HTML = """<h1>Papelería Sol</h1>
<table><tr><th>Número de ticket</th><td>T-2291</td></tr><tr><th>Fecha</th><td>14/02/2026</td></tr></table>
<table><tr><th>Producto</th><th>Cant.</th><th>Precio</th><th>Importe</th></tr>
<tr><td>Cuaderno A5</td><td>3</td><td>2,50 €</td><td>7,50 €</td></tr>
<tr><td>Bolígrafo azul</td><td>2</td><td>1,20 €</td><td>2,40 €</td></tr></table>
<table><tr><td>Base imponible</td><td>8,18 €</td></tr><tr><td>IVA 21 %</td><td>1,72 €</td></tr>
<tr><td>Total</td><td>9,90 €</td></tr><tr><td>Efectivo</td><td>10,00 €</td></tr>
<tr><td>Cambio</td><td>0,10 €</td></tr></table>"""
STATEMENT_AS_TEXT = """Statement of account

Account holder: Ms Oriane Whitlock
Account number: 55501442
Sort code: 55-01-44
Statement period: 1 May 2026 to 31 May 2026
Statement number: 5

Opening balance                          £1,204.50
Total money in                           £2,310.00
Total money out                            £750.00
Closing balance                          £2,764.50

Date         Description                    Paid out     Paid in     Balance
02 May 2026  Rent Hill Street                 750.00                  454.50
05 May 2026  Salary May                                 2,310.00    2,764.50
"""
STATEMENT_AS_CSV = """Buchungstag;Wertstellung;Verwendungszweck;Auftraggeber;Betrag;Saldo
02.06.2026;02.06.2026;Strom Juni;Stadtwerke;-74,00;738,40
28.06.2026;29.06.2026;Gehalt;Kontor Nord;1.250,00;1.988,40
"""
STATEMENT_AS_HTML = """<h2>Relevé de compte n° 7</h2>
<table><tr><td>Titulaire</td><td>Mme Élise Fournel</td></tr>
<tr><td>IBAN</td><td>FR14 2004 1010 0505 0001 3M02 606</td></tr>
<tr><td>Période</td><td>du 01/03/2026 au 31/03/2026</td></tr></table>
<table><tr><th>Date</th><th>Date valeur</th><th>Libellé</th><th>Débit</th><th>Crédit</th></tr>
<tr><td colspan=3>Ancien solde</td><td></td><td>640,10</td></tr>
<tr><td>04/03/2026</td><td>05/03/2026</td><td>Virement loyer</td><td>580,00</td><td></td></tr>
<tr><td>12/03/2026</td><td>12/03/2026</td><td>Salaire mars</td><td></td><td>1 920,00</td></tr>
<tr><td colspan=3>Nouveau solde</td><td></td><td>1 980,10</td></tr></table>"""


def test_every_set_is_valid_and_holds_every_type_that_its_own_belong_to() -> None:
    for types in ready_made_sets().values():
        parse_object_types(types)
        assert {schema.get("x-belongs-to") for schema in types.values()} <= {None, *types}


def test_a_set_brings_the_types_that_its_documents_also_speak_of() -> None:
    sets = ready_made_sets()
    assert list(sets["contract"]) == ["Contract", "Organisation", "Person"]
    assert sets["contract"]["Person"] == sets["contact"]["Person"]


def test_a_request_without_types_asks_for_the_sets_that_say_so() -> None:
    sets = ready_made_sets()
    asked_for = set(ready_made_object_types())
    assert {name for name, types in sets.items() if not asked_for >= set(types)} == {
        "bank_statement",
        "receipt",
    }
    assert {each.name for each in requested_object_types(None)} == asked_for


def test_whoever_asks_for_a_set_owns_the_copy() -> None:
    ready_made_sets()["contract"]["Person"].clear()
    assert ready_made_sets()["contract"]["Person"]["properties"]
    ready_made_object_types()["Invoice"].clear()
    assert ready_made_object_types()["Invoice"]["properties"]


@pytest.mark.parametrize(
    ("asked", "content", "expected"),
    [
        (
            "receipt",
            RECEIPT_OF_A_TILL,
            {
                "merchant": "HARBOUR LANE BAKERY", "phone": "01947 555 021", "receipt_number": "20114",
                "date": "2026-05-09", "time": "08:14", "cashier": "Maud", "currency": "GBP",
                "subtotal": 11, "tax_rate": 20, "tax": 1.13, "total": 11, "paid": 20, "change": 9,
                "items": [
                    {"description": "Rye loaf", "amount": 4.2},
                    {"description": "Flat white", "quantity": 2, "amount": 6.8},
                ],
            },
        ),
        (
            "receipt",
            RECEIPT_WITH_COLUMNS,
            {
                "merchant": "LA PETITE ÉPICERIE", "receipt_number": "4471", "date": "2026-04-03",
                "time": "18:05", "total": 13.7, "tax": 0.71, "tax_rate": 5.5, "paid": 13.7,
                "currency": "EUR",
                "items": [
                    {"description": "Comté 12 mois", "quantity": 1, "unit_price": 8.9, "amount": 8.9},
                    {"description": "Pain de campagne", "quantity": 2, "unit_price": 2.4, "amount": 4.8},
                ],
            },
        ),
        (
            "receipt",
            RECEIPT_AS_HTML,
            {
                "merchant": "Papelería Sol", "receipt_number": "T-2291", "date": "2026-02-14",
                "subtotal": 8.18, "tax": 1.72, "total": 9.9, "paid": 10, "change": 0.1, "currency": "EUR",
                "items": [
                    {"description": "Cuaderno A5", "quantity": 3, "unit_price": 2.5, "amount": 7.5},
                    {"description": "Bolígrafo azul", "quantity": 2, "unit_price": 1.2, "amount": 2.4},
                ],
            },
        ),
        (
            "bank_statement",
            STATEMENT_AS_TEXT,
            {
                "account_holder": "Ms Oriane Whitlock", "account_number": "55501442",
                "sort_code": "55-01-44", "statement_number": "5", "period_start": "2026-05-01",
                "period_end": "2026-05-31", "opening_balance": 1204.5, "closing_balance": 2764.5,
                "total_credits": 2310, "total_debits": 750, "currency": "GBP",
                "transactions": [
                    {"date": "2026-05-02", "description": "Rent Hill Street", "debit": 750, "balance": 454.5},
                    {"date": "2026-05-05", "description": "Salary May", "credit": 2310, "balance": 2764.5},
                ],
            },
        ),
        (
            "bank_statement",
            STATEMENT_AS_CSV,
            {
                "transactions": [
                    {
                        "date": "2026-06-02", "value_date": "2026-06-02", "description": "Strom Juni",
                        "counterparty": "Stadtwerke", "amount": -74, "balance": 738.4,
                    },
                    {
                        "date": "2026-06-28", "value_date": "2026-06-29", "description": "Gehalt",
                        "counterparty": "Kontor Nord", "amount": 1250, "balance": 1988.4,
                    },
                ],
            },
        ),
        (
            "bank_statement",
            STATEMENT_AS_HTML,
            {
                "statement_number": "7", "account_holder": "Mme Élise Fournel",
                "iban": "FR1420041010050500013M02606", "period_start": "2026-03-01",
                "period_end": "2026-03-31", "opening_balance": 640.1, "closing_balance": 1980.1,
                "transactions": [
                    {
                        "date": "2026-03-04", "value_date": "2026-03-05",
                        "description": "Virement loyer", "debit": 580,
                    },
                    {
                        "date": "2026-03-12", "value_date": "2026-03-12",
                        "description": "Salaire mars", "credit": 1920,
                    },
                ],
            },
        ),
    ],
)  # fmt: skip
def test_receipts_and_statements_of_several_layouts(
    asked: str, content: str, expected: dict[str, Any]
) -> None:
    assert found(content, asked, options=Options()) == [expected]
