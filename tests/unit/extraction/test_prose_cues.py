"""Values in running text: the only one of its kind is the property's."""

from __future__ import annotations

from typing import Any

import pytest

from extraction import (
    Limits,
    OfflineExtractor,
    Options,
    extract_document,
    parse_object_types,
    read_document,
)
from extraction.labels.stems import stem


def found(source: str, name: str = "Thing", **properties: Any) -> dict[str, Any]:
    """Return the one object of a type whose properties are named with their JSON types or formats."""
    schemas = {
        key: {"type": "string", "format": kind}
        if kind in ("date", "date-time", "time")
        else ({"type": "string", "enum": kind} if isinstance(kind, list) else {"type": kind})
        for key, kind in properties.items()
    }
    types = parse_object_types({name: {"type": "object", "properties": schemas}})
    document = read_document(source.encode(), media_type=None, name=None, limits=Limits())
    extraction = extract_document(OfflineExtractor(), document, types, Options()).extraction
    assert len(extraction.objects) <= 1
    return extraction.objects[0].properties if extraction.objects else {}


@pytest.mark.parametrize(
    ("verb", "noun"),
    [
        ("arrives", "arrival"),
        ("delivered", "delivery"),
        ("announced", "announcement"),
        ("completed", "completion"),
        ("departs", "departure"),
        ("signed", "signatory"),
        ("organised", "organizer"),
    ],
)
def test_a_verb_and_its_noun_have_one_stem(verb: str, noun: str) -> None:
    assert stem(verb) == stem(noun)


@pytest.mark.parametrize(
    ("sentence", "name", "kind", "value"),
    [
        ("The Volta will launch on 15 May 2026 in Spain.", "launch_date", "date", "2026-05-15"),
        ("The course begins on 1 July 2026.", "start_date", "date", "2026-07-01"),
        ("The permit is valid until 3 June 2027.", "expiry_date", "date", "2027-06-03"),
        ("A ticket costs EUR 12.50.", "ticket_price", "number", 12.5),
        ("The lease runs for a period of twelve months.", "duration", "string", "twelve months"),
        ("You will report to Ines Vidal.", "manager", "string", "Ines Vidal"),
        ("Either side may leave with two weeks' notice.", "notice_period", "string", "two weeks"),
        ("Der Vertrag endet am 31. Mai 2027.", "end_date", "date", "2027-05-31"),
        ("L'exposition débute le 3 octobre 2026.", "start_date", "date", "2026-10-03"),
    ],
)
def test_the_only_value_of_a_kind_needs_no_label(
    sentence: str, name: str, kind: str, value: Any
) -> None:
    assert found(f"Dear all,\n\n{sentence}\n", **{name: kind}) == {name: value}


def test_each_value_goes_to_one_property() -> None:
    source = "The contract begins on 1 July 2026 and ends on 30 June 2027.\n"
    assert found(source, start_date="date", end_date="date") == {
        "start_date": "2026-07-01",
        "end_date": "2027-06-30",
    }


def test_a_labelled_value_wins_over_one_in_prose() -> None:
    source = "Start date: 1 May 2026\n\nThe pilot before it started on 3 March 2026.\n"
    assert found(source, start_date="date") == {"start_date": "2026-05-01"}


def test_what_is_left_goes_to_the_only_property_of_its_sort() -> None:
    source = "Dear team,\n\nplease note 3 May 2026 and write to help@acme.example.\n"
    assert found(source, visit_date="date", contact_email="string") == {
        "visit_date": "2026-05-03",
        "contact_email": "help@acme.example",
    }


def test_two_values_for_one_property_are_not_guessed_between() -> None:
    source = "Dear team,\n\nplease note 3 May 2026 and 9 May 2026.\n"
    assert "visit_date" not in found(source, visit_date="date", note="string")


def test_the_only_choice_that_is_named_is_chosen() -> None:
    source = "We are glad that your claim has been approved by the board. The fee is EUR 9.\n"
    assert found(source, status=["approved", "rejected"], fee="number")["status"] == "approved"


@pytest.mark.parametrize("hints", [{}, {"x-occurs": "document"}])
def test_what_is_left_over_is_looked_for_in_a_document_of_one_object(hints: dict[str, str]) -> None:
    pitch = {
        "type": "object",
        "properties": {
            "number": {"type": "string", "format": "identifier"},
            "sort": {"type": "string", "enum": ["tent", "caravan"]},
        },
    }
    text = "Booking number: P-771\n\nWe look forward to you and your caravan."
    document = read_document(text.encode(), media_type=None, name=None, limits=Limits())
    types = parse_object_types({"Pitch": {**pitch, **hints}})
    (one,) = extract_document(
        OfflineExtractor(), document, types, Options(min_confidence=0.0)
    ).extraction.objects
    assert one.properties == {"number": "P-771", "sort": "caravan"}
