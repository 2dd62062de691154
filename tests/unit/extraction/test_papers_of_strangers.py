"""Papers as strangers make them, asked for in types with names of their own: what each layout promises."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.extraction.test_fields_of_bills import fields

TEXT = {"type": "string"}
NUMBER = {"type": "number"}
DAY = {"type": "string", "format": "date"}


def typed(name: str, **properties: Any) -> dict[str, Any]:
    return {name: {"type": "object", "properties": properties}}


def rows(**properties: Any) -> dict[str, Any]:
    return {"type": "array", "items": {"type": "object", "properties": properties}}


BILL = """RECHNUNG  RE-25-044

Kunden-Nr.: 70318      Auftrag: 25/118

Pos.  Bezeichnung                          Menge  Einh.   Einzelpreis       Gesamt
------------------------------------------------------------------------------------
1     Pumpe Delta 25-60                        3  Stk        389,5000     1.168,50
2     Rohr 22 mm, blank                       48  m            7,8250       375,60
      mit Verschnitt
3     Montage                              22,50  Std         64,0000     1.440,00
------------------------------------------------------------------------------------
                                             Nettobetrag EUR              2.984,10
                                             zzgl. 19 % MwSt.               566,98
                                             Rechnungsbetrag EUR          3.551,08
"""


def test_a_bill_in_columns_keeps_its_rows_whole_and_its_sums_apart() -> None:
    types = typed(
        "Rechnung",
        kundennummer=TEXT,
        nettobetrag=NUMBER,
        bruttobetrag=NUMBER,
        positionen=rows(
            bezeichnung=TEXT, menge=NUMBER, einheit=TEXT, einzelpreis=NUMBER, gesamtpreis=NUMBER
        ),
    )
    found, _ = fields(BILL, types)
    names = ("bezeichnung", "menge", "einheit", "einzelpreis", "gesamtpreis")
    lines = [
        ("Pumpe Delta 25-60", 3, "Stk", 389.5, 1168.5),
        ("Rohr 22 mm, blank mit Verschnitt", 48, "m", 7.825, 375.6),
        ("Montage", 22.5, "Std", 64, 1440),
    ]
    assert found["positionen"] == [dict(zip(names, line, strict=True)) for line in lines]
    assert (found["nettobetrag"], found["bruttobetrag"]) == (2984.1, 3551.08)
    assert found["kundennummer"] == "70318"


def test_rows_that_stand_apart_with_a_name_over_two_lines_are_one_table() -> None:
    text = (
        "Item                          Qty   Unit      Price     VAT        Total\n\n"
        "Fire door with closer           2   pc     1,245.00     20%     2,490.00\n"
        "EI30 with hydraulic arm\n\n"
        "Oak skirting 70 mm           36.5   m         12.40     20%       452.60\n\n"
        "Labour                         14   h         48.00     10%       672.00\n"
    )
    types = typed(
        "Invoice",
        lines=rows(item=TEXT, quantity=NUMBER, unit=TEXT, unit_price=NUMBER, line_total=NUMBER),
    )
    found, _ = fields(text, types)
    assert [row["item"] for row in found["lines"]] == [
        "Fire door with closer EI30 with hydraulic arm", "Oak skirting 70 mm", "Labour",
    ]  # fmt: skip
    assert [row["line_total"] for row in found["lines"]] == [2490, 452.6, 672]


def test_columns_that_are_full_are_told_apart_and_the_price_of_the_line_from_that_of_one() -> None:
    text = (
        "ITEM  DESCRIPTION                     QTY     PRICE      EXT\n"
        "============================================================\n"
        "001   Research memo                    24   1402.06 33649.44\n"
        "002   Trade mark filing                 1    828.85   828.85\n"
    )
    types = typed(
        "Invoice", items=rows(name=TEXT, quantity=NUMBER, unit_price=NUMBER, price=NUMBER)
    )
    found, _ = fields(text, types)
    assert [(row["unit_price"], row["price"]) for row in found["items"]] == [
        (1402.06, 33649.44),
        (828.85, 828.85),
    ]


def test_the_lines_under_a_name_are_its_address_in_each_of_two_blocks() -> None:
    text = (
        "INVOICE\n\n"
        "BILL TO                                 SHIP TO\n"
        "Canyon Owners Association               Canyon Clubhouse\n"
        "500 W Main St, Suite 300                78 Ridge Loop\n"
        "Boise, ID 83701                         Eagle, ID 83616\n"
    )
    party = {"type": "object", "properties": {"name": TEXT, "address": TEXT}}
    found, _ = fields(text, typed("Invoice", bill_to=party, ship_to=party))
    assert found == {
        "bill_to": {
            "name": "Canyon Owners Association",
            "address": "500 W Main St, Suite 300, Boise, ID 83701",
        },
        "ship_to": {"name": "Canyon Clubhouse", "address": "78 Ridge Loop, Eagle, ID 83616"},
    }


def test_the_law_that_governs_is_not_that_under_which_a_party_was_formed() -> None:
    text = (
        "AGREEMENT between Quill Inc. and Terra Limited, a company organized under the laws of England and Wales.\n\n"
        "4. Governing Law. This Agreement shall be governed by the laws of the State of New York, without regard to\n"
        "its conflict of laws principles.\n"
    )
    found, _ = fields(text, typed("Agreement", governing_law=TEXT, jurisdiction=TEXT))
    assert "State of New York" in found.values()
    assert "England and Wales" not in found.values()


@pytest.mark.parametrize(
    ("line", "name", "schema", "value"),
    [
        ("Total (incl. VAT): 59.30", "total", NUMBER, 59.3),
        ("発行日 Issue date: 2026年3月5日", "issue_date", DAY, "2026-03-05"),
        ("Date received: 2025-Nov-30", "date_received", DAY, "2025-11-30"),
        ("Patient's DOB: 4 May 2016", "date_of_birth", DAY, "2016-05-04"),
        ("Present: R. Beddoes", "attendees", {"type": "array", "items": TEXT}, ["R. Beddoes"]),
    ],
)
def test_a_label_as_people_write_it_names_its_property(
    line: str, name: str, schema: dict[str, Any], value: Any
) -> None:
    found, _ = fields(f"{line}\n", typed("Paper", **{name: schema}))
    assert found == {name: value}


def test_a_sum_of_the_year_is_none_of_the_month() -> None:
    text = "Payslip\n\nBasic pay 2,237.40\nYear to date:  Gross pay so far 13,424.40\n"
    found, _ = fields(text, typed("Payslip", gross_pay=NUMBER))
    assert found.get("gross_pay") != 13424.4


def test_a_title_that_names_the_number_is_over_the_whole_document() -> None:
    text = "# Invoice INV-2026-17\n\nDate: 3 May 2026\n\n| Item | Amount |\n|---|---|\n| Nut | 4.00 |\n\nTotal: 4.00\n"
    types = typed(
        "Invoice", number=TEXT, date=DAY, total=NUMBER, items=rows(item=TEXT, amount=NUMBER)
    )
    found, _ = fields(text, types, "x.md")
    assert found == {
        "number": "INV-2026-17", "date": "2026-05-03", "total": 4, "items": [{"item": "Nut", "amount": 4}],
    }  # fmt: skip
