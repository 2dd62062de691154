"""CSV: what is taken for it, and the table it becomes."""

from __future__ import annotations

import time

import pytest

from extraction.document.document import CSV, TEXT
from extraction.readers import csv_table
from tests.unit.extraction.papers import read

PARCELS = "parcel,weight_kg,sent_on\nK-1,2.5,2026-03-01\nK-2,0.75,2026-03-02\nK-3,11,2026-03-04\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_a_file_of_records_is_a_table_whatever_stands_between_its_cells(
    delimiter: str, bom: str
) -> None:
    document = read(bom + PARCELS.replace(",", delimiter))
    assert document.media_type == CSV
    assert document.text == (
        "| parcel | weight_kg | sent_on |\n| --- | --- | --- |\n"
        "| K-1 | 2.5 | 2026-03-01 |\n| K-2 | 0.75 | 2026-03-02 |\n| K-3 | 11 | 2026-03-04 |\n"
    )


def test_a_semicolon_file_keeps_its_decimal_commas() -> None:
    document = read(
        "item;price;on\nBolt;0,15;01.02.2026\nNut;0,09;01.02.2026\nPin;1,20;03.02.2026\n"
    )
    assert document.media_type == CSV
    assert "| Bolt | 0,15 | 01.02.2026 |" in document.text


def test_quoted_cells_may_hold_delimiters_line_ends_and_pipes() -> None:
    content = 'name,note,count\n"Ruiz, Ana","first\nsecond",3\nBo,"a|b ""c""",4\nCy,,5\n'
    text = read(content, name="a.csv").text
    assert "| Ruiz, Ana | first second | 3 |" in text
    assert '| Bo | a|b "c" | 4 |' in text
    assert "| Cy |  | 5 |" in text


def test_what_a_bank_writes_above_the_header_stays_as_labelled_lines() -> None:
    content = (
        "Account;CH93 0076 2011 6238 5295 7\nHolder;Ana Ruiz\n\n"
        "Date;Text;Amount;Balance\n01.03.2026;Rent;-900,00;100,00\n02.03.2026;Wage;2000,00;2100,00\n"
        "03.03.2026;Fee;-5,00;2095,00\n04.03.2026;Fee;-5,00;2090,00\n"
    )
    text = read(content, name="x.csv").text
    assert text.startswith("Account: CH93 0076 2011 6238 5295 7\nHolder: Ana Ruiz\n\n| Date |")


def test_pairs_beside_each_other_above_the_header_are_lines_of_their_own() -> None:
    content = (
        "Account,K-1,,Holder,Ana\ndate,text,amount,fee,tax,balance\n2026-03-01,Rent,-9,1,0,10\n"
        "2026-03-02,Wage,20,1,0,30\n2026-03-03,Rent,-9,1,0,20\n"
    )
    text = read(content, name="x.csv").text
    assert text.startswith("Account: K-1\nHolder: Ana\n\n| date |")


def test_a_file_without_a_header_gets_none() -> None:
    text = read("K-1,2.5,2026-03-01\nK-2,0.75,2026-03-02\n", media_type="text/csv").text
    assert "---" not in text
    assert text.startswith("| K-1 | 2.5 | 2026-03-01 |")


def test_a_first_line_that_names_the_delimiter_is_believed() -> None:
    document = read("sep=^\na^b\n1^2\n")
    assert document.media_type == CSV
    assert "| 1 | 2 |" in document.text


@pytest.mark.parametrize(
    "text",
    [
        "Dear Ana,\nthank you, as ever, for the report.\nWe met on 3 May, in Graz, and left on 4 May.\n",
        "Present: Ana, Bo, Cy\nApologies: Di, Ed, Flo\nAbsent: Gus, Hal, Ida\n",
        "Name: Ana\nAge: 3\nTown: Graz\n",
        "one, two, three\nfour, five, six\nseven, eight, nine\n",
        "The pump failed; the valve held; the alarm rang.\nIt was 3 May; it was cold; it rained.\n",
        "a = f(x, y, z)\nb = g(x, y, 1)\nc = h(x, y, 2)\n",
        "1, 2, 3\n",
        "",
    ],
)
def test_prose_lists_and_code_are_not_taken_for_csv(text: str) -> None:
    assert read(text + "The end.\n").media_type == TEXT


@pytest.mark.parametrize("before", ["", '"x, y",2,3\n' * 200])
def test_a_quote_that_never_ends_does_not_swallow_the_file(
    before: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_table, "_FIELD_LIMIT", 2000)
    text = read(f'a,b,c\n{before}1,"2,3\n' + "4,5,6\n" * 1000, media_type="text/csv").text
    assert text.count("| 4 | 5 | 6 |") == 1000


def test_a_wide_and_long_file_takes_time_in_proportion() -> None:
    content = ",".join(f"column {n}" for n in range(500)) + "\n" + ("1," * 499 + "1\n") * 500
    started = time.process_time()
    assert read(content).media_type == CSV
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "character", ["\u2028", "\u2029", "\u0085", "\x0b", "\x0c", "\x1c", "\x1e"]
)
@pytest.mark.parametrize("quote", ["", '"'])
def test_only_line_ends_end_a_row(character: str, quote: str) -> None:
    note = f"{quote}one{character}two{quote}"
    text = read(PARCELS.replace("2.5", note).replace("weight_kg", "note"), name="a.csv").text
    assert "| K-1 | one two | 2026-03-01 |" in text


@pytest.mark.parametrize("name", ["a.csv", None])
@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ('K-1,"27\\" wide, black",9.00\nK-2,"Cable",2.00\n', '| K-1 | 27" wide, black | 9.00 |'),
        ('K-1,"a ""b"", c",9.00\nK-2,"Cable",2.00\n', '| K-1 | a "b", c | 9.00 |'),
        ('K-1,"C:\\in\\",9.00\nK-2,"C:\\out\\",2.00\n', "| K-1 | C:\\in\\ | 9.00 |"),
        ('K-1,27" wide,9.00\nK-2,19" rack,2.00\n', '| K-1 | 27" wide | 9.00 |'),
        ('K-1,"27 wide,9.00\nK-2,Cable,2.00\n', '| K-1 | "27 wide | 9.00 |'),
        ("K-1,'wide, black',9.00\nK-2,'Cable, red',2.00\n", "| K-1 | wide, black | 9.00 |"),
    ],
)
def test_quotes_are_read_as_the_file_writes_them(
    rows: str, expected: str, name: str | None
) -> None:
    text = read(f"order,what,rent\n{rows}K-3,Mouse,3.00\n", name=name).text
    assert expected in text
    assert "| K-3 | Mouse | 3.00 |" in text


def test_the_mark_of_a_files_end_is_no_row() -> None:
    assert read(PARCELS + "\x1a", name="a.csv").text.count("\n") == 5


def test_one_ragged_row_does_not_change_the_delimiter() -> None:
    rows = "".join(f"March {day}, 2026;{day}00;Ana;done;\n" for day in range(3, 8))
    text = read(f"on;rent;who;state;\n{rows}March 9, 2026;900;Bo\n").text
    assert text.startswith("| on | rent | who | state |\n| --- |")
    assert "| March 3, 2026 | 300 | Ana | done |" in text
    assert "| March 9, 2026 | 900 | Bo |  |" in text
