"""Papers as strangers make them, asked for in types with names of their own: what each layout promises."""

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
    found,
    inside,
    of,
    rows,
    typed,
)


def only(text: str, properties: dict[str, Any], name: str = "x.txt") -> Found:
    """What is found of a bill of one's own type, as a user gets it."""
    objects = extracted(text, typed("Invoice", **properties), Options(), name).objects
    return objects[0].properties if objects else {}


YES = {"type": "boolean"}
ITEM = rows(code=TEXT, name=TEXT, quantity=NUMBER, unit=TEXT, unit_price=NUMBER, price=NUMBER)
PARTY = inside(name=TEXT, address=TEXT)
PAPERS: dict[str, tuple[str, dict[str, Any], Found]] = {
    "the lines under a name are its address in each of two blocks": (
        ("INVOICE\n\n"
        "BILL TO                                 SHIP TO\n"
        "Canyon Owners Association               Canyon Clubhouse\n"
        "500 W Main St, Suite 300                78 Ridge Loop\n"
        "Boise, ID 83701                         Eagle, ID 83616\n"),
        {"bill_to": PARTY, "ship_to": PARTY},
        {"bill_to": {"name": "Canyon Owners Association", "address": "500 W Main St, Suite 300, Boise, ID 83701"},
         "ship_to": {"name": "Canyon Clubhouse", "address": "78 Ridge Loop, Eagle, ID 83616"}}),
    "a title that names the number is over the whole document": (
        "# Invoice INV-2026-17\n\nDate: 3 May 2026\n\n| Item | Amount |\n|---|---|\n| Nut | 4.00 |\n\nTotal: 4.00\n",
        {"number": TEXT, "date": DAY, "total": NUMBER, "items": rows(item=TEXT, amount=NUMBER)},
        {"number": "INV-2026-17", "date": "2026-05-03", "total": 4, "items": [{"item": "Nut", "amount": 4}]}),
    "a label with what it includes": ("Total (incl. VAT): 59.30\n", {"total": NUMBER}, {"total": 59.3}),
    "a label in two languages": (
        "発行日 Issue date: 2026年3月5日\n", {"issue_date": DAY}, {"issue_date": "2026-03-05"}),
    "words the other way about": (
        "Date received: 2025-Nov-30\n", {"date_received": DAY}, {"date_received": "2025-11-30"}),
    "a label that is cut": ("Patient's DOB: 4 May 2016\n", {"date_of_birth": DAY}, {"date_of_birth": "2016-05-04"}),
    "a table under blocks side by side is a table of its own": (
        ("Invoice #  2041                    Bill To\n"
        "Date       14 March 2026           Fir Grove Trust\n"
        "Terms      Net 30                  19 Fir Grove Drive\n"
        "Project    FG-7                    Keswick CA1 2AB\n\n"
        "Date        Description          Hours     Rate      Amount\n"
        "03/04/26    Survey                 6.5    65.00      422.50\n\n"
        "03/11/26    Report                 2      48.00       96.00\n"),
        {"invoice_date": DAY,
         "items": rows(code=TEXT, description=TEXT, quantity=NUMBER, price=NUMBER, amount=NUMBER)},
        {"invoice_date": "2026-03-14",
         "items": [{"description": "Survey", "quantity": 6.5, "price": 65, "amount": 422.5},
                   {"description": "Report", "quantity": 2, "price": 48, "amount": 96}]}),
    "rows are of the array of a type, and a currency heads their amounts": (
        ("Guest folio No. 3881\n\n"
        "Date          Text                Room                 GBP\n"
        "14-03-26      Night                412               165.00\n"
        "15-03-26      Laundry              412                22.00\n"),
        {"guest_name": TEXT, "charges": rows(description=TEXT, amount=NUMBER)},
        {"charges": [{"description": "Night", "amount": 165}, {"description": "Laundry", "amount": 22}]}),
    "an item over lines is one, and a letterhead beside pairs heads no columns": (
        ("Northwind Print                       Invoice number     NP-10088\n"
        "Unit 4, Forge Lane                    Invoice date       6 May 2026\n\n"
        "Invoice to              Deliver to\n"
        "Hollins School          Main Reception\n"
        "Accounts Dept           Hollins Road\n\n"
        "Item                             Qty   Unit price    Total (GBP)\n"
        "Posters, laminated,\n"
        "printed one side                  20        11.50         230.00\n"
        "Prospectus, saddle\n"
        "stitched, silk,\n"
        "cover 300 gsm                    250         2.18         545.00\n"
        "Delivery                           1        15.00          15.00\n"),
        {"invoice_number": TEXT, "customer": TEXT, "items": rows(description=TEXT, quantity=NUMBER, total=NUMBER)},
        {"invoice_number": "NP-10088", "customer": "Hollins School",
         "items": [{"description": "Posters, laminated, printed one side", "quantity": 20, "total": 230},
                   {"description": "Prospectus, saddle stitched, silk, cover 300 gsm", "quantity": 250, "total": 545},
                   {"description": "Delivery", "quantity": 1, "total": 15}]}),
    "a compound of the document's language names its property": (
        ("Kontoauszug Nr. 4 der Sparkasse für den Zeitraum April\n\n"
        "Buchung     Vorgang                        Betrag EUR\n"
        "02.04.2026  Miete Hausverwaltung Lenz         780,00-\n"
        "15.04.2026  Lohn der Fa. Kübler             2.310,55+\n"),
        {"umsaetze": rows(buchungstag=DAY, verwendungszweck=TEXT, betrag=NUMBER)},
        {"umsaetze": [
            {"buchungstag": "2026-04-02", "verwendungszweck": "Miete Hausverwaltung Lenz", "betrag": -780},
            {"buchungstag": "2026-04-15", "verwendungszweck": "Lohn der Fa. Kübler", "betrag": 2310.55}]}),
    "dots before a colon": ("Department .........: Finance\n", {"department": TEXT}, {"department": "Finance"}),
    "a currency in a column of its own": (
        "Total excl GST     27.53\nTOTAL      RM      28.60\n", {"total": NUMBER}, {"total": 28.6}),
    "the letter of a tax number": ("N.I.F.: B-76123456\n", {"nif": TEXT}, {"nif": "B-76123456"}),
    "a label that has its figure already": (
        "RECHNUNG 26-0007      MWST-Nr. CHE-123.456.789\n", {"rechnungsnummer": TEXT}, {"rechnungsnummer": "26-0007"}),
    "a choice to strike out": ("Approved:  Yes / No\n", {"approved": YES}, {}),
    "two tables side by side": (
        ("Payments         Hours      Amount    Deductions              Amount\n"
        "Basic pay       150.00    1,890.00    Pension                 111.51\n"
        "Overtime          8.00      151.20    National Insurance       79.50\n"),
        {"payments": rows(description=TEXT, amount=NUMBER), "deductions": rows(description=TEXT, amount=NUMBER)},
        {"payments": [{"description": "Basic pay", "amount": 1890}, {"description": "Overtime", "amount": 151.2}],
         "deductions": [{"description": "Pension", "amount": 111.51},
                        {"description": "National Insurance", "amount": 79.5}]}),
    "a box that is ticked": ("Injuries? [ ] Yes  [x] No\n", {"injuries": YES}, {"injuries": False}),
    "a box that is ticked, by its sign": (
        "Police informed   ☒ Yes  ☐ No\n", {"police_informed": YES}, {"police_informed": True}),
    "a ticked box behind its word": ("Sex: M [ ] F [X]\n", {"sex": TEXT}, {"sex": "F"}),
    "no box is ticked": ("Injuries: [ ] Yes  [ ] No\n", {"injuries": YES}, {}),
    "a tax number": ("BTW NL001234567B01\n", {"btw_nummer": TEXT}, {"btw_nummer": "NL001234567B01"}),
    "the rate of a tax is not its number": ("Factuur F-1\nBTW 21%   247.26\n", {"btw_nummer": TEXT}, {}),
    "a number plate": (
        "Nr. LS-882\nKennzeichen: RO-HB 214\n", {"kennzeichen": TEXT}, {"kennzeichen": "RO-HB 214"}),
    "a code of another kind": (
        "Form W-2\n\na Employee's social security number\n   123-45-6789\n", {"employer_ein": TEXT}, {}),
    "labels beside labels": (
        "15 State  Employer's state number   16 State wages   17 State tax\n", {"state": TEXT}, {}),
    "an initial behind a title": (
        "Authorised by: Dr. M. Quinn, Consultant\n", {"authorised_by": TEXT}, {"authorised_by": "M. Quinn"}),
    "who is away is not in the chair": (
        ("Committee meeting - Minutes\n\nPresent: Joan Abbott (Chair), Iqbal Shah (Treasurer)\n"
        "Apologies: Rita Sandoval\n\n1. Report\nBalance is 3,418.22.\n"),
        {"chair": TEXT, "attendees": {"type": "array", "items": TEXT}},
        {"attendees": ["Joan Abbott", "Iqbal Shah"]}),
    "the next box of a form": (
        "2 Royalties    (Rev. January 2025)\n3 Other income   120.00\n",
        {"royalties": NUMBER, "other_income": NUMBER}, {"other_income": 120}),
    "a day is no sum": ("Royalties: January 2025\nFee: 12 March 2026\n", {"royalties": NUMBER, "fee": NUMBER}, {}),
    "what the parties are called, in words of their own": (
        'This Agreement is made between Alder Labs Ltd ("Discloser") and Birch Works GmbH (the "Recipient").\n',
        {"discloser": TEXT, "recipient": TEXT},
        {"discloser": "Alder Labs Ltd", "recipient": "Birch Works GmbH"}),
    "an address that its form alone tells": (
        "Curriculum Vitae\n\nJane Porter\njane.porter@example.org | London\n",
        {"email": TEXT}, {"email": "jane.porter@example.org"}),
    "who is present": (
        "Present: R. Beddoes\n", {"attendees": {"type": "array", "items": TEXT}}, {"attendees": ["R. Beddoes"]}),
}  # fmt: skip


