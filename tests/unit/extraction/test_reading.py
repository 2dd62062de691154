"""Reading bytes: encodings, formats, normal form, and what is refused with which reason."""

from __future__ import annotations

import hashlib
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extraction import PermanentError
from extraction.readers.text_builder import normalise
from tests.pdfs import make_pdf
from tests.unit.extraction.papers import read


def test_line_ends_spaces_and_invisible_characters_become_plain() -> None:
    document = read("a\r\nb\rc\u00a0d\u200be\x00f\u202eg\u2028h")
    assert document.text == "a\nb\nc defg\nh"


def test_text_is_composed() -> None:
    assert read("Zu\u0308rich").text == "Zürich"


def test_digest_is_of_the_normalised_text() -> None:
    document = read("a\r\nb")
    assert document.digest == hashlib.sha256(b"a\nb").hexdigest()
    assert read("a\nb").digest == document.digest


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_encodings_are_told_apart(encoding: str) -> None:
    text = "Rechnung Nr. 7: zwölf Stück für 3 €"
    assert read(text.encode(encoding)).text == text


def test_old_western_text_is_read_as_windows_1252() -> None:
    assert read("Grüße – 5 €".encode("cp1252")).text == "Grüße – 5 €"


@pytest.mark.parametrize(
    ("content", "media_type", "name", "expected"),
    [
        ("<html><body><p>x</p></body></html>", "text/plain", "a.txt", "text/html"),
        ("<!DOCTYPE html><p>x</p>", None, None, "text/html"),
        ("# Title\n\n| a | b |\n|---|---|\n| 1 | 2 |\n", None, None, "text/markdown"),
        ("just words", None, "notes.md", "text/markdown"),
        ("a < b and b > c", None, "a.html", "text/plain"),
        ("just words", None, None, "text/plain"),
    ],
)
def test_content_decides_the_format(
    content: str, media_type: str | None, name: str | None, expected: str
) -> None:
    assert read(content, media_type=media_type, name=name).media_type == expected


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b" \n\t ", "empty"),
        (b"\x00\x00", "empty"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\x89PNG\r\n", "PNG"),
        (bytes(range(256)) * 4, "not text"),
        (b"<html><script>x</script></html>", "no text"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(content: bytes, said: str) -> None:
    with pytest.raises(PermanentError, match=said):
        read(content)


def test_sizes_are_bounded() -> None:
    with pytest.raises(PermanentError, match="bytes; the limit is 10"):
        read("x" * 11, max_bytes=10)
    with pytest.raises(PermanentError, match="characters; the limit is 10"):
        read("x" * 11, max_characters=10)
    with pytest.raises(PermanentError, match="11 lines; the limit is 10"):
        read("x\n" * 10 + "x", max_lines=10)


def test_refusals_never_quote_the_document() -> None:
    with pytest.raises(PermanentError) as refused:
        read("<html>" + "<div>" * 9 + "secret", max_html_depth=5)
    assert "secret" not in str(refused.value)


def test_html_keeps_structure_and_drops_what_is_hidden() -> None:
    page = """<html><head><title>T &amp; U</title><style>p{}</style></head><body>
    <h2>Head</h2><p>One <b>two</b><br>three</p><ul><li>x<ul><li>y</li></ul></li></ul>
    <dl><dt>Due</dt><dd>3 May</dd></dl><p hidden>no</p><p style="display:none">no</p>
    <table><tr><th>A</th><th>B</th><th>C</th></tr><tr><td>1</td><td colspan="2">2</td></tr></table>
    <table><tr><td>Key:</td><td>value</td></tr></table><script>no</script></body></html>"""
    document = read(page)
    assert document.title == "T & U"
    assert document.text == (
        "## Head\n\nOne two\nthree\n\n- x\n  - y\n\nDue: 3 May\n\n"
        "| A | B | C |\n| --- | --- | --- |\n| 1 | 2 |  |\n\nKey: value\n"
    )


@pytest.mark.parametrize(
    "page",
    [
        "<html>" + "<div>" * 2000 + "x",
        "<html>" + "<p>x" * 4_000,
        "<html>" + "<table><tr><td>" * 600 + "x",
    ],
)
def test_bomb_like_html_is_refused(page: str) -> None:
    with pytest.raises(PermanentError, match=r"nested|elements"):
        read(page, max_html_elements=3_000)


def test_endless_combining_marks_do_not_hang() -> None:
    document = read("a" + "\u0301\u0323" * 200_000 + "b")
    assert len(document.text) < 100


@given(st.text(max_size=300))
def test_normal_form_is_final(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    once.encode("utf-8")
    assert "\x00" not in once


def test_every_character_comes_into_normal_form_whether_or_not_it_is_common() -> None:
    for code in (*range(0xD800), *range(0xE000, 0x1_0000)):
        found = normalise(chr(code))
        assert unicodedata.is_normalized("NFC", found), hex(code)
        assert not found.isspace() or found in " \t\n", hex(code)


@pytest.mark.parametrize(
    "text",
    [
        "This memo explains the %PDF- marker.\nRent: 900\n",
        "A file begins with %PDF-1.7 and has 1 0 obj in it.\nRent: 900\n",
        "RIFF is a container.\nRent: 900\n",
        "BZhang writes:\nRent: 900\n",
        "GIF89a was published in 1989.\nRent: 900\n",
        "Rar! said the lion.\nRent: 900\n",
        "SQLite format 3 is described elsewhere.\nRent: 900\n",
    ],
)
def test_a_text_that_names_the_mark_of_another_format_is_a_text(text: str) -> None:
    document = read(text)
    assert (document.media_type, document.text) == ("text/plain", text)


@pytest.mark.parametrize(
    "before", [b"\n", b"\xef\xbb\xbf", b"HTTP/1.1 200 OK\r\n\r\n", b"\x1b%-12345X@PJL\r\n"]
)
def test_a_pdf_is_told_behind_what_a_program_put_before_it(before: bytes) -> None:
    assert read(before + make_pdf([["Rent: 900"]])).media_type == "application/pdf"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"RIFF\x10\x00\x00\x00WEBPVP8 " + bytes(20), "image, sound"),
        (b"BZh91AY&SY\x8f\x00\x01" + bytes(20), "bzip2"),
        (b"Rar!\x1a\x07\x00" + bytes(20), "RAR"),
        (b"GIF89a\x10\x00\x10\x00\xf7" + bytes(20), "GIF"),
        (b"SQLite format 3\x00" + bytes(20), "database"),
    ],
)
def test_a_file_of_another_format_is_still_told(content: bytes, said: str) -> None:
    with pytest.raises(PermanentError, match=said):
        read(content)


