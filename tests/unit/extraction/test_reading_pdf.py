"""PDFs of real producers and of our own pen: layout, reading order, what is dropped and what is refused."""

from __future__ import annotations

import random
import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extraction import ExtractionError, Limits, NeedsOcrError, PermanentError, read_document
from extraction.document.typed import TypedText
from extraction.readers.apart import read_apart
from extraction.readers.formats import PDF as FORMAT
from extraction.readers.pdf_pages import pdf_to_raw
from extraction.readers.raw import Raw
from tests.pdfs import HEIGHT, WIDTH, Pdf, make_pdf, text_at

SOURCES = Path(__file__).parent / "sources" / "pdf"
INVOICE = (SOURCES / "invoice-chromium.pdf").read_bytes()


def read(content: bytes, **limits: int) -> Raw:
    return pdf_to_raw(content, Limits(**limits))


@cache
def text(name: str) -> str:
    return "\n\f\n".join(part.text for part in read((SOURCES / name).read_bytes()).parts)


def cells(line: str) -> list[str]:
    return re.split(r" {2,}", line.strip())


def line_with(page: str, words: str) -> str:
    return next(line for line in page.splitlines() if words in line)


def drawn(*texts: tuple[float, float, str]) -> str:
    """The text of a page on which these texts stand."""
    pdf = Pdf()
    pdf.page(b"".join(text_at(*place) for place in texts))
    return read(pdf.bytes()).parts[0].text


@pytest.mark.parametrize(
    ("name", "words", "expected"),
    [
        ("invoice-chromium", "Socket set", ["2", "Socket set", "10", "sets", "49.90", "499.00"]),
        ("invoice-chromium", "Delivery,", ["3", "Delivery, insured", "1", "lump", "35.00", "35.00"]),
        ("invoice-chromium", "Due date", ["Due date", "11 April 2026"]),
        ("invoice-chromium", "VAT 19 %", ["VAT 19 %", "171.57"]),
        ("invoice-chromium", "Bill to", ["Bill to", "Ship to"]),
        ("invoice-chromium", "20095", ["20095 Hamburg", "20457 Hamburg"]),
        ("article-chromium", "Cape Lume", ["G-3", "Cape Lume", "12.4"]),
        ("cv-chromium", "2021 – today", ["Senior data engineer, Calder Analytics", "2021 – today"]),
        ("filled-form", "Full name", ["Full name:", "Ada Moreau"]),
        ("filled-form", "Date of birth", ["Date of birth:", "14/07/1988"]),
        ("filled-form", "Newsletter", ["Newsletter:", "[x]", "yes", "[_]", "no"]),
        ("filled-form", "Kind", ["Kind:", "Family"]),
    ],
)  # fmt: skip
def test_what_stands_side_by_side_stays_on_its_line(
    name: str, words: str, expected: list[str]
) -> None:
    assert cells(line_with(text(f"{name}.pdf"), words)) == expected


def test_cells_of_a_column_stand_under_each_other() -> None:
    page = text("long-table-reportlab.pdf").split("\f")[0]
    rows = [line for line in page.splitlines() if "Depot " in line]
    assert len({line.index("Depot ") for line in rows}) == 1
    assert len({len(line) for line in rows}) == 1  # amounts are flush right
    assert line_with(page, "Annual cost").index("Depot") == rows[0].index("Depot ")


def test_rows_of_figures_are_never_made_one() -> None:
    lines = [
        ("Item", "Qty", "Price"),
        ("Nut", "1", "0.10"),
        ("Bolt", "2", "0.20"),
        ("Washer", "3", "0.05"),
    ]
    places = [
        (60, 90 + 14 * n, cell, x)
        for n, row in enumerate(lines)
        for cell, x in zip(row, (60, 115, 150), strict=True)
    ]
    page = drawn(*((x, y, cell) for _, y, cell, x in places))
    assert [cells(line) for line in page.splitlines()] == [list(row) for row in lines]


def test_blocks_on_bases_of_their_own_come_one_after_the_other() -> None:
    page = text("invoice-chromium.pdf")
    assert "Leeds LS1 4AB\nUnited Kingdom\nVAT GB 123 4567 82\n\nInvoice number" in page


