"""Recognisers: from a stretch of text to values of a kind, each with its exact span."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from extraction.document.structure import Span
from extraction.labels.vocabulary import language_of
from extraction.labels.words import tokens
from extraction.schema.kinds import Kind
from extraction.schema.object_types import Property
from extraction.values import (
    booleans,
    codes,
    currencies,
    dates,
    durations,
    names,
    numbers,
    phrases,
    registered,
)
from extraction.values.durations import iso_duration
from extraction.values.value import Conventions, Value

__all__ = ["accept", "decide_conventions", "in_running_text", "values_of", "values_of_cell"]

_MAX_VALUE = 4000  # code points of a value that are looked at
_WRAPPED = (Kind.TEXT, Kind.ADDRESS, Kind.ORGANISATION, Kind.PARTY, Kind.PERSON)
_REMARK = re.compile(r"[ ]?\([^()\n]{1,80}\)")
_MARK_HERE = re.compile(r"[ \t]*(?:[-*•‣◦▪●+–]|\d{1,3}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?")
_MARK = re.compile(r"(?:\n|^)[ \t]*(?:[-*•‣◦▪●+–]|\d{1,3}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?")
_EMPTY_WORDS = frozenset(("n/a", "na", "none", "-", "--", "—", "–", "tbd", "tbc", "nil", "n.a."))


def decide_conventions(text: str) -> Conventions:
    """Decide how a document writes dates and numbers. One pass for each question."""
    language = language_of(text)
    partial = Conventions(
        *dates.decide_day_first(text),
        *numbers.decide_decimal_comma(text, language),
        language=language,
    )
    reference = dates.decide_reference(text, partial)
    return replace(partial, reference=reference, minus=numbers.decide_minus(text))


def values_of(prop: Property, text: str, start: int, end: int, ways: Conventions) -> list[Value]:
    """Return the values of a property's kind in a stretch that is a labelled value or cell.

    Values that the property's schema rules out are left out. In order of place.
    """
    end = min(end, start + _MAX_VALUE)
    if text[start:end].strip(" .").casefold() in _EMPTY_WORDS:
        return []
    if prop.many and not prop.children:
        found = _listed(prop, text, start, end, ways)
    else:
        found = _read(prop.kind, prop, text, start, end, ways, running=False)
    return [kept for value in found if (kept := accept(prop, value)) is not None]


def values_of_cell(prop: Property, text: str, cell: Span, ways: Conventions) -> list[Value]:
    """Return the values of a cell or block, whose words may go on in lines of their own."""
    found = values_of(prop, text, cell.start, cell.end, ways)
    if not cell.more:
        return found
    if prop.many or not found:
        for line in cell.more:
            found = (
                found
                if found and not prop.many
                else [*found, *values_of(prop, text, line.start, line.end, ways)]
            )
        return found
    whole = found[0].start == cell.start and found[0].end == cell.end
    if not whole or prop.kind not in _WRAPPED:
        return found
    joined = _joined(prop.kind, [found[0].value, *(line.of(text) for line in cell.more)])
    value = Value(joined, cell.start, cell.end, found[0].quality, _places(cell))
    return [kept for kept in (accept(prop, value),) if kept is not None]


def _places(cell: Span) -> tuple[tuple[int, int], ...]:
    return tuple((line.start, line.end) for line in cell.more)


def _joined(kind: Kind, parts: list[str]) -> str:
    """Join lines; a hyphen at the end of one cuts a word if a small letter follows."""
    if kind is Kind.ADDRESS:
        return ", ".join(part.strip(" ,") for part in parts)
    result = parts[0]
    for part in parts[1:]:
        cut = result.endswith("-") and result[-2:-1].isalpha() and part[0].islower()
        result = result[:-1] + part if cut else f"{result} {part}"
    return result


def in_running_text(
    prop: Property, text: str, start: int, end: int, ways: Conventions
) -> list[Value]:
    """Return the values of a property's kind in a stretch of prose; free text has none."""
    if prop.kind in (Kind.TEXT, Kind.ADDRESS, Kind.BOOLEAN):
        return []
    found = _read(prop.kind, prop, text, start, end, ways, running=True)
    return [kept for value in found if (kept := accept(prop, value)) is not None]


