"""XML invoices as documents: told by their content, rendered line by line, and what is refused."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from extraction import Limits, PermanentError
from extraction.readers.apart import read_apart
from extraction.readers.formats import PDF as FORMAT
from tests.pdfs import Pdf, text_at
from tests.unit.extraction.papers import read

SOURCES = Path(__file__).parent / "sources" / "e_invoices"
CII, UBL = ((SOURCES / f"{name}.xml").read_text("utf-8") for name in ("cii", "ubl"))
NAMESPACE = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"


def invoice(inner: str, *, head: str = '<?xml version="1.0"?>') -> str:
    return f'{head}<Invoice xmlns="{NAMESPACE}">{inner}</Invoice>'


def with_attached(name: str, content: bytes) -> bytes:
    made = Pdf()
    made.page(text_at(56, 80, "Invoice 7, total 12.00 EUR"))
    made.attach(name, content)
    return made.bytes()


def test_an_element_is_a_line_with_its_attributes_and_value() -> None:
    document = read(
        invoice('<ID schemeID="X (1), 2">  7\n 8 </ID><Party><Name>A: b</Name></Party><Empty/>')
    )
    assert document.media_type == "application/xml"
    assert document.e_invoices_start == 0
    assert (
        document.text == "Invoice\n  ID (schemeID=X 1 2): 7 8\n  Party\n    Name: A: b\n  Empty\n"
    )


@pytest.mark.parametrize("name", [None, "a.pdf", "a.txt", "a.csv", "a.html"])
def test_an_invoice_is_told_by_its_root_element_whatever_it_is_called(name: str | None) -> None:
    assert read(CII, name=name).media_type == "application/xml"


def test_it_needs_no_declaration() -> None:
    assert read(invoice("<ID>1</ID>", head="\n")).media_type == "application/xml"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252", "iso-8859-2"]
)
def test_the_declaration_names_the_encoding(encoding: str) -> None:
    text = "Łódź" if encoding.endswith("-2") else "Müller"
    said = "utf-8" if encoding == "utf-8-sig" else encoding
    content = invoice(f"<ID>{text}</ID>", head=f'<?xml version="1.0" encoding="{said}"?>')
    assert f"ID: {text}\n" in read(content.encode(encoding)).text


@pytest.mark.parametrize("encoding", ["windows-1252", "utf-16", "iso-8859-15"])
def test_a_text_that_was_copied_from_a_file_of_another_encoding_is_read_as_it_is(
    encoding: str,
) -> None:
    head = f'<?xml version="1.0" encoding="{encoding}"?>'
    assert "ID: Müller 5 €\n" in read(invoice("<ID>Müller 5 €</ID>", head=head)).text


BILLION_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE Invoice [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + f']><Invoice xmlns="{NAMESPACE}"><ID>&j;</ID></Invoice>'
)
OTHER_FILE = (
    '<?xml version="1.0"?><!DOCTYPE Invoice [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    f'<Invoice xmlns="{NAMESPACE}"><ID>&x;</ID></Invoice>'
)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (BILLION_LAUGHS, "document type"),
        (OTHER_FILE, "document type"),
        (invoice("<a>" * 5000 + "</a>" * 5000), "nested more than 60 deep"),
        (CII[: len(CII) // 2], "The XML is broken at line"),
        (invoice("<ID>&unknown;</ID>"), "The XML is broken at line 1: undefined entity"),
        ('<?xml version="1.0"?><rss version="2.0"><channel/></rss>', "XML of a kind that is not read"),
        ('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "of a kind that is not read"),
        (
            '<?xml version="1.0"?><SCRDMCCBDACIOMessageStructure xmlns="urn:un:unece:uncefact:data:order"/>',
            "of a kind that is not read",
        ),
    ],
)  # fmt: skip
def test_what_is_refused_says_why(content: bytes | str, reason: str) -> None:
    with pytest.raises(PermanentError) as refused:
        read(content)
    assert reason in str(refused.value)


def test_xhtml_is_a_page_all_the_same() -> None:
    page = (
        '<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x.dtd">'
        '<html xmlns="http://www.w3.org/1999/xhtml"><body><p>Hello&nbsp;there</p></body></html>'
    )
    assert read(page).media_type == "text/html"


def test_bounds_hold_for_bytes_characters_and_elements() -> None:
    many = invoice("<a>1</a>" * 1000)
    with pytest.raises(PermanentError, match="bytes; the limit is 100"):
        read(many, max_bytes=100)
    with pytest.raises(PermanentError, match="characters; the limit is 500"):
        read(many, max_characters=500)
    with pytest.raises(PermanentError, match="101 XML elements; the limit is 100"):
        read(many, max_lines=100)


def test_a_pdf_brings_the_xml_that_is_embedded_in_it() -> None:
    for name in ("factur-x.xml", "ZUGFeRD-invoice.xml", "xrechnung.xml", "whatever.xml"):
        document = read(with_attached(name, CII.encode()))
        assert document.media_type == "application/pdf"
        assert "GrandTotalAmount: 476.49" in document.text[document.e_invoices_start :]
        assert document.pages == (0,)
        assert document.page_of(5) == 1
        assert document.page_of(len(document.text) - 2) is None
        assert document.not_read == ()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("factur-x.xml", CII[:900].encode(), "The XML is broken at line"),
        ("factur-x.xml", b"%PNG", "it is not an invoice in XML"),
        ("zugferd-invoice.xml", BILLION_LAUGHS.encode(), "document type"),
        ("xrechnung.xml", b"<a>" + b" " * 20_000_000, "20000003 bytes; the limit is 20000000"),
    ],
    ids=["cut short", "no XML", "entities", "20 MB"],
)
def test_an_embedded_invoice_that_cannot_be_read_says_so_and_the_page_is_read(
    name: str, content: bytes, reason: str
) -> None:
    document = read(with_attached(name, content))
    assert document.text.strip() == "Invoice 7, total 12.00 EUR"
    assert document.e_invoices_start is None
    (said,) = document.not_read
    assert said.startswith("The e-invoice embedded in the PDF was not read: ")
    assert reason in said


def test_embedded_files_of_another_kind_are_left_alone() -> None:
    order = '<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2"/>'
    document = read(with_attached("order-x.xml", order.encode()))
    assert (document.e_invoices_start, document.not_read) == (None, ())


def test_the_child_that_parses_the_pdf_hands_the_xml_over() -> None:
    raw = read_apart(FORMAT, with_attached("factur-x.xml", UBL.encode()), Limits(), lambda: False)
    assert len(raw.e_invoices) == 1
    assert raw.e_invoices[0].startswith("Invoice\n  ID: UB-31\n")


def test_a_file_inside_the_xml_is_not_read_as_text() -> None:
    inner = base64.b64encode(b"x" * 1000).decode()
    document = read(
        invoice(
            f"<Attachment><EmbeddedDocumentBinaryObject>{inner}</EmbeddedDocumentBinaryObject></Attachment>"
        )
    )
    assert document.text == "Invoice\n  Attachment\n    EmbeddedDocumentBinaryObject: (not read)\n"
