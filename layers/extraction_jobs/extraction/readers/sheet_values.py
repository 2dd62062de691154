"""Values of a sheet's cells as text, each sort in one form whatever the cell's format: `1234.5`, `2026-03-05`, `true`.

Of the format is kept what belongs to the value: per cent, a currency or unit, leading zeros. What else a file tells of
its sheets, its readers note in a View.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import MAXYEAR, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from math import isfinite

Place = tuple[int, int]  # row and column, from 0
Value = int | float | str | bool | time | date | datetime | timedelta

_DIGITS = 15  # that a float holds for sure
_LONGEST_CODE = 255  # characters, of a format that a spreadsheet program takes
_DECIMALS = Decimal("0.000001")
_FINE = 0.01  # a smaller number keeps more decimals
_LARGE = 1e21  # a larger number would be a row of zeros
_AS_WRITTEN = re.compile(r"-?\d+(?:\.\d{1,2}|\.\d{4,6})?")  # nothing is to be done to it
_READ_AS_THOUSANDS = re.compile(r"-?[1-9]\d{0,2}\.\d{3}")
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|[_*].|\[\$(?P<currency>[^\]-]*)[^\]]*\]|\[[^\]]*\]|'
    r"(?P<number>[0#?][0#?.,]*)|(?P<percent>%)|(?P<sign>[€$£¥₹])|[-+() ]|(?P<unknown>.)",
    re.DOTALL,
)
_SECTION = re.compile(r'(?:"[^"]*"|\\.|[^;])*', re.DOTALL)
_CURRENCY = re.compile(r"[^\w\s.,:;/%°'\"()+-]|[A-Z]{3}|(?:kr|Fr)\.?|zł|Kč|Ft|лв\.?")
# Formats that files name by a number only. Those of currencies mean whatever the reader's country has.
_BUILT_IN = {9: "0%", 10: "0.00%"}


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """What a cell's format adds to a number. `decimals` is how many an amount of money is shown with.

    `hidden`: nothing is shown, or what is shown is struck out.
    """

    percent: bool = False
    before: str = ""
    after: str = ""
    decimals: int | None = None
    least_digits: int = 0
    hidden: bool = False


PLAIN = NumberFormat()
HIDDEN = NumberFormat(hidden=True)


@dataclass(slots=True)
class View:
    """What is told of one sheet. `last` is the last row and column in which a value stands, -1 without any."""

    hidden_rows: list[range] = field(default_factory=list)
    hidden_columns: list[range] = field(default_factory=list)
    merged: list[tuple[Place, Place]] = field(default_factory=list)
    formats: dict[Place, NumberFormat] = field(default_factory=dict)
    first: Place = (1 << 30, 1 << 30)
    last: Place = (-1, -1)

    def holds(self, row: int, column: int) -> None:
        """Note that a value stands in a cell."""
        self.first = min(self.first[0], row), min(self.first[1], column)
        self.last = max(self.last[0], row), max(self.last[1], column)

    def cells(self) -> int:
        """Return how many cells there are from the first value to the last."""
        return max(0, self.last[0] - self.first[0] + 1) * max(0, self.last[1] - self.first[1] + 1)


def number_format(code: str | None, number: int = 0) -> NumberFormat:
    """Return what a format adds, given its code or else its number. What is not understood adds nothing."""
    if code is None:
        code = _BUILT_IN.get(number, "")
    elif len(code) > _LONGEST_CODE:
        return PLAIN
    elif code.strip() and not code.replace(";", "").strip():
        return HIDDEN
    before, after, shapes, percent = "", "", [], False
    for token in _TOKEN.finditer(_SECTION.findall(code)[0]):  # the first is for positive numbers
        if token["unknown"]:
            return PLAIN
        percent = percent or bool(token["percent"])
        if token["number"]:
            shapes.append(token["number"])
        words = token["quoted"] or token["escaped"] or token["currency"] or token["sign"] or ""
        before, after = (before, after + words) if shapes else (before + words, after)
    before, after = before.strip(), after.strip()
    if len(shapes) != 1 or shapes[0].endswith(","):
        return PLAIN
    whole, _, behind = shapes[0].partition(".")
    money = len(behind) < _DIGITS and any(map(_CURRENCY.fullmatch, (before, after)))
    padded = len(whole) if 1 < len(whole) <= _DIGITS and set(whole) == {"0"} else 0
    return NumberFormat(percent, before, after, len(behind) if money else None, padded)


def text_of(value: Value, shown: NumberFormat = PLAIN) -> str:
    """Return what stands in a cell as text, not yet on one line."""
    if isinstance(value, str):
        return "" if shown is HIDDEN else value.strip()
    if shown.hidden:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _number(value, shown)
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, time):
        return _moment(datetime.combine(date.min, value)).rpartition(" ")[2]
    return _duration(value) if isinstance(value, timedelta) else value.isoformat()


def _number(value: float, shown: NumberFormat) -> str:
    if abs(value) >= _LARGE or not isfinite(value):
        return str(value)
    text = f"{value:.{_DIGITS}g}"
    if shown is PLAIN and _AS_WRITTEN.fullmatch(text):
        return text
    exact = Decimal(text).scaleb(2 if shown.percent else 0)
    if shown.decimals is not None:
        exact = exact.quantize(Decimal(1).scaleb(-shown.decimals), ROUND_HALF_UP)
        text = format(exact, "f")
    else:
        if abs(exact) >= _FINE:
            exact = exact.quantize(_DECIMALS, ROUND_HALF_UP)
        text = format(exact, "f")
        text = text.rstrip("0").rstrip(".") if "." in text else text
    if _READ_AS_THOUSANDS.fullmatch(text):
        text += "0"
    if text.isdecimal():
        text = text.zfill(shown.least_digits)
    if shown.percent:
        text += "%"
    return " ".join(filter(None, (shown.before, text, shown.after)))


def _moment(value: datetime) -> str:
    """Return a moment to the second, its time only if it has one: what is stored is a fraction of a day."""
    if value.year < MAXYEAR:
        value += timedelta(microseconds=500_000)
    value = value.replace(microsecond=0)
    if value.year > 1 and value.time() == time():
        return value.date().isoformat()
    return value.isoformat(" ", "seconds" if value.second else "minutes")


def _duration(value: timedelta) -> str:
    seconds = round(value.total_seconds())
    minutes, rest = divmod(abs(seconds), 60)
    return f"{'-' if seconds < 0 else ''}{minutes // 60}:{minutes % 60:02}:{rest:02}"
