"""Quality on labelled documents of many kinds. `make quality` says more."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from benchmarks.quality import ablation, figures
from benchmarks.quality.corpus import PARTS, Labelled, documents, outside
from benchmarks.quality.extracting import judged, measured, read
from benchmarks.quality.removal import REMOVALS, place_of
from benchmarks.quality.scoring import compare
from extraction_jobs_cli.scoring import Item

# A little below what was measured: floors catch a fall, they do not claim a quality. They are on documents that the
# rules were not made for. Documents by others are where QUALITY_CORPORA or ../shared/corpora is.
FLOORS = {
    "calibration": 0.87,
    "e_invoices": 0.82,
    "e_invoices/pages": 0.77,
    "forms/insurance_claim": 0.82,
    "forms/invoice": 0.95,
    "forms/receipt": 0.92,
    "receipts": 0.81,
}


@pytest.mark.parametrize(("group", "least"), FLOORS.items())
def test_f1_does_not_fall(group: str, least: float) -> None:
    found = ablation.groups().get(group)
    if found is None:
        pytest.skip(f"no documents of {group} here: QUALITY_CORPORA names the folder")
    assert figures.overall(measured(document) for document in found).f1 >= least


def test_every_rule_and_list_that_can_be_left_out_is_there() -> None:
    for removals in REMOVALS.values():
        for removal in removals:
            owner, name = place_of(removal.place)
            assert hasattr(owner, name)


def test_without_a_rule_its_values_are_not_found(tmp_path: Path) -> None:
    types = {"Form": {"type": "object", "properties": {"note": {"type": "string"}}}}
    gold = {"object_types": types, "objects": [{"type": "Form", "properties": {"note": "Wet"}}]}
    (tmp_path / "form.gold.json").write_text(json.dumps(gold), "utf-8")
    (tmp_path / "form.txt").write_text("Note: Wet\n", "utf-8")
    document = Labelled("check", tmp_path / "form.txt")
    file = tmp_path / "read.pickle"
    file.write_bytes(pickle.dumps({"forms": [(document, read(document))]}))
    assert ablation.without("", str(file)) == {"forms": 1.0}
    assert ablation.without("labels", str(file)) == {"forms": 0.0}
    assert ablation.without("bills", str(file)) == {"forms": 1.0}


def test_of_documents_by_others_only_what_was_labelled_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = {"number": {"type": "string"}, "tax": {"type": "number"}, "note": {"type": "string"},
             "city": {"type": "string"}}  # fmt: skip
    gold = {
        "object_types": {"Bill": {"type": "object", "properties": kinds}},
        "objects": [{"type": "Bill", "properties": {"number": "7", "tax": 3, "city": "Pavia"}}],
        "labelled": ["number", "tax", "city"],
        "also_right": {"tax": [4]},
    }
    for name in ("bill_01", "bill_02", "slip_01"):
        folder = tmp_path / "papers" / "check"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.gold.json").write_text(json.dumps(gold), "utf-8")
        (folder / f"{name}.txt").write_text("", "utf-8")
    monkeypatch.setenv("QUALITY_CORPORA", str(tmp_path))
    found = outside("check")
    assert {name: len(each) for name, each in found.items()} == {"papers/bill": 2, "papers/slip": 1}
    assert outside("dev") == {}

    first: Item = ("Bill", {"number": "7", "tax": 4.0, "note": "not labelled"}, {})
    score = judged(found["papers/slip"][0], [("Person", {"name": "x"}, {}), first, first], [])
    assert (score.right, score.extra) == (2, ())
    assert score.missed == ("Bill.city=pavia",)


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
