"""What a ZIP archive or an OLE file holds, told by the names in it. Nothing is unpacked, and the cost is linear."""

from __future__ import annotations

import re
import struct
import zlib
from contextlib import suppress

from extraction.document import document as kinds

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = b"PK\x03\x04"
EMPTY_ZIP = b"PK\x05\x06"  # with which any archive ends

_END_BYTES = 22
_LIST_OF_PARTS = b"[content_types].xml"
_MAIN_PARTS = (
    (b"word/document.xml", kinds.DOCX),
    (b"xl/workbook.bin", kinds.XLSB),
    (b"xl/workbook", kinds.XLSX),
    (b"ppt/presentation", kinds.PPTX),
)
_CONTAINER_OF_EPUB = b"meta-inf/container.xml"
_MIMETYPE = b"mimetype"
_NAME_AT = 30  # of an entry: where its name begins
_SHORT = 100  # bytes
_MIMETYPES = frozenset((kinds.ODS, kinds.ODT, kinds.EPUB))
_ENTRY = 128  # bytes of a directory's entry in an OLE file, which begins with its name


def _written(name: str) -> bytes:
    return name.encode("utf-16-le") + b"\0\0"


_STREAM = re.compile(b"|".join(map(_written, ("EncryptedPackage", "Workbook", "Book"))))


def kind_inside(content: bytes) -> str:
    """Return the media type of the document that a ZIP archive or an OLE file holds, an empty text if none is known.

    A Word document may hide its name: whatever is left is looked at by the reader of DOCX.
    """
    if content.startswith(OLE):
        # The names that stand where an entry of the directory begins.
        names = {found[0] for found in _STREAM.finditer(content) if found.start() % _ENTRY == 0}
        return kinds.XLS if names and _written("EncryptedPackage") not in names else ""
    return _in_zip(content) if content.startswith(ZIP) else ""


def _in_zip(content: bytes) -> str:
    said = _mimetype(content)
    if said in _MIMETYPES:
        return said
    # What stands before the end of an archive lists its entries.
    end = content.rfind(EMPTY_ZIP)
    if end < 0 or len(content) < end + _END_BYTES:
        return ""
    (size,) = struct.unpack_from("<I", content, end + 12)
    names = content[max(0, end - size) : end].lower()
    if _LIST_OF_PARTS in names:
        return next((kind for part, kind in _MAIN_PARTS if part in names), "")
    return kinds.EPUB if _CONTAINER_OF_EPUB in names and b".opf" in names else ""


def _mimetype(content: bytes) -> str:
    """Return what the first entry says: OpenDocument and EPUB begin so, as a rule not compressed."""
    if not content.startswith(_MIMETYPE, _NAME_AT) or len(content) < _NAME_AT + _SHORT:
        return ""
    how, size, name, extra = struct.unpack_from("<8xH8xI4xHH", content)
    at = _NAME_AT + name + extra
    said = content[at : at + min(size, _SHORT)]
    if how:
        with suppress(zlib.error):
            said = zlib.decompressobj(-zlib.MAX_WBITS).decompress(said, _SHORT)
    return said.decode("ascii", "replace").strip()
