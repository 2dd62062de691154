"""E-mails: every text in them is read, and what could not be read is said."""

from __future__ import annotations

import base64
from email.message import EmailMessage
from typing import Any

import pytest

from extraction import Document, NeedsOcrError, PermanentError
from extraction.document.document import MAIL
from tests.pdfs import Pdf, make_pdf
from tests.unit.extraction.papers import read

HEAD = (
    "From: Depot <depot@calder.example>\nTo: Ana <ana@ruiz.example>\n"
    "Date: Mon, 23 Nov 2026 09:00:00 +0100\nSubject: Order\nMessage-ID: <7@calder.example>\n"
    "MIME-Version: 1.0\n"
)
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(500)


def part(kind: str, body: str | bytes, *headers: str) -> str:
    raw = body.encode() if isinstance(body, str) else body
    head = [f"Content-Type: {kind}", "Content-Transfer-Encoding: base64", *headers]
    return "\n".join([*head, "", base64.encodebytes(raw).decode()])


def multipart(kind: str, *parts: str) -> str:
    mark = f"={len(parts)}-{hash(parts) & 0xFFFF}="
    body = "".join(f"--{mark}\n{each}\n" for each in parts)
    return f'Content-Type: multipart/{kind}; boundary="{mark}"\n\n{body}--{mark}--\n'


def mail(kind: str, *parts: str, **limits: Any) -> Document:
    """What is read of a message of these parts."""
    return read(HEAD + multipart(kind, *parts), **limits)


def scan() -> bytes:
    pdf = Pdf()
    pdf.scan()
    return pdf.bytes()


def half_scanned() -> bytes:
    pdf = Pdf()
    pdf.page(b"BT /F1 11 Tf 56 780 Td (Total: 12.50 EUR, payable on delivery) Tj ET")
    pdf.scan()
    return pdf.bytes()


ATTACHED = 'Content-Disposition: attachment; filename="a.pdf"'


def test_every_text_of_a_message_is_read_in_its_order() -> None:
    text = mail(
        "mixed",
        part("text/plain", "First words.\n"),
        part("image/png; name=photo.png", PICTURE, "Content-Disposition: inline"),
        part("text/plain", "Order number: K-17\n"),
        part("text/html", "<table><tr><td>Total:</td><td>12.50</td></tr></table>"),
    ).text
    assert text.index("First words.") < text.index("Order number: K-17") < text.index("Total: 12.5")


@pytest.mark.parametrize(
    "disposition", ["Content-Disposition: inline; filename=rows.csv", "X-Nothing: here"]
)
def test_a_text_with_a_name_is_a_file_whatever_its_disposition(disposition: str) -> None:
    document = mail(
        "mixed",
        part("text/plain", "See the rows.\n"),
        part("text/csv; name=rows.csv", "a,b,c\n1,2,3\n4,5,6\n7,8,9\n", disposition),
        part("text/plain; name=more.txt", "Depot: Leeds\n", disposition.replace("csv", "txt")),
    )
    assert "## Attachment rows.csv\n\n| a | b | c |\n| --- | --- | --- |" in document.text
    assert "Depot: Leeds" in document.text
    assert document.not_read == ()


def test_the_page_is_read_where_it_has_figures_that_the_plain_text_leaves_out() -> None:
    long = (
        "You need not do anything, since the sum is debited from the account that you named. " * 6
    )
    page = "<p>{}</p><table><tr><td>Rent</td><td>950.00</td></tr><tr><td>Fee</td><td>9.50</td></tr></table>"
    plain = part("text/plain", f"Order 17. {long}\n")
    fuller = mail("alternative", plain, part("text/html", page.format("Order 17.")))
    assert "Rent: 950.00\nFee: 9.50" in fuller.text
    assert long[:80] not in fuller.text
    same = mail("alternative", plain, part("text/html", "<p>Order 17.</p>"))
    assert long[:80] in same.text


def test_names_in_headers_stand_without_quotes_that_they_do_not_need() -> None:
    head = HEAD.replace("Ana <", '"Ana Ruiz" <').replace("Depot <", '"Depot, Leeds" <')
    text = read(head + part("text/plain", "Order number: K-17\n")).text
    assert "To: Ana Ruiz <ana@ruiz.example>" in text
    assert 'From: "Depot, Leeds" <depot@calder.example>' in text


