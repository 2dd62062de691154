"""Objects in the making: which findings belong to one object."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from extraction.document.structure import HEADING, LABEL_ABOVE
from extraction.records.confidence import CUE, LISTED, MARKED, TABLE_ROW, TO_REVIEW
from extraction.records.findings import Leaf, ObjectFinding, Place, ValueFinding
from extraction.schema.frames import Frame
from extraction.schema.kinds import Kind
from extraction.schema.slots import Slot

HEAD_CHARACTERS = 1500  # where a document says what it is
_SURE = 0.97
_COINS = 0.05  # what a sum that is paid in cash is rounded by, at most
_EQUAL = 0.01  # within which two places are as good
_AS_SURE = 0.08  # within which two labels may both be of one array
_SURER = 0.12  # by how much one label fits better than another that names something else
_NEAR_BEST = 0.15  # below the best place of an array's values
_TITLE_CHARACTERS = 400  # where a `Title:` is that of the document
_STRONG = {TABLE_ROW: 0, MARKED: 1, LISTED: 2}
_NAMED_ONCE = frozenset(
    ("party", "signatory", "signature")
)  # rows of who is party to a paper, or signed it
_DECORATED = re.compile(r"^(?:(?:Dr|Mr|Mrs|Ms|Prof)\.?\s+)+|,\s*(?:Ph\.?D|M\.?D|MBA|Esq|CPA)\b.*$")
_LEGAL_WORDS = frozenset(
    "ltd limited llc inc incorporated corp corporation plc llp lp gmbh mbh ag kg ug se sas sarl "
    "srl spa s.p.a s.r.l s.a sa nv n.v bv b.v oy ab as a/s aps co company & pty pte pvt".split()
)


@dataclass(slots=True)
class Draft:
    """An object before it is final. `parts` holds the objects of its arrays, by path."""

    frame: Frame
    start: int
    end: int
    block: int
    section: int
    method: str
    slots: dict[int, Sequence[Leaf]] = field(default_factory=dict)
    parts: dict[tuple[str, ...], list[Draft]] = field(default_factory=dict)
    labels: dict[int, float] = field(default_factory=dict)
    own_labels: int = 0

    def value(self, slot: Slot | None) -> Any:
        """Return the first value of a slot, or None."""
        leaves = self.slots.get(slot.index) if slot is not None else None
        return leaves[0].value if leaves else None

    def leaves(self) -> list[Leaf]:
        """Return every value, its arrays' left out."""
        return [leaf for leaves in self.slots.values() for leaf in leaves]

    def whole(self) -> list[Draft]:
        """Return it and the objects of its arrays."""
        return [self, *(part for found in self.parts.values() for part in found)]

    def places(self) -> set[Place]:
        """Return every place that the object cites."""
        return {(leaf.start, leaf.end) for leaf in self.leaves()}


def draft_of(frame: Frame, finding: ObjectFinding) -> Draft:
    """Make a draft of an object that was found as one."""
    return Draft(
        frame,
        finding.at,
        finding.end,
        finding.block,
        finding.section,
        finding.method,
        dict(finding.slots),
    )


def document_draft(frame: Frame, values: Iterable[ValueFinding]) -> Draft:
    """Make the one object of a document: each slot takes its best finding."""
    draft = Draft(frame, 0, 0, -1, -1, "document")
    by_slot: dict[int, list[ValueFinding]] = {}
    for finding in values:
        draft.own_labels += finding.own
        if frame.slots[finding.slot].path == ("title",) and finding.at > _TITLE_CHARACTERS:
            continue  # further down it is the title of a person or a clause
        by_slot.setdefault(finding.slot, []).append(finding)
    for index, found in sorted(by_slot.items()):
        slot = frame.slots[index]
        settled = _union(found) if slot.prop.many else _settled(slot, found)
        if settled:
            draft.slots[index] = settled
        draft.labels[index] = max(f.label for f in found)
    return draft


