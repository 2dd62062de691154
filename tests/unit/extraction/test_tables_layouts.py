"""Tables, blocks and bills as companies really set them out: what each layout promises."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.extraction.papers import (
    DAY,
    EVERY,
    NUMBER,
    TEXT,
    Found,
    extracted,
    found,
    one,
    rows,
    typed,
)

LINE = {"description": TEXT, "quantity": NUMBER, "unit_price": NUMBER, "amount": NUMBER}
LINES = {"Bill": {"properties": {"bill_id": {"format": "identifier"}, "items": rows(**LINE)}}}
ROWS = [
    {"description": "Bolt, long", "quantity": 4, "unit_price": 2.5, "amount": 10},
    {"description": "Nut", "quantity": 10, "unit_price": 0.3, "amount": 3},
]
PIPES = "| Description | Qty | Unit price | Amount |\n|---|---|---|---|\n"
HEAD = "Description      Qty   Unit price   Amount\n"
BOLT = "Bolt, long         4         2.50    10.00\n"
NUT = "Nut               10         0.30     3.00\n"

# Each of them says what ROWS says.
LAYOUTS = {
    "pipes with a total": (
        f"{PIPES}| Bolt, long | 4 | 2.50 | 10.00 |\n| Nut | 10 | 0.30 | 3.00 |\n| Total | | | 13.00 |\n"
    ),
    "columns with a total": f"{HEAD}{BOLT}{NUT}                          Total      13.00\n",
    "columns in another order": (
        "Amount | Price | Quantity | Item\n10.00 | 2.50 | 4 | Bolt, long\n3.00 | 0.30 | 10 | Nut\n"
    ),
    "no head": "4    Bolt, long     2.50    10.00\n10   Nut            0.30     3.00\n",
    "tabs": "Description\tQty\tUnit price\tAmount\nBolt, long\t4\t2.50\t10.00\nNut\t10\t0.30\t3.00\n",
    "words that wrap inside a cell": f"{HEAD}Bolt,              4         2.50    10.00\nlong\n{NUT}",
    "words that wrap inside a cell behind a number": (
        "No   Description    Qty   Unit price   Amount\n1    Bolt,            4         2.50    10.00\n     long\n"
        "2    Nut             10         0.30     3.00\n"
    ),
    "words that wrap inside a cell of pipes": (
        f"{PIPES}| Bolt, | 4 | 2.50 | 10.00 |\n| long | | | |\n| Nut | 10 | 0.30 | 3.00 |\n"
    ),
    "a head of two lines": (
        "                       Unit\nDescription      Qty   price   Amount\nBolt, long         4    2.50    10.00\n"
        "Nut               10    0.30     3.00\n"
    ),
    "a head of many lines, and amounts on the line below": (
        "Pos   Code        Description      Unit price   Qty    Amount\n      of maker\n      (type)\n\n"
        "1     AA-17       Bolt, long             2.50     4\n"
        "      40120099                                          10.00\n"
        "2     AA-18       Nut                    0.30    10\n"
        "      40120100                                           3.00\n"
    ),
    "lines between the rows": (
        "No   Description     Packed            Unit price    Qty   Amount\n"
        "1    Bolt, long      in paper                2.50      4    10.00\n\n"
        "Origin: Ely\nTwo boxes, one of them opened on arrival.\n\n"
        "2   Nut              in a steel box          0.30     10     3.00\n"
    ),
    "blank lines between the rows": f"{HEAD}\n{BOLT}\n{NUT}",
    "names of groups": f"{HEAD}\nMetal\n{BOLT}\nOther\n{NUT}",
    "headings of groups, subtotals and totals": (
        f"{PIPES}| Metal | | | |\n| Bolt, long | 4 | 2.50 | 10.00 |\n| Nut | 10 | 0.30 | 3.00 |\n"
        "| Subtotal metal | 14 | | 13.00 |\n| TOTAL | 14 | 2.80 | 13.00 |\n"
    ),
    "a currency that wraps": (
        "Description      Qty   Unit price    Amount\nBolt, long         4       2,50 €     10,00\n"
        "                                          €\nNut               10       0,30 €    3,00 €\n"
    ),
    # No columns: the products prove it.
    "4 x": "4 x Bolt, long @ 2.50      10.00\n10 x Nut @ 0.30            3.00\n",
    "prices under names": "Bolt, long\n    4 @ 2.50       10.00\nNut\n    10 @ 0.30       3.00\n",
    "words for each": "1. Bolt, long   Qty: 4    $2.50 each   $10.00\n2. Nut   Qty: 10   $0.30 each   $3.00\n",
    "commas": "Bolt, long   4 x 2,50   10,00\nNut   10 x 0,30   3,00\n",
    "bullets, colons, and no columns at all": "- Bolt, long: 4 x 2.50 = 10.00\n- Nut: 10 x 0.30 = 3.00\n",
    # What the heads say goes behind what the products say.
    "heads that say the contrary of the figures": (
        "| Description | Qty | Amount | Price |\n|---|---|---|---|\n"
        "| Bolt, long | 4 | 2.50 | 10.00 |\n| Nut | 10 | 0.30 | 3.00 |\n"
    ),
    "heads of an unknown language, units, prices of four decimals": (
        "Nr    Tavara           Hinta    Kpl     Yht\n1     Bolt, long      2,5000    4 kpl   10,00\n"
        "2     Nut             0,3000   10 kpl    3,00\n"
    ),
    "heads of ours or yours, and amounts on the line below": (
        "Pos   Code      Description      Price      Qty       Amount\n      of ours\n      or yours\n"
        "1     B-17      Bolt, long        2.50       4\n                                                       10.00\n"
        "2     N-20      Nut               0.30      10\n                                                        3.00\n"
    ),
    "something that is no row between the rows": f"{HEAD}{BOLT}Made of: zinc\n\n{NUT}",
}  # fmt: skip


def items(table: str) -> list[Found]:
    (bill,) = found(f"Bill ID: B-1\n\n{table}", LINES)
    assert bill["bill_id"] == "B-1"
    return [{name: row[name] for name in LINE if name in row} for row in bill["items"]]


@pytest.mark.parametrize("table", LAYOUTS.values(), ids=list(LAYOUTS))
def test_rows_are_the_same_in_every_layout(table: str) -> None:
    assert items(table) == ROWS


def test_a_table_that_goes_on_over_the_page_is_read_on() -> None:
    for between in ("\n           Page 1 of 2\n\n" + HEAD, "\n\n           Page 1 of 2\n\n"):
        assert items(HEAD + BOLT + NUT + between + BOLT + NUT) == ROWS * 2


def test_lines_that_look_the_same_are_two_lines() -> None:
    assert items(PIPES + "| Nut | 10 | 0.30 | 3.00 |\n" * 2) == [ROWS[1]] * 2


def test_a_wrapped_cell_cites_each_of_its_lines() -> None:
    (bill,) = extracted(
        f"Bill ID: B-1\n\n{LAYOUTS['words that wrap inside a cell']}", LINES
    ).objects
    cited = bill.evidence["items"][0]["description"]["citations"]
    assert [each["quote"] for each in cited] == ["Bolt,", "long"]


BLOCKS: dict[str, tuple[str, dict[str, Any], Found]] = {
    "words set apart before the one figure of a line are one label": (
        ("Positions                     13.00\nSum       without     VAT     13.00\n"
        "VAT 20%                        2.60\nSum       to pay              15.60\n"),
        {"net_amount": NUMBER, "note": TEXT}, {"net_amount": 13}),
    "a label in two languages is two labels": (
        "Käufer/Acheteur: Acme Ltd\n", {"customer": TEXT, "note": TEXT}, {"customer": "Acme Ltd"}),
    "labels above their values in columns": (
        "Policy number     Expiry date      Annual premium\nHX-55             14 Mar 2027      $1,284.00\n",
        {"policy_number": TEXT, "expiry_date": DAY, "annual_premium": NUMBER},
        {"policy_number": "HX-55", "expiry_date": "2027-03-14", "annual_premium": 1284}),
    "a label is not the value of the label beside it": (
        "Named insured          Agent\nRobert Castellano      Bayview Brokers\n",
        {"named_insured": TEXT, "agent": TEXT}, {"named_insured": "Robert Castellano", "agent": "Bayview Brokers"}),
    "labels with colons over blocks side by side": (
        ("Sender:                       Recipient:\nVan Dam Bloembollen B.V.      Tuincentrum De Linde\n"
        "Heereweg 18                   Kerkstraat 44\n"), {"sender": TEXT, "recipient": TEXT},
        {"sender": "Van Dam Bloembollen B.V.", "recipient": "Tuincentrum De Linde"}),
    "the name under a label may stand below its numbers": (
        "Seller:\nNumber: 549917\nGLN: 4000001123452  (GTIN)\nVan Dam B.V.\nHeereweg 18\n",
        {"seller": TEXT, "buyer": TEXT}, {"seller": "Van Dam B.V."}),
    "a value stands in the column of its label": (
        "Heereweg 18\n                     Order number\n2161 Lisse                    K-204\n",
        {"order_number": TEXT, "date": DAY}, {"order_number": "K-204"}),
    "a value goes on in the line under it": (
        "Project title:   Low-cost sensors for\n                 ground water\nLead:  Ann Bay\n",
        {"project_title": TEXT, "lead": TEXT},
        {"project_title": "Low-cost sensors for ground water", "lead": "Ann Bay"}),
    "one row under labels is no object of its own": (
        "Number     Issued         Office\nAL-77      17 Feb 2026    North\n\nPlace: Ely\n",
        {"number": TEXT, "issued": DAY, "place": TEXT}, {"number": "AL-77", "issued": "2026-02-17", "place": "Ely"}),
    "a currency's sign of letters is no part of a word": (
        "Room: FIRM 12\nTotal: RM 30.50\n", {"total": NUMBER, "room": TEXT}, {"room": "FIRM 12", "total": 30.5}),
    "amounts that add up to the total are items": (
        "Bread        3.80\nMilk         2.20\nTOTAL        6.00\n",
        {"total": NUMBER, "items": rows(name=TEXT, price=NUMBER)},
        {"total": 6, "items": [{"name": "Bread", "price": 3.8}, {"name": "Milk", "price": 2.2}]}),
    "amounts that do not are none": (
        "Bread        3.80\nMilk         2.20\nTOTAL        9.00\n",
        {"total": NUMBER, "items": rows(name=TEXT, price=NUMBER)}, {"total": 9}),
}  # fmt: skip


@pytest.mark.parametrize(("text", "properties", "expected"), BLOCKS.values(), ids=list(BLOCKS))
def test_a_block_gives_just_what_it_says(
    text: str, properties: dict[str, Any], expected: Found
) -> None:
    assert one(text, properties) == expected


def test_blocks_side_by_side_are_read_down_their_column() -> None:
    paper = one(
        "Shipper                       Consignee                Invoice No:  K-7\n"
        "Oriel Ceramics Srl            Pacific Goods Inc.       Date:        2 June 2026\n"
        "Via dei Vasai 21              4400 Harbor Blvd\n"
        "50053 Empoli                  Oakland, CA 94607\n",
        dict.fromkeys(("shipper", "consignee", "consignee_address", "invoice_no"), TEXT) | {"date": DAY},
    )  # fmt: skip
    assert (paper["shipper"], paper["consignee"]) == ("Oriel Ceramics Srl", "Pacific Goods Inc.")
    assert (paper["invoice_no"], paper["date"]) == ("K-7", "2026-06-02")


TILL = """\
```
CORNER STORE
========================
QTY ITEM            AMT
------------------------
  2 OAT BARS 6PK  {0}7.80
  1 LAMP OIL      {0}4.15
------------------------
    SUBTOT       {0}11.95
    VAT           {0}2.39
    TOTAL        {0}14.34
------------------------
    CASH         {0}20.00
```
"""


@pytest.mark.parametrize("sign", ["€", "A$", "RM", "¥"])
def test_a_till_receipt_between_rules_keeps_its_items_and_its_sums(sign: str) -> None:
    line = rows(name=TEXT, quantity=NUMBER, amount=NUMBER)
    sums = dict.fromkeys(("subtotal", "vat", "total"), NUMBER)
    types = {
        "Slip": {"type": "object", "x-occurs": "document", "properties": sums | {"items": line}}
    }
    (slip,) = found(TILL.format(sign), types)
    assert [slip[name] for name in sums] == [11.95, 2.39, 14.34]
    assert slip["items"] == [
        {"name": "OAT BARS 6PK", "quantity": 2, "amount": 7.8},
        {"name": "LAMP OIL", "quantity": 1, "amount": 4.15},
    ]


def test_a_table_of_something_else_is_not_taken_for_lack_of_a_better_one() -> None:
    table = "| Route | Colour |\n|---|---|\n| North loop | green |\n| South loop | red |\n"
    record = {"invoice_reference": TEXT, "paid_by": TEXT, "gross": NUMBER}
    assert found(table, {"Record": {"type": "object", "properties": record}}) == []


STATEMENT = """Northmoor Bank

