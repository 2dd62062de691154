"""Which columns are the quantity, the price and the amount of a line: quantity times price is the amount."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from itertools import permutations

from extraction.labels.words import tokens
from extraction.rules.tables.sheet import Sheet
from extraction.schema.frames import Frame
from extraction.schema.kinds import Kind
from extraction.schema.slots import Slot
from extraction.values import values_of

QUANTITY, PRICE, AMOUNT = "quantity", "price", "amount"
_PRICES = frozenset(("price", "rate", "cost", "each"))
_AMOUNTS = frozenset(("amount", "total"))
_COUNTED = (("hour",), ("day",), ("unit",))
_ROWS = 50
_MOST_COLUMNS = 12
_HALF_A_CENT = 0.006
_PROVEN = 0.9
_MOST_FIGURES = 7  # columns of figures of which three are tried

Figures = list[dict[int, float]]  # of each row the figures by column


def roles_of(frame: Frame) -> Mapping[str, Slot]:
    """Return the properties of a line that are its quantity, price and amount, as far as it has them."""
    roles: dict[str, Slot] = {}
    for slot in frame.slots:
        number = slot.prop.json_type in ("number", "integer") and slot.prop.kind is not Kind.PERCENT
        role = _role(tokens(slot.path[-1])) if number and not slot.prop.many else None
        if role:
            roles.setdefault(role, slot)
    return roles


@lru_cache(maxsize=256)
def _role(words: tuple[str, ...]) -> str | None:
    if QUANTITY in words or words[-1:] in _COUNTED:
        return QUANTITY
    if _PRICES.intersection(words):
        return PRICE
    return AMOUNT if _AMOUNTS.intersection(words) else None


def by_product(sheet: Sheet) -> bool:
    """Give the columns that a product proves to their properties, whatever their heads say.

    Tells whether there is a product. Rows of a quantity of one prove nothing against heads.
    """
    roles = roles_of(sheet.frame)
    if not sheet.frame.is_part or not {QUANTITY, AMOUNT} <= roles.keys():
        return False
    columns = _product(sheet, roles, _figures(sheet, roles[AMOUNT]))
    if columns is None:
        return False
    for role, slot in roles.items():
        for column in [c for c, (what, _) in sheet.found.items() if what is slot]:
            del sheet.found[column]
        sheet.found[columns[role]] = (slot, _PROVEN)
    return True


def _figures(sheet: Sheet, amount: Slot) -> Figures:
    text, ways = sheet.parsed.text, sheet.parsed.ways
    counters = {column.index for column in sheet.columns if column.is_counter}
    figures: Figures = []
    for row in sheet.table.rows[:_ROWS]:
        found = {}
        for column, cell in enumerate(row[:_MOST_COLUMNS]):
            if column in counters or cell.end <= cell.start:
                continue
            values = values_of(amount.prop, text, cell.start, cell.end, ways)
            # A quantity may have its unit behind it.
            whole = len(values) == 1 and values[0].start - cell.start <= 3
            if whole and isinstance(values[0].value, int | float):
                found[column] = float(values[0].value)
        figures.append(found)
    return figures


def _product(sheet: Sheet, roles: Mapping[str, Slot], figures: Figures) -> Mapping[str, int] | None:
    """Return the columns of quantity, price and amount for which most rows are a product."""
    used = sorted({column for row in figures for column in row})[:_MOST_FIGURES]
    best: tuple[tuple[int, int, int], dict[str, int]] | None = None
    for q, p, a in permutations(used, 3):
        rows = [row for row in figures if {q, p, a} <= row.keys() and row[a]]
        hits = [row for row in rows if abs(row[q] * row[p] - row[a]) < _HALF_A_CENT]
        if not hits or 2 * len(hits) < len(rows):
            continue
        columns = {QUANTITY: q, PRICE: p, AMOUNT: a}
        told = [
            (sheet.found[columns[r]][0], s) for r, s in roles.items() if columns[r] in sheet.found
        ]
        agreed = sum(what is slot for what, slot in told)
        against = agreed < len(told)
        proven = sum(1 not in (row[q], row[p]) for row in hits)
        if against and not proven:
            continue
        whole = sum(row[q] == int(row[q]) for row in hits)
        rank = (proven or len(hits), agreed, whole)
        if best is None or rank > best[0]:
            best = rank, columns
    return best[1] if best else None
