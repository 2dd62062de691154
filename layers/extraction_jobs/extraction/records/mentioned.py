"""People and organisations that a document names, as objects of the types that ask for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from extraction.document.parsed_text import ParsedText
from extraction.records.confidence import MENTION
from extraction.records.drafts import Draft, name_key
from extraction.records.findings import BODY, PERSON, Leaf, Mention
from extraction.records.ranking.choice import group_of
from extraction.schema.frames import Frame
from extraction.schema.kinds import Kind
from extraction.schema.slots import Slot
from extraction.values import names

Named = tuple[Leaf, Mapping[str, Leaf]]  # a name, and what stands beside it

_SURE_PERSON = 0.8
_WEAK_BODY = 0.62  # score of an organisation told by an ordinary word alone


# The groups of properties that are filled from mentions, and from which.
_OF_GROUP = {"person": {PERSON}, "body": {PERSON, BODY}, "sender": {BODY}}


def mentions_for(frames: Iterable[Frame]) -> frozenset[str]:
    """Return what a document is searched for: people, organisations, both or nothing."""
    found: set[str] = set()
    for frame in frames:
        found |= {PERSON} if frame.takes_persons() else set()
        found |= {BODY} if frame.takes_organisations() else set()
        for slot in frame.slots:
            found |= _OF_GROUP.get(group_of(frame, slot) or "", set())
    return frozenset(found)


def mentioned(parsed: ParsedText, drafts: list[Draft], mentions: list[Mention]) -> list[Draft]:
    """Make objects of the persons and organisations that the document names."""
    result: list[Draft] = []
    for frame in parsed.frames:
        if frame.is_part or frame.identity is None:
            continue
        if frame.takes_persons():
            result += _named_objects(frame, frame.identity, _persons_in(drafts, mentions), drafts)
        elif frame.takes_organisations():
            result += _named_objects(frame, frame.identity, _bodies_in(drafts, mentions), drafts)
    return result


def _named_objects(
    frame: Frame, identity: Slot, named: list[Named], drafts: list[Draft]
) -> list[Draft]:
    """Add what mentions say to the drafts that bear the name; return drafts for new names."""
    known = {name_key(str(d.value(identity))): d for d in drafts if d.frame is frame}
    counts = Counter(name_key(str(found.value)) for found, _ in named)
    surnames = {key.split()[-1] for key in (*counts, *known) if " " in key}
    result: list[Draft] = []
    for found, beside in sorted(named, key=lambda item: (item[0].start, item[0].end)):
        key = name_key(str(found.value))
        if frame.takes_persons() and " " not in key and key in surnames:
            continue  # "Dr Vance" is the Petra Vance named elsewhere
        weak = found.method == MENTION and found.score < _WEAK_BODY and counts[key] < 2
        if not key or weak:
            continue
        draft = known.get(key)
        if draft is None:
            draft = Draft(frame, found.start, found.end, -1, -1, MENTION)
            draft.slots[identity.index] = [found]
            known[key] = draft
            result.append(draft)
        for slot in frame.slots:
            if slot.path[-1] in beside:
                draft.slots.setdefault(slot.index, [beside[slot.path[-1]]])
    return result


def _persons_in(drafts: list[Draft], mentions: list[Mention]) -> list[Named]:
    found: list[Named] = [(m.leaf, m.beside) for m in mentions if m.what == PERSON]
    for leaf_, kind in _leaves(drafts):
        person = kind in (Kind.PERSON, Kind.PARTY) and isinstance(leaf_.value, str)
        if person and names.person_quality(leaf_.value) >= _SURE_PERSON:
            found.append((leaf_, {}))
    return found


def _bodies_in(drafts: list[Draft], mentions: list[Mention]) -> list[Named]:
    found: list[Named] = [(m.leaf, m.beside) for m in mentions if m.what == BODY]
    for leaf_, kind in _leaves(drafts):
        body = kind in (Kind.ORGANISATION, Kind.PARTY) and isinstance(leaf_.value, str)
        if body and leaf_.score >= 0.6 and names.person_quality(leaf_.value) < _SURE_PERSON:
            found.append((leaf_, {}))
    return found


def _leaves(drafts: list[Draft]) -> list[tuple[Leaf, Kind]]:
    return [
        (x, d.frame.slots[index].prop.kind)
        for draft in drafts
        for d in draft.whole()
        for index, leaves in sorted(d.slots.items())
        for x in leaves
    ]
