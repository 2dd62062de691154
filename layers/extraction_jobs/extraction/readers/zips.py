"""What a ZIP archive or an OLE container is, and whether it is safe to unpack.

A ZIP's directory says what its entries inflate to, and may lie; so the entries that a parser will
read are inflated here first, no further than they may.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib

from extraction.document.document import DOCX
from extraction.errors import PermanentError
from extraction.readers.format import Format
from extraction.readers.not_read import refusal_of

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_OLE_NAMES_WITHIN = 4_000_000  # bytes
_MOST_ENTRIES = 5_000
_MOST_BYTES = 200_000_000  # of all parts, inflated
_MOST_XML_BYTES = 60_000_000  # of one part of XML: a tree of it takes ten times as much
_RATIO = 200  # of inflated to packed bytes, for what is large enough to matter
_RATIO_FROM = 2_000_000
# Parts of a DOCX that are not read, or only if they are sound.
_ASIDE = ("customXml/", "docProps/", "customUI/")
_DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_TOO_MUCH = (
    "The DOCX unpacks to far more than a document holds (a ZIP bomb, or a table dump). "
    "Save it as PDF or CSV."
)
_BROKEN = (
    "The ZIP archive or Office document is broken or cut short. "
    "Open it in a word processor, and save it again."
)
_MAIN = "word/document.xml"
_SAMPLE = (
    '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:tbl><w:tr><w:tc>'
    "<w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc></w:tr></w:tbl></w:body></w:document>"
)

FORMAT = Format(
    DOCX,
    # Which may prove to be another Office document.
    lambda source: source.content.startswith((ZIP, _EMPTY_ZIP, OLE)),
    parser="extraction.readers.docx:docx_to_raw",
    name="DOCX",
)


def sample_docx() -> bytes:
    """Return a small document, to be read once before children are forked."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(_MAIN, _SAMPLE)
    return content.getvalue()


def opened_docx(content: bytes) -> zipfile.ZipFile:
    """Return a DOCX as an archive that is safe to read.

    Raises PermanentError, which names what the file is instead and what to do, if it is no DOCX,
    is encrypted, broken, unpacks to far more than it holds, or declares XML entities.
    """
    if content.startswith(OLE):
        names = content[:_OLE_NAMES_WITHIN]
        refusal = refusal_of("stream", lambda mark: mark.encode("utf-16-le") in names)
        raise refusal or PermanentError(_BROKEN)
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise PermanentError(_BROKEN) from None
    entries = {entry.filename: entry for entry in archive.infolist()}
    if any(entry.flag_bits & 1 for entry in entries.values()):
        raise PermanentError(
            "The ZIP archive is encrypted with a password. Remove the password, and send it again."
        )
    if len(entries) > _MOST_ENTRIES:
        raise PermanentError(
            f"The DOCX holds {len(entries)} parts; the limit is {_MOST_ENTRIES}. Save it as PDF."
        )
    # The main part may have another name: the list of content types tells it.
    types = _inflated(archive, entries.get("[Content_Types].xml"))
    if _MAIN not in entries and b"wordprocessingml.document.main" not in types:
        raise _other(archive, entries)
    _check_parts(archive, entries)
    return archive


def _other(archive: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo]) -> PermanentError:
    kind = _inflated(archive, entries.get("mimetype")).decode("ascii", "replace").strip()
    return (
        refusal_of("part", lambda mark: any(name.startswith(mark) for name in entries))
        or refusal_of("mimetype", kind.__eq__)
        or PermanentError(
            "The document is a ZIP archive. Unpack it, and send the documents in it one by one."
        )
    )


def _check_parts(archive: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo]) -> None:
    if sum(entry.file_size for entry in entries.values()) > _MOST_BYTES:
        raise PermanentError(_TOO_MUCH)
    for name, entry in entries.items():
        if not name.endswith((".xml", ".rels")):
            continue
        content = _inflated(archive, entry)
        if len(content) > _RATIO_FROM and len(content) > _RATIO * max(entry.compress_size, 1):
            raise PermanentError(_TOO_MUCH)
        if declares_entities(content) and not name.startswith(_ASIDE):
            raise PermanentError(
                "The DOCX declares XML entities, which no word processor writes. "
                "Open it in a word processor, and save it again."
            )


def declares_entities(content: bytes) -> bool:
    """Tell XML with a document type, which could make a few bytes into many, or read other files."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in content[:8]:
        content = content.replace(b"\x00", b"")
    return bool(_DECLARATION.search(content))


def _inflated(archive: zipfile.ZipFile, entry: zipfile.ZipInfo | None) -> bytes:
    """Return a part's content; nothing if there is none or it is broken: whoever needs it will say so."""
    if entry is None:
        return b""
    try:
        with archive.open(entry) as stream:
            content = stream.read(_MOST_XML_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError):
        return b""
    if len(content) > _MOST_XML_BYTES:
        raise PermanentError(_TOO_MUCH)
    return content
