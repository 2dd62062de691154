"""Encodings: a label means what browsers and mail programs take it for, and a broken byte stays one broken byte."""

from __future__ import annotations

import base64

import pytest

from extraction.readers.decoding import decode
from tests.unit.extraction.papers import read

HEAD = "From: a@b.example\nTo: c@d.example\nMessage-ID: <1@b.example>\nMIME-Version: 1.0\n"

LABELLED = [
    ("iso-8859-1", "cp1252", "Gesamt: € 12,50 – O’Neill"),
    ("us-ascii", "cp1252", "Gesamt: € 12,50 – Söhne"),
    ("ISO-8859-9", "cp1254", "Toplam: € 12,50 Şişli"),
    ("tis-620", "cp874", "รวม € 12,50"),
    ("gb2312", "gb18030", "客户：朱镕基 發票 €"),
    ("gbk", "gb18030", "客户：\U00020000"),
    ("shift_jis", "cp932", "合計①㈱髙橋商店"),
    ("x-sjis", "cp932", "合計①㈱髙橋商店"),
    ("euc-jp", "euc_jis_2004", "合計①㈱山田商店"),
    ("ks_c_5601-1987", "cp949", "합계: 똠방각하"),
    ("big5", "big5hkscs", "合計：裏嘅"),
    ("iso-8859-8-i", "iso8859-8", "סך הכל: 12.50 שלום"),
    ("unicode-1-1-utf-8", "utf-8", "Gesamt: € 12,50"),
    ("koi8-r", "koi8-r", "Итого: 12,50"),
    ("x-mac-cyrillic", "mac-cyrillic", "Итого: 12,50"),
    ("cp850", "cp850", "Größe"),
]


@pytest.mark.parametrize(("label", "encoding", "text"), LABELLED)
def test_a_label_is_taken_as_browsers_and_mail_programs_take_it(
    label: str, encoding: str, text: str
) -> None:
    page = f'<html><meta charset="{label}"><p>{text}</p></html>'.encode(encoding)
    assert read(page).text == text + "\n"
    mail = f"{HEAD}Content-Type: text/plain; charset={label}\n\n{text}".encode(encoding)
    assert text in read(mail).text
    plain = read(text.encode(encoding), media_type=f"text/plain; charset={label}")
    assert plain.text == text


@pytest.mark.parametrize(
    ("label", "content", "expected"),
    [
        ("utf-7", b"Kunde: M+APw-ller +- 5 +IKw-", "Kunde: Müller + 5 €"),
        ("iso-2022-jp", b"\x1b$B-j;3ED-!\x1b(B 5", "㈱山田① 5"),
        ("iso-2022-jp", b"\x1b(I1\x1b(J 5", "ｱ 5"),
        ("iso-2022-kr", "합계 5".encode("iso2022_kr"), "합계 5"),
        ("hz-gb-2312", b"~{:OF=~} 5", "合平 5"),
    ],
)
def test_encodings_of_seven_bits_are_read_where_they_are_declared(
    label: str, content: bytes, expected: str
) -> None:
    assert decode(content, label) == expected
    assert decode(f'<meta charset="{label}">'.encode() + content).endswith(expected)


def test_an_encoding_of_two_bytes_that_a_page_in_ascii_declares_is_not_believed() -> None:
    assert decode(b"<meta charset=utf-16><p>abcd") == "<meta charset=utf-16><p>abcd"


@pytest.mark.parametrize(
    ("label", "encoding", "text"),
    [
        ("shift_jis", "cp932", "合計は十二円五十銭です。"),
        ("gb2312", "gb18030", "客户合计十二元五角。"),
        ("utf-8", "utf-8", "Größe und Süße, über fünf."),
        ("iso-8859-1", "utf-8", "Größe und Süße, über fünf."),
        ("", "utf-8", "Größe und Süße, über fünf."),
    ],
)
def test_one_broken_byte_leaves_the_rest_of_the_text_as_it_is(
    label: str, encoding: str, text: str
) -> None:
    assert decode(text.encode(encoding) + b"\xff", label).startswith(text)


def test_a_byte_that_windows_1252_does_not_define_leaves_the_euro_sign() -> None:
    assert decode(b"\x80 12\x9d", "windows-1252") == "€ 12\x9d"


def test_a_header_is_decoded_by_the_same_table_and_over_the_ends_of_its_words() -> None:
    name = "髙橋㈱".encode("cp932")
    words = " ".join(
        f"=?shift_jis?B?{base64.b64encode(piece).decode()}?=" for piece in (name[:3], name[3:])
    )
    head = HEAD.replace("a@b.example", f"{words} <a@b.example>", 1)
    euro = "Subject: =?iso-8859-1?Q?Gesamt_=80_5?=\n"
    text = read(f"{head}{euro}\nHello.".encode()).text
    assert "From: 髙橋㈱ <a@b.example>" in text
    assert "Subject: Gesamt € 5" in text


def test_a_header_in_bytes_without_a_charset_is_read() -> None:
    content = (HEAD + "Subject: Größe\n\nHello.").encode()
    assert "Subject: Größe" in read(content).text