def _settled(slot: Slot, found: list[ValueFinding]) -> list[Leaf]:
    """Return the value of the best place, as far as no place as good says another.

    Amounts by rate (`VAT 7%`, `VAT 19%`) make their sum, and there is no rate of the whole. Other values that lines
    of the same label give are in doubt.
    """
    best = max(found, key=lambda f: (f.leaves[0].score, -f.at))
    if slot.prop.kind is Kind.MONEY:
        best = max(found, key=lambda f: (_is_rounded(f, best), f.leaves[0].score, -f.at))
    leaf = best.leaves[0]
    alike = [
        f
        for f in found
        if f.leaves[0].score >= leaf.score - _EQUAL and f.leaves[0].method != HEADING
    ]
    if best not in alike:
        return [leaf]
    whole = [f for f in alike if not f.rate]
    telling = whole or alike
    if len({str(f.leaves[0].value).casefold() for f in telling}) == 1:
        return [leaf if best in telling else telling[0].leaves[0]]
    by_rate = {f.rate: f.leaves[0] for f in alike if f.words == best.words}
    summed = slot.prop.kind in (Kind.MONEY, Kind.PERCENT) and len(by_rate) == len(alike)
    if whole or not summed:
        return [leaf._replace(score=min(leaf.score, TO_REVIEW))]
    if slot.prop.kind is Kind.PERCENT:
        return []
    first, *others = sorted(by_rate.values(), key=lambda part: part.start)
    return [
        first._replace(
            value=round(sum(part.value for part in by_rate.values()), 6),
            score=min(part.score for part in by_rate.values()),
            more=tuple((part.start, part.end) for part in others),
        )
    ]


def _is_rounded(other: ValueFinding, best: ValueFinding) -> bool:
    """Tell a sum further down that is another but for the coins there are none of: `Total 9.92`, `To pay 9.90`."""
    apart = abs(other.leaves[0].value - best.leaves[0].value)
    return other.at > best.at and 0 < round(apart, 4) <= _COINS and not (other.rate or best.rate)


def _union(found: list[ValueFinding]) -> list[Leaf]:
    """Join the values of an array from everywhere that names it about as surely as the best place does."""
    surest = max(f.label for f in found)
    found = [f for f in found if f.label >= surest - _AS_SURE]
    best = max(f.leaves[0].score for f in found)
    leaves: dict[str, Leaf] = {}
    for finding in found:
        if finding.leaves[0].score >= best - _NEAR_BEST:
            for leaf in finding.leaves:
                leaves.setdefault(str(leaf.value).casefold(), leaf)
    return list(leaves.values())


def record_drafts(frame: Frame, objects: list[Draft], values: list[ValueFinding]) -> list[Draft]:
    """Give values to the objects they stand with; return records made of the rest."""
    records: list[Draft] = []
    open_records: dict[int, Draft] = {}
    marked = [d for d in objects if d.method in (MARKED, LISTED)]
    starts = [d.start for d in marked]
    for finding in values:
        position = bisect_right(starts, finding.at)
        host = marked[position - 1] if position else None
        end = max(leaf.end for leaf in finding.leaves)
        if host is not None and _stands_with(host, finding):
            if finding.slot not in host.slots:
                host.slots[finding.slot] = finding.leaves
                host.end = max(host.end, end)
            continue
        current = open_records.get(finding.column)
        if current is None or _starts_new(current, finding, frame):
            current = Draft(frame, finding.at, finding.at, finding.block, finding.section, "record")
            open_records[finding.column] = current
            records.append(current)
        if finding.label > current.labels.get(finding.slot, 1.0) + _SURER:
            del current.slots[finding.slot]
        current.slots.setdefault(finding.slot, finding.leaves)
        current.labels[finding.slot] = max(finding.label, current.labels.get(finding.slot, 0.0))
        current.block = finding.block
        current.end = max(current.end, end)
    return records


