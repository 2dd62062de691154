"""When a meeting was opened and closed: `The chair called the meeting to order at 7:00 pm`."""

from __future__ import annotations

import re
from functools import lru_cache

from extraction.document.parsed_text import ParsedText
from extraction.labels.words import plain_words
from extraction.records.confidence import CUE
from extraction.records.findings import Finding, leaf, unlabelled
from extraction.schema.frames import Frame
from extraction.schema.kinds import Kind
from extraction.schema.slots import Slot
from extraction.values.dates import find_times

_STARTS = frozenset("start opened opening open began beginning commenced called convened".split())
_ENDS = frozenset("end closed closing close adjourned adjournment ended concluded".split())
_SAID = frozenset("time at opened closed adjourned adjournment convened called".split())
_STOP = re.compile(r"(?<!\.m)\.$")  # of the sentence, and not of `p.m.`
_SAYS = re.compile(
    r"\b(?i:meeting|session|hearing|[AS]GM|board|committee|council|chair\w*|president|mayor|was|were)\b[^.\n]{0,60}?"
    r"\b(?i:(?P<starts>opened|commenced|began|started|convened|to\s+order)|(?P<ends>closed|concluded|adjourned|ended))\b"
    r"[^.\n]{0,60}"
)


def find_in_meetings(parsed: ParsedText, start: int, end: int) -> list[Finding]:
    """Return the times at which a meeting was opened and closed, for types that ask for them."""
    wanted = _wanted(parsed.frames)
    found: list[Finding] = []
    for entry in parsed.entries_in(start, end) if wanted else ():
        for match in _SAYS.finditer(parsed.text, entry.span.start, entry.span.end):
            starts = match["starts"] is not None
            first = match.end("starts" if starts else "ends")
            for time in find_times(parsed.text, first, min(entry.span.end, match.end() + 8))[:1]:
                words = _STOP.sub("", parsed.text[time.start : time.end])
                exact = time._replace(end=time.start + len(words))
                for frame, slot, wants_start in wanted:
                    value = exact if slot.prop.kind is Kind.TIME else exact._replace(value=words)
                    if wants_start is starts:
                        found.append(unlabelled(frame, slot, leaf(value, CUE), entry))
    return found


@lru_cache(maxsize=8)
def _wanted(frames: tuple[Frame, ...]) -> tuple[tuple[Frame, Slot, bool], ...]:
    """Return the properties for the time at which a meeting starts (True) and ends (False)."""
    found = []
    for frame in frames:
        for slot in () if frame.is_part or frame.occurs == "many" else frame.slots:
            words = set(plain_words(slot.path[-1]))
            timely = slot.prop.kind is Kind.TIME or (
                slot.prop.kind is Kind.TEXT and not _SAID.isdisjoint(words)
            )
            if timely and not slot.prop.many and (words & _STARTS or words & _ENDS):
                found.append((frame, slot, not _STARTS.isdisjoint(words)))
    return tuple(found)
