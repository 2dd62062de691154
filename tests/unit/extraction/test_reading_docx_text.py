"""DOCX: all text that a word processor shows is read, whatever wraps it; what it hides is not."""

from __future__ import annotations

import pytest

from extraction import NeedsOcrError, PermanentError
from tests.unit.extraction.packages import OFFICE, RELS, TYPES, W, docx, paragraph, zipped

from .test_reading_docx import read, text

NAMES = (
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml" '
    'xmlns:w99="urn:example:a-later-version" '
    'xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram" '
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'
)


def run(words: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{words}</w:t></w:r>'


def line(*parts: str, style: str = "") -> str:
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p {NAMES}>{properties}{run('Rent: ')}{''.join(parts)}</w:p>"


def relation(name: str, kind: str, target: str) -> str:
    return f'<Relationship Id="{name}" Type="{OFFICE}/{kind}" Target="{target}"/>'


@pytest.mark.parametrize(
    "wrapped",
    [
        '<w:fldSimple w:instr=" MERGEFIELD Rent ">{}</w:fldSimple>',
        '<w:fldSimple w:instr=" REF x "><w:fldSimple w:instr=" IF ">{}</w:fldSimple></w:fldSimple>',
        '<w:dir w:val="ltr">{}</w:dir>',
        '<w:bdo w:val="rtl">{}</w:bdo>',
        "<w:smartTag><w:smartTagPr/>{}</w:smartTag>",
        "<w:customXml><w:customXmlPr/>{}</w:customXml>",
        "<w:sdt><w:sdtPr/><w:sdtContent>{}</w:sdtContent></w:sdt>",
        "<w:ins>{}</w:ins>",
        "<w:moveTo>{}</w:moveTo>",
        '<w:hyperlink r:id="nowhere">{}</w:hyperlink>',
        "<w:r><w:ruby><w:rubyPr/><w:rt>{0}</w:rt><w:rubyBase>{0}</w:rubyBase></w:ruby></w:r>",
        "<m:oMathPara><m:oMath><m:r><m:t>950</m:t></m:r></m:oMath></m:oMathPara>",
        "<w99:later><w99:wrapper>{}</w99:wrapper></w99:later>",
        "<mc:AlternateContent><mc:Choice Requires='w99'>{}</mc:Choice></mc:AlternateContent>",
    ],
)
def test_text_is_read_through_whatever_wraps_it(wrapped: str) -> None:
    assert text(line(wrapped.format(run("950")))) == "Rent: 950"


def test_a_formula_is_read_as_it_is_typed() -> None:
    part = "<m:r><m:t>{}</m:t></m:r>"
    fraction = f"<m:f><m:num>{part.format('900')}</m:num><m:den>{part.format('12')}</m:den></m:f>"
    power = f"<m:sSup><m:e>{part.format('q')}</m:e><m:sup>{part.format('2')}</m:sup></m:sSup>"
    assert text(line(f"<m:oMath>{fraction}{power}</m:oMath>")) == "Rent: 900/12q^2"


STYLES = (
    f'<w:styles {W}><w:style w:type="character" w:styleId="Gone"><w:name w:val="Gone"/>'
    "<w:rPr><w:vanish/></w:rPr></w:style>"
    '<w:style w:type="character" w:styleId="Child"><w:basedOn w:val="Gone"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="Old"><w:rPr><w:strike/></w:rPr></w:style>'
    '<w:style w:type="character" w:styleId="Loop"><w:basedOn w:val="Loop"/></w:style></w:styles>'
)


@pytest.mark.parametrize(
    ("properties", "style", "shown"),
    [
        ("<w:vanish/>", "", False),
        ("<w:strike/>", "", False),
        ('<w:dstrike w:val="true"/>', "", False),
        ('<w:rStyle w:val="Gone"/>', "", False),
        ('<w:rStyle w:val="Child"/>', "", False),
        ("", "Old", False),
        ('<w:vanish w:val="0"/>', "", True),
        ('<w:strike w:val="false"/>', "Old", True),
        ('<w:rStyle w:val="Gone"/><w:vanish w:val="0"/>', "", True),
        ('<w:rStyle w:val="Loop"/>', "", True),
        ("<w:webHidden/>", "", True),
    ],
)
def test_what_is_hidden_or_struck_out_is_not_said(properties: str, style: str, shown: bool) -> None:
    body = line(run("900 ", properties), run("950", '<w:strike w:val="0"/>'), style=style)
    found = text(body, {"word/styles.xml": STYLES}, relation("s", "styles", "styles.xml"))
    assert found.endswith("900 950" if shown else "950")
    assert ("900" in found) == shown


def test_hidden_rows_are_not_read_and_struck_out_fields_stay_balanced() -> None:
    rows = "".join(
        f"<w:tr><w:trPr>{hidden}</w:trPr>"
        + "".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in cells)
        + "</w:tr>"
        for hidden, cells in (("", "AB"), ("<w:hidden/>", "CD"), ("", "EF"))
    )
    assert "C" not in text(f"<w:tbl>{rows}</w:tbl>")
    field = (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> PAGE </w:instrText></w:r>'
        '<w:r><w:rPr><w:vanish/></w:rPr><w:fldChar w:fldCharType="separate"/><w:t>7</w:t></w:r>'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )
    assert text(line(field, run("950"))) == "Rent: 950"


