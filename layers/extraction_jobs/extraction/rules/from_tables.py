"""Findings from tables: which type a table's rows are, and which column is which property."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import lru_cache
from itertools import permutations

from extraction.document.blocks.bill import BILL
from extraction.document.parsed_text import ParsedText
from extraction.document.structure import Span, Table
from extraction.labels.labels import Words, label_words
from extraction.labels.words import tokens
from extraction.records.confidence import TABLE_ROW
from extraction.records.findings import Finding, Leaf, ObjectFinding, leaf
from extraction.rules.binding import bound_in_row
from extraction.rules.column_choice import Columns, Joined
from extraction.rules.column_heads import columns_by_head
from extraction.schema.frames import Frame
from extraction.schema.kinds import Kind
from extraction.schema.ranges import Range, split_range
from extraction.schema.slots import Slot
from extraction.values import values_of, values_of_cell
from extraction.values.dates import find_dates

_PRICES = frozenset(("price", "rate", "cost", "each"))
_TWO_PAIRS = 4  # cells
_MOST_PAIR_LINES = 12
_KNOWN_LABEL = 0.66
_BILL_ROWS = 50
_BILL_COLUMNS = 12
_HALF_A_CENT = 0.006
_LONGEST_DATE = 24
_MOST_ROWS_OF_A_DAY = 40
_CARRIED = 0.9
_SUM_WORDS = frozenset("total subtotal sum tax balance discount shipping freight carriage".split())
_TOTALS = frozenset(("total", "subtotal", "sum", "amount"))
_BALANCES = frozenset(
    "balance start end opening closing brought carried forward previous new final down".split()
)
# What a page takes over from the one before it.
_CARRIED_OVER = re.compile(
    r"(?:(?:amount|balance|(?:sub-?)?total|sum|summe|zwischensumme|saldo|montant|totale|importe)[\s/:-]{1,3})?"
    r"(?:(?:brought|carried|carry)[ ](?:forward|over|down)|[bc]\s?/\s?(?:f(?:w?d)?|d)\b|"
    r"(?:saldo)?(?:übertrag|uebertrag|vortrag)|(?:à |a )?report(?:er|é)?|suma y sigue|suma (?:y )?anterior|"
    r"(?:a )?riport(?:o|are)|(?:te |a )?transport(?:e|eren|ar)?)"
    r"(?:\W+(?:from|to|of|previous|next|page|von|vom|auf|seite|de|da|di|du|della?|à|la|página|pagina|blz|van|"
    r"vorherige[rn]?|précédente|nächste|\d{1,4}))*\W*",
    re.IGNORECASE,
)
_LETTER = re.compile(r"[^\W\d_]")
_NUMERIC = (Kind.NUMBER, Kind.INTEGER, Kind.MONEY, Kind.PERCENT)


def find_in_tables(parsed: ParsedText, start: int, end: int) -> list[Finding]:
    """Return the objects of tables' rows that begin in a stretch of text."""
    tables = parsed.tables_in(start, end)
    return [found for table in tables for found in _in_table(parsed, table, start, end)]


def _in_table(parsed: ParsedText, table: Table, start: int, end: int) -> list[Finding]:
    rows = table.rows_between(start, end)
    if not rows:
        return []
    chosen = choose_frame(parsed, table)
    if chosen is None or _is_of_pairs(parsed, table):
        return []
    frame, columns, _ = chosen
    found: list[Finding] = []
    first = bisect_left(table.rows, start, key=lambda row: row[0].start)
    for at, row in enumerate(rows, first):
        slots = _row(parsed, frame, columns, row)
        if slots:
            _carried_down(parsed, table, columns, at, slots)
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


def _is_of_pairs(parsed: ParsedText, table: Table) -> bool:
    """Tell rows of labels and values, two of each or more, from rows of a table: the labels are known ones."""
    lines = ((table.header,) if table.header else ()) + table.rows[:_MOST_PAIR_LINES]
    width = len(lines[0])
    if width < _TWO_PAIRS or width % 2 or any(len(line) != width for line in lines):
        return False
    for frame in parsed.frames:
        known = [
            [_is_known(frame, cell.of(parsed.text)) for cell in line[::2] if cell.end > cell.start]
            for line in lines
        ]
        below = sum(map(sum, known[1:]))
        if below and 2 * sum(map(sum, known)) >= sum(map(len, known)):
            beside = [cell.of(parsed.text) for line in lines for cell in line[1::2]]
            return sum(_is_known(frame, words) for words in beside) <= below
    return False


def _is_known(frame: Frame, label: str) -> bool:
    return any(rate >= _KNOWN_LABEL for rate, _ in frame.match(label)[:1])


