"""A start and an end that one label names: `Period: 1 to 31 May 2026` for `period_start` and `period_end`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from extraction.document.parsed_text import ParsedText
from extraction.document.structure import LABEL_ABOVE, Fact, Span
from extraction.labels.labels import Words
from extraction.labels.words import plain_words
from extraction.records.findings import Finding, ValueFinding, leaf
from extraction.schema.frames import Frame
from extraction.schema.kinds import Kind
from extraction.schema.slots import Slot
from extraction.values.dates import find_dates
from extraction.values.value import Value

_STARTS = frozenset(
    "start begin beginning from since von vom ab beginn anfang début debut du desde inicio dal inizio van".split()
)
_ENDS = frozenset("end until to through till bis ende fin au hasta al fine tot até ate fim".split())
_CALLED = frozenset("period range duration term stay validity".split())
_BARE_DAY = re.compile(
    r"(?:^|\D)(?P<day>[0-3]?\d)(?:st|nd|rd|th|\.)?\s*(?:[–—-]|[^\W\d_]{1,6})\s*$"
)
_YEAR = re.compile(r"(?:19|20)\d\d|[./-]\d\d$")
_HEAD = 1_500  # code points in which a paper says what time it is of
_LONGEST_LINE = 60  # code points of a line that is a period
_BETWEEN = re.compile(r"\s?(?:[–—-]|[^\W\d_]{1,7})\s?")  # its ends
_BOTH = 2
_UNNAMED = 0.9  # rate of a period that no label names
_LONGEST = 120  # code points of a period


def names_period(label: Words) -> bool:
    """Tell the words of a label that may name both ends of a period."""
    return not _CALLED.isdisjoint(label)


def period_of(parsed: ParsedText, frame: Frame, fact: Fact, rate: float = 1.0) -> list[Finding]:
    """Return both ends of a period that a label names so well, if a type has them."""
    ends = _ends_of(frame)
    return [
        ValueFinding(
            frame.key, slot.index, (leaf(day, fact.how, rate),), at=fact.start, block=fact.block,
            section=fact.section, label=rate, column=fact.column,
        )
        for slot, day in zip(ends, _days(parsed, fact) if ends else (), strict=False)
    ]  # fmt: skip


def find_periods(parsed: ParsedText, start: int, end: int) -> list[Finding]:
    """Return both ends of a line at the head of a paper that is nothing but a period: `1 May - 30 May 2026`."""
    found: list[Finding] = []
    for entry in parsed.entries_in(start, min(end, _HEAD)):
        line, last = entry.span.start, parsed.text.find("\n", entry.span.start, entry.span.end)
        stop = last if last >= 0 else entry.span.end
        if stop - line > _LONGEST_LINE or not parsed.text[stop - 1].isdigit():
            continue
        value = Span(line, stop)
        fact = Fact("", value, stop, LABEL_ABOVE, entry.section, entry.block, line)
        days = find_dates(parsed.text, line, stop, parsed.ways)
        if len(days) != _BOTH or not _BETWEEN.fullmatch(parsed.text, days[0].end, days[1].start):
            continue
        if days[0].start == line and days[1].end == stop:
            whole = (f for f in parsed.frames if not f.is_part)
            found += [each for frame in whole for each in period_of(parsed, frame, fact, _UNNAMED)]
    return found


@lru_cache(maxsize=256)
def _ends_of(frame: Frame) -> Sequence[Slot]:
    """Return the only two days of a type of which one begins and one ends something."""
    days = [s for s in frame.slots if s.prop.kind is Kind.DATE and not s.prop.many]
    starts, ends = (
        [s for s in days if said.intersection(plain_words(s.path[-1]))] for said in (_STARTS, _ENDS)
    )
    return [*starts, *ends] if len(starts) == len(ends) == 1 else []


def _days(parsed: ParsedText, fact: Fact) -> list[Value]:
    """Return the two days of a period; the first may leave out the year, or all but its day."""
    start, end = fact.value.start, min(fact.value.end, fact.value.start + _LONGEST)
    days = find_dates(parsed.text, start, end, parsed.ways)
    last = date.fromisoformat(str(days[-1].value)) if days else None
    bare = _BARE_DAY.search(parsed.text[start : days[0].start]) if len(days) == 1 else None
    try:
        if last is not None and bare is not None:
            first = last.replace(day=int(bare["day"])).isoformat()
            at = start + bare.start("day")
            return [Value(first, at, start + bare.end("day"), 0.9), days[0]]
        if last is None or len(days) != 2:
            return []
        first_day = date.fromisoformat(str(days[0].value))
        if not _YEAR.search(parsed.text[days[0].start : days[0].end]):
            first_day = first_day.replace(year=last.year)
            first_day = first_day.replace(year=last.year - (first_day > last))
        return [days[0]._replace(value=first_day.isoformat()), days[1]]
    except ValueError:
        return []