def shape(inner: str) -> str:
    return f"<w:drawing><a:graphic><a:graphicData>{inner}</a:graphicData></a:graphic></w:drawing>"


BOX = f"<wps:wsp><wps:txbx><w:txbxContent>{paragraph('Total: 12')}</w:txbxContent></wps:txbx></wps:wsp>"
FALLBACK = (
    "<w:pict><v:shape><v:textbox><w:txbxContent>"
    f"{paragraph('Total: 12')}</w:txbxContent></v:textbox></v:shape></w:pict>"
)


def alternatives(choice: str, fallback: str = "") -> str:
    return (
        f"<mc:AlternateContent><mc:Choice Requires='wps'>{choice}</mc:Choice>"
        f"<mc:Fallback>{fallback}</mc:Fallback></mc:AlternateContent>"
    )


@pytest.mark.parametrize(
    "drawn",
    [
        shape(BOX),
        shape(f"<wps:group><wps:inner>{BOX}</wps:inner></wps:group>"),
        alternatives(shape(BOX)),
        alternatives(shape(BOX), FALLBACK),
        alternatives("<w:drawing/>", FALLBACK),
        FALLBACK,
        shape("<a:p><a:r><a:t>Total: </a:t></a:r><a:r><a:t>12</a:t></a:r></a:p>"),
    ],
)
def test_a_text_box_is_read_once_however_it_is_drawn(drawn: str) -> None:
    found = text(f"<w:p {NAMES}>{run('Rent: 950')}<w:r>{drawn}</w:r></w:p>{paragraph('Bye.')}")
    assert found == "Rent: 950\n\nTotal: 12\n\nBye."


def test_the_text_of_a_diagram_is_read() -> None:
    data = f"<dgm:dataModel {NAMES}><dgm:pt><a:p><a:r><a:t>Step one</a:t></a:r></a:p></dgm:pt></dgm:dataModel>"
    body = f"<w:p {NAMES}><w:r>{shape(chr(60) + 'dgm:relIds r:dm=' + chr(34) + 'd' + chr(34) + '/>')}</w:r></w:p>"
    found = text(
        body, {"word/diagrams/data1.xml": data}, relation("d", "diagramData", "diagrams/data1.xml")
    )
    assert found == "Step one"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.html", "<html><body><p>Total: 12</p></body></html>"),
        ("a.txt", "Total: 12"),
        ("a.mht", "MIME-Version: 1.0\nContent-Type: text/html\n\n<p>Total: 12</p>\n"),
        ("a.docx", docx(paragraph("Total: 12"))),
        ("a.rtf", "{\\rtf1 Total: 12}"),
    ],
)
def test_a_document_inserted_whole_is_read_where_it_stands(name: str, content: str | bytes) -> None:
    body = f'{paragraph("Rent: 950")}<w:altChunk {NAMES} r:id="c"/>{paragraph("Bye.")}'
    files = {
        "_rels/.rels": RELS.format(relation("r1", "officeDocument", "word/document.xml")),
        "[Content_Types].xml": TYPES,
        "word/_rels/document.xml.rels": RELS.format(relation("c", "aFChunk", f"/word/{name}")),
        "word/document.xml": f"<w:document {W}><w:body>{body}</w:body></w:document>",
    }
    packed = {key: value.encode() for key, value in files.items()}
    packed[f"word/{name}"] = content if isinstance(content, bytes) else content.encode()
    raw = read(zipped(packed))
    assert raw.parts[0].text.split() == ["Rent:", "950", "Total:", "12", "Bye."]
    assert raw.not_read == ()
    packed[f"word/{name}"] = b"{\\rtf1 Total: 12"
    assert read(zipped(packed)).not_read == (
        "A document inserted into the DOCX was not read. Send it by itself.",
    )


