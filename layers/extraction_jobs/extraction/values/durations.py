"""Lengths of time: as documents write them, and as ISO 8601 writes them."""

from __future__ import annotations

import re

from extraction.labels.word_lists import any_of, meanings_of
from extraction.values.value import Value

# Units by their letter in ISO 8601. M and H, of time, stand behind a T.
_UNIT_OF = meanings_of("unit")
_COUNT_OF = {word: int(count) for word, count in meanings_of("count").items()}
_COUNT = (
    r"(?:(?:\d{1,2}[ ])?\d{1,2}/\d{1,2}|\d{1,4}(?:[.,]\d{1,2})?|"
    + any_of(word for word in _COUNT_OF if len(word) > len("an"))
    + "|"
    + any_of(word for word in _COUNT_OF if len(word) <= len("an"))
    + r"(?=\s))"
)
_UNIT = any_of(_UNIT_OF)
_KIND_OF_DAY = (
    r"(?:(?:calendar|business|working|consecutive|full|bank|whole|clear|volle[nrs]?|ganze[nrs]?)[\s]|"
    r"(?:Kalender|Werk|Arbeits|Kalendar)(?=tag))?"
)
_ONE = rf"{_COUNT}(?:\s?\(\s?[\w-]{{1,15}}\s?\))?[\s-]{{1,2}}{_KIND_OF_DAY}{_UNIT}"
_HALF = re.compile(r"\b(?:half|halb\w*|demi\w*|medi[oa]|mezz[oa])\b", re.IGNORECASE)
_HALF_A_YEAR = r"(?:half a year|(?:ein )?halbes Jahr|medio año|mezzo anno)"
_DURATION = re.compile(
    rf"(?<!\d[^\s;|])\b(?:{_HALF_A_YEAR}|{_ONE}\b(?:,?\s(?:and|und|et|y|e|en)?\s?(?:{_ONE})\b)?)",
    re.IGNORECASE,
)
_PIECE = re.compile(
    rf"\b(?P<count>{_COUNT})(?:\s?\(\s?[\w-]{{1,15}}\s?\))?[\s-]{{1,2}}{_KIND_OF_DAY}(?P<unit>{_UNIT})\b",
    re.IGNORECASE,
)
_ISO = re.compile(
    r"P(?=.)(?:\d+Y)?(?:\d+M)?(?:\d+W)?(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?"
)
_CLOCK = re.compile(
    r"(?P<hours>\d{1,2})\s?h(?:\s?(?P<minutes>\d{2}))?(?:\s?min)?|(?P<only>\d{1,3})\s?min\.?"
)
_MONTHS = {"MONTHS": 1, "QUARTERS": 3}
# What makes `12 to 18 months` and `2 ½ hours` another length than the one that stands at their end.
_FROM = re.compile(r"(?:\d\s?(?:[-–—]|to|bis|à|a|or|oder|ou|o|tot)|[½¼¾])\s?$", re.IGNORECASE)
_FROM_REACH = 12
_LONGEST = 80  # code points of a length of time


def find_durations(text: str, start: int, end: int) -> list[Value]:
    """Return lengths of time as written, such as `thirty (30) days`."""
    return [
        Value(match[0], start + match.start(), start + match.end(), 0.9)
        for match in _DURATION.finditer(text[start:end])
        if not _FROM.search(
            text, max(start, start + match.start() - _FROM_REACH), start + match.start()
        )
    ]


def iso_duration(words: str) -> str | None:
    """Return a length of time as ISO 8601 has it (`P30D`, `P1Y6M`, `PT2H`), or None if these words are none."""
    words = " ".join(words.split())
    if len(words) > _LONGEST:
        return None
    if _ISO.fullmatch(words):
        return words
    if _HALF.search(words):
        return "P6M" if re.fullmatch(_HALF_A_YEAR, words, re.IGNORECASE) else None
    clock = _CLOCK.fullmatch(words)
    if clock:
        hours, minutes = int(clock["hours"] or 0), int(clock["minutes"] or clock["only"] or 0)
        return _written({"H": hours, "M": minutes})
    if not find_durations(words, 0, len(words)):
        return None
    found: dict[str, float] = {}
    for piece in _PIECE.finditer(words):
        unit = _UNIT_OF[piece["unit"].casefold()]
        count = _count(piece["count"])
        if unit in found or count is None:
            return None
        found[unit] = count
    return _written(found) if found else None


def _count(word: str) -> float | None:
    if "/" in word:
        whole, _, part = word.rpartition(" ")
        over, under = part.split("/")
        return float(whole or 0) + int(over) / int(under) if int(under) else None
    if word[0].isdigit():
        return float(word.replace(",", "."))
    return _COUNT_OF.get(word.casefold())


def _written(found: dict[str, float]) -> str | None:
    """Write counts by unit. Half a year is six months, half an hour 30 minutes; half of others is not written."""
    counts = dict(found)
    months = sum(counts.pop(unit, 0) * size for unit, size in _MONTHS.items())
    years = counts.pop("Y", 0)
    if years != int(years):
        months, years = months + years * 12, 0
    hours = counts.get("H", 0)
    if hours != int(hours) and "M" not in counts:
        counts |= {"H": int(hours), "M": round(hours % 1 * 60, 6)}
    if any(count != int(count) for count in (months, *counts.values())):
        return None
    date = "".join(
        f"{int(count)}{letter}"
        for count, letter in (
            (years, "Y"), (months, "M"), (counts.get("W", 0), "W"), (counts.get("D", 0), "D"),
        )
        if count
    )  # fmt: skip
    time = "".join(f"{int(counts[letter])}{letter}" for letter in "HM" if counts.get(letter))
    return f"P{date}{'T' + time if time else ''}" if date or time else None
