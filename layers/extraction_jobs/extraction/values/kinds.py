"""The kinds of value: how each is found in prose, and how it is read where a label or a column says that it stands.

A new kind is a file with its recogniser, a line here, and its name in `extraction.schema.kinds`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

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
from extraction.values.value import Conventions, Find, Value, remembered

_SAYS_WHEN = re.compile(
    r"[^\W\d_]{3}|\d{4}|[^\x00-\x7f]"
)  # `upon signature`, `2026`; no ratio, no price
_MOST_NAMING = 10  # words of a name
_FEW = 3

Finder = Callable[[Property, str, int, int, Conventions], Sequence[Value]]


@dataclass(frozen=True, slots=True)
class Recogniser:
    """How to `find` values of a kind in prose and lists, and how to `read` a labelled value or cell."""

    find: Finder
    read: Finder


def _kind(find: Finder, read: Finder | None = None) -> Recogniser:
    return Recogniser(find, read or find)


def _nothing(*_: object) -> list[Value]:
    return []


def _by_form(find: Callable[[str, int, int], list[Value]]) -> Finder:
    return _by_ways(remembered(lambda text, start, end, _: find(text, start, end)))


def _by_ways(find: Find) -> Finder:
    return lambda _, text, start, end, ways: find(text, start, end, ways)


def _choice(prop: Property, text: str, start: int, end: int, _: Conventions) -> Sequence[Value]:
    return phrases.find_choice(prop.enum, text, start, end)


def _pattern(prop: Property, text: str, start: int, end: int, _: Conventions) -> Sequence[Value]:
    return phrases.find_pattern(prop.pattern or "", text, start, end)


def _percent(prop: Property, text: str, start: int, end: int, ways: Conventions) -> Sequence[Value]:
    found = numbers.find_percentages(text, start, end, ways)
    if not found and "rate" in tokens(prop.name):
        return numbers.find_money(text, start, end, ways)  # a rate may be a price
    return found


def _date(prop: Property, text: str, start: int, end: int, ways: Conventions) -> Sequence[Value]:
    found = dates.find_dates(text, start, end, ways) or dates.whole_day(text, start, end, ways)
    if found or prop.kind_stated or not _SAYS_WHEN.search(text, start, end):
        return found
    return phrases.whole_text(text, start, end)


def _time(prop: Property, text: str, start: int, end: int, _: Conventions) -> Sequence[Value]:
    """Return a time of day; where that is only a guess, if nothing else stands there: `50 minutes`."""
    found = dates.find_times(text, start, end)
    whole = len(found) == 1 and found[0].end - found[0].start >= 0.6 * (end - start)
    if prop.kind_stated or (whole and text[start:end].count(":") < 2):
        return found
    return phrases.whole_text(text, start, end)


def _duration(_: Property, text: str, start: int, end: int, __: Conventions) -> Sequence[Value]:
    return durations.find_durations(text, start, end) or phrases.whole_text(text, start, end)


def _party(_: Property, text: str, start: int, end: int, __: Conventions) -> Sequence[Value]:
    return names.find_organisations(text, start, end) or names.find_persons(text, start, end)


def _person(prop: Property, text: str, start: int, end: int, _: Conventions) -> Sequence[Value]:
    whole = names.whole_person(text, start, end)
    if whole is not None:
        return [whole]
    # A name whose kind was only guessed may be a team, a login, a role.
    end = _line_end(text, start, end)
    words = text[start:end].split()
    if not 0 < len(words) <= 4 or (len(words) > 1 and not words[0][0].isupper()):
        return []
    quality = 0.4 if prop.kind_stated else 0.6
    return [Value(v.value, v.start, v.end, quality) for v in phrases.whole_text(text, start, end)]


def _tax_number(prop: Property, text: str, start: int, end: int, _: Conventions) -> Sequence[Value]:
    found = registered.find_tax_numbers(text, start, end)
    if found or prop.kind_stated:
        return found
    return [v for v in codes.find_identifiers(text, start, end) if v.value.isalnum()]


def _organisation(
    prop: Property, text: str, start: int, end: int, _: Conventions
) -> Sequence[Value]:
    whole = names.whole_organisation(text, start, end)
    if whole is not None or prop.kind_stated:
        return [whole] if whole else []
    end = _line_end(text, start, end)
    words = text[start:end].split()
    # A sentence names nobody.
    said = len(words) > _MOST_NAMING or (len(words) > _FEW and text[start : start + 1].islower())
    return [] if said else phrases.whole_text(text, start, end)


def _line_end(text: str, start: int, end: int) -> int:
    line = text.find("\n", start, end)
    return line if line >= 0 else end


RECOGNISERS: Mapping[Kind, Recogniser] = {
    Kind.DATE: _kind(_by_ways(dates.find_dates), _date),
    Kind.DATE_TIME: _kind(_by_ways(dates.find_date_times)),
    Kind.TIME: _kind(_by_form(dates.find_times), _time),
    Kind.NUMBER: _kind(_by_ways(numbers.find_numbers)),
    Kind.INTEGER: _kind(_by_ways(numbers.find_numbers)),
    Kind.MONEY: _kind(_by_ways(numbers.find_money)),
    Kind.PERCENT: _kind(_percent),
    Kind.CURRENCY: _kind(_by_form(currencies.find_currencies)),
    Kind.EMAIL: _kind(_by_form(codes.find_emails)),
    Kind.URL: _kind(_by_form(codes.find_urls)),
    Kind.IDENTIFIER: _kind(_by_form(codes.find_identifiers)),
    Kind.PHONE: _kind(_by_form(registered.find_phones)),
    Kind.IBAN: _kind(_by_form(registered.find_ibans)),
    Kind.TAX_NUMBER: _kind(_by_form(registered.find_tax_numbers), _tax_number),
    Kind.DURATION: _kind(_by_form(durations.find_durations), _duration),
    Kind.PERSON: _kind(_by_form(names.find_persons), _person),
    Kind.ORGANISATION: _kind(_by_form(names.find_organisations), _organisation),
    Kind.PARTY: _kind(_party, _organisation),
    Kind.ENUM: _kind(_choice),
    Kind.PATTERN: _kind(_pattern),
    Kind.BOOLEAN: _kind(_nothing, _by_form(booleans.find_boolean)),
    Kind.ADDRESS: _kind(_nothing, _by_form(phrases.whole_address)),
    Kind.TEXT: _kind(_nothing, _by_form(phrases.whole_text)),
}
