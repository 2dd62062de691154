"""XLSX, XLSB, XLS and ODS: each sheet that is shown as a heading, with its tables, pairs and lines.

calamine reads the values, of formulas what was computed last. It tells of no rows and columns that are hidden, nor what
a format adds to a number: their XML or records do, but for XLSB, of which hidden rows and columns are read too.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from extraction.document import document as kinds
from extraction.document.document import Limits
from extraction.errors import PermanentError
from extraction.readers import sheet_ods, sheet_xls, sheet_xlsx
from extraction.readers.containers import kind_inside
from extraction.readers.format import check_size
from extraction.readers.raw import Raw, sane_title
from extraction.readers.sheet_layout import write
from extraction.readers.sheet_values import PLAIN, Value, text_of
from extraction.readers.sheet_view import Place, View
from extraction.readers.text_builder import TextBuilder
from extraction.readers.zip_package import Package, blaming, check_parts, opened_zip

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

_MOST_CELLS = 2_000_000
_MOST_CARRIED = 200_000  # cells that are filled because they are merged with one above
_LONGEST_CARRIED = 300  # characters
_BROKEN = (
    "The workbook is broken or cut short. Open it in a spreadsheet program, and save it again."
)
_Views = sheet_xlsx.Sheets | sheet_ods.Sheets | sheet_xls.Sheets


def workbook_to_raw(content: bytes, limits: Limits) -> Raw:
    """Return the text of a workbook as one part.

    Raises PermanentError if it is broken, encrypted, would unpack to too much, or has more cells than are read.
    """
    import python_calamine as calamine

    with blaming(_BROKEN):
        return _Reader(content, limits).read(calamine)


class _Reader:
    def __init__(self, content: bytes, limits: Limits) -> None:
        self._content = content
        self._limits = limits
        self._cells = 0
        self._archive: zipfile.ZipFile | None = None
        self._views: _Views | None = None

    def read(self, calamine: Any) -> Raw:
        kind = kind_inside(self._content)
        if kind == kinds.XLS:
            self._views = sheet_xls.Sheets(self._content)
        else:
            self._archive = opened_zip(self._content)
            check_parts(self._archive)
            if Package(self._archive, "").is_encrypted:
                raise PermanentError(sheet_xls.ENCRYPTED)
            if kind == kinds.XLSX:
                self._views = sheet_xlsx.Sheets(self._archive)
            elif kind == kinds.ODS:
                self._views = sheet_ods.Sheets(self._archive)
        if isinstance(self._views, sheet_ods.Sheets | sheet_xls.Sheets):
            self._count(self._views.cells())  # calamine lays out all sheets at once
        out = TextBuilder()
        with calamine.load_workbook(io.BytesIO(self._content)) as workbook:
            for sheet in workbook.sheets_metadata:
                is_shown = sheet.visible == calamine.SheetVisibleEnum.Visible
                if is_shown and sheet.typ == calamine.SheetTypeEnum.WorkSheet:
                    self._sheet(out, workbook, sheet.name)
        text = out.built()
        check_size("lines", text.text.count("\n"), self._limits.max_lines, "Split it.")
        title = Package(self._archive, "").title() if self._archive else ""
        return Raw((text,), sane_title(title))

    def _sheet(self, out: TextBuilder, workbook: Any, name: str) -> None:
        view = self._views.view(name) if self._views else View()
        if isinstance(self._views, sheet_xlsx.Sheets):
            self._count(view.cells())  # before its cells are laid out in memory
        sheet: CalamineSheet = workbook.get_sheet_by_name(name)
        if self._views is None:
            self._count(sheet.height * sheet.width)
        rows = _texts(sheet, view)
        _fill(rows, sheet, view)
        shown = _shown(rows, sheet.start or (0, 0), view)
        if any(map(any, shown)):
            out.gap()
            out.line(f"# {' '.join(name.split())}")
            write(out, shown)
        check_size("characters", out.size, self._limits.max_characters)

    def _count(self, cells: int) -> None:
        self._cells += cells
        check_size(
            "cells from its first value to its last",
            self._cells,
            _MOST_CELLS,
            "Delete what stands far from the rest, or split it.",
        )


def _texts(sheet: CalamineSheet, view: View) -> list[list[str]]:
    top, left = sheet.start or (0, 0)
    values: Sequence[Sequence[Value]] = sheet.to_python()
    if not view.formats:
        return [[text_of(value) if value != "" else "" for value in row] for row in values]
    return [
        [
            text_of(value, view.formats.get((top + down, left + across), PLAIN))
            if value != ""
            else ""
            for across, value in enumerate(row)
        ]
        for down, row in enumerate(values)
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
