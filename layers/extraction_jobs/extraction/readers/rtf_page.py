"""The page that an RTF document is written to, as HTML: its paragraphs and tables, and what stands around them."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import NamedTuple


class _Row(NamedTuple):
    tag: str
    cells: list[str]
    merged: list[str]


@dataclass(slots=True)
class _Cell:
    html: str
    across: int = 1
    down: int = 1


class _Flow:
    """A run of paragraphs and tables: the body, a header, a note."""

    def __init__(self) -> None:
        self.blocks: list[str] = []
        self.words: list[str] = []
        self.cell: list[str] = []  # paragraphs of the cell at hand
        self.row: list[str] = []
        self.rows: list[_Row] = []
        self.merged: list[str] = []  # of each cell that the row at hand defines: how it is merged
        self.is_head = False


class Page:
    """Takes words and what ends paragraphs, cells and rows. `heading` is the paragraph's level, 0 if it is none."""

    def __init__(self) -> None:
        self.heading = 0
        self.is_item = False
        self._in_table = False
        self._flow = _Flow()
        self._around: list[tuple[_Flow, bool, int, bool]] = []
        self._merge = ""
        self._margins: dict[str, dict[str, None]] = {"header": {}, "footer": {}}
        self._notes: list[str] = []

    def html(self) -> str:
        """Return all that was written."""
        notes = "".join(f"<li>{note}</li>" for note in self._notes)
        body = "".join(self._flow.blocks).replace("</ul><ul>", "")
        return "".join(
            [*self._margins["header"], body, *self._margins["footer"], f"<ol>{notes}</ol>"]
        )

    def says(self, text: str) -> None:
        """Add words to the paragraph."""
        self._flow.words.append(escape(text))

    def breaks(self) -> None:
        """Begin a new line in the paragraph."""
        self._flow.words.append("<br>")

    def ends_paragraph(self) -> None:
        """End a paragraph, of a cell or of the text."""
        paragraph = self._taken()
        if self._in_table:
            self._flow.cell.append(paragraph)
        else:
            self._ends_table()
            self._flow.blocks.append(paragraph)

    def table(self, word: str) -> None:
        """Do what a word says that is about tables, or paragraphs in general; other words say nothing."""
        flow = self._flow
        if word == "pard":
            self._in_table, self.heading, self.is_item = False, 0, False
        elif word == "intbl":
            self._in_table = True
        elif word == "trowd":
            flow.merged, flow.is_head, self._merge = [], False, ""
        elif word == "trhdr":
            flow.is_head = True
        elif word in ("clvmgf", "clvmrg", "clmgf", "clmrg"):
            self._merge = word
        elif word == "cellx":
            flow.merged.append(self._merge)
            self._merge = ""
        elif word == "cell":
            flow.cell.append(self._taken())
            flow.row.append("".join(flow.cell))
            flow.cell = []
        elif word == "row":
            self._ends_row()

    def goes_apart(self) -> None:
        """Write what follows apart: a header, a footer, a note."""
        self._around.append((self._flow, self._in_table, self.heading, self.is_item))
        self._flow = _Flow()
        self.table("pard")

    def comes_back(self, place: str) -> None:
        """Go on where the text was left for a header, a footer, a note."""
        self.ends()
        html = "".join(self._flow.blocks)
        self._flow, self._in_table, self.heading, self.is_item = self._around.pop()
        if place == "footnote":
            self._notes.append(html)
            self.says(f"[{len(self._notes)}]")
        elif html:
            self._margins[place[:6]].setdefault(html)

    def ends(self) -> None:
        """End what is not ended yet."""
        flow = self._flow
        if flow.cell or flow.row:
            self.table("cell")
            self._ends_row()
        last = self._taken()
        self._ends_table()
        flow.blocks.append(last)

    def _taken(self) -> str:
        # A character beyond the first 65,536 is written as two halves.
        words = "".join(self._flow.words)
        words = words.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        self._flow.words = []
        if not words:
            return ""
        if self.is_item:
            return f"<ul><li>{words}</li></ul>"
        tag = f"h{self.heading}" if self.heading else "p"
        return f"<{tag}>{words}</{tag}>"

    def _ends_row(self) -> None:
        flow = self._flow
        tag = "th" if flow.is_head else "td"
        flow.rows.append(_Row(tag, flow.row, flow.merged))
        flow.row = []

    def _ends_table(self) -> None:
        flow = self._flow
        if flow.rows:
            flow.blocks.append(_table(flow.rows))
            flow.rows = []


def _table(rows: list[_Row]) -> str:
    """Return a table; each cell that is merged with another stands there too, empty."""
    above: dict[int, _Cell] = {}
    lines: list[tuple[str, list[_Cell]]] = []
    for row in rows:
        cells: list[_Cell] = []
        for at, html in enumerate(row.cells):
            how = row.merged[at] if at < len(row.merged) else ""
            if how == "clvmrg" and at in above:
                above[at].down += 1
            elif how == "clmrg" and cells:
                cells[-1].across += 1
            else:
                above[at] = _Cell(html)
                cells.append(above[at])
        lines.append((row.tag, cells))
    written = (
        "".join(f'<{tag} colspan="{c.across}" rowspan="{c.down}">{c.html}</{tag}>' for c in cells)
        for tag, cells in lines
    )
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in written)}</table>"