def test_files_of_the_alternative_that_is_not_read_are_read() -> None:
    page = multipart(
        "mixed",
        part("text/html", "<p>The long story.</p>"),
        part("application/pdf; name=a.pdf", make_pdf([["Order number: K-17"]])),
    )
    text = mail("alternative", part("text/plain", "The short story.\n"), page).text
    assert "The short story." in text
    assert "Order number: K-17" in text
    assert "The long story." not in text


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        ("application/pdf; name=a.pdf", make_pdf([["Order number: K-17"]]), "Order number: K-17"),
        ("text/csv; name=a.csv", b"a,b,c\n1,2,3\n4,5,6\n7,8,9\n", "| 1 | 2 | 3 |"),
        ("application/octet-stream", b'{"order": "K-17"}', "order: K-17"),
    ],
)
@pytest.mark.parametrize("disposition", [ATTACHED, "X-Nothing: here"])
def test_a_message_that_is_one_file_is_that_file(
    kind: str, body: bytes, expected: str, disposition: str
) -> None:
    assert expected in read(HEAD + part(kind, body, disposition)).text


def test_what_could_not_be_read_in_a_message_is_said() -> None:
    inner = EmailMessage()
    inner["From"], inner["Subject"] = "Ana <ana@ruiz.example>", "Earlier"
    inner.set_content("Earlier words.\n")
    inner.add_attachment(b"II*\0" + bytes(90), maintype="image", subtype="tiff", filename="s.tif")
    document = mail(
        "mixed",
        part("text/plain", "See what is attached, all of it in one go.\n"),
        part("application/pdf", scan(), ATTACHED),
        part("application/pdf", half_scanned(), ATTACHED),
        part("application/pdf", b"%PDF-1.5 nothing", ATTACHED),
        part("application/ms-tnef; name=winmail.dat", b"\x78\x9f\x3e\x22" + bytes(90)),
        f"Content-Type: message/rfc822\n\n{inner.as_string()}",
        part("application/pdf", make_pdf([["Order number: K-17"]]), ATTACHED),
    )
    assert "Order number: K-17" in document.text
    scanned, half, broken, sealed, within = document.not_read
    assert scanned.startswith("Attachment 1 was not read: NEEDS_OCR: the PDF holds images")
    assert half == (
        "Attachment 2: NEEDS_OCR: 1 of 2 pages have images and no text, and were not read (2)."
    )
    assert broken.startswith("Attachment 3 was not read: The PDF is broken")
    assert sealed.startswith("Attachment 4 was not read: ")
    assert within.startswith("Attachment 5: Attachment 1 was not read: The document is a TIFF")


def test_more_attachments_than_the_limit_are_said_and_the_sentences_are_bounded() -> None:
    many = multipart(
        "mixed",
        part("text/plain", "Thirty pictures of the delivery, one per pallet.\n"),
        *(part("image/png; name=p.png", PICTURE, ATTACHED) for _ in range(30)),
    )
    document = read(HEAD + many, max_attachments=28)
    assert len(document.not_read) == 21
    assert document.not_read[-1] == "9 more parts were not read."
    assert (
        "Only the first 2 attachments were read." in read(HEAD + many, max_attachments=2).not_read
    )


def test_a_logo_that_a_page_shows_is_no_attachment_unless_there_is_nothing_else() -> None:
    logo = part("image/png; name=logo.png", PICTURE, "Content-ID: <logo>")
    page = "<p>{}</p><img src='cid:logo'>"
    told = mail(
        "related", part("text/html", page.format("Order K-17 leaves the depot on Monday.")), logo
    )
    assert told.not_read == ()
    assert "logo" not in told.text
    with pytest.raises(PermanentError, match="PNG"):
        mail("related", part("text/html", page.format("")), logo)
    photo = part("image/png; name=scan.png", PICTURE * 200, "Content-ID: <logo>")
    assert mail(
        "related", part("text/html", page.format("Order K-17 leaves the depot today.")), photo
    ).not_read


def test_a_signature_is_no_attachment() -> None:
    document = mail(
        "signed",
        part("text/plain", "Order number: K-17\n"),
        part("application/pkcs7-signature; name=smime.p7s", b"0\x80\x06\x09", ATTACHED),
    )
    assert document.not_read == ()
    assert "smime" not in document.text


def der(tag: int, *contents: bytes) -> bytes:
    body = b"".join(contents)
    size = len(body).to_bytes(3, "big")
    return bytes([tag, 0x83]) + size + body


OID = bytes.fromhex("2a864886f70d0107")


