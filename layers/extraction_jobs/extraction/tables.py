"""Reading tables: lines with pipes, and lines set out in columns."""

from __future__ import annotations

import re

from extraction import lines
from extraction.line_reader import LineReader
from extraction.structure import COLUMN_PAIR, KEY_VALUE, TABLE_CELL, TABLE_PAIR, Span, Table

_DIGIT = re.compile(r"\d")


class TableReader(LineReader):
    """Finds tables, and the facts that rows of them are."""

    def pipe_table(self, number: int) -> int:
        """Take a table of lines with pipes; return the line behind it, or 0."""
        if not self.pipe_row(number):
            return 0
        rows: list[tuple[Span, ...]] = []
        header: tuple[Span, ...] = ()
        at = number
        while at < len(self.bounds) and (self.pipe_row(at) or lines.is_separator(self.line(at))):
            if not lines.is_separator(self.line(at)):
                rows.append(tuple(lines.pipe_cells(self.text, *self.bounds[at])))
            elif len(rows) == 1 and not header:
                header = rows.pop()
            at += 1
        if len(rows) < 2 and not header:
            return 0
        self.add_table(header, rows, number, "pipe")
        return at

    def pipe_row(self, number: int) -> bool:
        """Tell a line with cells between pipes."""
        line = self.line(number)
        stripped = line.strip()
        return stripped.count("|") >= (1 if not stripped.startswith("|") else 2)

    def column_table(self, number: int) -> int:
        """Take lines set out in columns; return the line behind them, or 0."""
        cells = lines.columns(self.text, *self.bounds[number])
        if len(cells) < 2 or self.labelled(number):
            return 0
        rows = [tuple(cells)]
        at = number + 1
        while at < len(self.bounds):
            cells = lines.columns(self.text, *self.bounds[at])
            if len(cells) >= 2 and not self.labelled(at):
                rows.append(tuple(cells))
            elif not self.is_inside_table(at, rows, at == number + 1):
                break
            at += 1
        if len(rows) < 2:
            self.lone_columns(rows[0])
            return 0
        if max(map(len, rows)) > 2:
            self.add_table((), self.aligned(rows), number, "columns")
            return at
        for row in rows:
            self.pair_of_cells(row[0], row[1], COLUMN_PAIR)
        start = rows[0][0].start
        self.found.tables.append(
            Table(rows[0], tuple(rows[1:]), self.section, self.block, start, "columns")
        )
        return at

    def is_inside_table(self, number: int, rows: list[tuple[Span, ...]], second: bool) -> bool:
        """Tell a line that belongs to a table of columns though it is no row of it."""
        line = self.line(number)
        if lines.is_separator(line) or lines.is_rule(line):
            return True
        if not line.strip():
            return second and len(rows[0]) > 2  # a blank line under the header
        return self.goes_on_after(number, len(rows[0]))

    def goes_on_after(self, number: int, width: int) -> bool:
        """Tell a line that wraps inside a table from the table's end."""
        if width < 3 or number + 1 >= len(self.bounds) or self.labelled(number):
            return False
        return len(lines.columns(self.text, *self.bounds[number + 1])) >= width - 1

    def lone_columns(self, row: tuple[Span, ...]) -> None:
        """Make a fact of a single line of two columns."""
        if len(row) == 2:
            self.pair_of_cells(row[0], row[1], COLUMN_PAIR)

    def aligned(self, rows: list[tuple[Span, ...]]) -> list[tuple[Span, ...]]:
        """Put each cell under the column of the widest early row that it overlaps most."""
        model = max(rows[:3], key=len)
        origin = self.line_start(model[0].start)
        places = [(c.start - origin, c.end - origin) for c in model]
        result = []
        for row in rows:
            if len(row) == len(model):
                result.append(row)
                continue
            base = self.line_start(row[0].start)
            filled = [Span(row[0].start, row[0].start)] * len(model)
            for cell in row:
                left, right = cell.start - base, cell.end - base
                column = min(
                    range(len(places)),
                    key=lambda i: (-_overlap(left, right, places[i]), _gap(left, right, places[i])),
                )
                if filled[column].end == filled[column].start:
                    filled[column] = cell
            result.append(tuple(filled))
        return result

    def add_table(
        self, header: tuple[Span, ...], rows: list[tuple[Span, ...]], number: int, how: str
    ) -> None:
        """Note a table and the facts in it."""
        self.block += 1
        start = self.bounds[number][0]
        if not header and len(rows) > 1 and self.is_header(rows):
            header, rows = rows[0], rows[1:]
        table = Table(header, tuple(rows), self.section, self.block, start, how)
        self.found.tables.append(table)
        if header and len(rows) == 1 and len(rows[0]) > 1:
            for head, cell in zip(header, rows[0], strict=False):
                self.pair_of_cells(head, cell, TABLE_CELL)
        if len(header) == 2:
            self.pair_of_cells(header[0], header[1], TABLE_PAIR)
        for row in rows:
            self.pairs_of_row(row, bool(header))
        self.block += 1

    def pairs_of_row(self, row: tuple[Span, ...], headed: bool) -> None:
        """Make facts of a row that is a label and its value, or several such pairs."""
        filled = [cell for cell in row if cell.end > cell.start]
        if len(filled) == 2 and (not headed or filled[0] == row[0] or filled[1] == row[-1]):
            self.pair_of_cells(filled[0], filled[1], TABLE_PAIR)
        elif not headed and len(row) % 2 == 0:
            for left, right in zip(row[::2], row[1::2], strict=True):
                self.pair_of_cells(left, right, TABLE_PAIR)
        elif len(filled) == 1:
            for pair in lines.pairs(self.text, filled[0].start, filled[0].end):
                self.fact(pair.label, pair.value, pair.value.end, KEY_VALUE, filled[0].start)

    def is_header(self, rows: list[tuple[Span, ...]]) -> bool:
        """A first row without figures above rows with figures, or of short words, heads them."""
        first = [cell.of(self.text) for cell in rows[0]]
        if any(_DIGIT.search(cell) for cell in first) or sum(map(bool, first)) < 2:
            return False
        if any(cell.endswith(":") for cell in first):
            return False
        return (all(len(cell) <= 40 for cell in first) and len(rows[0]) > 2) or any(
            _DIGIT.search(cell.of(self.text)) for cell in rows[1]
        )

    def pair_of_cells(self, label: Span, value: Span, how: str) -> None:
        """Make a fact of a cell that labels another."""
        name = label.of(self.text).rstrip(" :.")
        if name and value.end > value.start and len(name) <= lines.MAX_LABEL_CHARACTERS:
            self.fact(name, value, value.end, how, label.start)


def _overlap(left: int, right: int, place: tuple[int, int]) -> int:
    return max(0, min(right, place[1]) - max(left, place[0]))


def _gap(left: int, right: int, place: tuple[int, int]) -> int:
    return min(abs(left - place[0]), abs(right - place[1]))
