"""The body of a DOCX in the few elements that say what stands in it.

What wraps text (fields, directions, smart tags, formulas, elements of later versions) is read through: only what is
known to be no text is left out. So is what a reader does not see: hidden and deleted text, and what is struck out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from xml.etree import ElementTree as ET

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


def _named(names: str) -> frozenset[str]:
    return frozenset(W + name for name in names.split())


# Kept with their children.
_CONTAINERS = _named("body p r tbl tr tc footnote endnote")
# Kept as they are.
_LEAVES = _named(
    "t tab br noBreakHyphen softHyphen fldChar instrText sectPr pPr rPr tblPr tblGrid trPr "
    "footnoteReference endnoteReference"
)
_DROPPED = _named(
    "del moveFrom delText delInstrText rt rubyPr sdtPr sdtEndPr fldData bookmarkStart bookmarkEnd "
    "commentReference smartTagPr customXmlPr dirPr"
)
_FIELD = _named("fldChar instrText")
_DRAWN = _named("drawing pict object") | {f"{_V}shape", f"{_V}group", f"{_V}rect"}
_EMU = 914_400  # an inch, in the units of drawings
_PAGE = 40.0  # square inches: a picture so large may be a page that was scanned
_OFF = frozenset(("0", "false", "off", "none"))


class Styles:
    """Which styles hide or strike out text."""

    def __init__(self, styles: ET.Element | None) -> None:
        self._by_id: dict[str, ET.Element] = {}
        for style in styles.iter(f"{W}style") if styles is not None else ():
            self._by_id.setdefault(style.get(f"{W}styleId") or "", style)

    def unseen(self, properties: ET.Element | None, paragraph: str | None) -> bool:
        """Tell whether a run with these properties in a paragraph of this style is hidden or struck out."""
        character = _value(properties, "rStyle")
        for name in ("vanish", "strike", "dstrike"):
            said = _switch(properties, name)
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
            said = _switch(style.find(f"{W}rPr"), name)
            if said is not None:
                return said
            style_id = _value(style, "basedOn")
        return None

    def as_part(self) -> ET.Element:
        """Return the names of the styles, each with its type and id."""
        root = ET.Element(f"{W}styles")
        for style_id, style in self._by_id.items():
            if style_id:
                kind = style.get(f"{W}type") or "paragraph"
                copy = ET.SubElement(root, f"{W}style", {f"{W}type": kind, f"{W}styleId": style_id})
                copy.extend(child for child in style if child.tag in (f"{W}name", f"{W}pPr"))
        return root


class Simplifier:
    """Rewrites parts, and counts the pictures and embedded objects in them, of which nothing is read."""

    def __init__(
        self,
        styles: Styles,
        inserted: Callable[[str], str],
        diagram: Callable[[str], ET.Element | None],
    ) -> None:
        self._styles = styles
        self._inserted = inserted  # from the id of an inserted document to what stands for it
        self._diagram = diagram
        self.pictures = 0
        self.pages = 0  # pictures as large as a page
        self.objects = 0

    def simplify(self, root: ET.Element) -> ET.Element:
        """Return a part, or the body of one, simplified."""
        return self._copy(root, None)

    def _copy(self, element: ET.Element, paragraph: str | None) -> ET.Element:
        copy = ET.Element(element.tag, element.attrib)
        copy.text = element.text
        if element.tag == f"{W}p":
            paragraph = _value(element.find(f"{W}pPr"), "pStyle")
        copy.extend(self._children(element, paragraph))
        return copy

    def _children(self, element: ET.Element, paragraph: str | None) -> Iterator[ET.Element]:
        for child in element:
            tag = child.tag
            if tag in _LEAVES:
                yield child
                if tag == f"{W}fldChar" and (chosen := _chosen_entry(child)):
                    yield _text(chosen)
            elif tag in _DROPPED:
                continue
            elif tag in _CONTAINERS:
                yield from self._container(child, paragraph)
            elif tag in _DRAWN:
                yield from self._drawn(child)
            else:
                yield from self._other(child, paragraph)

    def _container(self, element: ET.Element, paragraph: str | None) -> Iterator[ET.Element]:
        if element.tag == f"{W}r" and self._styles.unseen(element.find(f"{W}rPr"), paragraph):
            field = ET.Element(element.tag)
            field.extend(child for child in element if child.tag in _FIELD)
            if len(field):
                yield field
        elif element.tag != f"{W}tr" or not _switch(element.find(f"{W}trPr"), "hidden"):
            yield self._copy(element, paragraph)

    def _other(self, element: ET.Element, paragraph: str | None) -> Iterator[ET.Element]:
        tag = element.tag
        if tag == f"{_MC}AlternateContent":
            yield from self._children(_chosen(element), paragraph)
        elif tag == f"{W}tcPr":
            yield _cell_properties(element)
        elif tag in (f"{W}ptab", f"{W}cr"):
            yield ET.Element(W + ("tab" if tag == f"{W}ptab" else "br"))
        elif tag == f"{W}altChunk":
            yield _paragraph(self._inserted(element.get(f"{_R}id", "")))
        elif tag == f"{W}sym":
            if _is_hexadecimal(element.get(f"{W}char")):
                yield element
        elif tag == f"{W}sdt" and element.find(f"{W}sdtPr/{_W14}checkbox") is not None:
            box = element.find(f"{W}sdtPr/{_W14}checkbox/{_W14}checked")
            ticked = box is not None and box.get(f"{_W14}val") not in _OFF
            yield _run("[x]" if ticked else "[_]")
        elif tag in (f"{_M}oMath", f"{_M}oMathPara"):
            yield _run("".join(_formula(element)))
        else:
            yield from self._children(element, paragraph)

    def _drawn(self, element: ET.Element) -> Iterator[ET.Element]:
        """Yield the text boxes of a drawing."""
        shown = self.pictures
        sizes = [_area(extent) for extent in element.iter(f"{_WP}extent")]
        boxes = list(self._boxes(element))
        self.pages += self.pictures > shown and max(sizes, default=0) >= _PAGE
        if boxes:
            shape = ET.Element(f"{W}pict")
            for box in boxes:
                ET.SubElement(shape, f"{W}txbxContent").extend(box)
            yield shape

    def _boxes(self, element: ET.Element) -> Iterator[list[ET.Element]]:
        for child in element:
            if child.tag == f"{W}txbxContent":
                yield list(self._children(child, None))
            elif child.tag == f"{_MC}AlternateContent":
                yield from self._boxes(_chosen(child))
            elif child.tag == f"{_A}p":
                yield [_paragraph("".join(text.text or "" for text in child.iter(f"{_A}t")))]
            elif child.tag == f"{_DGM}relIds":
                diagram = self._diagram(child.get(f"{_R}dm", ""))
                if diagram is not None:
                    yield from self._boxes(diagram)
            else:
                self.pictures += child.tag in (f"{_A}blip", f"{_V}imagedata")
                self.objects += child.tag == f"{_O}OLEObject" and not (
                    child.get("ProgID", "").startswith("Equation")
                )
                yield from self._boxes(child)


def _chosen(alternatives: ET.Element) -> ET.Element:
    """Return the alternative that a program of today shows: the first in which anything stands."""
    for each in alternatives:
        if any(part.tag in (f"{W}t", f"{_A}t", f"{_DGM}relIds") for part in each.iter()):
            return each
    return alternatives[0] if len(alternatives) else alternatives


def _cell_properties(properties: ET.Element) -> ET.Element:
    """Return a cell's spans, as far as they are numbers."""
    copy = ET.Element(properties.tag)
    for child in properties:
        span = child.get(f"{W}val", "") if child.tag == f"{W}gridSpan" else ""
        if child.tag == f"{W}vMerge" or (span.isascii() and span.isdecimal()):
            copy.append(child)
    return copy


