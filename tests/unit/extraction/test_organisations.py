"""Organisations in letterheads and blocks: what stands under the name is theirs."""

from __future__ import annotations

from typing import Any

from extraction import (
    Limits,
    OfflineExtractor,
    Options,
    extract_document,
    parse_object_types,
    read_document,
)
from extraction.schema.ready_made import ready_made_sets


def organisations(source: str) -> dict[str, dict[str, Any]]:
    document = read_document(source.encode(), media_type=None, name=None, limits=Limits())
    types = parse_object_types(ready_made_sets()["contact"])
    result = extract_document(OfflineExtractor(), document, types, Options()).extraction
    return {
        item.properties["name"]: {k: v for k, v in item.properties.items() if k != "name"}
        for item in result.objects
        if item.type == "Organisation"
    }


def test_numbers_in_a_signature_are_the_persons() -> None:
    found = organisations(
        "Best wishes,\n\nMarta Lindqvist\nPlant engineer\nCorvane Pumpar AB\n+46 31 555 01 20\n"
        "marta.lindqvist@corvane-pumpar.example\n"
    )
    assert found == {"Corvane Pumpar AB": {}}
