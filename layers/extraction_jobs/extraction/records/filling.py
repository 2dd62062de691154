"""What a document says of itself without a label: title and currency, and what the ranker finds likely."""

from __future__ import annotations

import re
from collections.abc import Sequence

from extraction.document.parsed_text import ParsedText
from extraction.document.structure import Span
from extraction.records.confidence import DERIVED, TITLE, UNLABELLED
from extraction.records.drafts import HEAD_CHARACTERS, Draft
from extraction.records.findings import Leaf, Mention, leaf
from extraction.records.ranking.choice import assigned, candidates
from extraction.schema.frames import Frame
from extraction.schema.kinds import Kind
from extraction.schema.slots import Slot
from extraction.values.names import is_organisation
from extraction.values.value import Value

# What is written over a title: how a paper was filed, and what has become of it.
_FILED = re.compile(
    r"(?i)(?:exhibit|ex|annex|schedule|appendix|attachment)\b[-.\s]*[\w.()-]{0,12}|execution\s(?:version|copy)|final|"
    r"draft|confidential|copy|page\s\d+(?:\sof\s\d+)?|\d+|.{0,60}\b(?:8-K|10-[KQ]|6-K)\b.{0,30}"
)
_GOES_ON = re.compile(r"(?i)\b(?:to|of|and|for|the|with|between|in|on|by)$")
_NEXT_LINE = re.compile(r"\s{0,3}\n\s{0,80}[^\n]{3,120}(?<=\S)")
_SYMBOLS = re.compile(r"[^\w\x00-\x7f“„«¿¡]+\s*(?=\w)")  # a picture before the words
_MOST_MARKS = 4  # lines over a title
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
        return _title(parsed, of_body=slot.path != ("title",))
    return None


def _title(parsed: ParsedText, *, of_body: bool) -> Leaf | None:
    """The document's title: its first heading, or else its first short line.

    A line with a company's name is no title, but it may be what a paper is of (`of_body`).
    """
    text, sections = parsed.text, parsed.structure.sections
    heads = [s.title for s in sections if s.title.start < HEAD_CHARACTERS]
    span = next((head for head in heads if not _FILED.fullmatch(head.of(text))), None)
    if span is not None:
        return leaf(_titled(text, span, 0.8), TITLE)
    for entry in parsed.structure.entries[:_MOST_MARKS]:
        words = entry.span.of(text)
        if _FILED.fullmatch(words) or (not of_body and is_organisation(words)):
            continue
        if entry.span.end - entry.span.start <= _TITLE_LINE:
            return leaf(_titled(text, entry.span, 0.5), TITLE)
        break
    return None


def _titled(text: str, span: Span, quality: float) -> Value:
    """Return a title, with the next line if its own ends in the middle: `AMENDMENT TO`."""
    end = span.end
    if _GOES_ON.search(text, span.start, end) and (line := _NEXT_LINE.match(text, end)):
        end = line.end()
    symbols = _SYMBOLS.match(text, span.start, end)
    start = symbols.end() if symbols else span.start
    return Value(" ".join(text[start:end].split()), start, end, quality)
