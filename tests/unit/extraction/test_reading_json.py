"""JSON: the lines and tables it becomes, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from extraction import Document, Limits, PermanentError, read_document
from extraction.document.document import JSON, MARKDOWN, TEXT


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


def test_the_name_of_a_wrapper_that_says_nothing_is_left_out() -> None:
    assert read(
        {"data": {"order": {"order_number": "7", "fields": {"total": 5}, "x": 6}}}
    ).text == ("order number: 7\norder x: 6\n\ntotal: 5\n")


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
    [("{not json}", TEXT), ("[see appendix]", TEXT), ("# Title\n\n- **bold** {x}\n", MARKDOWN)],
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


@pytest.mark.parametrize("name", [None, "a.json"])
@pytest.mark.parametrize(
    "whole",
    [
        '{"order": "K-17", "rent": 900, "on": true, "by": [{"name": "Ana"}]}',
        '[{"order": "K-17"}, {"order": "K-18", "note": "caf\\u00e9"}]',
        '{"order": "K-17"}\n{"order": "K-18"}\n',
    ],
)
def test_json_that_is_cut_short_is_refused_wherever_it_is_cut(whole: str, name: str | None) -> None:
    for end in range(len(whole) // 2, len(whole.rstrip()) - 1):
        cut = whole[:end]
        if whole.endswith("\n") and cut.rstrip().endswith("}"):
            continue  # between two records
        with pytest.raises(PermanentError, match=r"cut short at character \d+: its end"):
            read(cut, name=name)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ('{"a": 1, "b": 2,}', "1[67]"),
        ("{'a': 1}", "2"),
        ('{"a": 1} trailing', "10"),
        ('{"a": 1}\n{"b" 2}', "15"),
    ],
)
def test_json_with_a_fault_is_refused_where_it_is_said_to_be_json(text: str, at: str) -> None:
    with pytest.raises(PermanentError, match=rf"error at character {at}\b"):
        read(text, media_type="application/json")
    assert read(text).media_type == TEXT


def test_values_one_after_the_other_are_records_on_one_line_or_several() -> None:
    for text in ('{"a": 1, "b": 2}{"a": 3, "b": 4}', '{"a": 1,\n "b": 2}\n{"a": 3,\n "b": 4}\n'):
        assert "| a | b |\n| --- | --- |\n| 1 | 2 |\n| 3 | 4 |" in read(text, name="x.json").text


NAMES: list[Any] = ["order_no", "rent"]
ROWS: list[list[Any]] = [["K-17", 900.5], ["K-18", 12]]
RECORDS = [dict(zip(NAMES, row, strict=True)) for row in ROWS]
NAMED = [{"name": name, "type": "text"} for name in NAMES]
TYPED = [{"order_no": {"S": number}, "rent": {"N": str(rent)}} for number, rent in ROWS]
TABLE = "| order no | rent |\n| --- | --- |\n| K-17 | 900.5 |\n| K-18 | 12 |\n"


def boxed(rows: list[list[Any]], row: str, cell: str) -> list[Any]:
    return [{row: [{cell: str(value)} for value in values]} for values in rows]


@pytest.mark.parametrize(
    "value",
    [
        [NAMES, *ROWS],
        {"range": "A1:B3", "values": [NAMES, *ROWS]},
        {"columns": NAMES, "rows": ROWS},
        {"columns": NAMES, "index": [0, 1], "data": ROWS},
        {"columns": NAMED, "rows": ROWS},
        {"fields": NAMED, "rows": RECORDS},
        {"schema": {"fields": NAMED}, "rows": boxed(ROWS, "f", "v")},
        {"schema": {"fields": NAMED}, "data": RECORDS},
        {"meta": {"view": {"columns": NAMED}}, "data": ROWS},
        {"meta": NAMED, "data": ROWS, "rows": 2},
        {"resultSetMetaData": {"rowType": NAMED}, "data": ROWS},
        {"order_no": ["K-17", "K-18"], "rent": [900.5, 12]},
        {"order_no": {"0": "K-17", "1": "K-18"}, "rent": {"0": 900.5, "1": 12}},
        TYPED,
        {"Items": TYPED, "Count": 2},
        [{"Item": record} for record in TYPED],
        {"ResultSet": {"Rows": boxed([NAMES, *ROWS], "Data", "VarCharValue"),
                       "ResultSetMetadata": {"ColumnInfo": [{"Name": name} for name in NAMES]}}},
        {"columnMetadata": NAMED, "records": [[{"stringValue": row[0]}, {"doubleValue": row[1]}] for row in ROWS]},
        [{"order_no": row[0], "rent": {"$numberDecimal": str(row[1])}} for row in ROWS],
        {"edges": [{"node": record} for record in RECORDS]},
        [{"attributes": {"order_no": row[0]}, "rent": row[1]} for row in ROWS],
    ],
)  # fmt: skip
def test_tables_in_the_forms_that_databases_export_are_records(value: Any) -> None:
    assert TABLE in read(value).text


@pytest.mark.parametrize(
    "keys",
    [
        ("K-17", "K-18"),
        ("1", "2"),
        ("2026-03-01", "2026-03-02"),
        ("-OaBcDeFgHiJkLmNoPq", "-OaBcDeFgHiJkLmNoPr"),
        ("a@b.example", "c@d.example"),
    ],
)
def test_records_by_key_are_a_table_with_their_keys(keys: tuple[str, str]) -> None:
    text = read({keys[0]: {"who": "Ana", "rent": 9}, keys[1]: {"who": "Bo", "rent": 8}}).text
    assert (
        text
        == f"| id | who | rent |\n| --- | --- | --- |\n| {keys[0]} | Ana | 9 |\n| {keys[1]} | Bo | 8 |\n"
    )


@pytest.mark.parametrize(
    "value",
    [
        {"buyer": {"name": "Ana", "town": "Graz"}, "seller": {"name": "Bo", "town": "Linz"}},
        {"tags": ["a", "b"], "notes": ["c", "d"]},
        {"columns": ["a", "b"], "note": "two columns"},
        {"K-17": {"who": "Ana"}, "K-18": {"rent": 8}},
    ],
)
def test_objects_that_are_no_tables_stay_what_they_are(value: Any) -> None:
    assert "| --- |" not in read(value).text


def test_no_character_in_a_value_ends_a_line() -> None:
    assert (
        read({"note": "one\u2028two\u0085three", "to": "Ana"}).text
        == "note: one two three\nto: Ana\n"
    )
