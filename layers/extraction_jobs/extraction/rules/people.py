"""What letters and articles say of a person behind the name: a role, an address."""

from __future__ import annotations

import re

from extraction.labels.word_lists import any_of, words_of
from extraction.values import codes
from extraction.values.value import Value

_NOUN = any_of(words_of("job"))
_OF = (
    r"(?:[ ](?:of|for|de|du|des|für|der)[ ](?:the[ ])?[A-ZÀ-Þ][\w&-]*"
    r"(?:[ ](?:and|&|und|et)?[ ]?[A-ZÀ-Þ][\w&-]*){0,2})"
)
_BEHIND = re.compile(
    rf"(?:,\s(?:the\s|our\s|its\s|their\s)?|\s\(|\s[–—-]\s|,?\s(?:is|was)\s(?:the\s|our\s|its\s)?)"
    rf"(?P<role>(?:[\w&/'’-]+\s){{0,4}}?(?i:{_NOUN})\b(?:{_OF})?)"
)
_REACH = 110


def details_of(text: str, person: Value, end: int) -> dict[str, Value]:
    """Return what stands behind a name, up to a place: `role` and `email`."""
    end = min(end, person.end + _REACH)
    found = {"role": _role(text, person, end), "email": _email(text, person, end)}
    return {name: value for name, value in found.items() if value is not None}


def _email(text: str, person: Value, end: int) -> Value | None:
    """`Jane Doe (jane@acme.example)`, `Jane Doe <jane@acme.example>`."""
    if text[person.end : person.end + 1] not in (" ", ",", "(", "<", "["):
        return None
    found = codes.find_emails(text, person.end, end) if "@" in text[person.end : end] else []
    return found[0] if found and "\n\n" not in text[person.end : found[0].start] else None


def _role(text: str, person: Value, end: int) -> Value | None:
    """`Jane Doe, the chief engineer of`, `Jane Doe (Chair)`, `Jane Doe is head of`."""
    found = _BEHIND.match(text, person.end, end)
    return Value(" ".join(found["role"].split()), *found.span("role"), 0.8) if found else None
