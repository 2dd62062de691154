"""Records that are named by what stands over them: `## Kitchen`, then `Condition: fair`."""

from __future__ import annotations

from bisect import bisect_left

from extraction.drafts import Draft
from extraction.findings import Leaf, leaf
from extraction.frames import Frame
from extraction.inherited import is_numbered_key
from extraction.kinds import Kind
from extraction.labels import label_words
from extraction.parsed_text import ParsedText
from extraction.prose.bodies import under_person
from extraction.recognise import accept, names
from extraction.recognise.value import Value
from extraction.slots import Slot
from extraction.structure import HEADING, Span

_NAMES = frozenset(
    "name title role position type category kind section label heading subject job".split()
)
_SURE_PERSON = 0.8
_LONGEST = 80  # code points of a caption
_WORDS = (Kind.TEXT, Kind.PERSON, Kind.ORGANISATION, Kind.PARTY, Kind.IDENTIFIER)


def add_captions(parsed: ParsedText, frame: Frame, records: list[Draft]) -> None:
    """Give each record the heading or line over it as its name, if all have one of their own."""
    if len(records) < 2:
        return
    captions = [_caption(parsed, record) for record in records]
    texts = [caption.of(parsed.text) for caption in captions if caption is not None]
    if len(texts) < len(records) or len(set(texts)) < len(texts):
        return
    if any(frame.named_by(label_words(text)) or is_numbered_key(text) for text in texts):
        return
    slot = _open_slot(frame, records)
    if slot is None:
        return
    for record, caption in zip(records, captions, strict=True):
        found = _leaf(parsed, slot, caption) if caption is not None else None
        if found is not None:
            record.slots[slot.index] = [found]


def _open_slot(frame: Frame, records: list[Draft]) -> Slot | None:
    """Return the property for a name that no record has yet."""
    named = [s for s in frame.slots if set(label_words(s.path[-1])) & _NAMES]
    candidates = [frame.identity, frame.text, *named]
    for slot in candidates:
        wordy = slot is not None and slot.prop.kind in _WORDS and not slot.prop.many
        if slot is not None and wordy and not any(slot.index in r.slots for r in records):
            return slot
    return None


def _caption(parsed: ParsedText, record: Draft) -> Span | None:
    """Return the line directly over a record in its block, or else its section's heading."""
    entries = parsed.structure.entries
    at = bisect_left(parsed.entry_starts, record.start) - 1
    if at >= 0 and entries[at].block == record.block and entries[at].kind != "item":
        span = entries[at].span
        line = span.of(parsed.text)
        if len(line) <= _LONGEST and not {"\n", ":"} & set(line) and line[-1] not in ".,;":
            return span
    if record.section < 0:
        return None
    section = parsed.structure.sections[record.section]
    title = section.title
    if section.number and title.of(parsed.text).startswith(section.number):
        start = title.start + len(section.number)
        while start < title.end and parsed.text[start] in " .)":
            start += 1
        title = Span(start, title.end)
    return title if 0 < title.end - title.start <= _LONGEST else None


def _may_be(parsed: ParsedText, kind: Kind, caption: Span, words: str) -> bool:
    """Tell a caption that can be the name of a person, or of a body, from one that is only a heading."""
    person = names.person_quality(words) >= _SURE_PERSON
    if kind is Kind.PERSON:
        return person
    return kind is not Kind.ORGANISATION or not (person or under_person(parsed.text, caption.start))


def _leaf(parsed: ParsedText, slot: Slot, caption: Span) -> Leaf | None:
    words = " ".join(caption.of(parsed.text).rstrip(" :").split())
    end = caption.start + len(caption.of(parsed.text).rstrip(" :"))
    if not words or not _may_be(parsed, slot.prop.kind, caption, words):
        return None
    value = accept(slot.prop, Value(words, caption.start, end, 0.8))
    return leaf(value, HEADING) if value is not None else None
