"""Pages that are images: which go to OCR and how, and what becomes of the words that come back."""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Callable
from email.message import EmailMessage

import pytest
from PIL import Image, ImageChops

from extraction import (
    Control,
    Document,
    Limits,
    NeedsOcrError,
    PageReader,
    PermanentError,
    ReadPage,
    ScannedPage,
    SeenWord,
    read_document,
)
from tests.line_ocr import LineOcr, scan_of, shade_of
from tests.pdfs import Pdf

GREY = (
    "/Type /XObject /Subtype /Image /Width 8 /Height 8 /ColorSpace /DeviceGray /BitsPerComponent 8"
)


def by_shade(confidence: float = 0.99) -> PageReader:
    engine = LineOcr(confidence=confidence)

    def read(page: ScannedPage) -> ReadPage:
        return engine.read(page.image(), control=Control())

    return read


def document(content: bytes, read_page: PageReader | None, **limits: int) -> Document:
    return read_document(
        content, media_type=None, name=None, limits=Limits(**limits), read_page=read_page
    )


def picture(kind: str, *shades: int, **options: object) -> bytes:
    out = io.BytesIO()
    first, *others = (Image.new("L", (300, 200), shade) for shade in shades)
    more = {"save_all": True, "append_images": others} if others else {}
    first.save(out, kind, **more, **options)
    return out.getvalue()


def seen(page: Callable[[ScannedPage], list[SeenWord]], width: int = 600) -> PageReader:
    return lambda scanned: ReadPage(width, 800, tuple(page(scanned)))


@pytest.mark.parametrize(
    ("content", "media_type", "pages"),
    [
        (picture("PNG", 30), "image/png", [3]),
        (picture("JPEG", 50), "image/jpeg", [5]),
        (picture("TIFF", 30, 40, 70), "image/tiff", [3, 4, 7]),
        (scan_of(2), "application/pdf", [1, 2]),
    ],
)
def test_every_page_of_a_picture_or_a_scan_is_read(
    content: bytes, media_type: str, pages: list[int]
) -> None:
    read = document(content, by_shade())
    assert read.text.split("\n\n") == [f"L{page}: {page}" for page in pages[:-1]] + [
        f"L{pages[-1]}: {pages[-1]}\n"
    ]
    assert (read.media_type, read.not_read, read.pages_without_text) == (media_type, (), ())
    assert [read.page_of(read.text.index(f"L{page}")) for page in pages] == [
        *range(1, len(pages) + 1)
    ]


def test_only_the_pages_without_text_go_to_ocr() -> None:
    pdf = Pdf()
    pdf.page(b"BT /F1 11 Tf 56 700 Td (Total: 12.50) Tj ET")
    pdf.scan(b"0.1176 g 0 0 595 842 re f")
    asked: list[tuple[int, int, int]] = []

    def read(page: ScannedPage) -> ReadPage:
        asked.append((page.number, page.place, page.count))
        return by_shade()(page)

    assert document(pdf.bytes(), read).text == "Total: 12.50\n\nL3: 3\n"
    assert asked == [(2, 1, 1)]


def test_a_scan_attached_to_a_mail_is_read() -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@example.org", "b@example.org", "Bill"
    mail.set_content("As agreed.")
    mail.add_attachment(scan_of(1), maintype="application", subtype="pdf", filename="scan.pdf")
    read = document(mail.as_bytes(), by_shade())
    assert "L1: 1" in read.text
    assert read.not_read == ()


@pytest.mark.parametrize("content", [picture("PNG", 30), picture("TIFF", 30), scan_of(1)])
def test_without_ocr_a_picture_and_a_scan_are_refused(content: bytes) -> None:
    with pytest.raises(PermanentError, match="NEEDS_OCR"):
        document(content, None)
    with pytest.raises(NeedsOcrError):
        document(scan_of(1), None)


def test_a_page_is_upright_by_its_rotation_and_a_picture_by_its_exif() -> None:
    sizes: list[tuple[int, int]] = []

    def read(page: ScannedPage) -> ReadPage:
        image = page.image()
        sizes.append((image.width, image.height))
        return ReadPage(image.width, image.height, ())

    pdf = Pdf()
    image = pdf.stream(bytes(64), GREY)
    pdf.page(
        b"q 595 0 0 842 0 0 cm /Im Do Q",
        resources=f"/XObject << /Im {image} 0 R >>",
        entries="/Rotate 90",
    )
    exif = Image.Exif()
    exif[274] = 6  # turned by a quarter
    for content in (pdf.bytes(), picture("JPEG", 50, exif=exif)):
        with pytest.raises(PermanentError, match="no text"):
            document(content, read)
    (width, height), turned = sizes
    assert width > height
    assert turned == (200, 300)


