"""ODT to text, by the reader of HTML: headings, lists, tables, text boxes, notes, headers and footers.

What is not read: what tracked changes deleted, comments, hidden text and sections, what is struck out, pictures.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from xml.etree import ElementTree as ET

from extraction.document.document import Limits
from extraction.errors import PermanentError
from extraction.readers.office_html import TAB, Around, Cell, table
from extraction.readers.raw import Raw
from extraction.readers.zip_package import (
    BROKEN,
    ENCRYPTED,
    NOTHING,
    TITLE,
    count,
    inner,
    local_name,
    opened_package,
)

_OPEN = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
_TEXT, _TABLE, _STYLE, _OFFICE = (_OPEN % name for name in ("text", "table", "style", "office"))
_SVG = _OPEN % "svg-compatible"
_DROPPED = frozenset(
    "tracked-changes annotation annotation-end sequence-decls forms settings note-citation "
    "bibliography-configuration scripts object-ole".split()
)
_UNSEEN = frozenset(("image", "hidden-text", "hidden-paragraph"))
_TAGS = {"p": "p", "list": "ul"}
_DEEPEST_HEADING = 6
_MOST_REPEATED = 200  # cells or spaces


def odt_to_raw(content: bytes, limits: Limits) -> Raw:
    """Return the text of an ODT as one part.

    Raises PermanentError if it is broken, encrypted or would unpack to too much, and NeedsOcrError if it holds
    pictures and no text.
    """
    with opened_package(content, "content.xml") as package:
        if package.is_encrypted:
            raise PermanentError(ENCRYPTED.format("document"))
        main, styles, meta = (
            package.tree(name) for name in ("content.xml", "styles.xml", "meta.xml")
        )
        body = inner(main, f"{_OFFICE}body/{_OFFICE}text")
        if body is NOTHING:
            raise PermanentError(BROKEN)
        writer = _Writer(main, styles)
        html = writer.html(body)
        for kind in ("header", "footer"):
            for margin in styles.iter(_STYLE + kind):
                writer.around.margin(kind, writer.html(margin))
        return writer.around.raw(html, limits, meta.findtext(f".//{TITLE}"))


class _Writer:
    def __init__(self, *trees: ET.Element) -> None:
        self._unseen = {
            style.get(f"{_STYLE}name", "")
            for tree in trees
            for style in tree.iter(f"{_STYLE}style")
            if any(map(_hides, style.findall(f"{_STYLE}text-properties")))
        }
        self.around = Around("ODT")

    def html(self, element: ET.Element) -> str:
        """Return what stands in an element as HTML."""
        return escape(element.text or "") + "".join(
            self._one(child) + escape(child.tail or "") for child in element
        )

    def _one(self, child: ET.Element) -> str:
        name = local_name(child)
        if (
            name in _DROPPED
            or child.tag.startswith(_SVG)
            or child.get(f"{_TEXT}style-name") in self._unseen
        ):
            return ""
        if name in _TAGS:
            return f"<{_TAGS[name]}>{self.html(child)}</{_TAGS[name]}>"
        if name == "h":
            level = min(max(count(child.get(f"{_TEXT}outline-level"), 1), 1), _DEEPEST_HEADING)
            return f"<h{level}>{self.html(child)}</h{level}>"
        if name == "list-item":
            return f"<li>{self._unwrapped(child)}</li>"
        if name == "table":
            return table(self._rows(child, heads=False))
        return self._inline(child, name)

    def _inline(self, child: ET.Element, name: str) -> str:
        if name == "s":
            return " " * min(count(child.get(f"{_TEXT}c"), 1), _MOST_REPEATED)
        if name in ("tab", "line-break"):
            return TAB if name == "tab" else "<br>"
        if name == "note":
            notes = self.around.notes
            notes += (self._unwrapped(each) for each in child.findall(f"{_TEXT}note-body"))
            return f"[{len(notes)}]"
        self.around.pictures += name == "image"
        hidden = child.get(f"{_TEXT}display") == "none" or name in _UNSEEN
        return "" if hidden else self.html(child)

    def _unwrapped(self, parent: ET.Element) -> str:
        """Return what stands in an element whose first paragraph begins no line of its own."""
        first = parent[0] if len(parent) else None
        if first is None or local_name(first) != "p":
            return self.html(parent)
        return self.html(first) + "".join(self._one(each) for each in parent[1:])

    def _rows(self, parent: ET.Element, *, heads: bool) -> Iterator[tuple[bool, list[Cell]]]:
        for each in parent:
            name = local_name(each)
            if name == "table-row" and each.get(f"{_TABLE}visibility", "visible") == "visible":
                yield heads, list(self._cells(each))
            elif name in ("table-rows", "table-row-group", "table-header-rows"):
                yield from self._rows(each, heads=heads or name == "table-header-rows")

    def _cells(self, row: ET.Element) -> Iterator[Cell]:
        for cell in row:
            if local_name(cell) == "table-cell":
                across = count(cell.get(f"{_TABLE}number-columns-spanned"), 1)
                down = count(cell.get(f"{_TABLE}number-rows-spanned"), 1)
                repeated = count(cell.get(f"{_TABLE}number-columns-repeated"), 1)
                found = Cell(self.html(cell), across, down)
                yield from [found] * min(repeated, _MOST_REPEATED)


def _hides(properties: ET.Element) -> bool:
    """Tell a style of what nobody sees, or is struck out."""
    return any(
        (name.endswith("}display") and value == "none")
        or (name.endswith("}text-line-through-style") and value != "none")
        for name, value in properties.attrib.items()
    )
