"""What a document says of itself without a label: title and currency, and what the ranker finds likely."""

from __future__ import annotations

import re
from collections.abc import Sequence

from extraction.document.parsed_text import ParsedText
from extraction.labels.labels import label_words
from extraction.records.confidence import DERIVED, TITLE, UNLABELLED
from extraction.records.drafts import HEAD_CHARACTERS, Draft
from extraction.records.findings import Leaf, Mention, leaf
from extraction.records.ranking.choice import assigned, candidates
from extraction.schema.frames import Frame
from extraction.schema.kinds import Kind
from extraction.schema.slots import Slot
from extraction.values.dates import find_dates
from extraction.values.value import Value

_TITLE_LINE = 120  # code points of a line that may be a title
_SENTENCE = re.compile(r"[:;]|\b(?:is|are|was|were|held|made|between|this|shall)\b", re.IGNORECASE)
_TOP = 400  # code points above which a document says what it is
_TOP_ENTRIES = 4


def fill_gaps(
    parsed: ParsedText,
    frame: Frame,
    draft: Draft,
    mentions: Sequence[Mention],
    types: int,
) -> None:
    """Fill what no label gave: title, currency, and every value that is likely without one."""
    for slot in frame.slots:
        if not draft.slots.get(slot.index):
            found = _gap(parsed, draft, slot, types)
            if found is not None and (not slot.prop.enum or found.value in slot.prop.enum):
                draft.slots[slot.index] = [found]
    for each, sure in assigned(candidates(parsed, draft, mentions, types)):
        value = each.value
        draft.slots[each.slot] = [
            Leaf(value.value, value.start, value.end, round(sure, 4), UNLABELLED, value.more)
        ]


def _gap(parsed: ParsedText, draft: Draft, slot: Slot, types: int) -> Leaf | None:
    kind = slot.prop.kind
    if kind is Kind.CURRENCY and parsed.currency is not None:
        has_money = any(s.prop.kind is Kind.MONEY for s in draft.frame.slots) or draft.parts
        return leaf(parsed.currency, DERIVED) if has_money else None
    if kind is Kind.TEXT and (slot.path == ("title",) or (slot.path == ("name",) and types <= 1)):
        return _title(parsed, draft.frame)
    return None


def _title(parsed: ParsedText, frame: Frame) -> Leaf | None:
    """The document's title: the line at its top that says what it is; or else its first heading that
    is not numbered, or its first short line.
    """
    text = parsed.text
    named = _naming_line(parsed, frame)
    if named is not None:
        return leaf(named, TITLE)
    sections = parsed.structure.sections
    numbered = bool(sections and sections[0].number and _opening_line(parsed))
    if sections and not numbered and sections[0].title.start < HEAD_CHARACTERS:
        span = sections[0].title
        return leaf(Value(" ".join(span.of(text).split()), span.start, span.end, 0.8), TITLE)
    for entry in parsed.structure.entries[:1]:
        if entry.span.end - entry.span.start <= _TITLE_LINE:
            quote = " ".join(entry.span.of(text).split())
            return leaf(Value(quote, entry.span.start, entry.span.end, 0.5), TITLE)
    return None


def _naming_line(parsed: ParsedText, frame: Frame) -> Value | None:
    """The first of the lines over everything else that begins with the type's name, as minutes and contracts do."""
    for entry in parsed.structure.entries[:_TOP_ENTRIES]:
        span = entry.span
        line = parsed.text[span.start : span.end].split("\n")[0].rstrip(" *_:")
        if span.start > _TOP or len(line) > _TITLE_LINE or entry.kind == "item":
            return None
        words = label_words(line)
        named = any(words[: len(name)] == name for name in frame.names if name)
        if named and not _SENTENCE.search(line) and not find_dates(line, 0, len(line), parsed.ways):
            return Value(" ".join(line.split()), span.start, span.start + len(line), 0.85)
    return None


def _opening_line(parsed: ParsedText) -> bool:
    """Tell a document that opens with a short line before its first heading."""
    first = parsed.structure.entries[0].span
    short = first.end - first.start <= _TITLE_LINE and parsed.text[first.end - 1] not in ".,;:"
    return short and first.end < parsed.structure.sections[0].title.start
