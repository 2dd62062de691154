"""Who is bound by a sentence, and by which word: the subject, the cue and the number of a clause."""

from __future__ import annotations

import re
from functools import lru_cache

from extraction.document.parsed_text import ParsedText
from extraction.document.sentences import sentences
from extraction.document.structure import Entry, Span
from extraction.labels.labels import label_words
from extraction.records.confidence import CUE
from extraction.records.findings import Leaf, leaf
from extraction.rules.clauses import binding_cue, subject_of
from extraction.schema.frames import Frame
from extraction.schema.kinds import Kind
from extraction.values.value import Value

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
