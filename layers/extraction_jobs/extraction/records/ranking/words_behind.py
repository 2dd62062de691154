"""Names of places and things that only their place tells: what stands behind the property's own words."""

from __future__ import annotations

import re

from extraction.labels.word_lists import any_of, words_of
from extraction.records.ranking.sorts import Sort
from extraction.values.value import Value

_UP = r"A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĖĘĚĞĢĪĮİĶĹĽŁŃŇŌŐŒŔŘŚŞŠŢŤŪŮŰŲŹŻŽ"
_PROPER_WORD = rf"[{_UP}0-9][\w'’.&-]*(?<![.,])"
_JOIN = r"(?:of|the|and|&|de|du|des|la|le|der|die|das|von|van|am|an|und|et)"
_PROPER = (
    rf"[{_UP}][\w'’&-]*(?:[ \n](?:{_JOIN}[ \n](?={_JOIN}?[ \n]?[{_UP}0-9]))*{_PROPER_WORD}){{0,6}}"
)
_LEAD = re.compile(  # not over a wide gap: behind it stands another cell
    r"(?:[:,\n]|[ ](?! ))*(?:(?:is|was|are|were|be|been|being|by|in|at|im|am|à|au|as|als|the|a|an|our|its|their|his|"
    r"her|der|die|das|dem|den|des|le|la|les|ist|war|est|était|that|of|to)\s+|(?:l|d)['’])*"
)
_PLACE = re.compile(
    rf"(?:{_PROPER})(?:,[ \n](?:{_PROPER})(?![\w'’]*[ \n](?:is|was|has|will|said)\b)(?=[,.;)\n ]|$)){{0,2}}"
)
_NAME = re.compile(_PROPER)
_THING = re.compile(rf"(?:{_PROPER})(?:[ \n][a-zà-ÿ][\w-]{{2,}}){{0,2}}(?=\s*[,.;\n)]|$)")
_MONTHS = re.compile(rf"(?i:{any_of(words_of('month') | words_of('weekday'))})\b")


def read_words(sort: Sort, text: str, start: int, end: int) -> Value | None:
    """Return the words of a sort that stand directly behind a cue."""
    lead = _LEAD.match(text, start, end)
    at = lead.end() if lead else start
    if sort is Sort.PLACE:
        return _matched(_PLACE, text, at, end, 0.8)
    return _matched(_THING, text, at, end, 0.8) or _matched(_NAME, text, at, end, 0.7)


def _matched(
    pattern: re.Pattern[str], text: str, start: int, end: int, quality: float
) -> Value | None:
    match = pattern.match(text, start, min(end, start + 120))
    if match is None or _MONTHS.match(match[0]):
        return None
    end = match.start() + len(match[0].rstrip(" ,.;:\n"))
    value = " ".join(text[match.start() : end].split())
    return Value(value, match.start(), end, quality) if len(value) > 1 else None