def _stands_with(host: Draft, finding: ValueFinding) -> bool:
    if finding.block == host.block and finding.at >= host.start:
        return True
    heading = host.method == MARKED and finding.section == host.section
    return heading and 0 <= finding.block <= host.block + 2


def _starts_new(current: Draft, finding: ValueFinding, frame: Frame) -> bool:
    held = current.slots.get(finding.slot)
    if held is not None:
        # A label that fits much worse, or much better, is another one: no second object begins with it.
        as_sure = abs(finding.label - current.labels.get(finding.slot, 1.0)) <= _SURER
        return as_sure and bool(held[0].value != finding.leaves[0].value)
    if frame.occurs != "many":
        return False
    return finding.section != current.section or finding.block > current.block + 1


def is_whole(draft: Draft) -> bool:
    """Tell whether a record of labelled values is enough to be an object of its type."""
    frame = draft.frame
    if frame.required and not frame.required <= set(draft.slots):
        return False
    anchors = [s.index for s in (frame.identity, frame.text) if s is not None]
    if anchors and not any(index in draft.slots for index in anchors):
        return False
    if len(draft.slots) >= 2 or len(frame.slots) == 1:
        return True
    # A single value counts if its label names the type itself: "Contact: Jane Doe". A line above
    # another is no such label.
    loose = all(leaf.method in (HEADING, LABEL_ABOVE) for leaf in draft.leaves())
    return bool(frame.required) and not loose and max(draft.labels.values(), default=0.0) >= _SURE


def without_repeats(drafts: list[Draft]) -> list[Draft]:
    """Merge what the document says twice of one object; drop what lies inside another."""
    kept: list[Draft] = []
    by_key: dict[str, Draft] = {}
    spans = sorted((d.start, d.end) for d in drafts if d.method in _STRONG)
    cited: set[Place] = set()
    for draft in sorted(drafts, key=lambda d: (_STRONG.get(d.method, 3), d.start, d.end)):
        if draft.method not in _STRONG and _inside(draft, spans):
            continue
        if draft.method != TABLE_ROW and draft.places() <= cited:
            continue
        cited |= draft.places()
        key = _key(draft)
        known = by_key.get(key) if key else None
        if known is not None:
            known.slots = {**draft.slots, **known.slots}
            known.parts = {**draft.parts, **known.parts}
            known.start, known.end = min(known.start, draft.start), max(known.end, draft.end)
            continue
        if key:
            by_key[key] = draft
        kept.append(draft)
    return sorted(kept, key=lambda d: (d.start, d.end))


def _inside(draft: Draft, spans: list[Place]) -> bool:
    at = bisect_right(spans, (draft.start, 1 << 60)) - 1
    return any(start <= draft.start < end for start, end in spans[max(0, at - 3) : at + 1])


def _key(draft: Draft) -> str:
    """Return what makes two drafts the same object, or nothing."""
    frame = draft.frame
    named_once = not _NAMED_ONCE.isdisjoint(frame.own)
    if frame.is_part and not named_once:
        return ""  # the same line twice on a bill is two lines
    identity, text = draft.value(frame.identity), draft.value(frame.text)
    if frame.identity is not None and identity is not None:
        if frame.identity.prop.kind is Kind.IDENTIFIER and draft.method != CUE:
            return f"id {str(identity).casefold()}"
        who = frame.identity.prop.kind in (Kind.PERSON, Kind.ORGANISATION, Kind.PARTY)
        if frame.is_part and named_once and not who:
            return f"name {name_key(_DECORATED.sub('', str(identity)))}"
        if who:
            return f"name {name_key(str(identity))}"
    if text is None or draft.method == TABLE_ROW:
        return ""  # two payments of one day may have the same words
    return f"text {' '.join(str(text).casefold().split())}"


def name_key(name: str) -> str:
    """Return a name in the form that two spellings of it share."""
    words = [w.strip(".,;()'’\"").casefold() for w in name.split()]
    while len(words) > 1 and words[-1] in _LEGAL_WORDS:
        words.pop()
    return " ".join(w for w in words if w and w != "the")