def test_what_is_transparent_is_paper() -> None:
    clear = io.BytesIO()
    Image.new("RGBA", (30, 20), (0, 0, 0, 0)).save(clear, "PNG")
    shades: list[int] = []

    def read(page: ScannedPage) -> ReadPage:
        shades.append(shade_of(page.image()))
        return ReadPage(30, 20, ())

    with pytest.raises(PermanentError):
        document(clear.getvalue(), read)
    assert shades == [26]


def bomb(width: int, height: int) -> bytes:
    """A PNG that says that it is so large, and holds next to nothing."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def test_too_many_pixels_are_refused_before_they_are_decoded() -> None:
    with pytest.raises(
        PermanentError, match=r"1000000000 pixels; .* Scan it again with fewer dots"
    ):
        document(bomb(40_000, 25_000), by_shade())


@pytest.mark.parametrize("content", [picture("PNG", 30)[:60], b"II*\x00" + bytes(50)])
def test_a_broken_picture_is_refused_with_a_sentence(content: bytes) -> None:
    with pytest.raises(PermanentError, match="The picture is broken"):
        document(content, by_shade())


def test_columns_of_words_become_a_table() -> None:
    rows = [("Item", "Qty", "Price"), ("Bolts", "12", "3.40"), ("Nuts", "7", "1.20")]
    words = [
        SeenWord(
            cell, left, 0.1 + 0.03 * row, left + 0.1, 0.115 + 0.03 * row, 0.9, 3 * row + column
        )
        for row, cells in enumerate(rows)
        for column, (cell, left) in enumerate(zip(cells, (0.1, 0.5, 0.8), strict=True))
    ]
    lines = document(scan_of(1), seen(lambda _: words)).text.splitlines()
    assert [line.split() for line in lines] == [list(row) for row in rows]
    assert lines[1].index("12") == lines[2].index("7")


def test_words_of_one_line_stand_together_and_a_page_that_is_poorly_read_is_said() -> None:
    def words(page: ScannedPage) -> list[SeenWord]:
        if page.number == 1:
            return []
        return [
            SeenWord("Grand", 0.1, 0.1, 0.2, 0.12, 0.7, 0),
            SeenWord("total", 0.21, 0.1, 0.3, 0.12, 0.6, 0),
        ]

    read = document(scan_of(2), seen(words))
    assert read.text == "Grand total\n"
    assert read.not_read == (
        "OCR found no words on 1 of 2 pages (1).",
        (
            "OCR is not sure of what it read on 1 of 2 pages (2): its confidence is below 0.8. "
            "Compare them with the original."
        ),
    )


def test_the_blank_back_of_a_sheet_is_no_reason_for_a_review_and_a_page_of_something_else_is() -> (
    None
):
    sheets = [Image.new("L", (800, 1000), 255) for _ in range(3)]
    # What shines through, and specks.
    sheets[1] = ImageChops.add(Image.new("L", (800, 1000), 72), Image.effect_noise((800, 1000), 40))
    sheets[2].paste(0, (100, 100, 400, 300))  # a photograph, a signature
    out = io.BytesIO()
    sheets[0].save(out, "TIFF", save_all=True, append_images=sheets[1:])

    def read(page: ScannedPage) -> ReadPage:
        image = page.image()
        words = (SeenWord("Total", 0.1, 0.1, 0.2, 0.115, 0.9, 0),) if page.number == 1 else ()
        return ReadPage.from_json(image.with_words(words).to_json())

    assert document(out.getvalue(), read).not_read == ("OCR found no words on 1 of 3 pages (3).",)


def places_of(read: Document, text: str) -> list[tuple[int, int]]:
    return [(found.start(), found.end()) for found in re.finditer(re.escape(text), read.text)]


def test_each_place_of_the_text_knows_how_sure_ocr_was_of_the_words_there() -> None:
    """Also where a word stands twice, in columns that are not read in the engine's order, and in a file of a mail."""
    cells = [
        ("Item", 0.1, 0.10, 0.99), ("Price", 0.7, 0.10, 0.99),
        ("Bolts", 0.1, 0.13, 0.97), ("3.40", 0.7, 0.13, 0.61),
        # Of two columns of prose the engine sees the lines row by row.
        *((f"left{n} of a column\u200b of prose", 0.05, 0.3 + n / 50, 0.90 + n / 100) for n in range(8)),
        *((f"right{n} of a column of prose", 0.55, 0.31 + n / 50, 0.80 + n / 100) for n in range(8)),
        ("3.40", 0.1, 0.6, 0.88),
    ]  # fmt: skip

    def words(page: ScannedPage) -> list[SeenWord]:
        if page.number == 2:
            return [SeenWord("Bolts", 0.1, 0.1, 0.2, 0.115, 0.5, 0)]
        return [
            SeenWord(word, left + 0.07 * at, top, left + 0.07 * at + 0.06, top + 0.015, sure, line)
            for line, (text, left, top, sure) in enumerate(sorted(cells, key=lambda cell: cell[2]))
            for at, word in enumerate(text.split(" "))
        ]

    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@example.org", "b@example.org", "Bolts at 3.40"
    mail.set_content("As agreed.")
    mail.add_attachment(scan_of(2), maintype="application", subtype="pdf", filename="scan.pdf")
    alone = document(scan_of(2), seen(words))
    attached = document(mail.as_bytes(), seen(words))
    for read, own in ((alone, []), (attached, [1.0])):
        assert [read.ocr_confidence([place]) for place in places_of(read, "3.40")] == [
            *own,
            0.61,
            0.88,
        ]
        assert [read.ocr_confidence([place]) for place in places_of(read, "Bolts")] == [
            *own,
            0.97,
            0.5,
        ]
        assert read.ocr_confidence(places_of(read, "left3 of a column of prose")) == 0.93
        assert read.ocr_confidence(places_of(read, "right3 of a column of prose")) == 0.83
        assert read.text.index("left7") < read.text.index("right0"), "columns of prose"
        assert read.ocr_confidence(places_of(read, "left3") + places_of(read, "right1")) == 0.81


