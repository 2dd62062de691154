"""Findings from facts: a label is matched to a slot, its value recognised as that slot's kind."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from extraction.document.pairs import FURTHER_LABEL, trimmed
from extraction.document.parsed_text import ParsedText
from extraction.document.structure import (
    COLUMN_PAIR,
    HEADING,
    KEY_VALUE,
    LABEL_ABOVE,
    TABLE_CELL,
    TABLE_PAIR,
    Fact,
    Span,
)
from extraction.labels.labels import SYNONYM, Words, label_words
from extraction.labels.vocabulary import RECEIVERS
from extraction.records.findings import Finding, ValueFinding, leaf
from extraction.rules.addresses import address_under
from extraction.rules.periods import names_period, period_of
from extraction.schema.frames import Frame, Matches
from extraction.schema.kinds import Kind
from extraction.schema.slots import Slot
from extraction.values import names, numbers, values_of, values_of_cell
from extraction.values.dates import find_dates
from extraction.values.value import Value

_LEADERS = "...."
_SURE_LABEL = 0.88  # below it, a line above another is just a line
_REMEMBERED = 4_000  # labels whose properties are remembered
_SURE_PERSON = 0.8  # quality of a name
_OVER_LIST = 0.65  # for a line over a list of them
_AS_GOOD = 0.03
_LABEL_ITSELF = 0.95
_LABEL_BEHIND = 0.75  # behind a value on its line
_LONG_TEXTS = frozenset(
    "abstract summary description observation text instruction comment recommendation response background scope "
    "purpose conclusion finding note statement content body".split()
)
# `3 Other income   120.00`, the next box of a form: it has a number and a label of its own.
_BOX = re.compile(r"\d{1,2}[a-z]?\s+[A-Z][a-z][^\n]*\s{2,}[^\n]*\d")
_RATE = re.compile(r"\d+(?:[.,]\d+)?(?=\s?%)")
_PARTY_WORDS = RECEIVERS | {"party"}
_NO_FIGURES = frozenset(("method", "mode", "type", "name", "term"))
_AMOUNT = re.compile(r"\W{0,3}\d[\d.,]*[.,]\d\d\W{0,3}")
_LAID_OUT = (COLUMN_PAIR, LABEL_ABOVE, TABLE_PAIR, TABLE_CELL)
_WORDY = (Kind.TEXT, Kind.ORGANISATION, Kind.PARTY, Kind.PERSON, Kind.ADDRESS, Kind.ENUM)


def find_in_facts(parsed: ParsedText, start: int, end: int) -> list[Finding]:
    """Return what labels say of any type."""
    found: list[Finding] = []
    for fact in parsed.facts_in(start, end):
        words = label_words(fact.label)
        named = _named_by(parsed.frames, fact.label, parsed.section_words(fact.section))
        spans = names_period(words)
        if spans:
            matches_of = dict(named)
            named = tuple((frame, matches_of.get(frame, ())) for frame in parsed.frames)
        best_of_type: dict[str, float] = {}
        for frame, matches in named:
            if _is_marker(frame, fact, words):
                continue
            if spans and (period := period_of(parsed, frame, fact)):
                found += period
                continue
            # What its type has, a row of it has only if it is named better.
            best = best_of_type.get(frame.type.name, 0.0)
            if frame.is_part and matches and best >= matches[0][0] - _AS_GOOD:
                continue
            match = best_slot(parsed, frame, fact, words, matches)
            if match is None:
                continue
            rate, slot, values = match
            if frame.is_part and best >= rate - _AS_GOOD:
                continue
            best_of_type[frame.type.name] = max(best, rate)
            found.append(_finding(frame, slot, values, fact, rate, words))
            if not frame.is_part:
                found += _rate_in_label(parsed, frame, slot, fact, words)
                found += address_under(parsed, frame, slot, values[0], fact, rate)
    return found


@lru_cache(maxsize=_REMEMBERED)
def _named_by(
    frames: tuple[Frame, ...], label: str, context: Words
) -> tuple[tuple[Frame, Matches], ...]:
    """Return what a label under a heading may name, for each frame of which it may name something."""
    matched = ((frame, frame.match(label, context)) for frame in frames)
    return tuple((frame, matches) for frame, matches in matched if matches)


def _finding(
    frame: Frame, slot: Slot, values: Sequence[Value], fact: Fact, rate: float, words: Words
) -> Finding:
    rated = _RATE.search(fact.label) if "%" in fact.label else None
    return ValueFinding(
        frame.key,
        slot.index,
        tuple([leaf(value, fact.how, rate) for value in values]),
        at=fact.start,
        block=fact.block,
        section=fact.section,
        label=round(rate, 4),
        own=not frame.own.isdisjoint(words),
        column=fact.column,
        words=" ".join(words),
        rate=rated[0] if rated else "",
    )


def _is_marker(frame: Frame, fact: Fact, words: Words) -> bool:
    """`Decision D-17: ...` announces an object; entries see to those."""
    if (
        fact.how not in (KEY_VALUE, HEADING, LABEL_ABOVE)
        or frame.text is None
        or frame.occurs == "document"
        or frame.is_part
    ):
        return False
    return frame.named_by(words)


def best_slot(
    parsed: ParsedText,
    frame: Frame,
    fact: Fact,
    words: Words,
    named: Matches,
) -> tuple[float, Slot, list[Value]] | None:
    """Return the slot that a fact fills best of those that its label may name, with its values, or None."""
    weak = fact.how in (LABEL_ABOVE, HEADING)
    best: tuple[float, Slot, list[Value]] | None = None
    best_quality = 0.0
    for rate, slot in named:
        # By its synonyms a heading may name a property; a line that is only above another may not.
        sure = _SURE_LABEL * SYNONYM if fact.how == HEADING and rate <= SYNONYM else _SURE_LABEL
        if weak and rate < sure and not (slot.prop.many and rate >= _OVER_LIST):
            continue
        if best is not None and rate < best[0] - _AS_GOOD:
            break
        if parsed.speaks_of_another(words, frame.own) and slot.prop is frame.type.identity:
            continue
        values = _values(parsed, frame, slot, fact)
        if not values or _is_nobody(slot, words, str(values[0].value)):
            continue
        if fact.how in _LAID_OUT and _is_label(frame, slot, values):
            continue
        if _is_of_another_kind(parsed.text, slot, fact, words):
            continue
        quality = max([value.quality for value in values])
        if best is None or quality > best_quality:
            best, best_quality = (rate, slot, values), quality
    return best


def _is_label(frame: Frame, slot: Slot, values: list[Value]) -> bool:
    """A value beside or below a label is no value if it is itself a label of the type."""
    if slot.prop.kind not in _WORDY or not isinstance(values[0].value, str):
        return False
    if _PARTY_WORDS.issuperset(label_words(values[0].value)):
        return True
    return any(
        rate >= _LABEL_ITSELF and other is not slot
        for rate, other in frame.match(values[0].value)[:2]
    )


def _is_of_another_kind(text: str, slot: Slot, fact: Fact, words: Words) -> bool:
    """Tell an amount where a method or name is asked for, or a rate that the label has: `TAX 7.75%   1.15`.

    `VAT reg: 338 1127` is no sum.
    """
    value = fact.value.of(text)
    if slot.prop.kind is Kind.MONEY:
        return "registration" in words
    if slot.prop.kind is Kind.PERCENT:
        return "%" in fact.label and "%" not in value
    named = slot.prop.kind is Kind.TEXT and _NO_FIGURES.intersection(label_words(slot.path[-1]))
    return bool(named) and _AMOUNT.fullmatch(value) is not None


def _is_nobody(slot: Slot, words: Words, value: str) -> bool:
    """`Name: Jane Doe` names no organisation, and `GLN 4012345000009` nobody."""
    if slot.prop.kind not in (Kind.ORGANISATION, Kind.PARTY):
        return False
    alone = slot.prop.kind is Kind.ORGANISATION and words == ("name",)
    numbered = 2 * sum(map(str.isdigit, value)) > len(value)
    return numbered or (alone and names.person_quality(value) >= _SURE_PERSON)


def _end_before_label(parsed: ParsedText, frame: Frame, slot: Slot, fact: Fact) -> int:
    """Return where a value ends that has another label of the type behind it on its line."""
    if fact.how != KEY_VALUE or slot.prop.kind not in _WORDY:
        return fact.value.end
    for match in FURTHER_LABEL.finditer(parsed.text, fact.value.start, fact.value.end):
        words = match["label"].split()
        for first in range(len(words)):
            label = " ".join(words[first:])
            least = _LABEL_BEHIND if first or not frame.is_part else _LABEL_ITSELF
            if any(rate >= least and other is not slot for rate, other in frame.match(label)[:1]):
                end = match.start("label") + match["label"].index(words[first])
                return max(fact.value.start + 1, trimmed(parsed.text, fact.value.start, end).end)
    return fact.value.end


def _is_page(text: str, fact: Fact) -> bool:
    """Tell a line of a table of contents, whose figure is a page: `Defined terms ........ 12`."""
    between = text[fact.start : fact.value.start]
    return _LEADERS in between and fact.value.of(text).isdecimal()


def _values(parsed: ParsedText, frame: Frame, slot: Slot, fact: Fact) -> list[Value]:
    prop = slot.prop
    if prop.json_type == "string" and _is_page(parsed.text, fact):
        return []
    start, end = fact.value.start, _end_before_label(parsed, frame, slot, fact)
    if prop.many or prop.kind in (Kind.ADDRESS, Kind.IBAN):
        end = max(end, fact.tail)
    elif (
        fact.how == HEADING
        and prop.kind is Kind.TEXT
        and end - start > 200
        and not _LONG_TEXTS.intersection(label_words(slot.path[-1]))
    ) or (fact.how == LABEL_ABOVE and _BOX.match(parsed.text, start)):
        return []
    if fact.value.more:
        whole = prop.many or prop.kind is Kind.ADDRESS
        cell = fact.value if whole else Span(start, end)
        found = values_of_cell(prop, parsed.text, cell, parsed.ways)
    else:
        found = values_of(prop, parsed.text, start, end, parsed.ways)
    if fact.how in (HEADING, LABEL_ABOVE) and prop.kind is Kind.DURATION and end - start > 60:
        found = [value for value in found if value.end - value.start <= 60]
    if fact.how in (HEADING, LABEL_ABOVE) and prop.kind is Kind.IDENTIFIER:
        # A number that a sentence names is none that stands under its label.
        found = [value for value in found if 2 * (value.end - value.start) >= end - start]
    if prop.kind is Kind.MONEY and len(found) > 1:
        days = find_dates(parsed.text, start, end, parsed.ways)
        found = [v for v in found if not any(d.start <= v.start < d.end for d in days)]
    if prop.many or len(found) <= 1:
        return found
    if prop.kind is Kind.TEXT:
        return found[:1]
    return [max(found, key=lambda value: (value.quality, -value.start))]


def _rate_in_label(
    parsed: ParsedText, frame: Frame, slot: Slot, fact: Fact, words: Words
) -> list[Finding]:
    """`VAT 20 %: 12.00` gives the rate in its label."""
    if "%" not in fact.label or slot.prop.kind is Kind.PERCENT:
        return []
    start = fact.start
    found = numbers.find_percentages(parsed.text, start, start + len(fact.label) + 4, parsed.ways)
    for rate, other in frame.match(f"{fact.label} rate"):
        if other.prop.kind is Kind.PERCENT and found and found[0].end <= fact.value.start:
            return [_finding(frame, other, found[:1], fact, rate, words)]
    return []