def test_running_text_flows() -> None:
    page = text("invoice-chromium.pdf")
    assert "due within thirty days of the date of this invoice without deduction." in page
    prose = page[page.index("Payment is due") : page.index("has to\nbe sent.")]
    assert "  " not in prose
    assert "\n\n" not in prose


def test_columns_of_prose_are_read_one_after_the_other() -> None:
    page = text("article-chromium.pdf")
    flat = re.sub(r"\s+", " ", page)
    assert "read every ten minutes and its values were sent to the office by radio. Between" in flat
    assert page.index("1 Introduction") < page.index("2 Method") < page.index("3 Results")
    assert page.index("Abstract.") < page.index("1 Introduction")


def test_a_side_bar_comes_by_itself() -> None:
    page = text("cv-chromium.pdf")
    assert "12 Mill Road\nLeeds LS6 2AB" in page
    assert page.index("Fell running") < page.index("Jo Marsh")


def test_two_columns_of_short_lines_on_one_base_are_rows() -> None:
    page = drawn(
        *((x, 100 + 14 * n, f"{side}{n}") for n in range(12) for x, side in ((60, "a"), (300, "b")))
    )
    assert [cells(line) for line in page.splitlines()] == [[f"a{n}", f"b{n}"] for n in range(12)]


def test_a_header_stays_once_and_page_numbers_go() -> None:
    whole = text("long-table-reportlab.pdf")
    assert whole.count("Confidential") == 1
    assert "Page 1 of 3" not in whole
    assert len(re.findall(r"Depot \w\d+", whole)) == 90
    assert whole.count("Annual cost") == 3  # a table's own head is no running line


def test_lines_that_only_look_alike_stay() -> None:
    pages = [
        [f"Record {n}", "", "Depot: Leeds", f"Total: {n}00.00", *["Body"] * 30, "", f"Balance: {n}"]
        for n in (3, 5, 9, 4)
    ]
    whole = "\n".join(part.text for part in read(make_pdf(pages)).parts)
    for n in (3, 5, 9, 4):
        assert f"Record {n}" in whole
        assert f"Total: {n}00.00" in whole
        assert f"Balance: {n}" in whole
    assert whole.count("Body") == 120


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_page_that_is_turned_reads_the_same(turn: int) -> None:
    straight = drawn((60, 100, "Total"), (300, 100, "12.50"), (60, 120, "Paid"))
    pdf = Pdf()
    cosine, sine = {90: (0, 1), 180: (-1, 0), 270: (0, -1)}[turn]
    middle = WIDTH / 2, HEIGHT / 2
    turned = (
        f"q 1 0 0 1 {middle[0]} {middle[1]} cm {cosine} {sine} {-sine} {cosine} 0 0 cm "
        f"1 0 0 1 {-middle[0]} {-middle[1]} cm "
    )
    texts = text_at(160, 300, "Total") + text_at(400, 300, "12.50") + text_at(160, 320, "Paid")
    pdf.page(turned.encode() + texts + b" Q")
    assert read(pdf.bytes()).parts[0].text == straight


def test_text_beyond_the_page_is_not_read() -> None:
    assert drawn((60, 100, "seen"), (60, -300, "above"), (2000, 100, "beside")) == "seen"


def test_bold_by_overprinting_is_read_once() -> None:
    assert drawn((60, 100, "Total"), (60.2, 100, "Total")) == "Total"


def test_paragraphs_are_set_apart() -> None:
    places = [(60, 100 + y, f"line {y}") for y in (0, 14, 28, 62, 76)]
    assert drawn(*places) == "line 0\nline 14\nline 28\n\nline 62\nline 76"


def test_a_number_and_its_list_item_are_one() -> None:
    assert drawn((60, 100, "1."), (78, 100, "First"), (60, 114, "2."), (78, 114, "Second")) == (
        "1. First\n2. Second"
    )


def test_pages_that_are_scanned_are_told_from_empty_ones() -> None:
    pdf = Pdf()
    pdf.page(text_at(60, 100, "A page of text that a person typed in"))
    pdf.scan()
    pdf.page(b"")
    pdf.scan(text_at(60, 800, "Page 4"))
    raw = read(pdf.bytes())
    assert raw.pages_without_text == (2, 4)
    assert tuple(part.text for part in raw.parts) == (
        "A page of text that a person typed in",
        "",
        "",
        "",
    )


