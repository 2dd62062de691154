"""Fill an object's slots from one entry, sentence or list item.

`Send the draft (owner: Jane Doe, due 14 March)`: what stands in brackets or behind dashes is
looked at piece by piece, the rest is the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import zip_longest

from extraction.document.parsed_text import ParsedText
from extraction.document.structure import Span, stripped
from extraction.records.confidence import CUE, INLINE
from extraction.records.findings import Leaf, leaf
from extraction.schema.frames import Frame
from extraction.schema.kinds import Kind
from extraction.schema.slots import Slot
from extraction.values import accept, values_of
from extraction.values.dates import find_dates
from extraction.values.value import Value

_BRACKETS = re.compile(r"\(([^()\n]{1,200})\)|\[([^\[\]\n]{1,200})\]")
_DASHES = re.compile(r"\s+[–—|]\s+|\s+-{1,2}\s+|\s*→\s*|\s*=>\s*|\t+|[ ]{3,}")
_PIECES = re.compile(r"\s*[;,]\s+|\s*;\s*|\s+[–—|]\s+")
_LABELLED = re.compile(
    r"\s*[*_]{0,2}(?P<label>[^\W\d_][^:=]{0,40}?)[*_]{0,2}\s*[:=][*_]{0,2}\s*(?P<rest>\S.*)",
    re.DOTALL,
)
_LEAD_WORD = re.compile(r"\s*[^\W\d_]+(?=\s+\S)")
_MOST_LEAD_WORDS = 3
_ACTS = re.compile(r"\s+(?:to|will|is to|has to|soll|wird)\s")
_DUE = re.compile(
    r"\b(?:by|before|until|till|no later than|not later than|due(?: on| by)?|deadline|bis(?: zum)?|"
    r"avant le|pour le|antes del?|entro il)\s*:?\s*(?:the\s+|end of\s+)?(?:[A-Za-z]{3,10},?\s+)?$",
    re.IGNORECASE,
)
_INNER_LABEL = re.compile(r"(?:[.;,]|\n)\s+(?=[*_]{0,2}[^\W\d_][^:.;,\n]{0,30}:)")
_LONGEST_PIECE = 80
_LEAST_PERSON = 0.45  # quality of a single first name
_SURE_PERSON = 0.8
_LEAST = {Kind.PERSON: _LEAST_PERSON, Kind.ORGANISATION: 0.9}
_LEAST_OF_OTHERS = 0.55
_EDGE = " \t\n,;:.–—-|*_@"
_EDGE_BUT_STOPS = " \t\n,;:–—-|*_"
_SHORT_KINDS = (
    Kind.PERSON, Kind.DATE, Kind.EMAIL, Kind.PHONE, Kind.URL, Kind.MONEY, Kind.PERCENT, Kind.ENUM, Kind.ORGANISATION,
)  # fmt: skip


def describe(
    parsed: ParsedText, frame: Frame, start: int, end: int, method: str
) -> dict[int, list[Leaf]]:
    """Return what an entry says, by slot; `method` is how the entry itself was found."""
    entry = _Entry(parsed, frame, Span(start, end))
    entry.take_brackets()
    if method != CUE:
        entry.take_segments()
        entry.take_person_before_colon()
        entry.take_labels_inside()
    entry.take_actor()
    entry.take_dates()
    entry.take_rest(method)
    return entry.slots


@dataclass(slots=True)
class _Entry:
    """An entry, the slots filled so far, and the stretches of text that were used up for them."""

    parsed: ParsedText
    frame: Frame
    span: Span
    slots: dict[int, list[Leaf]] = field(default_factory=dict)
    used: list[Span] = field(default_factory=list)

    def take_brackets(self) -> None:
        for bracket in _BRACKETS.finditer(self.parsed.text, self.span.start, self.span.end):
            inner = bracket.span(1) if bracket[1] is not None else bracket.span(2)
            if self._take_all(Span(*inner)):
                self.used.append(Span(*bracket.span()))

    def take_segments(self) -> None:
        """Take what dashes, bars or wide gaps set apart."""
        segments = self._cut(_DASHES, self.span)
        if len(segments) == 1 and self.frame.text is None:
            segments = self._cut(_PIECES, self.span)
        for segment in segments if len(segments) > 1 else ():
            short = segment.end - segment.start <= _LONGEST_PIECE
            if short and self._take_all(segment):
                self.used.append(segment)

    def take_person_before_colon(self) -> None:
        """`Jane Doe: send the draft`."""
        start = self.span.start
        colon = self.parsed.text.find(":", start, min(self.span.end, start + 60))
        head = self._tight(Span(start, max(colon, start)))
        if len(head.of(self.parsed.text).split()) > 4:
            return
        for slot in self._open():
            if slot.prop.kind is Kind.PERSON and not slot.prop.many:
                found = self._values(slot, head)
                if found and found[0].quality >= _LEAST_PERSON:
                    self.slots[slot.index] = [leaf(found[0], INLINE)]
                    self.used.append(Span(start, colon + 1))
                    return

    def take_labels_inside(self) -> None:
        """Take trailing `. Owner: Jane Doe. Due: 14 March` or `, owner: ...` behind the text."""
        cuts = list(_INNER_LABEL.finditer(self.parsed.text, self.span.start, self.span.end))
        for cut, following in zip_longest(cuts, cuts[1:]):
            last = following.start() if following else self.span.end
            if self._take_labelled(self._tight(Span(cut.end(), last))):
                self.used.append(Span(cut.start(), last))

    def take_actor(self) -> None:
        """`Jane Doe to send the draft`: the person at the start is who acts."""
        start = self.span.start
        acts = _ACTS.search(self.parsed.text, start, min(self.span.end, start + _LONGEST_PIECE))
        slot = next((s for s in self._open() if s.prop.kind is Kind.PERSON), None)
        if self.frame.text is None or acts is None or slot is None:
            return
        head = self._tight(Span(start, acts.start()))
        found = [v for v in self._values(slot, head) if v.quality >= _LEAST_PERSON]
        if found and found[0].start == head.start:
            chosen = found if slot.prop.many else found[:1]
            self.slots[slot.index] = [leaf(value, INLINE, 0.95) for value in chosen]

    def take_dates(self) -> None:
        """Take the dates of the text itself: one behind `by` is due, another is not, unless the text ends with it."""
        text, (start, end) = self.parsed.text, (self.span.start, self.span.end)
        slots = [s for s in self._open() if s.prop.kind is Kind.DATE and s.prop.in_running_text]
        found = find_dates(text, start, end, self.parsed.ways) if slots else []
        for slot in slots:
            due = any("due" in words for words in slot.labels)
            for value in found:
                led = bool(_DUE.search(text[max(start, value.start - 40) : value.start]))
                if led == due or (due and value.end >= end - 2):
                    self.slots[slot.index] = [leaf(value, INLINE, 0.9 if led or not due else 0.7)]
                    break

    def take_rest(self, method: str) -> None:
        """The text is what is left: cut what was used at either end, keep the longest rest."""
        slot = self.frame.text
        if slot is None:
            return
        used = [] if method == CUE else sorted(self.used, key=lambda span: (span.start, span.end))
        gaps, at = [], self.span.start
        for span in used:
            gaps.append(Span(at, max(at, span.start)))
            at = max(at, span.end)
        gaps.append(Span(at, self.span.end))
        longest = max(gaps, key=lambda span: (span.end - span.start, -span.start))
        rest = longest.of(self.parsed.text)
        start = longest.start + len(rest) - len(rest.lstrip(_EDGE))
        last = longest.start + len(rest.rstrip(_EDGE_BUT_STOPS))
        value = " ".join(self.parsed.text[start:last].split())
        if value.count("**") == 1 or value.startswith("**"):
            value = value.replace("**", "")
        if sum(map(str.isalpha, value)) < 3:
            return
        kept = accept(slot.prop, Value(value, start, last, 0.9))
        if kept is not None:
            self.slots[slot.index] = [leaf(kept, method)]

    def _take_all(self, span: Span) -> bool:
        """Take every piece of a stretch that can be; tell whether all could."""
        taken = [self._take(piece) for piece in self._cut(_PIECES, span)]
        return all(taken)

    def _take(self, piece: Span) -> bool:
        """Take a short piece that is a labelled value, or wholly a value of an open slot."""
        if self._take_labelled(piece):
            return True
        identity = self.frame.identity
        personal = identity is not None and identity.prop.kind is Kind.PERSON
        for slot in self._open():
            kind = slot.prop.kind
            if kind not in _SHORT_KINDS:
                continue
            least = _LEAST.get(kind, _LEAST_OF_OTHERS)
            if kind is Kind.PERSON and not personal:
                least = _SURE_PERSON
            sure = [
                value
                for value in self._values(slot, piece)
                if value.quality >= least
                and (value.end - value.start) >= 0.7 * (piece.end - piece.start)
            ]
            if sure:
                chosen = sure if slot.prop.many else sure[:1]
                self.slots[slot.index] = [leaf(value, INLINE) for value in chosen]
                return True
        return False

    def _take_labelled(self, piece: Span) -> bool:
        """Take `due: 14 March`, or `due 14 March` if what stands behind the label has a form of its own."""
        inside = piece.of(self.parsed.text)
        colon = _LABELLED.match(inside)
        if colon:
            rest = Span(piece.start + colon.start("rest"), piece.end)
            return self._fill(colon["label"], rest, 0.8)
        at = 0
        for _ in range(_MOST_LEAD_WORDS):
            word = _LEAD_WORD.match(inside, at)
            if word is None:
                return False
            at = word.end()
            rest = Span(piece.start + at, piece.end)
            if self._fill(inside[:at].strip(), rest, 0.85, typed=True):
                return True
        return False

    def _fill(self, label: str, rest: Span, sure: float, *, typed: bool = False) -> bool:
        span = self._tight(rest)
        for rate, slot in self.frame.match(label):
            if rate < sure or slot.index in self.slots:
                continue
            if typed and slot.prop.kind in (Kind.TEXT, Kind.ADDRESS):
                continue
            found = self._values(slot, span)
            if typed:
                found = [value for value in found if value.start - span.start <= 12]
            if found:
                best = max(found, key=lambda value: (value.quality, -value.start))
                chosen = found if slot.prop.many else [best]
                self.slots[slot.index] = [leaf(value, INLINE, rate) for value in chosen]
                return True
        return False

    def _values(self, slot: Slot, span: Span) -> list[Value]:
        return values_of(slot.prop, self.parsed.text, span.start, span.end, self.parsed.ways)

    def _open(self) -> list[Slot]:
        return [
            s for s in self.frame.slots if s.index not in self.slots and s is not self.frame.text
        ]

    def _cut(self, pattern: re.Pattern[str], span: Span) -> list[Span]:
        pieces, at = [], span.start
        for match in pattern.finditer(self.parsed.text, span.start, span.end):
            pieces.append(Span(at, match.start()))
            at = match.end()
        pieces.append(Span(at, span.end))
        return [tight for tight in map(self._tight, pieces) if tight.end > tight.start]

    def _tight(self, span: Span) -> Span:
        return stripped(self.parsed.text, span.start, span.end, _EDGE)
