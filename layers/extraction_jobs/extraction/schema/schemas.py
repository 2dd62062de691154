"""Object types: what to look for, given as JSON Schema.

Understood: type, properties, required, items, enum, const, format, pattern, minimum, maximum,
exclusiveMinimum, exclusiveMaximum, minLength, maxLength, title, description, local `$ref`,
`anyOf`/`oneOf` with null (an optional value), a single `allOf`. Our own hints:

- `x-labels` (type or property): how documents name it, in any language.
- `x-occurs` (type): `document` (at most one a document) or `many`; guessed if absent.
- `x-cues` (type): words that make a sentence an object of this type, such as `shall`.
- `x-prefixes` (type): letters before a number that mark an object, such as `D` in `D-17`.
- `x-belongs-to` (type): a sentence with a cue counts only in a document that also holds an
  object of that type, if it is asked for too.
- `x-running-text` (property): false if only a label or a place of its own gives the value, and
  not any value of its kind in the sentence.
- `x-text` (property): this property takes the whole sentence or entry.

Anything else is an annotation, as the standard has it, and ignored.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from extraction.errors import Fault, ObjectTypeError
from extraction.schema.kinds import Kind, guess_kind, kind_of_format
from extraction.schema.node import MAX_DEPTH, MAX_LABELS, MAX_NAME_CHARACTERS, Node, Tally
from extraction.schema.object_types import ObjectType, Property

MAX_TYPES = 50
MAX_PROPERTIES = 100
# Past this many faults the rest is not looked at: nobody reads them, and each costs as much as the first.
MAX_FAULTS = 100
MAX_SCHEMA_CHARACTERS = 200_000
_NUMERIC = (Kind.NUMBER, Kind.INTEGER, Kind.MONEY, Kind.PERCENT)


def parse_object_types(mapping: Mapping[str, object]) -> tuple[ObjectType, ...]:
    """Check object types and make them ready for use, sorted by name.

    Raises ObjectTypeError with every fault found, each with its path.
    """
    given: object = mapping  # from a request: the type says what it should be
    if not isinstance(given, Mapping) or not mapping:
        raise ObjectTypeError([Fault("object_types", "must be an object with at least one type")])
    if len(mapping) > MAX_TYPES:
        rule = f"must not hold more than {MAX_TYPES} types"
        raise ObjectTypeError([Fault("object_types", rule)])
    tally = Tally()
    types: list[ObjectType] = []
    for name in sorted(mapping, key=str):
        if len(tally.faults) < MAX_FAULTS:
            parsed = _object_type(str(name), mapping[name], tally)
            types += [parsed] if parsed is not None else []
    if tally.faults:
        raise ObjectTypeError(tally.faults)
    return tuple(types)


def _object_type(name: str, schema: object, tally: Tally) -> ObjectType | None:
    before = len(tally.faults)
    tally.properties = 0
    tally.check_name(name, name or "object_types")
    if not isinstance(schema, Mapping):
        tally.fault(name, "must be a JSON Schema object")
        return None
    try:
        canonical = json.dumps(schema, sort_keys=True, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        tally.fault(name, "must be plain JSON, not nested without end")
        return None
    if len(canonical) > MAX_SCHEMA_CHARACTERS:
        tally.fault(name, f"must not be longer than {MAX_SCHEMA_CHARACTERS} characters")
        return None
    node = Node(schema, name, schema, tally)
    if schema.get("type", "object") != "object":
        node.fault("type", 'must be "object"')
    properties = _properties(node, name, 1)
    if not properties and len(tally.faults) == before:
        node.fault("properties", "must have at least one property")
    occurs = node.text("x-occurs")
    if occurs not in (None, "document", "many"):
        node.fault("x-occurs", 'must be "document" or "many"')
    parsed = ObjectType(
        name,
        node.labels(name),
        properties,
        canonical,
        occurs,
        cues=node.strings("x-cues", MAX_LABELS),
        prefixes=node.strings("x-prefixes", MAX_LABELS),
        belongs_to=node.text("x-belongs-to"),
        description=node.description,
    )
    return parsed if len(tally.faults) == before else None


def _properties(node: Node, type_name: str, depth: int) -> tuple[Property, ...]:
    """Return the properties of an object `depth` levels below its type."""
    tally = node.tally
    required = node.strings("required", MAX_PROPERTIES)
    value = node.schema.get("properties", {})
    if not isinstance(value, Mapping):
        node.fault("properties", "must be an object")
        return ()
    if depth > MAX_DEPTH:
        node.fault("properties", f"must not be nested more than {MAX_DEPTH} deep")
        return ()
    if not all(name in value for name in required):
        node.fault("required", "names a property that does not exist")
    parsed: list[Property] = []
    for key in sorted(value, key=str):
        tally.properties += 1
        if tally.properties > MAX_PROPERTIES:
            if tally.properties == MAX_PROPERTIES + 1:
                rule = f"must not hold more than {MAX_PROPERTIES} properties in all"
                node.fault("properties", rule)
            break
        name = str(key)
        path = f"{node.path}.properties.{name[:MAX_NAME_CHARACTERS]}"
        tally.check_name(name, path)
        inner = node.inner(value[key], path)
        if inner is not None:
            prop = _property(inner, name, type_name, depth)
            parsed += [replace(prop, required=name in required)] if prop is not None else []
    return tuple(parsed)


def _property(
    node: Node, name: str, type_name: str, depth: int, *, in_array: bool = False
) -> Property | None:
    json_type = node.json_type()
    if json_type == "array":
        return _array(node, name, type_name, depth, in_array=in_array)
    if json_type == "object":
        children = _properties(node, type_name, depth + 1)
        if not children and not node.tally.faults:
            node.fault("properties", "must have at least one property")
        return Property(
            name,
            json_type,
            Kind.TEXT,
            False,
            node.labels(name),
            children=children,
            description=node.description,
        )
    return _leaf(node, name, type_name, json_type) if json_type is not None else None


def _array(node: Node, name: str, type_name: str, depth: int, *, in_array: bool) -> Property | None:
    if in_array:
        node.tally.fault(node.path, "must not be an array of arrays")
        return None
    items = node.inner(node.schema.get("items", {"type": "string"}), f"{node.path}.items")
    item = _property(items, name, type_name, depth, in_array=True) if items is not None else None
    if item is None:
        return None
    labels = tuple(dict.fromkeys((*node.labels(name), *item.labels)))
    said = node.description or item.description
    return replace(item, labels=labels, many=True, description=said)


def _leaf(node: Node, name: str, type_name: str, json_type: str) -> Property | None:
    stated = kind_of_format(node.text("format"))
    enum = node.enum()
    if enum is None:
        return None
    pattern = node.pattern()
    kind = stated or guess_kind(json_type, name, type_name)
    if json_type in ("number", "integer") and kind not in _NUMERIC:
        kind = Kind.INTEGER if json_type == "integer" else Kind.NUMBER
    if enum:
        kind = Kind.ENUM
    elif pattern is not None and stated is None:
        kind = Kind.PATTERN
    longest = node.number("maxLength")
    return Property(
        name=name,
        json_type=json_type,
        kind=kind,
        kind_stated=bool(enum or pattern or stated or json_type != "string"),
        labels=node.labels(name),
        enum=enum,
        pattern=pattern,
        minimum=node.number("minimum"),
        maximum=node.number("maximum"),
        exclusive_minimum=node.number("exclusiveMinimum"),
        exclusive_maximum=node.number("exclusiveMaximum"),
        min_length=int(node.number("minLength") or 0),
        max_length=None if longest is None else int(longest),
        takes_text=node.schema.get("x-text") is True,
        in_running_text=node.schema.get("x-running-text") is not False,
        description=node.description,
    )
