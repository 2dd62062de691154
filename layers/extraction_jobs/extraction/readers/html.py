"""HTML to text that keeps its structure, spelled the way Markdown spells it.

Headings become `# ...`, list items `- ...`, tables pipe tables, definition lists and label
cells `label: value`, so that one reader of structure serves every format. What a browser would
not show (scripts, hidden elements) is left out: a person checking a citation could not see it.
So is what is struck out. What was typed into a form's controls stands behind their labels.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from extraction.document.document import Limits
from extraction.document.typed import TypedText
from extraction.errors import PermanentError
from extraction.readers.html_controls import CONTROLS, labels_of, text_within, value_of
from extraction.readers.html_styles import hidden_by, sheets_of
from extraction.readers.html_tables import read_table
from extraction.readers.html_writer import Page, Writer, collapsed

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]{0,40})")
# Inline formatting says nothing here, and the standard's rules for reopening it across blocks
# let a small file build an enormous tree: it is taken out before the parser sees it. What strikes
# out, and what may be hidden, becomes an element that is not reopened.
_FORMATTING = re.compile(
    r"<(/?)(a|b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?=[\s/>])"
    r"((?:[^<>\"']|\"[^\"<>]{0,2000}\"|'[^'<>]{0,2000}')*)>",
    re.IGNORECASE,
)
_STRUCK = frozenset(("s", "strike"))
_STYLED = re.compile(
    r"\bhidden\b|display|visibility|line-through|opacity|overflow|clip|font-size|-\d{3}",
    re.IGNORECASE,
)
_LONGEST_MARK = 10  # characters
_NAMED = re.compile(r"\b(?:class|id)\s*=", re.IGNORECASE)
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
# Elements whose end tag may be left out: being open says nothing about depth.
_SELF_CLOSING = frozenset(
    "p li dt dd tr td th thead tbody tfoot colgroup option optgroup rt rp html head body".split()
)
_BLOCKS = frozenset(
    "address article aside blockquote body button center dd details dialog dir div dl dt fieldset "
    "figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr legend li main menu nav ol "
    "p pre section summary table tbody td text tfoot th thead tr ul caption".split()
)
_MOST_OPTIONS = 5_000  # the parser's time grows with their square: so many take it two seconds
_HEADINGS = {f"h{level}": level for level in range(1, 7)}


def html_to_text(
    source: str, limits: Limits, finish: Callable[[str], str] = str
) -> tuple[TypedText, str | None]:
    """Return a page's visible text with its tables, and its title.

    What stands on a line or in a cell is as `finish` makes it.

    Raises PermanentError if it has more elements, or deeper ones, than the limits allow.
    """
    sheets = sheets_of(source)
    source = _without_formatting(source, named=bool(sheets))
    elements, depth = _check_size(source, limits)
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(source)
    title_node = tree.css_first("title")
    title = collapsed(title_node.text()) if title_node else None
    body = tree.body
    if body is None:
        return TypedText(""), title
    page = Page(hidden_by(sheets, tree, elements, depth), labels_of(body))
    writer = Writer(page)
    _render(body, writer)
    return writer.result(finish), title


def _without_formatting(source: str, *, named: bool) -> str:
    """Take out inline formatting that hides nothing; `named`: style sheets may hide what has a class or an id."""
    became: dict[str, list[str]] = {}

    def replaced(tag: re.Match[str]) -> str:
        closing, name, attributes = tag[1], tag[2].lower(), tag[3]
        if closing:
            opened = became.get(name)
            new = opened.pop() if opened else ""
            return f"</{new}>" if new else ""
        matters = _STYLED.search(attributes) or (named and _NAMED.search(attributes))
        new = "del" if name in _STRUCK else "span" if matters else ""
        became.setdefault(name, []).append(new)
        return f"<{new}{attributes}>" if new else ""

    return _FORMATTING.sub(replaced, source)


def _check_size(source: str, limits: Limits) -> tuple[int, int]:
    """Return how many elements a page has, and how deep they go."""
    elements = depth = deepest = options = 0
    for closing, name in _TAG.findall(source):
        tag = name.lower()
        if tag in _VOID or tag in _SELF_CLOSING:
            elements += 1
            options += tag == "option"
        elif closing:
            depth = max(0, depth - 1)
        else:
            elements += 1
            depth += 1
            deepest = max(deepest, depth)
            if depth > limits.max_html_depth:
                raise PermanentError(
                    "The HTML is nested more deeply than "
                    f"{limits.max_html_depth} elements; such a page is not a document."
                )
    if options > 2 * _MOST_OPTIONS:  # with their end tags
        raise PermanentError(
            f"The HTML has more than {_MOST_OPTIONS} options to choose from; such a page is not a document."
        )
    if elements > limits.max_html_elements:
        raise PermanentError(
            f"The HTML has {elements} elements; the limit is {limits.max_html_elements}. Split it."
        )
    return elements, deepest


def _render(root: LexborNode, writer: Writer) -> None:
    """Walk the tree without recursion: depth is the document's to choose."""
    layout = _layout_tables(root)
    top = root.mem_id  # comparing nodes themselves compares all of their HTML
    depth = 0
    node: LexborNode | None = root
    while node is not None:
        descend = False
        if node.is_text_node:
            writer.words(node.text_content or "")
        elif writer.page.shows(node) and not _written(node, writer, layout):
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


