"""The body of a DOCX as HTML: paragraphs, headings, lists, tables, breaks, and nothing of how it looks.

What wraps text (fields, directions, smart tags, formulas, elements of later versions) is read through: only what is
known to be no text is left out. So is what a reader does not see: hidden and deleted text, and what is struck out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import escape
from xml.etree import ElementTree as ET

from extraction.readers.office_html import TAB, Around, Cell, table
from extraction.readers.zip_package import NOTHING, Package, count, inner

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_DGM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
_WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
_O = "{urn:schemas-microsoft-com:office:office}"
_V = "{urn:schemas-microsoft-com:vml}"


_OFF = frozenset(("0", "false", "off", "none"))


def _named(names: str) -> frozenset[str]:
    return frozenset(W + name for name in names.split())


_DROPPED = _named(
    "del moveFrom delText delInstrText rt rubyPr sdtPr sdtEndPr fldData bookmarkStart bookmarkEnd "
    "commentReference smartTagPr customXmlPr dirPr pPr rPr tblPr tblGrid trPr tcPr sectPr instrText"
)
_DRAWN = _named("drawing pict object") | {f"{_V}shape", f"{_V}group", f"{_V}rect"}
_EMU = 914_400  # an inch, in the units of drawings
_PAGE = 40.0  # square inches: a picture so large may be a page that was scanned
_PLAIN = {f"{W}tab": TAB, f"{W}ptab": TAB, f"{W}cr": "<br>", f"{W}noBreakHyphen": "\u2011"}
_NOTES = {f"{W}footnoteReference": "footnote", f"{W}endnoteReference": "endnote"}
_HEADING = re.compile(r"heading ([1-6])")
_DEEPEST_LIST = 8
_PRIVATE = 0xF000  # where symbol fonts have their characters
_SYMBOLS = dict(zip((0xFE, 0xFC, 0x6F, 0xA8, 0x71, 0xB7), "☒✓☐☐☐•", strict=True))


class Body:
    """Writes parts as HTML, and counts the pictures and embedded objects in them, of which nothing is read."""

    def __init__(self, package: Package, around: Around, inserted: Callable[[str], str]) -> None:
        self._package = package
        self._styles = _Styles(package.tree_of("styles"))
        self._around = around
        self._inserted = inserted  # from the id of an inserted document to what stands for it
        self._boxes: list[str] = []  # text boxes of the paragraph at hand
        self._going_on = ""  # a paragraph whose end is deleted
        self.notes: list[tuple[str, str]] = []  # the kind and id of each note that was referred to

    def html(self, part: ET.Element) -> str:
        """Return what stands in a part as HTML."""
        html = self._inside(part, None) + self._going_on + "".join(self._boxes)
        self._going_on, self._boxes = "", []
        while "</ul><ul>" in html:
            html = html.replace("</ul><ul>", "")
        return html

    def _inside(self, element: ET.Element, style: str | None) -> str:
        html = ""
        for child in element:
            html += self._one(child, style)
        return html

    def _one(self, child: ET.Element, style: str | None) -> str:
        tag = child.tag
        if tag in _PLAIN:
            return _PLAIN[tag]
        if tag == f"{W}t":
            return escape(child.text or "").replace("\t", TAB)
        if tag == f"{W}p":
            return self._paragraph(child)
        if tag == f"{W}r":
            return self._run(child, style)
        if tag == f"{W}tbl":
            return table(self._rows(child))
        if tag in _DRAWN:
            self._drawn(child)
            return ""
        return "" if tag in _DROPPED else self._other(child, style)

    def _paragraph(self, paragraph: ET.Element) -> str:
        properties = inner(paragraph, f"{W}pPr")
        style = _value_of(properties, "pStyle")
        outer, self._boxes = self._boxes, []
        before, self._going_on = self._going_on, ""
        words = before + self._inside(paragraph, style)
        boxes, self._boxes = "".join(self._boxes), outer
        if inner(properties, f"{W}rPr").find(f"{W}del") is not None:
            self._going_on = words + boxes
            return ""
        return self._as_said(words, properties, style) + boxes if words or boxes else ""

    def _as_said(self, words: str, properties: ET.Element, style: str | None) -> str:
        """Return a paragraph as a heading or list item, if its style or numbering makes it one."""
        name = self._styles.name(style).casefold()
        if found := _HEADING.fullmatch(name or re.sub(r"(\d)$", r" \1", (style or "").casefold())):
            return f"<h{found[1]}>{words}</h{found[1]}>"
        if name == "title":
            return f"<h1>{words}</h1>"
        numbering = inner(properties, f"{W}numPr")
        if numbering is NOTHING:
            numbering = self._styles.numbering(style)
        if _value_of(numbering, "numId") in (None, "0"):
            return f"<p>{words}</p>"
        level = _value_of(numbering, "ilvl") or "0"
        depth = 1 + min(int(level) if level.isdecimal() else 0, _DEEPEST_LIST)
        return "<ul>" * depth + f"<li>{words}</li>" + "</ul>" * depth

    def _run(self, run: ET.Element, style: str | None) -> str:
        properties = inner(run, f"{W}rPr")
        if self._styles.unseen(properties, style):
            return "".join(_of_field(field) for field in run.iter(f"{W}fldChar"))
        words = self._inside(run, style)
        raised = _value_of(properties, "vertAlign") in ("superscript", "subscript")
        return f"<sup>{words}</sup>" if raised and words else words

    def _rows(self, table: ET.Element) -> Iterator[tuple[bool, Iterator[Cell]]]:
        heads = True
        for row in _within(table, f"{W}tr"):
            properties = inner(row, f"{W}trPr")
            if not (_switch_of(properties, "hidden") or _switch_of(properties, "del")):
                heads = heads and bool(_switch_of(properties, "tblHeader"))
                yield heads, map(self._cell, _within(row, f"{W}tc"))

    def _cell(self, element: ET.Element) -> Cell:
        properties = inner(element, f"{W}tcPr")
        merge = properties.find(f"{W}vMerge")
        merged = "up" if merge is not None and merge.get(f"{W}val") != "restart" else ""
        across = count(_value_of(properties, "gridSpan"), 1)
        return Cell(self._inside(element, None), across, merged=merged)

    def _other(self, element: ET.Element, style: str | None) -> str:
        tag = element.tag
        if tag in _NOTES:
            self.notes.append((_NOTES[tag], element.get(f"{W}id", "")))
            return f"[{len(self.notes)}]"
        if tag == f"{_MC}AlternateContent":
            return self._inside(_chosen(element), style)
        if tag == f"{W}altChunk":
            return self._inserted(element.get(f"{_R}id", ""))
        if tag == f"{W}br":
            return "" if element.get(f"{W}type") in ("page", "column") else "<br>"
        if tag == f"{W}fldChar":
            return _of_field(element)
        if tag == f"{W}sym":
            return _symbol(element.get(f"{W}char") or "")
        if tag == f"{W}sdt" and element.find(f"{W}sdtPr/{_W14}checkbox") is not None:
            box = inner(element, f"{W}sdtPr/{_W14}checkbox/{_W14}checked")
            return "[_]" if box is NOTHING or box.get(f"{_W14}val") in _OFF else "[x]"
        if tag in (f"{_M}oMath", f"{_M}oMathPara"):
            return escape("".join(_formula(element)))
        return self._inside(element, style)

    def _drawn(self, element: ET.Element) -> None:
        """Note the text boxes of a drawing."""
        shown = self._around.pictures
        sizes = [_area(extent) for extent in element.iter(f"{_WP}extent")]
        self._look_for_boxes(element)
        self._around.pages += self._around.pictures > shown and max(sizes, default=0) >= _PAGE

    def _look_for_boxes(self, element: ET.Element) -> None:
        for child in element:
            if child.tag == f"{W}txbxContent":
                self._boxes.append(self._inside(child, None))
            elif child.tag == f"{_MC}AlternateContent":
                self._look_for_boxes(_chosen(child))
            elif child.tag == f"{_A}p":
                words = "".join(text.text or "" for text in child.iter(f"{_A}t"))
                self._boxes.append(f"<p>{escape(words)}</p>")
            elif child.tag == f"{_DGM}relIds":
                name = self._package.target_of(child.get(f"{_R}dm", ""))
                self._look_for_boxes(self._package.tree(name))
            else:
                self._around.pictures += child.tag in (f"{_A}blip", f"{_V}imagedata")
                self._around.objects += child.tag == f"{_O}OLEObject" and not (
                    child.get("ProgID", "").startswith("Equation")
                )
                self._look_for_boxes(child)


class _Styles:
    """Which styles hide or strike out text."""

    def __init__(self, styles: ET.Element) -> None:
        self._by_id: dict[str, ET.Element] = {}
        for style in styles.iter(f"{W}style"):
            self._by_id.setdefault(style.get(f"{W}styleId") or "", style)

    def unseen(self, properties: ET.Element, paragraph: str | None) -> bool:
        """Tell whether a run with these properties in a paragraph of this style is hidden or struck out."""
        styles = (_value_of(properties, "rStyle"), paragraph)
        said = (properties, *(each for style in styles for each in self._of_runs(style)))
        runs = [each for each in said if len(each)]
        return bool(runs) and any(
            next((on for each in runs if (on := _switch_of(each, name)) is not None), False)
            for name in ("vanish", "strike", "dstrike")
        )

    def _of_runs(self, style_id: str | None) -> Iterator[ET.Element]:
        """Yield what a style, and each that it is based on, says of runs."""
        seen: set[str] = set()
        while style_id and style_id not in seen:
            seen.add(style_id)
            style = self._by_id.get(style_id, NOTHING)
            yield inner(style, f"{W}rPr")
            style_id = _value_of(style, "basedOn")

    def name(self, style_id: str | None) -> str:
        """Return what a style is called, an empty text if that is not said."""
        return _value_of(self._by_id.get(style_id or "", NOTHING), "name") or ""

    def numbering(self, style_id: str | None) -> ET.Element:
        """Return what a style says of numbering."""
        return inner(inner(self._by_id.get(style_id or "", NOTHING), f"{W}pPr"), f"{W}numPr")


def _value_of(parent: ET.Element, name: str) -> str | None:
    """Return the value of a property, None if it has none."""
    return inner(parent, W + name).get(f"{W}val")


def _switch_of(properties: ET.Element, name: str) -> bool | None:
    """Return whether a property is on, None if nothing is said of it."""
    child = properties.find(W + name)
    return None if child is None else child.get(f"{W}val", "1").casefold() not in _OFF


def _within(element: ET.Element, tag: str) -> Iterator[ET.Element]:
    """Yield the rows of a table or the cells of a row, whatever is wrapped around them."""
    for child in element:
        if child.tag == tag:
            yield child
        elif child.tag == f"{_MC}AlternateContent":
            yield from _within(_chosen(child), tag)
        elif child.tag not in _DROPPED:
            yield from _within(child, tag)


def _chosen(alternatives: ET.Element) -> ET.Element:
    """Return the alternative that a program of today shows: the first in which anything stands."""
    for each in alternatives:
        if any(part.tag in (f"{W}t", f"{_A}t", f"{_DGM}relIds") for part in each.iter()):
            return each
    return alternatives[0] if len(alternatives) else alternatives


def _of_field(field: ET.Element) -> str:
    """Return what a field of a form shows whose text is nowhere else: a box, or what is chosen in a list."""
    if (box := field.find(f"{W}ffData/{W}checkBox")) is not None:
        ticked = _switch_of(box, "checked")
        return "[x]" if (_switch_of(box, "default") if ticked is None else ticked) else "[_]"
    choice = field.find(f"{W}ffData/{W}ddList")
    if choice is None:
        return ""
    entries = [entry.get(f"{W}val") or "" for entry in choice.findall(f"{W}listEntry")]
    at = _value_of(choice, "result") or _value_of(choice, "default") or "0"
    return escape(entries[int(at)]) if at.isdecimal() and int(at) < len(entries) else ""


def _symbol(code: str) -> str:
    try:
        number = int(code, 16)
        return _SYMBOLS.get(number - _PRIVATE, "") or chr(number) if number > 0 else ""
    except (ValueError, OverflowError):
        return ""


def _area(extent: ET.Element) -> float:
    """Return the size of a drawing in square inches."""
    across, down = (extent.get(name, "") for name in ("cx", "cy"))
    return int(across) * int(down) / _EMU**2 if across.isdecimal() and down.isdecimal() else 0.0


def _formula(element: ET.Element) -> Iterator[str]:
    """Yield the text of a formula in its order, fractions and powers as they are typed."""
    for child in element:
        if child.tag == f"{_M}t":
            yield child.text or ""
        elif child.tag == f"{_M}den":
            yield "/"
        elif child.tag == f"{_M}sup":
            yield "^"
        yield from _formula(child)
