"""One object from what several chunks say of it, whatever the order."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from extraction.llm.aligning import Aligner, Place
from extraction.llm.locating import Locator, Quoted
from extraction.llm.merging import Merged, merge
from tests.unit.extraction.llm.scripted import types

(ITEM,) = types(
    Item={
        "type": "object",
        "properties": {
            "colour": {"type": "string"},
            "size": {"type": "number"},
            "parts": {"type": "array", "items": {"type": "string"}},
        },
    }
)
(PERSON,) = types(
    Person={
        "type": "object",
        "properties": {
            "name": {"type": "string", "format": "person-name"},
            "age": {"type": "integer"},
        },
    }
)


def leaf(value: Any, start: int | None, alignment: str = "exact") -> dict[str, Any]:
    end = None if start is None else start + 3
    return {
        "leaf": {"value": value, "quote": str(value), "start": start, "end": end,
                 "alignment": "none" if start is None else alignment, "supported": None if start is None else True},
    }  # fmt: skip


def finding(ref: str, kind: str = "Item", /, **tree: Any) -> dict[str, Any]:
    return {"kind": "object", "type": kind, "ref": ref, "start": 0, "end": 100, "tree": tree}


def trees(merged: list[Merged]) -> list[Any]:
    return [(one.tree, sorted(one.refs)) for one in merged]


def test_the_same_place_said_by_two_chunks_is_one_object_with_all_that_both_say() -> None:
    one = finding("0.1.0.a", colour=leaf("red", 10))
    other = finding("1.1.0.a", colour=leaf("Red", 10), size=leaf(4, 20))
    (merged,) = merge([ITEM], [one, other])
    assert merged.tree["size"] == leaf(4, 20)
    assert merged.refs == {"0.1.0.a", "1.1.0.a"}


def test_what_contradicts_is_not_one_object() -> None:
    shared: dict[str, Any] = {"colour": leaf("red", 10)}
    findings = [finding(f"{n}.1.0.a", **shared, size=leaf(n, 20 + n)) for n in range(3)]
    assert len(merge([ITEM], findings)) == 3


def test_two_that_one_answer_tells_apart_stay_two() -> None:
    one = finding("0.1.0.a", colour=leaf("red", 10), size=leaf(4, 20))
    other = finding("0.1.0.b", colour=leaf("red", 10), size=leaf(4, 40))
    assert len(merge([ITEM], [one, other])) == 2


def test_a_person_is_one_by_name_and_keeps_the_better_grounded_value() -> None:
    one = finding("0.1.0.a", "Person", name=leaf("Jane Doe", 10), age=leaf(40, 20, "fuzzy"))
    other = finding("3.1.0.a", "Person", name=leaf("JANE  DOE", 70), age=leaf(41, 80))
    (merged,) = merge([PERSON], [one, other])
    assert merged.tree["age"] == leaf(41, 80)


def test_the_items_of_an_array_are_each_there_once_in_order() -> None:
    one = finding("0.1.0.a", colour=leaf("red", 1), parts=[leaf("nut", 30), leaf("bolt", 20)])
    other = finding("1.1.0.a", colour=leaf("red", 1), parts=[leaf("Nut", 30), leaf("cap", 40)])
    (merged,) = merge([ITEM], [one, other])
    values = [node["leaf"]["value"].casefold() for node in merged.tree["parts"]]
    assert values == ["bolt", "nut", "cap"]


PLACES = st.one_of(st.none(), st.sampled_from([10, 20, 30]))
FINDINGS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "colour": st.builds(leaf, st.sampled_from(["red", "Red", "blue"]), PLACES),
            "size": st.builds(leaf, st.sampled_from([1, 1.0, 2]), PLACES),
            "parts": st.lists(
                st.builds(leaf, st.sampled_from(["nut", "bolt"]), PLACES), min_size=1, max_size=3
            ),
        },
    ).filter(bool),
    min_size=1,
    max_size=4,
)


@given(FINDINGS)
def test_no_order_of_the_findings_changes_what_comes_out(made: list[dict[str, Any]]) -> None:
    findings = [finding(f"{n}.1.0.a", **tree) for n, tree in enumerate(made)]
    expected = trees(merge([ITEM], findings))
    for order in itertools.permutations(findings):
        assert trees(merge([ITEM], order)) == expected


def located(text: str, *objects: tuple[str, ...]) -> list[list[str]]:
    """For each object the text before each of its places: which occurrence was chosen."""
    aligner, locator = Aligner(text, 0, len(text)), Locator(text, 0)
    chosen = []
    for words in objects:
        quoted = [Quoted(ITEM.properties[0], word, word, aligner.places(word)) for word in words]
        locator.settle(quoted)
        chosen.append([text[: q.place.start] for q in quoted if isinstance(q.place, Place)])
    return chosen


def test_a_value_is_taken_from_its_objects_line_though_another_is_nearer() -> None:
    text = "| Tea | 3.50 |\n| A long name of something to drink | 3.50 |\n"
    ((_, price),) = located(text, ("A long name of something to drink", "3.50"))
    assert price.endswith("to drink | ")


def test_a_value_that_an_object_before_has_cited_is_not_taken_again() -> None:
    (_, ann), (_, bob) = located("Ann 10 Bob 10", ("Ann", "10"), ("Bob", "10"))
    assert (ann, bob) == ("Ann ", "Ann 10 Bob ")
