"""The parts of a DOCX: the main one wherever it is, and what its relations lead to.

A part that says nothing of the text may be broken; then the document is read without it.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import NamedTuple
from xml.etree import ElementTree as ET

from extraction.errors import PermanentError
from extraction.readers.zips import declares_entities

BROKEN = "The DOCX is broken. Open it in a word processor, and save it again."
_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(wordprocessingml|officeDocument|drawingml)/")
_TRANSITIONAL = rb"http://schemas.openxmlformats.org/\1/2006/"
_USUAL_MAIN = "word/document.xml"
_DC_TITLE = "{http://purl.org/dc/elements/1.1/}title"


class Relation(NamedTuple):
    """What a part refers to by an id: the last word of the relation's type, and the name of a part."""

    id: str
    kind: str
    target: str


class Package:
    """A DOCX that was opened safely (see zips.py)."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = {name.casefold(): name for name in archive.namelist()}
        self.main = next(
            (r.target for r in self._relations_in("_rels/.rels", "") if r.kind == "officeDocument"),
            _USUAL_MAIN,
        )
        if self.main.casefold() not in self._names:
            self.main = _USUAL_MAIN
        folder, name = posixpath.split(self.main)
        self.relations = list(self._relations_in(f"{folder}/_rels/{name}.rels", folder))

    def content(self, name: str) -> bytes | None:
        """Return a part's bytes, None if it is not there or broken."""
        found = self._names.get(name.casefold())
        try:
            return self._archive.read(found) if found else None
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError):
            return None

    def tree(self, name: str) -> ET.Element | None:
        """Return a part's XML in the names of the transitional standard, None if it is not there or broken."""
        content = self.content(name)
        if content is None or declares_entities(content):
            return None
        try:
            return ET.fromstring(_STRICT.sub(_TRANSITIONAL, content))  # noqa: S314
        except (ET.ParseError, LookupError, ValueError):
            return None

    def main_tree(self) -> ET.Element:
        """Return the main part. Raises PermanentError if it is broken."""
        tree = self.tree(self.main)
        if tree is None:
            raise PermanentError(BROKEN)
        return tree

    def tree_of(self, kind: str) -> ET.Element | None:
        """Return the first part of a kind that the main part refers to, None if there is none."""
        name = next((r.target for r in self.relations if r.kind == kind), f"word/{kind}.xml")
        return self.tree(name)

    def target_of(self, relation: str) -> Relation | None:
        """Return what the main part refers to by an id."""
        return next((each for each in self.relations if each.id == relation), None)

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
