"""E-mails: headers, body, attachments; what is no e-mail; and nothing in MIME that crashes."""

from __future__ import annotations

import contextlib
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extraction import ExtractionError, PermanentError
from extraction.document.document import HTML, MAIL, TEXT
from tests.unit.extraction.papers import read


def mail(
    body: str = "Hello Bo,\nthe total is 5 euros.\n", subject: str = "Offer 17"
) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Ana Ruiz <ana@ruiz.example>"
    message["To"] = "Bo Lind <bo@lind.example>"
    message["Date"] = "Mon, 23 Nov 2026 09:00:00 +0100"
    message["Subject"] = subject
    message["Message-ID"] = "<1@ruiz.example>"
    if body:
        message.set_content(body)
    return message


def test_headers_are_labels_and_the_body_follows() -> None:
    document = read(mail().as_bytes())
    assert (document.media_type, document.title) == (MAIL, "Offer 17")
    assert document.text == (
        "From: Ana Ruiz <ana@ruiz.example>\nTo: Bo Lind <bo@lind.example>\n"
        "Date: Mon, 23 Nov 2026 09:00:00 +0100\nSubject: Offer 17\n\n"
        "Hello Bo,\nthe total is 5 euros.\n"
    )


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "windows-1252", "utf-16"])
@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
def test_transfer_encodings_and_charsets_are_undone(charset: str, encoding: str) -> None:
    message = mail("", "Größe – wie besprochen" if charset == "utf-8" else "Größe")
    message.set_content("Zwölf Stück zu fünf.\n", charset=charset, cte=encoding)
    document = read(message.as_bytes())
    assert "Zwölf Stück zu fünf." in document.text
    assert "Subject: Größe" in document.text


@pytest.mark.parametrize("subtype", ["plain", "html"])
def test_a_charset_is_told_by_the_bytes_where_the_mail_says_none_or_a_wrong_one(
    subtype: str,
) -> None:
    text = "<html><body><p>Zwölf Stück zu fünf.</p></body></html>"
    for said in ("", "; charset=no-such-charset", "; charset=us-ascii"):
        kind = f"MIME-Version: 1.0\nContent-Type: text/{subtype}{said}"
        head = (
            mail("").as_bytes().strip() + f"\n{kind}\nContent-Transfer-Encoding: 8bit\n\n".encode()
        )
        assert "Zwölf Stück zu fünf." in read(head + text.encode()).text


def test_the_plain_body_goes_before_the_page_and_the_page_before_nothing() -> None:
    both = mail()
    both.add_alternative("<html><body><p>As a page.</p></body></html>", subtype="html")
    assert "As a page." not in read(both.as_bytes()).text
    page = mail("")
    page.set_content(
        "<html><body><table><tr><td>Total:</td><td>5</td></tr></table></body></html>",
        subtype="html",
    )
    assert "Total: 5" in read(page.as_bytes()).text


def test_a_plain_body_that_only_points_to_the_page_gives_way_to_it() -> None:
    message = mail("View this message in a browser.\n")
    message.add_alternative(
        f"<html><body><p>{'The whole story. ' * 20}</p></body></html>", subtype="html"
    )
    assert "The whole story." in read(message.as_bytes()).text


def test_what_is_attached_is_read_under_its_name() -> None:
    message = mail()
    message.add_attachment(
        b"a,b,c\n1,2,3\n4,5,6\n7,8,9\n", maintype="text", subtype="csv", filename="rows.csv"
    )
    message.add_attachment(
        b"\x89PNG\r\n\x1a\n....", maintype="image", subtype="png", filename="scan.png"
    )
    inner = mail("Inner text.\n", "Earlier")
    message.add_attachment(inner)
    text = read(message.as_bytes()).text
    assert "## Attachment rows.csv\n\n| a | b | c |" in text
    assert "## Attachment scan.png\n\n(not read)" in text
    assert "Subject: Earlier" in text
    assert "Inner text." in text


def test_a_mail_whose_only_content_cannot_be_read_says_why() -> None:
    message = mail("")
    message.add_attachment(
        b"\x89PNG\r\n\x1a\n....", maintype="image", subtype="png", filename="scan.png"
    )
    with pytest.raises(PermanentError, match="PNG image"):
        read(message.as_bytes())


def test_attachments_are_bounded_in_number_and_depth() -> None:
    many = mail()
    for number in range(6):
        many.add_attachment(f"Text {number}", filename=f"{number}.txt")
    text = read(many.as_bytes(), max_attachments=3).text
    assert "Text 2" in text
    assert "Text 3" not in text
    assert "were not read" in text
    deep = mail("Innermost.\n")
    for _ in range(8):
        outer = mail("Around.\n")
        outer.add_attachment(deep)
        deep = outer
    text = read(deep.as_bytes()).text
    assert text.count("Around.") == 6
    assert "Innermost." not in text


@pytest.mark.parametrize(
    "memo",
    [
        "From: Ana\nTo: All staff\nDate: 3 May 2026\nSubject: Lift\n\nThe lift is out of order.\n",
        "Subject: Lift\n\nIt is out of order.\n",
        "Dear Bo,\n\nFrom: here to: there.\n",
    ],
)
def test_a_memo_is_no_mail_unless_it_is_said_to_be(memo: str) -> None:
    assert read(memo.encode()).media_type == TEXT
    if memo.startswith("From"):
        assert read(memo.encode(), media_type="message/rfc822").media_type == MAIL


def test_a_sealed_mail_is_refused_with_what_to_do() -> None:
    head = mail("").as_bytes().rstrip(b"\n")
    kind = b'Content-Type: application/pkcs7-mime; smime-type="enveloped-data"'
    content = b"\n".join([head, b"MIME-Version: 1.0", kind, b"", b"MIIB", b""])
    with pytest.raises(PermanentError, match="encrypted"):
        read(content)


def test_a_page_that_a_mail_program_saved_is_still_a_page() -> None:
    assert (
        read(b"<html><body><p>From: x</p></body></html>", media_type="message/rfc822").media_type
        == HTML
    )


HOSTILE = {
    "parts within parts": b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level)
        for level in range(3000)
    ),
    "a long list of addresses": b"Cc: " + b'"a" <' * 40_000 + b"\n\nHello.\n",
    "encoded words": b"Subject: " + b"=?utf-8?q?a?= " * 60_000 + b"\n\nHello.\n",
    "parameters in pieces": b"Content-Type: text/plain"
    + b"".join(b"; name*%d=a" % at for at in range(20_000))
    + b"\n\nHello.\n",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_message_ends_within_its_bounds(kind: str) -> None:
    head = b"From: a@b.example\nMessage-ID: <1@b.example>\nMIME-Version: 1.0\n"
    with contextlib.suppress(PermanentError):
        read(head + HOSTILE[kind], media_type=MAIL, reader_seconds=0.7, reader_megabytes=300)


@settings(max_examples=60)
@given(st.data())
def test_broken_mime_gives_a_document_or_a_refusal(data: st.DataObject) -> None:
    message = mail()
    message.add_attachment("a;b\n1;2\n", filename="ü|: x.csv")
    content = bytearray(message.as_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(content) - 1))
        cut = data.draw(st.integers(0, 40))
        content[at : at + cut] = data.draw(st.binary(max_size=20))
        if not content:
            break
    try:
        said = read(bytes(content), media_type="message/rfc822").text
    except ExtractionError as refusal:
        said = str(refusal).replace("euros", "quoted!")
    assert "quoted!" not in said
    said.encode()