@pytest.mark.parametrize(
    "part",
    [
        f'<w:styles {W}><w:style w:styleId="Odd"><w:name w:val="Odd"/></w:style></w:styles>',
        f'<w:styles {W}><w:style w:type="paragraph"><w:name w:val="Odd"/></w:style></w:styles>',
        "<w:styles",
        "",
    ],
)
@pytest.mark.parametrize("name", ["styles", "numbering", "settings", "footnotes"])
def test_one_odd_part_does_not_refuse_a_document(part: str, name: str) -> None:
    body = paragraph("Rent: 950", '<w:pPr><w:numPr><w:numId w:val="x"/></w:numPr></w:pPr>')
    parts = {f"word/{name}.xml": part, "docProps/core.xml": part}
    assert "Rent: 950" in text(body, parts, relation("s", name, f"{name}.xml"))


@pytest.mark.parametrize(
    "odd",
    [
        '<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val=""/></w:tcPr>{}</w:tc></w:tr></w:tbl>',
        "<w:p><w:r><w:sym/></w:r></w:p>{}",
        "<w:p><w:r><w:footnoteReference/></w:r></w:p>{}",
    ],
)
def test_one_odd_element_does_not_refuse_a_document(odd: str) -> None:
    assert "Rent: 950" in text(odd.format(paragraph("Rent: 950")))


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("target", ["word/document2.xml", "/word/document2.xml", "WORD/main.xml"])
def test_headers_are_found_wherever_the_main_part_is(target: str, strict: bool) -> None:
    folder, name = target.strip("/").split("/")
    files = {
        "[Content_Types].xml": TYPES.replace("/word/document.xml", f"/{folder}/{name}"),
        "_rels/.rels": RELS.format(relation("r1", "officeDocument", target)),
        f"{folder}/_rels/{name}.rels": RELS.format(
            relation("h", "header", "header1.xml")
            + relation("f", "footer", f"/{folder}/f/foot.xml")
        ),
        f"{folder}/{name}": f"<w:document {W}><w:body>{paragraph('Rent: 950')}</w:body></w:document>",
        f"{folder}/header1.xml": f"<w:hdr {W}>{paragraph('Calder Ltd')}</w:hdr>",
        f"{folder}/f/foot.xml": f"<w:ftr {W}>{paragraph('IBAN DE89')}</w:ftr>",
    }
    if strict:
        files = {
            key: value.replace(
                "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
                "http://purl.oclc.org/ooxml/wordprocessingml/main",
            )
            for key, value in files.items()
        }
    assert read(zipped(files)).parts[0].text.strip() == "Calder Ltd\n\nRent: 950\n\nIBAN DE89"


def test_a_broken_header_is_said() -> None:
    raw = read(
        docx(paragraph("Rent: 950"), {"word/h.xml": "<w:hdr"}, relation("h", "header", "h.xml"))
    )
    assert raw.not_read == ("A header of the DOCX is broken and was not read.",)


