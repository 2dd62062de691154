"""Reading structure: facts, tables, entries and sections of many layouts."""

from __future__ import annotations

import pytest

from extraction import Limits, read_document
from extraction.document.reading import read_structure
from extraction.document.structure import LABEL_ABOVE


def facts(text: str) -> dict[str, str]:
    return {f.label: f.value.of(text) for f in read_structure(text).facts if f.how != LABEL_ABOVE}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Owner: Jane Doe", {"Owner": "Jane Doe"}),
        ("**Owner:** Jane Doe", {"Owner": "Jane Doe"}),
        ("**Owner**: Jane Doe", {"Owner": "Jane Doe"}),
        ("- Owner: Jane Doe", {"Owner": "Jane Doe"}),
        ("Owner : Jane", {"Owner": "Jane"}),
        ("Status = open", {"Status": "open"}),
        ("Total ........ 5.00", {"Total": "5.00"}),
        ("Invoice No: 7     Date: 3 May 2026", {"Invoice No": "7", "Date": "3 May 2026"}),
        ("Ship To     : Dock 9, Oakland", {"Ship To": "Dock 9, Oakland"}),
        ("Name    Jane Doe", {"Name": "Jane Doe"}),
        ("MwSt. 19 %: 108,30", {"MwSt. 19 %": "108,30"}),
        ("see https://a.example/b for more", {}),
        ("It was 10:30 when it began.", {}),
        ("This is a sentence. And so on and on it goes: badly", {}),
    ],
)
def test_pairs_on_a_line(text: str, expected: dict[str, str]) -> None:
    assert facts(text) == expected


def test_label_above_its_value() -> None:
    text = "Bill to:\n  Brown & Sons\n  Berlin\n\nINVOICE #\nBW-1\n"
    found = {
        f.label: (f.value.of(text), text[f.value.end : f.tail]) for f in read_structure(text).facts
    }
    assert found["Bill to"] == ("Brown & Sons", "\n  Berlin")
    assert found["INVOICE #"][0] == "BW-1"


def table(text: str) -> tuple[list[str], list[list[str]]]:
    (found,) = read_structure(text).tables
    return [c.of(text) for c in found.header], [[c.of(text) for c in row] for row in found.rows]


def test_pipe_table() -> None:
    text = "| A | B |\n|---|:-:|\n| 1 | **2** |\n| 3 | |\n"
    assert table(text) == (["A", "B"], [["1", "2"], ["3", ""]])


def test_column_table_puts_cells_under_their_heads() -> None:
    text = (
        "Item            Qty    Price\n"
        "----------------------------\n"
        "Hammer, large     2    10.00\n"
        "with rubber grip\n"
        "Nails                   5.00\n"
        "Screws, brass     9     7.20\n"
    )
    head, rows = table(text)
    assert head == ["Item", "Qty", "Price"]
    assert rows[0] == ["Hammer, large with rubber grip", "2", "10.00"]
    assert rows[1] == ["Nails", "", "5.00"]
    assert rows[2] == ["Screws, brass", "9", "7.20"]


def test_headings_and_their_order() -> None:
    text = (
        "# One\n\n## Two\ntext\n\nThree\n=====\n\n4. TERM AND END\n\n"
        "4.1 The supplier shall go.\n\nFOUR WORDS IN CAPITALS\n\nx\n"
    )
    found = read_structure(text)
    assert [s.title.of(text) for s in found.sections] == [
        "One", "Two", "Three", "4. TERM AND END", "FOUR WORDS IN CAPITALS",
    ]  # fmt: skip
    assert found.sections[1].parent == 0


def test_numbered_lines_in_a_row_are_a_list() -> None:
    text = "1. Buy milk\n2. Sell eggs\n3. Go home\n"
    found = read_structure(text)
    assert not found.sections
    assert [(e.kind, e.span.of(text)) for e in found.entries] == [
        ("item", "Buy milk"), ("item", "Sell eggs"), ("item", "Go home"),
    ]  # fmt: skip


def test_wrapped_paragraphs_are_one_entry_and_addresses_are_not() -> None:
    long = "The Supplier shall deliver all of the goods within thirty days after"
    text = f"{long}\nan order is received.\n\nAcme Ltd\n12 Mill Road\n"
    entries = [e.span.of(text) for e in read_structure(text).entries]
    assert entries == [f"{long}\nan order is received.", "Acme Ltd", "12 Mill Road"]


def test_lists_know_the_label_that_introduces_them() -> None:
    text = "Actions:\n- one\n- two\n\nOther words here.\n- three\n"
    intros = [e.intro for e in read_structure(text).entries if e.kind == "item"]
    assert intros == ["Actions", "Actions", ""]


def test_very_long_paragraphs_are_cut_at_sentences() -> None:
    text = "One short sentence here. " * 1000
    entries = read_structure(text).entries
    assert len(entries) > 5
    assert all(e.span.of(text).endswith(".") for e in entries)
    assert sum(e.span.of(text).count("sentence") for e in entries) == 1000


def test_rows_of_different_lengths_are_one_table() -> None:
    head, rows = table("| a | b | c |\n| d | e |\n| 1 | 2 | 3 |\n")
    assert head == ["a", "b", "c"]
    assert rows == [["d", "e"], ["1", "2", "3"]]


def test_two_spaces_behind_a_full_stop_set_no_columns_apart() -> None:
    text = "The pump stops.  It must be oiled.\n"
    found = read_structure(text)
    assert not found.tables
    assert [e.span.of(text) for e in found.entries] == [text.strip()]


def test_lines_of_a_bill_under_a_rule_are_no_rows_of_the_line_over_it() -> None:
    text = (
        "Qty   Item             Sum\n--------------------------\n"
        "2 x Soup @ 1.50       3.00\nBread @ 2.00 x 1      2.00\n"
    )
    bill = read_structure(text).tables[-1]
    assert [[cell.of(text) for cell in row] for row in bill.rows] == [
        ["Soup", "2", "1.50", "3.00"],
        ["Bread", "1", "2.00", "2.00"],
    ]


def test_cells_that_the_reader_knew_are_not_read_back_from_pipes() -> None:
    source = b"code,kind\nA|1,x\nB,y\n"
    document = read_document(source, media_type=None, name="x.csv", limits=Limits())
    [found] = read_structure(document.text, document.tables).tables
    assert [[c.of(document.text) for c in row] for row in found.rows] == [["A|1", "x"], ["B", "y"]]
