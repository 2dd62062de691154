"""From labels and layouts to objects: the mechanisms, each on a small document."""

from __future__ import annotations

from typing import Any

import pytest

from extraction import (
    Control,
    Extraction,
    Limits,
    OfflineExtractor,
    Options,
    parse_object_types,
    read_document,
    ready_made_object_types,
)
from extraction.schema.frames import frames_of


def run(source: str, types: dict[str, Any] | None = None) -> Extraction:
    document = read_document(source.encode(), media_type=None, name=None, limits=Limits())
    extractor = OfflineExtractor()
    parsed = parse_object_types(types or dict(ready_made_object_types()))
    run = extractor.start(document, parsed, Options(min_confidence=0.0))
    results = [run.chunk(c.index, control=Control()) for c in run.chunks]
    return run.result(results)


def found(source: str, types: dict[str, Any] | None = None, kind: str | None = None) -> list[Any]:
    return [o.properties for o in run(source, types).objects if kind in (None, o.type)]


INVOICE = next(
    f for f in frames_of(parse_object_types(ready_made_object_types())) if f.key == "Invoice"
)


@pytest.mark.parametrize(
    ("label", "slot"),
    [
        ("Invoice No.", "invoice_number"),
        ("invoiceNumber", "invoice_number"),
        ("Rechnungsnummer", "invoice_number"),
        ("Total", "total"),
        ("Total amount due", "total"),
        ("Subtotal", "subtotal"),
        ("Net total", "subtotal"),
        ("VAT 20%", "tax"),
        ("VAT Reg No", "supplier_tax_number"),
        ("Payment due date", "due_date"),
        ("Bill to", "customer"),
        ("Gesamtbetrag", "total"),
    ],
)
def test_a_label_goes_to_its_best_property(label: str, slot: str) -> None:
    best = INVOICE.match(label)
    assert best[0][1].path == (slot,)


@pytest.mark.parametrize("label", ["Customer number", "Weather", "Page"])
def test_other_labels_go_nowhere_sure(label: str) -> None:
    assert not [rate for rate, _ in INVOICE.match(label) if rate >= 0.6]


TOTALS = {
    "Bill": {
        "properties": {
            "total": {"type": "number"},
            "subtotal": {"type": "number"},
            "bill_id": {"format": "identifier"},
        }
    }
}


def test_subtotal_is_not_total_in_either_order() -> None:
    for source in ("Subtotal: 80.00\nTotal: 100.00\n", "Total: 100.00\nSubtotal: 80.00\n"):
        assert found(source, TOTALS) == [{"subtotal": 80, "total": 100}]


def test_blocks_with_the_same_labels_are_several_objects() -> None:
    types = {
        "Pet": {
            "properties": {
                "name": {"type": "string"},
                "age": {"type": "integer"},
                "kind": {"enum": ["cat", "dog"]},
            }
        }
    }
    source = "Name: Rex\nKind: dog\nAge: 4\n\nName: Tom\nKind: cat\nAge: 7\n"
    assert found(source, types) == [
        {"name": "Rex", "kind": "dog", "age": 4},
        {"name": "Tom", "kind": "cat", "age": 7},
    ]
    assert found("Name: Rex\nKind: dog\nAge: 4\n", types) == [
        {"name": "Rex", "kind": "dog", "age": 4}
    ]


def test_nested_objects_by_joined_label_and_by_section() -> None:
    types = {"Deal": {"properties": {
        "deal_id": {"format": "identifier"},
        "seller": {"type": "object", "properties": {"name": {"type": "string"}, "email": {"format": "email"}}},
    }}}  # fmt: skip
    joined = "Deal ID: D7\nSeller name: Acme\nSeller email: a@b.example\n"
    section = "Deal ID: D7\n\n## Seller\n\nName: Acme\nEmail: a@b.example\n"
    expected = [{"deal_id": "D7", "seller": {"name": "Acme", "email": "a@b.example"}}]
    assert found(joined, types) == expected
    assert found(section, types) == expected


LINE = {
    "description": {"type": "string"},
    "quantity": {"type": "number"},
    "unit_price": {"type": "number"},
    "amount": {"type": "number"},
}
LINES = {
    "Bill": {
        "properties": {
            "bill_id": {"format": "identifier"},
            "items": {"type": "array", "items": {"properties": LINE}},
        }
    }
}
ROWS = [
    {"description": "Bolt, long", "quantity": 4, "unit_price": 2.5, "amount": 10},
    {"description": "Nut", "quantity": 10, "unit_price": 0.3, "amount": 3},
]


