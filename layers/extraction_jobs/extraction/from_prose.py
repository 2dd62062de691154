"""Findings from prose: labels within sentences, defined terms, names of people and bodies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import zip_longest

from extraction.confidence import INLINE, MENTION, PROSE
from extraction.findings import Finding, Leaf, leaf, mention_finding, object_finding, value_finding
from extraction.frames import Frame
from extraction.from_facts import party_slots
from extraction.kinds import Kind
from extraction.labels import label_words
from extraction.names_of_roles import is_party_role
from extraction.parsed_text import ParsedText
from extraction.prose.assigning import find_by_cues
from extraction.prose.cues import CueIndex, cue_index
from extraction.prose.people import card_of
from extraction.recognise import codes, in_running_text, names, phrases, registered
from extraction.recognise.value import Value
from extraction.sentences import sentences
from extraction.slots import Slot
from extraction.structure import DEFINITION, Entry, Span
from extraction.words import plain_words

_JOB_BEHIND = re.compile(r"(?:,\s(?:the\s|our\s|its\s)?|\s\(|\s[–—-]\s)")
_BESIDE = 130  # code points behind a name that may speak of the person
_TITLED = 0.95  # quality of a name behind "Dr" or "Ms"
_WORD = re.compile(r"[^\W_]+")
_PARTIES_WITHIN = 3000  # code points in which a contract says between whom it is
_PARTIES_REACH = 700
_ITEM_MARK = 12  # code points before a party in a list of them, such as `(1)`
_SURE_BODY = 0.7
_TWO = 2
_MAX_GAP = 70  # code points between a label in a sentence and its value
_VAGUE = frozenset(
    "date time name number from to by title id ref no meeting client notes data present where "
    "place rate tax terms amount price currency status role position day days hours room issued "
    "who when what company address email phone term party parties each item items".split()
)
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
_BRIDGE = re.compile(
    r"\s*(?:,|:|shall be|will be|is|are|being|of|the|in accordance with|by)?\s*", re.IGNORECASE
)
_AT = re.compile(
    r"\s*(?:is|are|est)?\s*(?:situated|located|situé|sis)?\s*(?:at|in|en|au|à|te|:)\s+"
)
_ADDRESS_END = re.compile(
    r"\s\(|[;)]|\n\s*\n|\.\s|\.$|,?\sand\s(?=[a-z])|"
    r",\s(?=representad|vertreten|représent|rappresentat|vertegenwoordigd|registered|inscri|eingetragen|company|"
    r"with |con |avec |mit |met |und |et |y |e |"
    r"C\.?I\.?F|N\.?I\.?F|P\.?\s?IVA|RCS|HRB|hereinafter|nachfolgend|ci-après|\")"
)
_ROLE_WORDS = re.compile(r"[^\W\d_]+(?:[ -][^\W\d_]+){0,2}(?=[),;.\n]|$)")
_PHRASE = re.compile(
    r"(?:the\s)?[A-ZÀ-Þ][\w'’-]*(?:(?:\s(?:of|and|the|de|la|&))*\s[A-ZÀ-Þ][\w'’-]*){0,7}"
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A label as the words that a sentence may hold."""

    words: tuple[str, ...]
    frame: Frame
    slot: Slot
    rate: float


@dataclass(slots=True)
class PhraseIndex:
    """What sentences are searched for: cues of properties, and labels of details behind a name."""

    cues: CueIndex
    details: dict[str, list[Phrase]]


def phrase_index(frames: tuple[Frame, ...]) -> PhraseIndex:
    """Return what sentences are searched for, for the frames of a request."""
    return PhraseIndex(cue_index(frames), _details_index(frames))


