"""What a document says of itself without a label: title, letterhead, date, currency."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from extraction.document.parsed_text import ParsedText
from extraction.labels.labels import label_words
from extraction.labels.words import tokens
from extraction.records.confidence import DERIVED, LETTERHEAD, ONLY_ONE, TITLE
from extraction.records.drafts import HEAD_CHARACTERS, Draft, name_key
from extraction.records.findings import Leaf, leaf
from extraction.rules.prose.leftovers import fill_leftovers
from extraction.schema.frames import Frame
from extraction.schema.kinds import Kind
from extraction.schema.slots import Slot
from extraction.values.dates import find_dates, find_times
from extraction.values.value import Value

Finding = Mapping[str, Any]

WHEN_CHARACTERS = 300  # where a document says when it was made
_TITLE_LINE = 120  # code points of a line that may be a title
_SENTENCE = re.compile(r"[:;]|\b(?:is|are|was|were|held|made|between|this|shall)\b", re.IGNORECASE)
_TOP = 400  # code points above which a document says what it is
_TOP_ENTRIES = 4
_MAX_NAME = 60  # code points of a name in a letterhead
_SENDERS = frozenset(
    "supplier issuer sender from biller company merchant store shop restaurant bank insurer landlord "
    "employer hospital clinic laboratory lab university school institution agency authority airline "
    "carrier hotel publisher issued".split()
)
_RECEIVERS = frozenset(
    "customer deliver_to delivery shipping ship recipient consignee client buyer payer billing address "
    "attention".split()
)
_LABEL_WITHIN = 400  # code points before a name
_WEAK_BODY = 0.62  # score of an organisation told by an ordinary word alone


def fill_gaps(
    parsed: ParsedText, frame: Frame, draft: Draft, mentions: list[Finding], types: int
) -> None:
    """Fill what no label gave: title, letterhead, currency, the only address of its kind."""
    if any(_issues(slot.labels) for slot in frame.slots):
        mentions = [m for m in mentions if not _receives(parsed, m)]
    for slot in frame.slots:
        if draft.slots.get(slot.index):
            continue
        found = _gap(parsed, draft, slot, mentions, types)
        if found is not None and (not slot.prop.enum or found[0] in slot.prop.enum):
            draft.slots[slot.index] = [found]
    if frame.occurs != "many" and types <= 1:
        fill_leftovers(parsed, frame, draft, mentions)


def _receives(parsed: ParsedText, mention: Finding) -> bool:
    """Tell a body whose label says that it receives: `Ship to: Acme Ltd` names no sender."""
    _, start, end = mention["leaf"][:3]
    return mention["what"] == "organisation" and any(
        fact.value.start <= start
        and end <= fact.value.last
        and _RECEIVERS.intersection(tokens(fact.label))
        for fact in parsed.facts_in(start - _LABEL_WITHIN, end)
    )


def _gap(
    parsed: ParsedText, draft: Draft, slot: Slot, mentions: list[Finding], types: int
) -> Leaf | None:
    kind = slot.prop.kind
    if kind is Kind.CURRENCY and parsed.currency is not None:
        has_money = any(s.prop.kind is Kind.MONEY for s in draft.frame.slots) or draft.parts
        return leaf(parsed.currency, DERIVED) if has_money else None
    if kind in (Kind.EMAIL, Kind.IBAN) and slot.prop.kind_stated and len(slot.path) == 1:
        return _only(mentions, kind.value)
    if kind is Kind.TEXT and (slot.path == ("title",) or (slot.path == ("name",) and types <= 1)):
        return _title(parsed, draft.frame)
    if kind in (Kind.DATE, Kind.TIME) and slot.path[-1] in ("date", "time"):
        found = _when(parsed, kind)
        taken = found is not None and any(x <= found[1] < y for x, y in draft.places())
        return None if taken else found
    named = kind in (Kind.PARTY, Kind.ORGANISATION) or (kind is Kind.TEXT and len(slot.path) == 1)
    if named and _issues(slot.labels):
        return _letterhead(parsed, draft, mentions)
    return None


def _when(parsed: ParsedText, kind: Kind) -> Leaf | None:
    """The one date or time that the head of the document holds."""
    sections = parsed.structure.sections
    if kind is Kind.DATE and sections and sections[0].title.start < WHEN_CHARACTERS:
        title = sections[0].title
        named = find_dates(parsed.text, title.start, title.end, parsed.ways)
        if len(named) == 1:
            return leaf(named[0], TITLE)
    end = min(len(parsed.text), WHEN_CHARACTERS)
    dated = kind is Kind.DATE
    found = find_dates(parsed.text, 0, end, parsed.ways) if dated else []
    found = found or ([] if dated else find_times(parsed.text, 0, end))
    if not found or len({value.value for value in found}) != 1:
        return None
    return leaf(found[0], ONLY_ONE)


def _only(mentions: list[Finding], what: str) -> Leaf | None:
    found = [m["leaf"] for m in mentions if m["what"] == what]
    if not found or len({x[0] for x in found}) != 1:
        return None
    value = Value(found[0][0], found[0][1], found[0][2], 1.0)
    return leaf(value, ONLY_ONE)


def _issues(labels: tuple[tuple[str, ...], ...]) -> bool:
    """Tell the slot of whoever sends the document, whose name stands in the letterhead."""
    return any(word in _SENDERS for label in labels for word in label)


def _letterhead(parsed: ParsedText, draft: Draft, mentions: list[Finding]) -> Leaf | None:
    taken = {name_key(str(x[0])) for leaves in draft.slots.values() for x in leaves}
    end = min(len(parsed.text), HEAD_CHARACTERS)
    for mention in mentions:
        if mention["what"] != "organisation" or mention["at"] > end:
            continue
        found = mention["leaf"]
        if found[3] >= _WEAK_BODY and name_key(str(found[0])) not in taken:
            return leaf(Value(found[0], found[1], found[2], 0.9), LETTERHEAD)
    return _first_line(parsed, draft, taken)


def _first_line(parsed: ParsedText, draft: Draft, taken: set[str]) -> Leaf | None:
    """The first words of a document are its sender's name if they are nothing else."""
    for entry in parsed.structure.entries[:1]:
        span = entry.span
        name = span.of(parsed.text)
        words = label_words(name)
        titled = any(set(n) & set(words) for n in draft.frame.names)
        plain = 2 < len(name) <= _MAX_NAME and "\n" not in name and ":" not in name
        if not plain or titled or name_key(name) in taken or entry.kind == "item":
            return None
        below = parsed.structure.entries[1:2]
        if not name.isupper() and not (below and below[0].block == entry.block):
            return None
        if sum(c.isalpha() or c.isspace() for c in name) < 0.8 * len(name) or not name[0].isupper():
            return None
        return leaf(Value(name, span.start, span.end, 0.6), LETTERHEAD)
    return None


