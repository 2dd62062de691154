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
    _add_email(card, text, after_end)
    _add_phone(card, text, end)
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
