"""Which column is which property, from what stands in the columns.

A column whose head says nothing known is told by its form: the only dates for the only property that is a date, the
only choices for the only property that has them. Words come last, when codes and names of persons are told apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from extraction.document.columns import is_figure
from extraction.labels.vocabulary import CURRENCIES
from extraction.labels.words import plain_words, tokens
from extraction.rules.tables.sheet import LEFT_OVER, SHARE, Column, Sheet
from extraction.schema.kinds import Kind
from extraction.schema.slots import Slot
from extraction.values import names

_ENOUGH_LABELS = 2
_ENOUGH_FORMS = 3
_FEW = 0.2  # of the cells of a column
_PERSONS = 0.6

# Forms from the most telling to the least.
_TELLING = (
    Kind.ENUM, Kind.PATTERN, Kind.DATE_TIME, Kind.DATE, Kind.TIME, Kind.EMAIL, Kind.URL, Kind.IBAN, Kind.PHONE,
    Kind.BOOLEAN,
)  # fmt: skip
_WORDY = (
    Kind.TEXT, Kind.PERSON, Kind.ORGANISATION, Kind.PARTY, Kind.IDENTIFIER, Kind.ADDRESS,
    Kind.TAX_NUMBER,
)  # fmt: skip
_CODE_WORDS = frozenset("number reference code sku batch lot serial ean barcode".split())
_COUNTER_WORDS = frozenset("number position line item index rank row entry nr step".split())
_DATED = re.compile(r"\d{1,4}([./-])\d{1,2}(?:\1\d{2,4})?\.?|\d{1,2}:\d\d(?::\d\d)?")
_CENTS = re.compile(r"\D*\d[\d., '’]*[.,]\d\d\D*")
_DECIMALS = re.compile(r"[.,]\d{1,2}$")
_DAY_OR_TIME = re.compile(r"\d[./-]\d{1,2}[./-]\d|\d:\d")

Fits = Callable[[Column, Slot], bool]


def by_form(sheet: Sheet, labelled: int) -> bool:
    """Give columns that no head told to the only open properties of their form.

    That takes two heads that are known, or three forms that tell something by themselves and hardly a column that is
    left over. Returns whether the forms alone say that the rows are of this frame.
    """
    frame, before = sheet.frame, dict(sheet.found)
    known = labelled >= _ENOUGH_LABELS
    if len(sheet.table.rows) < 2 - (known and frame.is_part):
        return False
    if any(s.prop.many for s in frame.slots) > len(frame.slots) // 2:
        return False
    for kind in _TELLING:
        _pair(sheet, _of(kind), partial(_tells, sheet))
    telling = len(sheet.found) - len(before)
    if known or labelled + telling >= _ENOUGH_FORMS:
        for wanted, fits in _FAMILIES:
            _pair(sheet, wanted, fits)
        width = len(sheet.found) + len(sheet.left)
        if known or len(sheet.found) * 3 >= width * 2:
            return telling >= _ENOUGH_FORMS - 1 and len(sheet.found) * 3 >= 2 * len(frame.slots)
    sheet.found = before
    return False


def _pair(sheet: Sheet, wanted: Callable[[Slot], bool], fits: Fits) -> None:
    """Pair each property with the only column that fits it, if that fits no other property."""
    slots = [s for s in sheet.open_slots if wanted(s) and not s.prop.many]
    left = sheet.left if slots else []
    fitting = {slot.index: [c for c in left if fits(c, slot)] for slot in slots}
    for slot in slots:
        own = fitting[slot.index]
        rivals = [s for s in slots if s is not slot and own and own[0] in fitting[s.index]]
        if len(own) == 1 and not rivals:
            sheet.found[own[0].index] = (slot, LEFT_OVER)


def _tells(sheet: Sheet, column: Column, slot: Slot) -> bool:
    kind = slot.prop.kind
    if kind in (Kind.BOOLEAN, Kind.PHONE) and column.share(is_figure) > _FEW:
        return False
    words = kind is Kind.BOOLEAN and any(" " in word for word in column.words)
    return not words and sheet.holds(column, slot)


def _is_number(column: Column) -> bool:
    return not column.is_counter and column.share(_is_bare_number) >= SHARE


def _is_bare_number(word: str) -> bool:
    return is_figure(word.strip("€$£ ")) and not _DAY_OR_TIME.search(word)


def _is_percent(column: Column, _: Slot) -> bool:
    return _is_number(column) and ("%" in column.head or column.share(lambda w: "%" in w) == 1)


def _is_priced(column: Column, _: Slot) -> bool:
    named = CURRENCIES.intersection(plain_words(column.head.casefold()))
    signs = set("€$£").intersection(column.head)
    return _is_number(column) and (bool(named or signs) or _is_of_cents(column))


def _is_of_cents(column: Column) -> bool:
    return column.share(lambda w: bool(_CENTS.fullmatch(w))) == 1


def _is_whole(column: Column, _: Slot) -> bool:
    return _is_number(column) and not column.share(lambda w: bool(_DECIMALS.search(w)))


def _is_wordy(column: Column) -> bool:
    if column.is_counter or column.share(lambda w: bool(_DATED.fullmatch(w))):
        return False
    return column.share(lambda w: any(map(str.isalpha, w))) >= 0.5 or not _is_of_cents(column)


def _is_of_persons(column: Column, _: Slot) -> bool:
    named = column.share(lambda w: names.person_quality(w) >= _PERSONS)
    return _is_wordy(column) and named >= SHARE


def _names_code(slot: Slot) -> bool:
    words = _CODE_WORDS.intersection(tokens(slot.path[-1]))
    return slot.prop.kind is Kind.IDENTIFIER or (slot.prop.kind in _WORDY and bool(words))


def _counts(slot: Slot) -> bool:
    words = _COUNTER_WORDS.intersection(tokens(slot.path[-1]))
    return slot.prop.kind is Kind.INTEGER and bool(words)


def _of(*kinds: Kind) -> Callable[[Slot], bool]:
    return lambda slot: slot.prop.kind in kinds


# Which properties, and which columns are theirs, one after the other.
_FAMILIES: tuple[tuple[Callable[[Slot], bool], Fits], ...] = (
    (_counts, lambda column, _: column.is_counter),
    (_of(Kind.PERCENT), _is_percent),
    (_of(Kind.MONEY), _is_priced),
    (_of(Kind.INTEGER), _is_whole),
    (_of(Kind.MONEY, Kind.INTEGER, Kind.NUMBER), lambda column, _: _is_number(column)),
    (_names_code, lambda column, _: _is_wordy(column) and column.is_coded),
    (_of(Kind.PERSON), _is_of_persons),
    (
        lambda slot: slot.prop.kind in _WORDY and not _names_code(slot),
        lambda column, _: _is_wordy(column) and not column.is_coded,
    ),
    (_of(*_WORDY), lambda column, _: _is_wordy(column)),
)
