"""The address and the like under a name that a label names: `Bill to`, the customer, and the lines below."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import takewhile

from extraction.document.parsed_text import ParsedText
from extraction.document.structure import Fact, Span
from extraction.labels.labels import label_words
from extraction.records.findings import Finding, ValueFinding, leaf
from extraction.schema.frames import Frame
from extraction.schema.kinds import Kind
from extraction.schema.slots import Slot
from extraction.values import accept, values_of
from extraction.values.value import Value

_NAMES = (Kind.PERSON, Kind.ORGANISATION, Kind.PARTY, Kind.TEXT)
_SURE = 0.9  # of a label that only names whose address it is
_MOST_LINES = 5
_MOST_LOOKED_AT = 9
# What stands under an address, and a line that no address has.
_CONTACT = re.compile(
    r"(?i)[@:]|\b(?:tel|phone|fax|mobile|e-?mail|www|vat|ust|tva|iva|btw)\b|\d[.,]\d\d\b"
)
_TAXED = re.compile(r"(?i)\b(?:vat|tax|ust\w*|tva|iva|btw|gst\w*|nif|cif|nip|abn|ein|tin|cnpj)\b")
_DETAILS = (Kind.ADDRESS, Kind.EMAIL, Kind.PHONE, Kind.TAX_NUMBER)
_DETAIL_WORDS = frozenset(("address", "email", "phone", "tax", "vat", "number"))
_POSTAL = re.compile(r"\b\d{4,6}\b|\b[A-Z]{1,2}\d[\dA-Z]? ?\d[A-Z]{2}\b")


def address_under(
    parsed: ParsedText, frame: Frame, slot: Slot, name: Value, fact: Fact, rate: float
) -> Iterator[Finding]:
    """Yield the address under the name which a fact gives a property, and how to reach who it is, if the type asks."""
    wanted = _beside(frame, slot) if slot.prop.kind in _NAMES and not slot.prop.many else {}
    lines = _lines_under(parsed.text, fact, name.end) if wanted else []
    for kind, other in wanted.items():
        value = _address(parsed.text, lines) if kind is Kind.ADDRESS else None
        for line in lines if kind is not Kind.ADDRESS else ():
            if kind is not Kind.TAX_NUMBER or _TAXED.search(parsed.text, line.start, line.end):
                found = values_of(other.prop, parsed.text, line.start, line.end, parsed.ways)
                value = value or next(iter(found), None)
        kept = accept(other.prop, value) if value else None
        if kept is not None:
            yield ValueFinding(
                frame.key, other.index, (leaf(kept, fact.how, rate * _SURE),), at=kept.start,
                block=fact.block, section=fact.section, label=round(rate * _SURE, 4), column=fact.column,
            )  # fmt: skip


def _address(text: str, lines: list[Span]) -> Value | None:
    kept = list(takewhile(lambda line: not _CONTACT.search(text, line.start, line.end), lines))
    kept = kept[:_MOST_LINES]
    if not any(_POSTAL.search(line.of(text)) for line in kept):
        return None
    words = ", ".join(line.of(text).strip(" ,") for line in kept)
    places = tuple((line.start, line.end) for line in kept[1:])
    return Value(" ".join(words.split()), kept[0].start, kept[0].end, 0.9, places)


@lru_cache(maxsize=1_000)
def _beside(frame: Frame, named: Slot) -> Mapping[Kind, Slot]:
    """Return by kind what else a type asks of whom a property names: `customer_address`, or beside it in an object."""
    whose = set(label_words(named.path[-1])) - {"name", "full", "company"}
    found: dict[Kind, Slot] = {}
    for slot in frame.slots:
        words = set(label_words(slot.path[-1]))
        if slot.prop.kind in _DETAILS and not slot.prop.many and slot.path[:-1] == named.path[:-1]:
            nested = len(slot.path) > 1 and words <= _DETAIL_WORDS
            if nested or (whose and words - _DETAIL_WORDS == whose):
                found.setdefault(slot.prop.kind, slot)
    return found


def _lines_under(text: str, fact: Fact, after: int) -> list[Span]:
    """Return the lines of a fact behind its first one, up to a blank line."""
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
    return list(takewhile(lambda line: line.end > line.start, lines[:_MOST_LOOKED_AT]))
