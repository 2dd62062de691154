"""Cells that a reader knows: each one's place holds exactly what stands in it, whatever that is."""

from __future__ import annotations

import csv
import html
import io
import json
from collections.abc import Callable, Sequence
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extraction import Document
from tests.unit.extraction.packages import docx, paragraph
from tests.unit.extraction.papers import read

Rows = Sequence[Sequence[str]]
HEAD = ["one", "two", "three"]
# With what ends a cell or a line elsewhere, and marks that join or strike out the letter before them.
CELLS = st.text(st.sampled_from("ab7.,|\\\n\u0301\u0336\u00a0\u200b\u2028é😀\"'<&;#-"), max_size=8)
ROWS = st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=2, max_size=4)


def in_csv(rows: Rows) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def in_json(rows: Rows) -> bytes:
    records = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    return json.dumps({"name": "x", "lines": records}).encode()


def in_page(rows: Rows) -> bytes:
    lines = (
        "".join(f"<{kind}>{html.escape(cell)}</{kind}>" for cell in row)
        for kind, row in zip(("th", *["td"] * len(rows)), rows, strict=False)
    )
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f"<!doctype html><body><p>Above</p><table>{body}</table></body>".encode()


def in_docx(rows: Rows) -> bytes:
    lines = ("".join(f"<w:tc>{paragraph(html.escape(c))}</w:tc>" for c in row) for row in rows)
    head = "<w:trPr><w:tblHeader/></w:trPr>"
    table = "".join(
        f"<w:tr>{'' if number else head}{line}</w:tr>" for number, line in enumerate(lines)
    )
    return docx(f"{paragraph('Above')}<w:tbl>{table}</w:tbl>")


def in_mail(rows: Rows) -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = "a@x.example", "b@x.example"
    message["Subject"], message["Message-ID"] = "Rows", "<1@x.example>"
    message.set_content("See below. It is all in the file.")
    message.add_attachment(in_page(rows), "text", "html", filename="rows.html")
    return message.as_bytes()


def cells_of(document: Document) -> list[list[list[str]]]:
    return [
        [[document.text[cell.start : cell.end] for cell in row] for row in table.rows]
        for table in document.tables
    ]


@pytest.mark.parametrize("make", [in_csv, in_json, in_page, in_docx, in_mail])
def test_a_table_comes_with_its_cells(make: Callable[[Rows], bytes]) -> None:
    rows = [HEAD, ["a | b", "Größe é", "3"], ["c", "", "4"], ["d", "x", "5"]]
    document = read(make([HEAD, ["a | b", "Größe e\u0301", "3"], *rows[2:]]))
    assert cells_of(document) == [rows]
    assert [table.header_rows for table in document.tables] == [1]


@pytest.mark.parametrize("make", [in_csv, in_json, in_page])
@given(rows=ROWS)
def test_the_place_of_a_cell_is_exact(make: Callable[[Rows], bytes], rows: Rows) -> None:
    document = read(make([HEAD, *rows]))
    assert make is not in_json or document.tables
    for table, cells in zip(document.tables, cells_of(document), strict=True):
        lines = document.text[table.start : table.end].split("\n")
        del lines[table.header_rows : 2 * table.header_rows]
        assert lines == [f"| {' | '.join(row)} |" for row in cells]
        assert document.text[: table.start][-1:] in ("", "\n")
