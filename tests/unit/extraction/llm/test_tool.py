"""The tool: what services take as a schema, and what it tells of the object types."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extraction import Options, extract_document, parse_object_types, ready_made_object_types
from extraction.llm import ModelExtractor
from extraction.llm.tool import aliases, build_tool
from tests.unit.extraction.llm.scripted import Scripted, document, said, types

KEY = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def keys_of(schema: Any) -> list[str]:
    if isinstance(schema, list):
        return [key for item in schema for key in keys_of(item)]
    if not isinstance(schema, dict):
        return []
    own = list(schema["properties"]) if isinstance(schema.get("properties"), dict) else []
    return own + [key for child in schema.values() for key in keys_of(child)]


def test_the_ready_made_types_make_a_schema_that_services_take() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    tool = build_tool(parse_object_types(ready_made_object_types()))
    jsonschema.Draft202012Validator.check_schema(tool.schema)
    assert set(tool.schema) == {"type", "properties", "required"}  # all that may stand at the top
    assert all(KEY.fullmatch(key) for key in keys_of(tool.schema))
    assert not re.search(r'"(?:oneOf|anyOf|allOf|\$ref|pattern|format)":', json.dumps(tool.schema))


@given(st.lists(st.text(min_size=1, max_size=100), max_size=30, unique=True))
def test_every_name_has_an_alias_of_its_own(names: list[str]) -> None:
    given_to = aliases(tuple(names), ("object_id",))
    assert list(given_to) == names
    assert len({alias.casefold() for alias in given_to.values()} | {"object_id"}) == len(names) + 1
    assert all(KEY.fullmatch(alias) for alias in given_to.values())


def test_names_that_no_service_takes_come_back_as_they_were() -> None:
    schema = {
        "type": "object",
        "properties": {
            "Account Number": {"type": "string"},
            "数量": {"type": "integer"},
            "object_id": {},
        },
    }
    odd = types(**{"Bank Statement": schema})
    named = aliases(("Account Number", "object_id", "数量"), ("object_id",))
    model = Scripted(
        [
            {
                "Bank_Statement": [
                    {
                        "object_id": "a",
                        named["Account Number"]: said("DE 12"),
                        named["数量"]: said(3),
                        named["object_id"]: said("inner"),
                    }
                ]
            }
        ]
    )
    text = "Statement of account DE 12: 3 entries, inner.\n"
    (found,) = extract_document(
        ModelExtractor(model), document(text), odd, Options()
    ).extraction.objects
    assert found.type == "Bank Statement"
    assert found.properties == {"Account Number": "DE 12", "数量": 3, "object_id": "inner"}


def test_the_model_is_told_what_the_schema_says_of_a_value() -> None:
    schema = {
        "type": "object",
        "description": "A bill.",
        "properties": {"total": {"type": "number", "description": "What is to be paid.", "minimum": 0,
                                 "x-labels": ["Gesamtbetrag"]},
                       "code": {"type": "string", "pattern": "^R-[0-9]+$"},
                       "day": {"type": "string", "format": "date"}, "state": {"enum": ["open", "paid"]},
                       "lines": {"type": "array", "items": {"type": "object", "properties": {"text": {}}}}},
    }  # fmt: skip
    bill = build_tool(types(Bill=schema)).schema["properties"]["Bill"]
    assert "A bill." in bill["description"]
    fields = bill["items"]["properties"]
    assert "What is to be paid." in fields["total"]["description"]
    assert "Gesamtbetrag" in fields["total"]["description"]
    assert "at least 0" in fields["total"]["properties"]["value"]["description"]
    assert "^R-[0-9]+$" in fields["code"]["properties"]["value"]["description"]
    assert "YYYY-MM-DD" in fields["day"]["properties"]["value"]["description"]
    assert fields["state"]["properties"]["value"]["enum"] == ["open", "paid"]
    assert fields["lines"]["items"]["properties"]["text"]["required"] == ["value", "quote"]