def test_a_scan_with_a_text_layer_is_text() -> None:
    pdf = Pdf()
    pdf.scan(b"3 Tr " + text_at(60, 100, "What an OCR program found on this page"))
    assert read(pdf.bytes()).pages_without_text == ()


def test_no_text_and_images_need_ocr() -> None:
    pdf = Pdf()
    pdf.scan()
    pdf.scan(text_at(60, 800, "Page 2"))
    assert read(pdf.bytes()).pages_without_text == (1, 2)
    with pytest.raises(NeedsOcrError, match=r"NEEDS_OCR.*OCR"):
        read_document(pdf.bytes(), media_type=None, name=None, limits=Limits())


def test_no_text_and_no_images_is_just_empty() -> None:
    pdf = Pdf()
    pdf.page(b"")
    assert read(pdf.bytes()) == Raw((TypedText(""),), None, paged=True)


def test_a_password_is_asked_to_be_removed() -> None:
    with pytest.raises(PermanentError, match="Remove the password"):
        read((SOURCES / "encrypted.pdf").read_bytes())


def test_a_pdf_that_opens_without_its_owners_password_is_read() -> None:
    assert text("owner-protected.pdf") == "Total: 100.00"


@pytest.mark.parametrize(
    "content", [b"%PDF-1.7\n", b"%PDF-1.7\n%%EOF", INVOICE[:300], b"%PDF-" + b"\x00" * 999]
)
def test_what_is_broken_or_cut_short_is_refused(content: bytes) -> None:
    with pytest.raises(PermanentError, match=r"broken|no pages"):
        read(content)


def test_no_pages_are_refused() -> None:
    with pytest.raises(PermanentError, match=r"no pages|broken"):
        read(Pdf().bytes())


def test_ten_thousand_pages_are_refused_at_once() -> None:
    pdf = Pdf()
    for _ in range(10_000):
        pdf.page(b"")
    with pytest.raises(PermanentError, match=r"10000 pages; the limit is 2000\. Split it"):
        read(pdf.bytes())


def test_more_characters_than_the_limit_are_refused() -> None:
    with pytest.raises(PermanentError, match="characters"):
        read(make_pdf([["words and words"]] * 50), max_characters=100)


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Framework agreement", "Framework agreement"),
        ("untitled", None),
        ("Microsoft Word - draft3.docx", None),
        ("scan0001.pdf", None),
        ("C:\\Users\\x\\y", None),
        ("(anonymous)", None),
    ],
)
def test_a_title_is_one_only_if_somebody_gave_it(title: str, expected: str | None) -> None:
    assert read(make_pdf([["x"]], title=title)).title == expected


@settings(max_examples=25)
@given(st.integers(0, 2**32), st.integers(1, 40))
def test_a_pdf_with_any_bytes_changed_is_read_or_refused(seed: int, changes: int) -> None:
    chance = random.Random(seed)
    content = bytearray(make_pdf([["Total: 12.50", "Paid"], ["Second"]]) if seed % 2 else INVOICE)
    for _ in range(changes):
        content[chance.randrange(len(content))] = chance.randrange(256)
    if seed % 3 == 0:
        del content[chance.randrange(len(content)) :]
    limits = Limits(reader_seconds=5, reader_megabytes=512)
    try:
        raw = read_apart(FORMAT, bytes(content), limits, lambda: False)
    except ExtractionError:
        return
    assert raw.paged
    assert all(page <= len(raw.parts) for page in raw.pages_without_text)


def test_a_justified_line_is_no_table() -> None:
    places, left = [], 60.0
    for word in "We write to confirm the decision of the planning committee".split():
        places.append((left, 100.0, word))
        left += stringwidth(word) + 8
    assert "  " not in drawn(*places)


def test_letters_set_wide_are_words() -> None:
    places, left = [], 60.0
    for letter in "DATE OF BIRTH":
        places += [(left, 100.0, letter)] if letter != " " else []
        left += stringwidth(letter) + 3
    assert drawn(*places, (60, 114, "14 July 1988")) == "DATE OF BIRTH\n14 July 1988"


def stringwidth(text: str) -> float:
    """How wide a text is in Helvetica, by PDFium's own measure of it."""
    pdf = Pdf()
    pdf.page(text_at(60, 100, text + "|"))
    import pypdfium2

    page = pypdfium2.PdfDocument(pdf.bytes())[0].get_textpage()
    return float(page.get_charbox(len(text), loose=True)[0]) - 60 if text.strip() else 3.0


