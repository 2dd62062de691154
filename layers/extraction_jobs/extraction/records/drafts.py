"""Objects in the making: which findings belong to one object."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from extraction.document.structure import HEADING, LABEL_ABOVE
from extraction.records.confidence import LISTED, MARKED, TABLE_ROW, TO_REVIEW
from extraction.records.findings import Leaf
from extraction.schema.frames import Frame
from extraction.schema.kinds import Kind
from extraction.schema.slots import Slot

Finding = Mapping[str, Any]

HEAD_CHARACTERS = 1500  # where a document says what it is
_SURE = 0.97
_EQUAL = 0.01  # within which two places are as good
_AS_SURE = 0.08  # within which two labels may both be of one array
_SURER = 0.12  # by how much one label fits better than another that names something else
TITLE_CHARACTERS = 400  # where a `Title:` is that of the document


@dataclass(slots=True)
class Draft:
    """An object before it is final. `parts` holds the objects of its arrays, by path."""

    frame: Frame
    start: int
    end: int
    block: int
    section: int
    method: str
    slots: dict[int, list[Leaf]] = field(default_factory=dict)
    parts: dict[tuple[str, ...], list[Draft]] = field(default_factory=dict)
    labels: dict[int, float] = field(default_factory=dict)
    own_labels: int = 0

    def value(self, slot: Slot | None) -> Any:
        """Return the first value of a slot, or None."""
        leaves = self.slots.get(slot.index) if slot is not None else None
        return leaves[0][0] if leaves else None

    def best(self) -> float:
        """Return the highest score of any leaf."""
        return max((leaf[3] for leaves in self.slots.values() for leaf in leaves), default=0.0)

    def places(self) -> set[tuple[int, int]]:
        """Return every place that the object cites."""
        return {(leaf[1], leaf[2]) for leaves in self.slots.values() for leaf in leaves}


def draft_of(frame: Frame, finding: Finding) -> Draft:
    """Make a draft of an object finding."""
    return Draft(
        frame,
        start=finding["at"],
        end=finding["end"],
        block=finding["block"],
        section=finding["section"],
        method=finding["method"],
        slots={int(index): [list(x) for x in leaves] for index, leaves in finding["slots"].items()},
    )


def document_draft(frame: Frame, values: Iterable[Finding]) -> Draft:
    """Make the one object of a document: each slot takes its best finding."""
    draft = Draft(frame, 0, 0, -1, -1, "document")
    by_slot: dict[int, list[Finding]] = {}
    for finding in values:
        draft.own_labels += finding["own"]
        if frame.slots[finding["slot"]].path == ("title",) and finding["at"] > TITLE_CHARACTERS:
            continue  # further down it is the title of a person or a clause
        by_slot.setdefault(finding["slot"], []).append(finding)
    for index in sorted(by_slot):
        slot = frame.slots[index]
        found = by_slot[index]
        if slot.prop.many:
            draft.slots[index] = _union(found)
        else:
            best = max(found, key=lambda f: (f["leaves"][0][3], -f["at"]))
            if settled := _settled(slot, best, found):
                draft.slots[index] = settled
        draft.labels[index] = max(f["label"] for f in found)
    return draft


def _settled(slot: Slot, best: Finding, found: list[Finding]) -> list[Leaf]:
    """Return the value of the best place, as far as no place as good says another.

    Amounts by rate (`VAT 7%`, `VAT 19%`) make their sum, and there is no rate of the whole. Other values that lines
    of the same label give are in doubt.
    """
    leaf = best["leaves"][0]
    alike = [
        f for f in found if f["leaves"][0][3] >= leaf[3] - _EQUAL and f["leaves"][0][4] != HEADING
    ]
    if best not in alike:
        return [list(leaf)]
    whole = [f for f in alike if not f["said"][1]]
    telling = whole or alike
    if len({str(f["leaves"][0][0]).casefold() for f in telling}) == 1:
        return [list(leaf if best in telling else telling[0]["leaves"][0])]
    by_rate = {f["said"][1]: f["leaves"][0] for f in alike if f["said"][0] == best["said"][0]}
    summed = slot.prop.kind in (Kind.MONEY, Kind.PERCENT) and len(by_rate) == len(alike)
    if whole or not summed:
        return [[*leaf[:3], min(leaf[3], TO_REVIEW), *leaf[4:]]]
    if slot.prop.kind is Kind.PERCENT:
        return []
    parts = list(by_rate.values())
    total = round(sum(part[0] for part in parts), 6)
    first = min(parts, key=lambda part: part[1])
    others = [list(part[1:3]) for part in parts if part is not first]
    return [[total, *first[1:3], min(part[3] for part in parts), first[4], others]]


def _union(found: list[Finding]) -> list[Leaf]:
    """Join the values of an array from everywhere that names it about as surely as the best place does."""
    surest = max(f["label"] for f in found)
    found = [f for f in found if f["label"] >= surest - _AS_SURE]
    best = max(f["leaves"][0][3] for f in found)
    leaves: dict[str, Leaf] = {}
    for finding in found:
        if finding["leaves"][0][3] >= best - 0.15:
            for leaf in finding["leaves"]:
                leaves.setdefault(str(leaf[0]).casefold(), list(leaf))
    return list(leaves.values())


def record_drafts(frame: Frame, objects: list[Draft], values: list[Finding]) -> list[Draft]:
    """Give values to the objects they stand with; return records made of the rest."""
    records: list[Draft] = []
    open_records: dict[int, Draft] = {}
    position = 0
    marked = [d for d in objects if d.method in (MARKED, LISTED)]
    host: Draft | None = None
    for finding in values:
        while position < len(marked) and marked[position].start <= finding["at"]:
            host = marked[position]
            position += 1
        if host is not None and _stands_with(host, finding):
            if finding["slot"] not in host.slots or _is_better(host, finding):
                host.slots[finding["slot"]] = [list(x) for x in finding["leaves"]]
                host.end = max(host.end, *(x[2] for x in finding["leaves"]))
            continue
        current = open_records.get(finding["column"])
        if current is None or _starts_new(current, finding, frame):
            current = Draft(
                frame, finding["at"], finding["at"], finding["block"], finding["section"], "record"
            )
            open_records[finding["column"]] = current
            records.append(current)
        if finding["label"] > current.labels.get(finding["slot"], 1.0) + _SURER:
            del current.slots[finding["slot"]]
        current.slots.setdefault(finding["slot"], [list(x) for x in finding["leaves"]])
        current.labels[finding["slot"]] = max(
            finding["label"], current.labels.get(finding["slot"], 0.0)
        )
        current.block = finding["block"]
        current.end = max(current.end, *(x[2] for x in finding["leaves"]))
    return records


def _stands_with(host: Draft, finding: Finding) -> bool:
    if finding["block"] == host.block and finding["at"] >= host.start:
        return True
    heading = host.method == MARKED and finding["section"] == host.section
    block: int = finding["block"]
    return heading and 0 <= block <= host.block + 2


def _is_better(host: Draft, finding: Finding) -> bool:
    held = host.slots[finding["slot"]][0]
    inside = any(leaf[1] < held[2] and held[1] < leaf[2] for leaf in finding["leaves"])
    return not inside and bool(finding["leaves"][0][3] > held[3] + 0.1)


def _starts_new(current: Draft, finding: Finding, frame: Frame) -> bool:
    held = current.slots.get(finding["slot"])
    if held is not None:
        # A label that fits much worse, or much better, is another one: no second object begins with it.
        as_sure = abs(finding["label"] - current.labels.get(finding["slot"], 1.0)) <= _SURER
        return as_sure and bool(held[0][0] != finding["leaves"][0][0])
    if frame.occurs != "many":
        return False
    block: int = finding["block"]
    return bool(finding["section"] != current.section) or block > current.block + 1


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
    loose = all(x[4] in (HEADING, LABEL_ABOVE) for leaves in draft.slots.values() for x in leaves)
    return bool(frame.required) and not loose and max(draft.labels.values(), default=0.0) >= _SURE


def without_repeats(drafts: list[Draft]) -> list[Draft]:
    """Merge what the document says twice of one object; drop what lies inside another."""
    kept: list[Draft] = []
    by_key: dict[str, Draft] = {}
    strong = [d for d in drafts if d.method in (TABLE_ROW, MARKED, LISTED)]
    spans = sorted((d.start, d.end) for d in strong)
    cited: set[tuple[int, int]] = set()
    order = {TABLE_ROW: 0, MARKED: 1, LISTED: 2}
    for draft in sorted(drafts, key=lambda d: (order.get(d.method, 3), d.start, d.end)):
        if draft.method not in order and _inside(draft, spans):
            continue
        if draft.method != TABLE_ROW and draft.places() <= cited:
            continue
        key = _key(draft)
        known = by_key.get(key) if key else None
        if known is not None:
            _merge(known, draft)
            cited |= draft.places()
            continue
        if key:
            by_key[key] = draft
        cited |= draft.places()
        kept.append(draft)
    return sorted(kept, key=lambda d: (d.start, d.end))


def _inside(draft: Draft, spans: list[tuple[int, int]]) -> bool:
    from bisect import bisect_right

    at = bisect_right(spans, (draft.start, 1 << 60)) - 1
    near = spans[max(0, at - 3) : at + 1]
    return any(start <= draft.start < end for start, end in near)


def _key(draft: Draft) -> str:
    """Return what makes two drafts the same object, or nothing."""
    frame = draft.frame
    if frame.is_part and "party" not in frame.own:
        return ""  # the same line twice on a bill is two lines
    identity = draft.value(frame.identity)
    text = draft.value(frame.text)
    if frame.identity is not None and identity is not None:
        if frame.identity.prop.kind is Kind.IDENTIFIER and draft.method != "cue_sentence":
            return f"id {str(identity).casefold()}"
        if frame.identity.prop.kind in (Kind.PERSON, Kind.ORGANISATION, Kind.PARTY):
            return f"name {name_key(str(identity))}"
    if text is not None:
        return f"text {' '.join(str(text).casefold().split())}"
    return ""


def name_key(name: str) -> str:
    """Return a name in the form that two spellings of it share."""
    words = [w.strip(".,;()'’\"").casefold() for w in name.split()]
    while len(words) > 1 and words[-1] in _LEGAL_WORDS:
        words.pop()
    return " ".join(w for w in words if w and w != "the")


_LEGAL_WORDS = frozenset(
    "ltd limited llc inc incorporated corp corporation plc llp lp gmbh mbh ag kg ug se sas sarl "
    "srl spa s.p.a s.r.l s.a sa nv n.v bv b.v oy ab as a/s aps co company & pty pte pvt".split()
)


def _merge(into: Draft, other: Draft) -> None:
    for index, leaves in other.slots.items():
        into.slots.setdefault(index, leaves)
    for path, parts in other.parts.items():
        into.parts.setdefault(path, parts)
    into.start, into.end = min(into.start, other.start), max(into.end, other.end)


def beside_marked(drafts: list[Draft]) -> list[Draft]:
    """Leave out paragraphs under a heading that names the type, where entries under it are marked."""
    marks = Counter(
        d.section for d in drafts if d.method == MARKED and d.frame.identity is not None
    )
    marked = {section for section, count in marks.items() if count > 1 and section >= 0}
    return [d for d in drafts if d.method != LISTED or d.section not in marked]


def beside_rows(objects: list[Draft], records: list[Draft]) -> list[Draft]:
    """Leave out a few labelled values where a table or list of such objects stands."""
    rows = [len(d.slots) for d in objects if d.method in (TABLE_ROW, LISTED)]
    return [r for r in records if len(rows) < 2 or len(r.slots) * 2 > max(rows)]
