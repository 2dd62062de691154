"""HTML: what a browser shows is read, what it hides and what is struck out is not; tables and forms keep sense."""

from __future__ import annotations

import pytest

from extraction import Limits, PermanentError, read_document
from extraction.readers.html import html_to_text


def text(page: str) -> str:
    return html_to_text(f"<html><body>{page}</body></html>", Limits())[0].text.strip()


@pytest.mark.parametrize(
    "struck",
    [
        "<del>900</del>",
        "<s>900</s>",
        "<STRIKE class=x>900</STRIKE>",
        '<span style="text-decoration: line-through">900</span>',
        '<font style="text-decoration-line:line-through">900</font>',
        '<b><u style="color:red;text-decoration:underline line-through">900</u></b>',
        '<span class="old">900</span>',
        '<b class="old">900</b>',
        "<del>800 <b>900</b></del>",
    ],
)
def test_what_the_author_struck_out_is_not_said(struck: str) -> None:
    style = "<style>.old { text-decoration: line-through; }</style>"
    assert text(f"{style}<p>Rent: {struck} <b>950</b></p>") == "Rent: 950"
    row = f"<tr><td>Rent</td><td>{struck} 950</td></tr>"
    assert text(f"{style}<table>{row}</table>") == "Rent: 950"


def test_what_is_struck_out_and_left_open_ends_with_its_paragraph() -> None:
    assert text("<p>Rent: <s>900</p><p>Term: 2 years</p>") == "Rent:\n\nTerm: 2 years"


HIDING = """<style>
/* .shown { display: none } */
.gone, td.gone { display: none }
#note { visibility:hidden }
.tab { display:none } .tab.active { display: block }
.back { display:none } p.back { display: block }
.late { display: none !important }
.off { position:absolute; left:-9999px }
@media print { .shown { display: none } }
@media (max-width: 600px) { .shown { display: none } }
@media screen { .screen { display: none } }
.shown:hover { display: none }
body { visibility: hidden }
</style>"""


@pytest.mark.parametrize(
    ("element", "shown"),
    [
        ('<p class="gone">900</p>', False),
        ('<p id="note">900</p>', False),
        ('<p class="late" style="color:red">900</p>', False),
        ('<p class="screen">900</p>', False),
        ('<p class="tab">900</p>', False),
        ('<b class="gone">900</b>', False),
        ('<a class="off">900</a>', False),
        ('<p style="display:none">900</p>', False),
        ("<b hidden>900</b>", False),
        ('<i style="visibility: hidden">900</i>', False),
        ('<p style="opacity:0">900</p>', False),
        ('<p style="max-height:0;overflow:hidden">900</p>', False),
        ("<dialog>900</dialog>", False),
        ('<span style="position:absolute;clip:rect(0 0 0 0)">900</span>', False),
        ('<p style="height:1px;width:1px;overflow:hidden">900</p>', False),
        ('<p style="font-size:0;color:#fff">900</p>', False),
        ('<p style="font-size:0"><b style="font-size:12px">900</b></p>', True),
        ('<p style="height:0">900</p>', True),
        ('<p class="shown">900</p>', True),
        ('<p class="tab active">900</p>', True),
        ('<p class="back">900</p>', True),
        ('<p class="gone" style="display:block">900</p>', True),
        ("<dialog open>900</dialog>", True),
        ('<p aria-hidden="true">900</p>', True),
        ('<p style="opacity:0.5">900</p>', True),
        ("<svg><title>no</title><text>900</text></svg>", True),
        ("<math><mn>900</mn></math>", True),
    ],
)
def test_what_a_page_shows_is_read_and_what_its_styles_hide_is_not(
    element: str, shown: bool
) -> None:
    assert text(f"{HIDING}<p>Rent</p>{element}").split() == ["Rent", "900"][: 1 + shown]


def test_what_is_read_out_beside_what_is_shown_is_said_once() -> None:
    price = '<span class="sr-only">nine hundred</span><span aria-hidden="true">900</span>'
    assert text(f"<p>Rent: {price}</p>") == "Rent: 900"
    assert text('<p>Rent: <span class="sr-only">900</span></p>') == "Rent: 900"


