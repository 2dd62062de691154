"""Values of words that only their place tells: what stands behind `based in`, `position of`, `caused by`."""

from __future__ import annotations

import re

from extraction.records.ranking.sorts import Sort
from extraction.values.value import Value

_UP = r"A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĖĘĚĞĢĪĮİĶĹĽŁŃŇŌŐŒŔŘŚŞŠŢŤŪŮŰŲŹŻŽ"
_PROPER_WORD = rf"[{_UP}0-9][\w'’.&-]*(?<![.,])"
_JOIN = r"(?:of|the|and|&|de|du|des|la|le|der|die|das|von|van|am|an|und|et)"
_PROPER = (
    rf"[{_UP}][\w'’&-]*(?:[ \n](?:{_JOIN}[ \n](?={_JOIN}?[ \n]?[{_UP}0-9]))*{_PROPER_WORD}){{0,6}}"
)
_LEAD = re.compile(
    r"[\s:,]*(?:(?:is|was|are|were|be|been|being|by|in|at|im|am|à|au|as|als|the|a|an|our|its|their|his|her|"
    r"der|die|das|dem|den|des|le|la|les|ist|war|est|était|that|of|to)\s+|(?:l|d)['’])*"
)
_CLAUSE_LEAD = re.compile(r"[\s:,]*(?:(?:is|was|are|were|been|ist|war|est|était|that|to be)\s+)*")
_PLACE = re.compile(
    rf"(?:{_PROPER})(?:,[ \n](?:{_PROPER})(?![\w'’]*[ \n](?:is|was|has|will|said)\b)(?=[,.;)\n ]|$)){{0,2}}"
)
_NAME = re.compile(_PROPER)
_THING = re.compile(rf"(?:{_PROPER})(?:[ \n][a-zà-ÿ][\w-]{{2,}}){{0,2}}(?=\s*[,.;\n)]|$)")
_POST = re.compile(r"[^\W\d_][\w&/'’-]*(?:[ \n][\w&/'’-]+){0,7}")
_POST_END = re.compile(
    r"[ \n](?:at|with|for|to|who|which|that|from|in|on|by|until|since|is|was|will|bei|am|im|zum|ab|chez|à|au|where|"
    r"starting|based|effective|und|et|beginning|join|joining|within|reporting|m/f|m/w/d)\b|"
    r"[ \n]of[ \n](?=[A-ZÀ-Þ][\w&.-]{0,30}(?:[ \n][A-ZÀ-Þ&][\w&.-]{0,30}){0,5}[ \n]"
    r"(?:Ltd|Limited|Inc|LLC|GmbH|AG|SE|plc|PLC|SA|SAS|AS|AB|BV|NV|Group|Bank|University|Institute)\b)|[,.;:(\n]{1}\s|[,.;:(]",
)
_CLAUSE_END = re.compile(
    r"[.;!?](?=\s|$)|,\s(?:which|who|and|but|so|while|where|when|und|et|mais|aber|der|die|das|qui|after|before)\b|\s[–—-]\s|\n\s*\n|"
    r"\s(?:and|but|und|et)\s(?:was|were|is|has|had|he|she|it|they|wurde|est)\b|\s\("
)
_MAX_CLAUSE = 200
_ARTICLES = ("the ", "die ", "der ", "das ", "le ", "la ", "l'", "l’")
_FEW_WORDS = 3
_MONTHS = re.compile(
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December|Januar|Februar|März|Mai|Juni|"
    r"Juli|Oktober|Dezember|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)\b"
)


def read_words(sort: Sort, text: str, start: int, end: int) -> Value | None:
    """Return the words of a sort that stand directly behind a cue."""
    lead = _LEAD.match(text, start, end)
    at = lead.end() if lead else start
    if sort is Sort.PLACE:
        return _matched(_PLACE, text, at, end, 0.8)
    if sort is Sort.PROPER:
        return _matched(_THING, text, at, end, 0.8) or _matched(_NAME, text, at, end, 0.7)
    if sort is Sort.POST:
        return _post(text, at, end)
    if sort is Sort.CLAUSE:
        lead = _CLAUSE_LEAD.match(text, start, end)
        return _clause(text, lead.end() if lead else start, end)
    return _matched(_NAME, text, at, end, 0.8)


def _matched(
    pattern: re.Pattern[str], text: str, start: int, end: int, quality: float
) -> Value | None:
    match = pattern.match(text, start, min(end, start + 120))
    if match is None or _MONTHS.match(match[0]):
        return None
    return _clean(text, match.start(), match.end(), quality)


def _clean(text: str, start: int, end: int, quality: float) -> Value | None:
    """Return words without marks at their ends, and without an article before a name or a few words."""
    for article in _ARTICLES:
        rest = start + len(article)
        if text.startswith(article, start, end) and (
            text[rest : rest + 1].isupper() or len(text[start:end].split()) <= _FEW_WORDS
        ):
            start = rest
    while end > start and text[end - 1] in " ,.;:\n":
        end -= 1
    value = " ".join(text[start:end].split())
    return Value(value, start, end, quality) if len(value) > 1 else None


def _post(text: str, start: int, end: int) -> Value | None:
    match = _POST.match(text, start, min(end, start + 90))
    if match is None:
        return None
    cut = _POST_END.search(text, start, match.end() + 1)
    last = cut.start() if cut else match.end()
    return _clean(text, start, min(last, match.end()), 0.75) if last > start else None


def _clause(text: str, start: int, end: int) -> Value | None:
    stop = _CLAUSE_END.search(text, start, min(end, start + _MAX_CLAUSE + 2))
    last = stop.start() if stop else end
    if last - start > _MAX_CLAUSE:
        return None
    found = _clean(text, start, last, 0.7)
    return (
        found if found and len(found.value) > 2 and any(c.isalpha() for c in found.value) else None
    )
