"""What an XLS says of its sheets beside their values, as xlrd finds it."""

from __future__ import annotations

import io

import xlrd
from xlrd.formatting import std_format_strings
from xlrd.sheet import Sheet

from extraction.errors import PermanentError
from extraction.readers.sheet_values import HIDDEN, PLAIN, NumberFormat, View, number_format
from extraction.readers.zip_package import ENCRYPTED

_NO_VALUE = (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK)


def views(content: bytes) -> dict[str, View]:
    """Return what is told of each sheet. Raises PermanentError if it is encrypted, what xlrd raises if it is broken."""
    try:
        book = xlrd.open_workbook(
            file_contents=content,
            formatting_info=True,
            ragged_rows=True,
            ignore_workbook_corruption=True,  # of the file's table of sectors: calamine reads on
            logfile=io.StringIO(),
        )
    except xlrd.XLRDError as error:
        if "encrypted" in str(error):
            raise PermanentError(ENCRYPTED.format("workbook")) from None
        raise
    formats = _formats(book)
    return {sheet.name: _view(sheet, formats) for sheet in book.sheets()}


def _view(sheet: Sheet, formats: dict[int, NumberFormat]) -> View:
    view = View()
    view.hidden_rows += [range(n, n + 1) for n, row in sheet.rowinfo_map.items() if row.hidden]
    view.hidden_columns += [range(n, n + 1) for n, c in sheet.colinfo_map.items() if c.hidden]
    for row in range(sheet.nrows):
        for column, sort in enumerate(sheet.row_types(row)):
            if sort not in _NO_VALUE:
                view.holds(row, column)
                shown = formats.get(sheet.cell_xf_index(row, column))
                if shown is not None:
                    view.formats[row, column] = shown
    return view


def _formats(book: xlrd.Book) -> dict[int, NumberFormat]:
    """Return the formats that add something, by the number that cells name."""
    struck = {number for number, font in enumerate(book.font_list) if font.struck_out}
    found = {}
    for at, style in enumerate(book.xf_list):
        number = style.format_key
        code = book.format_map[number].format_str if number in book.format_map else None
        if code == std_format_strings.get(number):
            code = None  # the file gives the number alone
        shown = HIDDEN if style.font_index in struck else number_format(code, number)
        if shown != PLAIN:
            found[at] = shown
    return found