def test_a_page_that_lay_askew_is_laid_straight() -> None:
    """By one degree: what stands in one row is then half a line lower at its right end."""
    rows = [("Net amount", "100.00"), ("Value added tax", "19.00"), ("Amount due", "119.00")]
    sink = 0.0175 * 600 / 800  # of the height, for the whole width
    words = []
    for row, (label, amount) in enumerate(rows):
        cells = [*zip(label.split(), (0.1, 0.25, 0.4), strict=False), (amount, 0.85)]
        for number, (text, left) in enumerate(cells):
            top = 0.1 + 0.03 * row + sink * (left + 0.05)
            line = 2 * row + (number == len(cells) - 1)
            words.append(SeenWord(text, left, top, left + 0.1, top + 0.02, 0.9, line))
    lines = document(scan_of(1), seen(lambda _: words)).text.splitlines()
    assert [" ".join(line.split()) for line in lines] == [" ".join(row) for row in rows]


def test_lines_that_are_drawn_tell_the_rows_of_a_table() -> None:
    """A cell of two lines between two rules is one cell, as in a PDF that draws them."""
    picture = Image.new("L", (800, 1000), 255)
    for base in (100, 160, 220, 280):
        picture.paste(0, (80, base, 720, base + 2))
    out = io.BytesIO()
    picture.save(out, "PNG")
    rows = [
        (["Name", "Office", "Desk"], 70),
        (["Ada Byron of", "Harbour", "17"], 110),
        (["Whitby", "Master"], 130),
        (["Lev Abramov", "Fleet", "18"], 170),
        (["of Falmouth", "Manager"], 190),
        (["Uche Nnamdi", "Oyster", "19"], 230),
        (["of Truro", "Fisher"], 250),
    ]
    places = ((0.1, 0.2), (0.5, 0.15), (0.8, 0.05))
    words = [
        SeenWord(cell, left, top / 1000, left + width, (top + 18) / 1000, 0.9, 3 * row + column)
        for row, (cells, top) in enumerate(rows)
        for column, (cell, (left, width)) in enumerate(zip(cells, places, strict=False))
    ]

    def read(page: ScannedPage) -> ReadPage:
        image = page.image()
        assert [round(rule.base * 1000) for rule in image.rules] == [100, 160, 220, 280]
        return ReadPage(image.width, image.height, tuple(words), image.rules)

    lines = document(out.getvalue(), read).text.splitlines()
    assert "Lev Abramov of Falmouth Fleet Manager 18" in [" ".join(each.split()) for each in lines]
