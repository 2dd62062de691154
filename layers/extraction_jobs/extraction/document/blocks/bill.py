"""Lines of a bill that has no columns: `2 x Fish & chips @ 14.50   29.00`.

What proves such a line is arithmetic: quantity times price is the amount, or the amounts of the
lines add up to the total under them, as on a till receipt: `3 Dish soap   14.97`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import permutations
from typing import NamedTuple

from extraction.document.blocks.block import Block, Place
from extraction.document.blocks.facts import pair_of_cells
from extraction.document.columns import Row
from extraction.document.line import Line, Lines
from extraction.document.pairs import trimmed
from extraction.document.structure import COLUMN_PAIR, Span, Table
from extraction.labels.word_lists import words_of
from extraction.labels.words import tokens

BILL = "bill"  # how such a table was found; its rows are text, quantity, price, amount

_CURRENCY = (  # no unit
    r"(?:[A-Z]{0,2}[€$£¥]|(?!(?:MG|KG|ML|CL|CM|MM|GB|LB|OZ|CT|PK|EA|PCS?|IN|FT)(?!\w))[A-Z]{2,3}"
    r"|zł|Kč|kr\.?|Fr\.)"
)
_COUNT = re.compile(r"\s*(?P<body>\d{1,3})\s?[x×]?\s+(?=[^\W\d_])")  # before an item's words
_COUNT_BEHIND = re.compile(r"\s(?<=\S\s)(?:[x×]\s?|[Qq]ty\s?:?\s?)(?P<body>\d{1,3})(?![\w.,×])")
# What a till prints of the item above or below: `2 @ 0.745`, `2 Stk x 0,89`, `0,84 kg 2,29 €/kg`.
_COUNTED = re.compile(
    rf"\s*(?P<quantity>\d{{1,4}}(?:[.,]\d{{1,3}})?)\s?(?:[^\W\d_]{{1,4}}\.?)?\s*(?P<times>[xX×*@])?\s*{_CURRENCY}?\s?"
    rf"(?P<price>\d{{1,5}}(?:[.,]\d{{1,4}})?)\s?(?:{_CURRENCY})?(?:\s?/\s?[^\W\d_]{{1,4}}|(?(times)(?:\s?[^\W\d_]{{1,4}})?|(?!)))\s*"
)
_NUMBER = re.compile(
    rf"(?<![\w.,'’/-])(?P<sign>[-−–])?{_CURRENCY}?\s?(?P<body>\d{{1,3}}(?:[ ,.'’]\d{{3}})+(?:[.,]\d\d)?|\d{{1,7}}"
    rf"(?:[.,]\d{{1,4}})?)(?:\s?{_CURRENCY}(?![\w]))?(?![\w]|[.,]\d|[/-]\d|\s?%)"
)
_AMOUNT = (
    rf"(?P<amount>[-−–]?\s?{_CURRENCY}?\s?\d[\d.,'’]*[.,]\d\d(?:\s?(?:€|{_CURRENCY}))?"
    r"|[-−–]?\s?[€$£]\s?\d[\d.,'’]*|[-−–]?\d{1,3}(?:[.,]\d{3})+)"
    r"(?:(?:\s?(?!CR|DR)[A-Z]{1,2}|\s?\*){1,2}|[ ]{2,}\d{1,2}\s?%?)?$"
)
# It matches the first letter of an amount and looks back at it: so other words are passed over quickly.
_AMOUNT_END = re.compile(rf"[-−–€$£¥\dA-Zkz](?<!\S.)(?<=(?={_AMOUNT}).)")
# `0.84 kg @ 2.29`, which looks like the number of a list's item
_WEIGHT = re.compile(r"\d{1,3}\.\d{2,3}")
_RATE = re.compile(r"(\d[\d.,]*)\s?%")
_NO_DIGIT = re.compile(r"\D+")
_DECIMALS = re.compile(r"[.,](\d\d(?:\d\d)?)\D*$")
_PRICE_END = re.compile(r"[.,]\d{2,4}$")
_LONGEST_AMOUNT = 30
# An item's words, without what joins them to the figures before and behind.
_WORDS = re.compile(
    r"\s*(?:[x×*]\s)?(?P<words>.*?)(?:[\s(]*(?:\b(?:[Qq]ty|each|per)\b\.?|[x×*@=:/]))*\s*$"
)
_GAP = re.compile(r" {2,}|\t|\.{3,}")
# What stands beside the figures under a bill, and what may if nothing else stands there.
_SUMS = words_of("sum_on_bill")
_SUM_WORDS = _SUMS | words_of("beside_sum")
_LONGEST = 200
_MOST_LINES = 500
_NAME_CELLS = 2
_MOST_NUMBERS = 6
_TOTAL_WITHIN = 6  # lines under a bill that its total may stand in
_NEAR = 0.0061
_LEAST_OF_TAX = 3  # figures: what is taxed, the rate and the tax


class _Item(NamedTuple):
    """What a line says of an item; `text` is None where the item's name stands on the line before."""

    text: Span | None
    quantity: Span | None
    price: Span | None
    amount: Span
    worth: float

    @property
    def is_discount(self) -> bool:
        """Tell what only lessens the sum."""
        return self.worth < 0 and self.quantity is None

    def counted(self, text: str, beside: Sequence[Line]) -> _Item:
        """Return it with the quantity and the price that a line above or below gives of it."""
        for line in beside if self.price is None else ():
            said = _COUNTED.fullmatch(text, line.start, line.end)
            if said is not None and _makes(said["quantity"], said["price"], self.worth):
                return self._replace(
                    quantity=Span(*said.span("quantity")), price=Span(*said.span("price"))
                )
        return self

    def row(self, name: Span | None) -> Row:
        """Return the cells, empty where the line does not say."""
        empty = Span(self.amount.start, self.amount.start)
        return (
            self.text or name or empty,
            self.quantity or empty,
            self.price or empty,
            self.amount,
        )


