"""The paragraphs and tables of an RTF document as HTML."""

from __future__ import annotations

from dataclasses import dataclass, field

from extraction.readers.office_html import Cell, table

_MERGED = {"clvmgf": "", "clvmrg": "up", "clmgf": "", "clmrg": "back"}


@dataclass(slots=True)
class Flow:
    """A run of paragraphs and tables: the body, a header, a note."""

    blocks: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    cell: list[str] = field(default_factory=list)  # paragraphs of the cell at hand
    row: list[str] = field(default_factory=list)
    rows: list[tuple[bool, list[Cell]]] = field(default_factory=list)
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
        """End the paragraph, in a cell or outside of tables."""
        paragraph = self.taken()
        if self.in_table:
            self.cell.append(paragraph)
        else:
            self._ends_table()
            self.blocks.append(paragraph)

    def lays_out(self, word: str) -> None:
        """Do what a word says that is about tables, or paragraphs in general; other words say nothing."""
        if word == "pard":
            self.in_table, self.heading, self.is_item = False, 0, False
        elif word == "intbl":
            self.in_table = True
        elif word == "trowd":
            self.merged, self.is_head, self.merge = [], False, ""
        elif word == "trhdr":
            self.is_head = True
        elif word in _MERGED:
            self.merge = _MERGED[word]
        elif word == "cellx":
            self.merged.append(self.merge)
            self.merge = ""
        elif word == "cell":
            self.row.append("".join([*self.cell, self.taken()]))
            self.cell = []
        elif word == "row":
            merged = [*self.merged, *[""] * len(self.row)]
            cells = [Cell(html, merged=how) for html, how in zip(self.row, merged, strict=False)]
            self.rows.append((self.is_head, cells))
            self.row = []

    def html(self) -> str:
        """Return all of it, with what is not ended yet."""
        if self.cell or self.row:
            self.lays_out("cell")
            self.lays_out("row")
        last = self.taken()
        self._ends_table()
        return "".join([*self.blocks, last])

    def _ends_table(self) -> None:
        if self.rows:
            self.blocks.append(table(self.rows))
            self.rows = []