@pytest.mark.parametrize(
    "table",
    [
        (
            "| Description | Qty | Unit price | Amount |\n|---|---|---|---|\n"
            "| Bolt, long | 4 | 2.50 | 10.00 |\n| Nut | 10 | 0.30 | 3.00 |\n| Total | | | 13.00 |\n"
        ),
        (
            "Description      Qty   Unit price   Amount\n"
            "Bolt, long         4         2.50    10.00\n"
            "Nut               10         0.30     3.00\n"
            "                          Total      13.00\n"
        ),
        "Amount | Price | Quantity | Item\n10.00 | 2.50 | 4 | Bolt, long\n3.00 | 0.30 | 10 | Nut\n",
        "4    Bolt, long     2.50    10.00\n10   Nut            0.30     3.00\n",
        "Description\tQty\tUnit price\tAmount\nBolt, long\t4\t2.50\t10.00\nNut\t10\t0.30\t3.00\n",
    ],
)
def test_line_items_in_many_layouts(table: str) -> None:
    (bill,) = found(f"Bill ID: B-1\n\n{table}", LINES)
    assert bill == {"bill_id": "B-1", "items": ROWS}


def test_lines_that_look_the_same_are_two_lines() -> None:
    row = "| Nut | 10 | 0.30 | 3.00 |\n"
    (bill,) = found(
        f"Bill ID: B-1\n\n| Description | Qty | Unit price | Amount |\n|---|---|---|---|\n{row}{row}",
        LINES,
    )
    assert len(bill["items"]) == 2


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Decision D-17: Buy the boat.", {"id": "D-17", "text": "Buy the boat."}),
        ("**Decision D-17** – Buy the boat.", {"id": "D-17", "text": "Buy the boat."}),
        ("[D-17] Buy the boat.", {"id": "D-17", "text": "Buy the boat."}),
        ("Decision: Buy the boat.", {"text": "Buy the boat."}),
        (
            "D-17: Buy the boat. (Owner: Jane Doe)",
            {"id": "D-17", "text": "Buy the boat.", "owner": "Jane Doe"},
        ),
        ("It was agreed to buy the boat.", {"text": "It was agreed to buy the boat."}),
        ("RESOLVED: to buy the boat.", {"text": "to buy the boat."}),
    ],
)
def test_decisions(line: str, expected: dict[str, str]) -> None:
    assert found(f"# Minutes\n\nDate: 3 March 2026\n\n{line}\n", kind="Decision") == [expected]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "- Jane Doe to call the bank by 14 March.",
            {
                "task": "Jane Doe to call the bank by 14 March.",
                "owner": "Jane Doe",
                "due_date": "2026-03-14",
            },
        ),
        (
            "- Jane Doe: call the bank (due 14 March 2026)",
            {"task": "call the bank", "owner": "Jane Doe", "due_date": "2026-03-14"},
        ),
        (
            "- Call the bank – Jane Doe – 14/03/2026",
            {"task": "Call the bank", "owner": "Jane Doe", "due_date": "2026-03-14"},
        ),
        (
            "- Call the bank (Jane Doe, 14 March 2026)",
            {"task": "Call the bank", "owner": "Jane Doe", "due_date": "2026-03-14"},
        ),
        (
            "- Call the bank. Owner: Jane Doe. Due: 14 March 2026",
            {"task": "Call the bank", "owner": "Jane Doe", "due_date": "2026-03-14"},
        ),
        ("- [ ] Call the bank", {"task": "Call the bank"}),
    ],
)
def test_action_items_in_lists(line: str, expected: dict[str, str]) -> None:
    assert found(
        f"# Minutes\n\nDate: 3 March 2026\n\n## Action items\n\n{line}\n", kind="ActionItem"
    ) == [expected]


