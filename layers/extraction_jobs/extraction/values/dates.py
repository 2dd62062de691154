"""Dates and times, in several languages, only those a calendar has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from extraction.values.value import Conventions, Value

# English, German, French, Spanish, Italian, Dutch, Portuguese, Polish (genitive), Swedish.
_MONTHS: dict[str, int] = {}
for _number, _names in enumerate(
    (
        "january jan januar jänner janvier janv enero ene gennaio gen januari janeiro stycznia",
        "february feb februar febr février fevrier févr febrero febbraio februari fevereiro lutego",
        "march mar märz maerz mär mrz mars marzo maart mrt março marca",
        "april apr avril avr abril abr aprile kwietnia",
        "may mai mayo maggio mag mei maio maja maj",
        "june jun juni juin junio giugno giu junho czerwca",
        "july jul juli juillet juil julio luglio lug julho lipca",
        "august aug août aout agosto ago augustus sierpnia augusti",
        "september sept sep septembre septiembre settembre set setembro września",
        "october oct oktober okt octobre octubre ottobre ott outubro out października",
        "november nov novembre noviembre novembro listopada",
        "december dec dezember dez décembre decembre déc diciembre dic dicembre dezembro grudnia",
    ),
    start=1,
):
    for _name in _names.split():
        _MONTHS[_name] = _number

_MONTH = "(?:" + "|".join(sorted(_MONTHS, key=lambda name: (-len(name), name))) + r")\b\.?"
_MONTHS_OF_DAYS = _MONTH.replace(r"\b", r"(?![^\W\d_])")  # a figure may touch them: 31DEC2025
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th|er|º|°|\.)?"
_YEAR = r"(?P<year>(?:1[89]|20|21)\d\d|'\d\d)"
_FLAGS = re.IGNORECASE

_ISO = re.compile(
    r"(?<![\d.-])(?P<year>(?:1[89]|20|21)\d\d)(?P<sep>[-/.\u2010-\u2013\u2212])(?P<month>\d{1,2})(?P=sep)"
    r"(?P<day>\d{1,2})(?![\d-])"
)
_EAST = re.compile(
    r"(?P<year>\d{4})\s?[年년]\s?(?P<month>\d{1,2})\s?[月월]\s?(?P<day>\d{1,2})\s?[日일]"
)
_NUMERIC = re.compile(
    r"(?<![\d./-])(?P<a>\d{1,2})(?P<sep>[-/.\u2010-\u2013\u2212]|\.\s|\s[-/.]\s)(?P<b>\d{1,2})"
    r"(?P=sep)(?P<year>\d{4}|\d\d)"
    r"(?![\d/-]|\.\d)"
)
_DAY_ALONE = re.compile(r"(?P<a>\d{1,2})[/.](?P<b>\d{1,2})\.?")
_LONGEST_DAY = 6
# A year of two digits stands behind the sign that joins day and month, or ends what is said.
_SHORT_YEAR = r"(?P<short>\d\d)(?![\d:.,%€$£/-]*\d|\s?[%€$£]|\s[^\W\d_])"
_DAY_MONTH = re.compile(
    rf"(?<![\d.,/-]){_DAY}(?:\s{{1,3}}(?:day\s)?(?:of|de|di|del)?\s{{0,3}}|[-/.\s]|(?=[^\W\d_]{{3,4}}\d\d))"
    rf"(?P<name>{_MONTHS_OF_DAYS})(?:(?:\s{{0,3}}(?:,|of|de|del)?\s{{0,3}}|[-/])(?:{_YEAR}(?!\d)|{_SHORT_YEAR}))?",
    _FLAGS,
)
_MONTH_DAY = re.compile(
    rf"(?<!\w)(?P<name>{_MONTH})(?:\s{{1,3}}(?:the\s)?|[-/](?=[0-3]?\d[-/]\d\d))(?P<day>[0-3]?\d)(?:st|nd|rd|th)?(?![\d.:]|\s?%)"
    rf"(?:(?:,?\s{{1,3}}(?:of\s)?|[-/]){_YEAR}(?!\d)|[-/]{_SHORT_YEAR})?",
    _FLAGS,
)
_YEAR_MONTH = re.compile(
    rf"(?<![\w.,/-]){_YEAR}[-/. ](?P<name>{_MONTH})[-/ ](?P<day>[0-3]?\d)(?!\w)", _FLAGS
)
_EIGHT_DIGITS = re.compile(r"(?P<year>(?:19|20)\d\d)(?P<month>0[1-9]|1[0-2])(?P<day>[0-3]\d)")
_ISO_TIME = re.compile(
    r"[T ](?P<h>[01]\d|2[0-3]):(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d)(?:\.\d{1,9})?)?"
    r"(?P<zone>Z|[+-]\d\d:?\d\d)?(?!\d)"
)
_TIME = re.compile(
    r"(?<![\d:.,/-])(?P<h>[01]?\d|2[0-4])(?:(?P<sep>[:.h])(?P<m>[0-5]\d)(?::[0-5]\d)?)?"
    r"\s?(?P<half>[ap]\.?m\b\.?|uhr\b|hrs\b|h\b)?(?![\d:%]|[./-]\d)",
    _FLAGS,
)
_YEAR_ALONE = re.compile(r"(?<![\w./-])(?:19|20)\d\d(?![\w/-]|[.,]\d)")
_HEAD = 1000  # code points in which a document names its year


def make_date(year: int, month: int, day: int) -> date | None:
    """Return the date, or None if no calendar has it."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def full_year(text: str) -> int:
    """Return a year of two or four digits as four, within the last 70 and next 30 of 2000."""
    text = text.lstrip("'")
    if len(text) == 4:
        return int(text)
    short = int(text)
    return 2000 + short if short < 70 else 1900 + short


