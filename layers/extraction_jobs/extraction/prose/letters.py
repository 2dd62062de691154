"""Letters: who writes to whom, from the blocks over the salutation and under the closing words."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from extraction.prose.bodies import is_postal, is_street
from extraction.prose.people import signature
from extraction.recognise import names, registered
from extraction.recognise.value import Value

_HEAD = 2500  # code points in which a letter is addressed
_SALUTATION = re.compile(
    r"^[ \t]*(?:Dear|Sehr geehrte[rs]?|Liebe[rs]?|Guten Tag|Hallo|Madame|Monsieur|Mademoiselle|Mesdames|Chère?s?|"
    r"Estimad[oa]s?|Distinguid[oa]s?|Muy señor(?:a|es)?|Gentile|Gentili|Egregi[oa]?|Spett(?:\.le|abile)|Geachte|"
    r"Beste|Exm[oa]s?\.?|Caro|Cara)"
    r"\b[^\n.;]{0,60}[,:!][ \t]*$|^[ \t]*Dear [^\n.;]{1,50}$",
    re.MULTILINE | re.IGNORECASE,
)
_DATE_LINE = re.compile(r"\d{4}\s*\.?$|^\d{1,2}[./-]\d{1,2}[./-]\d{2,4}$")
_REFERENCE = re.compile(
    r"(?i)\b(?:ref|reference|référence|zeichen|objet|betreff|subject|re|asunto|oggetto|onderwerp|dossier|aktenzeichen|"
    r"our ref|your ref|date|datum|tel|phone|e-?mail|fax|www)\b\.?\s*:?"
)
_NO_NAME = re.compile(r"[@:\d]")
_SURE = 0.8
_MOST_LINES = 40
_LONGEST = 70
_LEAST_LINES = 2


@dataclass(frozen=True, slots=True)
class Party:
    """One side of a letter, as its block says it."""

    people: tuple[Value, ...] = ()
    body: Value | None = None
    address: Value | None = None
    phone: Value | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter between a private person and a body: which is which, whoever writes."""

    private: Party
    body: Party


@dataclass(slots=True)
class _Block:
    lines: list[tuple[int, int]] = field(default_factory=list)


def letter_of(text: str) -> Letter | None:
    """Return the two sides of a letter, or None if the text is no letter or does not say."""
    greeting = _SALUTATION.search(text, 0, min(len(text), _HEAD))
    signer = signature(text)
    if greeting is None:
        return None
    blocks = _blocks(text, 0, greeting.start())
    parties = [_party(text, block) for block in blocks if len(block.lines) >= _LEAST_LINES]
    parties = [p for p in parties if p.address is not None or p.body is not None or p.people]
    if not parties:
        under = _under(text, signer) if signer is not None else Party()
        if signer is None or under.address is None:
            return None
        return Letter(Party((signer,), None, under.address, under.phone), Party())
    sender, recipient = _sides(parties, signer)
    if sender is not None and _is_body(sender):
        return Letter(recipient or Party(), sender)
    if recipient is not None and _is_body(recipient) and signer is not None:
        under = _under(text, signer)
        address = (sender.address if sender else None) or under.address
        phone = under.phone or (sender.phone if sender else None)
        return Letter(Party((signer,), None, address, phone), recipient)
    return None


def _sides(parties: list[Party], signer: Value | None) -> tuple[Party | None, Party | None]:
    """Tell who writes from who is written to: the last block is whom the letter is for."""
    if len(parties) > 1:
        return parties[0], parties[-1]
    only = parties[0]
    mine = signer is not None and any(p.value == signer.value for p in only.people)
    return (only, None) if mine or not (only.people or only.body) else (None, only)


def _is_body(party: Party) -> bool:
    return party.body is not None


def _blocks(text: str, start: int, end: int) -> list[_Block]:
    """Return the blocks of short lines over a salutation; columns side by side are blocks of their own."""
    blocks: list[_Block] = []
    current: _Block | None = None
    at = start
    for _ in range(_MOST_LINES):
        if at >= end:
            break
        stop = text.find("\n", at, end)
        stop = stop if stop >= 0 else end
        line = text[at:stop]
        first, last = at + len(line) - len(line.lstrip()), at + len(line.rstrip())
        if first >= last:
            current = None
        elif last - first <= _LONGEST and "  " not in text[first:last]:
            if current is None:
                current = _Block()
                blocks.append(current)
            current.lines.append((first, last))
        else:
            current = None
        at = stop + 1
    return blocks


def _party(text: str, block: _Block) -> Party:
    people: list[Value] = []
    body: Value | None = None
    address: list[tuple[int, int]] = []
    phone: Value | None = None
    for first, last in block.lines:
        line = text[first:last].rstrip(" ,")
        if is_street(line) or is_postal(line):
            address.append((first, first + len(line)))
            continue
        if (
            address
            and not any(is_postal(text[a:b]) for a, b in address)
            and not _NO_NAME.search(line)
        ):
            address.append((first, first + len(line)))  # a town or village between street and code
            continue
        phones = registered.find_phones(text, first, last)
        phone = phone or (phones[0] if phones else None)
        if ":" in line or _DATE_LINE.search(line) or _REFERENCE.search(line) or phones:
            continue
        here = [v for v in names.listed_persons(text, first, last) if v.quality >= _SURE]
        sure = [v for v in here if v.quality > _TITLED or names.has_given_name(str(v.value))]
        if sure and not names.is_organisation(line):
            people += sure
        elif names.is_organisation(line) or (body is None and _may_be_body(line)):
            body = Value(" ".join(line.split()), first, first + len(line), 0.8)
    whole = any(is_postal(text[a:b]) for a, b in address)
    return Party(tuple(people), body, _address(text, address) if whole else None, phone)


_TITLED = 0.9


def _may_be_body(line: str) -> bool:
    words = line.split()
    capitals = sum(w[0].isupper() or not w[0].isalpha() for w in words)
    return (
        bool(words)
        and not _NO_NAME.search(line)
        and capitals * 2 > len(words)
        and line[0].isupper()
    )


def _address(text: str, places: list[tuple[int, int]]) -> Value:
    joined = ", ".join(" ".join(text[a:b].split()) for a, b in places)
    return Value(joined, places[0][0], places[0][1], 0.85, tuple(places[1:]))


def _under(text: str, signer: Value) -> Party:
    """Return what stands in the block under a signature."""
    stop = text.find("\n\n", signer.end)
    blocks = _blocks(text, signer.end, stop if stop >= 0 else len(text))
    return _party(text, blocks[0]) if blocks else Party()
