"""Small papers, and what the offline extractor finds in them: for the tests of its rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from extraction import (
    Document,
    Extraction,
    Limits,
    OfflineExtractor,
    Options,
    extract_document,
    read_document,
    requested_object_types,
)

# JSON Schemas by type name, names of ready-made sets, or None for those of a request without types.
Asked = Mapping[str, Any] | Sequence[str] | str | None
Found = dict[str, Any]
# Also what is less likely than not: for tests of what a rule finds, not of how sure it is.
EVERY = Options(min_confidence=0.0)
ABSENT = None
TEXT = {"type": "string"}
NUMBER = {"type": "number"}
DAY = {"type": "string", "format": "date"}


def typed(name: str, /, **properties: Any) -> dict[str, Any]:
    """A type of one's own."""
    return {name: {"type": "object", "properties": properties}}


def inside(**properties: Any) -> dict[str, Any]:
    """A property that is an object."""
    return {"type": "object", "properties": properties}


def rows(**properties: Any) -> dict[str, Any]:
    """A property that is a list of objects."""
    return {"type": "array", "items": inside(**properties)}


def read(
    content: str | bytes, name: str | None = None, media_type: str | None = None, **limits: Any
) -> Document:
    raw = content if isinstance(content, bytes) else content.encode()
    bounds = replace(Limits(), **limits)
    return read_document(raw, media_type=media_type, name=name, limits=bounds)


def extracted(
    paper: str | bytes, types: Asked = None, options: Options = EVERY, name: str | None = None
) -> Extraction:
    asked = requested_object_types(types)
    return extract_document(OfflineExtractor(), read(paper, name), asked, options).extraction


def found(
    paper: str, types: Asked = None, kind: str | None = None, options: Options = EVERY
) -> list[Found]:
    """The properties of each object; of one type, if `kind` names it."""
    objects = extracted(paper, types, options).objects
    return [each.properties for each in objects if kind in (None, each.type)]


def one(paper: str, properties: Mapping[str, Any], options: Options = EVERY) -> Found:
    """The properties of the only object, of a type with these."""
    (only,) = found(paper, typed("Paper", **properties), options=options)
    return only


def of(found: Found, expected: Found) -> Found:
    """What is found of what is expected; None is what must not be there."""
    return {name: found.get(name) for name in expected}


def citations(evidence: Any) -> Iterator[dict[str, Any]]:
    """All citations of an object."""
    if isinstance(evidence, list):
        for each in evidence:
            yield from citations(each)
    elif isinstance(evidence.get("confidence_basis"), str):
        yield from evidence["citations"]
    else:
        yield from citations(list(evidence.values()))
