"""Objects of the rows of tables."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace

from extraction.document.blocks.bill import BILL
from extraction.document.blocks.rows import COLUMNS
from extraction.document.parsed_text import ParsedText
from extraction.document.structure import Span, Table
from extraction.labels.labels import label_words
from extraction.records.confidence import TABLE_ROW
from extraction.records.findings import Finding, Leaf, ObjectFinding, leaf
from extraction.rules.binding import bound_in_row
from extraction.rules.tables.choosing import choose_frame
from extraction.rules.tables.products import AMOUNT, PRICE, QUANTITY, roles_of
from extraction.rules.tables.sheet import Columns, Joined, What
from extraction.rules.tables.sums import is_sum
from extraction.schema.frames import Frame
from extraction.schema.kinds import Kind
from extraction.schema.slots import Slot
from extraction.values import values_of_cell

_MOST_ROWS_OF_A_DAY = 40
_MOST_BILLED = 200  # rows of a bill
_LONGEST_TOTAL = 20  # code points
_CARRIED = 0.9
_LEAST = 0.85  # what the label of a cell counts at least, once the rows are known to be objects


def find_in_tables(parsed: ParsedText, start: int, end: int) -> list[Finding]:
    """Return the objects of tables' rows that begin in a stretch of text."""
    found: list[Finding] = []
    for table in parsed.tables_in(start, end):
        first = bisect_left(table.rows, start, key=lambda row: row[0].start)
        after = first + len(table.rows_between(start, end))
        for side in _sides(parsed.text, table) if after > first else ():
            found += _in_table(parsed, side, first, after)
    return found


def _sides(text: str, table: Table) -> list[Table]:
    """Return the tables of which each line is a row: two if heads over figures repeat (`Pay  Amount  Tax  Amount`)."""
    heads = [cell.of(text) for cell in table.header]
    again = next((at for at, head in enumerate(heads) if head and head in heads[:at]), 0)
    first = heads.index(heads[again]) if heads else 0
    cut = first + 1 if first else again
    words = [row[cut].of(text) for row in table.rows if 0 < cut < len(row)]
    if table.how != COLUMNS or not any(word[:1].isalpha() for word in words):
        return [table]
    parts = (slice(cut), slice(cut, None))
    return [
        replace(table, header=table.header[part], rows=tuple(row[part] for row in table.rows))
        for part in parts
    ]


def _in_table(parsed: ParsedText, table: Table, first: int, after: int) -> list[Finding]:
    chosen = choose_frame(parsed, table)
    if chosen is None:
        return []
    frame, columns = chosen
    found: list[Finding] = []
    totals = _behind_total(parsed.text, table) if frame.is_part else len(table.rows)
    for at, row in enumerate(table.rows[first:after], first):
        slots = _row(parsed, frame, columns, row)
        if slots and at > totals and 2 * len(slots) <= len(columns):
            continue  # what was paid
        if slots:
            _carry_day_down(parsed, table, columns, at, slots)
        if slots and table.how == BILL:
            _price_of_one(frame, slots)
        if slots and frame.cues is not None and frame.text is not None:
            slots = bound_in_row(parsed, frame, row, slots)
        if slots:
            found.append(
                ObjectFinding(
                    frame.key,
                    slots,
                    at=row[0].start,
                    end=max(cell.last for cell in row),
                    block=table.block,
                    section=table.section,
                    method=TABLE_ROW,
                )
            )
    return found


def _behind_total(text: str, table: Table) -> int:
    """Return which row is the total of a bill; there is none, if it is behind them all."""
    if len(table.rows) > _MOST_BILLED:
        return len(table.rows)
    totals = (at for at, row in enumerate(table.rows) if any(_is_total(cell, text) for cell in row))
    return next(totals, len(table.rows))


def _is_total(cell: Span, text: str) -> bool:
    short = 0 < cell.end - cell.start <= _LONGEST_TOTAL
    return short and label_words(cell.of(text))[:1] == ("total",)


def _row(
    parsed: ParsedText, frame: Frame, columns: Columns, row: tuple[Span, ...]
) -> dict[int, list[Leaf]] | None:
    slots: dict[int, list[Leaf]] = {}
    filled = 0
    for column, (what, rate) in columns.items():
        if column < len(row) and row[column].end > row[column].start:
            found = _cell(parsed, what, row, column, max(rate, _LEAST))
            filled += bool(found)
            slots |= found
    if not slots or not set(frame.required) <= set(slots):
        return None
    if filled * 2 < len(columns) and len(columns) > 2:
        return None
    return None if is_sum(parsed, frame, row, slots) else slots


def _cell(
    parsed: ParsedText, what: What, row: tuple[Span, ...], column: int, rate: float
) -> dict[int, list[Leaf]]:
    """Return what a cell gives its property."""
    cell = row[column]
    slot = what.slot if isinstance(what, Joined) else what
    if isinstance(what, Joined) and what.last < len(row) and row[what.last].end:
        cell = Span(cell.start, cell.end, (row[what.last],))
    values = values_of_cell(slot.prop, parsed.text, cell, parsed.ways)
    if not slot.prop.many:
        values = sorted(values, key=lambda v: (-v.quality, v.start))[:1]
    return {slot.index: [leaf(value, TABLE_ROW, rate) for value in values]} if values else {}


def _price_of_one(frame: Frame, slots: dict[int, list[Leaf]]) -> None:
    """Give a line of a bill with a quantity of one its amount as the price."""
    roles = roles_of(frame)
    if roles.keys() == {QUANTITY, PRICE, AMOUNT} and roles[PRICE].index not in slots:
        quantity = slots.get(roles[QUANTITY].index)
        if quantity and quantity[0].value == 1 and roles[AMOUNT].index in slots:
            slots[roles[PRICE].index] = slots[roles[AMOUNT].index]


def _carry_day_down(
    parsed: ParsedText, table: Table, columns: Columns, at: int, slots: dict[int, list[Leaf]]
) -> None:
    """Give a row the day above it, where a statement names a day only in the first of its rows."""
    for column, (what, rate) in columns.items():
        day = what if isinstance(what, Slot) and what.prop.kind is Kind.DATE else None
        if day is None or column > 1 or day.index in slots or len(slots) < 2:
            continue
        for row in reversed(table.rows[max(0, at - _MOST_ROWS_OF_A_DAY) : at + 1]):
            if column < len(row) and row[column].end > row[column].start:
                slots |= _cell(parsed, day, row, column, max(rate, _LEAST) * _CARRIED)
                break
