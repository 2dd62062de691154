"""Values that no cue told, by what is left: the only property of a sort, and the only value of it that nobody took.

For a document that is about one object of a type, as a letter or a notice is. What is filled in this way is the least
sure of all, and only short documents are looked at: in a long one the only value of a kind says little.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from extraction.document.parsed_text import ParsedText
from extraction.document.sentences import sentences
from extraction.labels.stems import stem
from extraction.records.confidence import ONLY_ONE
from extraction.records.drafts import Draft, name_key
from extraction.records.findings import Leaf, leaf
from extraction.rules.prose.cues import Wanted, wanted_of, words_of
from extraction.rules.prose.lexicon import Sort
from extraction.rules.prose.people import signature
from extraction.schema.frames import Frame
from extraction.schema.kinds import Kind
from extraction.values import (
    accept,
    codes,
    dates,
    durations,
    names,
    numbers,
    phrases,
    registered,
)
from extraction.values.value import Value

Finding = Mapping[str, Any]

_LONGEST = 12_000  # code points of a document of which the only value of a sort says something
_ISSUED = frozenset(
    stem(w)
    for w in "letter issue issued publication release released announcement announced document report published press "
    "statement notice created written".split()
)
_SIGNS = frozenset(
    stem(w) for w in "signatory signed sender author writer from by signature sign".split()
)
_HERSELF = frozenset(
    ("customer", "complainant", "applicant", "claimant", "candidat", "sender", "author")
)
_NEGATION = re.compile(
    r"\b(?:not|no|never|without|cannot|excluded|prohibited|nicht|kein\w*|ohne|ne|pas|sans|aucune?|non)\b|n['’]t\b",
    re.IGNORECASE,
)
_LEAST_CHOICE = 3


def fill_leftovers(parsed: ParsedText, frame: Frame, draft: Draft, mentions: list[Finding]) -> None:
    """Fill open properties with what the document holds once and nobody took."""
    if len(parsed.text) > _LONGEST:
        return
    open_slots: dict[Sort, list[Wanted]] = {}
    for slot in frame.slots:
        if not draft.slots.get(slot.index) and not slot.prop.many and slot.prop.in_running_text:
            wanted = wanted_of(frame, slot)
            open_slots.setdefault(wanted.sort, []).append(wanted)
    rest = _Rest(parsed, draft, mentions)
    for sort in _ORDER:
        for wanted in open_slots.get(sort, ()):
            found = _FILL[sort](rest, wanted, open_slots[sort])
            kept = accept(wanted.slot.prop, found) if found is not None else None
            if kept is not None:
                rest.fill(wanted, kept)


class _Rest:
    """What a document holds beside what a draft already took."""

    def __init__(self, parsed: ParsedText, draft: Draft, mentions: list[Finding]) -> None:
        self.parsed = parsed
        self.draft = draft
        self.mentions = mentions

    def fill(self, wanted: Wanted, value: Value) -> None:
        """Give a property its value."""
        self.draft.slots[wanted.slot.index] = [leaf(value, ONLY_ONE, 0.9)]

    def untaken(self, values: list[Value]) -> list[Value]:
        """Return the values that lie where no property took anything, one of each."""
        taken = [(x[1], x[2]) for leaves in self.draft.slots.values() for x in leaves]
        said = {str(x[0]) for leaves in self.draft.slots.values() for x in leaves}
        found: dict[str, Value] = {}
        for value in values:
            free = all(value.end <= first or value.start >= last for first, last in taken)
            if free and str(value.value) not in said:
                found.setdefault(str(value.value), value)
        return list(found.values())

    def named(self, what: str) -> list[Value]:
        """Return whom the text names and no property took, surest form first."""
        taken = {name_key(str(x[0])) for leaves in self.draft.slots.values() for x in leaves}
        found: dict[str, Leaf] = {}
        for mention in self.mentions:
            if mention["what"] == what and name_key(str(mention["leaf"][0])) not in taken:
                found.setdefault(name_key(str(mention["leaf"][0])), mention["leaf"])
        return [Value(x[0], x[1], x[2], 0.8) for x in found.values()]


def _only(found: list[Value], wanted: Wanted, others: list[Wanted], rest: _Rest) -> Value | None:
    """The one value for the one property."""
    still_open = [w for w in others if w.slot.index not in rest.draft.slots]
    left = rest.untaken(found)
    return left[0] if len(left) == 1 and still_open == [wanted] else None


def _date(rest: _Rest, wanted: Wanted, others: list[Wanted]) -> Value | None:
    parsed = rest.parsed
    found = dates.find_dates(parsed.text, 0, len(parsed.text), parsed.ways)
    if not wanted.marks or wanted.marks & _ISSUED:
        for value in found[:6]:
            if _is_dateline(parsed.text, value):
                return value
    return _only([v for v in found if v.quality >= 0.7], wanted, others, rest)


def _is_dateline(text: str, value: Value) -> bool:
    """Tell the date of the document: on a line of its own, or between a place and a dash."""
    line = text.rfind("\n", 0, value.start) + 1
    end = text.find("\n", value.end)
    before, after = text[line : value.start], text[value.end : end if end >= 0 else len(text)]
    if len(before) > 40 or "." in before.strip(" ."):
        return False
    return not after.strip(" .,") or bool(re.match(r"\s*[–—-]\s", after))


def _moment(rest: _Rest, wanted: Wanted, others: list[Wanted]) -> Value | None:
    parsed = rest.parsed
    return _only(
        dates.find_date_times(parsed.text, 0, len(parsed.text), parsed.ways), wanted, others, rest
    )


def _time(rest: _Rest, wanted: Wanted, others: list[Wanted]) -> Value | None:
    return _only(dates.find_times(rest.parsed.text, 0, len(rest.parsed.text)), wanted, others, rest)


def _money(rest: _Rest, wanted: Wanted, others: list[Wanted]) -> Value | None:
    parsed = rest.parsed
    found = numbers.find_money(parsed.text, 0, len(parsed.text), parsed.ways)
    return _only([v for v in found if v.quality >= 1.0], wanted, others, rest)


def _percent(rest: _Rest, wanted: Wanted, others: list[Wanted]) -> Value | None:
    parsed = rest.parsed
    found = numbers.find_percentages(parsed.text, 0, len(parsed.text), parsed.ways)
    return _only([v for v in found if v.quality >= 1.0], wanted, others, rest)


def _duration(rest: _Rest, wanted: Wanted, others: list[Wanted]) -> Value | None:
    return _only(
        durations.find_durations(rest.parsed.text, 0, len(rest.parsed.text)), wanted, others, rest
    )


def _form(rest: _Rest, wanted: Wanted, others: list[Wanted]) -> Value | None:
    read = _BY_FORM.get(wanted.slot.prop.kind)
    if read is None:
        return None
    alike = [w for w in others if w.slot.prop.kind is wanted.slot.prop.kind]
    return _only(read(rest.parsed.text, 0, len(rest.parsed.text)), wanted, alike, rest)


_BY_FORM: dict[Kind, Callable[[str, int, int], list[Value]]] = {
    Kind.EMAIL: codes.find_emails,
    Kind.URL: codes.find_urls,
    Kind.PHONE: registered.find_phones,
    Kind.IBAN: registered.find_ibans,
}


def _person(rest: _Rest, wanted: Wanted, others: list[Wanted]) -> Value | None:
    if wanted.marks & _SIGNS or (wanted.marks & _HERSELF):
        signed = signature(rest.parsed.text)
        if signed is not None and rest.untaken([signed]):
            return signed
    found = rest.named("person")
    if not wanted.marks:
        return found[0] if found else _titled_person(rest.parsed)
    return _only(found, wanted, others, rest)


def _titled_person(parsed: ParsedText) -> Value | None:
    """The person whose name is the first line, as over a life or a curriculum."""
    for entry in parsed.structure.entries[:2]:
        found = names.whole_person(parsed.text, entry.span.start, entry.span.end)
        if found is not None and found.quality >= 0.6 and entry.span.end - found.end <= 2:
            return found
    people = names.find_persons(parsed.text, 0, min(len(parsed.text), 600))
    return people[0] if people else None


def _body(rest: _Rest, wanted: Wanted, others: list[Wanted]) -> Value | None:
    found = rest.named("organisation")
    still_open = [w for w in others if w.slot.index not in rest.draft.slots]
    if len(found) == 1 and still_open == [wanted]:
        return found[0]
    if not found and still_open == [wanted]:
        return _of_domain(rest.parsed.text)
    return None


def _party(rest: _Rest, wanted: Wanted, others: list[Wanted]) -> Value | None:
    if wanted.marks & _HERSELF:
        return _person(rest, wanted, others)
    left = rest.named("organisation") or rest.named("person")
    return _only(left, wanted, others, rest)


def _of_domain(text: str) -> Value | None:
    """A name whose letters are those of an address in the text: `careers@lumenhealth.example`."""
    addresses = codes.find_emails(text, 0, len(text)) + codes.find_urls(text, 0, len(text))
    labels = {
        part
        for a in addresses
        for part in re.split(r"[@./]", str(a.value).casefold())
        if len(part) > 4
    }
    for match in re.finditer(r"[A-ZÀ-Þ][\w&'’-]*(?:[ ][A-ZÀ-Þ&][\w&'’-]*){0,3}", text):
        words = match[0].split()
        for size in range(len(words), 0, -1):
            if "".join(c for c in "".join(words[:size]).casefold() if c.isalnum()) in labels:
                name = " ".join(words[:size])
                return Value(name, match.start(), match.start() + len(name), 0.85)
    return None


def _choice(rest: _Rest, wanted: Wanted, _: list[Wanted]) -> Value | None:
    """The only one of the choices that the text names at all."""
    choices = tuple(c for c in wanted.slot.prop.enum if len(str(c)) >= _LEAST_CHOICE)
    found = phrases.find_choice(choices, rest.parsed.text, 0, len(rest.parsed.text))
    return found[0] if len({str(v.value) for v in found}) == 1 else None


def _flag(rest: _Rest, wanted: Wanted, _: list[Wanted]) -> Value | None:
    """A sentence that holds every word of a yes-or-no property says yes, or no with a negation."""
    text = rest.parsed.text
    if not wanted.marks:
        return None
    for span in sentences(text, 0, len(text)):
        if wanted.marks <= {word.stem for word in words_of(text, span.start, span.end)}:
            denied = _NEGATION.search(text, span.start, span.end)
            return Value(denied is None, span.start, span.end, 0.7)
    return None


def _address(rest: _Rest, wanted: Wanted, others: list[Wanted]) -> Value | None:
    return _only(
        phrases.find_addresses(rest.parsed.text, 0, len(rest.parsed.text)), wanted, others, rest
    )


_Filler = Callable[[_Rest, Wanted, list[Wanted]], Value | None]
_FILL: dict[Sort, _Filler] = {
    Sort.DATE: _date,
    Sort.MOMENT: _moment,
    Sort.TIME: _time,
    Sort.MONEY: _money,
    Sort.PERCENT: _percent,
    Sort.DURATION: _duration,
    Sort.FORM: _form,
    Sort.PERSON: _person,
    Sort.BODY: _body,
    Sort.PARTY: _party,
    Sort.CHOICE: _choice,
    Sort.FLAG: _flag,
    Sort.ADDRESS: _address,
}
_ORDER = tuple(_FILL)
