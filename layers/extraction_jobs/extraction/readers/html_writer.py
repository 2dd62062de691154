"""The lines of a page as they are written: white space as a browser collapses it, and only what it shows."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from extraction.document.typed import TypedText
from extraction.readers.html_controls import label_of, value_of
from extraction.readers.html_styles import shown_by_style, without_size
from extraction.readers.html_tables import Carried
from extraction.readers.text_builder import TextBuilder

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

# With what ends a line elsewhere, and does not in a page.
_SPACE = re.compile(r"[ \t\n\r\f\x0b\x1c-\x1e\x85\u2028\u2029]+")

_DROPPED = frozenset(
    "script style noscript template head title desc defs metadata annotation annotation-xml iframe object audio "
    "video canvas datalist del -comment".split()
)


def collapsed(text: str) -> str:
    """Return text on one line."""
    return _SPACE.sub(" ", text).strip()


@dataclass(frozen=True, slots=True)
class Page:
    """What is known of a page before it is read: the elements that its style sheets hide, and its controls' labels."""

    hidden: frozenset[int]
    labels: dict[str, str]

    def shows(self, node: LexborNode) -> bool:
        """Tell what a browser would show, and the author did not strike out."""
        tag = node.tag
        if tag in _DROPPED:
            return False
        attributes = node.attributes
        if not attributes:
            return tag != "dialog" and node.mem_id not in self.hidden
        if "hidden" in attributes or (tag == "dialog" and "open" not in attributes):
            return False
        style = attributes.get("style")
        if style and without_size(style) and not any(True for _ in node.iter()):
            return False
        shown = shown_by_style(style) if style else None
        return node.mem_id not in self.hidden if shown is None else shown


class Table(NamedTuple):
    """Rows of cells, the first of them headers."""

    rows: Sequence[Sequence[str]]
    header_rows: int


class Writer:
    """Collects text, collapsing white space the way a browser does."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.carried = Carried()
        self.lines: list[str | Table] = []
        self.current: list[str] = []
        self.prefix = ""
        self.filled = False  # a control's value stands on the line

    def words(self, text: str) -> None:
        """Add to the line."""
        self.current.append(text)

    def line(self, prefix: str = "") -> None:
        """End the line, and begin one that starts with `prefix`."""
        text = collapsed("".join(self.current))
        if text:
            self.lines.append(self.prefix + text)
            self.prefix = ""
        self.current.clear()
        self.filled = False
        if prefix:
            self.prefix = prefix

    def control(self, node: LexborNode) -> None:
        """Write what a control shows, behind its label."""
        first, *more = value_of(node).split("\n")
        if first in ("[x]", "[_]"):
            self.words(f"{first} ")
            return
        if not first:
            return
        before = "" if self.filled else "".join(self.current).strip()
        label = label_of(node, self.page.labels)
        if self.filled:
            self.words(" ")
        elif before:
            self.current = [before, " " if before.endswith(":") else ": "]
        elif label:
            above = self.lines[-1] if self.lines else None
            if isinstance(above, str) and above.rstrip(":") == label:
                self.lines.pop()
            self.words(f"{label}: ")
        self.words(first)
        self.filled = True
        for line in more:
            self.line()
            self.words(line)

    def gap(self) -> None:
        """End the line and leave a blank one."""
        self.line()
        if self.lines and self.lines[-1]:
            self.lines.append("")

    def raw(self, line: str) -> None:
        """Add a line as it stands."""
        self.line()
        self.lines.append(line)

    def table(self, rows: Sequence[Sequence[str]], *, header_rows: int) -> None:
        """Add a table of rows of the same number of cells."""
        self.line()
        self.lines.append(Table(rows, header_rows))

    def result(self, finish: Callable[[str], str]) -> TypedText:
        """Return all lines and tables, what stands on a line or in a cell as `finish` makes it."""
        self.line()
        out = TextBuilder()
        for line in self.lines:
            if isinstance(line, str):
                out.line(finish(line)) if line else out.gap()
            else:
                rows = [list(map(finish, row)) for row in line.rows]
                out.table(rows, header_rows=line.header_rows)
        return out.built()