def test_a_cell_that_spans_rows_holds_for_each_of_them() -> None:
    page = (
        "<table><tr><th>Ward</th><th>Seat</th><th>Name</th><th>Term</th></tr>"
        '<tr><td rowspan="2">North</td><td>1</td><td>Ada</td><td rowspan="0">2 years</td></tr>'
        "<tr><td>2</td><td>Bo</td></tr><tr></tr><tr><td>South</td><td>3</td><td>Cy</td></tr></table>"
    )
    assert text(page).split("\n")[2:] == [
        "| North | 1 | Ada | 2 years |",
        "| North | 2 | Bo | 2 years |",
        "| South | 3 | Cy | 2 years |",
    ]


def test_a_cell_that_spans_rows_and_columns_keeps_both() -> None:
    page = (
        "<table><tr><th>A</th><th>B</th><th>C</th></tr>"
        '<tr><td rowspan="2" colspan="2">x</td><td>1</td></tr><tr><td>2</td></tr></table>'
    )
    assert text(page).split("\n")[2:] == ["| x |  | 1 |", "| x |  | 2 |"]


def test_the_lines_of_a_value_below_a_label_that_spans_them_are_its_own() -> None:
    page = '<table><tr><td rowspan="2">To</td><td>Ada Ruiz</td></tr><tr><td>Leeds</td></tr></table>'
    assert text(page) == "To: Ada Ruiz\nLeeds"


def test_more_merged_cells_than_a_document_has_are_refused() -> None:
    row = "<tr>" + '<td rowspan="2000">x' * 200 + "</tr>"
    with pytest.raises(PermanentError, match="merged cells"):
        text(f"<table>{row}{'<tr><td>x' * 2000}</table>")


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([["Order", ":", "K-17"], ["Rent", ":", "900"]], "Order: K-17\nRent: 900"),
        ([["Order", "", "K-17"], ["Rent", "", "900"]], "Order: K-17\nRent: 900"),
        ([["Order:", "…", "K-17"], ["Rent:", "…", ""]], "Order: K-17\nRent"),
        ([["Rent", "EUR", "900.00"], ["Fee", "EUR", "9.00"]], "Rent: EUR 900.00\nFee: EUR 9.00"),
        ([["Rent", "900,00", "€"], ["Fee", "9,00", "€"]], "Rent: 900,00 €\nFee: 9,00 €"),
        ([["Rent", ":", "£", "900.00"], ["Fee", ":", "£", "9.00"]], "Rent: £ 900.00\nFee: £ 9.00"),
        ([["Order", ":", "K-17", "", "Rent", ":", "900"]] * 2, "Order: K-17\nRent: 900\n" * 2),
        ([["Terms", "", ""], ["Rent", ":", "900"]], "Terms\nRent: 900"),
    ],
)
def test_a_column_between_label_and_value_only_keeps_them_apart(
    rows: list[list[str]], expected: str
) -> None:
    cells = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    assert text(f"<table>{cells}</table>") == expected.strip()


def test_a_table_of_records_keeps_its_columns() -> None:
    page = "<table><tr><th>Item</th><th>Unit</th><th>Price</th></tr><tr><td>Bolt</td><td>EUR</td><td>1.50</td></tr>"
    assert "| Bolt | EUR | 1.50 |" in text(page)
    plain = "<table><tr><td>Bolt</td><td>PCS</td><td>15</td></tr><tr><td>Nut</td><td>PCS</td><td>9</td></tr>"
    assert "| Bolt | PCS | 15 |" in text(plain)


FORM = """<form>
<p><label for="no">Order number</label><br><input id="no" value="K-17"></p>
<label>Depot: <input type="text" value="Leeds"></label> <label>Clerk <input value="Ada Ruiz"></label>
<div>Rent <input type="number" value="900.00"> <select><option>GBP<option selected>EUR</select></div>
<div><select><option value="">Choose a term</option><option>2 years</option></select></div>
<div>Colour <select><option>Red</option><option>Blue</option></select></div>
<div><input type="checkbox" checked> Insured <input type=radio> Express</div>
<input aria-label="Due on" type="date" value="2026-05-03"><input type="hidden" value="77">
<p>Note</p><textarea>Ring twice.
Dog at home.</textarea>
<input type="submit" value="Send"><input type="password" value="secret">
<table><tr><td>Customer</td><td><input value="Bo Lind"></td></tr>
<tr><td>Fee</td><td><input value="9.00"> <button>Change</button></td></tr></table></form>"""


