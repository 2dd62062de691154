"""An Office document as an archive that is safe to unpack: its parts, and what their relations lead to.

A ZIP's directory says what its entries inflate to, and may lie; so the entries that a parser will read are inflated
here first, no further than they may. A part that says nothing of the text may be broken; then the document is read
without it.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple
from xml.etree import ElementTree as ET

from extraction.errors import ExtractionError, PermanentError

_MOST_ENTRIES = 5_000
_MOST_BYTES = 200_000_000  # of all parts, inflated
_MOST_XML_BYTES = 60_000_000  # of one part of XML: a tree of it takes ten times as much
_RATIO = 200  # of inflated to packed bytes, for what is large enough to matter
_RATIO_FROM = 2_000_000
# Parts that are not read, or only if they are sound.
_ASIDE = ("customXml/", "docProps/", "customUI/", "META-INF/", "Configurations2/")
_DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_TOO_MUCH = (
    "The file unpacks to far more than a document holds (a ZIP bomb, or a table dump). "
    "Save it as PDF or CSV."
)
BROKEN = (
    "The ZIP archive or Office document is broken or cut short. "
    "Open it in a word processor, and save it again."
)
ENCRYPTED = "The {} is encrypted with a password. Remove the password, and send it again."
_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(wordprocessingml|officeDocument|drawingml)/")
_TRANSITIONAL = rb"http://schemas.openxmlformats.org/\1/2006/"
NOTHING = ET.Element("")  # stands for XML that is not there
TITLE = "{http://purl.org/dc/elements/1.1/}title"


def opened_zip(content: bytes) -> zipfile.ZipFile:
    """Return an archive, of which nothing but the list of its entries was looked at.

    Raises PermanentError if it is broken, encrypted, or has more entries than a document.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise PermanentError(BROKEN) from None
    entries = archive.infolist()
    if any(entry.flag_bits & 1 for entry in entries):
        raise PermanentError(ENCRYPTED.format("ZIP archive"))
    if len(entries) > _MOST_ENTRIES:
        raise PermanentError(
            f"The file holds {len(entries)} parts; the limit is {_MOST_ENTRIES}. Save it as PDF."
        )
    return archive


def check_parts(archive: zipfile.ZipFile) -> None:
    """Raise PermanentError if an archive unpacks to far more than it holds, or declares XML entities."""
    entries = {entry.filename: entry for entry in archive.infolist()}
    if sum(entry.file_size for entry in entries.values()) > _MOST_BYTES:
        raise PermanentError(_TOO_MUCH)
    for name, entry in entries.items():
        if not name.endswith((".xml", ".rels")):
            continue
        content = inflated(archive, entry)
        if len(content) > _RATIO_FROM and len(content) > _RATIO * max(entry.compress_size, 1):
            raise PermanentError(_TOO_MUCH)
        if _declares_entities(content) and not name.startswith(_ASIDE):
            raise PermanentError(
                "The file declares XML entities, which no office program writes. "
                "Open it in one, and save it again."
            )


def _declares_entities(content: bytes) -> bool:
    """Tell XML with a document type, which could make a few bytes into many, or read other files."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in content[:8]:
        content = content.replace(b"\x00", b"")
    return bool(_DECLARATION.search(content))


def inflated(archive: zipfile.ZipFile, entry: zipfile.ZipInfo | None) -> bytes:
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


def inner(parent: ET.Element, path: str) -> ET.Element:
    """Return the first element at a path, NOTHING if there is none."""
    found = parent.find(path)
    return NOTHING if found is None else found


def local_name(element: ET.Element) -> str:
    """Return an element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def count(text: str | None, default: int) -> int:
    """Return a number that XML gives, or the default if it gives none."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else default


@contextmanager
def blaming(sentence: str) -> Iterator[None]:
    """Make what a parser stumbles over the document's fault, a panic of Rust too: PermanentError with a sentence."""
    try:
        yield
    except (MemoryError, ExtractionError):
        raise
    except BaseException:  # noqa: BLE001
        raise PermanentError(sentence) from None


class Relation(NamedTuple):
    """What a part refers to by an id: the last word of the relation's type, and the name of a part."""

    id: str
    kind: str
    target: str


class Package:
    """A document that was opened safely. `main` is its main part: what the package says, else the usual one."""

    def __init__(self, archive: zipfile.ZipFile, usual: str) -> None:
        self._archive = archive
        self._entries = {entry.filename.casefold(): entry for entry in archive.infolist()}
        self.main = next(
            (r.target for r in self.relations_of("") if r.kind == "officeDocument"), usual
        )
        if self.main.casefold() not in self._entries:
            self.main = usual
        self.relations = self.relations_of(self.main)

    def relations_of(self, part: str) -> list[Relation]:
        """Return what a part refers to; what the package does, if the name is empty."""
        folder, name = posixpath.split(part)
        found = []
        for each in self.tree(posixpath.join(folder, "_rels", f"{name}.rels")):
            target = each.get("Target", "")
            if each.get("TargetMode") != "External" and target:
                place = target[1:] if target.startswith("/") else posixpath.join(folder, target)
                kind = each.get("Type", "").rpartition("/")[2]
                found.append(Relation(each.get("Id", ""), kind, posixpath.normpath(place)))
        return found

    @property
    def is_encrypted(self) -> bool:
        """Whether an OpenDocument says that its parts are encrypted."""
        return b"encryption-data" in self.content("META-INF/manifest.xml")

    def content(self, name: str) -> bytes:
        """Return a part's bytes, none if it is not there or broken."""
        return inflated(self._archive, self._entries.get(name.casefold()))

    def tree(self, name: str) -> ET.Element:
        """Return a part's XML in the names of the transitional standard, NOTHING if it is not there or broken."""
        content = self.content(name)
        if _declares_entities(content):
            return NOTHING
        try:
            return ET.fromstring(_STRICT.sub(_TRANSITIONAL, content))  # noqa: S314
        except (ET.ParseError, LookupError, ValueError):
            return NOTHING

    def tree_of(self, kind: str) -> ET.Element:
        """Return the first part of a kind that the main part refers to, NOTHING if there is none."""
        usual = posixpath.join(posixpath.dirname(self.main), f"{kind}.xml")
        name = next((r.target for r in self.relations if r.kind == kind), usual)
        return self.tree(name)

    def target_of(self, relation: str) -> str:
        """Return the name of the part that the main part refers to by an id, an empty text if there is none."""
        return next((each.target for each in self.relations if each.id == relation), "")

    def title(self) -> str:
        """Return the title in the document's properties, an empty text if there is none."""
        return self.tree("docProps/core.xml").findtext(TITLE) or ""


@contextmanager
def opened_package(content: bytes, usual: str) -> Iterator[Package]:
    """Open a document whose main part is mostly called so. Raises PermanentError as `opened_zip` and `check_parts`."""
    with opened_zip(content) as archive, blaming(BROKEN):
        check_parts(archive)
        yield Package(archive, usual)
