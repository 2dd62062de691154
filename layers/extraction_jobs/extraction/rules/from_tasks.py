"""Tasks as minutes put them: who will do it, who was asked to, and `Action: Miss Tuck` under what was said."""

from __future__ import annotations

import re
from bisect import bisect_left

from extraction.document.parsed_text import ParsedText
from extraction.document.sentences import sentences
from extraction.document.structure import Entry, Span
from extraction.labels.labels import label_words
from extraction.records.confidence import CUE, MARKED
from extraction.records.findings import Finding, leaf, object_finding
from extraction.rules.describing import describe
from extraction.schema.frames import Frame
from extraction.schema.kinds import Kind
from extraction.schema.slots import Slot
from extraction.values import names
from extraction.values.value import Value

_TASKS = frozenset("action task todo assignment".split())
_ACTS = re.compile(
    r"\s+(?:will|shall|to|is to|has to|agreed to|undertook to|offered to|volunteered to|is going to|wird|soll|"
    r"übernimmt|kümmert sich|va|doit|se charge|prendra|provvede|si occupa)\s+(?!be\b)"
)
_ASKED = re.compile(
    r"\b(?:asked|requested|instructed|invited|tasked|authorised|authorized)\s+(?=(?:(?:Mr|Mrs|Ms|Miss|Dr|Prof|Cllr)\.?\s)?[A-ZÀ-Þ])"
)
_TO = re.compile(r"\s+to\s+")
_MARK = re.compile(r"[\[(*_\s]*(?P<name>[^\W\d_]+(?:[ -][^\W\d_]+){0,2})[*_]{0,2}\s*[:–—-][*_\s]*")
_LEAD = re.compile(
    r"(?:it was )?(?:unanimously )?(?:agreed|resolved|decided|noted)\s+(?:that\s+|to\s+)|"
    r"(?:the \w+ )?(?:agreed|resolved) (?:that|to)\s+",
    re.IGNORECASE,
)
_TITLE = 12  # code points of "Mr" or "Frau Dr." before a name
_SURE_PERSON = 0.8
_MAX_SENTENCE = 1500
_REACH = 80
_LONGEST_MARK = 80


def owner_of(frame: Frame) -> Slot | None:
    """Return the slot for who does a task, of a type of tasks with a text."""
    if frame.text is None or not _TASKS.intersection(frame.own):
        return None
    return next((s for s in frame.slots if s.prop.kind is Kind.PERSON and not s.prop.many), None)


def find_tasks(parsed: ParsedText, frame: Frame, entry: Entry) -> list[Finding]:
    """`Jane Doe will send the draft by 12 May` is a task of hers; so is what she was asked to do."""
    owner = owner_of(frame)
    if owner is None:
        return []
    text, found = parsed.text, []
    for sentence in sentences(text, entry.span.start, entry.span.end):
        if sentence.end - sentence.start > _MAX_SENTENCE:
            continue
        who = _undertakes(text, sentence)
        task = sentence
        if who is None:
            who, task = _is_asked(text, sentence)
        if who is None:
            continue
        made = _task(parsed, frame, owner, entry, task, who, CUE)
        if made is not None:
            found.append(made)
    return found


def _undertakes(text: str, sentence: Span) -> Value | None:
    acts = _ACTS.search(text, sentence.start, min(sentence.end, sentence.start + _REACH))
    if acts is None:
        return None
    who = names.listed_persons(text, sentence.start, acts.start())
    whole = who and who[0].start - sentence.start <= _TITLE and who[-1].end == acts.start()
    return who[0] if whole and min(v.quality for v in who) >= _SURE_PERSON else None


def _is_asked(text: str, sentence: Span) -> tuple[Value | None, Span]:
    """Return who `was asked to` do something in a sentence, and the words that say what."""
    asked = _ASKED.search(text, sentence.start, sentence.end)
    to = _TO.search(text, asked.end(), min(sentence.end, asked.end() + _REACH)) if asked else None
    if asked is None or to is None:
        return None, sentence
    who = names.whole_person(text, asked.end(), to.start())
    whole = who is not None and who.end == to.start() and who.quality >= _SURE_PERSON
    return (who if whole else None), Span(to.end(), sentence.end)


def assigned_task(parsed: ParsedText, frame: Frame, entry: Entry) -> Finding | None:
    """`Action: Miss Tuck` gives her what the last sentence before it says."""
    owner = owner_of(frame)
    if owner is None or entry.span.end - entry.span.start > _LONGEST_MARK:
        return None
    text = parsed.text
    mark = _MARK.match(text, entry.span.start, entry.span.end)
    if mark is None or not frame.named_by(label_words(mark["name"])):
        return None
    who = names.whole_person(text, mark.end(), entry.span.end)
    if who is None or text[who.end : entry.span.end].strip(" .)]*_") or who.quality < _SURE_PERSON:
        return None
    at = bisect_left(parsed.entry_starts, entry.span.start) - 1
    said = parsed.structure.entries[at] if at >= 0 else None
    if said is None or said.kind == "heading" or said.section != entry.section:
        return None
    last = list(sentences(text, said.span.start, said.span.end))[-1]
    lead = _LEAD.match(text, last.start, last.end)
    return _task(
        parsed, frame, owner, entry, Span(lead.end() if lead else last.start, last.end), who, MARKED
    )


def _task(
    parsed: ParsedText, frame: Frame, owner: Slot, entry: Entry, task: Span, who: Value, method: str
) -> Finding | None:
    description = describe(parsed, frame, task.start, task.end, method)
    description.slots[owner.index] = [leaf(who, method)]
    if frame.text is None or frame.text.index not in description.slots:
        return None
    return object_finding(
        frame.key,
        description.slots,
        start=task.start,
        end=max(task.end, who.end),
        block=entry.block,
        section=entry.section,
        method=method,
    )
