"""JSON: the lines and tables it becomes, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from extraction import Document, Limits, PermanentError, read_document
from extraction.document import JSON, MARKDOWN, TEXT


def read(value: Any, **said: Any) -> Document:
    text = value if isinstance(value, str) else json.dumps(value)
    return read_document(
        text.encode(),
        media_type=said.get("media_type"),
        name=said.get("name"),
        limits=said.get("limits", Limits()),
    )


def test_members_are_labelled_lines_in_words_and_numbers_stand_as_written() -> None:
    document = read('{"invoiceNumber": "K-17", "gross_total": 1250.00, "paid": true, "note": null}')
    assert document.media_type == JSON
    assert document.text == "invoice Number: K-17\ngross total: 1250.00\npaid: true\n"


def test_inner_objects_stand_behind_the_names_around_them() -> None:
    value = {"buyer": {"name": "Ana", "address": {"city": "Graz"}}, "no": 3, "on": 4, "by": 5}
    text = read(value).text
    assert text == "no: 3\non: 4\nby: 5\n\nbuyer name: Ana\n\naddress city: Graz\n"


def test_a_wrapper_around_everything_is_a_heading_and_one_that_says_nothing_is_left_out() -> None:
    assert read(
        {"data": {"order": {"order_number": "7", "fields": {"total": 5}, "x": 6}}}
    ).text == ("# data\n\n# order\n\norder number: 7\nx: 6\n\ntotal: 5\n")


def test_records_inside_a_record_say_whose_they_are() -> None:
    wards = [{"ward": "North", "seats": 2, "candidates": [{"name": "Ana", "votes": 3}]}] * 2
    assert "| ward | name | votes |\n| --- | --- | --- |\n| North | Ana | 3 |" in (
        read({"wards": wards}).text
    )


def test_records_are_a_table_with_the_columns_of_all_of_them() -> None:
    text = read({"lines": [{"sku": "A", "qty": 2}, {"sku": "B", "price": {"net": 1.5}}]}).text
    assert text == (
        "## lines\n\n| sku | qty | price net |\n| --- | --- | --- |\n| A | 2 |  |\n| B |  | 1.5 |\n"
    )


def test_lists_of_plain_values_are_a_line_or_items() -> None:
    text = read({"tags": ["a", "b"], "notes": ["one, two", "three"]}).text
    assert text == "tags: a, b\n\nnotes:\n- one, two\n- three\n"


def test_records_that_hold_records_are_blocks_of_their_own() -> None:
    text = read({"trips": [{"to": "Graz", "legs": [{"a": 1, "b": 2}]}, {"to": "Linz"}]}).text
    assert "## trips 1\n\nto: Graz\n\n## legs\n\n| to | a | b |" in text
    assert "## trips 2\n\nto: Linz" in text


def test_json_lines_are_one_table() -> None:
    document = read('{"a": 1, "b": 2}\n\n{"a": 3, "b": 4}\n', name="x.jsonl")
    assert document.media_type == JSON
    assert "| 3 | 4 |" in document.text


def test_text_of_several_lines_keeps_them() -> None:
    assert read({"body": "one\ntwo", "to": "Ana"}).text == "body:\none\ntwo\n\nto: Ana\n"


@pytest.mark.parametrize(
    "value", ['{"a": NaN, "b": -Infinity}', '{"a": 1e999}', '{"a": 1, "a": 2}']
)
def test_odd_json_is_read_as_it_is_written(value: str) -> None:
    text = read(value).text
    assert text.startswith("a: ")


@pytest.mark.parametrize(
    ("text", "media_type"),
    [
        ('{"a": 1', TEXT),
        ("{not json}", TEXT),
        ("[see appendix]", TEXT),
        ("# Title\n\n- **bold** {x}\n", MARKDOWN),
    ],
)
def test_what_does_not_parse_is_not_json(text: str, media_type: str) -> None:
    assert read(text, media_type="application/json" if media_type == TEXT else None).media_type == (
        media_type
    )


@pytest.mark.parametrize("depth", [51, 100_000])
def test_deeply_nested_json_is_refused(depth: int) -> None:
    with pytest.raises(PermanentError, match="nested more than 50"):
        read("[" * depth + "]" * depth)


def test_a_name_cannot_make_a_label_of_a_value() -> None:
    text = read({"a: b | c": "d"}).text
    assert text == "a b / c: d\n"
