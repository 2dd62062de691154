"""RTF: what of a document is read, and what is refused."""

from __future__ import annotations

import pytest

from extraction import Document, Limits, NeedsOcrError, PermanentError, read_document

HEAD = (
    r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fnil Arial;}{\f1\fcharset204 Arial;}{\f2\fcharset128 Mincho;}}"
    r"{\stylesheet{\s0 Normal;}{\s1\b heading 1;}}{\info{\title A lease}{\author Jo Kerr}}"
)


def read(body: str, limits: Limits | None = None) -> Document:
    content = (HEAD + body + "}").encode("latin-1")
    return read_document(content, media_type=None, name="a.txt", limits=limits or Limits())


def row(*cells: str, merged: tuple[str, ...] = ("", "", "")) -> str:
    places = "".join(rf"{how}\cellx{1000 * n}" for n, how in enumerate(merged, 1))
    return rf"\trowd{places}\pard\intbl " + "".join(rf"{cell}\cell " for cell in cells) + r"\row "


def test_a_letter_with_its_form() -> None:
    document = read(
        r"{\header\pard Calder Ltd, Leeds\par}\pard\s1 Lease of 12 Mill Road\par"
        r"\pard Rent:\tab 950 EUR{\footnote\pard Paid monthly.\par}\par"
        r"\pard{\listtext\'b7\tab}\ls1 No pets\par\pard{\listtext\'b7\tab}\ls1 No smoking\par\pard"
        + row("Region", "Item", "Cost")
        + row("North", "Valve", "12.50", merged=(r"\clvmgf", "", ""))
        + row("", "Pump", "8.00", merged=(r"\clvmrg", "", ""))
        + r"\pard Signed\line by Jo Kerr\par"
    )
    assert (document.media_type, document.title) == ("application/rtf", "A lease")
    assert document.text == (
        "Calder Ltd, Leeds\n\n# Lease of 12 Mill Road\n\nRent:   950 EUR[1]\n\n- No pets\n- No smoking\n\n"
        "| Region | Item | Cost |\n| North | Valve | 12.50 |\n| North | Pump | 8.00 |\n\n"
        "Signed\nby Jo Kerr\n\n- Paid monthly.\n"
    )


def test_what_nobody_sees_is_not_read() -> None:
    text = read(
        r"a{\v hidden}{\strike struck}{\deleted gone}{\*\annotation remark}{\field{\*\fldinst HYPERLINK}{\fldrslt b}}"
        r"{\pict\bin7 }}}{{{{\'ff}\v no\v0 c{\*\unknown x{\b y}}\par"
    ).text
    assert text.strip() == "abc"


def test_characters_of_any_alphabet() -> None:
    text = read(
        r"\'fc {\f1 \'cf} {\f2 \'93\'fa\'96\'7b} \u8364? \uc2\u8364\'80x\uc0\u8364 \u-10179\u-8704 \~\{\}\\ü"
    ).text
    assert text.strip() == "ü П 日本 € €€😀 {}\\ü"


@pytest.mark.parametrize(
    "content",
    [
        b"{\\rtf1 a",
        b"{\\rtf1 " + b"{" * 100_000,
        b"{\\rtf1\\bin99999999999 }",
        b"{\\rtf1\\bin-5 }" + b"{",
        b"{\\rtf1\\u99999999999999 \\'zz",
    ],
)
def test_what_is_broken_is_refused_with_a_sentence(content: bytes) -> None:
    with pytest.raises(PermanentError, match=r"broken|no text"):
        read_document(content, media_type=None, name=None, limits=Limits())


def test_much_of_anything_is_bounded() -> None:
    with pytest.raises(PermanentError, match="HTML elements; the limit is"):
        read(r"a\par " * 400, Limits(max_html_elements=300))
    with pytest.raises(PermanentError, match="characters; the limit is"):
        read("a" * 300, Limits(max_characters=200))


def test_pictures_without_text_need_ocr_and_objects_are_said() -> None:
    with pytest.raises(NeedsOcrError, match="NEEDS_OCR"):
        read(r"{\pict ffd8ffe0}")
    document = read(r"Total{\object{\*\objdata 00}{\result 12}}\par")
    assert document.not_read == ("1 embedded object(s) of the RTF were not read.",)
    [hardly] = read(r"A lease{\pict ffd8ffe0}").not_read
    assert hardly.startswith("NEEDS_OCR: the RTF has pictures and hardly any text")


def test_a_footer_that_only_numbers_the_pages_is_left_out() -> None:
    document = read(r"{\header Acme}{\footer Page 2 of 9}{\footerl Bank 12}Total: 12\par")
    assert document.text.split() == ["Acme", "Total:", "12", "Bank", "12"]
