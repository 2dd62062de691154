"""Who is a party: `Client: Acme Ltd`, `between Acme Ltd and Jane Doe`, `Acme Ltd (the "Supplier")`. So for other terms
that a text defines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from extraction.document.parsed_text import ParsedText
from extraction.document.structure import DEFINITION, Entry, Fact
from extraction.labels.labels import label_words
from extraction.labels.names_of_roles import is_party_role, names_party
from extraction.labels.words import tokens
from extraction.records.findings import Finding, ObjectFinding, ValueFinding, leaf
from extraction.schema.frames import Frame
from extraction.schema.kinds import Kind
from extraction.schema.slots import Slot
from extraction.values import in_running_text, names
from extraction.values.value import Value

_WITHIN = 3000  # code points in which a contract says between whom it is
_REACH = 700
_ITEM_MARK = 12  # code points before a party in a list of them, such as `(1)`
_TERM_REACH = 80  # code points before a term in which the day or sum stands that it is defined as
_SURE_BODY = 0.7
_SURE_PERSON = 0.95  # quality of a name behind "Dr" or "Ms"
_LEAST = 0.6
_BETWEEN_FIT = 0.8
_TWO = 2
_ROLES = ("role", "type", "capacity")
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


@dataclass(frozen=True, slots=True)
class _Party:
    """Who is a party, in what role if the text says so, and where."""

    name: Value
    role: Value | None
    method: str
    fit: float
    block: int
    section: int


def find_parties(parsed: ParsedText, start: int, end: int) -> list[Finding]:
    """Return the parties, for types that list them, and what defined terms stand for."""
    listed = any(map(_lists_parties, parsed.frames))
    facts = parsed.facts_in(start, end) if listed else []
    parties = [party for fact in facts for party in _labelled(parsed, fact)]
    found: list[Finding] = []
    for entry in parsed.entries_in(start, end):
        parties += _between(parsed, entry) if listed else ()
        for term, who in _terms(parsed, entry):
            parties += _defined(parsed, entry, term, who)
            found += _values(parsed, entry, term, who)
    return found + [made for party in parties for made in _told(parsed, party)]


def _lists_parties(frame: Frame) -> bool:
    """Tell a type's array of parties, and a type that has a list of their names."""
    if frame.is_part:
        return "party" in frame.own and frame.identity is not None
    return any(map(_is_of_parties, frame.slots))


def _is_of_parties(slot: Slot) -> bool:
    return slot.prop.many and "party" in tokens(slot.path[-1])


def _told(parsed: ParsedText, party: _Party) -> Iterator[Finding]:
    """Yield a party as what a type has for parties: an array of objects, or an array of names."""
    name = leaf(party.name, party.method, party.fit)
    at, end = party.name.start, party.name.end
    for frame in parsed.frames:
        if frame.is_part and "party" in frame.own and frame.identity is not None:
            slots = {frame.identity.index: [name]}
            if party.role is not None:
                at, end = min(at, party.role.start), max(end, party.role.end)
                for slot in frame.slots:
                    if slot.path[-1] in _ROLES and not slot.prop.enum:
                        slots[slot.index] = [leaf(party.role, party.method)]
            yield ObjectFinding(frame.key, slots, at, end, party.block, party.section, party.method)
        elif not frame.is_part:
            for slot in frame.slots:
                if _is_of_parties(slot):
                    yield ValueFinding(
                        frame.key, slot.index, (name,), at, party.block, party.section, party.fit
                    )


def _labelled(parsed: ParsedText, fact: Fact) -> Iterator[_Party]:
    """`Client: Acme Ltd` names a party and its role."""
    if not names_party(fact.label):
        return
    start, end = fact.value.start, fact.value.end
    who = names.whole_organisation(parsed.text, start, end)
    who = who or names.whole_person(parsed.text, start, end)
    if who is not None and who.quality >= _LEAST:
        after = fact.start + len(fact.label)
        quoted = parsed.text[fact.start : after] == fact.label
        role = Value(fact.label, fact.start, after, 0.9) if quoted else None
        yield _Party(who, role, fact.how, 1.0, fact.block, fact.section)


def _terms(parsed: ParsedText, entry: Entry) -> Iterator[tuple[Value, Value | None]]:
    """Yield each term that is defined, and who stands before it."""
    text, at = parsed.text, entry.span.start
    for match in _DEFINED.finditer(text, entry.span.start, entry.span.end):
        first, last = match.span("term" if match["term"] is not None else "named")
        term = text[first:last].strip()
        bodies = names.find_organisations(text, at, match.start())
        who = bodies or names.find_persons(text, at, match.start())
        yield Value(term, first, first + len(term), 0.95), who[0] if who else None
        at = match.end()


def _defined(parsed: ParsedText, entry: Entry, term: Value, who: Value | None) -> Iterator[_Party]:
    """`Acme Ltd ... ("Supplier")` says who the supplier is."""
    if who is None:
        return
    known = is_party_role(label_words(str(term.value)))
    between = _BETWEEN.search(parsed.text, entry.span.start, term.start)
    listed = who.start - entry.span.start <= _ITEM_MARK and _among_parties(parsed.text, entry)
    if known or between or listed:
        role = term if known else None
        yield _Party(who, role, DEFINITION, 1.0, entry.block, entry.section)


def _values(parsed: ParsedText, entry: Entry, term: Value, who: Value | None) -> Iterator[Finding]:
    """`on 3 May 2026 (the "Effective Date")` defines a day; so for sums and names."""
    for frame in parsed.frames:
        for rate, slot in () if frame.is_part else frame.match(str(term.value))[:2]:
            first = max(entry.span.start, term.start - _TERM_REACH)
            near = in_running_text(slot.prop, parsed.text, first, term.start, parsed.ways)
            value = who if slot.prop.kind in (Kind.PARTY, Kind.ORGANISATION) else None
            value = value or (near[-1] if near else None)
            if value is not None:
                found = (leaf(value, DEFINITION, rate),)
                at, block, section = value.start, entry.block, entry.section
                yield ValueFinding(frame.key, slot.index, found, at, block, section, rate)
                break


def _between(parsed: ParsedText, entry: Entry) -> Iterator[_Party]:
    """`between Acme Ltd and Jane Doe`: who stands behind it near the beginning of a document is a party to it."""
    text = parsed.text
    opening = _BETWEEN.search(text, entry.span.start, entry.span.end)
    if opening is None or entry.span.start > _WITHIN:
        return
    stop = min(entry.span.end, opening.end() + _REACH)
    bodies = names.find_organisations(text, opening.end(), stop)
    who = [body for body in bodies if body.quality >= _SURE_BODY]
    if len(who) < _TWO:
        people = names.find_persons(text, opening.end(), stop)
        who += [
            p for p in people if names.has_given_name(str(p.value)) or p.quality >= _SURE_PERSON
        ]
    for value in sorted(who, key=lambda v: v.start)[:_TWO] if len(who) >= _TWO else ():
        yield _Party(value, None, DEFINITION, _BETWEEN_FIT, entry.block, entry.section)


def _among_parties(text: str, entry: Entry) -> bool:
    """Tell a paragraph or item of a list of parties: `between` and nothing else stands over the list."""
    start = entry.span.start
    return start <= _WITHIN and bool(_BETWEEN_LIST.search(text, max(0, start - _REACH), start))
