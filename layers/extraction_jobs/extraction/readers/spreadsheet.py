"""XLSX, XLSB, XLS and ODS: each sheet that is shown as a heading, with its tables, pairs and lines.

calamine reads the values, of formulas what was computed last. It tells of no rows and columns that are hidden, nor what
a format adds to a number: their XML or records do, but for XLSB, of which hidden rows and columns are read too.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

import python_calamine as calamine
from python_calamine import CalamineSheet

from extraction.document import document as kinds
from extraction.document.document import Limits
from extraction.errors import PermanentError
from extraction.readers.containers import kind_inside
from extraction.readers.format import check_size
from extraction.readers.raw import Raw, sane_title
from extraction.readers.sheet_layout import write
from extraction.readers.sheet_values import PLAIN, Place, View, text_of
from extraction.readers.sheet_views import ods_views, xls_views, xlsx_views
from extraction.readers.text_builder import TextBuilder
from extraction.readers.zip_package import ENCRYPTED, blaming, opened_package

_MOST_CELLS = 2_000_000
_MOST_CARRIED = 200_000  # cells that are filled because they are merged with one above
_LONGEST_CARRIED = 300  # characters
_BROKEN = (
    "The workbook is broken or cut short. Open it in a spreadsheet program, and save it again."
)


def workbook_to_raw(content: bytes, limits: Limits) -> Raw:
    """Return the text of a workbook as one part.

    Raises PermanentError if it is broken, encrypted, would unpack to too much, or has more cells than are read.
    """
    with blaming(_BROKEN):
        views, title = _told(content)
        _check_cells(sum(view.cells() for view in views.values()))  # calamine lays them all out
        out = TextBuilder()
        laid_out = 0
        with calamine.load_workbook(io.BytesIO(content)) as workbook:
            for each in workbook.sheets_metadata:
                is_shown = each.visible == calamine.SheetVisibleEnum.Visible
                if is_shown and each.typ == calamine.SheetTypeEnum.WorkSheet:
                    sheet = workbook.get_sheet_by_name(each.name)
                    laid_out += sheet.height * sheet.width
                    _check_cells(laid_out)
                    _write(out, sheet, views.get(each.name) or View())
                    check_size("characters", out.size, limits.max_characters)
    text = out.built()
    check_size("lines", text.text.count("\n"), limits.max_lines, "Split it.")
    return Raw((text,), sane_title(title))


def _told(content: bytes) -> tuple[dict[str, View], str]:
    """Return what is told of each sheet beside its values, and the title."""
    kind = kind_inside(content)
    if kind == kinds.XLS:
        return xls_views(content), ""
    with opened_package(content, "xl/workbook.xml") as package, blaming(_BROKEN):
        if package.is_encrypted:
            raise PermanentError(ENCRYPTED.format("workbook"))
        told = {kinds.XLSX: xlsx_views, kinds.ODS: ods_views}.get(kind)
        return told(package) if told else {}, package.title()


def _check_cells(cells: int) -> None:
    remedy = "Delete what stands far from the rest, or split it."
    check_size("cells from its first value to its last", cells, _MOST_CELLS, remedy)


def _write(out: TextBuilder, sheet: CalamineSheet, view: View) -> None:
    rows = _texts(sheet, view)
    _fill(rows, sheet, view)
    shown = _shown(rows, sheet.start or (0, 0), view)
    if any(map(any, shown)):
        out.gap()
        out.line(f"# {' '.join(sheet.name.split())}")
        write(out, shown)


def _texts(sheet: CalamineSheet, view: View) -> list[list[str]]:
    top, left = sheet.start or (0, 0)
    return [
        [
            text_of(value, view.formats.get((row, column), PLAIN)) if value != "" else ""
            for column, value in enumerate(values, left)
        ]
        for row, values in enumerate(sheet.to_python(), top)
    ]


def _fill(rows: list[list[str]], sheet: CalamineSheet, view: View) -> None:
    """Give the cells that are merged with one above its text: it holds for each of their rows."""
    top, left = sheet.start or (0, 0)
    carried = 0
    for (first, column), (last, _) in [*view.merged, *(sheet.merged_cell_ranges or ())]:
        down, across = first - top, column - left
        if not (0 <= down < len(rows) and 0 <= across < len(rows[down])):
            continue
        text = rows[down][across]
        for row in rows[down + 1 : last - top + 1] if 0 < len(text) <= _LONGEST_CARRIED else ():
            row[across] = text
            carried += 1
            check_size("merged cells", carried, _MOST_CARRIED, "Split it.")


def _shown(rows: list[list[str]], start: Place, view: View) -> list[list[str]]:
    """Return the rows and columns that are not hidden."""
    if not view.hidden_rows and not view.hidden_columns:
        return rows
    top, left = start
    width = max(map(len, rows), default=0)
    unseen = set(_within(view.hidden_rows, top, len(rows)))
    columns = sorted(set(range(width)).difference(_within(view.hidden_columns, left, width)))
    return [[row[at] for at in columns] for number, row in enumerate(rows) if number not in unseen]


def _within(ranges: Sequence[range], start: int, size: int) -> Iterator[int]:
    for each in ranges:
        yield from range(max(each.start - start, 0), min(each.stop - start, size))
