"""PPTX to text, by the reader of HTML: each slide that is shown is a page, its title a heading, its notes at its end.

What is read: text of shapes and groups, tables, diagrams, notes. What is not: hidden slides and shapes, what is struck
out, layouts and masters, dates and numbers of slides, charts, pictures.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from xml.etree import ElementTree as ET

from extraction.document.document import Limits
from extraction.document.typed import TypedText
from extraction.errors import NeedsOcrError, PermanentError
from extraction.readers.format import check_size
from extraction.readers.html import html_to_text
from extraction.readers.office_html import NO_TEXT, Cell, table
from extraction.readers.raw import Raw, sane_title
from extraction.readers.sheet_view import count
from extraction.readers.zip_package import BROKEN, Package, Relation, local_name, opened_package

MAIN = "ppt/presentation.xml"
_ON = frozenset(("1", "true", "on"))
_TITLES = frozenset(("title", "ctrTitle"))
_WITHOUT_TEXT = frozenset(("sldNum", "dt", "hdr", "sldImg"))
_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_DIAGRAM = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}dm"
_NOT_STRUCK = frozenset((None, "noStrike"))


def pptx_to_raw(content: bytes, limits: Limits) -> Raw:
    """Return the text of a presentation, a part for each slide.

    Raises PermanentError if it is broken or would unpack to too much, and NeedsOcrError if it holds pictures and no
    text.
    """
    with opened_package(content, MAIN) as package:
        return _read(package, limits)


def _read(package: Package, limits: Limits) -> Raw:
    presentation = package.tree(package.main)
    if presentation is None:
        raise PermanentError(BROKEN)
    names = [
        package.target_of(each.get(_ID, ""))
        for each in presentation.iter()
        if local_name(each) == "sldId"
    ]
    check_size("slides", len(names), limits.max_pages)
    parts, pictured, not_read = [], [], []
    for number, name in enumerate(names, 1):
        tree = package.tree(name)
        if tree is None:
            not_read.append(f"Slide {number} of the PPTX is broken and was not read.")
        slide = _Slide(package, package.relations_of(name))
        shown = tree is not None and tree.get("show", "1") in _ON
        html = slide.html(tree) if tree is not None and shown else ""
        text = html_to_text(html, limits)[0] if html else TypedText("")
        parts.append(text)
        if slide.pictures and not text.text.strip():
            pictured.append(number)
        if slide.objects:
            not_read.append(
                f"{slide.objects} embedded object(s) on slide {number} of the PPTX were not read."
            )
    if pictured and not any(part.text.strip() for part in parts):
        raise NeedsOcrError(NO_TEXT.format("PPTX", "no"))
    title = sane_title(package.title())
    return Raw(tuple(parts), title, True, tuple(pictured), not_read=tuple(not_read))


class _Slide:
    """Writes a slide as HTML, and counts its pictures and embedded objects."""

    def __init__(self, package: Package, relations: list[Relation]) -> None:
        self._package = package
        self._relations = relations
        self.pictures = 0
        self.objects = 0

    def html(self, slide: ET.Element) -> str:
        notes = next((r.target for r in self._relations if r.kind == "notesSlide"), None)
        tree = self._package.tree(notes) if notes else None
        said = "".join(self._shapes(tree)) if tree is not None else ""
        return "".join(self._shapes(slide)) + said

    def _shapes(self, parent: ET.Element) -> Iterator[str]:
        for each in parent:
            name = local_name(each)
            if name == "AlternateContent":
                yield from self._shapes(each[0]) if len(each) else ()
            elif any(
                local_name(about) == "cNvPr" and about.get("hidden") in _ON
                for properties in each
                for about in properties
            ):
                continue
            elif name == "sp":
                yield _shape(each)
            elif name == "pic":
                self.pictures += 1
            elif name == "tbl":
                yield table(_rows(each))
            elif name == "relIds":
                yield self._diagram(each)
            elif name == "oleObj":
                self.objects += 1
            else:
                yield from self._shapes(each)

    def _diagram(self, ids: ET.Element) -> str:
        wanted = ids.get(_DIAGRAM, "")
        name = next((r.target for r in self._relations if r.id == wanted), "")
        tree = self._package.tree(name) if name else None
        return "".join(_paragraphs(tree)) if tree is not None else ""


def _shape(shape: ET.Element) -> str:
    place = next((each for each in shape.iter() if local_name(each) == "ph"), None)
    kind = place.get("type") if place is not None else None
    body = next((each for each in shape if local_name(each) == "txBody"), None)
    if body is None or kind in _WITHOUT_TEXT:
        return ""
    if kind in _TITLES:
        return f"<h2>{' '.join(_words(each) for each in body if local_name(each) == 'p')}</h2>"
    return "".join(_paragraphs(body))


def _paragraphs(parent: ET.Element) -> Iterator[str]:
    for each in parent.iter():
        if local_name(each) == "p":
            yield f"<p>{_words(each)}</p>"


def _words(paragraph: ET.Element) -> str:
    """Return what stands in a paragraph and is not struck out."""
    words = ""
    for each in paragraph:
        name = local_name(each)
        if name == "br":
            words += "<br>"
        elif name in ("r", "fld"):
            struck = any(
                local_name(child) == "rPr" and child.get("strike") not in _NOT_STRUCK
                for child in each
            )
            text = "".join(child.text or "" for child in each if local_name(child) == "t")
            words += "" if struck else escape(text)
        elif name in ("m", "AlternateContent"):
            words += escape("".join(t.text or "" for t in each.iter() if local_name(t) == "t"))
    return words


def _rows(table: ET.Element) -> Iterator[tuple[bool, list[Cell]]]:
    """Yield the rows of a table. Cells that are covered by merged ones stand there, and are left out."""
    heads = any(local_name(each) == "tblPr" and each.get("firstRow") in _ON for each in table)
    for row in table:
        if local_name(row) == "tr":
            yield (
                heads,
                [
                    Cell(
                        "".join(_paragraphs(cell)),
                        count(cell.get("gridSpan"), 1),
                        count(cell.get("rowSpan"), 1),
                    )
                    for cell in row
                    if local_name(cell) == "tc"
                    and cell.get("hMerge") not in _ON
                    and cell.get("vMerge") not in _ON
                ],
            )
            heads = False
