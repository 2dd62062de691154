"""Which column of a table is which property, from what stands in the columns.

A column whose head says nothing known is told by its form: the only dates for the only property that is a date, the
only choices for the only property that has them. Words come last, when codes and names of persons are told apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

from extraction.document.columns import is_figure
from extraction.document.parsed_text import ParsedText
from extraction.document.structure import Span, Table
from extraction.labels.vocabulary import CURRENCIES
from extraction.labels.words import plain_words, tokens
from extraction.rules.column_choice import Columns, Joined, indexes
from extraction.schema.frames import Frame
from extraction.schema.kinds import Kind
from extraction.schema.slots import Slot
from extraction.values import names, values_of_cell

_SAMPLE_ROWS = 12
_MOST_COLUMNS = 30
_SHARE = 0.75  # of the cells of a column that are of its form
_WHOLE = 0.6  # of a cell that its value takes
_ENOUGH_LABELS = 2
_ENOUGH_FORMS = 3
_PERSONS = 0.6

# Forms from the most telling to the least.
_TELLING: tuple[frozenset[Kind], ...] = tuple(
    frozenset(kinds)
    for kinds in (
        (Kind.ENUM,), (Kind.PATTERN,), (Kind.DATE_TIME,), (Kind.DATE,), (Kind.TIME,), (Kind.EMAIL,),
        (Kind.URL,), (Kind.IBAN,), (Kind.PHONE,), (Kind.BOOLEAN,),
    )
)  # fmt: skip
_NUMBERS = (Kind.PERCENT, Kind.MONEY, Kind.INTEGER, Kind.NUMBER)
_WORDY = (
    Kind.TEXT, Kind.PERSON, Kind.ORGANISATION, Kind.PARTY, Kind.IDENTIFIER, Kind.ADDRESS,
    Kind.TAX_NUMBER,
)  # fmt: skip
_CODE_WORDS = frozenset("number reference code sku batch lot serial ean barcode".split())
_COUNTER_WORDS = frozenset("number position line item index rank row entry nr step".split())
_CODE = re.compile(r"(?=[^\s]*\d)[^\s]{2,24}(?:[ ][A-Z0-9-]{1,8})?|[A-Z]{1,4}\d[\w./-]*")
_DATED = re.compile(r"\d{1,4}([./-])\d{1,2}(?:\1\d{2,4})?\.?|\d{1,2}:\d\d(?::\d\d)?")
_CENTS = re.compile(r"\D*\d[\d., '’]*[.,]\d\d\D*")


class _Open:
    """The columns and properties that are not paired yet."""

    def __init__(self, parsed: ParsedText, frame: Frame, table: Table, columns: Columns) -> None:
        self.parsed = parsed
        self.table = table
        self.columns = columns
        self.rows = table.rows[:_SAMPLE_ROWS]
        taken = {index for slot, _ in columns.values() for index in indexes(slot)}
        # What was given labels enough goes by those; but for the codes of a bill's lines.
        self.slots = [
            s for s in frame.slots
            if s.index not in taken
            and (s.heads is not None or (frame.is_part and s.prop.kind is Kind.IDENTIFIER))
        ]  # fmt: skip
        width = min(max((len(row) for row in self.rows), default=0), _MOST_COLUMNS)
        last = {slot.last for slot, _ in columns.values() if isinstance(slot, Joined)}
        self.left = [
            c for c in range(width) if c not in columns and c not in last and self.cells(c)
        ]

    def cells(self, column: int) -> list[Span]:
        """Return the filled cells of a column, of the first rows."""
        cells = [row[column] for row in self.rows if column < len(row)]
        return [cell for cell in cells if cell.end > cell.start and self.says(cell)]

    def says(self, cell: Span) -> bool:
        return any(c.isalnum() for c in cell.of(self.parsed.text)) or cell.end - cell.start == 1

    def share(self, column: int, test: Callable[[Span], bool]) -> float:
        """Return the share of a column's cells that pass a test."""
        cells = self.cells(column)
        return sum(map(test, cells)) / len(cells) if cells else 0.0

    def holds(self, column: int, slot: Slot) -> bool:
        """Tell a column nearly all of whose cells are values of a property, and little else."""

        def whole(cell: Span) -> bool:
            found = values_of_cell(slot.prop, self.parsed.text, cell, self.parsed.ways)
            size = cell.end - cell.start
            return any(v.quality >= 0.5 and v.end - v.start >= _WHOLE * size for v in found)

        return self.share(column, whole) >= _SHARE

    def pair(self, column: int, slot: Slot, rate: float) -> None:
        """Give a column to a property."""
        self.columns[column] = (slot, rate)
        self.left.remove(column)
        self.slots.remove(slot)

    def only(self, columns: list[int], slots: list[Slot], rate: float) -> bool:
        """Pair the only column with the only property; tell whether there was but one of each."""
        if len(columns) == 1 and len(slots) == 1:
            self.pair(columns[0], slots[0], rate)
            return True
        return False


