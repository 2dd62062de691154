"""Which columns are the quantity, the price and the amount of a line: quantity times price is the amount."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import islice, permutations
from typing import NamedTuple

from extraction.document.structure import Span, Table
from extraction.labels.words import tokens
from extraction.rules.tables.sheet import SURE, Sheet
from extraction.schema.frames import Frame
from extraction.schema.kinds import Kind
from extraction.schema.slots import Slot
from extraction.values.numbers import find_money
from extraction.values.value import Conventions

_THREE = 3  # columns that make a product
_DIGIT = re.compile(r"\d")
QUANTITY, PRICE, AMOUNT = "quantity", "price", "amount"
_PRICES = frozenset(("price", "rate", "cost", "each"))
_AMOUNTS = frozenset(("amount", "total", "subtotal"))
# `unit amount`; `total price` is of the line
_OF_ONE = frozenset(("unit", "each", "per", "single"))
_COUNTED = (("hour",), ("day",), ("unit",))
_ROWS = 50
_MOST_FIGURES = 7  # columns of figures of which three are tried
_SIGNS = 3  # code points before a figure
_HALF_A_CENT = 0.006


class _Product(NamedTuple):
    """Three columns of which the third is the product of the others in most rows.

    `proven` of these `rows` have no factor of 1; in `whole` of them the quantity is a whole number.
    """

    quantity: int
    price: int
    amount: int
    rows: int
    proven: int
    whole: int


@lru_cache(maxsize=256)
def roles_of(frame: Frame) -> Mapping[str, Slot]:
    """Return the properties of a line that are its quantity, price and amount, as far as it has them."""
    roles: dict[str, Slot] = {}
    prices = []
    for slot in frame.slots:
        number = slot.prop.json_type in ("number", "integer") and slot.prop.kind is not Kind.PERCENT
        if number and not slot.prop.many and (role := _role(tokens(slot.path[-1]))):
            roles.setdefault(role, slot)
            prices += [slot] if role == PRICE else []
    of_one = [slot for slot in prices if _OF_ONE.intersection(tokens(slot.path[-1]))]
    if of_one and len(prices) > 1:  # beside the price of one the other is that of the line
        roles[PRICE] = of_one[0]
        roles.setdefault(AMOUNT, next((s for s in prices if s not in of_one), prices[-1]))
    return roles


@lru_cache(maxsize=256)
def _role(words: tuple[str, ...]) -> str | None:
    if QUANTITY in words or words[-1:] in _COUNTED:
        return QUANTITY
    whole = bool(_AMOUNTS.intersection(words)) and not _OF_ONE.intersection(words)
    if whole or not (_PRICES | _OF_ONE).intersection(words):
        return AMOUNT if whole else None
    return PRICE


@lru_cache(maxsize=256)
def is_billed(frame: Frame) -> bool:
    """Tell lines of a bill, of which a product may tell the columns."""
    return frame.is_part and roles_of(frame).keys() >= {QUANTITY, AMOUNT}


def by_product(sheet: Sheet) -> bool:
    """Give the columns that a product proves to their properties, whatever their heads say; tell if there is one."""
    if not is_billed(sheet.frame):
        return False
    roles = roles_of(sheet.frame)
    columns = _product(sheet, roles)
    for role, slot in roles.items() if columns else ():
        named = {c: rate for c, (what, rate) in sheet.found.items() if what is slot}
        for column in named:
            del sheet.found[column]
        sheet.found[columns[role]] = (slot, max(SURE, named.get(columns[role], 0.0)))
    return bool(columns)


def _product(sheet: Sheet, roles: Mapping[str, Slot]) -> Mapping[str, int]:
    """Return the columns of quantity, price and amount for which most rows are a product; nothing if none are.

    Rows in which one factor is 1 prove nothing against heads.
    """
    counting = (c.index for c in sheet.left if c.is_counter)
    counters = frozenset(islice(counting, 1))  # a second such column may be quantities
    best: Mapping[str, int] = {}
    highest = (0, 0, 0, 0)
    for each in _products(sheet.parsed.text, sheet.parsed.ways, sheet.table, counters):
        columns = {QUANTITY: each.quantity, PRICE: each.price, AMOUNT: each.amount}
        told = [(sheet.found.get(columns[role]), slot) for role, slot in roles.items()]
        agreed = [what[0] is slot for what, slot in told if what]
        rank = (each.proven, each.rows, sum(agreed), each.whole)
        if (each.proven or all(agreed)) and rank > highest:
            best, highest = columns, rank
    return best


@lru_cache(maxsize=1)  # the same for all types
def _products(
    text: str, ways: Conventions, table: Table, counters: frozenset[int]
) -> tuple[_Product, ...]:
    cells = [
        [
            (column, cell)
            for column, cell in enumerate(row)
            if column not in counters and _DIGIT.search(text, cell.start, cell.end)
        ]
        for row in table.rows[:_ROWS]
    ]
    if len({column for row in cells for column, _ in row}) < _THREE:
        return ()
    figures = [_figures(text, ways, row) for row in cells]
    used = sorted({column for row in figures for column in row})[:_MOST_FIGURES]
    found = []
    for q, p, a in permutations(used, _THREE):
        rows = [row for row in figures if {q, p, a} <= row.keys() and row[a]]
        hits = [row for row in rows if abs(row[q] * row[p] - row[a]) < _HALF_A_CENT]
        if hits and 2 * len(hits) >= len(rows):
            proven = sum(1 not in (row[q], row[p]) for row in hits)
            whole = sum(row[q].is_integer() for row in hits)
            found.append(_Product(q, p, a, len(hits), proven, whole))
    return tuple(found)


def _figures(text: str, ways: Conventions, row: Sequence[tuple[int, Span]]) -> Mapping[int, float]:
    """Return the figures of a row by column; a quantity may have its unit behind it."""
    found = {}
    for column, cell in row:
        values = find_money(text, cell.start, cell.end, ways)
        if len(values) == 1 and values[0].start - cell.start <= _SIGNS:
            found[column] = float(values[0].value)
    return found
