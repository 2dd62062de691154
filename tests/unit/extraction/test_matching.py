"""From labels and layouts to objects: the mechanisms, each on a small document of a ready-made or an own type."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.extraction.papers import TEXT, Found, extracted, found, typed

MINUTES = "# Minutes\n\nDate: 3 March 2026\n\n"
CALLED = {"task": "Call the bank", "owner": "Jane Doe", "due_date": "2026-03-14"}
IDENTIFIER = {"format": "identifier"}


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("Decision D-17: Buy the boat.", "Decision", [{"id": "D-17", "text": "Buy the boat."}]),
        ("**Decision D-17** – Buy the boat.", "Decision", [{"id": "D-17", "text": "Buy the boat."}]),
        ("[D-17] Buy the boat.", "Decision", [{"id": "D-17", "text": "Buy the boat."}]),
        ("Decision: Buy the boat.", "Decision", [{"text": "Buy the boat."}]),
        ("D-17: Buy the boat. (Owner: Jane Doe)", "Decision",
         [{"id": "D-17", "text": "Buy the boat.", "owner": "Jane Doe"}]),
        ("It was agreed to buy the boat.", "Decision", [{"text": "It was agreed to buy the boat."}]),
        ("RESOLVED: to buy the boat.", "Decision", [{"text": "to buy the boat."}]),
        ("Decisions\n1. Move the date\n2. Keep the boat", "Decision",
         [{"text": "Move the date"}, {"text": "Keep the boat"}]),
        ("## Action items\n\n- Jane Doe to call the bank by 14 March.", "ActionItem",
         [CALLED | {"task": "Jane Doe to call the bank by 14 March."}]),
        ("## Action items\n\n- Jane Doe: call the bank (due 14 March 2026)", "ActionItem",
         [CALLED | {"task": "call the bank"}]),
        ("## Action items\n\n- Call the bank – Jane Doe – 14/03/2026", "ActionItem", [CALLED]),
        ("## Action items\n\n- Call the bank (Jane Doe, 14 March 2026)", "ActionItem", [CALLED]),
        ("## Action items\n\n- Call the bank. Owner: Jane Doe. Due: 14 March 2026", "ActionItem", [CALLED]),
        ("## Action items\n\n- [ ] Call the bank", "ActionItem", [{"task": "Call the bank"}]),
        # Values under a marked entry are its own.
        ("Action A-1: Call the bank\nOwner: Jane Doe\nDue: 14 March 2026\n\nAction A-2: Sell it\nOwner: Bob Ray",
         "ActionItem", [{"id": "A-1", **CALLED}, {"id": "A-2", "task": "Sell it", "owner": "Bob Ray"}]),
    ],
)  # fmt: skip
def test_what_a_meeting_decided_and_gave_to_do(text: str, kind: str, expected: list[Found]) -> None:
    assert found(f"{MINUTES}{text}\n", kind=kind) == expected


PETS = typed("Pet", name=TEXT, age={"type": "integer"}, kind={"enum": ["cat", "dog"]})


def test_blocks_with_the_same_labels_are_several_objects() -> None:
    rex = {"name": "Rex", "kind": "dog", "age": 4}
    text = "Name: Rex\nKind: dog\nAge: 4\n"
    assert found(text, PETS) == [rex]
    tom = "\nName: Tom\nKind: cat\nAge: 7\n"
    assert found(text + tom, PETS) == [rex, {"name": "Tom", "kind": "cat", "age": 7}]


def test_a_paper_of_one_kind_holds_no_objects_of_another() -> None:
    agreement = (
        "SERVICE AGREEMENT\n\nAgreement date: 3 March 2026\n\nIt was agreed that prices stay.\n"
    )
    assert {each.type for each in extracted(agreement).objects} == {"Contract"}
    letter = "Dear Ms Finch,\n\nthank you for the cake. The total effect was fine.\n\nYours\nTom\n"
    assert {each.type for each in extracted(letter).objects} <= {"Person"}


def test_parties_by_their_defined_terms() -> None:
    text = (
        'AGREEMENT\n\nThis Agreement is made on 5 May 2026 between Alder Works Limited ("the Supplier") '
        'and Birch & Sons GmbH (the "Customer").\n'
    )
    (contract,) = found(text, kind="Contract")
    assert contract["parties"] == [
        {"name": "Alder Works Limited", "role": "Supplier"},
        {"name": "Birch & Sons GmbH", "role": "Customer"},
    ]
    assert contract["agreement_date"] == "2026-05-05"


def links(text: str, types: dict[str, Any] | None = None) -> list[tuple[Found, str, Found]]:
    whole = extracted(text, types)
    objects = [each.properties for each in whole.objects]
    return [(objects[r.from_index], r.type, objects[r.to_index]) for r in whole.relationships]


def test_a_first_name_leads_to_the_only_person_who_bears_it() -> None:
    text = "# Minutes\n\nPresent: Jane Doe, Bob Ray\n\n## Actions\n\n- Jane: call the bank\n"
    named = [(kind, of["name"]) for task, kind, of in links(text) if "task" in task]
    assert ("owner", "Jane Doe") in named


def test_codes_lead_to_what_bears_them() -> None:
    types = typed("Risk", id=IDENTIFIER, description={}) | typed(
        "Measure", measure={}, risk=IDENTIFIER
    )
    text = (
        "# Risks\n\n| ID | Description |\n|---|---|\n| R-1 | Fire |\n| R-2 | Flood |\n\n"
        "# Measures\n\n| Measure | Risk |\n|---|---|\n| Pumps | R-2 |\n"
    )
    [(measure, kind, risk)] = links(text, types)
    assert (measure, kind) == ({"measure": "Pumps", "risk": "R-2"}, "risk")
    assert risk["description"] == "Flood"


def test_two_signatures_side_by_side_are_two_people() -> None:
    text = (
        "AGREEMENT\n\nName: Jane Doe                 Name: Bob Ray\n"
        "Title: Head of Sales         Title: Chief Financial Officer\n"
    )
    assert found(text, kind="Person") == [
        {"name": "Jane Doe", "role": "Head of Sales"},
        {"name": "Bob Ray", "role": "Chief Financial Officer"},
    ]


def test_a_number_or_a_day_behind_the_name_of_the_document_is_its_own() -> None:
    for line in ("FACTURE N° 2026-0217", "Invoice #2026-0217", "Invoice No. 2026-0217"):
        (invoice,) = found(f"{line}\n\nTotal: 5.00\n", kind="Invoice")
        assert invoice["invoice_number"] == "2026-0217"
    (meeting,) = found("Weekly sync, 11 May 2026\n\nDecisions\n1. Keep the boat\n", kind="Meeting")
    assert meeting["date"] == "2026-05-11"
