"""Fill an object's slots from one entry, sentence or list item.

`Send the draft (owner: Jane Doe, due 14 March)`: what stands in brackets or behind dashes is
looked at piece by piece, the rest is the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import zip_longest

from extraction.document.parsed_text import ParsedText
from extraction.document.structure import Span
from extraction.records.confidence import CUE, INLINE
from extraction.records.findings import Leaf, leaf
from extraction.schema.frames import Frame
from extraction.schema.kinds import Kind
from extraction.schema.slots import Slot
from extraction.values import in_running_text, values_of
from extraction.values.value import Value

_BRACKETS = re.compile(r"\(([^()\n]{1,200})\)|\[([^\[\]\n]{1,200})\]")
_DASHES = re.compile(r"\s+[–—|]\s+|\s+-{1,2}\s+|\s*→\s*|\s*=>\s*|\t+|[ ]{3,}")
_PIECES = re.compile(r"\s*[;,]\s+|\s*;\s*|\s+[–—|]\s+")
_LABELLED = re.compile(
    r"\s*[*_]{0,2}(?P<label>[^\W\d_][^:=]{0,40}?)[*_]{0,2}\s*[:=][*_]{0,2}\s*(?P<rest>\S.*)",
    re.DOTALL,
)
_LEAD_WORDS = re.compile(r"\s*(?P<label>[^\W\d_]+(?:\s+[^\W\d_]+){0,2}?)\s+(?=[^\s])")
_PERSON_ACTS = re.compile(
    r"\s+(?:to|will|shall|is to|has to|must|agreed to|undertook to|takes|soll|wird)\s"
)
_DUE = re.compile(
    r"\b(?:by|before|until|till|no later than|not later than|due(?: on| by)?|deadline|bis(?: zum)?|"
    r"avant le|pour le|antes del?|entro il)\s*:?\s*(?:the\s+|end of\s+)?(?:[A-Za-z]{3,10},?\s+)?$",
    re.IGNORECASE,
)
_INNER_LABEL = re.compile(r"(?:[.;,]|\n)\s+(?=[*_]{0,2}[^\W\d_][^:.;,\n]{0,30}:)")
_LEAST_PERSON = 0.45  # quality of a single first name
_TASK_WORDS = frozenset(("to", "will", "is to", "has to", "soll", "wird"))
_EDGE = " \t\n,;:.–—-|*_@"
_SHORT_KINDS = (
    Kind.PERSON,
    Kind.DATE,
    Kind.EMAIL,
    Kind.PHONE,
    Kind.URL,
    Kind.MONEY,
    Kind.PERCENT,
    Kind.ENUM,
    Kind.ORGANISATION,
)


@dataclass(slots=True)
class Description:
    """The slots filled so far, and the stretches of text that were used up for them."""

    slots: dict[int, list[Leaf]]
    used: list[Span]


def describe(parsed: ParsedText, frame: Frame, start: int, end: int, method: str) -> Description:
    """Fill what an entry says into slots; `method` is how the entry itself was found."""
    text = parsed.text
    done = Description({}, [])
    whole = method == CUE
    for bracket in _BRACKETS.finditer(text, start, end):
        inner = bracket.span(1) if bracket[1] is not None else bracket.span(2)
        pieces = _cut(text, _PIECES, *inner)
        taken = [_take_piece(parsed, frame, piece, done) for piece in pieces]
        if all(taken):
            done.used.append(Span(*bracket.span()))
    if not whole:
        _take_segments(parsed, frame, start, end, done)
        _take_labels_inside(parsed, frame, start, end, done)
    _take_due(parsed, frame, start, end, done)
    _take_text(parsed, frame, start, end, done, method)
    return done


def _cut(text: str, pattern: re.Pattern[str], start: int, end: int) -> list[Span]:
    pieces = []
    at = start
    for match in pattern.finditer(text, start, end):
        pieces.append(Span(at, match.start()))
        at = match.end()
    pieces.append(Span(at, end))
    return [p for p in (_tight(text, piece) for piece in pieces) if p.end > p.start]


def _tight(text: str, span: Span) -> Span:
    start, end = span.start, span.end
    while start < end and text[start] in _EDGE:
        start += 1
    while end > start and text[end - 1] in _EDGE:
        end -= 1
    return Span(start, end)


def _take_piece(parsed: ParsedText, frame: Frame, piece: Span, done: Description) -> bool:
    """Take a short piece that is a labelled value, or wholly a value of an open slot."""
    if _take_labelled(parsed, frame, piece, done):
        return True
    text = parsed.text
    for slot in _open_slots(frame, done):
        if slot.prop.kind not in _SHORT_KINDS:
            continue
        found = values_of(slot.prop, text, piece.start, piece.end, parsed.ways)
        sure = [
            v
            for v in found
            if v.quality >= (_LEAST_PERSON if slot.prop.kind is Kind.PERSON else 0.55)
            and (v.end - v.start) >= 0.7 * (piece.end - piece.start)
        ]
        if slot.prop.kind is Kind.ORGANISATION and (not sure or sure[0].quality < 0.9):
            continue
        if slot.prop.kind is Kind.PERSON and sure and not _personal(frame):
            sure = [v for v in sure if v.quality >= 0.8]
        if sure:
            done.slots[slot.index] = [
                leaf(v, INLINE) for v in (sure if slot.prop.many else sure[:1])
            ]
            return True
    return False


def _personal(frame: Frame) -> bool:
    return frame.identity is not None and frame.identity.prop.kind is Kind.PERSON


def _open_slots(frame: Frame, done: Description) -> list[Slot]:
    return [s for s in frame.slots if s.index not in done.slots and s is not frame.text]


def _take_labelled(parsed: ParsedText, frame: Frame, piece: Span, done: Description) -> bool:
    text = parsed.text
    inside = text[piece.start : piece.end]
    colon = _LABELLED.match(inside)
    if colon:
        start = piece.start + colon.start("rest")
        return _fill(parsed, frame, colon["label"], Span(start, piece.end), done, 0.8)
    lead = _LEAD_WORDS.match(inside)
    while lead:
        rest = Span(piece.start + lead.end(), piece.end)
        if _fill(parsed, frame, lead["label"], rest, done, 0.85, typed=True):
            return True
        following = re.compile(
            r"\s*(?P<label>" + re.escape(lead["label"]) + r"\s+[^\W\d_]+)\s+(?=\S)"
        )
        lead = following.match(inside) if lead["label"].count(" ") < 2 else None
    return False


def _fill(
    parsed: ParsedText,
    frame: Frame,
    label: str,
    rest: Span,
    done: Description,
    sure: float,
    *,
    typed: bool = False,
) -> bool:
    for rate, slot in frame.match(label):
        if rate < sure or slot.index in done.slots:
            continue
        if typed and slot.prop.kind in (Kind.TEXT, Kind.ADDRESS):
            continue
        span = _tight(parsed.text, rest)
        found = values_of(slot.prop, parsed.text, span.start, span.end, parsed.ways)
        if typed:
            found = [v for v in found if v.start - span.start <= 12]
        if found:
            best = found if slot.prop.many else [max(found, key=lambda v: (v.quality, -v.start))]
            done.slots[slot.index] = [leaf(v, INLINE, rate) for v in best]
            return True
    return False


def _take_segments(
    parsed: ParsedText, frame: Frame, start: int, end: int, done: Description
) -> None:
    """Take what dashes, bars or wide gaps set apart, and a person before a colon."""
    text = parsed.text
    segments = _cut(text, _DASHES, start, end)
    if len(segments) > 1:
        for segment in segments:
            if segment.end - segment.start > 80:
                continue
            pieces = _cut(text, _PIECES, segment.start, segment.end)
            taken = [_take_piece(parsed, frame, piece, done) for piece in pieces]
            if all(taken):
                done.used.append(segment)
    elif frame.text is None:
        for piece in _cut(text, _PIECES, start, end):
            if _take_piece(parsed, frame, piece, done):
                done.used.append(piece)
    _take_person_before_colon(parsed, frame, start, end, done)


def _take_person_before_colon(
    parsed: ParsedText, frame: Frame, start: int, end: int, done: Description
) -> None:
    text = parsed.text
    colon = text.find(":", start, min(end, start + 60))
    if colon <= start:
        return
    head = _tight(text, Span(start, colon))
    if len(text[head.start : head.end].split()) > 4:
        return
    for slot in _open_slots(frame, done):
        if slot.prop.kind is Kind.PERSON and not slot.prop.many:
            found = values_of(slot.prop, text, head.start, head.end, parsed.ways)
            if found and found[0].quality >= _LEAST_PERSON:
                done.slots[slot.index] = [leaf(found[0], INLINE)]
                done.used.append(Span(start, colon + 1))
                return


def _take_labels_inside(
    parsed: ParsedText, frame: Frame, start: int, end: int, done: Description
) -> None:
    """Take trailing `. Owner: Jane Doe. Due: 14 March` or `, owner: ...` behind the text."""
    text = parsed.text
    cuts = list(_INNER_LABEL.finditer(text[start:end]))
    for cut, following in zip_longest(cuts, cuts[1:]):
        first = start + cut.end()
        last = start + following.start() if following else end
        if _take_labelled(parsed, frame, _tight(text, Span(first, last)), done):
            done.used.append(Span(start + cut.start(), last))


def _take_due(parsed: ParsedText, frame: Frame, start: int, end: int, done: Description) -> None:
    """Dates and other typed values that the text itself holds."""
    text = parsed.text
    for slot in _open_slots(frame, done):
        prop = slot.prop
        if not prop.in_running_text:
            continue
        if prop.kind is Kind.DATE:
            _take_date(parsed, slot, start, end, done)
        elif prop.kind in (Kind.MONEY, Kind.EMAIL, Kind.PHONE, Kind.DURATION, Kind.PERCENT):
            alike = [s for s in frame.slots if s.prop.kind is prop.kind]
            found = in_running_text(prop, text, start, end, parsed.ways)
            if len(alike) == 1 and len(found) >= 1 and found[0].quality >= 0.85:
                done.slots[slot.index] = [leaf(found[0], INLINE, 0.8)]
        elif prop.kind is Kind.PATTERN and prop.pattern is not None:
            found = in_running_text(prop, text, start, end, parsed.ways)
            if found:
                done.slots[slot.index] = [leaf(found[0], INLINE, 0.85)]


def _take_date(parsed: ParsedText, slot: Slot, start: int, end: int, done: Description) -> None:
    """A date behind `by` is due; another date is not, unless the text ends with it."""
    due = any("due" in words for words in slot.labels)
    for value in in_running_text(slot.prop, parsed.text, start, end, parsed.ways):
        led = bool(_DUE.search(parsed.text[max(start, value.start - 40) : value.start]))
        if led == due or (due and value.end >= end - 2):
            done.slots[slot.index] = [leaf(value, INLINE, 0.9 if led or not due else 0.7)]
            return


def _take_text(
    parsed: ParsedText, frame: Frame, start: int, end: int, done: Description, method: str
) -> None:
    """The text is what is left: cut what was used at either end, keep the longest rest."""
    if frame.text is None:
        return
    text = parsed.text
    if method == CUE:
        rest = Span(start, end)
    else:
        used = sorted(done.used, key=lambda span: (span.start, span.end))
        gaps = []
        at = start
        for span in used:
            gaps.append(Span(at, max(at, span.start)))
            at = max(at, span.end)
        gaps.append(Span(at, end))
        rest = max(gaps, key=lambda span: (span.end - span.start, -span.start))
    begin, last = rest.start, rest.end
    while begin < last and text[begin] in _EDGE:
        begin += 1
    while last > begin and text[last - 1] in " \t\n,;:–—-|*_":
        last -= 1
    value = " ".join(text[begin:last].split())
    if value.count("**") == 1 or value.startswith("**"):
        value = value.replace("**", "")
    if sum(c.isalpha() for c in value) < 3:
        return
    kept = [v for v in (_as_text(frame.text, value, begin, last),) if v is not None]
    if kept:
        done.slots[frame.text.index] = [leaf(v, method) for v in kept]


def _as_text(slot: Slot, value: str, start: int, end: int) -> Value | None:
    from extraction.values import accept

    return accept(slot.prop, Value(value, start, end, 0.9))
