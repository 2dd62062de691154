"""People as letters and articles name them: with a job before or behind the name, under a letter, above a company."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from extraction.labels.names_of_roles import JOB_TITLE
from extraction.values import codes, names, registered
from extraction.values.value import Value

_NOUN = (
    r"(?:manager|director|officer|head|engineer|analyst|architect|developer|designer|consultant|counsel|president|chair|"
    r"chairman|chairwoman|chairperson|secretary|treasurer|professor|lecturer|editor|partner|lead|leader|founder|executive|"
    r"scientist|researcher|spokesman|spokeswoman|spokesperson|assistant|associate|coordinator|specialist|adviser|advisor|"
    r"recruiter|accountant|lawyer|solicitor|physician|surgeon|nurse|technician|mayor|minister|principal|teacher|curator|"
    r"conductor|coach|captain|inspector|auditor|owner|representative|trustee|ombudsman|commissioner|governor|dean|"
    r"CEO|CFO|CTO|COO|CIO|CISO|CMO|Geschäftsführer(?:in)?|Leiter(?:in)?|Vorsitzende[r]?|Sprecher(?:in)?|Vorstand|"
    r"Prokurist(?:in)?|directeur|directrice|président[e]?|responsable|gérant[e]?|chef(?:fe)?)"
)
_OF = (
    r"(?:[ ](?:of|for|de|du|des|für|der)[ ](?:the[ ])?[A-ZÀ-Þ][\w&-]*"
    r"(?:[ ](?:and|&|und|et)?[ ]?[A-ZÀ-Þ][\w&-]*){0,2})"
)
_BEHIND = re.compile(
    rf"(?:,\s(?:the\s|our\s|its\s|their\s)?|\s\(|\s[–—-]\s|,?\s(?:is|was)\s(?:the\s|our\s|its\s)?)"
    rf"(?P<role>(?:[\w&/'’-]+\s){{0,4}}?(?i:{_NOUN})\b(?:{_OF})?)"
)
_BEFORE = re.compile(
    rf"(?<![\w'’])(?P<role>(?:(?!(?:our|the|its|their|by|with|and|to|contact|said|new|a|an|my|your|is|was|as)\b)"
    rf"[a-z][\w-]*\s){{0,3}}{_NOUN})"
    r",?\s+(?:(?:Mr|Mrs|Ms|Dr|Prof|Herr|Frau|M|Mme)\.?\s+)?$"
)
_APPOSED = re.compile(r"(?:,\s(?:the\s|our\s|its\s)?|\s\(|\s[–—-]\s)")
_WORKS = re.compile(
    r",?\s+(?:of|at|from|with|bei|von|chez|der|de|du)\s+(?:the\s+|der\s+|la\s+)?|,\s+|\s\(|\s@\s|\s[–—-]\s"
)
_CLOSING = re.compile(
    r"(?:yours (?:sincerely|faithfully|truly)|sincerely|(?:kind|best|warm|with best)\s*(?:regards|wishes)?|regards|"
    r"respectfully|many thanks|thank you|mit (?:freundlichen|besten|herzlichen) grüßen|"
    r"freundliche grüße|hochachtungsvoll|viele grüße|cordialement|bien cordialement|"
    r"veuillez agréer[^\n]{0,100}|salutations|un cordiale saluto|"
    r"cordiali saluti|distinti saluti|atentamente|un saludo|met vriendelijke groet(?:en)?)[ ,.!]*$",
    re.IGNORECASE | re.MULTILINE,
)
_ON_BEHALF = re.compile(
    r"(?:signed\s+)?(?:for and )?on behalf of|für die|pour (?:la société|le compte de)|im auftrag (?:der|von)",
    re.IGNORECASE,
)
_ENDS_SENTENCE = re.compile(r"[.!?]\s+[A-ZÀ-Þ]|;")
_FAX = re.compile(r"(?i)\bfax|\b(?:iban|account|konto|invoice|rechnung|no\.|nr)\b")
_REACH = 110
_BLOCK_LINES = 6
_MOST_WORDS = 4  # of what stands over a name
_SURE = 0.8
_SURE_NAME = 0.84
_LONGEST_LINE = 80


@dataclass(slots=True)
class Card:
    """A person, and what stands beside the name: role, organisation, email, phone."""

    person: Value
    details: dict[str, Value] = field(default_factory=dict)


def card_of(text: str, person: Value, start: int, end: int) -> Card:
    """Return what a stretch of text says of a person named in it."""
    card = Card(person)
    after_end = min(end, person.end + _REACH)
    behind = _role_behind(text, person, after_end)
    if behind is not None:
        card.details["role"] = behind
    else:
        before = _BEFORE.search(text, max(start, person.start - 60), person.start)
        if before is not None:
            first, last = before.span("role")
            card.details["role"] = Value(" ".join(before["role"].split()), first, last, 0.8)
    _add_employer(card, text, after_end)
    _add_email(card, text, after_end)
    _add_phone(card, text, end)
    if is_block(text, person):
        _add_block(card, text)
    return card


def _add_email(card: Card, text: str, end: int) -> None:
    """`Jane Doe (jane@acme.example)`, `Jane Doe <jane@acme.example>`."""
    beside = card.person.end
    if text[beside : beside + 1] not in (" ", ",", "(", "<", "[") or "@" not in text[beside:end]:
        return
    emails = codes.find_emails(text, beside, end)
    if emails and "\n\n" not in text[beside : emails[0].start]:
        card.details["email"] = emails[0]


def _add_phone(card: Card, text: str, end: int) -> None:
    """`Jane Doe, site manager, 07700 900 871`; a number in the next sentence or line is somebody else's."""
    stop = text.find("\n", card.person.end, end)
    line = stop if stop >= 0 else end
    phones = registered.find_phones(text, card.person.end, line)
    if not phones:
        return
    between = text[card.person.end : phones[0].start]
    if not _ENDS_SENTENCE.search(between) and not _FAX.search(between):
        card.details["phone"] = phones[0]