def choose_frame(parsed: ParsedText, table: Table) -> tuple[Frame, Columns, float] | None:
    """Return the frame that a table's rows are objects of, its columns, and how well they fit."""
    heads = [cell.of(parsed.text) for cell in table.header]
    best: tuple[Frame, Columns, float] | None = None
    for frame in parsed.frames:
        if frame.occurs == "document":
            continue
        columns = _columns(parsed, frame, heads, table)
        if columns is None:
            continue
        rate = sum(score for _, score in columns.values())
        words = parsed.section_words(table.section)
        if words and frame.named_by(words):
            rate += 1.0
        if best is None or rate > best[2] + 1e-9:
            best = (frame, columns, rate)
    return best


def _columns(parsed: ParsedText, frame: Frame, heads: list[str], table: Table) -> Columns | None:
    if table.how == BILL:
        return _of_bill(frame)
    if heads:
        return columns_by_head(parsed, frame, heads, table)
    return _by_arithmetic(parsed, frame, table)


def _of_bill(frame: Frame) -> Columns | None:
    """Return what the columns of a bill are: text, quantity, price and amount."""
    words = [s for s in frame.slots if s.prop.kind is Kind.TEXT and not s.prop.many]
    text = frame.text or frame.identity or (words[0] if len(words) == 1 else None)
    numbers = [
        s
        for s in frame.slots
        if s.prop.json_type in ("number", "integer") and s.prop.kind is not Kind.PERCENT
    ]
    roles = {_role(tokens(s.path[-1])): s for s in reversed(numbers)}
    amount = roles.get("amount")
    price = roles.get("price")
    if text is None or not frame.is_part or (amount is None and price is None):
        return None
    columns: Columns = {0: (text, 0.9)}
    if "quantity" in roles:
        columns[1] = (roles["quantity"], 0.9)
    if price is not None and amount is not None:
        columns |= {2: (price, 0.9), 3: (amount, 0.9)}
    else:
        columns[3] = (amount or price or text, 0.9)
    return columns


def _by_arithmetic(parsed: ParsedText, frame: Frame, table: Table) -> Columns | None:
    """Tell the columns of a bill without a header: quantity times price is the amount."""
    roles = _bill_slots(frame)
    if roles is None:
        return None
    text, quantity, price, amount = roles
    sample = table.rows[:_BILL_ROWS]
    width = max(len(row) for row in sample)
    if not 3 < width <= _BILL_COLUMNS:
        return None
    rows = [row for row in sample if len(row) == width]
    figures = [
        {
            column: values[0].value
            for column, cell in enumerate(row)
            if cell.end > cell.start
            and (values := values_of(amount.prop, parsed.text, cell.start, cell.end, parsed.ways))
            and values[0].end - values[0].start >= 0.6 * (cell.end - cell.start)
        }
        for row in rows
    ]
    product = _product_columns(figures, width)
    if product is None:
        return None
    q, p, a = product
    words = [c for c in range(width) if c not in product]
    longest = max(words, key=lambda c: (sum(row[c].end - row[c].start for row in rows), -c))
    if abs(q - longest) > abs(p - longest):
        q, p = p, q
    return {longest: (text, 0.7), q: (quantity, 0.7), p: (price, 0.7), a: (amount, 0.7)}


def _product_columns(figures: list[dict[int, float]], width: int) -> tuple[int, int, int] | None:
    """Return three columns of which the third is the product of the others in most rows."""
    best: tuple[int, int, int] | None = None
    most = 0
    for q, p, a in permutations(range(width), 3):
        hits = sum(
            abs(row[q] * row[p] - row[a]) < _HALF_A_CENT
            for row in figures
            if {q, p, a} <= row.keys() and row[a]
        )
        if hits > most and hits * 2 >= len(figures):
            best, most = (q, p, a), hits
    return best


@lru_cache(maxsize=256)
def _role(words: tuple[str, ...]) -> str | None:
    if "quantity" in words or words[-1:] in (("hour",), ("day",), ("unit",)):
        return "quantity"
    if _PRICES.intersection(words):
        return "price"
    return "amount" if {"amount", "total"} & set(words) else None


def _bill_slots(frame: Frame) -> tuple[Slot, Slot, Slot, Slot] | None:
    found: dict[str, Slot] = {}
    for slot in frame.slots:
        role = _role(tokens(slot.path[-1]))
        if role and slot.prop.json_type in ("number", "integer"):
            found.setdefault(role, slot)
    if frame.text is None or len(found) < 3:
        return None
    return frame.text, found["quantity"], found["price"], found["amount"]


