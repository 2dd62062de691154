"""Workbooks: what a sheet shows becomes headings, tables, pairs and lines; what would hurt is refused."""

from __future__ import annotations

import struct
from datetime import datetime, time, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from extraction import PermanentError
from extraction.readers.containers import OLE
from extraction.readers.sheet_layout import write
from extraction.readers.sheet_values import Value, number_format, text_of
from extraction.readers.text_builder import TextBuilder
from tests.unit.extraction.packages import OFFICE, zipped
from tests.unit.extraction.papers import read

SOURCES = Path(__file__).parent / "sources" / "office"
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATIONS = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
OPEN = "application/vnd.oasis.opendocument.spreadsheet"


def xlsx(data: str, styles: str = "", before: str = "") -> bytes:
    """A workbook with one sheet of these rows."""
    target = f'<Relationship Id="r1" Type="{OFFICE}'
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "_rels/.rels": f'<Relationships {RELATIONS}>{target}/officeDocument" Target="xl/workbook.xml"/>'
            "</Relationships>",
            "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="{OFFICE}"><sheets><sheet name="S" sheetId="1" r:id="r1"/>'
            "</sheets></workbook>",
            "xl/_rels/workbook.xml.rels": f"<Relationships {RELATIONS}>{target}/worksheet"
            '" Target="worksheets/sheet1.xml"/></Relationships>',
            "xl/styles.xml": f"<styleSheet {MAIN}>{styles}</styleSheet>",
            "xl/worksheets/sheet1.xml": f"<worksheet {MAIN}>{before}<sheetData>{data}</sheetData></worksheet>",
        }
    )


def ods(rows: str, styles: str = "") -> bytes:
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "style", "table", "text")
    )
    content = (
        f"<office:document-content {spaces}>{styles}<office:body><office:spreadsheet><table:table table:name='S'>"
        f"{rows}</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    return zipped(
        {"mimetype": OPEN, "content.xml": content, "META-INF/manifest.xml": "<manifest/>"}
    )


def laid_out(*rows: list[str]) -> str:
    width = max(map(len, rows))
    out = TextBuilder()
    write(out, [row + [""] * (width - len(row)) for row in rows])
    return out.built().text


def test_a_workbook_of_excel() -> None:
    """With a form, a table, sums; a column, a row, a sheet that are hidden, a chart; a cell that is struck out."""
    document = read((SOURCES / "invoice-openpyxl.xlsx").read_bytes())
    assert document.media_type.endswith("spreadsheetml.sheet")
    assert document.title == "Invoice R-2026-017"
    assert document.text == (
        "# Invoice\n\nCalder Ltd, 12 Mill Road, Leeds\n\nInvoice number: R-2026-017\nCustomer no.: 01067\n\n"
        "Date: 2026-03-05\nDue date: 2026-04-04\n\n"
        "| Pos | Description | Quantity | Unit price | Amount |\n| --- | --- | --- | --- | --- |\n"
        "| 1 | Valve | 4 | 12.5 | 50.00 € |\n| 2 | Pump seal | 1 | 1.2340 | 1.23 € |\n"
        "| 4 | Hose | 3 | 10 | 30.00 € |\n\nNet: € 81.23\nVAT: 19%\nPaid: true\n\n"
        "# Stock\n\n| Region | Item | Count |\n| --- | --- | --- |\n| North | Valve | 4 |\n| North | Pump | 2 |\n"
        "| South | Hose | 3 |\n\nName: Role\nAda Bell: Buyer\nJo Kerr: Clerk\n"
    )
    assert [len(table.rows) for table in document.tables] == [4, 4]


def test_an_old_workbook_of_excel() -> None:
    """With a column, a row and a sheet that are hidden, and a cell that is struck out."""
    document = read((SOURCES / "invoice-xlwt.xls").read_bytes())
    assert document.media_type == "application/vnd.ms-excel"
    assert document.text == (
        "# Invoice\n\nInvoice number: R-2026-017\nDate: 2026-03-05\nPaid: true\nTotal: 81.23\nVAT: 19%\n\n"
        "| North | Valve | 4 | 1.5 |\n| North | Pump | 2 | 2.5 |\n"
    )


def record(kind: int, data: bytes = b"") -> bytes:
    name = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
    return name + bytes([len(data)]) + data


def wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def test_a_binary_workbook() -> None:
    sheets = b"".join(
        record(156, struct.pack("<II", hidden, n) + wide(f"r{n}") + wide(name))
        for n, (name, hidden) in enumerate((("Stock", 0), ("Margins", 1)), 1)
    )
    row = record(0, struct.pack("<I", 0) + bytes(13))
    words = record(6, struct.pack("<II", 0, 0) + wide("Total"))
    number = record(5, struct.pack("<IId", 1, 0, 81.5))
    data = record(148, struct.pack("<IIII", 0, 0, 0, 1)) + record(145) + row + words + number
    target = f'<Relationship Type="{OFFICE}/worksheet" Target="worksheets/sheet1.bin"'
    content = zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "xl/workbook.bin": record(143) + sheets + record(144) + record(132),
            "xl/_rels/workbook.bin.rels": f'<Relationships {RELATIONS}>{target} Id="r1"/>{target} Id="r2"/>'
            "</Relationships>",
            "xl/worksheets/sheet1.bin": data + record(146),
        }
    )
    assert read(content).text == "# Stock\n\nTotal: 81.5\n"


def test_an_opendocument_sheet() -> None:
    """A column and a row of it are hidden, and a sheet; a million empty rows cost nothing."""
    document = read((SOURCES / "invoice-odfpy.ods").read_bytes())
    assert document.media_type == OPEN
    assert document.text == (
        "# Invoice\n\nInvoice number: R-2026-017\nDate: 2026-03-05\nNet: 81.23 EUR\nVAT: 19%\n\n"
        "| Region | Item | Count |\n| --- | --- | --- |\n| North | Valve | 4 |\n| North | Pump | 2 |\n"
    )


def test_a_workbook_in_a_mail_is_read() -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Message-ID"] = "a@x.example", "b@x.example", "<1@x>"
    message["Subject"] = "Our invoice"
    message.set_content("See below.")
    content = (SOURCES / "invoice-xlwt.xls").read_bytes()
    message.add_attachment(content, "application", "octet-stream", filename="invoice.xls")
    document = read(message.as_bytes())
    assert "## Attachment invoice.xls" in document.text
    assert "Invoice number: R-2026-017" in document.text


@pytest.mark.parametrize(
    ("value", "code", "expected"),
    [
        (1234.5, None, "1234.5"),
        (5.0, "General", "5"),
        (-0.1 - 0.2, None, "-0.3"),
        (1e16, None, "10000000000000000"),
        (19 / 3, None, "6.333333"),
        (0.00001234, None, "0.00001234"),
        (1.234, "0.000", "1.2340"),  # no thousands
        (0.07, "0%", "7%"),
        (0.195, '0.0\\ %;[Red]"-"0%', "19.5%"),
        (1234.567, '#,##0.00\\ "€"', "1234.57 €"),
        (-12, '_-[$$-409]* #,##0.00_-;-[$$-409]* "-"_-', "$ -12.00"),
        (12.345, '0.0 "kg"', "12.3450 kg"),
        (1067, "00000", "01067"),
        (1067, '#,##0,"k"', "1067"),
        (1067, "0.00E+00", "1067"),
        (1067, f'0.{"0" * 99} "€"', "1067 €"),
        (1067, f'"{"x" * 999}"0', "1067"),
        (1067, ";;;", ""),
        ("secret", ";;;", ""),
        (True, None, "true"),
        (datetime.fromisoformat("2026-03-05"), None, "2026-03-05"),
        (datetime.fromisoformat("2026-03-05 07:59:59.999990"), None, "2026-03-05 08:00"),
        (time(7, 5, 9), None, "07:05:09"),
        (timedelta(hours=30), None, "30:00:00"),
    ],
)
def test_values_are_written_in_one_form(value: Value, code: str | None, expected: str) -> None:
    assert text_of(value, number_format(code)) == expected


def test_tables_and_forms_beside_and_below_each_other_are_told_apart() -> None:
    text = laid_out(
        ["Supplier", "Calder", "", "Item", "Price"],
        ["Date", "2026-03-05", "", "Valve", "12.5"],
        ["Paid", "true", "", "Hose", "10"],
        ["", "", "", "Seal", "3"],
        [],
        ["Name", "Age", "Room"],
        ["Ada", "41", "B2"],
        [],
        ["Jo", "33", "B4"],
        ["", "Total", "74"],
    )
    assert text == (
        "Supplier: Calder\nDate: 2026-03-05\nPaid: true\n\n"
        "| Item | Price |\n| --- | --- |\n| Valve | 12.5 |\n| Hose | 10 |\n| Seal | 3 |\n\n"
        "| Name | Age | Room |\n| --- | --- | --- |\n| Ada | 41 | B2 |\n| Jo | 33 | B4 |\n|  | Total | 74 |\n"
    )