def _role_behind(text: str, person: Value, end: int) -> Value | None:
    """`Jane Doe, the chief engineer of`, `Jane Doe (Chair)`, `Jane Doe is head of`."""
    lead = _APPOSED.match(text, person.end, end)
    title = JOB_TITLE.match(text, lead.end(), end) if lead else None
    if title is not None:
        return Value(" ".join(title[0].split()), title.start(), title.end(), 0.85)
    found = _BEHIND.match(text, person.end, end)
    if found is None:
        return None
    first, last = found.span("role")
    return Value(" ".join(found["role"].split()), first, last, 0.8)


def _add_employer(card: Card, text: str, end: int) -> None:
    """`Jane Doe, CFO of Acme AG`, `Jane Doe of Acme AG`, `Jane Doe (Acme AG)`."""
    role = card.details.get("role")
    after = role.end if role and role.start > card.person.end else card.person.end
    begin = role.start if role and role.start > card.person.end else after
    for body in names.find_organisations(text, begin, end)[:1]:
        if role and role.start < body.start < role.end:  # "president of the Institute of Physics"
            cut = text.rfind(" of ", role.start, body.start)
            if cut > role.start:
                quote = text[role.start : cut]
                card.details["role"] = Value(" ".join(quote.split()), role.start, cut, role.quality)
            after = cut if cut > role.start else after
        if _WORKS.fullmatch(text, after, body.start):
            card.details["organisation"] = body


