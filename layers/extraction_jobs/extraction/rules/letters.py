"""To whom a letter is and who signed it: its salutation and its close."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from extraction.document.parsed_text import ParsedText
from extraction.labels.words import plain_words
from extraction.records.confidence import CUE
from extraction.records.findings import Finding, leaf, unlabelled
from extraction.schema.frames import Frame
from extraction.schema.kinds import Kind
from extraction.schema.slots import Slot
from extraction.values import accept, names
from extraction.values.value import Value

_DEAR = re.compile(
    r"(?:^|(?<=\n))[ \t*_]*(?:Dear|Hello|Hi|Sehr geehrter?|Lieber?|Liebe|Chère?|Estimad[oa]|Gentile|Geachte)[ ]+"
    r"(?P<name>[^\n,:!;*]{2,60}?)[ ]*[,:!][ \t*_]*(?=\n|$)"
)
_CLOSE = re.compile(
    r"(?:^|(?<=\n))[ \t*_]*(?i:(?:yours|very|most)?[ ]?(?:sincerely|faithfully|truly|respectfully|cordially|yours)"
    r"(?:[ ](?:yours|submitted))?|(?:with[ ])?(?:best|kind|warm|kindest|warmest)[ ](?:regards|wishes)|regards|"
    r"mit freundlichen grüßen|freundliche grüße|cordialement|atentamente|cordiali saluti|met vriendelijke groet)"
    r"[ ]*[,.]?[ \t*_]*\n(?:[ \t*_]*(?:_{3,}[^\n]*)?\n){0,4}[ \t*_]*(?:/[sS]/[ ]*)?"
    r"(?P<name>[^\n,|<>@:/\d]{2,50})"
)
_TITLE = re.compile(
    r"(?:(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Herr|Frau|Monsieur|Madame|Señora?|Signora?)\.?[ ]+)+"
)
_NOBODY = re.compile(
    r"(?i)(?:sir|madam|ladies|gentlemen|all|team|everyone|friends|colleagues|whom|customer|valued|resident|shareholder)"
)
_FULL = re.compile(r"[A-ZÀ-Þ][\w'’.-]+(?:[ ][A-ZÀ-Þ][\w'’.-]*){1,3}")
_TO = frozenset("recipient addressee to".split())
_FROM = frozenset("sender from author writer signatory signed by".split())
_NAME = frozenset(("name",))


def find_in_letters(parsed: ParsedText, start: int, end: int) -> list[Finding]:
    """Return the recipient and the sender of a letter, for types that ask for them."""
    wanted = _wanted(parsed.frames)
    found: list[Finding] = []
    for to, value in _people(parsed.text) if wanted else ():
        if not start <= value.start < end:
            continue
        for frame, slot, wants_recipient in wanted:
            kept = accept(slot.prop, value) if wants_recipient is to else None
            named = slot.prop.kind is not Kind.PERSON or names.person_quality(str(value.value))
            if kept is not None and named:
                found.append(unlabelled(frame, slot, leaf(kept, CUE)))
    return found


@lru_cache(maxsize=8)
def _wanted(frames: tuple[Frame, ...]) -> tuple[tuple[Frame, Slot, bool], ...]:
    """Return the properties for whom a letter is to (True) and from (False), of types of which a document is one."""
    kinds = (Kind.TEXT, Kind.PERSON, Kind.PARTY)
    found = []
    for frame in frames:
        for slot in () if frame.is_part or frame.occurs == "many" else frame.slots:
            words = set(plain_words(slot.path[-1])) - _NAME
            if slot.prop.kind not in kinds or slot.prop.many or len(slot.path) > 1 or not words:
                continue
            if words <= _TO or words <= _FROM:
                found.append((frame, slot, words <= _TO))
    return tuple(found)


def _people(text: str) -> Iterator[tuple[bool, Value]]:
    """Yield the recipient (True) of a text with a salutation, and the sender (False) who closes it."""
    dear = _DEAR.search(text)
    if dear is None:
        return
    first, last = dear.span("name")
    titled = _TITLE.match(text, first, last)
    first = titled.end() if titled else first
    if not _NOBODY.match(text, first, last) and last > first:
        yield True, _in_full(text, first, last, bool(titled))
    closes = list(_CLOSE.finditer(text, dear.end()))
    if closes:
        first, last = closes[-1].span("name")
        name = text[first:last].strip(" *_.")
        if name[:1].isupper() and len(name.split()) <= 5:
            yield False, Value(" ".join(name.split()), first, first + len(name), 0.9)


def _in_full(text: str, first: int, last: int, titled: bool) -> Value:
    """Return the recipient's name as the lines over the salutation have it in full: `Dear Ms Doe` is Jane Doe."""
    said = text[first:last].split()
    for match in _FULL.finditer(text, 0, first) if len(said) == 1 else ():
        lead = _TITLE.match(text, *match.span())
        start = lead.end() if lead else match.start()
        name = text[start : match.end()].rstrip(".")
        words = name.split()
        if len(words) > 1 and words[-1 if titled else 0] == said[0]:
            return Value(name, start, start + len(name), 0.95)
    return Value(" ".join(said), first, last, 0.9)
