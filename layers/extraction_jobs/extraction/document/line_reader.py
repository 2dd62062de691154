"""The lines of a text, and what was found in them so far."""

from __future__ import annotations

from extraction.document import lines
from extraction.document.lines import Pair
from extraction.document.structure import Fact, Section, Span, Structure


class LineReader:
    """What reading tables and reading running text share."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.found = Structure()
        self.bounds: list[tuple[int, int]] = []
        at = 0
        for line in text.split("\n"):
            self.bounds.append((at, at + len(line)))
            at += len(line) + 1
        self.section = -1
        self.intro = ""
        self.open: list[Section] = []
        self.block = 0
        self.pairs_by_line: list[list[Pair] | None] = [None] * len(self.bounds)
        self.cells_by_line: list[list[Span] | None] = [None] * len(self.bounds)
        self.next_break: list[int] = []
        self.bill_free_until = 0
        self.value_at = 0
        self.last_header: tuple[tuple[Span, ...], tuple[tuple[int, int], ...]] = ((), ())

    def line(self, number: int) -> str:
        """Return a line, or nothing beyond either end."""
        if not 0 <= number < len(self.bounds):
            return ""
        start, end = self.bounds[number]
        return self.text[start:end]

    def blank(self, number: int) -> bool:
        """Tell an empty line; there are only such beyond either end."""
        return not self.line(number).strip()

    def pairs(self, number: int) -> list[Pair]:
        """Return the pairs of a line; several rules ask, so each line is read once."""
        if not 0 <= number < len(self.bounds):
            return []
        found = self.pairs_by_line[number]
        if found is None:
            found = self.pairs_by_line[number] = lines.pairs(self.text, *self.bounds[number])
        return found

    def cells(self, number: int) -> list[Span]:
        """Return the cells of a line that is set out in columns; none beyond either end."""
        if not 0 <= number < len(self.bounds):
            return []
        found = self.cells_by_line[number]
        if found is None:
            found = lines.columns(self.text, *self.bounds[number])
            self.cells_by_line[number] = found
        return found

    def numbered_sentence(self, number: int) -> bool:
        """Tell a line of a number and, behind a gap, a sentence."""
        cells = self.cells(number)
        return len(cells) > 1 and lines.is_numbered_sentence([c.of(self.text) for c in cells])

    def labelled(self, number: int) -> bool:
        """Tell a line that holds `label: value`."""
        return bool(self.pairs(number))

    def line_start(self, offset: int) -> int:
        """Return where the line begins that an offset lies in."""
        return self.text.rfind("\n", 0, offset) + 1

    def fact(
        self, label: str, value: Span, tail: int, how: str, start: int, column: int = 0
    ) -> None:
        """Note a fact of the present section and block."""
        self.found.facts.append(
            Fact(label, value, tail, how, self.section, self.block, start, column)
        )
