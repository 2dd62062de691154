"""What the XML of an XLSX says of its sheets, beside their values."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from extraction.readers.sheet_values import HIDDEN, PLAIN, NumberFormat, number_format
from extraction.readers.sheet_view import View, parse
from extraction.readers.zip_package import Package, count

_OFF = frozenset(("0", "false", "off"))
_LETTERS = 26
_REFERENCE = re.compile(r"(?P<column>[A-Z]{1,3})(?P<row>[0-9]{1,7})")
_VALUES = frozenset(("v", "is"))


def views(package: Package) -> dict[str, View]:
    """Return what is told of each sheet. Raises expat.ExpatError if the XML of one is broken."""
    formats = _formats(package.tree_of("styles"))
    workbook = package.tree(package.main)
    found: dict[str, View] = {}
    for sheet in workbook.findall(".//{*}sheet") if workbook is not None else ():
        relation = next((v for k, v in sheet.attrib.items() if k.endswith("}id")), "")
        part = _Part(formats)
        parse(package.content(package.target_of(relation)), part.starts)
        found[sheet.get("name", "")] = part.view
    return found


class _Part:
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


def _formats(styles: ET.Element | None) -> dict[str, NumberFormat]:
    """Return the formats that add something, by the number that cells name."""
    if styles is None:
        return {}
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
