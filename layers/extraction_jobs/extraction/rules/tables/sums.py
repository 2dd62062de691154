"""Rows that are no objects: what adds up the rows above, and what carries a balance on."""

from __future__ import annotations

import re

from extraction.document.parsed_text import ParsedText
from extraction.document.structure import Span
from extraction.labels.labels import label_words
from extraction.labels.word_lists import words_of
from extraction.records.findings import Leaf
from extraction.schema.frames import Frame
from extraction.schema.kinds import Kind
from extraction.values.dates import find_dates

_SUM_WORDS = words_of("sum_under_table")
_TOTALS = frozenset(("total", "subtotal", "sum", "amount"))
_BESIDE_SUMS = _SUM_WORDS | words_of("beside_sum")
_BALANCES = words_of("balance")
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
_LONGEST_DATE = 24
_MOST_WORDS = 4


def is_sum(
    parsed: ParsedText, frame: Frame, row: tuple[Span, ...], slots: dict[int, list[Leaf]]
) -> bool:
    """Tell the rows under a bill that add it up, and those that carry a balance on, by their first words."""
    numbers = [s for s in frame.slots if s.prop.kind in _NUMERIC]
    given = [s for s in numbers if s.index in slots]
    for cell in row:
        said = cell.of(parsed.text)
        words = set(label_words(said)) if cell.end > cell.start else set()
        if not words or not _LETTER.search(said) or _is_date(parsed, cell):
            continue
        if words <= _BALANCES and "balance" in words:
            return True
        if len(given) < min(len(numbers), 2) and _CARRIED_OVER.fullmatch(said):
            return True
        if _TOTALS & words:
            # `Total` and `Subtotal fasteners`, not a product that has the word in its name.
            whole = {s.index for s in (frame.text, frame.identity, *numbers) if s} <= slots.keys()
            if words <= _SUM_WORDS | _BALANCES or (label_words(said)[0] in _TOTALS and not whole):
                return True
        if (_SUM_WORDS & words and len(words) <= _MOST_WORDS) or words <= _BESIDE_SUMS:
            return len(given) < 2 or len(given) < len(numbers) - 1 or not _is_told(frame, slots)
        # `IRPF -15%   -181.50`, where words stand in a column of figures.
        return given != [] and said[:1].isalpha() and not _is_told(frame, slots)
    return False


def _is_told(frame: Frame, slots: dict[int, list[Leaf]]) -> bool:
    """Tell a row of which something says what it is of, if its objects have a property for that."""
    telling = [s.index for s in (frame.text, frame.identity) if s is not None]
    return not telling or any(index in slots for index in telling)


def _is_date(parsed: ParsedText, cell: Span) -> bool:
    """Tell a cell that is a day, such as `31 Mar`."""
    if cell.end - cell.start > _LONGEST_DATE:
        return False
    found = find_dates(parsed.text, cell.start, cell.end, parsed.ways)
    return bool(found) and found[0].end - found[0].start >= 0.8 * (cell.end - cell.start)
