"""Which column is which property, from the heads over the columns."""

from __future__ import annotations

from extraction.labels.labels import label_words
from extraction.rules.tables.sheet import LEFT_OVER, Column, Joined, Sheet, indexes
from extraction.schema.ranges import Range, split_range
from extraction.schema.slots import Slot
from extraction.values import values_of_cell

_ENOUGH_COLUMNS = 2  # that are sure, before another is told by one word
_TRIED = 5  # cells of a column that a value is looked for in
_BOTH = 0.01  # a column of two values is both ends before it is one
_NAMED = 0.75  # a head that is what the rows are called
_FIRST = ("first", "name")
_LAST = ("last", "name")
_WHOLE_NAMES = ("name", "full_name", "fullname", "person_name", "complete_name")
_CODED = 0.12


def by_label(sheet: Sheet) -> None:
    """Give each column to the property that its head names best, the surest pair first."""
    _join_names(sheet)
    rated = [(rate, c, what) for c in sheet.left if c.head for rate, what in _rated(sheet, c)]
    rated.sort(key=lambda item: (-item[0], item[1].index, indexes(item[2])))
    for rate, column, what in rated:
        free = column.index not in sheet.found and not sheet.taken.intersection(indexes(what))
        if free and _fits(sheet, column, what):
            sheet.found[column.index] = (what, min(rate, 1.0))
    if len(sheet.found) >= _ENOUGH_COLUMNS:
        _share_words(sheet)


def _share_words(sheet: Sheet) -> None:
    """Give a column that nothing else wants to the only property that shares a word with its head."""
    for column in sheet.left:
        words = label_words(column.head) if column.head else ()
        alike = [s for s in sheet.open_slots if any(set(words) & set(label) for label in s.labels)]
        if len(alike) == 1 and _fits(sheet, column, alike[0]):
            sheet.found[column.index] = (alike[0], LEFT_OVER)


def _rated(sheet: Sheet, column: Column) -> list[tuple[float, Slot | Range]]:
    frame, words = sheet.frame, label_words(column.head)
    matches = list(frame.match(column.head))
    if frame.text is not None and frame.named_by(words):
        matches.append((_NAMED, frame.text))
    if column.is_coded:
        # Codes are no description where words stand in another column of such a name.
        matches = [
            (rate - _CODED * (s.prop.takes_text or s is frame.text), s) for rate, s in matches
        ]
    ranges = [(rate + _BOTH, r) for r in frame.ranges if (rate := r.rate(words, frame.own))]
    return [*matches, *ranges]


def _join_names(sheet: Sheet) -> None:
    """Pair columns of first and of last names with the property for a whole name, if there is no other."""
    words = [label_words(column.head) for column in sheet.columns]
    if _FIRST not in words or _LAST not in words:
        return
    slots = sheet.frame.slots
    apart = any({_FIRST, _LAST} & set(s.labels) for s in slots)
    named = [s for s in slots if s.path[-1].casefold() in _WHOLE_NAMES and not s.prop.many]
    if not apart and len(named) == 1:
        sheet.found[words.index(_FIRST)] = (Joined(named[0], words.index(_LAST)), 0.9)


def _fits(sheet: Sheet, column: Column, what: Slot | Range) -> bool:
    text, ways = sheet.parsed.text, sheet.parsed.ways
    if isinstance(what, Range):
        return any(split_range(what, text, cell, ways) for cell in column.cells[:_TRIED])
    if what is sheet.frame.text and not column.has_letters:
        return False  # bare figures describe nothing
    return any(values_of_cell(what.prop, text, cell, ways) for cell in column.cells[:_TRIED])