def _add_block(card: Card, text: str) -> None:
    """A name on a line of its own has its role, company and numbers on the lines below."""
    line_end = text.find("\n", card.person.end)
    line_end = line_end if line_end >= 0 else len(text)
    if text[card.person.end : line_end].strip(" *_"):
        return
    at = line_end + 1
    for number in range(_BLOCK_LINES):
        end = text.find("\n", at)
        end = end if end >= 0 else len(text)
        line = text[at:end]
        if not line.strip() or len(line) > _LONGEST_LINE:
            break
        _add_line(card, text, at, end, number)
        at = end + 1
    if "organisation" not in card.details:
        _add_principal(card, text)
    if "role" not in card.details and {"phone", "email"} & card.details.keys():
        _add_heading(card, text)


def _add_heading(card: Card, text: str) -> None:
    """The line over a name that opens a block says what the person is: `Harbour master`."""
    last = text.rfind("\n", 0, card.person.start)
    first = text.rfind("\n", 0, max(last, 0)) + 1
    line = text[first : max(last, first)]
    above = text[text.rfind("\n", 0, max(first - 1, 0)) + 1 : max(first - 1, 0)]
    words = line.split()
    plain = 0 < len(words) <= _MOST_WORDS and all(c.isalpha() or c in " '’&/-" for c in line)
    if not plain or above.strip() or not line[0].isupper() or _CLOSING.search(line):
        return
    if names.person_quality(line) < _SURE and not names.is_organisation(line):
        card.details["role"] = Value(" ".join(words), first, first + len(line.rstrip()), 0.7)


def _add_line(card: Card, text: str, start: int, end: int, number: int) -> None:
    first = start + len(text[start:end]) - len(text[start:end].lstrip())
    last = start + len(text[start:end].rstrip(" ,"))
    line = text[first:last]
    emails = codes.find_emails(text, first, last)
    phones = registered.find_phones(text, first, last)
    if emails:
        card.details.setdefault("email", emails[0])
    if phones:
        card.details.setdefault("phone", phones[0])
    if emails or phones or ":" in line:
        return
    bodies = [b for b in names.find_organisations(text, first, last) if b.quality >= 0.7]
    comma = text.find(",", first, last)
    if bodies:
        card.details.setdefault("organisation", bodies[0])
        last = bodies[0].start
        while last > first and text[last - 1] in " ,–—-":
            last -= 1
        line = text[first:last]
    elif comma > 0 and number == 0:
        last = comma
        line = text[first:last]
    words = line.split()
    titled = 0 < len(words) <= 6 and not any(c.isdigit() for c in line) and line[:1].isupper()
    named = names.person_quality(line) >= _SURE_NAME or "role" in card.details
    fits = number == 0 or (number == 1 and bool(JOB_TITLE.match(line)))
    if titled and fits and not named:
        card.details["role"] = Value(" ".join(words), first, last, 0.75)


def _add_principal(card: Card, text: str) -> None:
    """`Signed for and on behalf of Acme AG` above the name says for whom."""
    start = max(0, card.person.start - 220)
    found = None
    for match in _ON_BEHALF.finditer(text, start, card.person.start):
        found = match
    if found is None:
        return
    bodies = names.find_organisations(text, found.end(), card.person.start)
    if bodies and bodies[0].start - found.end() <= 6:
        card.details["organisation"] = bodies[0]


def signature(text: str) -> Value | None:
    """Return who signed a letter: the person on the first lines behind its closing words."""
    for closing in reversed(list(_CLOSING.finditer(text))[-8:]):
        at = closing.end()
        for _ in range(_BLOCK_LINES):
            end = text.find("\n", at)
            end = end if end >= 0 else len(text)
            found = names.whole_person(
                text, at + len(text[at:end]) - len(text[at:end].lstrip()), end
            )
            if found is not None and found.quality >= _SURE:
                return found
            at = end + 1
            if at >= len(text):
                break
    return None


def is_block(text: str, person: Value) -> bool:
    """Tell a name that stands on a line of its own."""
    line = text.rfind("\n", 0, person.start) + 1
    end = text.find("\n", person.end)
    end = end if end >= 0 else len(text)
    before, behind = text[line : person.start], text[person.end : end]
    return not before.strip(" *_-") and not behind.strip(" ,*_")
