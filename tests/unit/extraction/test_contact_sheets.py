"""People on contact sheets, in cards and lists, with the numbers and jobs that stand beside them."""

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


def people(source: str) -> dict[str, dict[str, Any]]:
    document = read_document(source.encode(), media_type=None, name=None, limits=Limits())
    types = parse_object_types(ready_made_sets()["contact"])
    result = extract_document(OfflineExtractor(), document, types, Options()).extraction
    return {
        item.properties["name"]: {k: v for k, v in item.properties.items() if k != "name"}
        for item in result.objects
        if item.type == "Person"
    }


def test_a_service_with_its_number_is_nobody() -> None:
    assert people("Leak Detection     020 555 1234\nBoiler Service     020 555 1235\n") == {}
