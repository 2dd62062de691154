"""Findings from lists whose items are records: `## Kitchen`, then `- 6 chairs, oak — one leg loose`.

Whether the items of a list are objects of a type is told by what they have in common: the headings over them are the
choices of a property, each begins with a quantity and the type has one, or the heading names an array of the type.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from extraction.confidence import LISTED
from extraction.findings import Finding, Leaf, leaf, object_finding
from extraction.frames import Frame
from extraction.inherited import GROUPS, said_by
from extraction.kinds import Kind
from extraction.labels import label_words
from extraction.parsed_text import ParsedText
from extraction.recognise import accept, values_of
from extraction.recognise.value import Value
from extraction.slots import Slot
from extraction.structure import Entry, Span
from extraction.words import tokens

_FEWEST = 3  # items that have it in common
_SHARE = 0.7
_QUANTITIES = frozenset("quantity count number amount piece unit".split())
_NUMBERS = (Kind.INTEGER, Kind.NUMBER)
_REMARKS = frozenset("comment note remark condition observation detail".split())
_TICKETS = frozenset("issue ticket number reference code pr bug".split())
_PEOPLE = frozenset("author owner person by contributor user reporter".split())
_LEADING = re.compile(
    r"(?P<figure>\d+(?:[.,/]\d+)?|[½¼¾⅓⅔])(?:\s?[x×](?=\s)|\s?(?P<unit>g|kg|mg|ml|cl|dl|l|oz|lb|lbs|tbsp|tsp|cups?|el|tl|"
    r"cl|stk\.?|st\.?|pcs?|bunch|pinch|prise|bund|pizzico|cucchiai\w*|cuill?[èe]res?|cucharadas?|eetlepels?|theelepels?)"
    r"(?=\s))?\s+(?=[^\W\d_])",
    re.IGNORECASE,
)
_TAIL = re.compile(r"\s*\((?P<inside>[^()\n]{1,80})\)[.;]?\s*$")
_DASH = re.compile(r"\s+[—–]\s+|\s+-{1,2}\s+")
_CODE = re.compile(r"#\d+|(?=[^\s]*\d)[A-Z][\w./-]{2,20}")


@dataclass(frozen=True, slots=True)
class ListedRecords:
    """Of a frame, the sections whose list items are objects of it, and what stands where in an item."""

    sections: frozenset[int]
    text: Slot
    quantity: Slot | None


def listed_records(parsed: ParsedText) -> dict[str, ListedRecords]:
    """Return by frame which lists hold objects of it."""
    by_section: dict[int, list[Entry]] = {}
    for entry in parsed.structure.entries:
        if entry.kind == "item" and entry.level == 1 and entry.section >= 0:
            by_section.setdefault(entry.section, []).append(entry)
    found = {}
    for frame in parsed.frames if by_section else ():
        records = _of_frame(parsed, frame, by_section)
        if records is not None:
            found[frame.key] = records
    return found


def _of_frame(
    parsed: ParsedText, frame: Frame, by_section: dict[int, list[Entry]]
) -> ListedRecords | None:
    text = frame.text or next((s for s in frame.slots if _is_item_text(s)), None)
    if text is None or frame.occurs == "document" or frame.cues is not None or text.heads is None:
        return None
    quantity = _quantity(frame)
    named = {s for s in by_section if frame.is_part and frame.named_by(parsed.section_words(s))}
    chosen = named or _by_choice(parsed, frame, by_section)
    if not chosen and quantity is not None and not frame.is_part:
        counted = {s for s, items in by_section.items() if _are_counted(parsed, items)}
        items = sum(len(by_section[s]) for s in counted)
        chosen = counted if items >= _FEWEST else set()
    return ListedRecords(frozenset(chosen), text, quantity) if chosen else None


def _is_item_text(slot: Slot) -> bool:
    named = {"item", "product", "article", "object", "thing", "ingredient"} & set(
        tokens(slot.path[-1])
    )
    return slot.prop.kind is Kind.TEXT and not slot.prop.many and bool(named)


def _quantity(frame: Frame) -> Slot | None:
    found = [
        s for s in frame.slots
        if _QUANTITIES.intersection(tokens(s.path[-1])) and not s.prop.many
        and (s.prop.kind in _NUMBERS or s.prop.kind is Kind.TEXT)
    ]  # fmt: skip
    return found[0] if len(found) == 1 else None


def _by_choice(parsed: ParsedText, frame: Frame, by_section: dict[int, list[Entry]]) -> set[int]:
    for slot in frame.slots:
        if slot.prop.kind is Kind.ENUM and not slot.prop.many:
            said = {s for s in by_section if said_by(parsed, frame, slot, s, up=1) is not None}
            if len(said) > 1 and sum(len(by_section[s]) for s in said) >= _FEWEST:
                return said
    return set()


def _are_counted(parsed: ParsedText, items: list[Entry]) -> bool:
    led = sum(bool(_LEADING.match(parsed.text, e.span.start, e.span.end)) for e in items)
    return led >= _SHARE * len(items)


def find_in_list(parsed: ParsedText, entry: Entry) -> list[Finding]:
    """Return the objects that a list item is."""
    found = []
    if entry.kind == "item" and entry.level == 1:
        for frame in parsed.frames:
            records = parsed.lists.get(frame.key)
            if records is not None and entry.section in records.sections:
                slots = _item(parsed, frame, records, entry)
                if slots:
                    found.append(
                        object_finding(
                            frame.key,
                            slots,
                            start=entry.span.start,
                            end=entry.span.end,
                            block=entry.block,
                            section=entry.section,
                            method=LISTED,
                        )
                    )
    return found


def _item(
    parsed: ParsedText, frame: Frame, records: ListedRecords, entry: Entry
) -> dict[int, list[Leaf]]:
    text, span = parsed.text, entry.span
    slots: dict[int, list[Leaf]] = {}
    start, end = span.start, span.end
    _from_heading(parsed, frame, records, entry, slots)
    leading = _LEADING.match(text, start, end) if records.quantity is not None else None
    if leading is not None and records.quantity is not None:
        last = leading.end("unit") if leading["unit"] else leading.end("figure")
        last = leading.end("figure") if records.quantity.prop.kind in _NUMBERS else last
        values = values_of(records.quantity.prop, text, leading.start("figure"), last, parsed.ways)
        if values:
            slots[records.quantity.index] = [leaf(values[0], LISTED)]
            start = leading.end()
    tail = _TAIL.search(text, start, end)
    if tail is not None and _take_tail(parsed, frame, records, tail, slots):
        end = tail.start()
    dash = _DASH.search(text, start, end)
    remark = _remark(frame, records, slots)
    if dash is not None and remark is not None:
        value = _words(parsed, remark, dash.end(), end)
        if value is not None:
            slots[remark.index] = [leaf(value, LISTED)]
            end = dash.start()
    value = _words(parsed, records.text, start, end)
    if value is None:
        return {}
    slots[records.text.index] = [leaf(value, LISTED)]
    return slots


def _words(parsed: ParsedText, slot: Slot, start: int, end: int) -> Value | None:
    while start < end and parsed.text[start] in " \n*_":
        start += 1
    while end > start and parsed.text[end - 1] in " \n.;,*_":
        end -= 1
    words = " ".join(parsed.text[start:end].replace("**", "").split())
    if not any(c.isalpha() for c in words):
        return None
    return accept(slot.prop, Value(words, start, end, 0.85))


def _from_heading(
    parsed: ParsedText,
    frame: Frame,
    records: ListedRecords,
    entry: Entry,
    slots: dict[int, list[Leaf]],
) -> None:
    groups = [
        s for s in frame.slots
        if s is not records.text and not s.prop.many
        and (s.prop.kind is Kind.ENUM or (s.prop.kind is Kind.TEXT and GROUPS & set(tokens(s.path[-1]))))
    ]  # fmt: skip
    if len(records.sections) < 2 or len(groups) != 1:
        return
    said = said_by(parsed, frame, groups[0], entry.section, up=1)
    if said is not None:
        slots[groups[0].index] = [said]


def _take_tail(
    parsed: ParsedText,
    frame: Frame,
    records: ListedRecords,
    tail: re.Match[str],
    slots: dict[int, list[Leaf]],
) -> bool:
    """Take `(#2214, @ann)` behind an item; tell whether all of it was taken."""
    at = tail.start("inside")
    pieces = []
    for part in tail["inside"].split(","):
        bare = part.strip()
        pieces.append(
            Span(at + part.index(bare), at + part.index(bare) + len(bare)) if bare else None
        )
        at += len(part) + 1
    taken = 0
    for piece in pieces:
        slot = _slot_for(parsed, frame, records, piece, slots) if piece is not None else None
        if piece is not None and slot is not None:
            words = piece.of(parsed.text)
            value = accept(slot.prop, Value(words, piece.start, piece.end, 0.9))
            if value is not None:
                slots[slot.index] = [leaf(value, LISTED)]
                taken += 1
    return taken == len(pieces)


def _slot_for(
    parsed: ParsedText,
    frame: Frame,
    records: ListedRecords,
    piece: Span,
    slots: dict[int, list[Leaf]],
) -> Slot | None:
    words = piece.of(parsed.text)
    open_slots = [
        s for s in frame.slots
        if s.index not in slots and s is not records.text and s.prop.json_type == "string" and not s.prop.many
    ]  # fmt: skip
    if _CODE.fullmatch(words):
        fits = [
            s
            for s in open_slots
            if s.prop.kind is Kind.IDENTIFIER or _TICKETS & set(label_words(s.path[-1]))
        ]
    elif words.startswith("@"):
        fits = [
            s
            for s in open_slots
            if s.prop.kind is Kind.PERSON or _PEOPLE & set(label_words(s.path[-1]))
        ]
    else:
        return None
    return fits[0] if len(fits) == 1 else None


def _remark(frame: Frame, records: ListedRecords, slots: dict[int, list[Leaf]]) -> Slot | None:
    open_slots = [
        s for s in frame.slots
        if s.index not in slots and s is not records.text and s.prop.kind is Kind.TEXT and not s.prop.many
    ]  # fmt: skip
    named = [s for s in open_slots if _REMARKS & set(tokens(s.path[-1]))]
    return named[0] if len(named) == 1 else None
