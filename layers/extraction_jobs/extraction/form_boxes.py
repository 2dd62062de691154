"""Reading forms without colons: a label on a line of its own over its value, box upon box or side by side."""

from __future__ import annotations

from itertools import pairwise

from extraction import lines
from extraction.bills import BillReader
from extraction.blocks import is_label
from extraction.columns import is_figure
from extraction.structure import TABLE_CELL, Span

_FEWEST_CAPITALS = 3  # boxes of one look by which a page shows that it is made of such
_FEWEST = 5
_MOST_LINES = 6  # of a box
_MOST_WORDS = 5
_LONG = 60  # code points of a line that may go on in the next one
_FAR = 8  # code points that a label on the right is set in


class FormReader(BillReader):
    """Finds boxes of a form."""

    def find_boxes(self) -> None:
        """Note the lines that are labels over a value, if the page has several boxes of one look."""
        found = [n for n in range(len(self.bounds)) if self.blank(n - 1) and self.is_box(n)]
        capitals = [number for number in found if self.line(number).isupper()]
        others = [number for number in found if not self.line(number).isupper()]
        self.box_labels = set(capitals if len(capitals) >= _FEWEST_CAPITALS else ())
        names = {self.line(number).strip().casefold() for number in others}
        if len(others) >= _FEWEST and len(names) == len(others) and self.are_next(others):
            self.box_labels |= set(others)

    def is_box(self, number: int) -> bool:
        """Tell a short line with a value under it, alone between blank lines."""
        label, value = self.line(number).strip("*_ "), self.line(number + 1).strip()
        if not label or not value or self.labelled(number) or self.labelled(number + 1):
            return False
        if not is_label(label) or len(label.split()) > _MOST_WORDS or not label[0].isupper():
            return False
        if (
            label[-1] in ".,;!?"
            or lines.is_rule(value)
            or "|" in value
            or len(self.cells(number)) > 1
        ):
            return False
        if lines.markdown_heading(label) or value[0] in "#-*•" or len(self.cells(number + 1)) > 1:
            return False
        return not label.isupper() or not value.isupper() or any(map(str.isdigit, value))

    def are_next(self, numbers: list[int]) -> bool:
        """Tell boxes that follow each other from short lines here and there in a text."""
        near = sum(after - before <= _MOST_LINES for before, after in pairwise(numbers))
        return near * 4 >= 3 * (len(numbers) - 1)

    def box(self, number: int) -> int:
        """Take a label with its value; return the line behind them, or 0."""
        if number not in self.box_labels:
            return 0
        label = lines.trimmed(self.text, *self.bounds[number])
        at = number + 2
        while at < number + _MOST_LINES and not self.blank(at) and self.goes_on(at):
            at += 1
        value = lines.trimmed(self.text, self.bounds[number + 1][0], self.bounds[at - 1][1])
        last = at
        while last < number + _MOST_LINES and not self.blank(last) and last not in self.box_labels:
            last += 1
        tail = self.bounds[last - 1][1]
        self.fact(label.of(self.text), value, max(tail, value.end), TABLE_CELL, label.start)
        return at

    def goes_on(self, number: int) -> bool:
        """Tell a line that carries on the value above it."""
        above, line = self.line(number - 1).rstrip(), self.line(number).strip()
        return line[0].islower() or len(above) >= _LONG

    # Boxes side by side

    def grid(self, rows: list[tuple[Span, ...]], numbers: list[int]) -> bool:
        """Make facts of lines of labels in capitals with lines of values under each; tell whether they are."""
        heads = [i for i, row in enumerate(rows) if self.is_line_of_labels(row)]
        if len(heads) < 2 or heads[0] != 0 or heads[-1] + 1 >= len(rows):
            return False
        if any(after - before == 1 for before, after in pairwise(heads)):
            return False
        for head, after in zip(heads, [*heads[1:], len(rows)], strict=True):
            for column, label in enumerate(self.cells(numbers[head])):
                origin = self.bounds[numbers[head]][0]
                under = [
                    cell
                    for line in numbers[head + 1 : after]
                    if (cell := self.cell_at(line, label.start - origin, label.end - origin, None))
                ]
                if under:
                    value = Span(under[0].start, under[0].end, tuple(under[1:]))
                    name = label.of(self.text).rstrip(" :.")
                    self.fact(name, value, value.last, TABLE_CELL, label.start, column)
        return True

    def is_line_of_labels(self, row: tuple[Span, ...]) -> bool:
        """Tell a line all of whose cells are labels in capitals."""
        words = [cell.of(self.text) for cell in row if cell.end > cell.start]
        return len(words) > 1 and all(
            is_label(word) and word.isupper() and not is_figure(word) for word in words
        )

    def label_on_the_right(self, number: int) -> bool:
        """Make a fact of a lone label far in whose value stands under it, beside other words."""
        cells = self.cells(number)
        if len(cells) != 1 or len(self.cells(number + 1)) < 2:
            return False
        if cells[0].start - self.bounds[number][0] < _FAR or not is_label(cells[0].of(self.text)):
            return False
        self.labels_above(number)
        return True
