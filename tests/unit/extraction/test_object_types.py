"""Object types: what is accepted, and the path and rule of what is not."""

from __future__ import annotations

from typing import Any

import pytest

from extraction import ObjectType, ObjectTypeError, parse_object_types
from extraction.schema.kinds import Kind
from extraction.schema.object_types import Property


def one(properties: dict[str, Any], **more: Any) -> ObjectType:
    return parse_object_types({"Thing": {"type": "object", "properties": properties, **more}})[0]


def prop(schema: dict[str, Any], name: str = "x", **more: Any) -> Property:
    return one({name: schema}, **more).properties[0]


@pytest.mark.parametrize(
    ("types", "path", "rule"),
    [
        ({}, "object_types", "at least one"),
        ([], "object_types", "at least one"),
        ({f"T{i}": {} for i in range(51)}, "object_types", "more than 50"),
        ({"T": 3}, "T", "JSON Schema object"),
        ({"T": {}}, "T.properties", "at least one property"),
        ({"T": {"type": "array", "properties": {"a": {}}}}, "T.type", '"object"'),
        ({"T": {"properties": {"a": {"type": "strin"}}}}, "T.properties.a.type", "must be one of"),
        ({"T": {"properties": {"a": 1}}}, "T.properties.a", "JSON Schema object"),
        ({"T": {"properties": {"a": {"pattern": "("}}}}, "T.properties.a.pattern", "RE2"),
        ({"T": {"properties": {"a": {"pattern": "(?=x)"}}}}, "T.properties.a.pattern", "look-around"),
        ({"T": {"properties": {"a": {"pattern": "a" * 501}}}}, "T.properties.a.pattern", "500"),
        ({"T": {"properties": {"a": {"enum": "x"}}}}, "T.properties.a.enum", "list"),
        ({"T": {"properties": {"a": {"minimum": "1"}}}}, "T.properties.a.minimum", "number"),
        ({"T": {"properties": {"a": {"x-labels": "b"}}}}, "T.properties.a.x-labels", "list of strings"),
        ({"T": {"properties": {"a": {"$ref": "#/$defs/no"}}}}, "T.properties.a.$ref", "nothing"),
        ({"T": {"properties": {"a": {"$ref": "#/properties/a"}}}}, "T.properties.a", "itself"),
        ({"T": {"properties": {"a": {}}, "required": ["b"]}}, "T.required", "does not exist"),
        ({"T": {"properties": {"a": {}}, "x-occurs": "twice"}}, "T.x-occurs", '"document" or "many"'),
        ({"": {"properties": {"a": {}}}}, "object_types", "printable name"),
    ],
)  # fmt: skip
def test_faults_carry_path_and_rule(types: Any, path: str, rule: str) -> None:
    with pytest.raises(ObjectTypeError) as refused:
        parse_object_types(types)
    assert refused.value.path == path
    assert rule in refused.value.rule


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(ObjectTypeError) as refused:
        parse_object_types({"T": {"properties": {"a": {"type": "x"}, "b": {"pattern": "["}}}})
    assert [fault.path for fault in refused.value.faults] == [
        "T.properties.a.type",
        "T.properties.b.pattern",
    ]


def test_nesting_without_end_is_refused() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(8):
        schema = {"type": "object", "properties": {"a": schema}}
    with pytest.raises(ObjectTypeError, match="nested"):
        parse_object_types({"T": schema})


def test_optional_values_as_generators_write_them() -> None:
    assert prop({"anyOf": [{"type": "integer"}, {"type": "null"}]}).json_type == "integer"
    assert prop({"type": ["string", "null"]}).json_type == "string"
    assert (
        prop({"anyOf": [{"type": "number"}, {"type": "string", "pattern": "x"}]}).json_type
        == "number"
    )


def test_references_into_the_type_are_followed() -> None:
    line = {"type": "object", "properties": {"qty": {"type": "number"}}}
    defs: dict[str, Any] = {"$defs": {"Line": line}}
    found = prop({"type": "array", "items": {"$ref": "#/$defs/Line"}}, **defs)
    assert found.many
    assert [child.name for child in found.children] == ["qty"]


@pytest.mark.parametrize(
    ("name", "schema", "kind"),
    [
        ("when", {"type": "string", "format": "date"}, Kind.DATE),
        ("due_date", {"type": "string"}, Kind.DATE),
        ("total", {"type": "number"}, Kind.MONEY),
        ("tax_rate", {"type": "number"}, Kind.PERCENT),
        ("count", {"type": "integer"}, Kind.INTEGER),
        ("owner", {"type": "string"}, Kind.PERSON),
        ("supplier", {"type": "string"}, Kind.PARTY),
        ("paid", {"type": "boolean"}, Kind.BOOLEAN),
        ("code", {"type": "string", "pattern": "x"}, Kind.PATTERN),
        ("level", {"enum": ["a", "b"]}, Kind.ENUM),
        ("notes", {"type": "string", "format": "no-such-format"}, Kind.TEXT),
    ],
)
def test_kinds_follow_schema_then_name(name: str, schema: dict[str, Any], kind: Kind) -> None:
    assert prop(schema, name).kind is kind


def test_key_order_changes_nothing() -> None:
    left = parse_object_types(
        {"B": {"properties": {"x": {}, "y": {}}}, "A": {"properties": {"z": {}}}}
    )
    right = parse_object_types(
        {"A": {"properties": {"z": {}}}, "B": {"properties": {"y": {}, "x": {}}}}
    )
    assert left == right
    assert [t.digest for t in left] == [t.digest for t in right]


def test_patterns_are_bounded_in_all_types_together_and_so_is_what_they_cost() -> None:
    """Each of these costs RE2 milliseconds to refuse; three thousand of them once cost half a minute."""
    types = {
        f"T{n}": {
            "type": "object",
            "properties": {
                f"p{m}": {"type": "string", "pattern": "(\\pL{500})"} for m in range(60)
            },
        }
        for n in range(50)
    }
    with pytest.raises(ObjectTypeError) as refused:
        parse_object_types(types)
    assert len(refused.value.faults) <= 160, (
        "the first hundred, and the rest of the type they end in"
    )


def test_two_hundred_patterns_are_taken_and_one_more_is_not() -> None:
    def with_patterns(count: int) -> dict[str, object]:
        properties = {f"p{n}": {"type": "string", "pattern": f"A{n}"} for n in range(count)}
        return {"type": "object", "properties": properties}

    types = {"S": with_patterns(100), "T": with_patterns(100)}
    assert len(parse_object_types(types)) == 2
    with pytest.raises(ObjectTypeError) as refused:
        parse_object_types(types | {"U": with_patterns(1)})
    assert [fault.path for fault in refused.value.faults] == ["U.properties.p0.pattern"]
