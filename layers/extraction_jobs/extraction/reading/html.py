"""HTML to text that keeps its structure, spelled the way Markdown spells it.

Headings become `# ...`, list items `- ...`, tables pipe tables, definition lists and label
cells `label: value`, so that one reader of structure serves every format. What a browser would
not show (scripts, hidden elements) is left out: a person checking a citation could not see it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from extraction.document import Limits
from extraction.errors import PermanentError

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]{0,40})")
_SPACE = re.compile(r"[ \t\n\r\f]+")
_HIDDEN_STYLE = re.compile(
    r"display\s{0,5}:\s{0,5}none|visibility\s{0,5}:\s{0,5}hidden", re.IGNORECASE
)

# Inline formatting says nothing here, and the standard's rules for reopening it across blocks
# let a small file build an enormous tree: it is taken out before the parser sees it.
_FORMATTING = re.compile(
    r"</?(?:a|b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?=[\s/>])"
    r"(?:[^<>\"']|\"[^\"<>]{0,2000}\"|'[^'<>]{0,2000}')*>",
    re.IGNORECASE,
)
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
# Elements whose end tag may be left out: being open says nothing about depth.
_SELF_CLOSING = frozenset(
    "p li dt dd tr td th thead tbody tfoot colgroup option optgroup rt rp html head body".split()
)
_DROPPED = frozenset(
    "script style noscript template head svg math iframe object audio video canvas select "
    "textarea button datalist -comment".split()
)
_BLOCKS = frozenset(
    "address article aside blockquote body center dd details dialog dir div dl dt fieldset "
    "figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr legend li main menu nav ol "
    "p pre section summary table tbody td tfoot th thead tr ul caption".split()
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_MAX_SPAN = 50
_MAX_CELLS = 200


def html_to_text(source: str, limits: Limits) -> tuple[str, str | None]:
    """Return a page's visible text and its title.

    Raises PermanentError if it has more elements, or deeper ones, than the limits allow.
    """
    source = _FORMATTING.sub("", source)
    _check_size(source, limits)
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(source)
    title_node = tree.css_first("title")
    title = _SPACE.sub(" ", title_node.text()).strip() if title_node else None
    body = tree.body
    if body is None:
        return "", title
    writer = _Writer()
    _render(body, writer)
    return writer.result(), title


def _check_size(source: str, limits: Limits) -> None:
    elements = depth = 0
    for closing, name in _TAG.findall(source):
        tag = name.lower()
        if tag in _VOID or tag in _SELF_CLOSING:
            elements += 1
        elif closing:
            depth = max(0, depth - 1)
        else:
            elements += 1
            depth += 1
            if depth > limits.max_html_depth:
                raise PermanentError(
                    "The HTML is nested more deeply than "
                    f"{limits.max_html_depth} elements; such a page is not a document."
                )
    if elements > limits.max_html_elements:
        raise PermanentError(
            f"The HTML has {elements} elements; the limit is {limits.max_html_elements}. Split it."
        )


class _Writer:
    """Collects text, collapsing white space the way a browser does."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.current: list[str] = []
        self.prefix = ""

    def words(self, text: str) -> None:
        self.current.append(text)

    def line(self, prefix: str = "") -> None:
        """End the line, and begin one that starts with `prefix`."""
        text = _SPACE.sub(" ", "".join(self.current)).strip()
        if text:
            self.lines.append(self.prefix + text)
            self.prefix = ""
        self.current.clear()
        if prefix:
            self.prefix = prefix

    def gap(self) -> None:
        """End the line and leave a blank one."""
        self.line()
        if self.lines and self.lines[-1]:
            self.lines.append("")

    def raw(self, line: str) -> None:
        self.line()
        self.lines.append(line)

    def result(self) -> str:
        self.line()
        return "\n".join(self.lines).strip("\n") + "\n"


def _visible(node: LexborNode) -> bool:
    if node.tag in _DROPPED:
        return False
    attributes = node.attributes
    if not attributes:
        return True
    return not (
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or _HIDDEN_STYLE.search((attributes.get("style") or "")[:2000])
    )


def _render(root: LexborNode, writer: _Writer) -> None:
    """Walk the tree without recursion: depth is the document's to choose."""
    layout = _layout_tables(root)
    top = root.mem_id  # comparing nodes themselves compares all of their HTML
    depth = 0
    node: LexborNode | None = root
    while node is not None:
        descend = False
        if node.is_text_node:
            writer.words(node.text_content or "")
        elif _visible(node):
            if node.tag == "table" and node.mem_id not in layout:
                _write_table(node, writer)
            else:
                _open(node, writer, depth)
                descend = True
        if descend and node.child is not None:
            depth += node.tag in ("ul", "ol", "menu")
            node = node.child
            continue
        if descend:
            _close(node, writer)
        while node is not None and node.mem_id != top and node.next is None:
            node = node.parent
            if node is not None:
                depth -= node.tag in ("ul", "ol", "menu")
                _close(node, writer)
        node = None if node is None or node.mem_id == top else node.next