def _row(
    parsed: ParsedText, frame: Frame, columns: Columns, row: tuple[Span, ...]
) -> dict[int, list[Leaf]] | None:
    slots: dict[int, list[Leaf]] = {}
    filled = 0
    for column, (what, rate) in columns.items():
        if column < len(row) and row[column].end > row[column].start:
            filled += 1
            slots |= _cell(parsed, what, row, column, max(rate, 0.85))
    if not slots or not set(frame.required) <= set(slots):
        return None
    if filled * 2 < len(columns) and len(columns) > 2:
        return None
    if _is_sum(parsed, frame, row, slots):
        return None
    return slots


def _cell(
    parsed: ParsedText, what: Slot | Range | Joined, row: tuple[Span, ...], column: int, rate: float
) -> dict[int, list[Leaf]]:
    """Return what a cell gives its property, or its two properties."""
    cell = row[column]
    if isinstance(what, Range):
        both = split_range(what, parsed.text, cell, parsed.ways) or ()
        ends = zip((what.low, what.high), both, strict=False)
        return {end.index: [leaf(value, TABLE_ROW, rate)] for end, value in ends}
    slot = what.slot if isinstance(what, Joined) else what
    if isinstance(what, Joined):
        cell = _whole_name(row, column, what.last)
    values = values_of_cell(slot.prop, parsed.text, cell, parsed.ways)
    if not slot.prop.many:
        values = sorted(values, key=lambda v: (-v.quality, v.start))[:1]
    return {slot.index: [leaf(value, TABLE_ROW, rate) for value in values]} if values else {}


def _whole_name(row: tuple[Span, ...], first: int, last: int) -> Span:
    name = row[last] if last < len(row) else row[first]
    return Span(row[first].start, row[first].end, (name,)) if name.end > name.start else row[first]


def _is_sum(
    parsed: ParsedText, frame: Frame, row: tuple[Span, ...], slots: dict[int, list[Leaf]]
) -> bool:
    """Tell the rows under a bill that add it up, and those that carry a balance on."""
    for cell in row:
        words = label_words(cell.of(parsed.text)) if cell.end > cell.start else ()
        if not words or not _LETTER.search(cell.of(parsed.text)) or _is_date(parsed, cell):
            continue
        if set(words) <= _BALANCES and "balance" in words:
            return True
        numbers = [s for s in frame.slots if s.prop.kind in _NUMERIC]
        given = [s for s in numbers if s.index in slots]
        if len(given) < min(len(numbers), 2) and _CARRIED_OVER.fullmatch(cell.of(parsed.text)):
            return True
        if _TOTALS.intersection(words) and _is_sum_of(frame, words, slots):
            return True
        if _SUM_WORDS.intersection(words) and len(words) <= 4:
            return len(given) < 2 or len(given) < len(numbers) - 1
        return False
    return False


def _is_date(parsed: ParsedText, cell: Span) -> bool:
    """Tell a cell that is a day, such as `31 Mar`."""
    if cell.end - cell.start > _LONGEST_DATE:
        return False
    found = find_dates(parsed.text, cell.start, cell.end, parsed.ways)
    return bool(found) and found[0].end - found[0].start >= 0.8 * (cell.end - cell.start)


def _carried_down(
    parsed: ParsedText, table: Table, columns: Columns, at: int, slots: dict[int, list[Leaf]]
) -> None:
    """Give a row the day above it, where a day stands only in the first of its rows."""
    for column, (what, rate) in columns.items():
        slot = what if isinstance(what, Slot) and what.prop.kind is Kind.DATE else None
        here = table.rows[at]
        if slot is None or column > 1 or slot.index in slots or column >= len(here):
            continue
        if here[column].end > here[column].start or len(slots) < 2:
            continue
        for row in reversed(table.rows[max(0, at - _MOST_ROWS_OF_A_DAY) : at]):
            if column < len(row) and row[column].end > row[column].start:
                slots |= _cell(parsed, slot, row, column, max(rate, 0.85) * _CARRIED)
                break


def _is_sum_of(frame: Frame, words: Words, slots: dict[int, list[Leaf]]) -> bool:
    """Tell `Total` and `Subtotal fasteners` from a product that has the word in its name."""
    anchors = [s for s in (frame.text, frame.identity) if s is not None]
    numbers = [s for s in frame.slots if s.prop.kind in _NUMERIC]
    whole = all(s.index in slots for s in (*anchors, *numbers))
    return set(words) <= _SUM_WORDS | _BALANCES or (words[0] in _TOTALS and not whole)
