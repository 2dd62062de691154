"""Object types that come with the product, in sets by kind of document, for requests that name none of their own.

A set is a file of JSON Schemas by type name, with the types of other sets that its documents also speak of.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

# Each set, and the types that it borrows: a contract's parties are organisations, and people sign it.
_SETS: Mapping[str, tuple[str, ...]] = {
    "contact": (),
    "contract": ("Organisation", "Person"),
    "invoice": ("Organisation",),
    "meeting_minutes": ("Person",),
    "requirements": (),
}


def ready_made_sets() -> Mapping[str, Mapping[str, dict[str, Any]]]:
    """Return the ready-made sets by name, each its object types as JSON Schemas by name. The caller owns the copy."""
    own = {name: _read(name) for name in _SETS}
    return {
        name: {**own[name], **{borrowed: _type(borrowed) for borrowed in borrows}}
        for name, borrows in _SETS.items()
    }


def ready_made_object_types() -> Mapping[str, dict[str, Any]]:
    """Return the object types of all ready-made sets as JSON Schemas by name. The caller owns the copy."""
    return {type_name: schema for name in _SETS for type_name, schema in _read(name).items()}


def _type(name: str) -> dict[str, Any]:
    return next(types[name] for types in map(_read, _SETS) if name in types)


def _read(name: str) -> dict[str, dict[str, Any]]:
    types: dict[str, dict[str, Any]] = json.loads(
        files("extraction.schema.ready_made").joinpath(f"{name}.json").read_text("utf-8")
    )
    return types
