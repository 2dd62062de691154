"""Where somebody worked and studied: the entries of a CV, for types that list them."""

from __future__ import annotations

from functools import lru_cache

from extraction.document.parsed_text import ParsedText
from extraction.labels.words import plain_words
from extraction.records.confidence import LISTED
from extraction.records.findings import Finding, Leaf, ObjectFinding, leaf
from extraction.rules.cv_entries import STUDY, WORK, entries, stretches
from extraction.schema.frames import Frame
from extraction.schema.kinds import Kind
from extraction.schema.slots import Slot
from extraction.values import accept
from extraction.values.value import Value

_NAMES = {
    WORK: frozenset(
        "experience experiences position positions job jobs employment career work roles history".split()
    ),
    STUDY: frozenset(
        "education educations degree degrees qualification qualifications studies schools".split()
    ),
}
_SLOTS = {
    "role": frozenset("position title job role occupation".split()),
    "body": frozenset("company employer organisation organization firm workplace business".split()),
    "place": frozenset("city location place".split()),
    "from": frozenset("from start begin since started".split()),
    "to": frozenset("to end until ended".split()),
    "period": frozenset("period dates date duration when years timeframe".split()),
    "degree": frozenset("degree qualification diploma course programme program award".split()),
    "school": frozenset(
        "institution school university college organisation organization provider institute".split()
    ),
    "year": frozenset("year graduation graduated completed completion".split()),
}


def find_in_careers(parsed: ParsedText, start: int, end: int) -> list[Finding]:
    """Return the entries under the headings of a CV, for types that list them."""
    found: list[Finding] = []
    for frame, what in _wanted(parsed.frames) if start < end else ():
        for stretch in stretches(parsed, what):
            for at, last, told in entries(parsed.text, stretch, what):
                slots = _filled(frame, told, what) if start <= at < end else {}
                if len(slots) > 1:
                    found.append(ObjectFinding(frame.key, slots, at, last, -1, -1, LISTED))
    return found


@lru_cache(maxsize=8)
def _wanted(frames: tuple[Frame, ...]) -> tuple[tuple[Frame, str], ...]:
    """Return the arrays of jobs and of studies."""
    return tuple(
        (frame, what)
        for frame in frames
        if frame.is_part
        for what, called in _NAMES.items()
        if not called.isdisjoint(plain_words(frame.prefix[-1]))
    )


def _filled(frame: Frame, told: dict[str, Value], what: str) -> dict[int, list[Leaf]]:
    slots: dict[int, list[Leaf]] = {}
    for slot in frame.slots:
        key = _key(slot, what)
        value = told.get(key) if key else None
        dated = slot.prop.kind is Kind.DATE and slot.prop.kind_stated  # a month is no date
        if value is None or dated or slot.prop.kind is Kind.ENUM:
            continue
        if slot.prop.json_type in ("integer", "number"):
            value = value._replace(value=int(value.value)) if str(value.value).isdigit() else value
        kept = accept(slot.prop, value)
        if kept is not None:
            slots[slot.index] = [leaf(kept, LISTED)]
    return slots


def _key(slot: Slot, what: str) -> str | None:
    words: tuple[str, ...] = plain_words(slot.path[-1])
    keys: tuple[str, ...] = ("role", "body") if what == WORK else ("degree", "school", "year")
    for key in (*keys, "place", "from", "to", "period"):
        if not _SLOTS[key].isdisjoint(words):
            return key
    return "period" if what == WORK and "year" in words else None