def fill_by_form(
    parsed: ParsedText, frame: Frame, table: Table, columns: Columns, labelled: int, rate: float
) -> bool:
    """Give columns that no head told to the only open properties of their form.

    That takes two heads that are known, or three forms that tell something by themselves and hardly a column that is
    left over. Returns whether the forms alone say that the rows are of this frame.
    """
    if len(table.rows) < 2 or any(s.prop.many for s in frame.slots) > len(frame.slots) // 2:
        return False
    before = dict(columns)
    rest = _Open(parsed, frame, table, columns)
    if not rest.left or not rest.slots:
        return False
    telling = _by_telling_form(rest, rate)
    known = labelled >= _ENOUGH_LABELS
    if not known and labelled + telling < _ENOUGH_FORMS:
        columns.clear()
        columns.update(before)
        return False
    _by_figures(rest, rate)
    _by_words(rest, rate)
    if not known:
        width = len(columns) + len(rest.left)
        if len(columns) * 3 < width * 2:
            columns.clear()
            columns.update(before)
            return False
    return telling >= _ENOUGH_FORMS - 1 and len(columns) * 3 >= 2 * len(frame.slots)


def _by_telling_form(rest: _Open, rate: float) -> int:
    found = 0
    for kinds in _TELLING:
        slots = [s for s in rest.slots if s.prop.kind in kinds and not s.prop.many]
        if not slots:
            continue
        holding = [c for c in rest.left if _tells(rest, c, slots)]
        found += rest.only(holding, slots, rate)
        if kinds == {Kind.ENUM}:
            for slot in [s for s in slots if s in rest.slots]:
                own = [c for c in rest.left if rest.holds(c, slot)]
                rivals = [s for s in slots if s in rest.slots and s is not slot]
                clear = len(own) == 1 and not any(rest.holds(own[0], s) for s in rivals)
                found += clear and rest.only(own, [slot], rate)
    return found


def _tells(rest: _Open, column: int, slots: list[Slot]) -> bool:
    kind = slots[0].prop.kind
    if kind in (Kind.BOOLEAN, Kind.PHONE):
        text = rest.parsed.text
        if rest.share(column, lambda cell: is_figure(cell.of(text))) > 0.2:
            return False
        if kind is Kind.BOOLEAN:
            return rest.share(column, lambda c: len(c.of(text).split()) == 1) == 1.0 and rest.holds(
                column, slots[0]
            )
    return all(rest.holds(column, slot) for slot in slots)


def _by_figures(rest: _Open, rate: float) -> None:
    text = rest.parsed.text
    slots = [s for s in rest.slots if s.prop.kind in _NUMBERS and not s.prop.many]
    columns = [
        c for c in rest.left
        if slots and not is_counter(rest.parsed, rest.table, c)
        and rest.share(c, lambda cell: _is_number(cell.of(text))) >= _SHARE
    ]  # fmt: skip
    counters = [c for c in rest.left if is_counter(rest.parsed, rest.table, c)]
    counts = [
        s for s in slots
        if s.prop.kind is Kind.INTEGER and _COUNTER_WORDS.intersection(tokens(s.path[-1]))
    ]  # fmt: skip
    rest.only(counters, counts, rate)
    tests: tuple[tuple[Kind, Callable[[int], bool]], ...] = (
        (Kind.PERCENT, lambda c: _is_percent(rest, c)),
        (Kind.MONEY, lambda c: _is_priced(rest, c)),
        (Kind.INTEGER, lambda c: _all(rest, c, lambda w: not re.search(r"[.,]\d{1,2}$", w))),
    )
    for kind, test in tests:
        own = [s for s in slots if s in rest.slots and s.prop.kind is kind]
        rest.only([c for c in columns if c in rest.left and test(c)], own, rate)
    # A percentage says that it is one.
    left = [s for s in slots if s in rest.slots and s.prop.kind is not Kind.PERCENT]
    rest.only([c for c in columns if c in rest.left], left, rate)


