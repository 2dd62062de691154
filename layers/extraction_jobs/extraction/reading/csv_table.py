"""CSV, with whatever delimiter, to a table of lines with pipes.

Content is taken for CSV only where many lines have the same number of short cells below something
like a header: prose has commas too. A file that is said to be CSV needs less proof.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence

from extraction.reading.rows import pipe_rows

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_CHARACTERS = 100_000
_SAMPLE_ROWS = 200
_LEAST_ROWS = 3
_LEAST_COLUMNS = {",": 3, ";": 3, "\t": 3, "|": 3}
_SHARE = 0.9  # of the rows of a sample that must have the usual number of cells
_LONG_CELL = 60  # characters, on the average, that no table's cells have
_PREAMBLE_ROWS = 30
_MARK = re.compile(r"sep=(.)\r?\n")
_NUMBER_OR_DATE = re.compile(r"[+-]?[\d.,' ]*\d[\d.,' %€$£-]*|\d{1,4}[-./]\d{1,2}[-./]\d{1,4}.*")
_FIELD_LIMIT = 1_000_000


def csv_delimiter(text: str, *, said: bool) -> str | None:
    """Return what stands between the cells, or None if the text is no CSV."""
    mark = _MARK.match(text)
    if mark:
        return mark[1]
    sample = text[:_SAMPLE_CHARACTERS]
    if len(text) > len(sample):
        sample = sample[: sample.rfind("\n") + 1] or sample
    best: tuple[float, int, str] | None = None
    for delimiter in _DELIMITERS:
        if delimiter not in sample or (delimiter == "|" and not said):
            continue
        rated = _rated(_rows(sample, delimiter, _SAMPLE_ROWS), delimiter, said=said)
        if rated is not None and (best is None or (*rated, delimiter) > best):
            best = (*rated, delimiter)
    if best is None and said:
        return ","
    return best[2] if best else None


def csv_to_text(text: str, delimiter: str) -> str:
    """Return the rows as a table, and what stands above its header as lines."""
    mark = _MARK.match(text)
    rows = _rows(text[mark.end() :] if mark else text, delimiter, None)
    begin = _table_start(rows)
    lines = [_line(row) for row in rows[:begin]]
    table = rows[begin:]
    if lines and table:
        lines.append("")
    width = max(map(len, table), default=0)
    if width <= 1:
        lines += [_line(row) for row in table]
    else:
        lines += pipe_rows(table, header=_is_header(table))
    return "\n".join(lines) + "\n"


def _rows(text: str, delimiter: str, most: int | None) -> list[list[str]]:
    csv.field_size_limit(_FIELD_LIMIT)
    rows: list[list[str]] = []
    try:
        # Lines as csv wants them: a quoted cell may go on over several.
        for row in csv.reader(
            text.splitlines(keepends=True), delimiter=delimiter, skipinitialspace=True
        ):
            if any(cell.strip() for cell in row):
                rows.append([cell.strip() for cell in row])
            if most is not None and len(rows) >= most:
                break
    except csv.Error:
        # A quote that never ends: then quotes mean nothing here.
        plain = csv.reader(text.splitlines(), delimiter=delimiter, quoting=csv.QUOTE_NONE)
        rows = [[cell.strip() for cell in row] for row in plain if any(map(str.strip, row))]
    return rows


def _rated(
    rows: Sequence[Sequence[str]], delimiter: str, *, said: bool
) -> tuple[float, int] | None:
    """Return how sure this delimiter is and how many columns it makes, None if it makes no table."""
    body = rows[_table_start(rows) :]
    if not body:
        return None
    columns, count = Counter(map(len, body)).most_common(1)[0]
    share = count / len(body)
    if said:
        return (share, columns) if columns >= 2 else None
    cells = [cell for row in body for cell in row if cell]
    long = sum(map(len, cells)) / max(len(cells), 1)
    if (
        len(body) < _LEAST_ROWS
        or columns < _LEAST_COLUMNS[delimiter]
        or share < _SHARE
        or long > _LONG_CELL
        or len(rows) - len(body) > 5
        or not _is_header(body)
        or not any(_NUMBER_OR_DATE.fullmatch(cell) for row in body[1:] for cell in row)
    ):
        return None
    return share, columns


def _table_start(rows: Sequence[Sequence[str]]) -> int:
    """Return the first row that is as wide as most: banks and registries put their name above it."""
    if not rows:
        return 0
    usual = Counter(map(len, rows[:_SAMPLE_ROWS])).most_common(1)[0][0]
    for index, row in enumerate(rows[:_PREAMBLE_ROWS]):
        if len(row) >= usual and sum(map(bool, row)) * 2 > usual:
            return index
    return 0


def _is_header(rows: Sequence[Sequence[str]]) -> bool:
    """Tell a header: names, each its own, none of them a number or a date."""
    names = [cell for cell in rows[0] if cell]
    return (
        len(rows) > 1
        and len(names) * 3 >= len(rows[0]) * 2
        and len(set(names)) == len(names)
        and all(len(name) <= _LONG_CELL and not _NUMBER_OR_DATE.fullmatch(name) for name in names)
        and not any(name.endswith(".") and name.count(" ") > 2 for name in names)
    )


def _line(row: Sequence[str]) -> str:
    cells = [" ".join(cell.split()) for cell in row if cell]
    if len(cells) == 2 and not cells[0].endswith(":"):
        return f"{cells[0]}: {cells[1]}"
    return " ".join(cells) if len(cells) == 2 else ", ".join(cells)
