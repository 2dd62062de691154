"""Which column is which property, from the heads over the columns."""

from __future__ import annotations

from functools import lru_cache

from extraction.labels.labels import label_words
from extraction.labels.vocabulary import CURRENCIES
from extraction.rules.tables.products import AMOUNT, roles_of
from extraction.rules.tables.sheet import Column, Joined, Sheet
from extraction.schema.frames import Frame, Matches
from extraction.schema.kinds import Kind
from extraction.schema.slots import Slot
from extraction.values import values_of_cell
from extraction.values.dates import find_dates

_LEFT_OVER = 0.6  # rate of a column that is told by what is left
_LEAST_TOLD = 2  # columns besides a rate
_LEAST_WORDS = 8  # code points of a description
_REMEMBERED = 4_000  # heads, for each type
_TRIED = 5  # cells of a column that a value is looked for in
_NAMED = 0.75  # a head that is what the rows are called
FIRST_NAME = ("first", "name")
_LAST_NAME = ("last", "name")
_WHOLE_NAMES = ("name", "full_name", "fullname", "person_name", "complete_name")
_CODED = 0.12


def by_label(sheet: Sheet) -> None:
    """Give each column to the property that its head names best, the surest pair first."""
    _join_names(sheet)
    rated = [(rate, c, slot) for c in sheet.left if c.head for rate, slot in _rated(sheet, c)]
    rated.sort(key=lambda item: (-item[0], item[1].index, item[2].index))
    taken = sheet.taken
    for rate, column, slot in rated:
        free = column.index not in sheet.found and slot.index not in taken
        if free and _fits(sheet, column, slot):
            sheet.found[column.index] = (slot, min(rate, 1.0))
            taken.add(slot.index)
    if len(sheet.found) > 1 and sheet.frame.is_part:
        _give_codes(sheet)
        _give_words(sheet)


def _give_codes(sheet: Sheet) -> None:
    """Give the only column of codes of a bill that no head named to the code of its lines."""
    wanted = [s for s in sheet.frame.slots if s.prop.kind is Kind.IDENTIFIER]
    if len(wanted) != 1:
        return
    columns = [
        c
        for c in sheet.left
        if c.is_coded and not (c.is_counter or c.is_of_figures or _is_dated(sheet, c))
    ]
    if len(columns) == 1 and wanted[0].index not in sheet.taken:
        sheet.found[columns[0].index] = (wanted[0], _LEFT_OVER)


def _give_words(sheet: Sheet) -> None:
    """Give the only column of words that no head named to what describes the lines of a bill or statement."""
    text = sheet.frame.text
    if text is None or not sheet.frame.is_part or text.index in sheet.taken:
        return
    slots = [slot for slot in sheet.frame.slots if slot.index in sheet.taken]
    if sum(slot.prop.kind is not Kind.PERCENT for slot in slots) < _LEAST_TOLD:
        return  # as of discounts and taxes
    columns = [
        c for c in sheet.left if c.has_letters and not c.is_coded and not _is_dated(sheet, c)
    ]
    long = [c for c in columns if sum(map(len, c.words)) >= _LEAST_WORDS * len(c.words)]
    if len(long) == 1:
        sheet.found[long[0].index] = (text, _LEFT_OVER)


def _is_dated(sheet: Sheet, column: Column) -> bool:
    first = column.cells[0]
    return bool(find_dates(sheet.parsed.text, first.start, first.end, sheet.parsed.ways))


@lru_cache(maxsize=_REMEMBERED)
def named_by_head(frame: Frame, head: str) -> Matches:
    """Return which properties a head may name, and how well (0..1)."""
    words = label_words(head)
    matches = list(frame.match(head))
    if frame.text is not None and frame.named_by(words):
        matches.append((_NAMED, frame.text))
    if not CURRENCIES.isdisjoint(words) and (amount := roles_of(frame).get(AMOUNT)):
        matches.append((_NAMED, amount))
    return tuple(matches)


def _rated(sheet: Sheet, column: Column) -> Matches:
    frame = sheet.frame
    matches = named_by_head(frame, column.head)
    if matches and column.is_coded:
        # Codes are no description where words stand in another column of such a name.
        return tuple(
            [(rate - _CODED * (s.prop.takes_text or s is frame.text), s) for rate, s in matches]
        )
    return matches


def _join_names(sheet: Sheet) -> None:
    """Pair columns of first and of last names with the property for a whole name, if there is no other."""
    words = sheet.heads
    if FIRST_NAME not in words or _LAST_NAME not in words:
        return
    slots = sheet.frame.slots
    apart = any({FIRST_NAME, _LAST_NAME} & set(s.labels) for s in slots)
    named = [s for s in slots if s.path[-1].casefold() in _WHOLE_NAMES and not s.prop.many]
    if not apart and len(named) == 1:
        sheet.found[words.index(FIRST_NAME)] = (Joined(named[0], words.index(_LAST_NAME)), 0.9)


def _fits(sheet: Sheet, column: Column, slot: Slot) -> bool:
    if slot is sheet.frame.text and not column.has_letters:
        return False  # bare figures describe nothing
    text, ways = sheet.parsed.text, sheet.parsed.ways
    return any(values_of_cell(slot.prop, text, cell, ways) for cell in column.cells[:_TRIED])
