"""People and organisations that a document names, wherever it does."""

from __future__ import annotations

from itertools import zip_longest

from extraction.document.parsed_text import ParsedText
from extraction.records.confidence import MENTION
from extraction.records.findings import BODY, PERSON, Finding, Mention, leaf
from extraction.rules.people import details_of
from extraction.values import names

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
