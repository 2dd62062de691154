"""A small document of our own for each parser, to be read once before children are forked.

So what a parser loads and sets up when it meets its first document (codecs, fonts, parsers of parts) is there in each
child, and is not done anew in all of them.
"""

from __future__ import annotations

import io
import zipfile

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_PDF = b"""%PDF-1.4
1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj
2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj
3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] /Contents 4 0 R
/Resources <</Font <</F <</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>>>>>>> endobj
4 0 obj <</Length 67>> stream
BT /F 9 Tf 9 70 Td (A: 1) Tj 40 0 Td (B) Tj 0 -12 Td (C) Tj ET
endstream endobj
trailer <</Root 1 0 R>>
"""
_MAIL = b"""From: =?utf-8?Q?=C3=84?= <a@b.example>
Content-Type: multipart/alternative; boundary=x

--x
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

=E4
--x
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: base64

PHN0eWxlPi5he2Rpc3BsYXk6bm9uZX08L3N0eWxlPjx0YWJsZT48dHI+PHRkPmE8dGQ+YjwvdGFibGU+
--x--
"""


def sample_for(module: str) -> bytes | None:
    """Return a document for the parser in a module, None if there is none."""
    return {
        "extraction.readers.pdf": _PDF,
        "extraction.readers.docx": _docx(),
        "extraction.readers.mail": _MAIL,
    }.get(module)


def _docx() -> bytes:
    row = "<w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc></w:tr>"
    body = f'<w:document xmlns:w="{_W}"><w:body><w:tbl>{row}</w:tbl></w:body></w:document>'
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("word/document.xml", body)
    return content.getvalue()
