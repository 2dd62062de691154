"""What a contract says in its own way: who is a party (`Acme Ltd (the "Supplier")`), what defined terms stand for, and
whose law governs (`governed by the laws of the State of Delaware`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from extraction.document.opening import Opening
from extraction.document.opening_terms import QUOTED
from extraction.document.parsed_text import ParsedText
from extraction.document.structure import DEFINITION, Entry
from extraction.labels.labels import SYNONYM, Words, label_words
from extraction.labels.word_lists import meanings_of, words_of
from extraction.labels.words import tokens
from extraction.records.confidence import CUE
from extraction.records.findings import Finding, ObjectFinding, ValueFinding, leaf, unlabelled
from extraction.schema.frames import Frame, Matches
from extraction.schema.kinds import Kind
from extraction.schema.slots import Slot
from extraction.values import in_running_text, names
from extraction.values.value import Value

_PARTY_WORDS = words_of("party")
_ALIASES = meanings_of("party_alias")


def is_party_role(words: Words) -> bool:
    """Tell a label that is what a party to a contract is called."""
    return (
        0 < len(words) <= 2
        and words[-1] in _PARTY_WORDS
        and words[0] in (_PARTY_WORDS | {"first", "second", "service", "the", "data"})
    )


_WITHIN = 3000  # code points in which a contract says between whom it is
_REACH = 700
_ITEM_MARK = 12  # code points before a party in a list of them, such as `(1)`
_LONGEST_PLACE = 6  # words
_SURE_SUM = 0.9  # quality of a figure with a currency
_WILL_BE = re.compile(
    r"[”\"’)\s,]*(?:will|shall|is|are)\s+(?:be\s+)?(?:equal\s+to\s+)?(?=\S{0,4}\d)"
)
_TERM_REACH = 80  # code points before a term in which the day or sum stands that it is defined as
_ROLES = ("role", "type", "capacity")
_QUOTED = (
    r"[\"“„«'‘]\s?(?-i:(?:the|der|die|das|le|la|les|el|il|lo|de|het)\s|l['’])?"
    r"(?P<term>[^\"”“»'’\n]{2,50}?)\s?[\"”“»'’]"
)
_QUOTE = re.compile(r"[\"“„«'‘]")
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
    """Return the parties, for types that list them, and what defined terms stand for."""
    listed = any(map(_lists_parties, parsed.frames))
    opening = parsed.opening
    found: list[Finding] = []
    for entry in parsed.entries_in(start, end):
        for term, who in _terms(parsed, entry):
            party = who is not None and _is_party(parsed, entry, term, who)
            if opening is not None:
                if opening.between <= term.start < opening.end:
                    continue
            elif listed and who is not None and party:
                role = term if is_party_role(label_words(str(term.value))) else None
                found += _party(parsed, entry, role, who)
            found += _values(parsed, entry, term, who, party)
        if opening is not None and entry.span.start <= opening.between < entry.span.end:
            found += _opened(parsed, entry, opening)
    return found


def _opened(parsed: ParsedText, entry: Entry, opening: Opening) -> Iterator[Finding]:
    """Yield the parties that an agreement opens with, and what their terms and the others of its opening stand for."""
    for party in opening.parties:
        yield from _party(parsed, entry, party.role, party.name, party.address)
        if party.role is not None:
            yield from _values(parsed, entry, party.role, party.name, party=True)
    for match in QUOTED.finditer(parsed.text, opening.start, opening.end):
        term = Value(match["term"].strip(), match.start("term"), match.end("term"), 0.95)
        if all(party.role is None or party.role.start != term.start for party in opening.parties):
            yield from _values(parsed, entry, term, None, party=False)


def _lists_parties(frame: Frame) -> bool:
    """Tell a type's array of parties, and a type that has a list of their names."""
    if frame.is_part:
        return "party" in frame.own and frame.identity is not None
    return any(map(_is_of_parties, frame.slots))


def _is_of_parties(slot: Slot) -> bool:
    return slot.prop.many and "party" in tokens(slot.path[-1])


def _is_party(parsed: ParsedText, entry: Entry, term: Value, who: Value) -> bool:
    """Tell a term that says what a party is called, by its words or by where it stands."""
    return (
        is_party_role(label_words(str(term.value)))
        or (
            entry.span.start <= _WITHIN
            and bool(_BETWEEN.search(parsed.text, entry.span.start, term.start))
        )
        or (who.start - entry.span.start <= _ITEM_MARK and _among_parties(parsed.text, entry))
    )


def _party(
    parsed: ParsedText,
    entry: Entry,
    term: Value | None,
    who: Value,
    address: Value | None = None,
) -> Iterator[Finding]:
    """`Acme Ltd ... ("Supplier")` says who the supplier is: an object of an array, or a name in one."""
    name = leaf(who, DEFINITION)
    role = leaf(term, DEFINITION) if term is not None else None
    for frame in parsed.frames:
        if frame.is_part and "party" in frame.own and frame.identity is not None:
            slots = {frame.identity.index: [name]}
            if role is not None:
                roles = [s for s in frame.slots if s.path[-1] in _ROLES and not s.prop.enum]
                slots |= {slot.index: [role] for slot in roles}
            if address is not None:
                places = [s for s in frame.slots if s.prop.kind is Kind.ADDRESS]
                slots |= {slot.index: [leaf(address, DEFINITION)] for slot in places[:1]}
            end = role.end if role is not None else who.end
            yield ObjectFinding(
                frame.key, slots, who.start, end, entry.block, entry.section, DEFINITION
            )
        elif not frame.is_part:
            for slot in frame.slots:
                if _is_of_parties(slot):
                    yield unlabelled(frame, slot, name, entry)


