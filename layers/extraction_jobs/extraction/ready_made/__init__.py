"""Object types that come with the product, for requests that name none of their own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

_FILES = ("contract", "invoice", "meeting", "people", "requirement")


def ready_made_object_types() -> Mapping[str, dict[str, Any]]:
    """Return the ready-made object types as JSON Schemas, by name. The caller owns the copy."""
    types: dict[str, dict[str, Any]] = {}
    for name in _FILES:
        content = files("extraction.ready_made").joinpath(f"{name}.json").read_text("utf-8")
        types.update(json.loads(content))
    return types