def read(lines: Lines, at: int, place: Place) -> Block | None:
    """Return the bill that begins at a line: never in the midst of lines that were none from their first."""
    text = lines.text
    if not (lines[at].ends_in_figure or lines[at + 1].ends_in_figure):
        return None
    if not (_item(text, lines[at]) or _may_be_name(lines, at)):
        return None
    if _item(text, lines[at - 1]) or place.heads(lines[at]):
        return None
    rows: list[Row] = []
    items: list[_Item] = []
    name: Span | None = None
    last = at
    for number in range(at, min(lines.size, at + _MOST_LINES)):
        item = _item(text, lines[number])
        if item is not None and (item.text or name):
            item = item.counted(text, (lines[number + 1], lines[number - 1]))
            items.append(item)
            rows.append(item.row(name))
            name, last = None, number + 1
        elif name is None and _is_counted(lines, number):
            last = number + 1 if items else last
        elif item is None and name is None and _may_be_name(lines, number):
            named = number - _is_code(lines, number)
            name = trimmed(text, lines[named].start, lines[named].end)
        else:
            break
    listed = len(items) > 1 or (bool(items) and items[0].quantity is not None)
    if not listed or not (any(item.price for item in items) or _adds_up(lines, items, last)):
        return None
    inside = place.apart()
    facts = tuple(
        fact
        for row, item in zip(rows, items, strict=True)
        if item.price is None  # words and an amount may also be a label and its value
        for fact in pair_of_cells(text, inside, row[0], row[3], COLUMN_PAIR)
    )
    bought = [row for row, item in zip(rows, items, strict=True) if not item.is_discount]
    table = Table((), tuple(bought or rows), place.section, inside.number, rows[0][0].start, BILL)
    return Block(last, inside.apart(), facts, table=table)


def _is_code(lines: Lines, at: int) -> bool:
    """Tell a line of a code between an item's words and its figures."""
    words, above = lines[at].words, lines[at - 1]
    coded = sum(map(str.isdigit, words)) >= sum(map(str.isalpha, words))
    named = sum(map(str.isalpha, above.words)) > sum(map(str.isdigit, above.words))
    plain = len(above.cells) == 1 and not above.pairs and _item(lines.text, above) is None
    return coded and named and plain


def _may_be_name(lines: Lines, at: int) -> bool:
    """Tell a line that may name what the next one gives the price of."""
    if not lines[at].words[:1].isalnum() or len(lines[at].cells) > _NAME_CELLS:
        return False
    item = _item(lines.text, lines[at + 1])
    return item is not None and item.text is None


def _is_counted(lines: Lines, at: int) -> bool:
    """Tell a line that only counts the item above it, or below."""
    said = _COUNTED.fullmatch(lines.text, lines[at].start, lines[at].end)
    beside = (_item(lines.text, line) for line in (lines[at - 1], lines[at + 1]) if said)
    return said is not None and any(
        item and _makes(said["quantity"], said["price"], item.worth) for item in beside
    )


def _makes(quantity: str, price: str, worth: float) -> bool:
    """Tell two figures whose product is an amount; a price may have thousandths, or be of thousands."""
    one = _count(quantity)
    return bool(one) and any(
        abs(one * other - abs(worth)) < _NEAR for other in (amount_of(price), _count(price))
    )


def _item(text: str, line: Line) -> _Item | None:
    """Return what a line says of an item and its price, if it ends in an amount."""
    if not line.ends_in_figure or not 3 < len(line.words) <= _LONGEST or line.piped:
        return None
    start = line.start + line.indent
    marked = line.is_item and not _WEIGHT.fullmatch(line.mark)
    return _priced(text, line.body if marked else start, start + len(line.words))