@pytest.mark.parametrize(("text", "properties", "expected"), PAPERS.values(), ids=list(PAPERS))
def test_a_paper_gives_just_what_it_says(
    text: str, properties: dict[str, Any], expected: Found
) -> None:
    assert only(text, properties, "x.md") == expected


TABLES: dict[str, tuple[str, list[Found]]] = {
    "rows stand apart, with a name over two lines": (
        ("Name                          Qty   Unit      Price     VAT        Total\n\n"
        "Fire door with closer           2   pc     1,245.00     20%     2,490.00\n"
        "EI30 with hydraulic arm\n\n"
        "Oak skirting 70 mm           36.5   m         12.40     20%       452.60\n\n"
        "Labour                         14   h         48.00     10%       672.00\n"),
        [{"name": "Fire door with closer EI30 with hydraulic arm", "price": 2490},
         {"name": "Oak skirting 70 mm", "price": 452.6}, {"name": "Labour", "price": 672}]),
    "columns are full, and the price of the line is not that of one": (
        ("ITEM  DESCRIPTION                     QTY     PRICE      EXT\n"
        "============================================================\n"
        "001   Research memo                    24   1402.06 33649.44\n"
        "002   Trade mark filing                 1    828.85   828.85\n"),
        [{"unit_price": 1402.06, "price": 33649.44}, {"unit_price": 828.85, "price": 828.85}]),
    "a column is full, words go on below it, and a sum stands in the columns of figures": (
        ("Code      Name                       Qty      Each      Price\n"
        "C24-47150 Sawn wood 47x150            60 m      2.00     120.00\n"
        "          Batch: 77120\n"
        "OSB3-18   Board 18 mm                  5 EA    11.00      55.00\n"
        "                                       VAT 21%            36.75\n"),
        [{"code": "C24-47150", "name": "Sawn wood 47x150 Batch: 77120", "quantity": 60, "price": 120},
         {"code": "OSB3-18", "name": "Board 18 mm", "quantity": 5, "price": 55}]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), TABLES.values(), ids=list(TABLES))
