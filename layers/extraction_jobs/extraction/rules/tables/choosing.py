"""The frame that a table's rows are objects of, and its columns."""

from __future__ import annotations

from functools import lru_cache

from extraction.document.blocks.bill import BILL
from extraction.document.parsed_text import ParsedText
from extraction.document.structure import Table
from extraction.labels.labels import label_words
from extraction.rules.tables.labels import FIRST_NAME, by_label, named_by_head
from extraction.rules.tables.products import (
    AMOUNT,
    PRICE,
    QUANTITY,
    by_product,
    is_billed,
    roles_of,
)
from extraction.rules.tables.sheet import SURE, Columns, Sheet, columns_of
from extraction.schema.frames import Frame
from extraction.schema.kinds import Kind

_REMEMBERED = 4_000  # headers, for each type
_LIKELY = 0.7  # the words of a bill without a header
_LAST = 3  # column of a bill


def choose_frame(parsed: ParsedText, table: Table) -> tuple[Frame, Columns] | None:
    """Return the frame that a table's rows are objects of, the first of those that fit best, and its columns."""
    words = parsed.section_words(table.section)
    frames = _possible(parsed, table)
    if not frames:
        return None
    columns = columns_of(parsed.text, table)
    heads = tuple(label_words(column.head) for column in columns)
    sheets = [Sheet(parsed, frame, table, columns, heads) for frame in frames]
    rated = [
        (
            sum(rate for _, rate in told.values())
            + (bool(words) and sheet.frame.named_by(words))
            - _holds_rows(parsed, sheet),
            sheet.frame,
            told,
        )
        for sheet in sheets
        if (told := _told(sheet))
    ]
    return max(rated, key=lambda each: round(each[0], 6))[1:] if rated else None


def _holds_rows(parsed: ParsedText, sheet: Sheet) -> bool:
    """Tell a type with an array, whose rows a table rather is, unless a column names the objects of the type."""
    frame = sheet.frame
    part = any(f.is_part and f.type is frame.type for f in parsed.frames if not frame.is_part)
    return part and (frame.identity is None or frame.identity.index not in sheet.taken)


def _possible(parsed: ParsedText, table: Table) -> list[Frame]:
    """Return the frames that heads name enough of, or that figures may tell: most tables have none."""
    if table.how == BILL:
        return [frame for frame in parsed.frames if frame.is_part]
    heads = tuple([head for cell in table.header if (head := cell.of(parsed.text))])
    several = [frame for frame in parsed.frames if frame.occurs != "document"]
    return [frame for frame in several if is_billed(frame) or (heads and _may_name(heads, frame))]


@lru_cache(maxsize=_REMEMBERED)
def _may_name(heads: tuple[str, ...], frame: Frame) -> bool:
    """Tell heads that may name what an object of a frame needs to be one, and two properties if it has as many."""
    if FIRST_NAME in map(label_words, heads):
        return True
    named = [found for head in heads if (found := named_by_head(frame, head))]
    if len(named) < min(2, len(frame.slots)):
        return False
    taken = {slot.index for found in named for _, slot in found}
    if frame.is_part:  # a column of codes or of words needs no head
        codes = (slot for slot in frame.slots if slot.prop.kind is Kind.IDENTIFIER)
        taken |= {slot.index for slot in (*codes, frame.text) if slot is not None}
    return _has_needed(frame, taken)


def _has_needed(frame: Frame, taken: set[int]) -> bool:
    """Tell whether these slots are enough for an object of a frame."""
    anchors = {s.index for s in (frame.text, frame.identity) if s is not None} | frame.required
    return frame.required <= taken and (not anchors or not anchors.isdisjoint(taken))


def _told(sheet: Sheet) -> Columns | None:
    if sheet.table.how == BILL:
        return _of_bill(sheet.frame)
    if sheet.table.header and (found := _with_header(sheet) or _without_header(sheet)):
        return found
    sheet.found = {}
    return _without_header(sheet)


def _with_header(sheet: Sheet) -> Columns | None:
    frame = sheet.frame
    by_label(sheet)
    by_product(sheet)
    if len(sheet.found) < 2 and not (sheet.found and len(frame.slots) == 1):
        return None
    if not _has_needed(frame, sheet.taken):
        return None
    if len(frame.slots) == 1:
        return sheet.found
    heads = sum(bool(column.head) for column in sheet.columns)
    return sheet.found if len(sheet.found) * 3 >= heads else None


def _of_bill(frame: Frame) -> Columns | None:
    """Return what the columns of a bill are: text, quantity, price and amount; a price alone is the amount."""
    words = [s for s in frame.slots if s.prop.kind is Kind.TEXT and not s.prop.many]
    text = frame.text or frame.identity or (words[0] if len(words) == 1 else None)
    roles = roles_of(frame)
    last = roles.get(AMOUNT) or roles.get(PRICE)
    if text is None or last is None or not frame.is_part:
        return None
    slots = (text, roles.get(QUANTITY), roles.get(PRICE), last)
    return {at: (s, SURE) for at, s in enumerate(slots) if s and (s is not last or at == _LAST)}


def _without_header(sheet: Sheet) -> Columns | None:
    """Tell the columns of a bill whose figures are products: the longest other column says what was bought."""
    text = sheet.frame.text
    if text is None or not by_product(sheet):
        return None
    last = max(sheet.found)
    rows = [row for row in sheet.table.rows if last < len(row) and row[last].end > row[last].start]
    sizes = {
        column.index: sum(row[column.index].end - row[column.index].start for row in rows)
        for column in sheet.left
        if column.has_letters and column.index < last
    }
    longest = max(sizes, key=lambda at: (sizes[at], -at), default=None)
    if longest is None or not sizes[longest]:
        return None
    return {**sheet.found, longest: (text, _LIKELY)}
