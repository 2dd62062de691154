"""A DOCX as a package: is it one, its main part, and which of its styles hide or strike out text."""

from __future__ import annotations

import zipfile
from xml.etree import ElementTree as ET

from extraction.errors import PermanentError
from extraction.readers.containers import OLE
from extraction.readers.not_read import refusal_of
from extraction.readers.zip_package import BROKEN, NOTHING, check_parts, inflated, inner, opened_zip

MAIN = "word/document.xml"
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
OFF = frozenset(("0", "false", "off", "none"))


def opened_docx(content: bytes) -> zipfile.ZipFile:
    """Return a DOCX as an archive that is safe to read.

    Raises PermanentError, which names what the file is instead and what to do, if it is no DOCX,
    is encrypted, broken, unpacks to far more than it holds, or declares XML entities.
    """
    if content.startswith(OLE):
        refusal = refusal_of("stream", lambda mark: mark.encode("utf-16-le") in content)
        raise refusal or PermanentError(BROKEN)
    archive = opened_zip(content)
    entries = {entry.filename: entry for entry in archive.infolist()}
    # The main part may have another name: the list of content types tells it.
    types = inflated(archive, entries.get("[Content_Types].xml"))
    if MAIN not in entries and b"wordprocessingml.document.main" not in types:
        raise _other(archive, entries)
    check_parts(archive)
    return archive


def _other(archive: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo]) -> PermanentError:
    kind = inflated(archive, entries.get("mimetype")).decode("ascii", "replace").strip()
    return (
        refusal_of("part", lambda mark: any(name.startswith(mark) for name in entries))
        or refusal_of("mimetype", kind.__eq__)
        or PermanentError(
            "The document is a ZIP archive. Unpack it, and send the documents in it one by one."
        )
    )


class Styles:
    """Which styles hide or strike out text."""

    def __init__(self, styles: ET.Element) -> None:
        self._by_id: dict[str, ET.Element] = {}
        for style in styles.iter(f"{W}style"):
            self._by_id.setdefault(style.get(f"{W}styleId") or "", style)

    def unseen(self, properties: ET.Element, paragraph: str | None) -> bool:
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
            style = self._by_id.get(style_id, NOTHING)
            said = switch_of(inner(style, f"{W}rPr"), name)
            if said is not None:
                return said
            style_id = value_of(style, "basedOn")
        return None

    def name(self, style_id: str | None) -> str:
        """Return what a style is called, an empty text if that is not said."""
        return value_of(self._by_id.get(style_id or "", NOTHING), "name") or ""

    def numbering(self, style_id: str | None) -> ET.Element:
        """Return what a style says of numbering."""
        return inner(self._by_id.get(style_id or "", NOTHING), f"{W}pPr/{W}numPr")


def value_of(parent: ET.Element, name: str) -> str | None:
    """Return the value of a property, None if it has none."""
    return inner(parent, W + name).get(f"{W}val")


def switch_of(properties: ET.Element, name: str) -> bool | None:
    """Return whether a property is on, None if nothing is said of it."""
    child = properties.find(W + name)
    return None if child is None else child.get(f"{W}val", "1").casefold() not in OFF
