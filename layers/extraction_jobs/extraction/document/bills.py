"""Reading the lines of a bill that has no columns: `2 x Fish & chips @ 14.50   29.00`.

What proves such a line is arithmetic: quantity times price is the amount, or the amounts of the
lines add up to the total under them, as on a till receipt: `3 Dish soap   14.97`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

from extraction.document import lines
from extraction.document.blocks import BlockReader
from extraction.document.structure import COLUMN_PAIR, LABEL_ABOVE, Span, Table
from extraction.labels.words import tokens

BILL = "bill"  # how such a table was found; its rows are text, quantity, price, amount

_CURRENCY = r"(?:[A-Z]{0,2}[€$£¥]|[A-Z]{2,3}|zł|Kč|kr\.?|Fr\.)"
_COUNT = re.compile(r"\s*(?P<body>\d{1,3})\s?[x×]?\s+(?=[^\W\d_])")  # before an item's words
_NUMBER = re.compile(
    rf"(?<![\w.,'’/-])(?P<sign>[-−–])?{_CURRENCY}?\s?(?P<body>\d{{1,3}}(?:[ ,.'’]\d{{3}})+(?:[.,]\d\d)?|\d{{1,7}}"
    rf"(?:[.,]\d{{1,4}})?)(?:\s?{_CURRENCY}(?![\w]))?(?![\w]|[.,]\d|[/-]\d|\s?%)"
)
_AMOUNT_END = re.compile(
    rf"(?:^|\s)(?P<amount>[-−–]?\s?{_CURRENCY}?\s?\d[\d.,'’]*[.,]\d\d(?:\s?(?:€|{_CURRENCY}))?"
    r"|[-−–]?\s?[€$£]\s?\d[\d.,'’]*)(?:\s?[A-Z*]|[ ]{2,}\d{1,2}\s?%?)?\s*$"
)
_BETWEEN = re.compile(
    r"(?i)\b(?:qty|quantity|each|ea|stk|stück|st|pcs?|units?|kg|lb|g|per|unit|price|à|hrs?|hours?|days?)\b\.?:?|[x×*@=:/]"
)
# What stands beside the figures under a bill, and what may if nothing else stands there.
_SUMS = frozenset(
    "total subtotal tax balance change cash visa mastercard card payment discount tendered rounding "
    "wechselgeld bar rueckgeld".split()
)
_SUM_WORDS = _SUMS | frozenset(
    "amount service charge tip net gross paid sum due shipping fee".split()
)
_MOST_LINES = 500
_NAME_CELLS = 2
_MOST_LABEL_WORDS = 6
_MOST_NUMBERS = 6
_TOTAL_WITHIN = 6  # lines under a bill that its total may stand in
_NEAR = 0.0061


@dataclass(frozen=True, slots=True)
class _Line:
    text: Span | None
    quantity: Span | None
    price: Span | None
    amount: Span
    worth: float

    @property
    def proven(self) -> bool:
        return self.price is not None


class BillReader(BlockReader):
    """Finds bills without columns."""

    def bill(self, number: int) -> int:
        """Take the lines of a bill; return the line behind them, or 0."""
        bill = self.bill_at(number)
        if bill is None:
            return 0
        rows, found, last = bill
        self.add_bill(rows, found)
        return last

    def bill_at(self, number: int) -> tuple[list[tuple[Span, ...]], list[_Line], int] | None:
        """Return the rows of a bill that begins at a line, what they say, and the line behind them."""
        if number < self.bill_free_until:
            return None
        rows: list[tuple[Span, ...]] = []
        found: list[_Line] = []
        name: Span | None = None
        at = last = number
        while at < min(len(self.bounds), number + _MOST_LINES) and not self.blank(at):
            line = self.bill_line(at)
            if line is None:
                if name is not None or not self.may_be_name(at):
                    break
                name = lines.trimmed(self.text, *self.bounds[at])
            else:
                text = line.text or name
                if text is None:
                    break
                found.append(line)
                rows.append(self.bill_row(text, line))
                name = None
                last = at + 1
            at += 1
        listed = len(found) > 1 or (bool(found) and found[0].quantity is not None)
        if listed and (any(line.proven for line in found) or self.adds_up(found, last)):
            return rows, found, last
        self.bill_free_until = max(at, number + 1) if not found else last
        return None

    def amount_at_end(self, number: int) -> bool:
        """Make a fact of words and the amount that ends their line: `VAT 20 % 10.00`; tell whether it is such."""
        start, end = self.bounds[number]
        ending = _AMOUNT_END.search(self.text, start, end)
        if ending is None:
            return False
        label = lines.trimmed(self.text, start, ending.start("amount"))
        name = label.of(self.text).rstrip(" :.-")
        if not any(map(str.isalpha, name)) or len(name.split()) > _MOST_LABEL_WORDS:
            return False
        amount = lines.trimmed(self.text, *ending.span("amount"))
        self.fact(name, amount, amount.end, LABEL_ABOVE, label.start)
        return True

    def add_bill(self, rows: list[tuple[Span, ...]], found: list[_Line]) -> None:
        """Note a bill; a line of words and an amount may also be a label and its value."""
        self.block += 1
        start = rows[0][0].start
        self.found.tables.append(Table((), tuple(rows), self.section, self.block, start, BILL))
        for row, line in zip(rows, found, strict=True):
            if not line.proven:
                self.pair_of_cells(row[0], row[3], COLUMN_PAIR)
        self.block += 1

    def bill_row(self, text: Span, line: _Line) -> tuple[Span, ...]:
        """Return the cells of a line, empty where it does not say."""
        empty = Span(text.start, text.start)
        return (text, line.quantity or empty, line.price or empty, line.amount)

    def may_be_name(self, number: int) -> bool:
        """Tell a line that may name what the next one gives the price of."""
        line = self.line(number).strip()
        below = self.bill_line(number + 1)
        named = line[:1].isalnum() and len(self.cells(number)) <= _NAME_CELLS
        return named and below is not None and below.text is None

    def bill_line(self, number: int) -> _Line | None:
        """Return what a line says of an item and its price, if it ends in an amount."""
        start, end = self.bounds[number] if 0 <= number < len(self.bounds) else (0, 0)
        if not 3 < end - start <= 200 or "|" in self.line(number):
            return None
        ending = _AMOUNT_END.search(self.text, start, end)
        if ending is None:
            return None
        amount = lines.trimmed(self.text, *ending.span("amount"))
        item = lines.list_item(self.line(number))
        begin = start + (item[2] if item else 0)
        if begin >= amount.start:
            return None
        worth = amount_of(amount.of(self.text))
        numbers = list(_NUMBER.finditer(self.text, begin, amount.start))[-_MOST_NUMBERS:]
        product = _product(numbers, worth)
        quantity, price = product or (_COUNT.match(self.text, begin, amount.start), None)
        text = self.item_text(
            begin, amount.start, sorted((m for m in (quantity, price) if m), key=re.Match.start)
        )
        if product is None and (text is None or (not quantity and _is_sum(text.of(self.text)))):
            return None
        return _Line(text, _place(quantity), _place(price), amount, worth)

    def item_text(self, start: int, end: int, used: list[re.Match[str]]) -> Span | None:
        """Return the longest stretch of words before the figures, or between them if there is none before."""
        cuts = sorted((m.start(), m.end()) for m in used)
        gaps = [m.span() for m in re.finditer(r" {2,}|\t|\.{3,}", self.text[start:end])]
        cuts = sorted([*cuts, *((start + a, start + b) for a, b in gaps)])
        best: Span | None = None
        at = start
        for left, right in [*cuts, (end, end)]:
            piece = self.bare(at, max(at, left))
            if best is not None and used and at >= used[0].end():
                break
            if piece is not None and (
                best is None or piece.end - piece.start > best.end - best.start
            ):
                best = piece
            at = max(at, right)
        return best

    def bare(self, start: int, end: int) -> Span | None:
        """Return a stretch without the signs at its ends that join figures."""
        span = lines.trimmed(self.text, start, end)
        while span.end > span.start:
            lead = _BETWEEN.match(self.text, span.start, span.end)
            tail = next(
                (
                    m
                    for m in _BETWEEN.finditer(self.text, max(span.start, span.end - 12), span.end)
                    if m.end() == span.end
                ),
                None,
            )
            if lead is None and tail is None:
                break
            first = lead.end() if lead else span.start
            last = tail.start() if tail and tail.start() >= first else span.end
            span = lines.trimmed(self.text, first, max(first, last))
        letters = sum(c.isalpha() for c in span.of(self.text))
        return span if letters >= 2 else None

    def adds_up(self, found: list[_Line], after: int) -> bool:
        """Tell whether a figure soon under the lines is their sum."""
        total = sum(line.worth for line in found)
        for number in range(after, min(after + _TOTAL_WITHIN, len(self.bounds))):
            ending = _AMOUNT_END.search(self.line(number)[:200])
            if ending and abs(amount_of(ending["amount"]) - total) < _NEAR:
                return True
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
    for left, right in permutations(reversed(range(len(numbers))), 2):
        quantity, price = numbers[left], numbers[right]
        one, other = _count(quantity["body"]), amount_of(price["body"])
        money = (
            bool(re.search(r"[.,]\d{2}(?:\d\d)?$", price["body"]))
            or price[0].strip() != price["body"]
        )
        if money and one and abs(one * other - abs(worth)) < _NEAR:
            return quantity, price
    return None


def _count(body: str) -> float:
    plain = body.replace(" ", "").replace("'", "").replace("’", "")
    return float(plain.replace(",", ".")) if plain.count(",") + plain.count(".") <= 1 else 0.0


def tax_among(text: str, figures: Sequence[Span]) -> Span | None:
    """Return the figure that is a rate of another: of `473.00  19  89.87` the last."""
    for base, rate, tax in permutations(figures[:_MOST_NUMBERS], 3):
        share = amount_of(rate.of(text)) / 100
        worth = amount_of(tax.of(text))
        if 0 < share < 1 and worth and abs(amount_of(base.of(text)) * share - worth) < _NEAR:
            return tax
    return None


def amount_of(text: str) -> float:
    """Return an amount, whose last point or comma is the decimal one if two digits follow it."""
    body = re.sub(r"[^\d.,]", "", text)
    decimals = re.search(r"[.,](\d\d(?:\d\d)?)$", body)
    digits = re.sub(r"\D", "", body)
    number = int(digits or 0) / (10 ** len(decimals[1]) if decimals else 1)
    return -number if text.lstrip()[:1] in "-−–" else number


def _place(match: re.Match[str] | None) -> Span | None:
    if match is None:
        return None
    start = match.start("body")
    signed = match.start() < start and match.string[start - 1] in "-−–"
    return Span(start - signed, match.end("body"))
