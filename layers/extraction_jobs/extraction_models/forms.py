"""An answer of a tool's schema without the tool: as JSON, by a schema that the endpoint enforces or by word alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from extraction.llm.conversation import Tool

Schema = Mapping[str, Any]


def in_words(tool: Tool) -> str:
    """Return what a model is told that has no such tool to call."""
    return (
        f"There is no tool {tool.name} here. Where a call of it is asked for, answer with its input instead: one JSON "
        f"object and nothing beside it, of this JSON Schema:\n{json.dumps(tool.schema, separators=(',', ':'))}"
    )


def strict(schema: Schema) -> dict[str, Any]:
    """Return a schema as strict endpoints want it: no other properties, and each there, as null if it is optional."""
    made = dict(schema)
    if "items" in made:
        made["items"] = strict(made["items"])
    if "properties" in made:
        required = made.get("required", ())
        made["properties"] = {
            name: strict(each) if name in required else {"anyOf": [strict(each), {"type": "null"}]}
            for name, each in made["properties"].items()
        }
        made |= {"required": list(made["properties"]), "additionalProperties": False}
    return made


def json_in(text: str) -> tuple[Any, ...]:
    """Return the JSON object that a text consists of or holds, without its nulls; none if there is none."""
    for start in _starts(text):
        try:
            value, _ = json.JSONDecoder().raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        return (_without_nulls(value),)
    return ()


def _starts(text: str) -> list[int]:
    """Return where an object may begin: at the first brace, or after the fence that models like to put before it."""
    fence = text.find("```json")
    places = [text.find("{"), text.find("{", fence) if fence >= 0 else -1]
    return [place for place in places if place >= 0]


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(each) for name, each in value.items() if each is not None}
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value
