"""What a workbook says of its sheets beside their values: the XML of an XLSX or ODS, an XLS as xlrd finds it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from xml.etree import ElementTree as ET
from xml.parsers import expat

import xlrd
from xlrd.formatting import std_format_strings
from xlrd.sheet import Sheet

from extraction.errors import PermanentError
from extraction.readers.sheet_values import HIDDEN, PLAIN, NumberFormat, View, number_format
from extraction.readers.zip_package import ENCRYPTED, Package, count

_OFF = frozenset(("0", "false", "off"))
_LETTERS = 26
_REFERENCE = re.compile(r"(?P<column>[A-Z]{1,3})(?P<row>[0-9]{1,7})")
_VALUES = frozenset(("v", "is"))
_NO_VALUE = (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK)
_NOT_SHOWN = frozenset(("collapse", "filter"))
_CELLS = frozenset(("table-cell", "covered-table-cell"))
_CENTS = 2
_MOST_FORMATTED = 2_000_000  # cells of one element; more are refused


def xlsx_views(package: Package) -> dict[str, View]:
    """Return what is told of each sheet. Raises expat.ExpatError if the XML of one is broken."""
    formats = _xlsx_formats(package.tree_of("styles"))
    workbook = package.tree(package.main)
    found: dict[str, View] = {}
    for sheet in workbook.findall(".//{*}sheet"):
        relation = next((v for k, v in sheet.attrib.items() if k.endswith("}id")), "")
        part = _XlsxPart(formats)
        _parse(package.content(package.target_of(relation)), part.starts)
        found[sheet.get("name", "")] = part.view
    return found


class _XlsxPart:
    """Reads a sheet from its first element to its last."""

    def __init__(self, formats: dict[str, NumberFormat]) -> None:
        self.view = View()
        self._formats = formats
        self._row = self._column = -1

    def starts(self, name: str, given: dict[str, str]) -> None:
        if name == "c":
            self._cell(given)
        elif name in _VALUES:
            self.view.holds(self._row, self._column)
        elif name == "row":
            self._row = count(given.get("r"), self._row + 2) - 1
            self._column = -1
            if given.get("hidden", "0") not in _OFF:
                self.view.hidden_rows.append(range(self._row, self._row + 1))
        elif name == "col" and given.get("hidden", "0") not in _OFF:
            first = count(given.get("min"), 1) - 1
            self.view.hidden_columns.append(range(first, count(given.get("max"), first + 1)))

    def _cell(self, given: dict[str, str]) -> None:
        at = _REFERENCE.fullmatch(given.get("r", ""))
        self._row = int(at["row"]) - 1 if at else self._row
        self._column = _column(at["column"]) if at else self._column + 1
        shown = self._formats.get(given.get("s", "0"))
        if shown is not None:
            self.view.formats[self._row, self._column] = shown


def _column(letters: str) -> int:
    column = 0
    for letter in letters:
        column = column * _LETTERS + ord(letter) - ord("A") + 1
    return column - 1


def _xlsx_formats(styles: ET.Element) -> dict[str, NumberFormat]:
    """Return the formats that add something, by the number that cells name."""
    codes = {
        each.get("numFmtId"): each.get("formatCode", "") for each in styles.findall("{*}numFmts/*")
    }
    struck = [any(map(_is_on, font.findall("{*}strike"))) for font in styles.findall("{*}fonts/*")]
    found: dict[str, NumberFormat] = {}
    for number, style in enumerate(styles.findall("{*}cellXfs/*")):
        font, format_id = count(style.get("fontId"), 0), style.get("numFmtId", "")
        is_struck = font < len(struck) and struck[font]
        shown = HIDDEN if is_struck else number_format(codes.get(format_id), count(format_id, 0))
        if shown != PLAIN:
            found[str(number)] = shown
    return found


def _is_on(switch: ET.Element) -> bool:
    return switch.get("val", "1").casefold() not in _OFF


def ods_views(package: Package) -> dict[str, View]:
    """Return what is told of each sheet. Raises expat.ExpatError if its XML is broken."""
    part = _OdsPart()
    _parse(package.content("content.xml"), part.starts, part.ends)
    return part.views


class _OdsPart:
    def __init__(self) -> None:
        self.views: dict[str, View] = {}
        self._view = View()
        self._style = ""
        self._struck: set[str] = set()  # styles of what is struck out
        self._tables = 0  # a cell may hold a table
        self._row = self._column = self._columns = 0
        self._rows = 1  # how often the row stands there
        self._cell: tuple[int, int] | None = None

    def starts(self, name: str, attributes: dict[str, str]) -> None:
        if name == "p" and self._tables == 1:
            self._holds()
            return
        given = _plain_names(attributes)
        if name == "table":
            self._tables += 1
            if self._tables == 1:
                self._view = self.views[given.get("name", "")] = View()
                self._row = self._columns = 0
        elif self._tables != 1:
            self._look_at_style(name, given)
        elif name in _CELLS:
            self._starts_cell(given, covered=name != "table-cell")
        elif name == "table-row":
            self._rows = count(given.get("number-rows-repeated"), 1)
            self._column = 0
            if given.get("visibility") in _NOT_SHOWN:
                self._view.hidden_rows.append(range(self._row, self._row + self._rows))
        elif name == "table-column":
            after = self._columns + count(given.get("number-columns-repeated"), 1)
            if given.get("visibility") in _NOT_SHOWN:
                self._view.hidden_columns.append(range(self._columns, after))
            self._columns = after

    def ends(self, name: str) -> None:
        if name == "table":
            self._tables -= 1
        elif self._tables == 1 and name == "table-row":
            self._row += self._rows
        elif self._tables == 1 and name in _CELLS:
            self._cell = None

    def _look_at_style(self, name: str, given: dict[str, str]) -> None:
        if name == "style":
            self._style = given.get("name", "")
        elif name == "text-properties" and given.get("text-line-through-style", "none") != "none":
            self._struck.add(self._style)

    def _starts_cell(self, given: dict[str, str], *, covered: bool) -> None:
        repeated = count(given.get("number-columns-repeated"), 1)
        begin = self._column
        self._column += repeated
        self._cell = begin, self._column
        sort = given.get("value-type")
        if sort and not covered:
            self._holds()
        shown = self._shown(sort, given)
        if shown != PLAIN and self._rows * repeated <= _MOST_FORMATTED:
            for row in range(self._row, self._row + self._rows):
                for column in range(begin, self._column):
                    self._view.formats[row, column] = shown
        down = count(given.get("number-rows-spanned"), 1)
        across = count(given.get("number-columns-spanned"), 1)
        if down > 1:
            end = self._row + down - 1, begin + across - 1
            self._view.merged.append(((self._row, begin), end))

    def _shown(self, sort: str | None, given: dict[str, str]) -> NumberFormat:
        if given.get("style-name") in self._struck:
            return HIDDEN
        if sort == "currency":
            return NumberFormat(after=given.get("currency", ""), decimals=_CENTS)
        return NumberFormat(percent=sort == "percentage")

    def _holds(self) -> None:
        if self._cell:
            begin, after = self._cell
            self._view.holds(self._row, begin)
            self._view.holds(self._row + self._rows - 1, after - 1)


def _parse(
    content: bytes,
    starts: Callable[[str, dict[str, str]], None],
    ends: Callable[[str], None] | None = None,
) -> None:
    """Go through XML, names without what stands before their colon."""
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, given: starts(name.rpartition(":")[2], given)
    if ends is not None:
        parser.EndElementHandler = lambda name: ends(name.rpartition(":")[2])
    parser.Parse(content, True)


def _plain_names(given: dict[str, str]) -> dict[str, str]:
    """Return attributes without what stands before the colon of their names."""
    return {name.rpartition(":")[2]: value for name, value in given.items()}


def xls_views(content: bytes) -> dict[str, View]:
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
    formats = _xls_formats(book)
    return {sheet.name: _xls_view(sheet, formats) for sheet in book.sheets()}


def _xls_view(sheet: Sheet, formats: dict[int, NumberFormat]) -> View:
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


def _xls_formats(book: xlrd.Book) -> dict[int, NumberFormat]:
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