def _title(parsed: ParsedText, frame: Frame) -> Leaf | None:
    """The document's title: the line at its top that says what it is; or else its first heading that
    is not numbered, or its first short line.
    """
    text = parsed.text
    named = _naming_line(parsed, frame)
    if named is not None:
        return leaf(named, TITLE)
    sections = parsed.structure.sections
    numbered = bool(sections and sections[0].number and _opening_line(parsed))
    if sections and not numbered and sections[0].title.start < HEAD_CHARACTERS:
        span = sections[0].title
        return leaf(Value(" ".join(span.of(text).split()), span.start, span.end, 0.8), TITLE)
    for entry in parsed.structure.entries[:1]:
        if entry.span.end - entry.span.start <= _TITLE_LINE:
            quote = " ".join(entry.span.of(text).split())
            return leaf(Value(quote, entry.span.start, entry.span.end, 0.5), TITLE)
    return None


def _naming_line(parsed: ParsedText, frame: Frame) -> Value | None:
    """The first of the lines over everything else that begins with the type's name, as minutes and contracts do."""
    for entry in parsed.structure.entries[:_TOP_ENTRIES]:
        span = entry.span
        line = parsed.text[span.start : span.end].split("\n")[0].rstrip(" *_:")
        if span.start > _TOP or len(line) > _TITLE_LINE or entry.kind == "item":
            return None
        words = label_words(line)
        named = any(words[: len(name)] == name for name in frame.names if name)
        if named and not _SENTENCE.search(line) and not find_dates(line, 0, len(line), parsed.ways):
            return Value(" ".join(line.split()), span.start, span.start + len(line), 0.85)
    return None


def _opening_line(parsed: ParsedText) -> bool:
    """Tell a document that opens with a short line before its first heading."""
    first = parsed.structure.entries[0].span
    short = first.end - first.start <= _TITLE_LINE and parsed.text[first.end - 1] not in ".,;:"
    return short and first.end < parsed.structure.sections[0].title.start