def test_values_under_a_marked_entry_are_its_own() -> None:
    source = (
        "# Minutes\n\nDate: 3 March 2026\n\nAction A-1: Call the bank\nOwner: Jane Doe\n"
        "Due: 14 March 2026\n\nAction A-2: Sell it\nOwner: Bob Ray\n"
    )
    assert found(source, kind="ActionItem") == [
        {"id": "A-1", "task": "Call the bank", "owner": "Jane Doe", "due_date": "2026-03-14"},
        {"id": "A-2", "task": "Sell it", "owner": "Bob Ray"},
    ]


def test_a_contract_holds_no_decisions_of_a_meeting() -> None:
    source = (
        "SERVICE AGREEMENT\n\nAgreement date: 3 March 2026\n\nIt was agreed that prices stay.\n"
    )
    assert {o.type for o in run(source).objects} == {"Contract"}


def test_a_letter_is_none_of_the_ready_made_documents() -> None:
    source = "Dear Ms Finch,\n\nthank you for the cake. The total effect was fine.\n\nYours\nTom\n"
    assert not {o.type for o in run(source).objects} - {"Person"}


def test_parties_by_their_defined_terms() -> None:
    source = (
        'AGREEMENT\n\nThis Agreement is made on 5 May 2026 between Alder Works Limited ("the Supplier") '
        'and Birch & Sons GmbH (the "Customer").\n'
    )
    (contract,) = found(source, kind="Contract")
    assert contract["parties"] == [
        {"name": "Alder Works Limited", "role": "Supplier"},
        {"name": "Birch & Sons GmbH", "role": "Customer"},
    ]
    assert contract["agreement_date"] == "2026-05-05"


def test_values_within_sentences() -> None:
    types = {
        "Lease": {
            "properties": {
                "monthly_rent": {"type": "number"},
                "start_date": {"format": "date", "x-labels": ["begins on"]},
            }
        }
    }
    source = (
        "The tenancy begins on 1 June 2026. The monthly rent is £1,150, payable on the first day.\n"
    )
    assert found(source, types) == [{"monthly_rent": 1150, "start_date": "2026-06-01"}]


def test_a_first_name_leads_to_the_only_person_who_bears_it() -> None:
    source = "# Minutes\n\nPresent: Jane Doe, Bob Ray\n\n## Actions\n\n- Jane: call the bank\n"
    extraction = run(source)
    links = [
        (
            extraction.objects[r.from_index].type,
            r.type,
            extraction.objects[r.to_index].properties["name"],
        )
        for r in extraction.relationships
    ]
    assert ("ActionItem", "owner", "Jane Doe") in links


def test_codes_lead_to_what_bears_them() -> None:
    types = {
        "Risk": {"properties": {"id": {"format": "identifier"}, "description": {}}},
        "Measure": {"properties": {"measure": {}, "risk": {"format": "identifier"}}},
    }
    source = (
        "# Risks\n\n| ID | Description |\n|---|---|\n| R-1 | Fire |\n| R-2 | Flood |\n\n"
        "# Measures\n\n| Measure | Risk |\n|---|---|\n| Pumps | R-2 |\n"
    )
    extraction = run(source, types)
    (link,) = extraction.relationships
    assert extraction.objects[link.from_index].properties == {"measure": "Pumps", "risk": "R-2"}
    assert extraction.objects[link.to_index].properties["description"] == "Flood"
    assert link.type == "risk"


def test_two_signatures_side_by_side_are_two_people() -> None:
    source = (
        "AGREEMENT\n\nName: Jane Doe                 Name: Bob Ray\n"
        "Title: Head of Sales         Title: Chief Financial Officer\n"
    )
    assert found(source, kind="Person") == [
        {"name": "Jane Doe", "role": "Head of Sales"},
        {"name": "Bob Ray", "role": "Chief Financial Officer"},
    ]


def test_a_number_behind_the_name_of_the_document() -> None:
    for line in ("FACTURE N° 2026-0217", "Invoice #2026-0217", "Invoice No. 2026-0217"):
        (invoice,) = found(f"{line}\n\nTotal: 5.00\n", kind="Invoice")
        assert invoice["invoice_number"] == "2026-0217"


def test_a_list_under_a_label_without_a_colon() -> None:
    source = "Weekly sync, 11 May 2026\n\nDecisions\n1. Move the date\n2. Keep the boat\n"
    assert found(source, kind="Decision") == [{"text": "Move the date"}, {"text": "Keep the boat"}]
    (meeting,) = found(source, kind="Meeting")
    assert meeting["date"] == "2026-05-11"