def _listed(prop: Property, text: str, start: int, end: int, ways: Conventions) -> list[Value]:
    if prop.kind is Kind.PERSON:
        return names.listed_persons(text, start, end)
    if prop.kind in (Kind.TEXT, Kind.ORGANISATION, Kind.PARTY):
        found: list[Value] = []
        if prop.kind is Kind.TEXT and (items := _items(text, start, end)):
            return [v for item in items for v in phrases.whole_text(text, *item)]
        for first, end_of_words in names.listed(text, start, end):
            remark = _REMARK.match(text, end_of_words, end) if prop.kind is Kind.TEXT else None
            last = remark.end() if remark else end_of_words
            found += _read(prop.kind, prop, text, first, last, ways, running=False)[:1]
        return found
    return _read(prop.kind, prop, text, start, end, ways, running=True)


def _items(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return the items of a list with a mark on each: a comma does not end such a one."""
    marks = list(_MARK.finditer(text, start, end))
    if not marks:
        return []
    begin = text.rfind("\n", 0, start) + 1
    if not _MARK_HERE.fullmatch(text, begin, start) and marks[0].start() > start:
        return []
    starts = [m.end() for m in marks]
    if marks[0].start() > start:
        starts.insert(0, start)
    ends = [m.start() for m in marks if m.start() > start]
    return [
        (first, first + len(text[first:last].rstrip()))
        for first, last in zip(starts, [*ends, end], strict=False)
        if text[first:last].strip()
    ]


def _read(
    kind: Kind,
    prop: Property,
    text: str,
    start: int,
    end: int,
    ways: Conventions,
    *,
    running: bool,
) -> list[Value]:
    if kind is Kind.DATE:
        found = dates.find_dates(text, start, end, ways)
        if not found and not running:
            found = dates.whole_day(text, start, end, ways)
        return found if found or prop.kind_stated else phrases.whole_text(text, start, end)
    if kind is Kind.MONEY:
        return numbers.find_money(text, start, end, ways)
    if kind is Kind.ENUM:
        return phrases.find_choice(prop.enum, text, start, end)
    if kind is Kind.PATTERN and prop.pattern is not None:
        return phrases.find_pattern(prop.pattern, text, start, end)
    if kind in _BY_WAYS:
        found = _BY_WAYS[kind](text, start, end, ways)
        if kind is Kind.PERCENT and not found and "rate" in tokens(prop.name):
            return numbers.find_money(text, start, end, ways)  # a rate may be a price
        return found
    if kind is Kind.TIME and not prop.kind_stated and not running:
        return _whole_time(text, start, end)
    if kind in _BY_FORM:
        return _BY_FORM[kind](text, start, end)
    return _read_words(kind, prop, text, start, end, running)


def _whole_time(text: str, start: int, end: int) -> list[Value]:
    """Return a time of day if it is all that stands there; else what does: `50 minutes`."""
    found = dates.find_times(text, start, end)
    whole = len(found) == 1 and found[0].end - found[0].start >= 0.6 * (end - start)
    timed = whole and text[start:end].count(":") < 2
    return found if timed else phrases.whole_text(text, start, end)


_BY_WAYS: dict[Kind, Callable[[str, int, int, Conventions], list[Value]]] = {
    Kind.DATE_TIME: dates.find_date_times,
    Kind.NUMBER: numbers.find_numbers,
    Kind.INTEGER: numbers.find_numbers,
    Kind.PERCENT: numbers.find_percentages,
}
_BY_FORM: dict[Kind, Callable[[str, int, int], list[Value]]] = {
    Kind.TIME: dates.find_times,
    Kind.CURRENCY: currencies.find_currencies,
    Kind.EMAIL: codes.find_emails,
    Kind.URL: codes.find_urls,
    Kind.PHONE: registered.find_phones,
    Kind.IBAN: registered.find_ibans,
    Kind.TAX_NUMBER: registered.find_tax_numbers,
    Kind.IDENTIFIER: codes.find_identifiers,
    Kind.BOOLEAN: booleans.find_boolean,
}


def _read_words(
    kind: Kind, prop: Property, text: str, start: int, end: int, running: bool
) -> list[Value]:
    if kind is Kind.DURATION:
        found = durations.find_durations(text, start, end)
        return found if running or found else phrases.whole_text(text, start, end)
    if kind is Kind.ADDRESS:
        return phrases.whole_address(text, start, end)
    if kind is Kind.PERSON:
        return _persons(prop, text, start, end, running)
    if kind in (Kind.ORGANISATION, Kind.PARTY):
        return _organisations(kind, prop, text, start, end, running)
    return phrases.whole_text(text, start, end)


def _persons(prop: Property, text: str, start: int, end: int, running: bool) -> list[Value]:
    if running:
        return names.find_persons(text, start, end)
    whole = names.whole_person(text, start, end)
    if whole is not None:
        return [whole]
    # A name whose kind was only guessed may be a team, a login, a role.
    line = text.find("\n", start, end)
    end = line if line >= 0 else end
    words = text[start:end].split()
    if not 0 < len(words) <= 4 or (len(words) > 1 and not words[0][0].isupper()):
        return []
    quality = 0.4 if prop.kind_stated else 0.6
    return [Value(v.value, v.start, v.end, quality) for v in phrases.whole_text(text, start, end)]


def _organisations(
    kind: Kind, prop: Property, text: str, start: int, end: int, running: bool
) -> list[Value]:
    if running:
        found = names.find_organisations(text, start, end)
        return found or (names.find_persons(text, start, end) if kind is Kind.PARTY else [])
    whole = names.whole_organisation(text, start, end)
    if whole is not None:
        return [whole]
    if prop.kind_stated:
        return []
    line = text.find("\n", start, end)
    return phrases.whole_text(text, start, line if line >= 0 else end)


def accept(prop: Property, value: Value) -> Value | None:
    """Return the value as the property's JSON type, or None if its schema rules it out."""
    content: Any = value.value
    if prop.json_type == "string":
        content = _text(prop, str(content))
        if content is None:
            return None
    elif prop.json_type == "boolean":
        if not isinstance(content, bool):
            return None
    elif prop.json_type in ("integer", "number") and not _in_range(prop, content):
        return None
    return Value(content, value.start, value.end, value.quality, value.more)


def _text(prop: Property, content: str) -> str | None:
    """Return a text as its format has it, or None if format, length or pattern rule it out."""
    if prop.kind is Kind.DURATION and prop.kind_stated:
        content = iso_duration(content) or ""
    if len(content) < max(prop.min_length, 1):
        return None
    if prop.max_length is not None and len(content) > prop.max_length:
        return None
    if prop.pattern is not None and prop.kind is not Kind.PATTERN:
        from extraction.values.pattern import compile_pattern

        if not compile_pattern(prop.pattern).search(content[: phrases.MAX_PATTERN_INPUT]):
            return None
    return content


def _in_range(prop: Property, content: Any) -> bool:
    if isinstance(content, bool) or not isinstance(content, int | float):
        return False
    if prop.json_type == "integer" and content != int(content):
        return False
    return not (
        (prop.minimum is not None and content < prop.minimum)
        or (prop.maximum is not None and content > prop.maximum)
        or (prop.exclusive_minimum is not None and content <= prop.exclusive_minimum)
        or (prop.exclusive_maximum is not None and content >= prop.exclusive_maximum)
    )
