"""What a ZIP archive or an OLE container is, and whether it is safe to unpack.

A ZIP's directory says what its entries inflate to, and may lie; so the entries that a parser will
read are inflated here first, piece by piece, and counted.
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
_PIECE = 1 << 16
# Parts of a DOCX that are not read, or only if they are sound.
_ASIDE = ("customXml/", "docProps/", "customUI/")
_DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_TOO_MUCH = (
    "The DOCX unpacks to far more than a document holds (a ZIP bomb, or a table dump). "
    "Save it as PDF or CSV."
)
_BROKEN = "The {} is broken or cut short. Open it in a word processor, and save it again."

FORMAT = Format(
    DOCX,
    "DOCX",
    # Which may prove to be another Office document.
    lambda source: source.content.startswith((ZIP, _EMPTY_ZIP, OLE)),
    parser="extraction.readers.docx:docx_to_raw",
)


_SAMPLE = (
    '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:tbl><w:tr><w:tc>'
    "<w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc></w:tr></w:tbl></w:body></w:document>"
)


def sample_docx() -> bytes:
    """Return a small document, to be read once before children are forked."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("word/document.xml", _SAMPLE)
    return content.getvalue()


class _BrokenPartError(PermanentError):
    pass


def opened_docx(content: bytes) -> zipfile.ZipFile:
    """Return a DOCX as an archive that is safe to read.

    Raises PermanentError, which names what the file is instead and what to do, if it is no DOCX,
    is encrypted, broken, unpacks to far more than it holds, or declares XML entities.
    """
    if content.startswith(OLE):
        raise _ole(content) or PermanentError(_BROKEN.format("Office document"))
    archive = _opened(content)
    names = archive.namelist()
    if len(names) > _MOST_ENTRIES:
        raise PermanentError(
            f"The DOCX holds {len(names)} parts; the limit is {_MOST_ENTRIES}. Save it as PDF."
        )
    if "word/document.xml" not in names and not _names_a_document(archive):
        raise _other(archive, names)
    _check_parts(archive)
    return archive


def _opened(content: bytes) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise PermanentError(_BROKEN.format("ZIP archive or Office document")) from None
    if any(entry.flag_bits & 1 for entry in archive.infolist()):
        raise PermanentError(
            "The ZIP archive is encrypted with a password. Remove the password, and send it again."
        )
    return archive


def _names_a_document(archive: zipfile.ZipFile) -> bool:
    """Tell a DOCX whose main part has another name: its list of content types says so."""
    try:
        entry = archive.getinfo("[Content_Types].xml")
    except KeyError:
        return False
    return b"wordprocessingml.document.main" in _inflated(archive, entry, _PIECE * 16)


def _other(archive: zipfile.ZipFile, names: list[str]) -> PermanentError:
    refusal = refusal_of("part", lambda mark: any(name.startswith(mark) for name in names))
    if refusal is None and "mimetype" in names:
        kind = _inflated(archive, archive.getinfo("mimetype"), 200).decode("ascii", "replace")
        refusal = refusal_of("mimetype", kind.strip().__eq__)
    return refusal or PermanentError(
        "The document is a ZIP archive. Unpack it, and send the documents in it one by one."
    )


def _ole(content: bytes) -> PermanentError | None:
    names = content[:_OLE_NAMES_WITHIN]
    if "EncryptedPackage".encode("utf-16-le") in names:
        return PermanentError(
            "The Office document is encrypted with a password. Remove the password, and send it again."
        )
    return refusal_of("stream", lambda mark: mark.encode("utf-16-le") in names)


def _check_parts(archive: zipfile.ZipFile) -> None:
    total = 0
    for entry in archive.infolist():
        is_xml = entry.filename.endswith((".xml", ".rels"))
        total += entry.file_size
        if total > _MOST_BYTES or (is_xml and entry.file_size > _MOST_XML_BYTES):
            raise PermanentError(_TOO_MUCH)
        if is_xml:
            try:
                content = _inflated(archive, entry, _MOST_XML_BYTES)
            except _BrokenPartError:
                continue  # whoever needs this part will say so
            if len(content) > _RATIO_FROM and len(content) > _RATIO * max(entry.compress_size, 1):
                raise PermanentError(_TOO_MUCH)
            if declares_entities(content) and not entry.filename.startswith(_ASIDE):
                raise PermanentError(
                    "The DOCX declares XML entities, which no word processor writes. "
                    "Open it in a word processor, and save it again."
                )


def declares_entities(content: bytes) -> bool:
    """Tell XML with a document type, which could make a few bytes into many, or read other files."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in content[:8]:
        content = content.replace(b"\x00", b"")
    return bool(_DECLARATION.search(content))


def _inflated(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    """Return an entry's content, inflated no further than it may."""
    pieces = []
    size = 0
    try:
        with archive.open(entry) as stream:
            while piece := stream.read(_PIECE):
                size += len(piece)
                if size > most:
                    raise PermanentError(_TOO_MUCH)
                pieces.append(piece)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError):
        raise _BrokenPartError(_BROKEN.format("DOCX")) from None
    return b"".join(pieces)
