"""Quality on labelled documents of many kinds. `make quality` says more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from benchmarks.quality.corpus import PARTS, Labelled, documents
from benchmarks.quality.extracting import measured
from benchmarks.quality.scoring import Item, compare


# Floors, a little below what was measured: they catch a fall, they do not claim a quality.
@pytest.mark.parametrize(("part", "least"), [("tuning", 0.80)])
def test_f1_does_not_fall(part: str, least: float) -> None:
    results = [measured(document) for document in documents(part)]
    assert len(results) >= 20
    right = sum(result.score.right for result in results)
    found = sum(len(result.score.found) for result in results)
    expected = sum(len(result.score.expected) for result in results)
    assert 2 * right / (found + expected) >= least


def faults(schema: Mapping[str, Any], value: Any, path: str) -> Iterator[str]:
    kind = {dict: "object", list: "array", str: "string", bool: "boolean"}.get(
        type(value), "number"
    )
    if schema["type"] != kind and (schema["type"], kind) != ("integer", "number"):
        yield f"{path} is a {kind}, its schema says {schema['type']}"
    elif kind == "object":
        for name, inner in value.items():
            if name in schema["properties"]:
                yield from faults(schema["properties"][name], inner, f"{path}.{name}")
            else:
                yield f"{path} has no property {name}"
    elif kind == "array":
        for inner in value:
            yield from faults(schema["items"], inner, f"{path}[]")


@pytest.mark.parametrize(
    "document", [d for part in PARTS for d in documents(part)], ids=lambda d: d.name
)
def test_gold_keeps_to_the_object_types_it_is_asked_with(document: Labelled) -> None:
    objects, types = document.gold["objects"], document.object_types
    found = [x for o in objects for x in faults(types[o["type"]], o["properties"], o["type"])]
    assert not found
    for link in document.gold.get("relationships", ()):
        assert 0 <= link["from"] < len(objects)
        assert 0 <= link["to"] < len(objects)


def test_scoring_counts_a_right_value_in_the_wrong_object_as_wrong() -> None:
    found: list[Item] = [
        ("Task", {"text": "a", "owner": "x"}, {}),
        ("Task", {"text": "b", "owner": "y"}, {}),
    ]
    gold: list[Item] = [
        ("Task", {"text": "a", "owner": "y"}, {}),
        ("Task", {"text": "b", "owner": "x"}, {}),
    ]
    result = compare(found, gold)
    assert result.right == 2
    assert len(result.extra) == len(result.missed) == 2


def test_scoring_counts_a_right_value_in_the_wrong_row_as_wrong() -> None:
    found: list[Item] = [
        ("Bill", {"lines": [{"item": "a", "price": 1}, {"item": "b", "price": 2}]}, {})
    ]
    gold: list[Item] = [
        ("Bill", {"lines": [{"item": "a", "price": 2}, {"item": "b", "price": 1}]}, {})
    ]
    result = compare(found, gold)
    assert result.right == 2
    assert result.extra == ("Bill.lines[].price=1.0000", "Bill.lines[].price=2.0000")


def test_scoring_counts_objects_of_a_type_without_gold_as_wrong() -> None:
    result = compare([("Person", {"name": "x"}, {})], [("Task", {"text": "a"}, {})])
    assert result.extra == ("Person.name=x",)
    assert result.missed == ("Task.text=a",)


def test_a_nearly_right_text_counts_only_in_the_lenient_figure() -> None:
    found: list[Item] = [("Task", {"text": "order the new gate by Friday, please"}, {})]
    gold: list[Item] = [("Task", {"text": "order the new gate by Friday"}, {})]
    result = compare(found, gold)
    assert result.right == 0
    assert [value.near for value in result.found] == [True]


def test_relationships_count_between_the_objects_that_they_join() -> None:
    found: list[Item] = [
        ("Task", {"text": "b"}, {}),
        ("Task", {"text": "a"}, {}),
        ("Who", {"name": "x"}, {}),
    ]
    gold: list[Item] = [
        ("Task", {"text": "a"}, {}),
        ("Who", {"name": "x"}, {}),
        ("Task", {"text": "b"}, {}),
    ]
    result = compare(found, gold, [("owner", 1, 2), ("owner", 0, 2)], [("owner", 0, 1)])
    assert (result.links_right, result.links_found, result.links_expected) == (1, 2, 1)
