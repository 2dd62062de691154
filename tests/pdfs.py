"""PDFs written by hand, as small as they come: for tests that need a certain page and no producer."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

WIDTH, HEIGHT = 595, 842  # A4, in points
SIZE = 11
LEADING = 14
_MARGIN = 56


class Pdf:
    """A PDF in the making: pages with what is drawn on them, in PDF's own operators."""

    def __init__(self, *, title: str | None = None) -> None:
        self._objects: list[bytes] = [b"", b""]  # the catalog and the tree of pages come last
        self._pages: list[int] = []
        self._title = title
        self._attached: list[tuple[str, int]] = []
        self.fonts = {
            name: self.add(
                f"<< /Type /Font /Subtype /Type1 /BaseFont /{font} /Encoding /WinAnsiEncoding >>".encode()
            )
            for name, font in (("F1", "Helvetica"), ("F2", "Courier"))
        }

    def add(self, body: bytes) -> int:
        """Add an object; return its number."""
        self._objects.append(body)
        return len(self._objects)

    def stream(self, content: bytes, entries: str = "") -> int:
        """Add a compressed stream; return its number."""
        packed = zlib.compress(content)
        head = f"<< /Length {len(packed)} /Filter /FlateDecode {entries} >>\nstream\n"
        return self.add(head.encode() + packed + b"\nendstream")

    def page(self, content: bytes, *, resources: str = "", entries: str = "") -> None:
        """Add a page with these operators on it."""
        fonts = " ".join(f"/{name} {number} 0 R" for name, number in self.fonts.items())
        body = self.stream(content)
        self._pages.append(
            self.add(
                f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] /Contents {body} 0 R "
                f"/Resources << /Font << {fonts} >> {resources} >> {entries} >>".encode()
            )
        )

    def scan(self, content: bytes = b"", *, share: float = 1.0) -> None:
        """Add a page that an image covers, as a scanner makes them; `content` is drawn over it."""
        image = self.stream(
            bytes(64),
            "/Type /XObject /Subtype /Image /Width 8 /Height 8 /ColorSpace /DeviceGray /BitsPerComponent 8",
        )
        height = HEIGHT * share
        drawn = f"q {WIDTH} 0 0 {height:g} 0 0 cm /Im Do Q ".encode() + content
        self.page(drawn, resources=f"/XObject << /Im {image} 0 R >>")

    def attach(self, name: str, content: bytes) -> None:
        """Embed a file, as ZUGFeRD does with its XML."""
        stream = self.stream(content, "/Type /EmbeddedFile /Subtype /text#2Fxml")
        self._attached.append(
            (
                name,
                self.add(
                    f"<< /Type /Filespec /F ({name}) /UF ({name}) /EF << /F {stream} 0 R >> >>".encode()
                ),
            )
        )

    def bytes(self, *, catalog: str = "") -> bytes:
        """Return the whole file."""
        kids = " ".join(f"{number} 0 R" for number in self._pages)
        if self._attached:
            names = " ".join(f"({name}) {number} 0 R" for name, number in sorted(self._attached))
            catalog += f" /Names << /EmbeddedFiles << /Names [{names}] >> >>"
        self._objects[0] = f"<< /Type /Catalog /Pages 2 0 R {catalog} >>".encode()
        self._objects[1] = f"<< /Type /Pages /Kids [{kids}] /Count {len(self._pages)} >>".encode()
        info = self.add(b"<< /Title (" + _escaped(self._title) + b") >>") if self._title else 0
        result = bytearray(b"%PDF-1.7\n")
        places = []
        for number, body in enumerate(self._objects, 1):
            places.append(len(result))
            result += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
        start = len(result)
        result += f"xref\n0 {len(places) + 1}\n0000000000 65535 f \n".encode()
        result += b"".join(f"{place:010d} 00000 n \n".encode() for place in places)
        extra = f"/Info {info} 0 R " if info else ""
        result += f"trailer\n<< /Size {len(places) + 1} /Root 1 0 R {extra}>>\n".encode()
        return bytes(result + f"startxref\n{start}\n%%EOF\n".encode())


def text_at(x: float, y: float, text: str, *, size: float = SIZE, font: str = "F1") -> bytes:
    """Return the operators that set a text; y is counted from the top of the page."""
    at = f"BT /{font} {size:g} Tf {x:g} {HEIGHT - y:g} Td (".encode()
    return at + _escaped(text) + b") Tj ET\n"


def make_pdf(
    pages: Sequence[Sequence[str]], *, font: str = "F1", title: str | None = None
) -> bytes:
    """Return a PDF with these lines on these pages, from the top, in Helvetica (F1) or Courier (F2)."""
    pdf = Pdf(title=title)
    for lines in pages:
        pdf.page(
            b"".join(
                text_at(_MARGIN, _MARGIN + SIZE + LEADING * number, line, font=font)
                for number, line in enumerate(lines)
            )
        )
    return pdf.bytes()


def _escaped(text: str) -> bytes:
    raw = text.encode("cp1252")
    return raw.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
