"""The page that an RTF document is written to, as HTML: its paragraphs and tables, and what stands around them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape

from extraction.readers.office_html import Cell, listed, table


@dataclass(slots=True)
class _Flow:
    """A run of paragraphs and tables: the body, a header, a note."""

    blocks: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    cell: list[str] = field(default_factory=list)  # paragraphs of the cell at hand
    row: list[str] = field(default_factory=list)
    rows: list[tuple[bool, list[str], list[str]]] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)  # how each cell of the row at hand is merged
    merge: str = ""
    is_head: bool = False
    in_table: bool = False
    heading: int = 0  # the paragraph's level
    is_item: bool = False

    def taken(self) -> str:
        """Return the paragraph at hand, and begin the next."""
        # A character beyond the first 65,536 is written as two halves.
        words = "".join(self.words)
        words = words.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        self.words = []
        if not words:
            return ""
        if self.is_item:
            return f"<ul><li>{words}</li></ul>"
        tag = f"h{self.heading}" if self.heading else "p"
        return f"<{tag}>{words}</{tag}>"

    def ends_paragraph(self) -> None:
        paragraph = self.taken()
        if self.in_table:
            self.cell.append(paragraph)
        else:
            self._ends_table()
            self.blocks.append(paragraph)

    def ends_cell(self) -> None:
        self.row.append("".join([*self.cell, self.taken()]))
        self.cell = []

    def ends_row(self) -> None:
        self.rows.append((self.is_head, self.row, self.merged))
        self.row = []

    def html(self) -> str:
        """Return all of it, with what is not ended yet."""
        if self.cell or self.row:
            self.ends_cell()
            self.ends_row()
        last = self.taken()
        self._ends_table()
        return "".join([*self.blocks, last])

    def _ends_table(self) -> None:
        if self.rows:
            self.blocks.append(_table(self.rows))
            self.rows = []


class Page:
    """Takes words and what ends paragraphs, cells and rows."""

    def __init__(self) -> None:
        self.flow = _Flow()
        self._around: list[_Flow] = []
        self._margins: dict[str, dict[str, None]] = {"header": {}, "footer": {}}
        self._notes: list[str] = []

    def html(self) -> str:
        """Return all that was written."""
        body = self.flow.html().replace("</ul><ul>", "")
        margins = self._margins
        return "".join([*margins["header"], body, *margins["footer"], listed(self._notes)])

    def says(self, text: str) -> None:
        """Add words to the paragraph."""
        self.flow.words.append(escape(text))

    def breaks(self) -> None:
        """Begin a new line in the paragraph."""
        self.flow.words.append("<br>")

    def table(self, word: str) -> None:
        """Do what a word says that is about tables, or paragraphs in general; other words say nothing."""
        flow = self.flow
        if word == "pard":
            flow.in_table, flow.heading, flow.is_item = False, 0, False
        elif word == "intbl":
            flow.in_table = True
        elif word == "trowd":
            flow.merged, flow.is_head, flow.merge = [], False, ""
        elif word == "trhdr":
            flow.is_head = True
        elif word in ("clvmgf", "clvmrg", "clmgf", "clmrg"):
            flow.merge = word
        elif word == "cellx":
            flow.merged.append(flow.merge)
            flow.merge = ""
        elif word == "cell":
            flow.ends_cell()
        elif word == "row":
            flow.ends_row()

    def goes_apart(self) -> None:
        """Write what follows apart: a header, a footer, a note."""
        self._around.append(self.flow)
        self.flow = _Flow()

    def comes_back(self, place: str) -> None:
        """Go on where the text was left for a header, a footer, a note."""
        html = self.flow.html()
        self.flow = self._around.pop()
        if place == "footnote":
            self._notes.append(html)
            self.says(f"[{len(self._notes)}]")
        elif html:
            self._margins[place[:6]].setdefault(html)


def _table(rows: list[tuple[bool, list[str], list[str]]]) -> str:
    """Return a table; each cell that is merged with another stands there too, empty."""
    above: dict[int, Cell] = {}
    lines: list[tuple[bool, list[Cell]]] = []
    for is_head, texts, merged in rows:
        cells: list[Cell] = []
        for at, html in enumerate(texts):
            how = merged[at] if at < len(merged) else ""
            if how == "clvmrg" and at in above:
                above[at].down += 1
            elif how == "clmrg" and cells:
                cells[-1].across += 1
            else:
                above[at] = Cell(html)
                cells.append(above[at])
        lines.append((is_head, cells))
    return table(lines)