def test_pictures_without_text_need_ocr_and_embedded_objects_are_said() -> None:
    picture = f"<w:p {NAMES}><w:r>{shape('<a:blip/>')}</w:r></w:p>"
    with pytest.raises(NeedsOcrError, match="NEEDS_OCR"):
        read(docx(picture))
    [hardly] = read(docx(picture + paragraph("Page 1"))).not_read
    assert hardly.startswith("NEEDS_OCR")
    assert read(docx(picture + paragraph("Rent for 12 Mill Road, Leeds: 950"))).not_read == ()
    sheet = (
        f'<w:p {NAMES}><w:r><w:object><o:OLEObject ProgID="Excel.Sheet.12"/></w:object></w:r></w:p>'
    )
    [said] = read(docx(sheet + paragraph("Rent: 950"))).not_read
    assert said.startswith("1 embedded object(s)")
    formula = sheet.replace("Excel.Sheet.12", "Equation.3")
    assert read(docx(formula + paragraph("Rent: 950"))).not_read == ()


def test_a_cell_that_spans_rows_holds_for_each_of_them_in_a_docx_too() -> None:
    def cell(words: str, merge: str = "") -> str:
        return f"<w:tc><w:tcPr>{merge}</w:tcPr>{paragraph(words) if words else '<w:p/>'}</w:tc>"

    rows = (
        (cell("Ward"), cell("Seat"), cell("Name")),
        (cell("North", '<w:vMerge w:val="restart"/>'), cell("1"), cell("Ada")),
        (cell("", "<w:vMerge/>"), '<w:bookmarkStart w:id="1" w:name="x"/>', cell("2"), cell("Bo")),
    )
    table = "".join(f"<w:tr>{''.join(row)}</w:tr>" for row in rows)
    assert "| North | 2 | Bo |" in text(f"<w:tbl>{table}</w:tbl>")


def test_a_document_without_a_body_is_still_refused() -> None:
    files = {"[Content_Types].xml": TYPES, "word/document.xml": f"<w:document {W}/>"}
    with pytest.raises(PermanentError, match="broken"):
        read(zipped(files))


def test_what_is_chosen_in_a_drop_down_field_is_read() -> None:
    entries = '<w:listEntry w:val="900"/><w:listEntry w:val="950"/>'
    field = (
        f'<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:ddList><w:result w:val="1"/>{entries}</w:ddList>'
        "</w:ffData></w:fldChar></w:r><w:r><w:instrText> FORMDROPDOWN </w:instrText></w:r>"
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )
    assert text(line(field)) == "Rent: 950"


def test_a_picture_as_large_as_a_page_is_said() -> None:
    drawn = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
    for inches, said in ((8, True), (2, False)):
        extent = f'<wp:extent xmlns:wp="{drawn}" cx="{inches * 914400}" cy="{inches * 914400}"/>'
        body = f"<w:p {NAMES}><w:r><w:drawing>{extent}{shape('<a:blip/>')}</w:drawing></w:r></w:p>"
        found = read(docx(body + paragraph("Rent for 12 Mill Road, Leeds: 950"))).not_read
        assert bool(found) == said


def test_a_document_inserted_into_a_cell_leaves_the_row_whole() -> None:
    cells = "".join(f"<w:tc>{paragraph(words)}</w:tc>" for words in ("A", "B", "C"))
    inserted = f"<w:tc><w:altChunk {NAMES} r:id='c'/></w:tc>"
    rows = f"<w:tr>{cells}</w:tr><w:tr>{inserted}<w:tc>{paragraph('2')}</w:tc><w:tc>{paragraph('3')}</w:tc></w:tr>"
    found = text(
        f"<w:tbl>{rows}</w:tbl>", {"word/a.txt": "x\ny | z"}, relation("c", "aFChunk", "a.txt")
    )
    assert "| x y | z | 2 | 3 |" in found


def test_a_document_type_in_a_part_that_is_not_read_refuses_no_document() -> None:
    odd = {
        "customXml/item1.xml": "<!DOCTYPE a [<!ENTITY b 'c'>]><a/>",
        "docProps/core.xml": "<!DOCTYPE a><a/>",
    }
    assert text(paragraph("Rent: 950"), odd) == "Rent: 950"
