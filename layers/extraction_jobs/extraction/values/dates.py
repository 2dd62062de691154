"""Dates and times, in several languages, only those a calendar has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from itertools import zip_longest

from extraction.labels.vocabulary import LANGUAGES
from extraction.labels.word_lists import said_of
from extraction.labels.words import folded
from extraction.values.value import Conventions, Value, remembered

# Each pattern begins with a figure, and looks back from it: so the text between figures is passed over quickly.
_HYPHENS = r"\u2010-\u2013\u2212"
_MONTH = r"(?P<name>[^\W\d_]{3,12})"
_YEAR = r"(?P<year>(?:1[89]|20|21)\d\d|'\d\d)(?!\d)"
# A year of two digits stands behind the sign that joins day and month, or ends what is said.
_SHORT_YEAR = r"(?P<short>\d\d)(?![\d:.,%€$£/-]*\d|\s?[%€$£]|\s[^\W\d_])"
_DAY_BEHIND = r"(?P<day>\d(?<=[\s/-].)\d?)(?:st|nd|rd|th)?"
_ISO = re.compile(
    rf"(?P<year>[12](?<![\d.-].)\d\d\d)(?P<sep>[-/.{_HYPHENS}])(?P<month>\d{{1,2}})(?P=sep)(?P<day>\d{{1,2}})(?![\d-])"
)
# `2026年3月5日`, and `2026-Mar-05`.
_YEAR_FIRST = re.compile(
    rf"(?P<year>[12](?<![\d.-].)\d\d\d)(?:年\s?(?P<month>\d{{1,2}})月\s?|[-/. ]{_MONTH}[-/. ])(?P<day>\d{{1,2}})(?!\d)"
)
_NUMERIC = re.compile(
    rf"(?P<a>\d(?<![\d./-].)\d?)(?P<sep>[-/.{_HYPHENS}]|\.\s|\s[-/.]\s)(?P<b>\d{{1,2}})(?P=sep)(?P<year>\d{{4}}|\d\d)"
    r"(?![\d/-]|\.\d)"
)
_DAY_MONTH = re.compile(
    r"(?P<day>\d(?<![\d.,/-].)\d?)(?i:st|nd|rd|th|er|º|°|\.)?"
    r"(?:\s{1,3}(?i:day\s)?(?i:(?:of|de|di|del)\b)?\s{0,3}|[-/.]|(?=[^\W\d_]{3,4}\d\d))"
    rf"{_MONTH}(?![^\W\d_])\.?(?:(?:\s{{0,3}}(?i:,|of|de|del)?\s{{0,3}}|[-/])(?:{_YEAR}|{_SHORT_YEAR}))?"
)
_MONTH_DAY = re.compile(
    rf"{_DAY_BEHIND}(?!\d|[.:]\d|\s?%)(?:(?:,?\s{{1,3}}(?:of\s)?|[-/]){_YEAR}|[-/]{_SHORT_YEAR})?"
)
_MONTH_BEFORE = re.compile(rf"(?<!\w){_MONTH}\b\.?(?:\s{{1,3}}(?:the\s)?|(?P<joined>[-/]))$")
_REACH = 22  # code points of a month before its day
_WHOLE_DAY = re.compile(
    r"(?P<year>(?:19|20)\d\d)(?P<month>0[1-9]|1[0-2])(?P<day>[0-3]\d)|(?P<a>\d{1,2})[/.](?P<b>\d{1,2})\.?"
)
_ISO_TIME = re.compile(
    r"[T ](?P<h>[01]\d|2[0-3]):(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d)(?:\.\d{1,9})?)?(?P<zone>Z|[+-]\d\d:?\d\d)?(?!\d)"
)
_TIME = re.compile(
    r"(?P<h>\d(?<![\d:.,/-].)\d?)(?:(?P<sep>[:.h])(?P<m>[0-5]\d)(?::[0-5]\d)?)?"
    r"\s?(?P<half>[ap]\.?m\b\.?|uhr\b|hrs\b|h\b)?(?![\d:%]|[./-]\d)",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
# Every date has the name of a month, or a sign twice.
_NAME_OR_SIGNS = re.compile(rf"[^\W\d_]|\d\s?[-/.{_HYPHENS}]\s?\d{{1,2}}\s?[-/.{_HYPHENS}]")
_YEAR_ALONE = re.compile(r"(?<![\w./-])(?:19|20)\d\d(?![\w/-]|[.,]\d)")
_HEAD = 1000  # code points in which a document names its year
_SAMPLE = 50_000  # code points that show how a document writes
_SHORT_NAME = 3  # letters of a month that may be another word: `10 out of 12`


@cache
def _months() -> dict[str, tuple[int, frozenset[str]]]:
    """The number of each month's name, and the languages that have it."""
    found: dict[str, tuple[int, frozenset[str]]] = {}
    for said in said_of("month"):
        word = folded(said.words)
        languages = found.get(word, (0, frozenset()))[1]
        found[word] = int(said.meaning), languages | {said.language}
    return found


def is_month(name: str) -> bool:
    """Tell the name of a month, in any language, as a name begins there."""
    return name[:1].isupper() and folded(name) in _months()


