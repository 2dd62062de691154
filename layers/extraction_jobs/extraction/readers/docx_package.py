"""A DOCX as an archive that is safe to unpack: its parts, what their relations lead to, and its styles.

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
from typing import NamedTuple
from xml.etree import ElementTree as ET

from extraction.errors import PermanentError
from extraction.readers.formats import OLE
from extraction.readers.not_read import refusal_of

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
BROKEN = (
    "The ZIP archive or Office document is broken or cut short. "
    "Open it in a word processor, and save it again."
)
MAIN = "word/document.xml"
_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(wordprocessingml|officeDocument|drawingml)/")
_TRANSITIONAL = rb"http://schemas.openxmlformats.org/\1/2006/"
_DC_TITLE = "{http://purl.org/dc/elements/1.1/}title"
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
OFF = frozenset(("0", "false", "off", "none"))


def opened_docx(content: bytes) -> zipfile.ZipFile:
    """Return a DOCX as an archive that is safe to read.

    Raises PermanentError, which names what the file is instead and what to do, if it is no DOCX,
    is encrypted, broken, unpacks to far more than it holds, or declares XML entities.
    """
    if content.startswith(OLE):
        names = content[:_OLE_NAMES_WITHIN]
        refusal = refusal_of("stream", lambda mark: mark.encode("utf-16-le") in names)
        raise refusal or PermanentError(BROKEN)
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise PermanentError(BROKEN) from None
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
    if MAIN not in entries and b"wordprocessingml.document.main" not in types:
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
        if _declares_entities(content) and not name.startswith(_ASIDE):
            raise PermanentError(
                "The DOCX declares XML entities, which no word processor writes. "
                "Open it in a word processor, and save it again."
            )


def _declares_entities(content: bytes) -> bool:
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


class Relation(NamedTuple):
    """What a part refers to by an id: the last word of the relation's type, and the name of a part."""

    id: str
    kind: str
    target: str


class Package:
    """A DOCX that was opened safely."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._entries = {entry.filename.casefold(): entry for entry in archive.infolist()}
        self.main = next(
            (r.target for r in self._relations_in("_rels/.rels", "") if r.kind == "officeDocument"),
            MAIN,
        )
        if self.main.casefold() not in self._entries:
            self.main = MAIN
        folder, name = posixpath.split(self.main)
        self.relations = list(self._relations_in(f"{folder}/_rels/{name}.rels", folder))

    def content(self, name: str) -> bytes:
        """Return a part's bytes, none if it is not there or broken."""
        return _inflated(self._archive, self._entries.get(name.casefold()))

    def tree(self, name: str) -> ET.Element | None:
        """Return a part's XML in the names of the transitional standard, None if it is not there or broken."""
        content = self.content(name)
        if _declares_entities(content):
            return None
        try:
            return ET.fromstring(_STRICT.sub(_TRANSITIONAL, content))  # noqa: S314
        except (ET.ParseError, LookupError, ValueError):
            return None

    def tree_of(self, kind: str) -> ET.Element | None:
        """Return the first part of a kind that the main part refers to, None if there is none."""
        name = next((r.target for r in self.relations if r.kind == kind), f"word/{kind}.xml")
        return self.tree(name)

    def target_of(self, relation: str) -> str:
        """Return the name of the part that the main part refers to by an id, an empty text if there is none."""
        return next((each.target for each in self.relations if each.id == relation), "")

    def title(self) -> str:
        """Return the title in the document's properties, an empty text if there is none."""
        tree = self.tree("docProps/core.xml")
        return "" if tree is None else tree.findtext(_DC_TITLE) or ""

    def _relations_in(self, name: str, folder: str) -> Iterator[Relation]:
        tree = self.tree(name)
        for each in tree if tree is not None else ():
            target = each.get("Target", "")
            if each.get("TargetMode") != "External" and target:
                place = target[1:] if target.startswith("/") else posixpath.join(folder, target)
                kind = each.get("Type", "").rpartition("/")[2]
                yield Relation(each.get("Id", ""), kind, posixpath.normpath(place))


class Styles:
    """Which styles hide or strike out text."""

    def __init__(self, styles: ET.Element | None) -> None:
        self._by_id: dict[str, ET.Element] = {}
        for style in styles.iter(f"{W}style") if styles is not None else ():
            self._by_id.setdefault(style.get(f"{W}styleId") or "", style)

    def unseen(self, properties: ET.Element | None, paragraph: str | None) -> bool:
        """Tell whether a run with these properties in a paragraph of this style is hidden or struck out."""
        character = value_of(properties, "rStyle")
        for name in ("vanish", "strike", "dstrike"):
            said = switch_of(properties, name)
            for style in (character, paragraph):
                if said is None:
                    said = self._of_style(style, name)
            if said:
                return True
        return False

    def _of_style(self, style_id: str | None, name: str) -> bool | None:
        seen: set[str] = set()
        while style_id and style_id not in seen:
            seen.add(style_id)
            style = self._by_id.get(style_id)
            if style is None:
                return None
            said = switch_of(style.find(f"{W}rPr"), name)
            if said is not None:
                return said
            style_id = value_of(style, "basedOn")
        return None

    def name(self, style_id: str | None) -> str:
        """Return what a style is called, an empty text if that is not said."""
        return value_of(self._by_id.get(style_id or ""), "name") or ""

    def numbering(self, style_id: str | None) -> ET.Element | None:
        """Return what a style says of numbering, None if nothing."""
        style = self._by_id.get(style_id or "")
        return style.find(f"{W}pPr/{W}numPr") if style is not None else None


def value_of(parent: ET.Element | None, name: str) -> str | None:
    """Return the value of a property, None if it has none."""
    child = parent.find(W + name) if parent is not None else None
    return None if child is None else child.get(f"{W}val")


def switch_of(properties: ET.Element | None, name: str) -> bool | None:
    """Return whether a property is on, None if nothing is said of it."""
    child = properties.find(W + name) if properties is not None else None
    return None if child is None else child.get(f"{W}val", "1").casefold() not in OFF
