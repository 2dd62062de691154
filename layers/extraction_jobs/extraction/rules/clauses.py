"""Which `shall` binds: the one of the main clause, and who it binds."""

from __future__ import annotations

import re

from extraction.document.structure import Span

# "the level that must be kept" says of the level what it is; it asks nothing of anybody.
# Between pronoun and cue stand few words and no other verb: in "that can be moved shall" the cue is the main clause's.
_RELATIVE = re.compile(
    r"(?:\b(?:which|who|whom|whose|qui|dont|welche[rsmn]?)|(?<=\s)that)\s+"
    r"(?:(?!(?:is|are|was|were|has|have|had|can|could|do|does|did|will|would|may|might|est|sont|ist|sind|hat)\s)\w+\s+){0,3}$",
    re.IGNORECASE,
)
_SUBORDINATE = re.compile(
    r"\b(?:if|when|where|while|unless|until|because|since|once|after|before|although|whenever|so that|as|"
    r"wenn|falls|sobald|weil|damit|obwohl|dass|ob|si|lorsque|quand|afin|puisque|tant)\b",
    re.IGNORECASE,
)
_AND = re.compile(r"\s*(?:and|or|but|und|oder|et|ou|mais)\s+")
_BREAKS = ",;:"
_MAX_CUES = 20
_LOOK_BACK = 300


def binding_cue(text: str, sentence: Span, cues: re.Pattern[str]) -> re.Match[str] | None:
    """Return the cue of a sentence's main clause, or None if only a clause within it holds one."""
    fallback: re.Match[str] | None = None
    for number, cue in enumerate(cues.finditer(text, sentence.start, sentence.end)):
        if number >= _MAX_CUES:
            break
        before = text[_clause_start(text, sentence.start, cue.start()) : cue.start()][-_LOOK_BACK:]
        if _RELATIVE.search(before):
            continue
        if not _SUBORDINATE.search(before):
            return cue
        fallback = fallback or cue
    return fallback


def _clause_start(text: str, start: int, cue: int) -> int:
    return max(start - 1, *(text.rfind(mark, start, cue) for mark in _BREAKS)) + 1


def subject_of(text: str, sentence: Span, cue: int) -> Span:
    """Return who is bound: the words before the cue, an insertion between commas set aside."""
    start = _clause_start(text, sentence.start, cue)
    joined = _AND.match(text, start, cue)
    span = _tight(text, joined.end() if joined else start, cue)
    if span.end == span.start:  # "The Supplier, if asked, shall ..."
        comma = text.find(",", sentence.start, cue)
        span = _tight(text, sentence.start, comma if comma > 0 else cue)
    return span


def _tight(text: str, start: int, end: int) -> Span:
    while start < end and text[start] in " \t\n*_":
        start += 1
    while end > start and text[end - 1] in " \t\n*_,":
        end -= 1
    return Span(start, end)
