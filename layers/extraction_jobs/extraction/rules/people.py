"""People as letters and articles name them: with a job before or behind the name, and under a letter."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice

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
_CLOSING = re.compile(
    r"(?:yours (?:sincerely|faithfully|truly)|sincerely|(?:kind|best|warm|with best)\s*(?:regards|wishes)?|regards|"
    r"respectfully|many thanks|thank you|mit (?:freundlichen|besten|herzlichen) grüßen|"
    r"freundliche grüße|hochachtungsvoll|viele grüße|cordialement|bien cordialement|"
    r"veuillez agréer[^\n]{0,100}|salutations|un cordiale saluto|"
    r"cordiali saluti|distinti saluti|atentamente|un saludo|met vriendelijke groet(?:en)?)[ ,.!]*$",
    re.IGNORECASE | re.MULTILINE,
)
_ENDS_SENTENCE = re.compile(r"[.!?]\s+[A-ZÀ-Þ]|;")
_FAX = re.compile(r"(?i)\bfax|\b(?:iban|account|konto|invoice|rechnung|no\.|nr)\b")
_REACH = 110
_SURE = 0.8
_LINE = re.compile(r"[^\s][^\n]*[^\s]")
_SIGNED_WITHIN = 6  # lines behind the closing words


def details_of(text: str, person: Value, start: int, end: int) -> dict[str, Value]:
    """Return what a stretch of text says beside a person's name: role, email, phone."""
    near = min(end, person.end + _REACH)
    role = _role_behind(text, person, near) or _role_before(text, person, start)
    found = {"role": role, "email": _email(text, person, near), "phone": _phone(text, person, end)}
    return {name: value for name, value in found.items() if value is not None}


def _email(text: str, person: Value, end: int) -> Value | None:
    """`Jane Doe (jane@acme.example)`, `Jane Doe <jane@acme.example>`."""
    if text[person.end : person.end + 1] not in (" ", ",", "(", "<", "["):
        return None
    found = codes.find_emails(text, person.end, end) if "@" in text[person.end : end] else []
    return found[0] if found and "\n\n" not in text[person.end : found[0].start] else None


def _phone(text: str, person: Value, end: int) -> Value | None:
    """`Jane Doe, site manager, 07700 900 871`; a number in the next sentence or line is somebody else's."""
    stop = text.find("\n", person.end, end)
    found = registered.find_phones(text, person.end, stop if stop >= 0 else end)
    between = text[person.end : found[0].start] if found else ";"
    return None if _ENDS_SENTENCE.search(between) or _FAX.search(between) else found[0]


def _role_behind(text: str, person: Value, end: int) -> Value | None:
    """`Jane Doe, the chief engineer of`, `Jane Doe (Chair)`, `Jane Doe is head of`."""
    lead = _APPOSED.match(text, person.end, end)
    title = JOB_TITLE.match(text, lead.end(), end) if lead else None
    if title is not None:
        return Value(" ".join(title[0].split()), title.start(), title.end(), 0.85)
    found = _BEHIND.match(text, person.end, end)
    return Value(" ".join(found["role"].split()), *found.span("role"), 0.8) if found else None


def _role_before(text: str, person: Value, start: int) -> Value | None:
    found = _BEFORE.search(text, max(start, person.start - 60), person.start)
    return Value(" ".join(found["role"].split()), *found.span("role"), 0.8) if found else None


@lru_cache(maxsize=1)
def signature(text: str) -> Value | None:
    """Return who signed a letter: the person on the first lines behind its closing words."""
    for closing in reversed(list(_CLOSING.finditer(text))[-8:]):
        for line in islice(_LINE.finditer(text, closing.end()), _SIGNED_WITHIN):
            found = names.whole_person(text, *line.span())
            if found is not None and found.quality >= _SURE:
                return found
    return None
