"""The tool that a model is made to call: its input schema is the object types.

Services take only ASCII names of up to 64 characters as keys of a tool's schema, and only `type`, `properties`
and `required` at its top, so each type and property gets an alias, and what else a schema says of a value is put
into words. Nothing depends on the model keeping to it: all of it is checked again when the answer is read.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any

from extraction.llm.conversation import Tool
from extraction.schema.kinds import Kind
from extraction.schema.object_types import ObjectType, Property

TOOL_NAME = "record_objects"
OBJECT_ID = "object_id"
RELATIONSHIPS = "relationships"

_MAX_ALIAS = 60
_MAX_LABELS_TOLD = 12
_FORMS = {
    Kind.DATE: "an ISO 8601 date, YYYY-MM-DD",
    Kind.DATE_TIME: "an ISO 8601 date and time, YYYY-MM-DDTHH:MM:SS",
    Kind.TIME: "a time of day, HH:MM",
    Kind.MONEY: "the plain amount with a decimal point, without currency or thousands marks",
    Kind.NUMBER: "a plain number with a decimal point",
    Kind.INTEGER: "a whole number",
    Kind.PERCENT: "the number before the percent sign: 20 % is 20",
    Kind.CURRENCY: "an ISO 4217 code",
    Kind.EMAIL: "an e-mail address",
    Kind.URL: "an address on the web",
    Kind.IBAN: "an IBAN",
    Kind.PERSON: "a person's name as written",
    Kind.ORGANISATION: "an organisation's name as written",
    Kind.PARTY: "the name of a person or organisation as written",
}


def build_tool(types: tuple[ObjectType, ...]) -> Tool:
    """Return the tool for object types."""
    named = aliases(tuple(t.name for t in types), (RELATIONSHIPS,))
    properties: dict[str, Any] = {
        named[object_type.name]: {
            "type": "array",
            "description": _type_in_words(object_type),
            "items": _object(object_type.properties, with_id=True),
        }
        for object_type in types
    }
    properties[RELATIONSHIPS] = {
        "type": "array",
        "description": "How the objects recorded above refer to each other, where the text says so.",
        "items": {
            "type": "object",
            "properties": {
                "type": {"type": "string", "description": "What the first is to the second."},
                "from": {"type": "string", "description": f"The first one's {OBJECT_ID}."},
                "to": {"type": "string", "description": f"The second one's {OBJECT_ID}."},
            },
            "required": ["type", "from", "to"],
        },
    }
    return Tool(
        TOOL_NAME,
        "Records every object of the given types that the text states, each value with its verbatim quote.",
        {"type": "object", "properties": properties, "required": [named[t.name] for t in types]},
    )


@lru_cache(maxsize=1024)
def aliases(names: tuple[str, ...], reserved: tuple[str, ...] = ()) -> dict[str, str]:
    """Return an alias for each name: ASCII, short, unlike the others and the reserved ones."""
    taken = {name.casefold() for name in reserved}
    found: dict[str, str] = {}
    for name in names:
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
        base = re.sub(r"[^A-Za-z0-9_-]+", "_", plain).strip("_-")[:_MAX_ALIAS] or "field"
        alias, number = base, 1
        while alias.casefold() in taken:
            number += 1
            alias = f"{base}_{number}"
        taken.add(alias.casefold())
        found[name] = alias
    return found


def property_aliases(properties: tuple[Property, ...]) -> dict[str, str]:
    """Return the aliases of an object's properties."""
    return aliases(tuple(prop.name for prop in properties), (OBJECT_ID,))


def _object(properties: tuple[Property, ...], *, with_id: bool = False) -> dict[str, Any]:
    named = property_aliases(properties)
    fields: dict[str, Any] = {named[prop.name]: _property(prop) for prop in properties}
    required = [named[p.name] for p in properties if p.required]
    if with_id:
        about = "A short name of your own for this object, unlike all others in this call."
        fields = {OBJECT_ID: {"type": "string", "description": about}, **fields}
        required = [OBJECT_ID, *required]
    schema: dict[str, Any] = {"type": "object", "properties": fields}
    if required:
        schema["required"] = required
    return schema


def _property(prop: Property) -> dict[str, Any]:
    schema = _object(prop.children) if prop.children else _leaf(prop)
    if prop.many:
        schema = {"type": "array", "items": schema}
    about = _in_words(prop)
    return {**schema, "description": about} if about else schema


def _leaf(prop: Property) -> dict[str, Any]:
    value: dict[str, Any] = {"type": prop.json_type}
    if prop.enum:
        value["enum"] = list(prop.enum)
    rules = _rules(prop)
    if rules:
        value["description"] = rules
    return {
        "type": "object",
        "properties": {
            "value": value,
            "quote": {
                "type": "string",
                "description": "The words of the text that say it, verbatim.",
            },
        },
        "required": ["value", "quote"],
    }


def _type_in_words(object_type: ObjectType) -> str:
    said = [object_type.description, _called(object_type.name, object_type.labels)]
    if object_type.occurs == "document":
        said.append("At most one in a document.")
    if object_type.cues:
        said.append(
            f"Often told by words such as: {', '.join(object_type.cues[:_MAX_LABELS_TOLD])}."
        )
    return " ".join(part for part in said if part) or object_type.name


def _in_words(prop: Property) -> str:
    said = [prop.description, _called(prop.name, prop.labels)]
    if prop.takes_text:
        said.append("Takes the whole sentence or entry.")
    return " ".join(part for part in said if part)


def _called(name: str, labels: tuple[str, ...]) -> str:
    others = [label for label in labels if label != name][:_MAX_LABELS_TOLD]
    shown = [] if re.fullmatch(r"[A-Za-z0-9_-]{1,60}", name) else [name]
    return f"In documents: {', '.join([*shown, *others])}." if shown or others else ""


def _rules(prop: Property) -> str:
    said = []
    if prop.kind_stated and prop.kind in _FORMS and not prop.enum:
        said.append(_FORMS[prop.kind])
    if prop.pattern is not None:
        said.append(f"matches the regular expression {prop.pattern}")
    for bound, words in (
        (prop.minimum, "at least"),
        (prop.maximum, "at most"),
        (prop.exclusive_minimum, "more than"),
        (prop.exclusive_maximum, "less than"),
    ):
        if bound is not None:
            said.append(f"{words} {bound:g}")
    if prop.min_length:
        said.append(f"at least {prop.min_length} characters")
    if prop.max_length is not None:
        said.append(f"at most {prop.max_length} characters")
    return "; ".join(said)
