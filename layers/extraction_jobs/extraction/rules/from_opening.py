"""Findings from the opening of an agreement: its day, and what kind of agreement it is."""

from __future__ import annotations

import re
from functools import lru_cache

from extraction.document.opening import Opening
from extraction.document.parsed_text import ParsedText
from extraction.labels.words import plain_words
from extraction.records.confidence import CUE
from extraction.records.findings import Finding, leaf, unlabelled
from extraction.schema.frames import Frame
from extraction.schema.kinds import Kind
from extraction.schema.slots import Slot
from extraction.values.dates import find_dates
from extraction.values.phrases import find_choice
from extraction.values.value import Value

_PAPERS = frozenset("agreement contract document deed lease nda amendment".split())
_DAYS = frozenset("date day of signing signed execution executed effective dated".split())
_NAMES = frozenset("name title type kind of".split())
# What says that a day is that of the agreement, and not of the one that it amends.
_MADE = re.compile(
    r"\b(?:made|entered|executed|effective|is|delivered)\b[\s\w,]{0,40}$|[),]\s+dated\b[\s\w]{0,12}$",
    re.IGNORECASE,
)
_EFFECTIVE = re.compile(r"[“\"]Effective\s+Date[”\"]")
_STARTS = re.compile(
    r"(?i)\b(?:agreement|lease|contract)\b[^.;\n]{0,60}\b(?:effect\w*|force|commenc\w+|begins?|starts?)\b"
)
_REACH = 60


def find_in_opening(parsed: ParsedText, start: int, end: int) -> list[Finding]:
    """Return the day and the name of an agreement that opens in the stretch, for types that ask for them."""
    opening = parsed.opening
    if opening is None or not start <= opening.start < end:
        return []
    entries = parsed.entries_in(max(0, opening.start - 4_000), opening.start + 1)
    entry = entries[-1] if entries else None
    day = _day(parsed, opening)
    found: list[Finding] = []
    for frame, slot, wanted in _wanted(parsed.frames):
        if wanted == "day":
            if day is None or _is_another_day(parsed, slot, opening, day):
                continue
            found.append(unlabelled(frame, slot, leaf(day, CUE), entry))
        elif wanted == "name" and opening.title is not None:
            title: Value | None = opening.title
            if slot.prop.enum:
                place = (opening.title.start, opening.title.end)
                title = next(iter(find_choice(slot.prop.enum, parsed.text, *place)), None)
            if title is not None:
                found.append(unlabelled(frame, slot, leaf(title, CUE), entry))
    return found


@lru_cache(maxsize=8)
def _wanted(frames: tuple[Frame, ...]) -> tuple[tuple[Frame, Slot, str], ...]:
    """Return the properties for the day or the name of an agreement."""
    found = []
    for frame in frames:
        for slot in () if frame.is_part else frame.slots:
            words = set(plain_words(slot.path[-1]))
            own = _PAPERS | frame.own
            if slot.prop.many or len(slot.path) > 1 or not _PAPERS & (words | frame.own):
                continue
            names = _PAPERS & words and _NAMES & words and words <= _NAMES | own
            if slot.prop.kind is Kind.DATE and words <= _DAYS | own:
                found.append((frame, slot, "day"))
            elif slot.prop.kind in (Kind.TEXT, Kind.ENUM) and names:
                found.append((frame, slot, "name"))
    return tuple(found)


def _day(parsed: ParsedText, opening: Opening) -> Value | None:
    """Return the day that an agreement is of: one that says so, or the first one of its opening."""
    text = parsed.text
    days = find_dates(text, opening.start, opening.end, parsed.ways)
    made = (
        day for day in days if _MADE.search(text, max(opening.start, day.start - _REACH), day.start)
    )
    first = next((day for day in days if day.end <= opening.between), None)
    return next(made, None) or first


def _is_another_day(parsed: ParsedText, slot: Slot, opening: Opening, day: Value) -> bool:
    """Tell an effective day that the agreement defines, or another on which it says that it begins."""
    if "effective" not in plain_words(slot.path[-1]):
        return False
    behind = opening.end
    if _EFFECTIVE.search(parsed.text, behind) or _EFFECTIVE.search(parsed.text, 0, opening.start):
        return True
    others = (
        each.value
        for match in _STARTS.finditer(parsed.text, behind)
        for each in find_dates(parsed.text, match.end(), match.end() + _REACH, parsed.ways)
    )
    return any(other != day.value for other in others)