def _raised(node: LexborNode, before: str) -> str | None:
    """Return a note's mark or a power behind a figure, set apart from it; None for anything else."""
    if node.tag not in ("sup", "sub") or not before[-1:].isdigit():
        return None
    text = collapsed(text_within(node, _LONGEST_MARK + 1))
    return f"[{text}]" if text[:1].isdigit() and len(text) <= _LONGEST_MARK else None


def _written(node: LexborNode, writer: Writer, layout: frozenset[int]) -> bool:
    """Write an element that is read as one piece; return False for one whose parts are to be read one by one."""
    if node.tag == "table" and node.mem_id not in layout:
        _write_table(node, writer)
    elif node.tag in CONTROLS:
        writer.control(node)
    elif node.tag == "pre":
        _write_lines(node, writer)
    elif (mark := _raised(node, writer.current[-1] if writer.current else "")) is not None:
        writer.words(mark)
    else:
        return False
    return True


def _open(node: LexborNode, writer: Writer, depth: int) -> None:
    tag = node.tag or ""
    if tag == "br" or (tag == "label" and writer.filled):
        writer.line()
    elif tag in _HEADINGS:
        writer.gap()
        writer.line("#" * _HEADINGS[tag] + " ")
    elif tag == "li":
        writer.line("  " * max(0, min(depth, 20) - 1) + "- ")
    elif tag in ("p", "dl", "section", "article", "hr", "header", "footer", "address"):
        writer.gap()
    elif tag == "dd":
        label = "".join(writer.current).strip()
        if label and not label.endswith(":"):
            writer.words(":")
        writer.words(" ")
    elif tag in _BLOCKS:
        writer.line()


def _close(node: LexborNode, writer: Writer) -> None:
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


def _write_lines(pre: LexborNode, writer: Writer) -> None:
    """Write text that is shown as it stands in the source."""
    writer.gap()
    for line in (pre.text() or "").replace("\r\n", "\n").strip("\n").split("\n"):
        writer.raw(line.rstrip())
    writer.gap()


def _write_table(table: LexborNode, writer: Writer) -> None:
    writer.gap()
    caption = table.css_first("caption")
    if caption is not None and writer.page.shows(caption) and (text := _cell_text(caption, writer)):
        writer.raw(text)
    found = read_table(
        table, writer.page.shows, lambda cell: _cell_text(cell, writer), writer.carried
    )
    if isinstance(found, tuple):
        writer.table(found[0], header_rows=found[1])
    else:
        for line in found:
            writer.raw(line)
    writer.gap()


def _cell_text(cell: LexborNode, writer: Writer) -> str:
    parts: list[str] = []
    depth = 0
    node: LexborNode | None = cell
    while node is not None:
        descend = False
        if node.is_text_node:
            parts.append(node.text_content or "")
        elif node is not cell and node.tag in CONTROLS and writer.page.shows(node):
            parts.append(f" {value_of(node)} ")
        elif (mark := _raised(node, parts[-1] if parts else "")) is not None:
            parts.append(mark)
        elif node is cell or (node.tag != "button" and writer.page.shows(node)):
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
    return collapsed("".join(parts))
