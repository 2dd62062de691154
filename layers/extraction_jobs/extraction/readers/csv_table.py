"""CSV, with whatever delimiter, to a table of lines with pipes.

Content is taken for CSV only where many lines have the same number of short cells below something
like a header: prose has commas too. A file that is said to be CSV needs less proof.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from extraction.document.typed import TypedText
from extraction.readers.sheet_layout import NUMBER_OR_DATE, is_header, write_lines
from extraction.readers.text_builder import TextBuilder

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_CHARACTERS = 100_000
_SAMPLE_ROWS = 200
_LEAST_ROWS = 3
_LEAST_COLUMNS = 3
_RAGGED = 0.1  # of the rows of a sample that may have another number of cells than is usual
_ROWS_OF_ONE_RAGGED = 5  # may have one: the last line is often cut or a remark
_LINES_ABOVE = 5
_LONG_CELL = 60  # characters, on the average, that no table's cells have
_PREAMBLE_ROWS = 30
_MARK = re.compile(r"sep=(.)\r?\n")
_FIELD_LIMIT = 1_000_000


class Dialect(NamedTuple):
    """How a file writes its cells. `quote` and `escape` are empty where it has none."""

    delimiter: str
    quote: str = '"'
    escape: str = ""


def csv_dialect(text: str, *, said: bool) -> Dialect | None:
    """Return how the cells are written, or None if the text is no CSV."""
    mark = _MARK.match(text)
    if mark:
        return Dialect(mark[1])
    sample = text[:_SAMPLE_CHARACTERS]
    if len(text) > len(sample):
        sample = sample[: sample.rfind("\n") + 1] or sample
    best, most = None, 0.0
    for dialect in _dialects(sample, said=said):
        rows = _rows(sample, dialect, _SAMPLE_ROWS)
        if (said or _is_table(rows)) and (score := _score(rows)) > most:
            best, most = dialect, score
    return best or (Dialect(",") if said else None)


def csv_to_text(text: str, dialect: Dialect) -> TypedText:
    """Return the rows as a table, and what stands above its header as lines."""
    mark = _MARK.match(text)
    rows = _rows(text[mark.end() :] if mark else text, dialect, None)
    begin = _table_start(rows)
    body = rows[begin:]
    width = max(map(len, body), default=0)
    # Rows that end with a delimiter have one cell more than there are.
    while width and not any(len(row) >= width and row[width - 1] for row in body):
        width -= 1
    out = TextBuilder()
    for row in rows[:begin] if width > 1 else rows:
        write_lines(out, row)
    if width > 1:
        table = [row[:width] for row in body]
        out.gap()
        out.table(table, header_rows=int(is_header(table)))
    return out.built()


def _dialects(sample: str, *, said: bool) -> Iterator[Dialect]:
    """Yield what the cells may be written in, the usual first: of those that are as good, the first is taken."""
    for delimiter in _DELIMITERS:
        if delimiter not in sample or (delimiter == "|" and not said):
            continue
        yield Dialect(delimiter)
        if '"' in sample:
            if "\\" in sample:
                yield Dialect(delimiter, escape="\\")
            yield Dialect(delimiter, quote="")
        if f"{delimiter}'" in sample or sample.startswith("'"):
            yield Dialect(delimiter, quote="'")


def _rows(text: str, dialect: Dialect, most: int | None) -> list[list[str]]:
    csv.field_size_limit(_FIELD_LIMIT if dialect.quote else max(len(text), 1))
    rows: list[list[str]] = []
    # Only line feeds and carriage returns end a row; Python's splitlines knows eight more characters that do not.
    reader = csv.reader(
        io.StringIO(text.rstrip("\x1a"), newline=""),  # the end of a file, for programs of old
        delimiter=dialect.delimiter,
        quotechar=dialect.quote or None,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        escapechar=dialect.escape or None,
        skipinitialspace=True,
    )
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells):
                rows.append(cells)
            if most is not None and len(rows) >= most:
                break
    except csv.Error:
        # A quote that never ends: then quotes mean nothing here.
        return _rows(text, Dialect(dialect.delimiter, quote=""), most) if dialect.quote else rows
    return rows


def _score(rows: Sequence[Sequence[str]]) -> float:
    """Return how well a dialect fits: many rows of many cells, in few kinds of rows.

    After van den Burg, Nazábal and Sutton, "Wrangling messy CSV files by detecting row and type patterns" (2019).
    """
    kinds = Counter(map(len, rows))
    return sum(count * (cells - 1) / cells for cells, count in kinds.items()) / max(len(kinds), 1)


def _is_table(rows: Sequence[Sequence[str]]) -> bool:
    """Tell a table from prose by what it holds, where nobody says that it is one."""
    body = rows[_table_start(rows) :]
    if len(body) < _LEAST_ROWS:
        return False
    columns, count = Counter(map(len, body)).most_common(1)[0]
    ragged = len(body) - count
    cells = [cell for row in body for cell in row if cell]
    long = sum(map(len, cells)) / max(len(cells), 1)
    return (
        columns >= _LEAST_COLUMNS
        and (ragged <= len(body) * _RAGGED or (ragged == 1 and len(body) >= _ROWS_OF_ONE_RAGGED))
        and long <= _LONG_CELL
        and len(rows) - len(body) <= _LINES_ABOVE
        and is_header(body)
        and any(NUMBER_OR_DATE.fullmatch(cell) for row in body[1:] for cell in row)
    )


def _table_start(rows: Sequence[Sequence[str]]) -> int:
    """Return the first row that is as wide as most: banks and registries put their name above it."""
    if not rows:
        return 0
    usual = Counter(map(len, rows[:_SAMPLE_ROWS])).most_common(1)[0][0]
    for index, row in enumerate(rows[:_PREAMBLE_ROWS]):
        if len(row) >= usual and sum(map(bool, row)) * 2 > usual:
            return index
    return 0