def _is_percent(rest: _Open, column: int) -> bool:
    return "%" in _head(rest, column) or _all(rest, column, lambda w: "%" in w)


def is_counter(parsed: ParsedText, table: Table, column: int) -> bool:
    """Tell a column that counts the rows: 1, 2, 3."""
    figures = [
        row[column].of(parsed.text).strip(" .")
        for row in table.rows[:_SAMPLE_ROWS]
        if column < len(row)
    ]
    figures = [figure for figure in figures if figure]
    numbers = [int(figure) for figure in figures if figure.isascii() and figure.isdigit()]
    steps = {after - before for before, after in pairwise(numbers)}
    return len(numbers) > 1 and len(numbers) == len(figures) and steps <= {1, 10}


def is_coded(parsed: ParsedText, table: Table, column: int) -> bool:
    """Tell a column of codes or bare figures, in which no words stand."""
    cells = [row[column] for row in table.rows[:_SAMPLE_ROWS] if column < len(row)]
    words = [cell.of(parsed.text) for cell in cells if cell.end > cell.start]
    coded = sum(bool(_CODE.fullmatch(w)) or is_figure(w) or _is_short_capitals(w) for w in words)
    return bool(words) and coded >= _SHARE * len(words)


def _is_short_capitals(word: str) -> bool:
    return len(word) <= 8 and word.isupper() and " " not in word


def _is_dated(word: str) -> bool:
    return bool(_DATED.fullmatch(word))


def _is_number(word: str) -> bool:
    return is_figure(word.strip("€$£ ")) and not re.search(r"\d[./-]\d{1,2}[./-]\d|\d:\d", word)


def _all(rest: _Open, column: int, test: Callable[[str], bool]) -> bool:
    return rest.share(column, lambda cell: test(cell.of(rest.parsed.text))) == 1.0


def _head(rest: _Open, column: int) -> str:
    header = rest.table.header
    return header[column].of(rest.parsed.text) if column < len(header) else ""


def _is_priced(rest: _Open, column: int) -> bool:
    priced = CURRENCIES.intersection(plain_words(_head(rest, column).casefold()))
    signs = set("€$£").intersection(_head(rest, column))
    return bool(priced or signs) or _all(rest, column, lambda w: bool(_CENTS.fullmatch(w)))


def _by_words(rest: _Open, rate: float) -> None:
    """Pair codes, then persons, then the one column of words that is left."""
    text = rest.parsed.text
    slots = [s for s in rest.slots if s.prop.kind in _WORDY and not s.prop.many]
    numbers_open = any(s.prop.kind in _NUMBERS for s in rest.slots)
    columns = [
        c for c in rest.left
        if rest.share(c, lambda cell: any(x.isalpha() for x in cell.of(text))) >= 0.5
        or (not numbers_open and not _all(rest, c, lambda w: bool(_CENTS.fullmatch(w))))
    ]  # fmt: skip
    columns = [
        c for c in columns
        if not is_counter(rest.parsed, rest.table, c)
        and not rest.share(c, lambda cell: _is_dated(cell.of(text)))
    ]  # fmt: skip
    coded = [c for c in columns if is_coded(rest.parsed, rest.table, c)]
    codes = [s for s in slots if _names_code(s)]
    rest.only(coded, codes, rate)
    people = [
        c for c in columns
        if c in rest.left
        and rest.share(c, lambda cell: names.person_quality(cell.of(text)) >= _PERSONS) >= _SHARE
    ]  # fmt: skip
    persons = [s for s in slots if s in rest.slots and s.prop.kind is Kind.PERSON]
    rest.only(people, persons, rate)
    left = [c for c in columns if c in rest.left and c not in coded]
    open_slots = [s for s in slots if s in rest.slots and not _names_code(s)]
    rest.only(left, open_slots, rate) or rest.only(
        [c for c in columns if c in rest.left], [s for s in slots if s in rest.slots], rate
    )


def _names_code(slot: Slot) -> bool:
    return slot.prop.kind is Kind.IDENTIFIER or bool(
        _CODE_WORDS.intersection(tokens(slot.path[-1]))
    )
