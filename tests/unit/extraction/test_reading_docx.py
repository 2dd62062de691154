"""DOCX: what of a document is read, and what is refused before a parser sees it."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extraction import ExtractionError, Limits, PermanentError
from extraction.readers.apart import read_apart
from extraction.readers.docx import docx_to_raw
from extraction.readers.formats import DOCX as FORMAT
from extraction.readers.raw import Raw
from tests.unit.extraction.packages import MAIN, OFFICE, RELS, TYPES, W, docx, paragraph, zipped

SOURCES = Path(__file__).parent / "sources" / "docx"


def read(content: bytes) -> Raw:
    return docx_to_raw(content, Limits())


def text(body: str, parts: dict[str, str] | None = None, relations: str = "") -> str:
    return read(docx(body, parts, relations)).parts[0].text.strip()


def test_paragraphs_and_headings() -> None:
    heading = '<w:pPr><w:pStyle w:val="Heading1"/></w:pPr>'
    style = (
        f'<w:styles {W}><w:style w:type="paragraph" w:styleId="Heading1">'
        '<w:name w:val="heading 1"/></w:style></w:styles>'
    )
    relation = f'<Relationship Id="r2" Type="{OFFICE}/styles" Target="styles.xml"/>'
    body = paragraph("Lease", heading) + paragraph("Rent: 900")
    raw = read(docx(body, {"word/styles.xml": style}, relation))
    assert raw.parts[0].text.strip() == "# Lease\n\nRent: 900"
    assert raw.title == "Lease"


def test_tabs_set_columns_apart() -> None:
    body = (
        "<w:p><w:r><w:tab/><w:t>Name</w:t><w:tab/><w:tab/><w:t>Phone</w:t></w:r></w:p>"
        "<w:p><w:r><w:t>Date:</w:t><w:tab/><w:t>3 May</w:t></w:r></w:p>"
    )
    assert text(body) == "Name   Phone\n\nDate:   3 May"


def test_tracked_changes_are_taken_as_accepted() -> None:
    body = (
        "<w:p><w:r><w:t xml:space='preserve'>Rent: </w:t></w:r>"
        "<w:del w:id='1'><w:r><w:delText>900</w:delText></w:r></w:del>"
        "<w:ins w:id='2'><w:r><w:t>950</w:t></w:r></w:ins></w:p>"
    )
    assert text(body) == "Rent: 950"


def test_headers_and_footers_are_read_once_around_the_text() -> None:
    parts = {
        "word/header1.xml": f"<w:hdr {W}>{paragraph('Calder Ltd, Leeds')}</w:hdr>",
        "word/header2.xml": f"<w:hdr {W}>{paragraph('Calder Ltd, Leeds')}</w:hdr>",
        "word/footer1.xml": f"<w:ftr {W}>{paragraph('IBAN DE89 3704')}</w:ftr>",
        "word/footer2.xml": f"<w:ftr {W}>{paragraph('Page 1 of 3')}</w:ftr>",
    }
    relations = "".join(
        f'<Relationship Id="h{name}" Type="{OFFICE}/{name[:6]}" Target="{name}.xml"/>'
        for name in ("header1", "header2", "footer1", "footer2")
    )
    assert text(paragraph("Dear Ada"), parts, relations) == (
        "Calder Ltd, Leeds\n\nDear Ada\n\nIBAN DE89 3704"
    )


def test_title_of_the_properties() -> None:
    core = (
        '<c:coreProperties xmlns:c="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Lease of 12 Mill Road</dc:title></c:coreProperties>'
    )
    assert read(docx(paragraph("x"), {"docProps/core.xml": core})).title == "Lease of 12 Mill Road"


def test_a_document_of_a_word_processor() -> None:
    raw = read((SOURCES / "minutes-libreoffice.docx").read_bytes())
    assert "Minutes of the works committee" in raw.parts[0].text
    assert (
        "| 2 | Fire drill went well, four minutes in all, though door 7 was found locked. |"
        in raw.parts[0].text
    )


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["visio/document.xml"], r"Visio.*PDF"),
        (["report.pdf", "notes.txt"], r"ZIP archive\. Unpack"),
    ],
)
def test_other_archives_are_refused_by_name(names: list[str], expected: str) -> None:
    with pytest.raises(PermanentError, match=expected):
        read(zipped(dict.fromkeys(names, "x")))


def test_other_opendocuments_are_refused_by_name() -> None:
    kind = "application/vnd.oasis.opendocument.presentation"
    with pytest.raises(PermanentError, match=r"\(ODP\).*PDF"):
        read(zipped({"mimetype": kind, "content.xml": "x"}))


def ole(*names: str) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "\0".join(names).encode("utf-16-le")


def test_an_encrypted_document_is_told_from_an_old_one() -> None:
    with pytest.raises(PermanentError, match="encrypted with a password"):
        read(ole("EncryptionInfo", "EncryptedPackage"))
    with pytest.raises(PermanentError, match=r"old Word document \(DOC\).*DOCX"):
        read(ole("Root Entry", "WordDocument"))
    with pytest.raises(PermanentError, match="Outlook"):
        read(ole("Root Entry", "__properties_version1.0"))


def test_a_zip_bomb_is_refused_before_it_goes_off() -> None:
    bomb = docx(paragraph("a" * 50_000_000))
    assert len(bomb) < 100_000
    with pytest.raises(PermanentError, match="unpacks to far more"):
        read(bomb)


def test_a_directory_that_lies_about_sizes_is_refused() -> None:
    content = bytearray(docx(paragraph("a" * 70_000_000)))
    at = content.rfind(b"PK\x01\x02", 0, content.rfind(b"word/document.xml"))
    struct.pack_into("<I", content, at + 24, 1000)  # what the entry says it inflates to
    with pytest.raises(PermanentError):
        read(bytes(content))


def test_too_many_parts_are_refused() -> None:
    with pytest.raises(PermanentError, match="6004 parts"):
        read(docx("", {f"word/p{n}": "" for n in range(6_000)}))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused_unread(encoding: str) -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    body = (
        f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE d [<!ENTITY l0 "ha">{laughs}]>'
        f"<w:document {W}><w:body>{paragraph('&l11;')}</w:body></w:document>"
    )
    files = {
        "[Content_Types].xml": TYPES.encode(),
        "_rels/.rels": RELS.format(MAIN).encode(),
        "word/document.xml": body.encode(encoding),
    }
    with pytest.raises(PermanentError, match="entities"):
        read(zipped(files))


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"PK\x03\x04" + bytes(500), docx("")[:400]])
def test_what_is_cut_short_is_refused(content: bytes) -> None:
    with pytest.raises(PermanentError, match="broken"):
        read(content)


def test_xml_that_is_none_is_refused() -> None:
    with pytest.raises(PermanentError, match="broken"):
        read(docx("<w:p><w:r></w:p>"))


def test_nesting_without_end_is_refused() -> None:
    deep = "<w:tbl><w:tr><w:tc>" * 3_000 + paragraph("x") + "</w:tc></w:tr></w:tbl>" * 3_000
    with pytest.raises(PermanentError):
        read_apart(FORMAT, docx(deep), Limits(), lambda: False)


@settings(max_examples=15)
@given(st.integers(0, 2**32), st.integers(1, 20))
def test_a_docx_with_any_bytes_changed_is_read_or_refused(seed: int, changes: int) -> None:
    chance = random.Random(seed)
    content = bytearray(docx(paragraph("Rent: 950") * 20))
    for _ in range(changes):
        content[chance.randrange(len(content))] = chance.randrange(256)
    try:
        raw = read_apart(FORMAT, bytes(content), Limits(reader_seconds=5), lambda: False)
    except ExtractionError:
        return
    assert len(raw.parts) == 1
