"""Two properties that one value fills: `Period: 1 to 31 May` for a start and an end."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from extraction.document.structure import Span
from extraction.labels.labels import Words, similarity
from extraction.labels.words import folded, plain_words, tokens
from extraction.schema.kinds import Kind
from extraction.schema.slots import Slot
from extraction.values import values_of
from extraction.values.value import Conventions, Value

_LOW = frozenset(
    "start starts from begin begins beginning min minimum low lower von since earliest du desde dal "
    "checkin opening opens".split()
)
_HIGH = frozenset(
    "end ends to until till max maximum high upper bis latest au hasta al through checkout closing "
    "closes expiry".split()
)
_KINDS = (
    Kind.DATE, Kind.DATE_TIME, Kind.TIME, Kind.MONEY, Kind.NUMBER, Kind.INTEGER, Kind.PERCENT,
)  # fmt: skip
_TIMES = (Kind.DATE, Kind.DATE_TIME, Kind.TIME)
_GENERAL = frozenset("period range duration term validity date time day hour valid stay".split())
_IMPLIED = frozenset("period range date time hour year".split())
_APART = re.compile(
    r"\s*(?:[–—→]|\s-\s|(?<=[\w€$£])-(?=[\w€$£])|\b(?:to|until|till|through|bis|au|à|al|a|hasta|tot|and)\b)\s*",
    re.IGNORECASE,
)
_LEAD = re.compile(r"(?:from|between|du|von|vom|del|dal|de|desde|van)\s+", re.IGNORECASE)
_BARE_DAY = re.compile(r"(?P<day>[0-3]?\d)(?:st|nd|rd|th|\.)?")
_YEAR = re.compile(r"(?:19|20)\d\d|[./-]\d\d$|'\d\d")
_Name = tuple[tuple[str, ...], str, Kind]
_MOST_CUTS = 8
_LONGEST = 120  # code points of a value that may be two
_WEAKEST = 0.7
_GENERALLY = 0.8


@dataclass(frozen=True, slots=True)
class Range:
    """Two slots, the lower and the upper end of something, and what that is called."""

    low: Slot
    high: Slot
    stems: tuple[Words, ...]
    only: bool

    def rate(self, label: Words, own: frozenset[str]) -> float:
        """Rate (0..1) how well a label names the whole."""
        rated = [similarity(label, stem, own, _IMPLIED, frozenset()) for stem in self.stems]
        best = max(rated, default=0.0)
        left = set(label) - own
        dated = self.low.prop.kind is Kind.DATE and {"period", "stay"} & left
        in_time = self.only and self.low.prop.kind in _TIMES
        if in_time and left and (dated or left <= _GENERAL.union(*self.stems)):
            best = max(best, _GENERALLY)
        return best if best >= _WEAKEST else 0.0


def ranges_of(slots: tuple[Slot, ...]) -> tuple[Range, ...]:
    """Return the pairs of slots whose names differ only in which end they are."""
    ends: dict[_Name, dict[bool, Slot]] = {}
    for slot in slots:
        words = [folded(word) for word in plain_words(slot.path[-1])]
        end = [word for word in words if word in _LOW or word in _HIGH]
        if slot.prop.kind not in _KINDS or slot.prop.many or len(end) != 1:
            continue
        rest = " ".join(word for word in words if word != end[0])
        name = (slot.path[:-1], rest, slot.prop.kind)
        ends.setdefault(name, {}).setdefault(end[0] in _HIGH, slot)
    pairs = {name: both for name, both in ends.items() if len(both) == 2}
    kinds = [kind for _, _, kind in pairs]
    found = []
    for (parents, rest, kind), both in pairs.items():
        stem = tokens(rest) if rest else ()
        parent = tokens(parents[-1]) if parents else ()
        stems = tuple(dict.fromkeys(s for s in ((*parent, *stem), parent, stem) if s))
        found.append(Range(both[False], both[True], stems, kinds.count(kind) == 1))
    return tuple(found)


def split_range(
    found: Range, text: str, span: Span, ways: Conventions
) -> tuple[Value, Value] | None:
    """Return the two values that a stretch says from where to where."""
    if span.end - span.start > _LONGEST:
        return None
    for number, cut in enumerate(_APART.finditer(text, span.start, span.end)):
        if number >= _MOST_CUTS:
            break
        lead = _LEAD.match(text, span.start, cut.start())
        start = lead.end() if lead else span.start
        if start >= cut.start() or cut.end() >= span.end:
            continue
        upper = _first(values_of(found.high.prop, text, cut.end(), span.end, ways), cut.end())
        if upper is None:
            continue
        lower = _last(values_of(found.low.prop, text, start, cut.start(), ways), cut.start())
        if found.low.prop.kind is Kind.DATE:
            lower = _dated(text, Span(start, cut.start()), lower, upper)
        if lower is not None:
            return lower, upper
    return None


def _first(values: list[Value], start: int) -> Value | None:
    return next((v for v in sorted(values, key=lambda v: v.start) if v.start <= start + 3), None)


def _last(values: list[Value], end: int) -> Value | None:
    near = [v for v in values if v.end >= end - 12]
    return max(near, key=lambda v: (v.quality, v.start), default=None)


def _dated(text: str, span: Span, lower: Value | None, upper: Value) -> Value | None:
    """Give the first date the month and year that only the second states."""
    try:
        end = date.fromisoformat(str(upper.value))
        if lower is None:
            day = _BARE_DAY.fullmatch(text, span.start, span.end)
            begin = end.replace(day=int(day["day"])) if day else None
            return Value(begin.isoformat(), span.start, span.end, 0.9) if begin else None
        begin = date.fromisoformat(str(lower.value))
        if not _YEAR.search(text[lower.start : lower.end]):
            begin = begin.replace(year=end.year - (begin.replace(year=end.year) > end))
        return lower._replace(value=begin.isoformat())
    except ValueError:
        return lower
