"""The lines of a page as they are written: white space as a browser collapses it, and only what it shows."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence

from selectolax.lexbor import LexborNode

from extraction.document.typed import TypedText
from extraction.errors import PermanentError
from extraction.readers.html_controls import CONTROLS, label_of, labels_of, value_of
from extraction.readers.html_tables import Tables
from extraction.readers.text_builder import TextBuilder

# With what ends a line elsewhere, and does not in a page.
_SPACE = re.compile(r"[ \t\n\r\f\x0b\x1c-\x1e\x85\u2028\u2029]+")
_BLOCKS = frozenset(
    "address article aside blockquote body button center dd details dialog dir div dl dt fieldset "
    "figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr legend li main menu nav ol "
    "p pre section summary table tbody td text tfoot th thead tr ul caption".split()
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LISTS = frozenset(("ul", "ol", "menu"))
_APART_ABOVE = frozenset("p dl section article hr header footer address".split())
_APART_BELOW = frozenset("p dl ul ol section article address".split()) | _HEADINGS.keys()
_DEEPEST_ITEM = 20
_LONGEST_MARK = 10  # characters
_WIDE = "   "  # between what stands side by side
_BREAK = "\0"  # between the lines of a cell; no page has it
_TOO_DEEP = "The HTML is nested more deeply than {} elements; such a page is not a document."


def collapsed(text: str) -> str:
    """Return text on one line."""
    return _SPACE.sub(" ", text).strip()


def walk(
    root: LexborNode,
    hidden: Collection[int],
    opens: Callable[[LexborNode], bool],
    closes: Callable[[LexborNode], None] = lambda _: None,
    deepest: int | None = None,
) -> None:
    """Walk what is shown of a tree, without recursion, as its depth is the document's to choose.

    `opens` says whether to go inside. Raises PermanentError if it goes deeper than so many elements.
    """
    top = root.mem_id  # comparing nodes themselves compares all of their HTML
    node: LexborNode | None = root
    depth = 0
    while node is not None:
        if node.mem_id not in hidden and node.tag != "-comment" and opens(node):
            if node.child is not None:
                node = node.child
                depth += 1
                if deepest is not None and depth > deepest:
                    raise PermanentError(_TOO_DEEP.format(deepest))
                continue
            closes(node)
        while node is not None and node.mem_id != top and node.next is None:
            node = node.parent
            depth -= 1
            if node is not None:
                closes(node)
        node = None if node is None or node.mem_id == top else node.next


class Writer:
    """Writes what `walk` finds in a page; what stands on a line or in a cell is as `finish` makes it."""

    def __init__(
        self, body: LexborNode, hidden: Collection[int], finish: Callable[[str], str]
    ) -> None:
        self._hidden = hidden
        self._labels = labels_of(body)
        self._finish = finish
        self._out = TextBuilder()
        # Tables that arrange the page: those that hold tables, or headings and lists.
        self._layout = _tables_around(body, "table") | (
            _tables_around(body, "h1, h2, h3, ul, ol, dl") - _tables_around(body, "th")
        )
        self._tables = Tables(hidden, self._text_of)
        self._above = ""  # the line before, which a control may take for its label
        self._current: list[str] = []
        self._prefix = ""
        self._filled = False  # a control's value stands on the line
        self._depth = 0  # lists around
        self._written: set[int] = set()  # rows of tables that arrange the page
        self._lines = 0  # of the cell so far

    def opens(self, node: LexborNode) -> bool:
        """Write an element that is read as one piece; return True for one whose parts are to be read one by one."""
        tag = node.tag or ""
        if node.is_text_node:
            self._current.append(node.text_content or "")
        elif tag == "table" and node.mem_id not in self._layout:
            if not self._table(node.css("tr"), node.css_first("caption")):
                self._begin(tag)
                return True
        elif tag == "tr" and (node.mem_id in self._written or self._is_row(node)):
            pass
        elif tag in CONTROLS:
            self._control(node)
        elif tag == "pre":
            self._gap()
            for line in (node.text() or "").replace("\r\n", "\n").strip("\n").split("\n"):
                self._raw(line.rstrip())
            self._gap()
        elif mark := _mark(node, self._current):
            self._current.append(mark)
        else:
            self._begin(tag)
            return True
        return False

    def closes(self, node: LexborNode) -> None:
        """End an element whose parts were read."""
        tag = node.tag or ""
        self._depth -= tag in _LISTS
        if tag in _APART_BELOW:
            self._gap()
        elif tag in _BLOCKS and tag != "dt":
            self._line()
            if tag == "td" and self._lines > 1:
                self._gap()

    def result(self) -> TypedText:
        """Return all lines and tables."""
        self._block()
        return self._out.built()

    def _begin(self, tag: str) -> None:
        if tag == "br" or (tag == "label" and self._filled):
            self._line()
        elif tag in _HEADINGS:
            self._gap()
            self._prefix = "#" * _HEADINGS[tag] + " "
        elif tag == "li":
            self._line()
            self._prefix = "  " * max(0, min(self._depth, _DEEPEST_ITEM) - 1) + "- "
        elif tag in _APART_ABOVE:
            self._gap()
        elif tag == "td":
            self._line()
            self._lines = 0
        elif tag == "dd":
            label = "".join(self._current).strip()
            self._current.append(": " if label and not label.endswith(":") else " ")
        elif tag in _BLOCKS:
            self._line()
        self._depth += tag in _LISTS

    def _line(self) -> None:
        text = collapsed("".join(self._current))
        if text:
            self._write()
            self._above = self._prefix + text
            self._prefix = ""
            self._lines += 1
        self._current.clear()
        self._filled = False

    def _write(self) -> None:
        if self._above:
            self._out.line(self._finish(self._above))
            self._above = ""

    def _block(self) -> None:
        """End the line, for something that is none."""
        self._line()
        self._write()

    def _gap(self) -> None:
        """End the line and leave a blank one."""
        self._block()
        self._out.gap()

    def _raw(self, line: str) -> None:
        """Add a line as it stands."""
        self._block()
        self._out.line(self._finish(line)) if line else self._out.gap()

    def _control(self, node: LexborNode) -> None:
        """Write what a control shows, behind its label."""
        first, *more = value_of(node).split("\n")
        if first in ("[x]", "[_]"):
            self._current.append(f"{first} ")
            return
        if not first:
            return
        before = "" if self._filled else "".join(self._current).strip()
        label = label_of(node, self._labels)
        if self._filled:
            self._current.append(" ")
        elif before:
            self._current = [before, " " if before.endswith(":") else ": "]
        elif label:
            if self._above.rstrip(":") == label:
                self._above = ""
            self._current.append(f"{label}: ")
        self._current.append(first)
        self._filled = True
        for line in more:
            self._line()
            self._current.append(line)

    def _table(self, rows: Sequence[LexborNode], caption: LexborNode | None = None) -> bool:
        """Write a table; return False, and write nothing, if it sets blocks of text side by side."""
        found = self._tables.read(rows)
        if found is None:
            return False
        self._gap()
        if caption is not None and (text := self._text_of(caption)):
            self._raw(_SPACE.sub(" ", text))
        if isinstance(found, tuple):
            written = [list(map(self._finish, row)) for row in found[0]]
            self._out.table(written, header_rows=found[1])
        else:
            for line in found:
                self._raw(line)
        self._gap()
        return True

    def _is_row(self, first: LexborNode) -> bool:
        """Write the row of a table that arranges the page, and those behind it, if they are a table by themselves."""
        cells = self._tables.side_by_side(first)
        rows: list[LexborNode] = []
        row: LexborNode | None = first if len(cells) > 1 else None
        while row is not None:
            if row.tag == "tr":
                if len(self._tables.side_by_side(row)) == len(cells):
                    rows.append(row)
                elif collapsed(row.text()):
                    break
            row = row.next
        self._written.update(row.mem_id for row in rows)
        if len(rows) > 1:
            self._table(rows)
        elif rows:
            self._raw(_WIDE.join(cells))
        return bool(rows)

    def _text_of(self, cell: LexborNode) -> str:
        """Return what stands in a cell, with its lines."""
        parts: list[str] = []

        def opens(node: LexborNode) -> bool:
            if node.is_text_node:
                parts.append(node.text_content or "")
            elif node.tag in CONTROLS:
                parts.append(f" {value_of(node)} ")
            elif mark := _mark(node, parts):
                parts.append(mark)
            elif node.tag != "button":
                if node.tag in _BLOCKS or node.tag == "br":
                    parts.append(_BREAK)
                return True
            return False

        def closes(node: LexborNode) -> None:
            if node.tag in _BLOCKS:
                parts.append(_BREAK)

        walk(cell, self._hidden, opens, closes)
        whole = collapsed("".join(parts))
        if _BREAK not in whole:
            return whole
        return "\n".join(filter(None, map(str.strip, whole.split(_BREAK))))


def _mark(node: LexborNode, before: Sequence[str]) -> str | None:
    """Return a note's mark or a power behind a figure, set apart from it; None for anything else."""
    if node.tag not in ("sup", "sub") or not before or not before[-1][-1:].isdigit():
        return None
    text = collapsed(node.text())
    return f"[{text}]" if text[:1].isdigit() and len(text) <= _LONGEST_MARK else None


def _tables_around(body: LexborNode, selector: str) -> set[int]:
    found: set[int] = set()
    for node in body.css(selector):
        above = node.parent
        while above is not None and above.tag != "table":
            above = above.parent
        if above is not None:
            found.add(above.mem_id)
    return found
