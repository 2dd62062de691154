"""What the XML of an ODS says of its sheets, beside their values."""

from __future__ import annotations

from extraction.readers.sheet_values import HIDDEN, PLAIN, NumberFormat
from extraction.readers.sheet_view import View, parse, plain_names
from extraction.readers.zip_package import Package, count

_CONTENT = "content.xml"
_NOT_SHOWN = frozenset(("collapse", "filter"))
_CELLS = frozenset(("table-cell", "covered-table-cell"))
_CENTS = 2
_MOST_FORMATTED = 2_000_000  # cells of one element; more are refused


def views(package: Package) -> dict[str, View]:
    """Return what is told of each sheet. Raises expat.ExpatError if its XML is broken."""
    part = _Part()
    parse(package.content(_CONTENT), part.starts, part.ends)
    return part.views


class _Part:
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
        given = plain_names(attributes)
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
