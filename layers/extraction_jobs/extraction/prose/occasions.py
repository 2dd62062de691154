"""When and where something takes place: `held at the Almshouse on 14 January 2026 at 2 pm`."""

from __future__ import annotations

import re

from extraction.confidence import CUED
from extraction.findings import Finding, leaf, value_finding
from extraction.frames import Frame
from extraction.kinds import Kind
from extraction.parsed_text import ParsedText
from extraction.prose.lexicon import Sort
from extraction.prose.reading import read_words
from extraction.recognise import accept, dates
from extraction.recognise.value import Value
from extraction.structure import Entry
from extraction.words import tokens

_HEAD = 1200  # code points in which a document says when and where it was, or will be
_HELD = re.compile(
    r"\b(?:held|takes? place|taking place|took place|convened|met|meets|assembled|invite[sd]? you|"
    r"stattfindet|findet|fand|stattgefunden|tenue|tient|tiendra|réunie?s?|aura lieu|a lieu|a eu lieu|"
    r"celebrada|celebrado|reunida|reunidos|se celebra|se celebrará|si è riunit[ao]|si è tenut[ao]|"
    r"tenutasi|tenuta|riunit[ao]|"
    r"gehouden|realizada)\b",
    re.IGNORECASE,
)
_NEXT = re.compile(r"\b(?:next|nächste\w*|prochaine?|próxima|prossima|volgende)\b", re.IGNORECASE)
_AT = re.compile(
    r"\b(?:at|in|im|in der|in den|à|au|dans|en|presso|nella|nel|te)\s+(?:the\s+|la\s+|le\s+|het\s+)?[*_]{0,2}"
)
_MONTH_OR_FIGURE = re.compile(
    r"[*_]{0,2}(?:\d|jan|feb|mar|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez|noon|mid|person)",
    re.IGNORECASE,
)
_MOST_PLACES = 6


def find_occasion(parsed: ParsedText, entry: Entry) -> list[Finding]:
    """Return date, time and place of what a document is about, from the sentence that announces it."""
    text, span = parsed.text, entry.span
    if span.start > _HEAD or entry.kind == "heading":
        return []
    frames = [f for f in parsed.frames if not f.is_part and f.occurs != "many"]
    held = _HELD.search(text, span.start, min(span.end, span.start + _HEAD)) if frames else None
    if held is None or _NEXT.search(text, max(span.start, held.start() - 60), held.start()):
        return []
    end = min(span.end, held.end() + 250)
    days = dates.find_dates(text, held.start(), end, parsed.ways)
    if not days:
        return []
    times = [t for t in dates.find_times(text, days[0].end, end) if t.start - days[0].end <= 40]
    found: list[Finding] = []
    for frame in frames:
        named = any(set(name) <= set(tokens(text[span.start : end])) for name in frame.names)
        values = {
            "date": days[0],
            "time": times[0] if times else None,
            "location": _place(text, held.end(), end),
        }
        for word, value in values.items():
            found += _said(frame, entry, word, value, 0.9 if named else 0.6)
    return found


def _said(frame: Frame, entry: Entry, word: str, value: Value | None, rate: float) -> list[Finding]:
    wanted = {"date": Kind.DATE, "time": Kind.TIME, "location": Kind.TEXT}[word]
    for slot in frame.slots:
        kept = accept(slot.prop, value) if value is not None and slot.prop.kind is wanted else None
        if kept is None or not any(_is_bare(label, word, frame) for label in slot.labels):
            continue
        made = leaf(kept, CUED, 1.0)
        return [
            value_finding(
                frame.key, slot.index, [made], at=kept.start, block=entry.block,
                section=entry.section, label=rate, own=rate > 0.8,
            )
        ]  # fmt: skip
    return []


def _is_bare(label: tuple[str, ...], word: str, frame: Frame) -> bool:
    """Tell `date` and `meeting date` of a meeting from `due date`."""
    return word in label and not set(label) - {word} - frame.own - {"event", "meeting", "hearing"}


def _place(text: str, start: int, end: int) -> Value | None:
    for number, at in enumerate(_AT.finditer(text, start, end)):
        if number >= _MOST_PLACES:
            break
        if _MONTH_OR_FIGURE.match(text, at.end(), end):
            continue
        found = read_words(Sort.PLACE, text, at.end(), end)
        if found is not None and found.start - at.end() <= 1:
            return found
    return None
