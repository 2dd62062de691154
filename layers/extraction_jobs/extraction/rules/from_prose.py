"""Findings from prose: labels within sentences, defined terms, names of people and bodies."""

from __future__ import annotations

import re
from itertools import zip_longest

from extraction.document.parsed_text import ParsedText
from extraction.document.structure import DEFINITION, Entry
from extraction.labels.labels import label_words
from extraction.labels.names_of_roles import is_party_role
from extraction.records.confidence import MENTION
from extraction.records.findings import (
    Finding,
    Mention,
    ObjectFinding,
    ValueFinding,
    leaf,
)
from extraction.rules.from_facts import party_slots
from extraction.rules.people import details_of
from extraction.schema.kinds import Kind
from extraction.values import codes, in_running_text, names, registered
from extraction.values.value import Value

_BESIDE = 130  # code points behind a name that may speak of the person
_TITLED = 0.95  # quality of a name behind "Dr" or "Ms"
_PARTIES_WITHIN = 3000  # code points in which a contract says between whom it is
_PARTIES_REACH = 700
_ITEM_MARK = 12  # code points before a party in a list of them, such as `(1)`
_SURE_BODY = 0.7
_TWO = 2
_QUOTED = (
    r"[\"“„«'‘]\s?(?-i:(?:the|der|die|das|le|la|les|el|il|lo|de|het)\s|l['’])?"
    r"(?P<term>[^\"”“»'’\n]{2,50}?)\s?[\"”“»'’]"
)
# `(the "Supplier")`, `(nachfolgend „Auftraggeber“)`, `ci-après dénommée « le Client »`
_DEFINED = re.compile(
    rf"\([^()\"“„«'‘\n]{{0,60}}{_QUOTED}[^()\n]{{0,60}}\)"
    r"|\b(?:hereinafter|nachfolgend|nachstehend|im folgenden|ci-après|en adelante|di seguito|hierna)"
    r"[^()\"“„«'‘]{0,40}" + _QUOTED.replace("?P<term>", "?P<named>"),
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\b(?:between|zwischen|entre|tra|tussen)\b", re.IGNORECASE)
_BETWEEN_LIST = re.compile(
    r"\b(?:between|zwischen|entre|tra|tussen|parties|parteien|REUNIDOS|soussignés)\b[ \t]*[:,]?[ \t]*\n",
    re.IGNORECASE,
)


def find_parties(parsed: ParsedText, start: int, end: int) -> list[Finding]:
    """Return who is a party, and what defined terms stand for."""
    found: list[Finding] = []
    for entry in parsed.entries_in(start, end):
        found += _definitions(parsed, entry) + _between(parsed, entry)
    return found


def find_mentions(parsed: ParsedText, start: int, end: int) -> list[Finding]:
    """Return the people, organisations and addresses that running text and tables name."""
    spans = [entry.span for entry in parsed.entries_in(start, end)]
    for table in parsed.tables_in(start, end):
        if len(table.header) == _TWO and start <= table.header[0].start < end:
            spans += table.header  # the first of two blocks side by side, or of pairs
        spans += [cell for row in table.rows_between(start, end) for cell in row]
    return [found for span in spans for found in _mentions_in(parsed, span.start, span.end)]


def _definitions(parsed: ParsedText, entry: Entry) -> list[Finding]:
    """`Acme Ltd ... ("Supplier")` says who the supplier is; so for dates and sums."""
    text = parsed.text
    found: list[Finding] = []
    at = entry.span.start
    for match in _DEFINED.finditer(text, entry.span.start, entry.span.end):
        group = "term" if match["term"] is not None else "named"
        first, last = match.span(group)
        term = match[group].strip()
        words = label_words(term)
        role = Value(text[first:last].strip(), first, first + len(text[first:last].rstrip()), 0.95)
        who = _named_before(text, at, match.start())
        for frame in parsed.frames:
            if frame.is_part:
                slots = party_slots(frame, who, role, DEFINITION, text) if who else {}
                known = is_party_role(words)
                if slots and not known and frame.identity is not None:
                    slots = {frame.identity.index: slots[frame.identity.index]}
                    known = bool(_BETWEEN.search(text, entry.span.start, match.start())) or (
                        who is not None
                        and who.start - entry.span.start <= _ITEM_MARK
                        and _among_parties(text, entry)
                    )
                if slots and known:
                    found.append(
                        ObjectFinding(
                            frame.key, slots, at=who.start if who else first, end=match.end(),
                            block=entry.block, section=entry.section, method=DEFINITION,
                        )
                    )  # fmt: skip
                continue
            for rate, slot in frame.match(term)[:2]:
                value = who if slot.prop.kind in (Kind.PARTY, Kind.ORGANISATION) else None
                if value is None:
                    near = in_running_text(
                        slot.prop, text, max(at, match.start() - 80), match.start(), parsed.ways
                    )
                    value = near[-1] if near else None
                if value is not None:
                    found.append(
                        ValueFinding(
 frame.key, slot.index, (leaf(value, DEFINITION, rate),),
                            at=value.start, block=entry.block, section=entry.section, label=rate,
                        )
                    )  # fmt: skip
                    break
        at = match.end()
    return found


def _between(parsed: ParsedText, entry: Entry) -> list[Finding]:
    """`between Acme Ltd and Jane Doe`: who stands behind it near the beginning of a document is a party to it."""
    text = parsed.text
    parts = [f for f in parsed.frames if f.is_part and "party" in f.own and f.identity is not None]
    if not parts or entry.span.start > _PARTIES_WITHIN:
        return []
    opening = _BETWEEN.search(text, entry.span.start, entry.span.end)
    if opening is None:
        return []
    stop = min(entry.span.end, opening.end() + _PARTIES_REACH)
    bodies = names.find_organisations(text, opening.end(), stop)
    who = [b for b in bodies if b.quality >= _SURE_BODY]
    if len(who) < _TWO:
        people = names.find_persons(text, opening.end(), stop)
        who += [p for p in people if names.has_given_name(str(p.value)) or p.quality >= _TITLED]
    if len(who) < _TWO:
        return []
    return [
        ObjectFinding(
            frame.key, {frame.identity.index: [leaf(value, DEFINITION, 0.8)]},
            at=value.start, end=value.end, block=entry.block, section=entry.section,
            method=DEFINITION,
        )
        for frame in parts
        if frame.identity is not None
        for value in sorted(who, key=lambda v: v.start)[:_TWO]
    ]  # fmt: skip


def _among_parties(text: str, entry: Entry) -> bool:
    """Tell a paragraph or item of a list of parties: `between` and nothing else stands over the list."""
    start = entry.span.start
    return start <= _PARTIES_WITHIN and bool(
        _BETWEEN_LIST.search(text, max(0, start - _PARTIES_REACH), start)
    )


def _named_before(text: str, start: int, end: int) -> Value | None:
    """Return who is defined: the first organisation since the last definition, or a person."""
    bodies = names.find_organisations(text, start, end)
    if bodies:
        return bodies[0]
    people = names.find_persons(text, start, end)
    return people[0] if people else None


def _mentions_in(parsed: ParsedText, start: int, end: int) -> list[Finding]:
    text = parsed.text
    bodies = names.find_organisations(text, start, end)
    found: list[Finding] = [Mention("organisation", leaf(body, MENTION), {}) for body in bodies]
    found += _people(parsed, start, end)
    for kind, values in (
        (Kind.EMAIL, codes.find_emails(text, start, end) if "@" in text[start:end] else []),
        (Kind.IBAN, registered.find_ibans(text, start, end)),
    ):
        found += [Mention(kind.value, leaf(value, MENTION), {}) for value in values]
    return found


def _people(parsed: ParsedText, start: int, end: int) -> list[Finding]:
    """People in prose count with a title, a job or an address beside the name, or a known given name."""
    text = parsed.text
    found: list[Finding] = []
    people = names.find_persons(text, start, end)
    for person, following in zip_longest(people, people[1:]):
        stop = min(end, person.end + _BESIDE, following.start if following else end)
        details = details_of(text, person, start, stop)
        slots = {name: leaf(value, MENTION) for name, value in details.items()}
        known = person.quality >= _TITLED or names.has_given_name(str(person.value))
        if known or slots.keys() - {"phone"}:
            found.append(Mention("person", leaf(person, MENTION), slots))
    return found
