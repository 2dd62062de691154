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
from extraction.readers.office_html import NO_TEXT, Around, Cell, table
from extraction.readers.raw import Raw, sane_title
from extraction.readers.zip_package import (
    BROKEN,
    NOTHING,
    Package,
    count,
    inner,
    local_name,
    opened_package,
)

MAIN = "ppt/presentation.xml"
_ON = frozenset(("1", "true", "on"))
_TITLES = frozenset(("title", "ctrTitle"))
_WITHOUT_TEXT = frozenset(("sldNum", "dt", "hdr", "sldImg"))
_RELATIONS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
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
    if presentation is NOTHING:
        raise PermanentError(BROKEN)
    slides = presentation.findall(".//{*}sldId")
    check_size("slides", len(slides), limits.max_pages)
    parts, pictured, not_read = [], [], []
    for number, each in enumerate(slides, 1):
        name = package.target_of(each.get(f"{_RELATIONS}id", ""))
        tree = package.tree(name)
        text, around = TypedText(""), Around("PPTX")
        if tree is NOTHING:
            not_read.append(f"Slide {number} of the PPTX is broken and was not read.")
        elif tree.get("show", "1") in _ON and (html := _slide(package, name, tree, around)):
            text = html_to_text(html, limits)[0]
        parts.append(text)
        if around.pictures and not text.text.strip():
            pictured.append(number)
        if around.objects:
            not_read.append(
                f"{around.objects} embedded object(s) on slide {number} of the PPTX were not read."
            )
    if pictured and not any(part.text.strip() for part in parts):
        raise NeedsOcrError(NO_TEXT.format("PPTX", "no"))
    title = sane_title(package.title())
    return Raw(tuple(parts), title, True, tuple(pictured), not_read=tuple(not_read))


def _slide(package: Package, name: str, slide: ET.Element, around: Around) -> str:
    """Return a slide and its notes as HTML, and count its pictures and embedded objects."""
    relations = package.relations_of(name)
    diagrams = {each.id: each.target for each in reversed(relations)}
    notes = [each.target for each in relations if each.kind == "notesSlide"]

    def shapes(parent: ET.Element) -> Iterator[str]:
        for each in parent:
            kind = local_name(each)
            if kind == "AlternateContent":
                yield from shapes(each[0]) if len(each) else ()
            elif any(about.get("hidden") in _ON for about in each.findall("*/{*}cNvPr")):
                continue
            elif kind == "sp":
                yield _shape(each)
            elif kind == "tbl":
                yield table(_rows(each))
            elif kind == "relIds":
                diagram = diagrams.get(each.get(f"{_RELATIONS}dm", ""), "")
                yield _paragraphs(package.tree(diagram))
            elif kind in ("pic", "oleObj"):
                around.pictures += kind == "pic"
                around.objects += kind == "oleObj"
            else:
                yield from shapes(each)

    said = "".join(shapes(package.tree(notes[0]))) if notes else ""
    return "".join(shapes(slide)) + said


def _shape(shape: ET.Element) -> str:
    kind = inner(shape, ".//{*}ph").get("type")
    body = inner(shape, "{*}txBody")
    if body is NOTHING or kind in _WITHOUT_TEXT:
        return ""
    if kind in _TITLES:
        return f"<h2>{' '.join(map(_words, body.findall('{*}p')))}</h2>"
    return _paragraphs(body)


def _paragraphs(parent: ET.Element) -> str:
    return "".join(f"<p>{_words(each)}</p>" for each in parent.iterfind(".//{*}p"))


def _words(paragraph: ET.Element) -> str:
    """Return what stands in a paragraph and is not struck out."""
    words = ""
    for each in paragraph:
        name = local_name(each)
        if name == "br":
            words += "<br>"
        elif name in ("r", "fld"):
            struck = any(p.get("strike") not in _NOT_STRUCK for p in each.findall("{*}rPr"))
            text = "".join(t.text or "" for t in each.findall("{*}t"))
            words += "" if struck else escape(text)
        elif name in ("m", "AlternateContent"):
            words += escape("".join(t.text or "" for t in each.iterfind(".//{*}t")))
    return words


def _rows(table: ET.Element) -> Iterator[tuple[bool, list[Cell]]]:
    """Yield the rows of a table. Cells that are covered by merged ones stand there, and are left out."""
    heads = any(each.get("firstRow") in _ON for each in table.findall("{*}tblPr"))
    for row in table.findall("{*}tr"):
        yield (
            heads,
            [
                Cell(
                    _paragraphs(cell),
                    count(cell.get("gridSpan"), 1),
                    count(cell.get("rowSpan"), 1),
                )
                for cell in row.findall("{*}tc")
                if cell.get("hMerge") not in _ON and cell.get("vMerge") not in _ON
            ],
        )
        heads = False