def test_columns_of_figures_stay_with_their_row_whatever_is_empty_between() -> None:
    text = laid_out(
        ["Account", "Note", "", "2025", "2024"],
        ["Sales", "a", "", "120", "100"],
        ["Costs", "b", "", "80", "70"],
    )
    assert "| Sales | a | 120 | 100 |" in text


def test_what_a_hidden_or_formatted_cell_of_the_xml_shows() -> None:
    styles = (
        '<numFmts><numFmt numFmtId="170" formatCode="[$EUR] 0.00"/></numFmts><fonts><font/></fonts>'
        '<cellXfs><xf numFmtId="0"/><xf numFmtId="9"/><xf numFmtId="170"/></cellXfs>'
    )
    rows = (
        '<row r="2"><c r="B2" t="inlineStr"><is><t>Rate</t></is></c><c r="C2" s="1"><v>0.19</v></c></row>'
        '<row><c r="B3" t="str"><v>Sum</v></c><c s="2"><f>1+1</f><v>2</v></c><c r="E3"><v>4711</v></c></row>'
        '<row hidden="true"><c r="B4"><v>4712</v></c></row>'
        '<row><c r="B5" t="str"><v>Bad</v></c><c r="C5" t="e"><v>#DIV/0!</v></c></row>'
    )
    hidden = '<cols><col min="5" max="16384" hidden="1"/></cols>'
    assert read(xlsx(rows, styles, hidden)).text == "# S\n\nRate: 19%\nSum: EUR 2.00\nBad\n"


def test_cells_that_an_opendocument_sheet_writes_once_for_several() -> None:
    struck = "<style:style style:name='s'><style:text-properties style:text-line-through-style='solid'/></style:style>"
    cell = "<table:table-cell office:value-type='{}' office:value='{}' {}><text:p>x</text:p></table:table-cell>"
    rows = (
        cell.format("percentage", "0.19", "table:number-columns-repeated='2'")
        + cell.format("float", "4711", "table:style-name='s'")
        + cell.format("currency", "5", "office:currency='EUR'")
    )
    content = ods(
        f"<table:table-row table:number-rows-repeated='2'>{rows}</table:table-row>", struck
    )
    assert read(content).text == "# S\n\n| 19% | 19% | 5.00 EUR |\n| 19% | 19% | 5.00 EUR |\n"


def test_a_million_empty_rows_are_no_text_and_cost_nothing() -> None:
    rows = "".join(f'<row r="{n}" ht="{n % 977}"/>' for n in range(2, 100_000))
    content = xlsx('<row r="1"><c r="A1"><v>7</v></c></row>' + rows + '<row r="1048576" s="1"/>')
    assert read(content).text == "# S\n\n7\n"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (xlsx('<row r="1"><c r="A1"><v>1</v></c><c r="XFD1048576"><v>1</v></c></row>'), "cells"),
        (xlsx('<row r="1"><c r="A1"><v>1</v></c></row>' * 900_000), "unpacks to far more"),
        (xlsx("<row><c><v>1</v>"), "workbook is broken"),
        (xlsx("") + b"x" * 99_999, "broken"),
        (
            ods(
                "<table:table-row table:number-rows-repeated='99999'><table:table-cell "
                "table:number-columns-repeated='9999' office:value-type='float' office:value='1'>"
                "<text:p>1</text:p></table:table-cell></table:table-row>"
            ),
            "cells",
        ),
        (ods("")[:-30], "broken"),
        (
            zipped({"mimetype": OPEN, "META-INF/manifest.xml": "<m:encryption-data/>"}),
            "encrypted with a password",
        ),
        (OLE + bytes(2000), "old Office document"),
    ],
)
def test_what_would_hurt_is_refused_with_a_sentence(content: bytes, expected: str) -> None:
    with pytest.raises(PermanentError, match=expected):
        read(content)


def test_an_encrypted_old_workbook_is_refused() -> None:
    content = bytearray((SOURCES / "invoice-xlwt.xls").read_bytes())
    at = content.index(struct.pack("<HH", 0xE1, 2))  # the record behind the first
    struct.pack_into("<H", content, at, 0x2F)  # FILEPASS
    with pytest.raises(PermanentError, match="encrypted with a password"):
        read(bytes(content))


def test_sizes_are_bounded() -> None:
    content = (SOURCES / "invoice-openpyxl.xlsx").read_bytes()
    with pytest.raises(PermanentError, match="characters; the limit is 100"):
        read(content, max_characters=100)
    with pytest.raises(PermanentError, match="lines; the limit is 10"):
        read(content, max_lines=10)