@pytest.mark.parametrize(
    "struck",
    [
        "~~900~~", "~900~", "<del>900</del>", "<s class=x>900</s>", "<!-- 900 -->", "~~900 **EUR**\nor so~~",
        '<span style="display: none">900</span>', "<p hidden>900</p>", "9\u03360\u03360\u0336",
    ],
)  # fmt: skip
def test_what_is_struck_out_in_markdown_is_not_said(struck: str) -> None:
    text = read(f"# Lease\n\n- Rent: {struck} 950\n", name="a.md").text
    assert "900" not in text
    assert "950" in text


def test_marks_that_strike_out_nothing_and_code_stay() -> None:
    text = (
        "# Lease\n\nAbout ~900 to ~950, \\~~x~~ or `~~950~~`.\n\n```\n~~960~~\n<!-- 970 -->\n```\n"
    )
    assert read(text, name="a.md").text == text


def test_a_comment_between_the_rows_of_a_table_does_not_end_it() -> None:
    table = "| a | b |\n| --- | --- |\n| 1 | 2 |\n{}| 3 | 4 |\n"
    for comment in ("<!-- page break -->\n", "\n<!-- page break -->\n\n"):
        assert read(table.format(comment), name="a.md").text == table.format("")
    two = table.format("\n<!-- next -->\n\n") + "| --- | --- |\n| 5 | 6 |\n"
    assert read(two, name="a.md").text == two.replace("<!-- next -->\n", "")


def test_strokes_through_letters_strike_them_out_in_any_text() -> None:
    assert read("Rent: 9\u03360\u03360\u0336 950\n").text == "Rent:  950\n"
    assert read("a \u2260 b, x\u0336 y\n").text == "a \u2260 b, x\u0336 y\n"