def _details_index(frames: tuple[Frame, ...]) -> dict[str, list[Phrase]]:
    """Index the labels of types whose objects the text names by first word, longest first."""
    index: dict[str, list[Phrase]] = {}
    for frame in frames:
        if frame.is_part or not frame.takes_organisations():
            continue
        for slot in frame.slots:
            labels = list(slot.prop.labels)
            if len(slot.path) > 1:
                labels = [f"{slot.path[-2]} {label}" for label in labels]
            for label in labels:
                words = plain_words(label)
                vague = len(words) == 1 and (
                    words[0] in _VAGUE or slot.prop.kind is Kind.TEXT or len(words[0]) < 3
                )
                if not words or vague or (slot.prop.kind is Kind.TEXT and len(words) < 2):
                    continue
                rate = 1.0 if len(words) > 1 else 0.85
                index.setdefault(words[0], []).append(Phrase(words, frame, slot, rate))
    for found in index.values():
        found.sort(key=lambda p: (-len(p.words), p.frame.key, p.slot.index))
    return index


def find_in_prose(parsed: ParsedText, index: PhraseIndex, entry: Entry) -> list[Finding]:
    """Return what an entry's sentences say."""
    found: list[Finding] = []
    spans = sentences(parsed.text, entry.span.start, entry.span.end)
    if entry.kind != "heading":
        for sentence in spans:
            found += find_by_cues(parsed, index.cues, sentence, entry)
    found += _definitions(parsed, entry)
    found += _between(parsed, entry)
    found += find_mentions(parsed, entry.span.start, entry.span.end, index)
    return found


def _matches(
    text: str, index: dict[str, list[Phrase]], span: Span
) -> list[tuple[Phrase, int, int]]:
    words = [
        (m[0].casefold(), m.start(), m.end()) for m in _WORD.finditer(text, span.start, span.end)
    ]
    found = []
    taken: set[tuple[str, int]] = set()
    for position, (word, start, _) in enumerate(words):
        reach: dict[str, int] = {}
        for phrase in index.get(word, ()):
            size = len(phrase.words)
            if size < reach.get(phrase.frame.key, 0):
                continue
            if tuple(w for w, _, _ in words[position : position + size]) != phrase.words:
                continue
            if (phrase.frame.key, start) in taken:
                continue
            reach[phrase.frame.key] = size
            end = words[position + size - 1][2]
            for inside in range(position + 1, position + size):
                taken.add((phrase.frame.key, words[inside][1]))
            found.append((phrase, start, end))
    return found