def _terms(parsed: ParsedText, entry: Entry) -> Iterator[tuple[Value, Value | None]]:
    """Yield each term that is defined, and who stands before it."""
    text, at = parsed.text, entry.span.start
    if not _QUOTE.search(text, at, entry.span.end):
        return
    for match in _DEFINED.finditer(text, at, entry.span.end):
        first, last = match.span("term" if match["term"] is not None else "named")
        term = text[first:last].strip()
        bodies = names.find_organisations(text, at, match.start())
        who = bodies or names.find_persons(text, at, match.start())
        yield Value(term, first, first + len(term), 0.95), who[0] if who else None
        at = match.end()


def _values(
    parsed: ParsedText, entry: Entry, term: Value, who: Value | None, party: bool
) -> Iterator[Finding]:
    """`on 3 May 2026 (the "Effective Date")` defines a day; so for sums and names."""
    kinds = {Kind.PARTY, Kind.ORGANISATION, *((Kind.TEXT,) if party else ())}
    if party and who is not None and not names.is_organisation(str(who.value)):
        kinds.add(Kind.PERSON)
    for frame in parsed.frames:
        for rate, slot in () if frame.is_part else _named(frame, str(term.value), party):
            value = who if slot.prop.kind in kinds else None
            value = value or _defined(parsed, entry, slot, term)
            if value is not None:
                found = (leaf(value, DEFINITION, rate),)
                at, block, section = value.start, entry.block, entry.section
                yield ValueFinding(frame.key, slot.index, found, at, block, section, rate)
                break


def _defined(parsed: ParsedText, entry: Entry, slot: Slot, term: Value) -> Value | None:
    """Return the day or sum that a term is defined as: mostly before it, a sum also in what goes on behind it."""
    first = max(entry.span.start, term.start - _TERM_REACH)
    near = in_running_text(slot.prop, parsed.text, first, term.start, parsed.ways)
    if slot.prop.kind is not Kind.MONEY:
        return near[-1] if near else None
    sums = [value for value in near if value.quality >= _SURE_SUM]
    behind = _WILL_BE.match(parsed.text, term.end, entry.span.end)
    if not sums and behind:
        last = min(entry.span.end, behind.end() + _TERM_REACH)
        found = in_running_text(slot.prop, parsed.text, behind.end(), last, parsed.ways)
        sums = [value for value in found[:1] if value.quality >= _SURE_SUM]
    return sums[-1] if sums else None


def _named(frame: Frame, term: str, party: bool) -> Matches:
    """Return the properties that a term names; by another word for who it is if it names none: a company employs."""
    named = frame.match(term)[:2]
    alias = _ALIASES.get(term.casefold()) if party else None
    return named if alias is None or (named and named[0][0] > SYNONYM) else frame.match(alias)[:1]


def _among_parties(text: str, entry: Entry) -> bool:
    """Tell a paragraph or item of a list of parties: `between` and nothing else stands over the list."""
    start = entry.span.start
    return start <= _WITHIN and bool(_BETWEEN_LIST.search(text, max(0, start - _REACH), start))


# In capitals throughout the name ends before what a lawyer says next.
_NO_PLACE = r"(?!(?:WITHOUT|EXCLUDING|INCLUDING|EXCEPT|APPLICABLE|REGARDLESS|AS|TO|AND|IN|FOR|SHALL|WITH|Without)\b)"
_NAME = rf"{_NO_PLACE}[A-Z][\w'’-]*(?:\s+(?:and|of|the)(?=\s+[A-Z])|\s+{_NO_PLACE}(?:AND\s+WALES|[A-Z][\w'’-]*)){{0,5}}"
_SAYS_SO = r"\b(?i:govern|constru|interpret|enforce|subject\s+to)(?:[^.;]|\.(?=\w)){0,200}?"
_LAW = re.compile(
    rf"{_SAYS_SO}\b(?i:laws?|that)\s+(?i:of)\s+(?i:the\s+)?"
    rf"(?P<whole>(?:(?i:State|Commonwealth|Province|Canton|Republic)\s+(?i:of)\s+(?i:the\s+)?)?(?P<name>{_NAME}))"
    rf"|{_SAYS_SO}\bby\s+(?:the\s+)?(?:internal\s+|substantive\s+)?(?P<adjective>{_NAME})\s+law\b"
)


def find_laws(parsed: ParsedText, start: int, end: int) -> list[Finding]:
    """Return the place whose law governs, for types that ask for a governing law or a jurisdiction."""
    wanted = _wanted(parsed.frames)
    found: list[Finding] = []
    for entry in parsed.entries_in(start, end) if wanted else ():
        span = (entry.span.start, entry.span.end)
        if all(parsed.text.find(law, *span) < 0 for law in ("law", "Law", "LAW")):
            continue
        for match in _LAW.finditer(parsed.text, *span):
            place = match[match.lastgroup or 0].split()
            if len(place) > _LONGEST_PLACE or is_party_role(label_words(place[-1])):
                continue
            for frame, slot in wanted:
                part = "whole" if "law" in tokens(slot.path[-1]) else "name"
                part = part if match["name"] else "adjective"
                value = Value(" ".join(match[part].split()), *match.span(part), 0.9)
                found.append(unlabelled(frame, slot, leaf(value, CUE), entry))
    return found


@lru_cache(maxsize=8)
def _wanted(frames: tuple[Frame, ...]) -> tuple[tuple[Frame, Slot], ...]:
    return tuple(
        (frame, slot)
        for frame in frames
        for slot in frame.slots
        if not frame.is_part and slot.prop.kind is Kind.TEXT and not slot.prop.many and _asks(slot)
    )


def _asks(slot: Slot) -> bool:
    words = set(tokens(slot.path[-1]))
    return (
        "jurisdiction" in words or {"governing", "law"} <= words or {"applicable", "law"} <= words
    )