def sealed(kind: int, content: bytes, *, in_pieces: bool = False) -> bytes:
    """A CMS structure: what is signed (kind 2), as OpenSSL writes it in one go or as a stream."""
    if in_pieces:
        octets = b"\x24\x80" + b"".join(
            der(0x04, content[n : n + 50]) for n in range(0, len(content), 50)
        )
        inner = b"\x30\x80" + der(0x06, OID + b"\x01") + b"\xa0\x80" + octets + b"\0\0" * 3
        body = der(0x02, b"\x01") + der(0x31) + inner
        return (
            b"\x30\x80" + der(0x06, OID + bytes([kind])) + b"\xa0\x80\x30\x80" + body + b"\0\0" * 3
        )
    inner = der(0x30, der(0x06, OID + b"\x01"), der(0xA0, der(0x04, content)))
    body = der(0x30, der(0x02, b"\x01"), der(0x31), inner, der(0x31))
    return der(0x30, der(0x06, OID + bytes([kind])), der(0xA0, body))


@pytest.mark.parametrize("in_pieces", [False, True])
@pytest.mark.parametrize("kind", ["; smime-type=signed-data", ""])
def test_a_message_inside_its_signature_is_read(in_pieces: bool, kind: str) -> None:
    inner = part("text/plain", "Order number: K-17\n" * 20).encode()
    message = part(
        f"application/pkcs7-mime{kind}; name=smime.p7m",
        sealed(2, inner, in_pieces=in_pieces),
        ATTACHED,
    )
    document = read(HEAD + message)
    assert "Order number: K-17" in document.text
    assert document.not_read == ()


def test_a_signed_file_is_read_by_itself_and_attached() -> None:
    signed = sealed(2, b'{"order": "K-17"}')
    assert "order: K-17" in read(signed).text
    attached = part(
        "application/pkcs7-mime; name=order.json.p7m",
        signed,
        ATTACHED.replace("a.pdf", "order.json.p7m"),
    )
    text = mail("mixed", part("text/plain", "See below.\n"), attached).text
    assert "## Attachment order.json\n\norder: K-17" in text


def test_a_signed_message_is_not_called_encrypted_and_an_encrypted_part_is_said() -> None:
    broken = part("application/pkcs7-mime; smime-type=signed-data", b"0\x80\x06\x09")
    with pytest.raises(PermanentError, match="signed") as refused:
        read(HEAD + broken)
    assert "encrypted" not in str(refused.value)
    hidden = part("application/pkcs7-mime", sealed(3, b"x"))
    with pytest.raises(PermanentError, match="encrypted"):
        read(HEAD + hidden)
    listed = mail("mixed", hidden, part("text/plain", "To unsubscribe, write.\n"))
    assert listed.not_read == ("The e-mail is encrypted. Send it decrypted.",)


@pytest.mark.parametrize(
    "before",
    [
        b"\xef\xbb\xbf",
        b"From depot@calder.example Mon Nov 23 09:00:00 2026\n",
        b">From depot@calder.example Mon Nov 23 09:00:00 2026\r\n",
        b"\n\n",
    ],
)
@pytest.mark.parametrize("between", [b": ", b":", b" :", b":\t"])
def test_a_message_is_told_whatever_stands_before_it_and_between(
    before: bytes, between: bytes
) -> None:
    content = (HEAD + part("text/plain; charset=utf-8", "Order number: K-17\n")).encode()
    document = read(before + content.replace(b": ", between))
    assert document.media_type == MAIL
    assert "Order number: K-17" in document.text
    assert document.title == "Order"


def test_a_message_saved_as_utf_16_is_told() -> None:
    content = HEAD + part("text/plain; charset=utf-8", "Order number: K-17\n")
    assert "Order number: K-17" in read(content.encode("utf-16")).text


def test_every_message_of_a_mailbox_is_read() -> None:
    line = "From depot@calder.example Mon Nov 23 09:00:00 2026\n"
    message = HEAD + part("text/plain", "Order number: K-{}\n")
    text = read(
        "\n".join(line + message.replace("Order\n", f"Order {n}\n") for n in (1, 2, 3))
    ).text
    assert "Subject: Order 1" in text
    assert "Subject: Order 2" in text
    assert "Subject: Order 3" in text


def test_a_message_that_is_cut_short_says_so() -> None:
    whole = HEAD + multipart("mixed", part("text/plain", "One.\n"), part("text/plain", "Two.\n"))
    document = read(whole[: whole.index("\n\n", whole.rindex("Content-Type"))])
    assert "One." in document.text
    assert document.not_read == ("The e-mail is cut short: its end is missing.",)


def test_a_scan_by_itself_in_a_message_fails_as_the_scan_would() -> None:
    with pytest.raises(NeedsOcrError, match="NEEDS_OCR"):
        read(HEAD + part("application/pdf", scan(), ATTACHED))
