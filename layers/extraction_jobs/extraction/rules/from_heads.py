"""The day of a paper at its head: in its title (`Minutes of the Board, 3 May 2026`), or alone on a line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from extraction.document.parsed_text import ParsedText
from extraction.document.structure import Span, stripped
from extraction.labels.words import plain_words
from extraction.records.confidence import CUE
from extraction.records.findings import Finding, leaf, unlabelled
from extraction.schema.frames import Frame
from extraction.schema.kinds import Kind
from extraction.schema.slots import Slot
from extraction.values.dates import find_dates
from extraction.values.value import Value

_HEAD = 2_500  # code points
_LONGEST = 120  # code points of a title
_OUTRANKS = 0.98  # score of a title's day: what stands in front of a page is of the page
_PAPERS = frozenset(
    "meeting minutes agenda letter report notice hearing session statement memo memorandum release newsletter".split()
)
_DAYS = frozenset("date day of held document".split())
_TITLE = re.compile(
    r"(?i)\b(?:minutes|agenda|meeting|hearing|notice|memorandum|newsletter|letter|session|protokoll|niederschrift|acta|"
    r"verbale|notulen|compte[ -]rendu|procès-verbal)\b"
)
_SENTENCE = re.compile(
    r"(?i)\b(?:was|were|is|are|will|shall|has|have|be|approved|accepted|wurde|ist|findet|est|sont|fue|è)\b"
)
_ALONE = re.compile(
    r"[\s*_#(]*(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,?\s+)?$", re.IGNORECASE
)
_BEHIND = re.compile(r"[\s*_)]*$")
_WRAPPED_FROM = 55  # code points: a line at least this long may go on in the next one
# Days of something else than the paper, in its title.
_OTHER = re.compile(
    r"(?i)\b(?:next|previous|last|adjourned)\b.{0,40}$|\b(?:end(?:ed|ing)|until|till|through|valid|due|since|from|as\s+(?:of|at)|to|by)\s+(?:the\s+)?$"
)
_LONGEST_DAY = 45  # code points of a line with nothing but a day
_YEAR = re.compile(r"\d{4}|[/.-]\d\d\b")
_DAY_LIKE = re.compile(r"(?:19|20)\d\d|\d[/.-]\d{1,2}[/.-]\d\d")


def find_in_head(parsed: ParsedText, start: int, end: int) -> list[Finding]:
    """Return the day of the paper, for types that ask for one."""
    wanted = _wanted(parsed.frames) if start < _HEAD else ()
    if not wanted:
        return []
    titled = list(_days(parsed, in_title=True))[:1]
    alone = list(_days(parsed, in_title=False))
    one = len({day.value for day in alone}) == 1
    above = one and (not titled or alone[0].start < titled[0].start)
    days = alone if above else titled
    if not days or not start <= days[0].start < end:
        return []
    found = leaf(days[0], CUE)
    if titled:
        found = found._replace(score=_OUTRANKS)
    return [unlabelled(frame, slot, found) for frame, slot in wanted]


@lru_cache(maxsize=8)
def _wanted(frames: tuple[Frame, ...]) -> tuple[tuple[Frame, Slot], ...]:
    """Return the properties for the day of a paper, of types of which it is one."""
    return tuple(
        (frame, slot)
        for frame in frames
        for slot in (() if frame.is_part or frame.occurs == "many" else frame.slots)
        if slot.prop.kind is Kind.DATE
        and not slot.prop.many
        and len(slot.path) == 1
        and set(plain_words(slot.path[-1])) <= _DAYS | _PAPERS | frame.own
    )


def _days(parsed: ParsedText, *, in_title: bool) -> Iterator[Value]:
    for line in _lines(parsed.text):
        title = in_title and _TITLE.search(parsed.text, line.start, line.end)
        if title and _SENTENCE.search(parsed.text, line.start, line.end):
            continue
        may = title if in_title else _stands_alone(parsed.text, line)
        days = find_dates(parsed.text, line.start, line.end, parsed.ways) if may else []
        if len(days) != 1 or not _YEAR.search(parsed.text, days[0].start, days[0].end):
            continue
        before = parsed.text[line.start : days[0].start]
        behind = parsed.text[days[0].end : line.end]
        alone = _ALONE.match(before) and _BEHIND.match(behind)
        if (in_title and not _OTHER.search(before)) or (not in_title and alone):
            yield days[0]


def _stands_alone(text: str, line: Span) -> bool:
    """Tell a short line that no line above goes on in."""
    above = text.rfind("\n", 0, line.start)
    before = text[text.rfind("\n", 0, max(above, 0)) + 1 : max(above, 0)]
    return line.end - line.start <= _LONGEST_DAY and len(before) < _WRAPPED_FROM


@lru_cache(maxsize=1)
def _lines(text: str) -> tuple[Span, ...]:
    """Return the lines at the head that a day may stand on. All types of a document ask for the same."""
    found: list[Span] = []
    for match in _DAY_LIKE.finditer(text, 0, _HEAD):
        if found and match.start() < found[-1].end:
            continue
        start, end = text.rfind("\n", 0, match.start()) + 1, text.find("\n", match.end())
        line = stripped(text, start, end if end >= 0 else len(text))
        if line.end - line.start <= _LONGEST:
            found.append(line)
    return tuple(found)