def make_date(year: int, month: int, day: int) -> date | None:
    """Return the date, or None if no calendar has it."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


@remembered
def find_dates(text: str, start: int, end: int, ways: Conventions) -> list[Value]:
    """Return the dates in a stretch of text as ISO strings, in order, none overlapping."""
    kept: list[Value] = []
    if not (_DIGIT.search(text, start, end) and _NAME_OR_SIGNS.search(text, start, end)):
        return kept
    found = sorted(_all_dates(text[start:end], ways), key=lambda v: (v.start, -v.end))
    for value, after in zip_longest(found, found[1:]):
        if after and value.quality < after.quality and _ends_above(text[start:end], value, after):
            continue
        if not kept or value.start >= kept[-1].end - start:
            kept.append(Value(value.value, value.start + start, value.end + start, value.quality))
    return kept


def _ends_above(piece: str, value: Value, after: Value) -> bool:
    """Tell a figure at the end of a line and the month of the day on the next: `Guests: 3`, `Oct 5, 2026`."""
    return after.start < value.end and "\n" in piece[value.start : after.start]


def _all_dates(piece: str, ways: Conventions) -> Iterator[Value]:
    for match in _ISO.finditer(piece):
        found = make_date(int(match["year"]), int(match["month"]), int(match["day"]))
        if found:
            yield Value(found.isoformat(), *match.span(), 1.0)
    for match in _YEAR_FIRST.finditer(piece):
        month = match["month"] or _months().get(folded(match["name"]), (0,))[0]
        found = make_date(int(match["year"]), int(month), int(match["day"]))
        if found:
            yield Value(found.isoformat(), *match.span(), 1.0)
    for match in _NUMERIC.finditer(piece):
        yield from _numeric_date(match, ways)
    for match, named in _named(piece):
        yield from _named_date(match, named, ways)


def _named(piece: str) -> Iterator[tuple[re.Match[str], re.Match[str]]]:
    """Yield the days whose month is a word, each with the match that has the month."""
    for match in _DAY_MONTH.finditer(piece):
        if folded(match["name"]) in _months():
            yield match, match
    for match in _MONTH_DAY.finditer(piece):
        named = _MONTH_BEFORE.search(piece, max(0, match.start() - _REACH), match.start())
        written = match["year"] or match["short"]
        if named and (written or not named["joined"]) and folded(named["name"]) in _months():
            yield match, named


def _numeric_date(match: re.Match[str], ways: Conventions) -> Iterator[Value]:
    first, second = int(match["a"]), int(match["b"])
    day, month, told = _ordered(first, second, ways)
    found = make_date(_full_year(match["year"]), month, day)
    if found:
        proven = told or ways.day_first_sure or first == second
        short = len(match["year"]) == 2
        quality = (0.95 if proven else 0.75) - (0.15 if short else 0.0)
        yield Value(found.isoformat(), *match.span(), quality)


def _ordered(first: int, second: int, ways: Conventions) -> tuple[int, int, bool]:
    """Return day and month, and whether the figures themselves tell which is which."""
    told = first > 12 or second > 12
    day_first = first > 12 if told else ways.day_first
    return (first, second, told) if day_first else (second, first, told)


def _full_year(text: str) -> int:
    """Return a year of two or four digits as four, within the last 70 and next 30 of 2000."""
    year = int(text.lstrip("'"))
    return year if year >= 100 else year + (2000 if year < 70 else 1900)


def _named_date(match: re.Match[str], named: re.Match[str], ways: Conventions) -> Iterator[Value]:
    month, languages = _months()[folded(named["name"])]
    groups = match.groupdict()
    written = match["year"] or groups.get("short")
    if not match["year"] and not _is_month(named["name"], languages, ways):
        return
    year = _full_year(written) if written else _near_year(ways, month)
    found = make_date(year, month, int(match["day"])) if year else None
    if found is None:
        return
    end = match.end() if written else max(match.end("day"), named.end("name"))
    quality = 1.0 if match["year"] else 0.8 if written else 0.7
    yield Value(found.isoformat(), min(match.start(), named.start()), end, quality)


def _is_month(name: str, languages: frozenset[str], ways: Conventions) -> bool:
    """Tell a month that stands without a full year: short words are other ones in other languages."""
    if len(name) <= _SHORT_NAME and ways.language:
        return not languages.isdisjoint(("en", ways.language))
    return not languages.isdisjoint(LANGUAGES)


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
    match = _WHOLE_DAY.fullmatch(text, start, end)
    if match is None:
        return []
    if match["year"]:
        year, month, day = int(match["year"]), int(match["month"]), int(match["day"])
    else:
        day, month, _ = _ordered(int(match["a"]), int(match["b"]), ways)
        year = _near_year(ways, month) or 0
    found = make_date(year, month, day)
    return [Value(found.isoformat(), start, end, 0.9 if match["year"] else 0.7)] if found else []


def find_times(text: str, start: int, end: int) -> list[Value]:
    """Return the times of day in a stretch of text as HH:MM."""
    found = []
    for match in _TIME.finditer(text[start:end]):
        half = (match["half"] or "").casefold()
        if not half and (not match["m"] or match["sep"] == "."):
            continue
        hour, minute = int(match["h"]), int(match["m"] or 0)
        if half.startswith(("a", "p")):
            if not 1 <= hour <= 12:
                continue
            hour = hour % 12 + (12 if half.startswith("p") else 0)
        if hour < 24:
            last = match.end() if half else match.start() + len(match[0].rstrip())
            value = f"{hour:02d}:{minute:02d}"
            found.append(Value(value, start + match.start(), start + last, 0.95))
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
        for time in find_times(text, day.end, min(end, day.end + 20))[:1]:
            value = f"{day.value}T{time.value}:00"
            found.append(Value(value, day.start, time.end, day.quality * 0.9))
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
    sample = text[:_SAMPLE]
    month_before = [match is not named for match, named in _named(sample)]
    american = sum(month_before) * 2 > len(month_before)
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
