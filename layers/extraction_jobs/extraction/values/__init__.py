"""Recognisers: from a stretch of text to values of a kind, each with its exact span."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from extraction.document.structure import Span
from extraction.labels.vocabulary import language_of
from extraction.schema.kinds import Kind
from extraction.schema.object_types import Property
from extraction.values import booleans, dates, names, numbers, phrases
from extraction.values.durations import iso_duration
from extraction.values.kinds import RECOGNISERS
from extraction.values.pattern import compile_pattern
from extraction.values.value import Conventions, Value

__all__ = ["accept", "decide_conventions", "in_running_text", "values_of", "values_of_cell"]

_MAX_VALUE = 4000  # code points of a value that are looked at
_WRAPPED = (Kind.TEXT, Kind.ADDRESS, Kind.ORGANISATION, Kind.PARTY, Kind.PERSON)
_REMARK = re.compile(r"[ ]?\([^()\n]{1,80}\)")
_MARK_HERE = re.compile(r"[ \t]*(?:[-*•‣◦▪●+–]|\d{1,3}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?")
_MARK = re.compile(r"(?:\n|^)[ \t]*(?:[-*•‣◦▪●+–]|\d{1,3}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?")
_EMPTY_WORDS = frozenset(("n/a", "na", "none", "-", "--", "—", "–", "tbd", "tbc", "nil", "n.a."))
_LONGEST_EMPTY = 12  # code points, with what stands around such a word


def decide_conventions(text: str) -> Conventions:
    """Decide how a document writes dates and numbers. One pass for each question."""
    language = language_of(text)
    partial = Conventions(
        *dates.decide_day_first(text),
        *numbers.decide_decimal_comma(text, language),
        language=language,
    )
    reference = dates.decide_reference(text, partial)
    return replace(partial, reference=reference, minus=numbers.decide_minus(text), memory={})


def values_of(prop: Property, text: str, start: int, end: int, ways: Conventions) -> list[Value]:
    """Return the values of a property's kind in a stretch that is a labelled value or cell.

    Values that the property's schema rules out are left out. In order of place.
    """
    start, end = booleans.ticked(text, start, min(end, start + _MAX_VALUE))
    if end - start <= _LONGEST_EMPTY and text[start:end].strip(" .").casefold() in _EMPTY_WORDS:
        return []
    if prop.many and not prop.children:
        found = _listed(prop, text, start, end, ways)
    else:
        found = RECOGNISERS[prop.kind].read(prop, text, start, end, ways)
    return [kept for value in found if (kept := accept(prop, value)) is not None]


def values_of_cell(prop: Property, text: str, cell: Span, ways: Conventions) -> list[Value]:
    """Return the values of a cell or block, whose words may go on in lines of their own."""
    found = values_of(prop, text, cell.start, cell.end, ways)
    if prop.many or not found:
        for line in cell.more:
            if prop.many or not found:
                found = [*found, *values_of(prop, text, line.start, line.end, ways)]
        return found
    whole = (found[0].start, found[0].end) == (cell.start, cell.end)
    if not cell.more or not whole or prop.kind not in _WRAPPED:
        return found
    joined = _joined(prop.kind, [found[0].value, *(line.of(text) for line in cell.more)])
    places = tuple((line.start, line.end) for line in cell.more)
    kept = accept(prop, Value(joined, cell.start, cell.end, found[0].quality, places))
    return [kept] if kept else []


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
    found = RECOGNISERS[prop.kind].find(prop, text, start, end, ways)
    return [kept for value in found if (kept := accept(prop, value)) is not None]


def _listed(prop: Property, text: str, start: int, end: int, ways: Conventions) -> Sequence[Value]:
    if prop.kind is Kind.PERSON:
        return names.listed_persons(text, start, end)
    if prop.kind not in (Kind.TEXT, Kind.ORGANISATION, Kind.PARTY):
        return RECOGNISERS[prop.kind].find(prop, text, start, end, ways)
    if prop.kind is Kind.TEXT and (items := _items(text, start, end)):
        return [value for item in items for value in phrases.whole_text(text, *item)]
    found: list[Value] = []
    for first, last in names.listed(text, start, end):
        remark = _REMARK.match(text, last, end) if prop.kind is Kind.TEXT else None
        end_of_item = remark.end() if remark else last
        found += RECOGNISERS[prop.kind].read(prop, text, first, end_of_item, ways)[:1]
    return found


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
    return value if content is value.value else value._replace(value=content)


def _text(prop: Property, content: str) -> str | None:
    """Return a text as its format has it, or None if format, length or pattern rule it out."""
    if prop.kind is Kind.DURATION and prop.kind_stated:
        content = iso_duration(content) or ""
    if len(content) < max(prop.min_length, 1):
        return None
    if prop.max_length is not None and len(content) > prop.max_length:
        return None
    ruled = prop.pattern if prop.kind is not Kind.PATTERN else None
    if ruled and not compile_pattern(ruled).search(content[: phrases.MAX_PATTERN_INPUT]):
        return None
    return content


def _in_range(prop: Property, content: Any) -> bool:
    if isinstance(content, bool) or not isinstance(content, int | float):
        return False
    if prop.json_type == "integer" and content != int(content):
        return False
    return prop.broken_bound(content) is None
