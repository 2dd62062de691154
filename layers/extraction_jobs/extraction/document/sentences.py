"""Where sentences begin and end."""

from __future__ import annotations

import re

from extraction.document.structure import Span
from extraction.labels.word_lists import any_of, words_of

_END = re.compile(
    r"[.!?](?P<behind>[\"'”’)\]]{0,2}\s+)(?=[\"'“‘(\[]{0,2}[A-ZÀ-Þ0-9])|\n\s*\n|;\s*\n"
)
# "5. Mai", "3. Quartal": a number that counts, in languages that write it with a full stop.
_ORDINAL = re.compile(r"(?<![\w.,])\d{1,2}\.$")
_COUNTED = re.compile(rf"\s+(?i:{any_of(words_of('month') | words_of('counted'))})\b")
_ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|Sr|Jr|St|No|Nos|Nr|Art|Sec|Ltd|Inc|Co|Corp|vs|etc|e\.g|i\.e|approx|"
    r"Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|para|cl|bzw|z\.B|ca|Mio|Mrd|Tsd|Abs|Str|Hr|Fr|inkl|zzgl|ggf|usw|MM|Mmes|art|tél|Tel|Sig|Ing|Hon|Rev|Gen|Col|Capt)|\b[A-Z]|^\d{1,3}(?:\.\d+)*)\.$"
)


def sentences(text: str, start: int, end: int) -> list[Span]:
    """Return the sentences of a stretch of text, without white space around them."""
    found = []
    at = start
    for match in _END.finditer(text, start, end):
        stop = match.start("behind") if match["behind"] else match.start()
        if text[stop - 1] == "." and _ABBREVIATION.search(text[max(at, stop - 14) : stop]):
            continue
        if _ORDINAL.search(text[max(at, stop - 4) : stop]) and _COUNTED.match(text, stop):
            continue
        while stop < match.end() and not text[stop].isspace():
            stop += 1
        found.append(Span(at, stop))
        at = match.end()
    found.append(Span(at, end))
    return [span for span in (_tight(text, s) for s in found) if span.end > span.start]


def _tight(text: str, span: Span) -> Span:
    start, end = span.start, span.end
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end)