def _open(node: LexborNode, writer: _Writer, depth: int) -> None:
    tag = node.tag or ""
    if tag == "br":
        writer.line()
    elif tag in _HEADINGS:
        writer.gap()
        writer.line("#" * _HEADINGS[tag] + " ")
    elif tag == "li":
        writer.line("  " * max(0, min(depth, 20) - 1) + "- ")
    elif tag in ("p", "dl", "section", "article", "hr", "header", "footer", "pre", "address"):
        writer.gap()
    elif tag == "dd":
        label = "".join(writer.current).strip()
        if label and not label.endswith(":"):
            writer.words(":")
        writer.words(" ")
    elif tag in _BLOCKS:
        writer.line()


def _close(node: LexborNode, writer: _Writer) -> None:
    tag = node.tag or ""
    if tag == "dt":
        return
    if tag in _HEADINGS or tag in ("p", "dl", "ul", "ol", "section", "article", "address"):
        writer.gap()
    elif tag in _BLOCKS:
        writer.line()


def _layout_tables(body: LexborNode) -> frozenset[int]:
    """Find the tables that arrange the page: those holding tables, or headings and lists."""
    holding = _tables_around(body, "table")
    arranged = _tables_around(body, "h1, h2, h3, ul, ol, dl") - _tables_around(body, "th")
    return frozenset(holding | arranged)


def _tables_around(body: LexborNode, selector: str) -> set[int]:
    found: set[int] = set()
    for node in body.css(selector):
        above = node.parent
        while above is not None and above.tag != "table":
            above = above.parent
        if above is not None:
            found.add(above.mem_id)
    return found


def _write_table(table: LexborNode, writer: _Writer) -> None:
    writer.gap()
    caption = table.css_first("caption")
    if caption is not None:
        text = _cell_text(caption)
        if text:
            writer.raw(text)
    rows = [row for row in _rows(table) if any(row[0])]
    width = max((len(cells) for cells, _ in rows), default=0)
    for position, (cells, is_head) in enumerate(rows):
        if width == 2 and len(cells) == 2 and not any(head for _, head in rows):
            writer.raw(f"{cells[0].rstrip(':').rstrip()}: {cells[1]}" if cells[0] else cells[1])
            continue
        if width == 1:
            writer.raw(cells[0])
            continue
        padded = cells + [""] * (width - len(cells))
        writer.raw("| " + " | ".join(padded) + " |")
        if position == 0 and is_head:
            writer.raw("|" + " --- |" * width)
    writer.gap()


def _rows(table: LexborNode) -> Iterator[tuple[list[str], bool]]:
    """Yield each row's cells, spans filled with empty cells, and whether it is all headers."""
    held: dict[int, int] = {}
    for row in table.css("tr"):
        if not _visible(row):
            continue
        cells: list[str] = []
        heads: list[bool] = []
        for cell in row.iter():
            if cell.tag not in ("td", "th") or not _visible(cell):
                continue
            _fill_held(held, cells)
            if len(cells) >= _MAX_CELLS:
                break
            across = _span(cell, "colspan")
            for extra in range(across):
                if (down := _span(cell, "rowspan")) > 1:
                    held[len(cells)] = down - 1
                cells.append("" if extra else _cell_text(cell))
            heads.append(cell.tag == "th")
        _fill_held(held, cells)
        if cells:
            yield cells, bool(heads) and all(heads) and len(heads) > 1


def _fill_held(held: dict[int, int], cells: list[str]) -> None:
    while held.get(len(cells), 0) > 0 and len(cells) < _MAX_CELLS:
        held[len(cells)] -= 1
        cells.append("")


def _span(cell: LexborNode, name: str) -> int:
    value = cell.attributes.get(name) or "1"
    return max(1, min(_MAX_SPAN, int(value))) if value.isascii() and value.isdigit() else 1


def _cell_text(cell: LexborNode) -> str:
    parts: list[str] = []
    depth = 0
    node: LexborNode | None = cell
    while node is not None:
        descend = False
        if node.is_text_node:
            parts.append(node.text_content or "")
        elif node is cell or _visible(node):
            descend = True
            if node.tag in _BLOCKS or node.tag == "br":
                parts.append(" ")
        if descend and node.child is not None:
            depth += 1
            node = node.child
            continue
        while node is not None and depth and node.next is None:
            node = node.parent
            depth -= 1
        node = None if node is None or not depth else node.next
    return _SPACE.sub(" ", "".join(parts)).strip().replace("|", "/")
