"""What a document says of itself without a label: title and currency, and what the ranker finds likely."""

from __future__ import annotations

from collections.abc import Sequence

from extraction.document.parsed_text import ParsedText
from extraction.records.confidence import DERIVED, TITLE, UNLABELLED
from extraction.records.drafts import HEAD_CHARACTERS, Draft
from extraction.records.findings import Leaf, Mention, leaf
from extraction.records.ranking.choice import assigned, candidates
from extraction.schema.frames import Frame
from extraction.schema.kinds import Kind
from extraction.schema.slots import Slot
from extraction.values.value import Value

_TITLE_LINE = 120  # code points of a line that may be a title


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
        return _title(parsed)
    return None


def _title(parsed: ParsedText) -> Leaf | None:
    """The document's title: its first heading, or else its first short line."""
    text, sections = parsed.text, parsed.structure.sections
    if sections and sections[0].title.start < HEAD_CHARACTERS:
        span = sections[0].title
        return leaf(Value(" ".join(span.of(text).split()), span.start, span.end, 0.8), TITLE)
    for entry in parsed.structure.entries[:1]:
        if entry.span.end - entry.span.start <= _TITLE_LINE:
            quote = " ".join(entry.span.of(text).split())
            return leaf(Value(quote, entry.span.start, entry.span.end, 0.5), TITLE)
    return None
