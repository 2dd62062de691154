"""People and organisations that a document names, wherever it does, and what stands behind a person's name."""

from __future__ import annotations

import re
from itertools import zip_longest

from extraction.document.parsed_text import ParsedText
from extraction.labels.word_lists import any_of, words_of
from extraction.records.confidence import MENTION
from extraction.records.findings import BODY, PERSON, Finding, Mention, leaf
from extraction.values import codes, names
from extraction.values.value import Value

_SPACE = re.compile(r"\s")
_BESIDE = 130  # code points behind a name that may speak of the person
_TITLED = 0.95  # quality of a name behind "Dr" or "Ms"
_TWO = 2


def find_mentions(parsed: ParsedText, start: int, end: int) -> list[Finding]:
    """Return the people and organisations that running text and tables name, those that a type has use for."""
    if not parsed.mentions:
        return []
    spans = [entry.span for entry in parsed.entries_in(start, end)]
    for table in parsed.tables_in(start, end):
        if len(table.header) == _TWO and start <= table.header[0].start < end:
            spans += table.header  # the first of two blocks side by side, or of pairs
        spans += [cell for row in table.rows_between(start, end) for cell in row]
    return [found for span in spans for found in _mentions_in(parsed, span.start, span.end)]


def _mentions_in(parsed: ParsedText, start: int, end: int) -> list[Finding]:
    found: list[Finding] = []
    if not _SPACE.search(parsed.text, start, end):
        return found  # a single word names nobody
    if BODY in parsed.mentions:
        bodies = names.find_organisations(parsed.text, start, end)
        found += [Mention(BODY, leaf(body, MENTION), {}) for body in bodies]
    if PERSON in parsed.mentions:
        found += _people(parsed.text, start, end)
    return found


def _people(text: str, start: int, end: int) -> list[Finding]:
    """People count with a title, a job or an address beside the name, or a known given name."""
    found: list[Finding] = []
    people = names.find_persons(text, start, end)
    for person, following in zip_longest(people, people[1:]):
        stop = min(end, person.end + _BESIDE, following.start if following else end)
        details = details_of(text, person, stop)
        known = person.quality >= _TITLED or names.has_given_name(str(person.value))
        if known or details:
            beside = {name: leaf(value, MENTION) for name, value in details.items()}
            found.append(Mention(PERSON, leaf(person, MENTION), beside))
    return found


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
