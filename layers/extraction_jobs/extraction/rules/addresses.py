"""The address under a name that a label names: `Bill to`, the customer, and the lines below."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from extraction.document.parsed_text import ParsedText
from extraction.document.structure import Fact, Span
from extraction.labels.labels import label_words
from extraction.records.findings import Finding, ValueFinding, leaf
from extraction.schema.frames import Frame
from extraction.schema.kinds import Kind
from extraction.schema.slots import Slot
from extraction.values import accept
from extraction.values.value import Value

_NAMES = (Kind.PERSON, Kind.ORGANISATION, Kind.PARTY, Kind.TEXT)
_SURE = 0.9  # of a label that only names whose address it is
_MOST_LINES = 5
# What stands under an address, and a line that no address has.
_CONTACT = re.compile(
    r"(?i)[@:]|\b(?:tel|phone|fax|mobile|e-?mail|www|vat|ust|tva|iva|btw)\b|\d[.,]\d\d\b"
)
_POSTAL = re.compile(r"\b\d{4,6}\b|\b[A-Z]{1,2}\d[\dA-Z]? ?\d[A-Z]{2}\b")


def address_under(
    parsed: ParsedText, frame: Frame, slot: Slot, name: Value, fact: Fact, rate: float
) -> Iterator[Finding]:
    """Yield the address that stands under the name which a fact gives a property, if the type has one for it."""
    wanted = _address_of(frame, slot) if slot.prop.kind in _NAMES and not slot.prop.many else None
    lines = _lines_under(parsed.text, fact, name.end) if wanted else []
    if wanted is None or not any(_POSTAL.search(line.of(parsed.text)) for line in lines):
        return
    first, *more = lines
    words = ", ".join(line.of(parsed.text).strip(" ,") for line in lines)
    places = tuple((line.start, line.end) for line in more)
    value = accept(wanted.prop, Value(" ".join(words.split()), first.start, first.end, 0.9, places))
    if value is not None:
        yield ValueFinding(
            frame.key, wanted.index, (leaf(value, fact.how, rate * _SURE),), at=first.start,
            block=fact.block, section=fact.section, label=round(rate * _SURE, 4), column=fact.column,
        )  # fmt: skip


@lru_cache(maxsize=1_000)
def _address_of(frame: Frame, named: Slot) -> Slot | None:
    """Return the property for the address of whom a property names: `customer_address`, or beside it in an object."""
    whose = set(label_words(named.path[-1])) - {"name", "full", "company"}
    for slot in frame.slots:
        words = set(label_words(slot.path[-1]))
        if slot.prop.kind is Kind.ADDRESS and slot.path[:-1] == named.path[:-1]:
            nested = len(slot.path) > 1 and words == {"address"}
            if nested or (whose and words - {"address"} == whose):
                return slot
    return None


def _lines_under(text: str, fact: Fact, after: int) -> list[Span]:
    """Return the lines of a fact behind its first one, up to a blank line or what no address has."""
    if fact.value.more:
        lines = list(fact.value.more)
    else:
        lines, at = [], text.find("\n", after)
        while 0 <= at < fact.tail:
            end = text.find("\n", at + 1)
            end = end if end >= 0 else len(text)
            words = text[at + 1 : end]
            start = at + 1 + len(words) - len(words.lstrip())
            lines.append(Span(start, at + 1 + len(words.rstrip())))
            at = end
    kept: list[Span] = []
    for line in lines[:_MOST_LINES]:
        if line.end <= line.start or _CONTACT.search(text, line.start, line.end):
            break
        kept.append(line)
    return kept