Account number: 40718822

Date        Description                             Paid out      Paid in      Balance
            Balance brought forward                                             1,204.55
1 Mar 2026  Direct debit Alderby Water                 31.20                    1,173.35
2 Mar 2026  Card payment Corner Grocer                 18.47                    1,154.88
            Card payment rail ticket                   22.10                    1,132.78
            Ref 88213
5 Mar 2026  Salary Halden Bridge                                   2,310.00     3,442.78
31 Mar 2026 Balance carried forward                                             3,442.78
"""


def test_a_bank_statement_names_the_day_once_and_its_balances_are_no_transactions() -> None:
    sums = dict.fromkeys(("paid_out", "paid_in", "balance"), NUMBER)
    line = rows(date=DAY, description=TEXT, **sums)
    sides = {"opening_balance": NUMBER, "closing_balance": NUMBER}
    properties = {"account_number": TEXT, "transactions": line} | sides
    (statement,) = found(STATEMENT, {"Statement": {"type": "object", "properties": properties}})
    lines = statement["transactions"]
    assert [line["date"][8:] for line in lines] == ["01", "02", "02", "05"]
    assert lines[2]["description"] == "Card payment rail ticket Ref 88213"
    expected = {
        "date": "2026-03-05",
        "description": "Salary Halden Bridge",
        "paid_in": 2310,
        "balance": 3442.78,
    }
    assert lines[3] == expected
    assert [statement[name] for name in sides] == [1204.55, 3442.78]


def test_a_requirement_in_a_table_says_who_is_bound_as_one_in_prose_does() -> None:
    table = (
        "| ID | Requirement |\n|---|---|\n| FR-1 | The pump shall stop at 4 bar. |\n"
        "| FR-2 | A valve must not leak. |\n"
    )
    bound = [
        (each["subject"], each["modality"]) for each in found(table, None, "Requirement", EVERY)
    ]
    assert bound == [("The pump", "shall"), ("A valve", "must not")]


def test_a_name_in_two_columns_is_one_name() -> None:
    table = "| Surname | First name | Votes |\n|---|---|---|\n| HOLM | Ada | 410 |\n| PRICE | Ivor | 388 |\n"
    votes = found(table, typed("Record", full_name=TEXT, votes={"type": "integer"}))
    assert [each["full_name"] for each in votes] == ["Ada HOLM", "Ivor PRICE"]


def test_two_rows_with_the_same_words_are_two_objects() -> None:
    paper = (
        "| Day | Description | Amount |\n|---|---|---|\n"
        "| 2026-03-02 | Card payment | 18.40 |\n| 2026-03-05 | Card payment | 22.10 |\n"
    )
    payments = found(paper, typed("Payment", day=DAY, description=TEXT, amount=NUMBER))
    assert [each["amount"] for each in payments] == [18.4, 22.1]
