"""What the records of an XLS say of its sheets, beside their values. Of versions before Excel 97 nothing is told."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from extraction.errors import PermanentError
from extraction.readers.sheet_values import HIDDEN, PLAIN, NumberFormat, number_format
from extraction.readers.sheet_view import View

ENCRYPTED = "The workbook is encrypted with a password. Remove the password, and send it again."

_STREAM = "Workbook".encode("utf-16-le") + b"\0\0"
_END = 0xFFFFFFFA  # numbers from here on are no sectors
_ENTRY = 128  # bytes of an entry in the directory
_IN_HEADER = 109  # sectors of the table of sectors that the header lists
_EXCEL_97 = 0x0600
_BOF, _EOF, _FILEPASS, _SHEET, _FORMAT, _XF, _FONT = 0x809, 0x0A, 0x2F, 0x85, 0x41E, 0xE0, 0x31
_ROW, _COLUMNS, _NUMBERS = 0x208, 0x7D, 0xBD
_CELLS = frozenset((0x06, 0x203, 0x27E, 0xFD, 0x204, 0x205))
_NO_FONT = 4  # the number that no font has


class Sheets:
    """The sheets of an XLS, by name. Raises PermanentError if it is encrypted, struct.error if it is broken."""

    def __init__(self, content: bytes) -> None:
        self._stream = _workbook(content)
        self._styles: list[NumberFormat] = []
        self._fonts: list[bool] = []  # whether each strikes out
        self._codes: dict[int, str] = {}
        parts: dict[str, int] = {}
        for kind, data in _records(self._stream, 0):
            if kind == _FILEPASS:
                raise PermanentError(ENCRYPTED)
            if kind == _SHEET:
                parts[_text(data[6:], 1)] = struct.unpack_from("<I", data)[0]
            elif kind == _FORMAT:
                self._codes[struct.unpack_from("<H", data)[0]] = _text(data[2:], 2)
            elif kind == _FONT:
                self._fonts.append(bool(data[2] & 0x08))
            elif kind == _XF:
                self._styles.append(self._shown(*struct.unpack_from("<HH", data)))
        self._views = {name: self._read(at) for name, at in parts.items()}

    def view(self, name: str) -> View:
        """Return what is told of a sheet."""
        return self._views.get(name, View())

    def cells(self) -> int:
        """Return how many cells there are from the first value of each sheet to its last."""
        return sum(view.cells() for view in self._views.values())

    def _read(self, at: int) -> View:
        view = View()
        for kind, data in _records(self._stream, at):
            if kind in _CELLS:
                self._cell(view, data)
            elif kind == _NUMBERS:
                row, column = struct.unpack_from("<HH", data)
                for place in range(4, len(data) - 2, 6):
                    self._cell(view, struct.pack("<HH", row, column) + data[place : place + 2])
                    column += 1
            elif kind == _ROW and data[12] & 0x20:
                row = struct.unpack_from("<H", data)[0]
                view.hidden_rows.append(range(row, row + 1))
            elif kind == _COLUMNS and data[8] & 1:
                first, last = struct.unpack_from("<HH", data)
                view.hidden_columns.append(range(first, last + 1))
        return view

    def _shown(self, font: int, number: int) -> NumberFormat:
        font -= font > _NO_FONT
        if font < len(self._fonts) and self._fonts[font]:
            return HIDDEN
        return number_format(self._codes.get(number), number)

    def _cell(self, view: View, data: bytes) -> None:
        row, column, style = struct.unpack_from("<HHH", data)
        view.holds(row, column)
        shown = self._styles[style] if style < len(self._styles) else PLAIN
        if shown != PLAIN:
            view.formats[row, column] = shown


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """Yield the records of one part of a stream, those of what is embedded in it left out."""
    kind, size, version = struct.unpack_from("<HHH", stream.ljust(6, b"\0"), at)
    if kind != _BOF or version != _EXCEL_97:
        return
    depth = 0
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        depth += (kind == _BOF) - (kind == _EOF)
        if depth == 0:
            return
        if depth == 1:
            yield kind, stream[at + 4 : at + 4 + size]
        at += 4 + size


def _text(data: bytes, size: int) -> str:
    """Return a text that has its length before it, in so many bytes, and then whether its characters have two."""
    length = int.from_bytes(data[:size], "little")
    wide, text = data[size] & 1, data[size + 1 :]
    return (
        text[: 2 * length].decode("utf-16-le", "replace")
        if wide
        else text[:length].decode("latin-1")
    )


def _workbook(content: bytes) -> bytes:
    """Return the stream of the workbook in an OLE file, nothing if there is none."""
    (shift,) = struct.unpack_from("<H", content, 30)
    directory, _, least, mini, _, further = struct.unpack_from("<I4sIIII", content, 48)
    sector = 1 << min(shift, 16)

    def sectors(numbers: Iterator[int]) -> bytes:
        return b"".join(content[(n + 1) * sector : (n + 2) * sector] for n in numbers)

    listed = list(struct.unpack_from(f"<{_IN_HEADER}I", content, 76))
    seen = set[int]()
    while further < _END and further not in seen:
        seen.add(further)
        *more, further = _numbers(content[(further + 1) * sector : (further + 2) * sector])
        listed += more
    table = _numbers(sectors(n for n in listed if n < _END))
    entries = sectors(_chain(table, directory))
    found = next(
        (
            entries[at : at + _ENTRY]
            for at in range(0, len(entries), _ENTRY)
            if entries.startswith(_STREAM, at)
        ),
        None,
    )
    if found is None:
        return b""
    start, size = struct.unpack_from("<II", found, 116)
    if size >= least:
        return sectors(_chain(table, start))[:size]
    (root,) = struct.unpack_from("<I", entries, 116)
    small = sectors(_chain(table, root))
    places = _chain(_numbers(sectors(_chain(table, mini))), start)
    return b"".join(small[n * 64 : n * 64 + 64] for n in places)[:size]


def _numbers(content: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(content) // 4}I", content[: len(content) // 4 * 4]))


def _chain(table: list[int], number: int) -> Iterator[int]:
    """Yield the sectors of a stream; a chain that is longer than the table goes in circles."""
    for _ in range(len(table)):
        if number >= len(table):
            return
        yield number
        number = table[number]