@lru_cache(maxsize=4)  # read once for itself and once for each neighbour
def _priced(text: str, begin: int, end: int) -> _Item | None:
    ending = _AMOUNT_END.search(text, max(begin, end - _LONGEST_AMOUNT), end)
    if ending is None or _COUNTED.fullmatch(text, begin, end):
        return None
    amount = trimmed(text, *ending.span("amount"))
    if begin >= amount.start:
        return None
    worth = amount_of(amount.of(text))
    numbers = list(_NUMBER.finditer(text, begin, amount.start))[-_MOST_NUMBERS:]
    product = _product(numbers, worth)
    count = _COUNT.match(text, begin, amount.start) if product is None else None
    count = count or (_COUNT_BEHIND.search(text, begin, amount.start) if product is None else None)
    quantity, price = product or (count, None)
    used = sorted((m for m in (quantity, price) if m), key=re.Match.start)
    alone = product is not None and _COUNTED.fullmatch(text, begin, amount.start)
    words = None if alone else _words(text, begin, amount.start, used)
    if product is None and (words is None or (not quantity and _is_sum(words.of(text)))):
        return None
    return _Item(words, _place(quantity), _place(price), amount, worth)


def _words(text: str, start: int, end: int, used: list[re.Match[str]]) -> Span | None:
    """Return the longest stretch of words before the figures, or between them if there is none before."""
    cuts = [m.span() for m in used] + [m.span() for m in _GAP.finditer(text, start, end)]
    best: Span | None = None
    at = start
    for left, right in [*sorted(cuts), (end, end)]:
        if best is not None and used and at >= used[0].end():
            break
        match = _WORDS.match(text, at, max(at, left))
        piece = trimmed(text, *match.span("words")) if match else Span(at, at)
        if sum(map(str.isalpha, piece.of(text))) > 1 and (
            best is None or piece.end - piece.start > best.end - best.start
        ):
            best = piece
        at = max(at, right)
    return best


def _adds_up(lines: Lines, items: list[_Item], after: int) -> bool:
    """Tell whether a figure soon under the items is their sum."""
    total = sum(item.worth for item in items)
    for number in range(after, after + _TOTAL_WITHIN):
        ending = _AMOUNT_END.search(lines[number].words[:_LONGEST])
        worth = amount_of(ending["amount"]) if ending else 0.0
        if ending and abs(worth - total) < _NEAR:
            return True
        total += min(worth, 0.0)  # a discount
    return False


def _is_sum(text: str) -> bool:
    words = {word for word in tokens(text) if not word.isdigit() and word != "%"}
    return bool(words & _SUMS) or words <= _SUM_WORDS


def _product(
    numbers: list[re.Match[str]], worth: float
) -> tuple[re.Match[str], re.Match[str]] | None:
    """Return the quantity and the price whose product is the amount, nearest to it first."""
    if not worth:
        return None
    for price, quantity in permutations(reversed(numbers), 2):
        money = bool(_PRICE_END.search(price["body"])) or price[0].strip() != price["body"]
        if money and _makes(quantity["body"], price["body"], worth):
            return quantity, price
    return None


def _count(body: str) -> float:
    plain = body.replace(" ", "").replace("'", "").replace("’", "")
    return float(plain.replace(",", ".")) if plain.count(",") + plain.count(".") <= 1 else 0.0


def tax_among(text: str, row: Sequence[Span]) -> tuple[Span, Span] | None:
    """Return a rate and what it makes of another figure: of `VAT  473.00  19  89.87` the last two.

    `row` has one cell or more. The rate may stand in the words before the figures.
    """
    if len(row) < _LEAST_OF_TAX:
        return None
    rated = _RATE.search(text, row[0].start, row[0].end)
    figures = [*row[1:_MOST_NUMBERS], *([Span(*rated.span(1))] if rated else [])]
    short = [cell for cell in figures if cell.end - cell.start <= _LONGEST_AMOUNT]
    if len(short) < _LEAST_OF_TAX:
        return None
    worths = [(cell, worth) for cell in short if (worth := amount_of(cell.of(text)))]
    for (_, base), (rate, share), (tax, worth) in permutations(worths, _LEAST_OF_TAX):
        if 0 < share < 100 and abs(base * share / 100 - worth) < _NEAR:
            return rate, tax
    return None


def amount_of(text: str) -> float:
    """Return an amount, whose last point or comma is the decimal one if two or four digits follow it."""
    digits = _NO_DIGIT.sub("", text)
    if not digits:
        return 0.0
    decimals = _DECIMALS.search(text)
    number = int(digits) / (10 ** len(decimals[1]) if decimals else 1)
    return -number if text.lstrip()[:1] in "-−–" else number


def _place(match: re.Match[str] | None) -> Span | None:
    if match is None:
        return None
    signed = bool(match["sign"]) if "sign" in match.groupdict() else False
    return Span(match.start("sign") if signed else match.start("body"), match.end("body"))
