"""A sheet's cells to lines and tables: several tables, forms and remarks may stand on one sheet, with room between.

Room is an empty row, or an empty column between groups of columns that each begin with words. A table whose rows stand
apart is one table. What stands above a table's header, alone in its row, is a line; a label beside its value is a pair.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby, pairwise

from extraction.readers.text_builder import TextBuilder

Rows = Sequence[Sequence[str]]

NUMBER_OR_DATE = re.compile(r"[+-]?[\d.,' ]*\d[\d.,' %€$£-]*|\d{1,4}[-./]\d{1,2}[-./]\d{1,4}.*")
_FIGURES = re.compile(r"\d[\d.]*")
_WITH_UNIT = re.compile(r"(?:\D{1,3} )?-?\d[\d.]*%?(?: \D{1,3})?")

_PAIR = 2  # columns
_LONGEST_NAME = 60  # characters, of a column
_LONGEST_FORM = 30  # rows; more rows of two columns under a header are a table
_ABOVE = 30  # rows that may stand above a header
_DEEPEST = 6  # cuts within cuts


def write(out: TextBuilder, rows: Rows) -> None:
    """Write what stands on a sheet. All rows have the same number of cells."""
    for block in _blocks(rows, 0):
        out.gap()
        _write_block(out, block)


def _blocks(rows: Rows, depth: int) -> list[Rows]:
    """Return what stands apart, in the order of reading, without empty rows and columns around it."""
    bands = _bands(rows)
    found = []
    for band in bands:
        groups = _groups(band)
        if len(groups) * len(bands) == 1 or depth == _DEEPEST:
            found += [group for group in groups if group]
        else:
            found += [block for group in groups for block in _blocks(group, depth + 1)]
    return found


def _bands(rows: Rows) -> list[Rows]:
    """Cut at empty rows, where they do not only set rows of one table apart."""
    found = [list(band) for filled, band in groupby(rows, any) if filled]
    bands = found[:1]
    for above, below in pairwise(found):
        if _goes_on(above, below[0]):
            bands[-1] = bands[-1] + below
        else:
            bands.append(below)
    return list(bands)


def _goes_on(above: Rows, row: Sequence[str]) -> bool:
    """Tell a row of the same table: the same cells are filled with the same sorts, or stand under a header alone."""
    last, this = _sorts(above[-1]), _sorts(row)
    if sum(map(bool, this)) <= _PAIR or "figure" not in this:
        return False
    headed = len(above) == 1 and all(sort != "figure" for sort in last)
    return last == this or (headed and list(map(bool, last)) == list(map(bool, this)))


def _sorts(row: Sequence[str]) -> list[str]:
    return [cell and ("figure" if _is_figure(cell) else "words") for cell in row]


def _is_figure(cell: str) -> bool:
    return bool(NUMBER_OR_DATE.fullmatch(cell) or _WITH_UNIT.fullmatch(cell))


def _groups(band: Rows) -> list[Rows]:
    """Cut at empty columns if what stands on each side has columns enough and begins with words of its own."""
    columns = list(zip(*band, strict=True))
    filled = groupby(enumerate(columns), lambda column: any(column[1]))
    places = [[at for at, _ in group] for is_filled, group in filled if is_filled]
    if any(len(group) < _PAIR or not _has_words(columns[group[0]]) for group in places):
        places = [[at for group in places for at in group]]
    return [[[row[at] for at in group] for row in band] for group in places]


def _has_words(column: Sequence[str]) -> bool:
    cells = [cell for cell in column if cell]
    return 2 * sum(not _is_figure(cell) for cell in cells) >= len(cells)


def _write_block(out: TextBuilder, rows: Rows) -> None:
    width = len(rows[0])
    start = _start(rows, width)
    for row in rows[:start]:
        write_lines(out, row)
    body = [row for row in rows[start:] if any(row)]
    if not body:
        return
    if width == _PAIR and not _is_list(body):
        for row in body:
            write_lines(out, row)
        return
    out.table(body, header_rows=int(_is_headed(body)))


def _start(rows: Rows, width: int) -> int:
    """Return where a table begins: at the first row that is filled more than half. Without one there is none."""
    if width < _PAIR:
        return len(rows)
    for number, row in enumerate(rows[:_ABOVE]):
        if 2 * sum(map(bool, row)) > width:
            return number if len(rows) > number + 1 or width == _PAIR else len(rows)
    return len(rows) if len(rows) <= _ABOVE else 0


def is_header(rows: Sequence[Sequence[str]]) -> bool:
    """Tell a header: names, each its own, none of them a number or a date."""
    names = [cell for cell in rows[0] if cell]
    return (
        len(rows) > 1
        and len(names) * 3 >= len(rows[0]) * 2
        and len(set(names)) == len(names)
        and all(len(name) <= _LONGEST_NAME and not NUMBER_OR_DATE.fullmatch(name) for name in names)
        and not any(name.endswith(".") and name.count(" ") > 2 for name in names)
    )


def _is_headed(body: Rows) -> bool:
    return is_header(body) and not any(name.endswith(":") for name in body[0])


def _is_list(body: Rows) -> bool:
    """Tell two columns under a header from labels and their values: what stands below is all of one form."""
    if len(body) <= _PAIR or not all(body[0]) or not _is_headed(body):
        return False
    forms = {_FIGURES.sub("0", row[1]) for row in body[1:] if row[1]}
    figures = len(forms) == 1 and _is_figure(next(iter(forms)))
    return len(body) > _LONGEST_FORM or (figures and not any(map(_FIGURES.search, body[0])))


def write_lines(out: TextBuilder, row: Sequence[str]) -> None:
    """Write a row that is no row of a table: cells beside each other are a label and its value, if they are two."""
    cells = [" ".join(cell.split()) for cell in row]
    groups = [list(group) for filled, group in groupby(cells, bool) if filled]
    if len(groups) == _PAIR and all(len(group) == 1 for group in groups):
        groups = [[*groups[0], *groups[1]]]
    for group in groups:
        if len(group) == _PAIR:
            label = group[0].rstrip(":")
            out.line(f"{label}: {group[1]}")
        else:
            out.line(", ".join(group))