def _chosen_entry(field: ET.Element) -> str | None:
    """Return what is chosen in a drop-down field, whose text is nowhere else; None for any other."""
    choice = field.find(f"{W}ffData/{W}ddList")
    if choice is None:
        return None
    entries = [entry.get(f"{W}val") for entry in choice.findall(f"{W}listEntry")]
    at = _value(choice, "result") or _value(choice, "default") or "0"
    return entries[int(at)] if at.isdecimal() and int(at) < len(entries) else None


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


def _text(words: str) -> ET.Element:
    text = ET.Element(f"{W}t")
    text.text = words
    return text


def _run(words: str) -> ET.Element:
    run = ET.Element(f"{W}r")
    run.append(_text(words))
    return run


def _paragraph(text: str) -> ET.Element:
    paragraph = ET.Element(f"{W}p")
    paragraph.append(_run(text))
    return paragraph


def _value(parent: ET.Element | None, name: str) -> str | None:
    child = parent.find(W + name) if parent is not None else None
    return None if child is None else child.get(f"{W}val")


def _switch(properties: ET.Element | None, name: str) -> bool | None:
    """Return whether a property is on, None if nothing is said of it."""
    child = properties.find(W + name) if properties is not None else None
    return None if child is None else child.get(f"{W}val", "1").casefold() not in _OFF


def _is_hexadecimal(code: str | None) -> bool:
    try:
        return bool(code) and int(code or "", 16) > 0
    except ValueError:
        return False
