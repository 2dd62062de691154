"""Reading tables: lines with pipes, and lines set out in columns."""

from __future__ import annotations

import re
from itertools import pairwise

from extraction.document import columns, lines
from extraction.document.bills import BillReader, tax_among
from extraction.document.blocks import is_label
from extraction.document.columns import Place, Row
from extraction.document.structure import (
    COLUMN_PAIR,
    KEY_VALUE,
    TABLE_CELL,
    TABLE_PAIR,
    Span,
    Table,
)

_DATE = re.compile(  # `10.00` is none
    r"\d{1,4}([./-])\d{1,2}\1\d{1,4}|\d{1,2}/\d{1,2}|\d{1,2}\.\d{1,2}\.|\d{1,2}\.? [^\W\d_]{3,9}\.?(?: \d{4})?"
)
_RATE = re.compile(r"(\d{1,2}(?:[.,]\d{1,2})?)\s?%")
_BLANK_LINES = 2  # between rows of a table
_PAIR = 2  # cells
_TWO_PAIRS = 4
_BESIDE = 6  # how far a figure may begin before its head
_FEW_LINES = 12  # a table of more rows is no form


class _Lines:
    """The lines of a table in columns, while it is read."""

    def __init__(self) -> None:
        self.rows: list[tuple[Span, ...]] = []
        self.origins: list[int] = []
        self.numbers: list[int] = []
        self.model: list[Place] = []

    def add(self, cells: list[Span], origin: int, number: int) -> None:
        self.rows.append(tuple(cells))
        self.origins.append(origin)
        self.numbers.append(number)
        here = columns.places(cells, origin)
        if len(here) > len(self.model):
            self.model = here
        elif len(here) == len(self.model):
            self.model = columns.widened(self.model, here)


def _reaching(heads: list[Place]) -> list[Place]:
    """Let each column reach to near the next head: words run on to the right, figures begin to the left."""
    ends = [max(right, after - _BESIDE) for (_, right), (after, _) in pairwise(heads)]
    starts = [0, *(end + 1 for end in ends)]
    return list(zip(starts, [*ends, heads[-1][1]], strict=True))