def _value_behind(parsed: ParsedText, slot: Slot, start: int, end: int) -> Value | None:
    text = parsed.text
    if slot.prop.kind is Kind.ADDRESS:
        found = phrases.find_addresses(text, start, min(end, start + _BESIDE))
        return _address_behind(text, start, end) or (found[0] if found else None)
    stop = min(end, start + _MAX_GAP + 60)
    closing = text.find(")", start, stop)
    if closing >= 0 and text.find("(", start, closing) < 0:
        stop = closing  # the label stood in brackets that end here
    if slot.prop.kind is Kind.TEXT:
        bridge = _BRIDGE.match(text, start, stop)
        at = bridge.end() if bridge else start
        phrase = _PHRASE.match(text, at, min(end, at + 80))
        if phrase is None or slot.prop.enum:
            return None
        first = phrase.start() + (4 if phrase[0].startswith("the ") else 0)
        return Value(" ".join(text[first : phrase.end()].split()), first, phrase.end(), 0.8)
    found = in_running_text(slot.prop, text, start, stop, parsed.ways)
    near = [v for v in found if v.start - start <= _MAX_GAP and v.quality >= 0.5]
    if slot.prop.kind in (Kind.IDENTIFIER, Kind.NUMBER, Kind.INTEGER):
        near = [v for v in near if v.start - start <= 12]
    if slot.prop.kind is Kind.MONEY:
        near = [v for v in near if v.quality >= 0.9]
    return near[0] if near else None


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
                        object_finding(
                            frame.key, slots, start=who.start if who else first, end=match.end(),
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
                        value_finding(
                            frame.key, slot.index, [leaf(value, DEFINITION, rate)],
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
        object_finding(
            frame.key, {frame.identity.index: [leaf(value, DEFINITION, 0.8)]},
            start=value.start, end=value.end, block=entry.block, section=entry.section,
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


def find_mentions(parsed: ParsedText, start: int, end: int, index: PhraseIndex) -> list[Finding]:
    """Return the people, organisations and addresses that a stretch of text names."""
    text = parsed.text
    found: list[Finding] = []
    wanted = parsed.frames
    bodies = names.find_organisations(text, start, end)
    for number, body in enumerate(bodies):
        after = bodies[number + 1].start if number + 1 < len(bodies) else end
        slots = {}
        if any(frame.takes_organisations() for frame in wanted):
            slots = _details(parsed, index, body.end, min(after, body.end + 400))
        found.append(mention_finding("organisation", leaf(body, MENTION), slots))
    found += _people(parsed, start, end)
    for kind, values in (
        (Kind.EMAIL, codes.find_emails(text, start, end) if "@" in text[start:end] else []),
        (Kind.IBAN, registered.find_ibans(text, start, end)),
    ):
        found += [mention_finding(kind.value, leaf(value, MENTION), {}) for value in values]
    return found


def _details(parsed: ParsedText, index: PhraseIndex, start: int, end: int) -> dict[str, Leaf]:
    slots: dict[str, Leaf] = {}
    at_once = phrases.find_addresses(parsed.text, start, min(end, start + _BESIDE))
    if at_once and not parsed.text[start : at_once[0].start].strip(" ,\n(|·•–-"):
        slots["address"] = leaf(at_once[0], MENTION)  # "Acme GmbH, Hauptstraße 5, 10115 Berlin"
    for phrase, _, after in _matches(parsed.text, index.details, Span(start, end)):
        name = phrase.slot.path[-1]
        if not phrase.frame.takes_organisations() or name in slots:
            continue
        value = _value_behind(parsed, phrase.slot, after, end)
        if value is not None:
            slots[name] = leaf(value, PROSE, phrase.rate)
    return slots


def _address_behind(text: str, start: int, end: int) -> Value | None:
    lead = _AT.match(text, start, end)
    if lead is None and text[max(0, start - 3) : start].casefold() != " at":
        return None
    first = lead.end() if lead else start
    while first < end and text[first].isspace():
        first += 1
    stop = _ADDRESS_END.search(text, first, end)
    last = stop.start() if stop else end
    while last > first and text[last - 1] in " ,.\n":
        last -= 1
    value = " ".join(text[first:last].split())
    if 8 <= len(value) <= 200 and any(c.isdigit() for c in value):
        return Value(value, first, last, 0.85)
    return None


def _people(parsed: ParsedText, start: int, end: int) -> list[Finding]:
    """People in prose count with a title, a job or an address beside the name, or a known given name."""
    text = parsed.text
    found = []
    people = names.find_persons(text, start, end)
    for person, following in zip_longest(people, people[1:]):
        stop = min(end, person.end + _BESIDE, following.start if following else end)
        card = card_of(text, person, start, stop)
        slots = {name: leaf(value, MENTION) for name, value in card.details.items()}
        known = person.quality >= _TITLED or names.has_given_name(str(person.value))
        if known or slots.keys() - {"phone"}:
            found.append(mention_finding("person", leaf(person, MENTION), slots))
        job = _JOB_BEHIND.match(text, person.end, stop)
        if job is not None:
            found += _holders(parsed, person, text[job.end() : stop])
    return found


def _holders(parsed: ParsedText, person: Value, behind: str) -> list[Finding]:
    """`Jane Doe (Chair)` fills a slot for the chair."""
    role = _ROLE_WORDS.match(behind)
    if role is None or not label_words(role[0]):
        return []
    found = []
    for frame in parsed.frames:
        if frame.is_part or frame.occurs == "many":
            continue
        for rate, slot in frame.match(role[0]):
            if rate >= 0.9 and slot.prop.kind is Kind.PERSON and not slot.prop.many:
                found.append(
                    value_finding(
                        frame.key, slot.index, [leaf(person, INLINE, rate)],
                        at=person.start, block=-1, section=-1, label=0.8,
                    )
                )  # fmt: skip
    return found