def test_a_table_keeps_its_rows(text: str, expected: list[Found]) -> None:
    items = only(text, {"items": ITEM})["items"]
    assert [of(row, wanted) for row, wanted in zip(items, expected, strict=True)] == expected


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
    names = ("bezeichnung", "menge", "einheit", "einzelpreis", "gesamtpreis")
    position = dict(zip(names, (TEXT, NUMBER, TEXT, NUMBER, NUMBER), strict=True))
    sums = {"nettobetrag": NUMBER, "bruttobetrag": NUMBER}
    types = typed("Rechnung", kundennummer=TEXT, **sums, positionen=rows(**position))
    (bill,) = found(BILL, types, options=Options())
    lines = [
        ("Pumpe Delta 25-60", 3, "Stk", 389.5, 1168.5),
        ("Rohr 22 mm, blank mit Verschnitt", 48, "m", 7.825, 375.6),
        ("Montage", 22.5, "Std", 64, 1440),
    ]
    assert bill["positionen"] == [dict(zip(names, line, strict=True)) for line in lines]
    expected = {"nettobetrag": 2984.1, "bruttobetrag": 3551.08, "kundennummer": "70318"}
    assert of(bill, expected) == expected


def test_the_law_that_governs_is_not_that_under_which_a_party_was_formed() -> None:
    text = (
        "AGREEMENT between Quill Inc. and Terra Limited, a company organized under the laws of England and Wales.\n\n"
        "4. Governing Law. This Agreement shall be governed by the laws of the State of New York, without regard to\n"
        "its conflict of laws principles.\n"
    )
    values = only(text, {"governing_law": TEXT, "jurisdiction": TEXT}).values()
    assert "State of New York" in values
    assert "England and Wales" not in values


def test_a_sum_of_the_year_is_none_of_the_month() -> None:
    text = "Payslip\n\nBasic pay 2,237.40\nYear to date:  Gross pay so far 13,424.40\n"
    slips = found(text, typed("Payslip", gross_pay=NUMBER), options=Options())
    assert [each for each in slips if each.get("gross_pay") == 13424.4] == []