class TableReader(BillReader):
    """Finds tables, and the facts that rows of them are."""

    def pipe_table(self, number: int) -> int:
        """Take a table of lines with pipes; return the line behind it, or 0."""
        if not self.pipe_row(number):
            return 0
        rows: list[Row] = []
        header: Row = ()
        at = number
        while at < len(self.bounds) and (self.pipe_row(at) or lines.is_separator(self.line(at))):
            if not lines.is_separator(self.line(at)):
                rows.append(tuple(lines.pipe_cells(self.text, *self.bounds[at])))
            elif len(rows) == 1 and not header:
                header = rows.pop()
            at += 1
        if len(rows) < 2 and not header:
            return 0
        marked = bool(header)
        if header and rows and columns.heads_further(self.text, header, rows):
            header, rows = columns.stack([header, rows[0]]), rows[1:]
        self.add_table(header, rows, number, "pipe")
        if not marked and self.may_be_pairs(rows):
            for row in rows:
                for label, value in zip(row[::2], row[1::2], strict=False):
                    self.pair_of_cells(label, value, TABLE_PAIR)
        return at

    def may_be_pairs(self, rows: list[Row]) -> bool:
        """Tell rows of two labels or more, each before its value; whether they are, labels decide."""
        width = len(rows[0])
        labels = [cell.of(self.text) for row in rows for cell in row[::2] if cell.end > cell.start]
        even = width >= _TWO_PAIRS and width % 2 == 0 and all(len(row) == width for row in rows)
        return even and len(rows) <= _FEW_LINES and all(map(is_label, labels))

    def pipe_row(self, number: int) -> bool:
        """Tell a line with cells between pipes."""
        line = self.line(number)
        stripped = line.strip()
        return stripped.count("|") >= (1 if not stripped.startswith("|") else 2)

    def column_table(self, number: int) -> int:
        """Take lines set out in columns; return the line behind them, or 0."""
        cells = self.cells(number)
        if len(cells) < 2 or self.labelled(number) or self.numbered_sentence(number):
            return 0
        table = _Lines()
        known = self.header_over(number, cells)
        table.model = list(known)
        table.add(cells, self.bounds[number][0], number)
        at = self.rows_below(number + 1, table)
        if len(table.rows) < 2 and not known:
            self.lone_columns(table.rows[0])
            if not columns.is_figure(table.rows[0][-1].of(self.text)):
                self.labels_above(number)
            return 0
        if len(table.model) > 2:
            rows = [
                columns.align(
                    columns.cut_under(self.text, row, origin, table.model), origin, table.model
                )
                for row, origin in zip(table.rows, table.origins, strict=True)
            ]
            last = self.add_table((), rows, number, "columns", table.model)
            if last is not None and not last.header and self.is_of_blocks(last.rows):
                for line in table.numbers:
                    self.labels_above(line)
                    self.labels_beside(line)
            return at
        self.two_columns([row for row in table.rows if len(row) == 2], number, at)
        start = table.rows[0][0].start
        pairs = tuple(row for row in table.rows if len(row) == 2)
        self.found.tables.append(
            Table(pairs[0], pairs[1:], self.section, self.block, start, "columns")
        )
        return at

    def header_over(self, number: int, cells: list[Span]) -> tuple[Place, ...]:
        """Return the columns of the header above that a row stands in, behind lines that are no rows."""
        known = self.last_header[1]
        figures = sum(columns.is_figure(cell.of(self.text)) for cell in cells)
        full = figures > 1 and len(cells) >= max(3, len(known) - 2)
        return known if full and columns.fits(cells, self.bounds[number][0], known) else ()

    def rows_below(self, at: int, table: _Lines) -> int:
        """Add the lines that belong to a table; return the line behind the last one."""
        while at < len(self.bounds):
            if self.blank(at):
                at = self.beyond_blank(at, table)
                if not at:
                    return table.numbers[-1] + 1
            cells = self.cells(at)
            origin = self.bounds[at][0]
            if lines.is_separator(self.line(at)) or lines.is_rule(self.line(at)):
                if len(table.rows) == 1 and len(self.cells(at + 1)) < len(table.model) - 1:
                    break  # a rule between two parts of a slip, not under a header
                if len(table.model) == _PAIR and self.bill_at(at + 1):
                    break
            elif self.is_row(at, cells, table) or self.carries_words_on(at, cells, table):
                table.add(cells, origin, at)
            elif self.heads_another(cells, table) or not self.goes_on_after(at, len(table.model)):
                break
            at += 1
        return at

    def is_row(self, number: int, cells: list[Span], table: _Lines) -> bool:
        """Tell a line of a table; in the midst of one a colon makes no label."""
        if len(cells) < 2:
            return False
        if not self.labelled(number):
            return not self.heads_another(cells, table)
        full = len(table.model) > 2 and len(cells) >= max(3, len(table.model) - 1)
        return full and columns.fits(cells, self.bounds[number][0], table.model)

    def heads_another(self, cells: list[Span], table: _Lines) -> bool:
        """Tell the header of a next table: words all over where there were figures."""
        if self.heads_columns_of_its_own(cells, table):
            return True
        if len(table.model) < 3 or len(cells) < 3 or len(table.rows) < 2:
            return False
        words = [cell.of(self.text) for cell in cells]
        first = [cell.of(self.text) for cell in table.rows[0]]
        above = [cell.of(self.text) for cell in table.rows[-1]]
        return (
            all(map(columns.is_head, words))
            and not any(map(columns.is_figure, words))
            and sum(map(columns.is_figure, above)) >= 2
            and (words == first or len(words) != len(above))
        )

    def heads_columns_of_its_own(self, cells: list[Span], table: _Lines) -> bool:
        """Tell short words that stand over the figures of the next lines, in other columns than those above."""
        if len(cells) < 3 or len(table.rows) < 2:
            return False
        words = [cell.of(self.text) for cell in cells]
        if not all(map(columns.is_head, words)) or any(map(columns.is_figure, words)):
            return False
        number = table.numbers[-1] + 1
        origin = self.bounds[number][0]
        if self.line_start(cells[0].start) != origin or columns.fits(cells, origin, table.model):
            return False
        heads = columns.places(cells, origin)
        for below in (number + 1, number + 2):
            under = self.cells(below)
            figures = [cell for cell in under if columns.is_figure(cell.of(self.text))]
            if len(under) < 2 or not figures:
                return False
            if not columns.fits(under, self.bounds[below][0], _reaching(heads)):
                return False
        return True

    def beyond_blank(self, at: int, table: _Lines) -> int:
        """Return the line on which a table goes on behind blank lines, or 0."""
        width = len(table.model)
        below = at
        while below < at + _BLANK_LINES and self.blank(below):
            below += 1
        if width < 3 or self.blank(below) or self.labelled(below):
            return 0
        cells = self.cells(below)
        if self.names_group(below, cells, table):
            return below
        if len(table.rows) == 1:
            heads = all(columns.is_head(cell.of(self.text)) for cell in table.rows[0])
            return below if heads and len(cells) >= 2 else 0
        goes_on = len(cells) >= max(3, width - 1) and not self.heads_another(cells, table)
        return below if goes_on and columns.fits(cells, self.bounds[below][0], table.model) else 0

    def names_group(self, number: int, cells: list[Span], table: _Lines) -> bool:
        """Tell a line that names the group of the rows under it."""
        if len(cells) != 1 or not is_label(cells[0].of(self.text)) or self.blank(number + 1):
            return False
        below = self.cells(number + 1)
        full = len(below) >= max(3, len(table.model) - 1) and not self.labelled(number + 1)
        figures = any(columns.is_figure(cell.of(self.text)) for cell in below)
        return full and figures and columns.fits(below, self.bounds[number + 1][0], table.model)

    def carries_words_on(self, number: int, cells: list[Span], table: _Lines) -> bool:
        """Tell a line of one cell that stands under a column other than the first."""
        if len(cells) != 1 or len(table.model) < 3 or self.labelled(number):
            return False
        place = columns.places(cells, self.bounds[number][0])[0]
        above = columns.places(table.rows[-1], self.line_start(table.rows[-1][0].start))
        if columns.is_figure(cells[0].of(self.text)) and len(above) > 2:
            # A figure under a column that is empty in the row above belongs to that.
            fits = columns.fits(cells, self.bounds[number][0], table.model)
            return fits and not any(columns.overlap(*place, each) for each in above)
        if len(table.rows) < 2 and not self.goes_on_heading(cells[0], table):
            return False
        if not any(c.isalnum() for c in cells[0].of(self.text)):
            return True  # a currency that wrapped
        begins = cells[0].start - self.bounds[number][0]
        if any(abs(begins - left) <= 1 for left, _ in table.model[1:]):
            return True
        word = cells[0].of(self.text)
        short = cells[0].end - cells[0].start <= table.model[0][1] - table.model[0][0] + 2
        return abs(begins - table.model[0][0]) <= 1 and short and word[0] in "(" + word[0].lower()

    def goes_on_heading(self, cell: Span, table: _Lines) -> bool:
        """Tell a further line of one column's head."""
        heads = [each.of(self.text) for each in (cell, *table.rows[0])]
        return all(columns.is_head(head) and not any(map(str.isdigit, head)) for head in heads)

    def goes_on_after(self, number: int, width: int) -> bool:
        """Tell a line that wraps inside a table from the table's end."""
        if width < 3 or number + 1 >= len(self.bounds) or self.labelled(number):
            return False
        return len(self.cells(number + 1)) >= width - 1

    def lone_columns(self, row: tuple[Span, ...]) -> None:
        """Make a fact of a single line of two columns."""
        if len(row) == 2:
            self.pair_of_cells(row[0], row[1], COLUMN_PAIR)
        for cell in row:
            self.unmarked_pair(cell)

    def add_table(
        self,
        header: Row,
        rows: list[Row],
        number: int,
        how: str,
        model: list[Place] | None = None,
    ) -> Table | None:
        """Note a table and the facts in it; a header alone is none."""
        self.block += 1
        start = self.bounds[number][0]
        if not header:
            header, size = columns.header_of(self.text, rows)
            rows = rows[size:]
        if not header and model is not None:
            header = self.header_above(model)
        rows = columns.unwrapped(self.text, self.without_header(header, rows))
        if not rows:
            return None
        table = Table(header, tuple(rows), self.section, self.block, start, how)
        self.found.tables.append(table)
        if model is not None and header:
            self.last_header = (header, tuple(model))
        self.facts_of_table(table, number)
        self.block += 1
        return table

    def without_header(self, header: Row, rows: list[Row]) -> list[Row]:
        """Leave out the header where a further page repeats it."""
        names = [cell.of(self.text) for cell in header]
        return [row for row in rows if not header or [c.of(self.text) for c in row] != names]

    def header_above(self, model: list[Place]) -> Row:
        """Return the header of the table before, if this one goes on in the same columns."""
        header, known = self.last_header
        same = len(known) == len(model) and all(
            columns.overlap(*here, there) for here, there in zip(model, known, strict=True)
        )
        return header if same else ()

    def facts_of_table(self, table: Table, number: int) -> None:
        """Make facts of a table's rows that are labels and values."""
        header, rows = table.header, table.rows
        if header and len(rows) == 1 and len(rows[0]) > 1:
            for head, cell in zip(header, rows[0], strict=False):
                self.pair_of_cells(head, cell, TABLE_CELL)
        elif header and table.how == "columns" and self.is_of_blocks(rows):
            self.labels_above(number)
        if len(header) == 2 and table.how != "pipe":
            self.pair_of_cells(header[0], header[1], TABLE_PAIR)
        by_period = bool(header) and self.is_by_period(header)
        for row in rows if header else self.sums_of(rows):
            self.pairs_of_row(row, bool(header), by_period)

    def sums_of(self, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        """Join the words before the figure of a row, in a list of words and figures: `Total | excl. | VAT | 9.50`."""
        filled = [tuple(cell for cell in row if cell.end > cell.start) for row in rows]
        figures = [[columns.is_figure(cell.of(self.text)) for cell in row] for row in filled]
        ends = [sum(each) == 1 and each[-1] for each in figures]
        if 2 * sum(end and len(row) == _PAIR for end, row in zip(ends, filled, strict=True)) < len(
            rows
        ):
            return rows
        return tuple(
            (Span(row[0].start, row[0].end, row[1:-1]), row[-1])
            if end and len(row) > _PAIR
            else whole
            for whole, row, end in zip(rows, filled, ends, strict=True)
        )

    def is_of_blocks(self, rows: tuple[Row, ...]) -> bool:
        """Tell lines of addresses side by side from rows: no column is of figures."""
        return len(rows) <= _FEW_LINES and not any(
            all(columns.is_figure(cell.of(self.text)) for cell in column)
            for column in zip(*rows, strict=False)
        )

    def is_by_period(self, header: Row) -> bool:
        """Tell a table whose columns are years, or that heads its figures but not its labels."""
        heads = [cell.of(self.text) for cell in header[1:]]
        years = all(head.strip(" *").replace("FY", "").strip()[:4].isdigit() for head in heads)
        return bool(heads) and all(heads) and (years or header[0].end == header[0].start)

    def pairs_of_row(self, row: Row, headed: bool, by_period: bool = False) -> None:
        """Make facts of a row that is a label and its value, or several such pairs."""
        filled = [cell for cell in row if cell.end > cell.start]
        figures = [cell for cell in filled if columns.is_figure(cell.of(self.text))]
        if len(filled) == 2 and (not headed or filled[0] == row[0] or filled[1] == row[-1]):
            self.pair_of_cells(filled[0], filled[1], TABLE_PAIR)
        elif len(figures) > 1 and figures == filled[1:] and (by_period or not headed):
            rate = _RATE.search(self.text, filled[0].start, filled[0].end)
            rates = [Span(*rate.span(1))] if rate else []
            tax = None if by_period else tax_among(self.text, [*figures, *rates])
            self.pair_of_cells(filled[0], tax or figures[0], TABLE_PAIR)
        elif not headed and len(row) % 2 == 0:
            for left, right in zip(row[::2], row[1::2], strict=True):
                self.pair_of_cells(left, right, TABLE_PAIR)
        elif len(filled) == 1:
            for pair in lines.pairs(self.text, filled[0].start, filled[0].end):
                self.fact(pair.label, pair.value, pair.value.end, KEY_VALUE, filled[0].start)
        else:
            self.balance_of_row(filled, figures)

    def balance_of_row(self, filled: list[Span], figures: list[Span]) -> None:
        """Make a fact of a row of one name and one figure, dated or not: `Opening balance`."""
        names = [
            cell
            for cell in filled
            if cell not in figures and not _DATE.fullmatch(cell.of(self.text))
        ]
        amounts = [cell for cell in figures if not _DATE.fullmatch(cell.of(self.text))]
        if len(names) == 1 and len(amounts) == 1 and amounts[0].start > names[0].start:
            self.pair_of_cells(names[0], amounts[0], TABLE_PAIR)
