"""Tables, lists and forms of kinds that nobody foresaw: what tells a reader what is what, told to the extractor."""

from __future__ import annotations

from typing import Any

from tests.unit.extraction.test_matching import found

TEXT = {"type": "string"}
COUNT = {"type": "integer"}
NUMBER = {"type": "number"}
DAY = {"type": "string", "format": "date"}


def many(source: str, **properties: Any) -> list[dict[str, Any]]:
    return found(source, {"Record": {"type": "object", "properties": properties}}, "Record")


def test_a_table_of_something_else_is_not_taken_for_lack_of_a_better_one() -> None:
    assert not many(
        "| Route | Colour |\n|---|---|\n| North loop | green |\n| South loop | red |\n",
        invoice_reference=TEXT,
        paid_by=TEXT,
        gross=NUMBER,
    )


def test_a_name_in_two_columns_is_one_name() -> None:
    rows = many(
        "| Surname | First name | Votes |\n|---|---|---|\n| HOLM | Ada | 410 |\n| PRICE | Ivor | 388 |\n",
        full_name=TEXT,
        votes=COUNT,
    )
    assert rows == [
        {"full_name": "Ada HOLM", "votes": 410},
        {"full_name": "Ivor PRICE", "votes": 388},
    ]


def test_a_bank_statement_names_the_day_once_and_its_balances_are_no_transactions() -> None:
    (statement,) = found(
        "Northmoor Bank\n\nAccount number: 40718822\n\n"
        "Date        Description                             Paid out      Paid in      Balance\n"
        "            Balance brought forward                                             1,204.55\n"
        "1 Mar 2026  Direct debit Alderby Water                 31.20                    1,173.35\n"
        "2 Mar 2026  Card payment Corner Grocer                 18.47                    1,154.88\n"
        "            Card payment rail ticket                   22.10                    1,132.78\n"
        "            Ref 88213\n"
        "5 Mar 2026  Salary Halden Bridge                                   2,310.00     3,442.78\n"
        "31 Mar 2026 Balance carried forward                                             3,442.78\n",
        {
            "Statement": {
                "type": "object",
                "properties": {
                    "account_number": TEXT, "opening_balance": NUMBER, "closing_balance": NUMBER,
                    "transactions": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {
                                "date": DAY, "description": TEXT, "paid_out": NUMBER, "paid_in": NUMBER,
                                "balance": NUMBER,
                            },
                        },
                    },
                },
            }
        },
    )  # fmt: skip
    lines = statement["transactions"]
    assert [line["date"] for line in lines] == [
        "2026-03-01",
        "2026-03-02",
        "2026-03-02",
        "2026-03-05",
    ]
    assert lines[2]["description"] == "Card payment rail ticket Ref 88213"
    assert lines[3] == {
        "date": "2026-03-05",
        "description": "Salary Halden Bridge",
        "paid_in": 2310,
        "balance": 3442.78,
    }
    assert (statement["opening_balance"], statement["closing_balance"]) == (1204.55, 3442.78)


def test_a_requirement_in_a_table_says_who_is_bound_as_one_in_prose_does() -> None:
    rows = found(
        "| ID | Requirement |\n|---|---|\n| FR-1 | The pump shall stop at 4 bar. |\n"
        "| FR-2 | A valve must not leak. |\n",
        None,
        "Requirement",
    )
    assert [(r["subject"], r["modality"]) for r in rows] == [
        ("The pump", "shall"),
        ("A valve", "must not"),
    ]


def test_two_rows_with_the_same_words_are_two_objects() -> None:
    rows = many(
        "| Day | Description | Amount |\n|---|---|---|\n"
        "| 2026-03-02 | Card payment | 18.40 |\n| 2026-03-05 | Card payment | 22.10 |\n",
        day=DAY,
        description=TEXT,
        amount=NUMBER,
    )
    assert [row["amount"] for row in rows] == [18.4, 22.1]
