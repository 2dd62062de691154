"""Which column of a table is which property, from the heads over the columns."""

from __future__ import annotations

from extraction.document.parsed_text import ParsedText
from extraction.document.structure import Table
from extraction.labels.labels import label_words
from extraction.labels.words import abbreviates
from extraction.rules.column_choice import Columns, Joined, indexes
from extraction.rules.column_forms import fill_by_form, is_coded
from extraction.rules.ranges import Range, split_range
from extraction.schema.frames import Frame
from extraction.schema.kinds import Kind
from extraction.schema.slots import Slot
from extraction.values import values_of_cell

_ENOUGH_COLUMNS = 2  # that are sure, before another is told by what is left
LEFT_OVER = 0.6  # of a column that is told by what is left
_COUNTS = ("#", "No", "No.", "Nr.", "Nr", "Pos", "Pos.", "Ref", "Ref.")
_SAMPLE_ROWS = 5
_BOTH = 0.01  # a column of two values is both ends before it is one
_FIRST = ("first", "name")
_LAST = ("last", "name")
_WHOLE_NAMES = ("name", "full_name", "fullname", "person_name", "complete_name")
_CODED = 0.12


def columns_by_head(
    parsed: ParsedText, frame: Frame, heads: list[str], table: Table
) -> Columns | None:
    """Return the columns of a frame, or None if the table's rows are no objects of it."""
    columns = _by_label(parsed, frame, heads, table)
    labelled = len(columns)
    headed = any(
        map(frame.named_by, (parsed.section_words(table.section), *map(label_words, heads)))
    )
    _add_leftovers(parsed, frame, heads, table, columns)
    formed = fill_by_form(parsed, frame, table, columns, labelled + headed, LEFT_OVER)
    taken = {index for slot, _ in columns.values() for index in indexes(slot)}
    if len(columns) < 2 and not (len(columns) == 1 and len(frame.slots) == 1):
        return None
    anchors = {s.index for s in (frame.text, frame.identity) if s is not None} | set(frame.required)
    if (anchors and not anchors & taken and not formed) or not set(frame.required) <= taken:
        return None
    if len(columns) * 3 < len([h for h in heads if h]):
        return None
    return columns


def _by_label(parsed: ParsedText, frame: Frame, heads: list[str], table: Table) -> Columns:
    rated: list[tuple[float, int, Slot | Range]] = []
    for column, head in enumerate(heads):
        words = label_words(head)
        matches = list(frame.match(head))
        if frame.text is not None and frame.named_by(words):
            matches.append((0.75, frame.text))
        if head.strip() in _COUNTS:
            # On a bill this column counts the lines; elsewhere it tells objects apart.
            wanted = Kind.INTEGER if frame.is_part else Kind.IDENTIFIER
            matches = [m for m in matches if m[1].prop.kind is wanted] or matches
        if matches and is_coded(parsed, table, column):
            # Codes are no description where words stand in another column of such a name.
            matches = [(rate - (_CODED if _wants_words(frame, s) else 0), s) for rate, s in matches]
        rated += [(rate, column, slot) for rate, slot in matches]
        rated += [
            (rate + _BOTH, column, pair)
            for pair in frame.ranges
            if (rate := pair.rate(words, frame.own))
        ]
    rated.sort(key=lambda item: (-item[0], item[1], indexes(item[2])))
    columns = _joined_names(frame, heads)
    spent = {whole.last for whole, _ in columns.values() if isinstance(whole, Joined)}
    taken = {index for whole, _ in columns.values() for index in indexes(whole)}
    for rate, column, slot in rated:
        if column in spent:
            continue
        free = column not in columns and not taken.intersection(indexes(slot))
        if free and _column_fits(parsed, frame, slot, table, column):
            columns[column] = (slot, min(rate, 1.0))
            taken.update(indexes(slot))
    return columns


def _joined_names(frame: Frame, heads: list[str]) -> Columns:
    """Pair columns of first and of last names with the property for a whole name, if there is no other."""
    words = [label_words(head) for head in heads]
    if _FIRST not in words or _LAST not in words:
        return {}
    apart = [s for s in frame.slots if {_FIRST, _LAST} & set(s.labels)]
    named = [s for s in frame.slots if s.path[-1].casefold() in _WHOLE_NAMES and not s.prop.many]
    if apart or len(named) != 1:
        return {}
    return {words.index(_FIRST): (Joined(named[0], words.index(_LAST)), 0.9)}


def _wants_words(frame: Frame, slot: Slot) -> bool:
    return slot.prop.takes_text or slot is frame.text


def _add_leftovers(
    parsed: ParsedText, frame: Frame, heads: list[str], table: Table, columns: Columns
) -> None:
    """Give a column that nothing else wants to the property that shares a word with its head."""
    taken = {index for slot, _ in columns.values() for index in indexes(slot)}
    left = [c for c, head in enumerate(heads) if c not in columns and head]
    open_slots = [s for s in frame.slots if s.index not in taken and s.heads is not None]
    for column in left if len(columns) >= _ENOUGH_COLUMNS else ():
        words = label_words(heads[column])
        alike = [
            s for s in open_slots
            if any(w == known or abbreviates(w, known) for w in words for label in s.labels for known in label)
        ]  # fmt: skip
        if len(alike) == 1 and _column_fits(parsed, frame, alike[0], table, column):
            columns[column] = (alike[0], LEFT_OVER)
            open_slots.remove(alike[0])


def _column_fits(
    parsed: ParsedText, frame: Frame, slot: Slot | Range, table: Table, column: int
) -> bool:
    cells = [row[column] for row in table.rows[:_SAMPLE_ROWS] if column < len(row)]
    filled = [cell for cell in cells if cell.end > cell.start]
    if isinstance(slot, Range):
        return any(split_range(slot, parsed.text, cell, parsed.ways) for cell in filled)
    if not filled:
        return True
    if slot.prop.takes_text or slot.prop.kind is Kind.TEXT:
        # Bare figures describe nothing.
        words = [cell.of(parsed.text) for cell in filled]
        if slot is frame.text and not any(c.isalpha() for w in words for c in w):
            return False
    return any(values_of_cell(slot.prop, parsed.text, cell, parsed.ways) for cell in filled)