@pytest.mark.parametrize(
    ("flags", "shown"), [(0, True), (4, True), (2, False), (32, False), (38, False)]
)
def test_fields_and_notes_that_no_viewer_shows_are_not_read(flags: int, shown: bool) -> None:
    pdf = Pdf()
    field = pdf.add(
        f"<< /Type /Annot /Subtype /Widget /FT /Tx /T (a) /V (9999) /F {flags} /Rect [160 700 260 716] >>".encode()
    )
    note = pdf.add(
        f"<< /Type /Annot /Subtype /FreeText /Contents (7777) /F {flags} /Rect [160 600 260 616] >>".encode()
    )
    pdf.page(text_at(56, 130, "Rent: 950"), entries=f"/Annots [{field} 0 R {note} 0 R]")
    page = read(pdf.bytes(catalog=f"/AcroForm << /Fields [{field} 0 R] >>")).parts[0].text
    assert ("9999" in page, "7777" in page) == (shown, shown)


def test_what_a_reviewer_struck_out_is_not_said() -> None:
    pdf = Pdf()
    mark = (
        "<< /Type /Annot /Subtype /StrikeOut /Rect [88 728 110 745] "
        "/QuadPoints [88 745 110 745 88 728 110 728] >>"
    )
    pdf.page(
        text_at(56, 110, "Rent: ") + text_at(90, 110, "900") + text_at(120, 110, "950"),
        entries=f"/Annots [{mark}]",
    )
    assert cells(read(pdf.bytes()).parts[0].text) == ["Rent:", "950"]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("90 735.5 18.4 0.6 re f", False),  # through the figure
        ("89 735.5 m 109 735.5 l 0.5 w S", False),
        ("90 729.5 18.4 0.6 re f", True),  # under it
        ("56 735.5 300 0.6 re f", True),  # a rule that it was set on
        ("90 735.5 6 0.6 re f", True),  # through a part of it
    ],
)
def test_what_a_line_is_drawn_through_is_not_said(line: str, shown: bool) -> None:
    pdf = Pdf()
    drawn_texts = text_at(56, 110, "Rent:") + text_at(90, 110, "900") + text_at(120, 110, "950")
    pdf.page(drawn_texts + line.encode())
    found = read(pdf.bytes()).parts[0].text.split()
    assert found == (["Rent:", "900", "950"] if shown else ["Rent:", "950"])


def test_a_raised_mark_behind_a_figure_is_no_part_of_it() -> None:
    pdf = Pdf()
    pdf.page(
        b"BT /F1 11 Tf 56 700 Td (Rent: 320) Tj /F1 7 Tf 4 Ts (1) Tj 0 Ts /F1 11 Tf ( EUR) Tj ET"
    )
    assert read(pdf.bytes()).parts[0].text == "Rent: 320[1] EUR"


def test_files_that_a_pdf_carries_are_said_to_be_unread() -> None:
    # An XML file that is no invoice is the page's own data.
    for name, content, said in (("terms.docx", b"content", True), ("data.xml", b"<data/>", False)):
        pdf = Pdf()
        stream = pdf.stream(content, "/Type /EmbeddedFile")
        spec = pdf.add(
            f"<< /Type /Filespec /F ({name}) /UF ({name}) /EF << /F {stream} 0 R >> >>".encode()
        )
        pdf.page(text_at(56, 110, "Rent: 950"))
        names = f"/Names << /EmbeddedFiles << /Names [({name}) {spec} 0 R] >> >>"
        assert bool(read(pdf.bytes(catalog=names)).not_read) == said


def test_invisible_text_is_read_over_a_picture_of_the_page_only() -> None:
    plain = Pdf()
    plain.page(text_at(56, 110, "Rent: 950") + b"BT /F1 11 Tf 3 Tr 56 700 Td (Margin: 45) Tj ET")
    assert read(plain.bytes()).parts[0].text == "Rent: 950"
    scanned = Pdf()
    scanned.scan(b"BT /F1 11 Tf 3 Tr 56 700 Td (Rent: 950 payable on the first of March) Tj ET")
    assert "Rent: 950" in read(scanned.bytes()).parts[0].text
