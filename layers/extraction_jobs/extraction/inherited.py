"""What is said once above several objects and holds for each: `### Monday 18 May` over a table of exams."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from extraction.confidence import TABLE_ROW
from extraction.drafts import Draft
from extraction.findings import Leaf, leaf
from extraction.frames import Frame
from extraction.kinds import Kind
from extraction.labels import label_words
from extraction.parsed_text import ParsedText
from extraction.recognise import accept, values_of
from extraction.recognise.value import Value
from extraction.slots import Slot
from extraction.structure import HEADING, Span

Finding = Mapping[str, Any]

_BY_FORM = (
    Kind.DATE, Kind.DATE_TIME, Kind.TIME, Kind.ENUM, Kind.PERSON, Kind.ORGANISATION, Kind.PARTY,
)  # fmt: skip
GROUPS = frozenset(
    "category group section area department room type kind topic theme chapter class division team location place "
    "region day stage phase module unit family floor zone ward course component product heading status priority".split()
)
_WHOLE = 0.3  # of a heading that its value takes
_LONGEST = 80  # code points of a heading that names a group
_SURE = 0.85
_UP = 3  # headings above each other that are looked at


def inherit(
    parsed: ParsedText,
    frame: Frame,
    drafts: Sequence[Draft],
    values: Sequence[Finding],
    others: Sequence[Finding] = (),
) -> None:
    """Give all objects of a frame what the headings over them say, or the lines before the first of them."""
    rows = [d for d in drafts if d.method == TABLE_ROW]
    if len(rows) < 2:
        return
    open_slots = [
        s for s in frame.slots
        if not s.prop.many and s.heads is not None and not any(s.index in d.slots for d in rows)
    ]  # fmt: skip
    if not open_slots:
        return
    by_section: dict[int, list[Draft]] = {}
    for row in rows:
        by_section.setdefault(row.section, []).append(row)
    for slot in open_slots:
        _from_headings(parsed, frame, slot, open_slots, by_section)
    still_open = {s.index: s for s in open_slots if not any(s.index in d.slots for d in rows)}
    claimed = {(f["leaves"][0][1], f["leaves"][0][2]): f["label"] for f in others}
    free = [
        f for f in values
        if f["label"] > claimed.get((f["leaves"][0][1], f["leaves"][0][2]), 0.0)
    ]  # fmt: skip
    _from_lines_above(still_open, rows, free)


def _from_headings(
    parsed: ParsedText,
    frame: Frame,
    slot: Slot,
    open_slots: Sequence[Slot],
    by_section: Mapping[int, list[Draft]],
) -> None:
    alike = [s for s in open_slots if _sort(s) == _sort(slot)]
    grouping = bool(GROUPS.intersection(label_words(slot.path[-1])))
    if len(alike) > 1 and not (grouping and sum(map(_is_grouping, alike)) == 1):
        return
    found: dict[int, Leaf] = {}
    for section in by_section:
        said = said_by(parsed, frame, slot, section)
        if said is None:
            return
        found[section] = said
    wordy = slot.prop.kind is Kind.TEXT
    if wordy and (len({str(x[0]) for x in found.values()}) < 2 or not grouping):
        return
    for section, rows in by_section.items():
        for row in rows:
            row.slots[slot.index] = [list(found[section])]


def _sort(slot: Slot) -> object:
    return slot.prop.enum if slot.prop.kind is Kind.ENUM else slot.prop.kind


def _is_grouping(slot: Slot) -> bool:
    return bool(GROUPS.intersection(label_words(slot.path[-1])))


def said_by(
    parsed: ParsedText, frame: Frame, slot: Slot, section: int, *, up: int = _UP
) -> Leaf | None:
    """Return what the nearest heading that says anything of a property's kind says."""
    for _ in range(up):
        if section < 0:
            return None
        here = parsed.structure.sections[section]
        title = _without_number(parsed, here.title, here.number)
        words = title.of(parsed.text)
        if slot.prop.kind is Kind.TEXT:
            named = frame.named_by(label_words(words)) or is_numbered_key(words)
            if 0 < len(words) <= _LONGEST and not named:
                value = accept(
                    slot.prop, Value(" ".join(words.split()), title.start, title.end, 0.8)
                )
                return leaf(value, HEADING) if value is not None else None
        elif slot.prop.kind in _BY_FORM:
            for value in values_of(slot.prop, parsed.text, title.start, title.end, parsed.ways):
                if value.end - value.start >= _WHOLE * (title.end - title.start):
                    return leaf(value, HEADING)
        section = here.parent
    return None


def _without_number(parsed: ParsedText, title: Span, number: str) -> Span:
    start = title.start
    if number and title.of(parsed.text).startswith(number):
        start += len(number)
        while start < title.end and parsed.text[start] in " .)":
            start += 1
    return Span(start, title.end)


def is_numbered_key(title: str) -> bool:
    """Tell the name of a record that has none, as of an array's second: `wards 2`."""
    words = title.split()
    return len(words) > 1 and words[-1].isdigit() and title == title.lower()


def _from_lines_above(
    open_slots: Mapping[int, Slot], rows: Sequence[Draft], values: Sequence[Finding]
) -> None:
    """Give each row the last labelled value above it, if it stands above all rows of its part."""
    starts = sorted({row.start for row in rows})
    for index in open_slots:
        said = [
            f for f in values
            if f["slot"] == index and f["label"] >= _SURE and f["leaves"][0][4] != HEADING
        ]  # fmt: skip
        places = [f["at"] for f in said]
        if not said or places[0] > starts[0]:
            continue
        for row in rows:
            above = said[bisect_right(places, row.start) - 1]
            row.slots[index] = [list(above["leaves"][0])]


def share_head(parsed: ParsedText, records: list[Draft]) -> list[Draft]:
    """Give all records what is said once, in a paragraph above what each of them says."""
    if len(records) < 2 or records[0].frame.occurs is not None:
        return records
    if len(records) > 2 and not set(records[0].slots) & _all_slots(records[1:]):
        _share(records[0].slots, records[0], records[1:])
        return records[1:]
    first, rest = records[0], records[1:]
    common = set(first.slots).intersection(*(record.slots for record in rest))
    if not common:
        return records
    begins = min(first.slots[index][0][1] for index in common)
    gap = parsed.text.rfind("\n\n", 0, begins)
    once = [
        index for index, leaves in first.slots.items()
        if leaves[0][2] <= gap and index not in _all_slots(rest)
    ]  # fmt: skip
    _share(once, first, rest)
    return records


def _all_slots(records: Sequence[Draft]) -> set[int]:
    return {index for record in records for index in record.slots}


def _share(indexes: Iterable[int], head: Draft, records: Sequence[Draft]) -> None:
    for record in records:
        for index in indexes:
            record.slots[index] = [list(x) for x in head.slots[index]]
            record.labels[index] = head.labels.get(index, 0.5)