def test_what_stands_in_a_form_is_read_behind_its_labels() -> None:
    lines = [line for line in text(FORM).split("\n") if line]
    assert lines == [
        "Order number: K-17", "Depot: Leeds", "Clerk: Ada Ruiz", "Rent: 900.00 EUR", "Colour: Red",
        "[x] Insured [_] Express", "Due on: 2026-05-03", "Note", "Ring twice.", "Dog at home.", "Customer: Bo Lind",
        "Fee: 9.00",
    ]  # fmt: skip


def test_text_that_is_laid_out_by_its_author_keeps_its_lines() -> None:
    assert text("<pre>Rent:   900\nTerm:   2 years</pre>") == "Rent:   900\nTerm:   2 years"


@pytest.mark.parametrize("character", ["\u2028", "\u2029", "\u0085", "\x0b", "&#8232;"])
def test_no_character_but_markup_ends_a_row(character: str) -> None:
    page = "<table><tr><th>A</th><th>B</th><th>C</th></tr><tr><td>1</td><td>x{}y</td><td>3</td></tr></table>"
    assert "| 1 | x y | 3 |" in text(page.format(character))


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        ("Rent: 320<sup>1</sup> EUR", "Rent: 320[1] EUR"),
        ("Rent: 1,250<sup><a href='#n'>1</a></sup>", "Rent: 1,250[1]"),
        (
            "On the 1<sup>st</sup> day, 12 m<sup>2</sup> of H<sub>2</sub>O",
            "On the 1st day, 12 m2 of H2O",
        ),
    ],
)
def test_a_mark_behind_a_figure_is_no_part_of_it(raised: str, expected: str) -> None:
    assert text(f"<p>{raised}</p>") == expected
    assert text(f"<table><tr><td>{raised}</td></tr></table>") == expected


@pytest.mark.parametrize(
    ("page", "refusal"),
    [
        ("<div>" * 600 + "x", "nested more deeply than 500"),
        ("<i>x</i>" * 300_001, "HTML elements; the limit is 300000"),
        ("".join(f"<p><font a{n}>x" for n in range(20_000)), "longer than 1 s|more than 1024 MB"),
        (
            "<style>" + "* {display:none}" * 9_000 + "</style>" + "<p>x" * 90_000,
            "took longer than 1 s",
        ),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_page_that_would_take_long_is_refused(page: str, refusal: str) -> None:
    content = f"<html><body>{page}</body></html>".encode()
    with pytest.raises(PermanentError, match=refusal):
        read_document(content, media_type=None, name=None, limits=Limits(reader_seconds=1))


def test_cells_with_lines_of_their_own_are_blocks_side_by_side() -> None:
    page = (
        "<table><tr><td><b>Paid on</b><br>3 May</td><td><div>Bill to</div><div>Ada Ruiz</div>Leeds</td></tr></table>"
        "<table><tr><td>Depot<br>5 Low Rd</td></tr></table>"
    )
    assert text(page) == "Paid on\n3 May\n\nBill to\nAda Ruiz\nLeeds\n\nDepot\n5 Low Rd"
    assert text("<table><tr><td>To</td><td>Ada<br>Leeds</td></tr></table>") == "To: Ada Leeds"


def test_rows_of_a_table_that_arranges_a_page_stay_rows() -> None:
    page = (
        "<table><tr><td>Alder Ltd</td><td>Order #17</td></tr><tr><td colspan=2><h2>Thank you</h2></td></tr>"
        "<tr><td>Mug<br>blue</td><td>9.00</td></tr><tr><td>&nbsp;</td></tr><tr><td>Total</td><td>9.00</td></tr></table>"
    )
    assert text(page) == "Alder Ltd   Order #17\n\n## Thank you\n\nMug blue: 9.00\nTotal: 9.00"
