"""PPTX, ODT and EPUB: what of them is read, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from extraction import NeedsOcrError, PermanentError
from tests.unit.extraction.packages import OFFICE, zipped
from tests.unit.extraction.papers import read

SOURCES = Path(__file__).parent / "sources" / "office"
DRAWING = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
RELATIONS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
ODF = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "table", "text", "style", "fo", "draw")
)
PAGE = "<?xml version='1.0'?><!DOCTYPE html><html><head><title/></head><body>{}</body></html>"


def pptx(*slides: str) -> bytes:
    """A presentation of slides with these elements, or whole ones."""
    numbers = range(1, len(slides) + 1)
    ids = "".join(f'<sldId r:id="r{n}"/>' for n in numbers)
    targets = "".join(
        f'<Relationship Id="r{n}" Type="{OFFICE}/slide" Target="slides/s{n}.xml"/>' for n in numbers
    )
    parts = {
        f"ppt/slides/s{n}.xml": slide if slide[:5] == "<sld " else f"<sld {DRAWING}>{slide}</sld>"
        for n, slide in zip(numbers, slides, strict=True)
    }
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "ppt/presentation.xml": f'<presentation xmlns:r="{OFFICE}">{ids}</presentation>',
            "ppt/_rels/presentation.xml.rels": f"{RELATIONS}{targets}</Relationships>",
            **parts,
        }
    )


def shape(words: str) -> str:
    return f"<sp><txBody><a:p><a:r><a:t>{words}</a:t></a:r></a:p></txBody></sp>"


def odt(body: str, manifest: str = "") -> bytes:
    text = f"<office:body><office:text>{body}</office:text></office:body>"
    content = f"<office:document-content {ODF}>{text}</office:document-content>"
    kind = "application/vnd.oasis.opendocument.text"
    return zipped({"mimetype": kind, "content.xml": content, "META-INF/manifest.xml": manifest})


def epub(pages: dict[str, str], **parts: str) -> bytes:
    items = "".join(
        f'<item id="{n}" href="{name}" media-type="application/xhtml+xml"/>'
        for n, name in enumerate(pages)
    )
    spine = "".join(f'<itemref idref="{n}"/>' for n in range(len(pages)))
    book = (
        '<package xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>A lease</dc:title>'
        f"<manifest>{items}</manifest><spine>{spine}</spine></package>"
    )
    container = '<container><rootfile full-path="OPS/book.opf"/></container>'
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": container,
            "OPS/book.opf": book,
            **{f"OPS/{name}": PAGE.format(page) for name, page in pages.items()},
            **{f"META-INF/{name}.xml": part for name, part in parts.items()},
        }
    )


def test_a_presentation_of_powerpoint() -> None:
    """With notes, a merged cell, a group; something struck out, and a hidden slide, which keeps its number."""
    document = read((SOURCES / "board-pptx.pptx").read_bytes())
    assert document.media_type.endswith("presentationml.presentation")
    assert document.title == "Board review March"
    first, second, hidden = document.pages
    assert document.text[first:second].strip() == (
        "## Board review\n\nChair: Ada Bell\n\nDate: 5 March 2026\n\nNext meeting: 2 April 2026"
    )
    assert document.text[second:hidden].strip() == (
        "## Costs\n\n| Region | Item | Cost |\n| --- | --- | --- |\n| North | Valve | 12.50 |\n"
        "| North | Pump | 8.00 |\n| South | Hose | 3.00 |\n\nApproved by: Jo Kerr"
    )
    assert not document.text[hidden:].strip()
    assert document.not_read == ()


def test_what_of_a_slide_is_not_read_is_said() -> None:
    content = pptx(shape("Total: 12"), "<pic/>", "<sld", "<graphicFrame><oleObj/></graphicFrame>")
    document = read(content)
    assert document.text.strip() == "Total: 12"
    assert document.pages_without_text == (2,)
    assert [sentence[:9] for sentence in document.not_read] == [
        "NEEDS_OCR",
        "Slide 3 o",
        "1 embedde",
    ]


def test_an_opendocument_text() -> None:
    """With a header, a note, a tab, a list, a merged cell; hidden text and what is struck out."""
    document = read((SOURCES / "lease-odfpy.odt").read_bytes())
    assert document.media_type.endswith("opendocument.text")
    assert document.title == "Lease"
    assert document.text == (
        "Calder Ltd, Leeds\n\n# Lease of 12 Mill Road\n\nRent: 950 EUR\n\nDeposit   1,900 EUR[1]\n\n"
        "- No pets\n- No smoking\n\n| Region | Item | Cost |\n| --- | --- | --- |\n| North | Valve | 12.50 |\n"
        "| North | Pump | 8.00 |\n\n- Kept at the bank.\n"
    )


def test_what_a_change_deleted_or_a_section_hides_is_not_read() -> None:
    content = odt(
        "<text:tracked-changes><text:deletion><text:p>Rent: 900</text:p></text:deletion></text:tracked-changes>"
        "<text:p>Rent: 950<office:annotation><text:p>Too high</text:p></office:annotation></text:p>"
        "<text:section text:display='none'><text:p>Secret</text:p></text:section>"
        "<text:p><draw:frame><draw:text-box><text:p>Total: 12</text:p></draw:text-box></draw:frame></text:p>"
    )
    assert read(content).text.split() == ["Rent:", "950", "Total:", "12"]


def test_a_book_is_read_in_its_order() -> None:
    document = read(epub({"b.xhtml": "<p>One<a id='x'/> two</p>", "a.xhtml": "<p>Three</p>"}))
    assert document.text == "One two\n\nThree\n"
    assert (document.media_type, document.title) == ("application/epub+zip", "A lease")
    document = read(epub({"not%20there.xhtml": "", "a.xhtml": "<p>Three</p>"}))
    assert document.text == "Three\n"
    assert len(document.not_read) == 1


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (odt("", "<manifest:encryption-data/>"), "encrypted with a password"),
        (odt("<text:p>a</text:p>" * 900_000), "unpacks to far more"),
        (odt("<text:p>"), "broken"),
        (odt("<text:span>" * 50_000 + "</text:span>" * 50_000), "broken|crash"),
        (odt("")[:200], "broken"),
        (pptx(shape("a" * 9_000_000)), "unpacks to far more"),
        (pptx("<!DOCTYPE a>"), "declares XML entities"),
        (epub({"a.xhtml": "<p>x</p>" * 4_000}), "HTML elements; the limit is"),
        (epub({"a.xhtml": "<p>x</p>"}, encryption='<r URI="OPS/a.xhtml"/>'), "protected"),
        (epub({}), "broken"),
    ],
)
def test_what_would_hurt_is_refused_with_a_sentence(content: bytes, expected: str) -> None:
    with pytest.raises(PermanentError, match=expected):
        read(content, max_html_elements=3_000)


def test_pictures_without_text_need_ocr() -> None:
    for content in (pptx("<pic/>"), odt("<draw:frame><draw:image/></draw:frame>")):
        with pytest.raises(NeedsOcrError, match="NEEDS_OCR"):
            read(content)


def test_slides_are_bounded() -> None:
    with pytest.raises(PermanentError, match="2 slides; the limit is 1"):
        read(pptx(shape("a"), shape("b")), max_pages=1)
