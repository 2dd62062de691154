"""Sentences, and who is bound by one, by which word: the subject, the cue and the number of a clause."""

from __future__ import annotations

import re
from functools import lru_cache

from extraction.document.parsed_text import ParsedText
from extraction.document.structure import Entry, Span, stripped
from extraction.labels.labels import label_words
from extraction.labels.word_lists import any_of, words_of
from extraction.records.confidence import CUE
from extraction.records.findings import Leaf, leaf
from extraction.schema.frames import Frame
from extraction.schema.kinds import Kind
from extraction.values.value import Value

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
    return [
        span for span in (stripped(text, s.start, s.end) for s in found) if span.end > span.start
    ]


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
_EDGE = " \t\n*_,"
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
    span = stripped(text, joined.end() if joined else start, cue, _EDGE)
    if span.end == span.start:  # "The Supplier, if asked, shall ..."
        comma = text.find(",", sentence.start, cue)
        span = stripped(text, sentence.start, comma if comma > 0 else cue, _EDGE)
    return span


CLAUSE_NUMBER = re.compile(r"\d{1,3}(?:\.\d{1,3}){1,4}")
_SUBJECT_SLOTS = frozenset("subject actor obligor obligated party responsible bound who".split())
_MAX_SUBJECT = 80


def add_cue_and_subject(
    parsed: ParsedText, frame: Frame, span: Span, description: dict[int, list[Leaf]]
) -> None:
    """Say of the first sentence that binds who is bound, and by which word."""
    if frame.cues is None or not frame.cues.search(parsed.text, span.start, span.end):
        return
    for sentence in sentences(parsed.text, span.start, span.end):
        cue = binding_cue(parsed.text, sentence, frame.cues)
        if cue is not None:
            add_subject(parsed, frame, sentence, cue.start(), description)
            add_cue(parsed, frame, cue, description)
            return


def bound_in_row(
    parsed: ParsedText, frame: Frame, row: tuple[Span, ...], slots: dict[int, list[Leaf]]
) -> dict[int, list[Leaf]]:
    """Add to a row what the sentence in it says: who is bound, and by which word."""
    text = slots.get(frame.text.index) if frame.text is not None else None
    cell = next((c for c in row if text and c.start <= text[0].start < c.last), None)
    if cell is None or cell.more:
        return slots
    told = dict(slots)
    add_cue_and_subject(parsed, frame, cell, told)
    return told


def add_subject(
    parsed: ParsedText,
    frame: Frame,
    sentence: Span,
    cue: int,
    description: dict[int, list[Leaf]],
) -> None:
    """Who shall: the words before the cue, back to the last comma."""
    for slot in frame.slots:
        if slot.index in description or slot.prop.json_type != "string" or slot.prop.many:
            continue
        if not _SUBJECT_SLOTS.intersection(label_words(slot.path[-1])) or slot.prop.enum:
            continue
        clean = subject_of(parsed.text, sentence, cue)
        words = " ".join(parsed.text[clean.start : clean.end].split())
        if words and len(words) <= _MAX_SUBJECT:
            description[slot.index] = [leaf(Value(words, clean.start, clean.end, 0.8), CUE)]
        return


def add_cue(
    parsed: ParsedText, frame: Frame, cue: re.Match[str], description: dict[int, list[Leaf]]
) -> None:
    """A choice among the cues themselves (shall, shall not, must) is the cue found."""
    start = cue.start()
    for slot in frame.slots:
        fits = {
            choice: said.end()
            for choice in slot.prop.enum
            if isinstance(choice, str)
            and choice.split()
            and (said := _words(choice).match(parsed.text, start))
        }
        if fits:
            best = max(fits, key=len)
            description[slot.index] = [leaf(Value(best, start, fits[best], 1.0), CUE)]


@lru_cache(maxsize=256)
def _words(phrase: str) -> re.Pattern[str]:
    words = r"\s+".join(map(re.escape, phrase.split()))
    return re.compile(rf"{words}(?!\w)", re.IGNORECASE)


def add_clause_number(
    parsed: ParsedText,
    frame: Frame,
    entry: Entry,
    place: tuple[int, int, int] | None,
    description: dict[int, list[Leaf]],
) -> None:
    """Number an object by the clause it stands in: at `place`, or in the mark of its entry."""
    identity = frame.identity
    if identity is None or identity.prop.kind is not Kind.IDENTIFIER:
        return
    if identity.index in description:
        return
    if place is not None:
        value = Value(parsed.text[place[0] : place[2]], place[0], place[2], 0.9)
        description[identity.index] = [leaf(value, CUE)]
        return
    number = CLAUSE_NUMBER.match(entry.marker)
    if number is None:
        return
    start = parsed.text.rfind(number[0], max(0, entry.span.start - 40), entry.span.start)
    if start >= 0:
        value = Value(number[0], start, start + len(number[0]), 0.8)
        description[identity.index] = [leaf(value, CUE)]
