"""Object types that come with the product, in sets by kind of document.

A set is a file `NAME.json` in this folder:

- `types`: its object types, JSON Schemas by type name.
- `borrows` (a list of type names): types of other sets that its documents also speak of. Absent: none.
- `by_default` (true or false): whether a request that names no types asks for this set.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class _Set:
    types: dict[str, dict[str, Any]]
    by_default: bool
    borrows: tuple[str, ...] = ()


def ready_made_sets() -> Mapping[str, Mapping[str, dict[str, Any]]]:
    """Return the ready-made sets by name, each its object types as JSON Schemas by name. The caller owns the copy."""
    sets = _read()
    own = {name: schema for each in sets.values() for name, schema in each.types.items()}
    return {
        set_name: each.types | {name: own[name] for name in each.borrows}
        for set_name, each in sets.items()
    }


def ready_made_object_types() -> Mapping[str, dict[str, Any]]:
    """Return what a request without types asks for, as JSON Schemas by name. The caller owns the copy."""
    asked_for = [each.types for each in _read().values() if each.by_default]
    return {name: schema for types in asked_for for name, schema in types.items()}


def _read() -> dict[str, _Set]:
    found = sorted(files(__package__).iterdir(), key=lambda file: file.name)
    return {
        file.name.removesuffix(".json"): _Set(**json.loads(file.read_text("utf-8")))
        for file in found
        if file.name.endswith(".json")
    }
