"""The opening of an agreement, its sentence that says which agreement it is, of which day, and between whom.

`This Supply Agreement is made as of 3 May 2026 by and between Acme Ltd, an English company (the "Supplier"), and ...`
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from extraction.document.opening_terms import QUOTED, WORD, address_of, letters, role_of
from extraction.labels.word_lists import any_of, words_of
from extraction.values.value import Value

_HEAD = 3_000  # code points in which `Between` alone opens an agreement
_WITHIN = 40_000  # code points in which an agreement opens: before it may stand a cover and a table of contents
_BEFORE = 700  # code points between `This Agreement` and `between`
_LONGEST = 3_000  # code points in which the parties are named
_MOST = 30  # parties
_NAME_REACH = 160  # code points of a name


NOUN = (
    r"(?:Agreement|Contract|Amendment|Lease|Sublease|Deed|Guaranty|Guarantee|Addendum|Memorandum|Licen[cs]e|Consent|"
    r"Waiver|Pledge|Note|Supplement|Indenture|Settlement|Understanding|Assignment|Mortgage|Release|NDA|Undertaking|"
    r"Warrant|Plan|Joinder|Terms)"
)
_PAPER = re.compile(rf"\b(?i:{NOUN})\W*$")  # no party is called so
_THIS = re.compile(rf"\b(?:THIS|This)\s+(?=(?:[^\s.]+[ \n]+){{0,16}}?[“\"(]?(?i:{NOUN})\b)")
# `PLEDGE AGREEMENT dated as of 3 May 2026 among`
_TITLED = re.compile(
    rf"(?:^|(?<=\s))[A-Z][A-Z0-9&,'’/ -]{{0,110}}?\b{NOUN.upper()}\b"
    r"(?=,?\s+(?:dated|made|entered|between|among|is|by)\b)"
)
_BETWEEN = re.compile(
    r"(?:[Bb](?<!\w.)(?:etween|ETWEEN)|[Aa](?<!\w.)(?:mong(?:st)?|MONG(?:ST)?))(?i:\s+and\s+among)?\b[\s:,*_]*"
)
_BEGINS_LINE = re.compile(r"(?:^|\n)[ \t*_#]*$")
_MADE_BY = re.compile(r"\b(?:made|given|executed|delivered)(?:\s+and\s+\w+)?\s+by\s+(?!and\s)")
_NO_OPENING = re.compile(
    r"(?i:\b(?:whereas|pursuant\s+to|subject\s+to|that\s+certain|defined\s+in)\b)|[.;]\s+[A-Z]"
)
_ABBREVIATED = re.compile(
    r"(?:\b(?:Inc|INC|Corp|CORP|Ltd|LTD|Co|CO|No|Nos|St|Jr|Sr|Mr|Mrs|Ms|Dr|Bros|Messrs|U\.S)|\b[A-Za-z]|\.[A-Za-z]{1,2})$"
)
_STOP = re.compile(
    r"\b(?:WHEREAS|Whereas|RECITALS?|Recitals?|BACKGROUND|Background|WITNESSETH|Witnesseth|W\s?I\s?T\s?N\s?E\s?S\s?S|"
    r"NOW,?\s+THEREFORE|Now,?\s+therefore|IN\s+CONSIDERATION|In\s+consideration|PRELIMINARY|INTRODUCTION|"
    r"AGREED\s+TERMS|IT\s+IS\s+(?:HEREBY\s+)?AGREED|(?:hereby\s+)?agree\s+as\s+follows|TABLE\s+OF\s+CONTENTS|"
    r"(?i:the\s+indebtedness))\b"
)
_SENTENCE = re.compile(r"\.[”\"’)]?\s+(?=(?P<next>[A-Z0-9“\"(]\w*))")
_OPENS_SENTENCE = frozenset(
    "The This These Each Capitalized Terms All In For Any As Unless Such It RECITALS Reference Pursuant".split()
)

_BODIES = (
    "Trust",
    "Bank",
    "Foundation",
    "University",
    "Authority",
    "Fund",
    "Partnership",
    "College",
    "Hospital",
)
_LEGAL = any_of({f for word in (*words_of("legal_form"), *_BODIES) for f in (word, word.upper())})
_FIRST = r"[A-ZÀ-Þ0-9][\w.'’&/-]*"
_JOIN = r"(?:of|the|for|de|du|des|la|le|del|di|van|von|der|bin|binti|&|\+)"
_BRACKET = r"\([A-Z0-9][\w. ]{0,24}\)"
_LEGAL_NAME = re.compile(
    rf"{_FIRST}(?:\s+(?:{_FIRST}|{_JOIN}|{_BRACKET})){{0,10}}?,?\s+{_LEGAL}(?!\w)\.?(?:,?\s+{_LEGAL}(?!\w)\.?){{0,2}}"
    rf"(?:\s+[IVX]{{1,4}}\b(?:,\s+{_LEGAL}(?!\w)\.?)?|\s+of\s+(?:the\s+)?{_FIRST}(?:\s+{_FIRST}){{0,2}})?"
)
_AND = re.compile(rf"{_FIRST}\s+(?:and|AND)\s+")  # `Smith and Jones LLP`
_ALIAS = re.compile(rf",?\s+(?:d/b/a|D/B/A|dba|t/a)\s+{_FIRST}(?:\s+{_FIRST}){{0,5}}")
_PLAIN_NAME = re.compile(
    rf"{_FIRST}(?:\s+(?:(?:of|de|la|van|von|der|bin|binti|&)\s+(?:the\s+)?){{0,2}}{_FIRST}){{0,8}}(?:,\s+(?:N\.A\.|Jr\.?|Sr\.?|III?))?"
)
_DESCRIBED = re.compile(
    r"[*_]{0,2}\s*(?:,[*_]{0,2}\s+(?:an?|the|as|in|with|whose|having|residing|located|acting|on|through|by|its|of|"
    r"individually|organi[sz]ed|incorporated|registered|company|established)\b|\(|[“\"]|,\s+[\w ]{3,30}\()",
    re.IGNORECASE,
)
# What tells a name behind a comma from a place: `Jane Doe, a natural person`.
_WHAT_IT_IS = re.compile(
    r",\s+an?\s+(?:[\w-]+\s+){0,5}(?:person|individual|corporation|company|partnership|trust|resident|bank|association|"
    r"citizen)\b"
)
_JOINED = re.compile(r",?\s+(?:and|&)\s")
_SEPARATOR = re.compile(
    r"(?:[\s,;:*_–•|-]|(?:and|AND|or|by|between|BETWEEN|each\s+of|the|The|THE|Messrs\.?|Mr\.?|Mrs\.?|Ms\.?|Dr\.?)\s|"
    r"\(?(?:\d{1,2}|[A-Za-z]|[ivx]{1,4})[.)]\s|is\s+made\s+in\s+favou?r\s+of\s|in\s+favou?r\s+of\s)*"
)
_NEXT = re.compile(
    r"[,;]?\s+(?:and|AND|&)\s+(?:its\s+[\w\s-]{3,40},\s+)?|[,;]\s+|\n\s*\n\s*|\bin\s+favou?r\s+of\s+"
)
_OF_ANOTHER = re.compile(
    r"\b(?:partner|manager|member|trustee|agent|attorney|parent|nominee|representative|subsidiary\s+of)$",
    re.IGNORECASE,
)
_GROUPS = frozenset(
    "parties guarantors lenders borrowers beneficiaries purchasers holders subsidiaries banks investors stockholders "
    "shareholders members trustees affiliates sellers buyers creditors participants committee board directors".split()
)
_NOBODY = (
    words_of("party") | words_of("no_name") | frozenset(("holder", "executive", "undersigned"))
)
_TITLE_END = re.compile(
    r"\s*(?:[(,“\"]|\s(?:is|dated|made|entered|by|between|among|effective|shall|sets|and\s+is|has|executed|certifies)\b)"
)


class Party(NamedTuple):
    """Who is a party, what the agreement calls it, and where."""

    name: Value
    role: Value | None
    address: Value | None


class Opening(NamedTuple):
    """Where an agreement opens: `between` is the place where its parties begin to be named."""

    start: int
    between: int
    end: int
    title: Value | None
    parties: tuple[Party, ...]


@lru_cache(maxsize=1)
def opening_of(text: str) -> Opening | None:
    """Return the opening of the agreement that a text is, or None. All types of a document ask for the same."""
    on_cover: Opening | None = None
    for match in _begins(text):
        start = _start(text, match.start())
        if start is None:
            continue
        end = _end(text, match.end())
        parties = tuple(_parties(text, match.end(), end))
        if not parties:
            continue
        opening = Opening(start, match.start(), end, _title(text, start), parties)
        if QUOTED.search(text, match.end(), end):
            return opening
        on_cover = on_cover or opening  # which defines no terms
    return on_cover


def _begins(text: str) -> Iterator[re.Match[str]]:
    found = [*_BETWEEN.finditer(text, 0, _WITHIN), *_MADE_BY.finditer(text, 0, _WITHIN)]
    yield from sorted(found, key=lambda match: match.start())


def _start(text: str, between: int) -> int | None:
    """Return where the sentence begins that goes on with `between`, if it opens an agreement."""
    first = max(0, between - _BEFORE)
    starts = [*_THIS.finditer(text, first, between), *_TITLED.finditer(text, first, between)]
    if not starts and between < _HEAD and _BEGINS_LINE.search(text, 0, between):
        return between if re.search(rf"(?i:{NOUN})\b", text[:_HEAD]) else None
    for match in sorted(starts, key=lambda each: -each.start()):
        breaks = (
            each
            for each in _NO_OPENING.finditer(text, match.end(), between)
            if each[0][0] not in ".;" or not _ABBREVIATED.search(text[match.end() : each.start()])
        )
        if next(breaks, None) is None:
            return match.start()
    return None


def _end(text: str, start: int) -> int:
    """Return where the parties have been named: at the end of the sentence, or where the recitals begin."""
    last = min(len(text), start + _LONGEST)
    stop = _STOP.search(text, start, last)
    last = stop.start() if stop else last
    for match in _SENTENCE.finditer(text, start, last):
        abbreviated = _ABBREVIATED.search(text[max(start, match.start() - 12) : match.start()])
        if not abbreviated or match["next"] in _OPENS_SENTENCE:
            return match.start()
    return last


def _title(text: str, start: int) -> Value | None:
    """`This Supply Agreement` names the agreement, `This Agreement` does not."""
    lead = re.compile(r"(?:THIS|This)\s+").match(text, start)
    first = lead.end() if lead else start
    end = _TITLE_END.search(text, first, first + 200)
    words = text[first : end.start()].strip(" \n*_") if end else ""
    first = text.index(words, first)
    if (
        len(words.split()) < 2
        or not words[0].isupper()
        or words.startswith("TO ")
        or not re.search(rf"(?i:{NOUN})\b", words)
    ):
        return None
    return Value(" ".join(words.split()), first, first + len(words), 0.95)


def _parties(text: str, start: int, end: int) -> Iterator[Party]:
    at, named = start, set[str]()
    for _ in range(_MOST):
        name = _party_at(text, at, end)
        if name is None:
            following = _NEXT.search(text, at, end)
            if following is None:
                return
            at = following.end()
            continue
        at = _boundary(text, name.end, end)
        if letters(name.value) not in named:
            yield Party(name, role_of(text, name, at), address_of(text, name.end, at))
        named.add(letters(name.value))
        named.update(letters(match["term"]) for match in QUOTED.finditer(text, name.end, at))


def _party_at(text: str, at: int, end: int) -> Value | None:
    """Return the name that begins at a place: with a legal form, or one that is described or defined behind it."""
    lead = _SEPARATOR.match(text, at, end)
    at = lead.end() if lead else at
    stop = _end_of_name(text, at, end)
    words = {word.casefold() for word in WORD.findall(text[at:stop])}
    group = not _GROUPS.isdisjoint(words) and not _LEGAL_NAME.match(text, at, stop)
    if words <= _NOBODY or group or _PAPER.search(text, at, stop):
        return None
    alias = _ALIAS.match(text, stop, end)
    name = text[at : alias.end() if alias else stop].rstrip(" ,*_")
    return Value(" ".join(name.replace("*", "").split()), at, at + len(name), 0.95)


def _end_of_name(text: str, at: int, end: int) -> int:
    """Return where the name ends that begins at a place; the place itself if none does."""
    last = min(end, at + _NAME_REACH)
    first = _AND.match(text, at, last)
    match = _LEGAL_NAME.match(text, at, last)
    if match is None and first:
        match = _LEGAL_NAME.match(text, first.end(), last)
    if match is not None:
        return match.end()
    match = _PLAIN_NAME.match(text, at, last)
    if match is None or not any(map(str.isalpha, match[0])):
        return at
    joined = " " in match[0] and _JOINED.match(text, match.end(), end)
    if joined or _DESCRIBED.match(text, match.end(), end):
        return match.end()
    return match.end() if match.end() >= end - 1 and " " in match[0] else at


def _boundary(text: str, start: int, end: int) -> int:
    """Return where the text about one party ends: where the next one is named."""
    flat = _masked(text[start:end])
    for match in _NEXT.finditer(flat):
        at = start + match.end()
        before = flat[: match.start()].rstrip()
        joined = match[0].strip() not in (",", "") or before.endswith("\x00") or ";" in match[0]
        if _OF_ANOTHER.search(before[-24:]) and "and" not in match[0].casefold():
            continue
        lead = _SEPARATOR.match(text, at, end)
        first = lead.end() if lead else at
        legal = _LEGAL_NAME.match(text, first, min(end, first + _NAME_REACH))
        plain = None if legal else _party_at(text, at, end)
        if legal or (plain and (joined or _WHAT_IT_IS.match(text, plain.end, end))):
            return start + match.start()
    return end


def _masked(text: str) -> str:
    """Return the text with what stands in brackets made unreadable, place by place."""
    return re.sub(r"\([^()]*\)", lambda match: "\x00" * len(match[0]), text)
