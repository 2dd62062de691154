"""Tables, blocks and bills as companies really set them out: what each layout promises."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.extraction.test_matching import LINES, ROWS, found


def one(source: str, properties: dict[str, Any]) -> dict[str, Any]:
    (only,) = found(source, {"Paper": {"type": "object", "properties": properties}})
    assert isinstance(only, dict)
    return only


def items(table: str) -> list[dict[str, Any]]:
    (bill,) = found(f"Bill ID: B-1\n\n{table}", LINES)
    rows = bill["items"]
    assert isinstance(rows, list)
    return rows


TEXT = {"type": "string"}
NUMBER = {"type": "number"}
DAY = {"type": "string", "format": "date"}


@pytest.mark.parametrize(
    "table",
    [
        (
            "Description      Qty   Unit price   Amount\n"
            "Bolt,              4         2.50    10.00\n"
            "long\n"
            "Nut               10         0.30     3.00\n"
        ),
        (
            "No   Description    Qty   Unit price   Amount\n"
            "1    Bolt,            4         2.50    10.00\n"
            "     long\n"
            "2    Nut             10         0.30     3.00\n"
        ),
        (
            "| Description | Qty | Unit price | Amount |\n|---|---|---|---|\n"
            "| Bolt, | 4 | 2.50 | 10.00 |\n| long | | | |\n| Nut | 10 | 0.30 | 3.00 |\n"
        ),
    ],
)
def test_words_that_wrap_inside_a_cell_stay_one_cell(table: str) -> None:
    assert items(table) == ROWS


def test_a_header_of_two_lines_names_its_columns() -> None:
    table = (
        "                       Unit\n"
        "Description      Qty   price   Amount\n"
        "Bolt, long         4    2.50    10.00\n"
        "Nut               10    0.30     3.00\n"
    )
    assert items(table) == ROWS


def test_a_head_of_many_lines_and_an_amount_on_the_line_below() -> None:
    table = (
        "Pos   Code        Description      Unit price   Qty    Amount\n"
        "      of maker\n"
        "      (type)\n\n"
        "1     AA-17       Bolt, long             2.50     4\n"
        "      40120099                                          10.00\n"
        "2     AA-18       Nut                    0.30    10\n"
        "      40120100                                           3.00\n"
    )
    assert items(table) == ROWS


def test_lines_between_rows_do_not_end_what_a_header_is_over() -> None:
    table = (
        "No   Description     Packed            Unit price    Qty   Amount\n"
        "1    Bolt, long      in paper                2.50      4    10.00\n\n"
        "Origin: Ely\nTwo boxes, one of them opened on arrival.\n\n"
        "2   Nut              in a steel box          0.30     10     3.00\n"
    )
    assert items(table) == ROWS


def test_blank_lines_between_rows_do_not_end_a_table() -> None:
    table = (
        "Description      Qty   Unit price   Amount\n\n"
        "Bolt, long         4         2.50    10.00\n\n"
        "Nut               10         0.30     3.00\n"
    )
    assert items(table) == ROWS


def test_a_table_that_goes_on_over_the_page_is_read_on() -> None:
    head = "Description      Qty   Unit price   Amount\n"
    first = "Bolt, long         4         2.50    10.00\n"
    second = "Nut               10         0.30     3.00\n"
    more = "Bolt, long         4         2.50    10.00\n"
    repeated = f"{head}{first}{second}\n           Page 1 of 2\n\n{head}{more}{second}"
    assert items(repeated) == ROWS * 2
    without = f"{head}{first}{second}\n\n           Page 1 of 2\n\n{more}{second}"
    assert items(without) == ROWS * 2


def test_group_headings_subtotals_and_totals_are_no_rows() -> None:
    table = (
        "| Description | Qty | Unit price | Amount |\n|---|---|---|---|\n"
        "| Metal | | | |\n| Bolt, long | 4 | 2.50 | 10.00 |\n| Nut | 10 | 0.30 | 3.00 |\n"
        "| Subtotal metal | 14 | | 13.00 |\n| TOTAL | 14 | 2.80 | 13.00 |\n"
    )
    assert items(table) == ROWS


@pytest.mark.parametrize(
    "lines",
    [
        "4 x Bolt, long @ 2.50      10.00\n10 x Nut @ 0.30            3.00\n",
        "Bolt, long\n    4 @ 2.50       10.00\nNut\n    10 @ 0.30       3.00\n",
        "1. Bolt, long   Qty: 4    $2.50 each   $10.00\n2. Nut   Qty: 10   $0.30 each   $3.00\n",
        "Bolt, long   4 x 2,50   10,00\nNut   10 x 0,30   3,00\n",
    ],
)
def test_a_bill_without_columns_is_proven_by_its_products(lines: str) -> None:
    assert items(lines) == ROWS


@pytest.mark.parametrize(
    "table",
    [
        # The heads say the contrary of what the figures are.
        (
            "| Description | Qty | Amount | Price |\n|---|---|---|---|\n"
            "| Bolt, long | 4 | 2.50 | 10.00 |\n| Nut | 10 | 0.30 | 3.00 |\n"
        ),
        # Bullets, colons, and no columns at all.
        "- Bolt, long: 4 x 2.50 = 10.00\n- Nut: 10 x 0.30 = 3.00\n",
        # Heads of a language that is not known, units, prices of four decimals.
        (
            "Nr    Tavara           Hinta    Kpl     Yht\n"
            "1     Bolt, long      2,5000    4 kpl   10,00\n"
            "2     Nut             0,3000   10 kpl    3,00\n"
        ),
        # A head of many lines, and amounts on the line below.
        (
            "Pos   Code      Description      Price      Qty       Amount\n"
            "      of ours\n"
            "      or yours\n"
            "1     B-17      Bolt, long        2.50       4\n"
            "                                                       10.00\n"
            "2     N-20      Nut               0.30      10\n"
            "                                                        3.00\n"
        ),
        # Something that is no row stands between the rows.
        (
            "Description      Qty   Unit price   Amount\n"
            "Bolt, long         4         2.50    10.00\n"
            "Made of: zinc\n\n"
            "Nut               10         0.30     3.00\n"
        ),
    ],
)
def test_a_line_is_read_as_its_product_says(table: str) -> None:
    wanted = ("description", "quantity", "unit_price", "amount")
    rows = [{name: row[name] for name in wanted if name in row} for row in items(table)]
    assert rows == ROWS


def test_words_set_apart_before_the_one_figure_of_a_line_are_one_label() -> None:
    source = (
        "Positions                     13.00\n"
        "Sum       without     VAT     13.00\n"
        "VAT 20%                        2.60\n"
        "Sum       to pay              15.60\n"
    )
    paper = one(source, {"net_amount": NUMBER, "note": TEXT})
    assert paper == {"net_amount": 13}


def test_a_label_in_two_languages_is_two_labels() -> None:
    assert one("Käufer/Acheteur: Acme Ltd\n", {"customer": TEXT, "note": TEXT}) == {
        "customer": "Acme Ltd"
    }


def test_amounts_that_add_up_to_the_total_are_items() -> None:
    types = {"Receipt": {"properties": {"total": NUMBER, "items": {
        "type": "array", "items": {"properties": {"name": TEXT, "price": NUMBER}}}}}}  # fmt: skip
    bread = "Bread        3.80\nMilk         2.20\nTOTAL        6.00\n"
    (receipt,) = found(bread, types)
    assert receipt == {
        "total": 6,
        "items": [{"name": "Bread", "price": 3.8}, {"name": "Milk", "price": 2.2}],
    }
    (other,) = found("Bread        3.80\nMilk         2.20\nTOTAL        9.00\n", types)
    assert "items" not in other


def test_blocks_side_by_side_are_read_down_their_column() -> None:
    source = (
        "Shipper                       Consignee                Invoice No:  K-7\n"
        "Oriel Ceramics Srl            Pacific Goods Inc.       Date:        2 June 2026\n"
        "Via dei Vasai 21              4400 Harbor Blvd\n"
        "50053 Empoli                  Oakland, CA 94607\n"
    )
    paper = one(
        source,
        {
            "shipper": TEXT,
            "consignee": TEXT,
            "consignee_address": TEXT,
            "invoice_no": TEXT,
            "date": DAY,
        },
    )
    assert paper["shipper"] == "Oriel Ceramics Srl"
    assert paper["consignee"] == "Pacific Goods Inc."
    assert paper["invoice_no"] == "K-7"
    assert paper["date"] == "2026-06-02"


def test_labels_above_their_values_in_columns() -> None:
    source = (
        "Policy number     Expiry date      Annual premium\n"
        "HX-55             14 Mar 2027      $1,284.00\n"
    )
    assert one(source, {"policy_number": TEXT, "expiry_date": DAY, "annual_premium": NUMBER}) == {
        "policy_number": "HX-55",
        "expiry_date": "2027-03-14",
        "annual_premium": 1284,
    }


def test_a_label_is_not_the_value_of_the_label_beside_it() -> None:
    source = "Named insured          Agent\nRobert Castellano      Bayview Brokers\n"
    paper = one(source, {"named_insured": TEXT, "agent": TEXT})
    assert paper == {"named_insured": "Robert Castellano", "agent": "Bayview Brokers"}


def test_a_wrapped_cell_cites_each_of_its_lines() -> None:
    from tests.unit.extraction.test_matching import run

    table = (
        "No   Description    Qty   Unit price   Amount\n"
        "1    Bolt,            4         2.50    10.00\n"
        "     long\n"
        "2    Nut             10         0.30     3.00\n"
    )
    (bill,) = run(f"Bill ID: B-1\n\n{table}", LINES).objects
    citations = bill.evidence["items"][0]["description"]["citations"]
    assert [citation["quote"] for citation in citations] == ["Bolt,", "long"]


def test_labels_with_colons_over_blocks_side_by_side() -> None:
    source = (
        "Sender:                       Recipient:\n"
        "Van Dam Bloembollen B.V.      Tuincentrum De Linde\n"
        "Heereweg 18                   Kerkstraat 44\n"
    )
    assert one(source, {"sender": TEXT, "recipient": TEXT}) == {
        "sender": "Van Dam Bloembollen B.V.",
        "recipient": "Tuincentrum De Linde",
    }


def test_the_name_under_a_label_may_stand_below_its_numbers() -> None:
    source = "Seller:\nNumber: 549917\nGLN: 4000001123452  (GTIN)\nVan Dam B.V.\nHeereweg 18\n"
    assert one(source, {"seller": TEXT, "buyer": TEXT}) == {"seller": "Van Dam B.V."}


def test_a_value_stands_in_the_column_of_its_label() -> None:
    source = "Heereweg 18\n                     Order number\n2161 Lisse                    K-204\n"
    assert one(source, {"order_number": TEXT, "date": DAY}) == {"order_number": "K-204"}


def test_a_value_goes_on_in_the_line_under_it() -> None:
    source = (
        "Project title:   Low-cost sensors for\n                 ground water\nLead:  Ann Bay\n"
    )
    assert one(source, {"project_title": TEXT, "lead": TEXT}) == {
        "project_title": "Low-cost sensors for ground water",
        "lead": "Ann Bay",
    }


def test_the_name_of_a_group_does_not_end_a_table() -> None:
    table = (
        "Description      Qty   Unit price   Amount\n\nMetal\n"
        "Bolt, long         4         2.50    10.00\n\nOther\n"
        "Nut               10         0.30     3.00\n"
    )
    assert items(table) == ROWS


def test_a_currency_that_wraps_belongs_to_the_amount_over_it() -> None:
    table = (
        "Description      Qty   Unit price    Amount\n"
        "Bolt, long         4       2,50 €     10,00\n"
        "                                          €\n"
        "Nut               10       0,30 €    3,00 €\n"
    )
    assert items(table) == ROWS


def test_one_row_under_labels_is_no_object_of_its_own() -> None:
    source = "Number     Issued         Office\nAL-77      17 Feb 2026    North\n\nPlace: Ely\n"
    types = {"Fine": {"properties": {"number": TEXT, "issued": DAY, "place": TEXT}}}
    assert found(source, types) == [{"number": "AL-77", "issued": "2026-02-17", "place": "Ely"}]


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
    items = {"type": "array", "items": {"type": "object", "properties": {
        "name": TEXT, "quantity": NUMBER, "amount": NUMBER}}}  # fmt: skip
    types = {"Slip": {"type": "object", "x-occurs": "document", "properties": {
        "subtotal": NUMBER, "vat": NUMBER, "total": NUMBER, "items": items}}}  # fmt: skip
    (slip,) = found(TILL.format(sign), types)
    assert (slip["subtotal"], slip["vat"], slip["total"]) == (11.95, 2.39, 14.34)
    assert slip["items"] == [
        {"name": "OAT BARS 6PK", "quantity": 2, "amount": 7.8},
        {"name": "LAMP OIL", "quantity": 1, "amount": 4.15},
    ]


def test_a_sign_of_letters_is_no_part_of_a_word() -> None:
    types = {"Note": {"type": "object", "properties": {"total": NUMBER, "room": TEXT}}}
    (note,) = found("Room: FIRM 12\nTotal: RM 30.50\n", types)
    assert note == {"room": "FIRM 12", "total": 30.5}
