"""Findings from the title of a document that names its number and its day: `Invoice No. 17-204 of 3 May 2026`."""

from __future__ import annotations

import re

from extraction.document.parsed_text import ParsedText
from extraction.document.structure import KEY_VALUE, Entry
from extraction.labels.words import plain_words
from extraction.records.drafts import HEAD_CHARACTERS
from extraction.records.findings import Finding, ValueFinding, leaf
from extraction.schema.frames import Frame
from extraction.schema.kinds import Kind
from extraction.values.dates import find_dates
from extraction.values.value import Value

_TITLE = re.compile(
    r"[ \t#*_]*(?P<name>[^\W\d_][^\W\d_-]*(?:[ -][^\W\d_]+){0,3})(?:[ ]\(\d{1,4}\))?[ ]"
    r"(?:[Nn][°ºo]\.?|N[Oo]\.|[Nn]r\.?|NR\.?|#|[Nn]umber|NUMBER|[Nn]ummer)[ ]?:?[ ]?"
    r"(?P<number>(?=[^\s,]{0,30}\d)[\w./-]*\w)"
    r"(?:,?[ ](?:vom|of|dated|from|du|del|della|van|de|do|on)[ \n](?P<day>[^\n]{6,30}))?[ .*_]*$"
)
_OF = frozenset("of des der du de d di del della van".split())
_LONGEST = 120  # code points of such a line


def find_in_titles(parsed: ParsedText, start: int, end: int) -> list[Finding]:
    """Return the number and day in lines near the top, for each type that a line names."""
    entries = parsed.entries_in(start, min(end, HEAD_CHARACTERS + 1))
    return [found for entry in entries for found in _in_title(parsed, entry)]


def _in_title(parsed: ParsedText, entry: Entry) -> list[Finding]:
    start, end = entry.span.start, entry.span.end
    if end - start > _LONGEST or entry.kind == "item":
        return []
    match = _TITLE.match(parsed.text, start, end)
    if match is None:
        return []
    number = Value(match["number"], *match.span("number"), 0.95)
    days = find_dates(parsed.text, *match.span("day"), parsed.ways) if match["day"] else []
    found: list[Finding] = []
    for frame in parsed.frames:
        if frame.is_part or not _names(frame, match["name"]):
            continue
        if frame.identity is not None and frame.identity.prop.kind is Kind.IDENTIFIER:
            found.append(_finding(frame, frame.identity.index, number, entry))
        called = frame.match(f"{frame.type.name} date")
        day = next((s for rate, s in called if rate >= 0.9 and s.prop.kind is Kind.DATE), None)
        if day is not None and len(days) == 1:
            found.append(_finding(frame, day.index, days[0], entry))
    return found


def _names(frame: Frame, name: str) -> bool:
    """Tell a title that ends in what the type is called, or begins so: `Mietvertrag`, `Facture de solde`."""
    said = plain_words(name)
    heads = (said[-1], said[0]) if len(said) > 1 and said[1] in _OF else said[-1:]
    called = [plain_words(label)[-1:] for label in frame.type.labels]
    return any(
        head.endswith(words[0]) for words in called for head in heads if words and len(words[0]) > 3
    )


def _finding(frame: Frame, slot: int, value: Value, entry: Entry) -> Finding:
    return ValueFinding(
        frame.key, slot, (leaf(value, KEY_VALUE),), at=value.start, block=entry.block,
        section=entry.section, label=1.0, own=True,
    )  # fmt: skip
