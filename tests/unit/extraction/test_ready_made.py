"""The object types that come with the product."""

from __future__ import annotations

from extraction import parse_object_types
from extraction.schema.ready_made import ready_made_object_types, ready_made_sets


def test_each_set_is_named_after_a_kind_of_document_and_is_valid() -> None:
    sets = ready_made_sets()
    assert set(sets) == {"contact", "contract", "invoice", "meeting_minutes", "requirements"}
    for types in sets.values():
        parse_object_types(types)


def test_a_set_holds_every_type_that_its_own_belong_to() -> None:
    for types in ready_made_sets().values():
        for schema in types.values():
            assert schema.get("x-belongs-to") in {None, *types}


def test_a_set_brings_the_types_that_its_documents_also_speak_of() -> None:
    sets = ready_made_sets()
    assert list(sets["contract"]) == ["Contract", "Organisation", "Person"]
    assert "Person" in sets["meeting_minutes"]


def test_all_types_together_are_those_of_all_sets() -> None:
    sets = ready_made_sets()
    everything = ready_made_object_types()
    assert {name for types in sets.values() for name in types} == set(everything)
    for types in sets.values():
        for name, schema in types.items():
            assert schema == everything[name]


def test_whoever_asks_for_a_set_owns_the_copy() -> None:
    ready_made_sets()["contract"]["Person"].clear()
    assert ready_made_sets()["contract"]["Person"]["properties"]