def find_dates(text: str, start: int, end: int, ways: Conventions) -> list[Value]:
    """Return the dates in a stretch of text as ISO strings, in order, none overlapping."""
    found = sorted(_all_dates(text[start:end], ways), key=lambda v: (v.start, -v.end))
    kept: list[Value] = []
    for value in found:
        if not kept or value.start >= kept[-1].end - start:
            kept.append(Value(value.value, value.start + start, value.end + start, value.quality))
    return kept


def _all_dates(piece: str, ways: Conventions) -> Iterator[Value]:
    for pattern in (_ISO, _EAST):
        for match in pattern.finditer(piece):
            found = make_date(int(match["year"]), int(match["month"]), int(match["day"]))
            if found:
                yield Value(found.isoformat(), *match.span(), 1.0)
    for match in _NUMERIC.finditer(piece):
        yield from _numeric_date(match, ways)
    for pattern in (_YEAR_MONTH, _DAY_MONTH, _MONTH_DAY):
        for match in pattern.finditer(piece):
            yield from _named_date(match, ways)


def _numeric_date(match: re.Match[str], ways: Conventions) -> Iterator[Value]:
    first, second, year = int(match["a"]), int(match["b"]), full_year(match["year"])
    told = first > 12 or second > 12
    day_first = first > 12 if told else ways.day_first
    day, month = (first, second) if day_first else (second, first)
    found = make_date(year, month, day)
    if found:
        proven = told or ways.day_first_sure or first == second
        short = len(match["year"]) == 2
        quality = (0.95 if proven else 0.75) - (0.15 if short else 0.0)
        yield Value(found.isoformat(), *match.span(), quality)


def _named_date(match: re.Match[str], ways: Conventions) -> Iterator[Value]:
    month = _MONTHS[match["name"].rstrip(".").casefold()]
    groups = match.groupdict()
    written = match["year"] or groups.get("short")
    year = full_year(written) if written else _near_year(ways, month)
    found = make_date(year, month, int(match["day"])) if year else None
    if found is None:
        return
    end = match.end()
    if not written:
        end = max(match.end("day"), match.end("name"))
        end -= match.string[end - 1] == "."
    quality = 1.0 if match["year"] else 0.8 if written else 0.7
    yield Value(found.isoformat(), match.start(), end, quality)


def _near_year(ways: Conventions, month: int) -> int | None:
    """Give a day without a year the year that puts it nearest the document's own date."""
    if ways.reference is None:
        return None
    apart = month - ways.reference.month
    if apart < -6:
        return ways.reference.year + 1
    return ways.reference.year - 1 if apart > 9 else ways.reference.year


def whole_day(text: str, start: int, end: int, ways: Conventions) -> list[Value]:
    """Return the day that a cell such as `20260516` is, or `05/16` in the year of the document."""
    digits = _EIGHT_DIGITS.fullmatch(text, start, end)
    if digits is not None:
        day_of = make_date(*(int(digits[part]) for part in ("year", "month", "day")))
        return [Value(day_of.isoformat(), start, end, 0.9)] if day_of else []
    match = _DAY_ALONE.fullmatch(text, start, end) if end - start <= _LONGEST_DAY else None
    if match is None:
        return []
    first, second = int(match["a"]), int(match["b"])
    day_first = first > 12 if first > 12 or second > 12 else ways.day_first
    day, month = (first, second) if day_first else (second, first)
    year = _near_year(ways, month)
    found = make_date(year, month, day) if year else None
    return [Value(found.isoformat(), start, end, 0.7)] if found else []


def find_times(text: str, start: int, end: int) -> list[Value]:
    """Return the times of day in a stretch of text as HH:MM."""
    found = []
    for match in _TIME.finditer(text[start:end]):
        half = (match["half"] or "").casefold()
        if not match["m"] and not half:
            continue
        if match["sep"] == "." and not half:
            continue
        hour, minute = int(match["h"]), int(match["m"] or 0)
        if half.startswith(("a", "p")) and not 1 <= hour <= 12:
            continue
        if half.startswith("p") and hour < 12:
            hour += 12
        if half.startswith("a") and hour == 12:
            hour = 0
        if hour < 24:
            value = f"{hour:02d}:{minute:02d}"
            span_end = match.end() if half else match.start() + len(match[0].rstrip())
            found.append(Value(value, start + match.start(), start + span_end, 0.95))
    return found


def find_date_times(text: str, start: int, end: int, ways: Conventions) -> list[Value]:
    """Return dates with a time of day as ISO strings; a date alone is no date-time."""
    found = []
    for day in find_dates(text, start, end, ways):
        exact = _ISO_TIME.match(text, day.end, end)
        if exact:
            value = f"{day.value}T{exact['h']}:{exact['m']}:{exact['s'] or '00'}"
            value += exact["zone"] or ""
            found.append(Value(value, day.start, exact.end(), day.quality))
            continue
        times = find_times(text, day.end, min(end, day.end + 20))
        if times:
            found.append(
                Value(
                    f"{day.value}T{times[0].value}:00", day.start, times[0].end, day.quality * 0.9
                )
            )
    return found


def decide_day_first(text: str) -> tuple[bool, bool]:
    """Decide 31/12 or 12/31 for the whole document: (day first, whether a date proves it)."""
    day_first = month_first = dotted = 0
    for match in _NUMERIC.finditer(text):
        first, second = int(match["a"]), int(match["b"])
        if first > 12 >= second:
            day_first += 1
        elif second > 12 >= first:
            month_first += 1
        elif match["sep"].startswith("."):
            dotted += 1
    if day_first != month_first:
        return day_first > month_first, True
    if dotted:
        return True, False
    sample = text[:50_000]
    american = len(_MONTH_DAY.findall(sample)) > len(_DAY_MONTH.findall(sample))
    dollars = "$" in sample and not re.search(r"[€£]|\b(?:AUD|CAD|NZD|SGD|GST|ABN)\b", sample)
    return not (american or dollars), False


def decide_reference(text: str, ways: Conventions) -> date | None:
    """Return the document's own date: the first full date in it, or else the middle of its one year."""
    for start in range(0, min(len(text), 20_000), 2000):
        found = find_dates(text, start, min(len(text), start + 2100), ways)
        if found:
            return date.fromisoformat(found[0].value)
    years = {int(year) for year in _YEAR_ALONE.findall(text[:_HEAD])}
    return date(years.pop(), 7, 1) if len(years) == 1 else None
