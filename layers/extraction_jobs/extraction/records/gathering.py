"""From the findings of all chunks to the drafts of all objects."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence

from extraction.document.parsed_text import ParsedText
from extraction.labels.labels import label_words
from extraction.labels.words import plain_words, tokens
from extraction.records.confidence import CUE, MARKED, TABLE_ROW, UNLABELLED
from extraction.records.drafts import (
    HEAD_CHARACTERS,
    Draft,
    document_draft,
    draft_of,
    is_whole,
    record_drafts,
    without_repeats,
)
from extraction.records.filling import fill_gaps
from extraction.records.findings import Finding, Mention, ObjectFinding, ValueFinding
from extraction.records.mentioned import mentioned
from extraction.schema.frames import Frame

_MANY_IN_PROSE = 3  # values by which running text shows what it is about
_TITLE_WITHIN = 400  # code points
_SURE_LABEL = 0.85
_AGREEMENTS = frozenset("agreement contract lease nda deed amendment licence license".split())
_AS_SURE = 0.12  # a label that fits so much worse than another names something else


def gather(parsed: ParsedText, findings: Sequence[Finding]) -> list[Draft]:
    """Return the drafts of every object of the document, in order of place."""
    values: dict[str, list[ValueFinding]] = {}
    objects: dict[str, list[ObjectFinding]] = {}
    mentions: list[Mention] = []
    for finding in sorted(findings, key=_order):
        if isinstance(finding, ValueFinding):
            values.setdefault(finding.frame, []).append(finding)
        elif isinstance(finding, ObjectFinding):
            objects.setdefault(finding.frame, []).append(finding)
        else:
            mentions.append(finding)
    types = len({frame.type.name for frame in parsed.frames})
    drafts: list[Draft] = []
    whole = [frame for frame in parsed.frames if not frame.is_part]
    # Types that belong to another come first: their objects are evidence of it.
    for frame in sorted(whole, key=lambda f: (f.type.belongs_to is None, f.key)):
        owned = any(d.frame.type.belongs_to == frame.type.name and d.method != CUE for d in drafts)
        drafts += _of_type(parsed, frame, values, objects, mentions, 0 if owned else types)
    present = {draft.frame.type.name for draft in drafts}
    drafts = [d for d in drafts if d.method != CUE or _has_company(parsed, d, present)]
    drafts += mentioned(parsed, drafts, mentions)
    return sorted(drafts, key=lambda d: (d.start, d.end, d.frame.key))


def _order(finding: Finding) -> tuple[int, str, str, int, int, tuple[tuple[int, int], ...]]:
    if isinstance(finding, ValueFinding):
        places = tuple((leaf.start, leaf.end) for leaf in finding.leaves)
        return finding.at, "value", finding.frame, finding.slot, -1, places
    if isinstance(finding, ObjectFinding):
        return finding.at, "object", finding.frame, -1, finding.end, ()
    return finding.at, "mention", finding.what, -1, -1, ()


def _of_type(
    parsed: ParsedText,
    frame: Frame,
    values: Mapping[str, list[ValueFinding]],
    objects: Mapping[str, list[ObjectFinding]],
    mentions: list[Mention],
    types: int,
) -> list[Draft]:
    own_values = values.get(frame.key, [])
    own_objects = [draft_of(frame, f) for f in objects.get(frame.key, [])]
    parts = {
        part.key: _part_drafts(part, values, objects)
        for part in parsed.frames
        if part.is_part and part.type.name == frame.type.name
    }
    one = frame.occurs == "document" or (frame.occurs is None and _is_agreement(parsed, frame))
    if one or _is_one(frame, own_values, own_objects, parts):
        return _single(parsed, frame, own_values, parts, mentions, types)
    if frame.occurs is None and _is_title(own_objects) and (own_values or any(parts.values())):
        found = _single(parsed, frame, own_values, parts, mentions, types)
        for draft in found:
            guessed = {i for i, said in draft.slots.items() if said[0].method == UNLABELLED}
            told = {i: said for i, said in draft.slots.items() if i not in guessed}
            draft.slots = {**draft.slots, **own_objects[0].slots, **told}
        return found
    records = record_drafts(frame, own_objects, own_values)
    if frame.occurs is None and not own_objects and not _repeats(records):
        return _single(parsed, frame, own_values, parts, mentions, types)
    drafts = without_repeats([*own_objects, *(r for r in records if is_whole(r))])
    for key, found in sorted(parts.items()):
        _give_parts(parsed, key, found, drafts)
    return drafts


def _is_agreement(parsed: ParsedText, frame: Frame) -> bool:
    """Tell a type of agreements, of which a document is one: it opens as they do."""
    if parsed.opening is None:
        return False
    names = {word for label in frame.type.labels for word in plain_words(label)}
    return not _AGREEMENTS.isdisjoint(names) or any(
        slot.prop.many and "party" in tokens(slot.path[-1]) for slot in frame.slots
    )


def _is_one(
    frame: Frame,
    values: list[ValueFinding],
    objects: list[Draft],
    parts: Mapping[str, list[Draft]],
) -> bool:
    """Tell a type that the whole document is of, when its schema does not say.

    Its arrays are filled, so that it is what they are in; or more of it is labelled about the
    document than any row says.
    """
    if frame.occurs is not None or any(d.method != TABLE_ROW for d in objects):
        return False
    own = [f for f in values if frame.identity and f.slot == frame.identity.index]
    surest = max((f.label for f in own), default=0.0)
    named = {str(f.leaves[0].value) for f in own if f.label >= surest - _AS_SURE}
    if len(named) > 1:
        return False
    labelled = {f.slot for f in values if f.label >= _SURE_LABEL}
    widest = max((len(d.slots) for d in objects), default=0)
    if len(objects) < 2 and (any(parts.values()) or (objects and values)):
        return True  # one row is a header with what it heads
    return bool(objects) and len(labelled) > max(widest, len(objects) if len(objects) > 1 else 0)


def _is_title(objects: list[Draft]) -> bool:
    """Tell the only object that a line names if that is the title: `Invoice INV-17` over the whole document."""
    return len(objects) == 1 and objects[0].method == MARKED and objects[0].start < _TITLE_WITHIN


def _repeats(records: list[Draft]) -> bool:
    """Tell several records of the same properties from one record and stray values."""
    widest = max((set(record.slots) for record in records), key=len, default=set[int]())
    least = max(2, len(widest) / 2)
    return sum(len(widest & set(record.slots)) >= least for record in records) > 1


def _part_drafts(
    frame: Frame,
    values: Mapping[str, list[ValueFinding]],
    objects: Mapping[str, list[ObjectFinding]],
) -> list[Draft]:
    own = [draft_of(frame, f) for f in objects.get(frame.key, [])]
    records = record_drafts(frame, own, values.get(frame.key, []))
    whole = [r for r in records if len(r.slots) >= 2 and is_whole(r)]
    rows = [d for d in own if d.method == "table_row"]
    return without_repeats([*own, *([] if rows else whole)])


def _give_parts(parsed: ParsedText, key: str, found: list[Draft], owners: list[Draft]) -> None:
    if not owners or not found:
        return
    path = next(frame.prefix for frame in parsed.frames if frame.key == key)
    starts = [owner.start for owner in owners]
    for part in found:
        owner = owners[max(0, bisect_right(starts, part.start) - 1)]
        owner.parts.setdefault(path, []).append(part)


# One object a document


def _single(
    parsed: ParsedText,
    frame: Frame,
    values: list[ValueFinding],
    parts: Mapping[str, list[Draft]],
    mentions: list[Mention],
    types: int,
) -> list[Draft]:
    draft = document_draft(frame, values)
    for key, found in sorted(parts.items()):
        _give_parts(parsed, key, found, [draft])
    if not _is_evident(parsed, frame, draft, types):
        return []
    fill_gaps(parsed, frame, draft, mentions, types)
    places = [place for d in draft.whole() for place in d.places()]
    if not places:
        return []
    draft.start = min(start for start, _ in places)
    draft.end = max(end for _, end in places)
    return [draft]


def _is_evident(parsed: ParsedText, frame: Frame, draft: Draft, types: int) -> bool:
    """Tell whether the document is one of this type at all.

    Its heading says so, or enough of its labels do. A request for a single type (`types` is 1)
    says that the documents are of it, and objects that belong to it (`types` is 0) say that this
    one is, so there less will do.
    """
    labelled = [i for i, rate in draft.labels.items() if rate >= 0.85]
    found = len(draft.slots) + len(draft.parts)
    titled = is_titled(parsed, frame)
    if found == 0:
        return (titled and types == 0) or types == 1  # what it says without labels may fill it
    if titled:
        return True
    if types <= 1 or frame.type.occurs is None:
        many = max(_MANY_IN_PROSE, len(frame.slots) // 2)
        told = len(labelled) >= min(2, len(frame.slots)) or found >= many
        return found >= 1 if types <= 1 else told
    enough = max(3, len(frame.slots) // 3)
    if frame.required and not frame.required <= set(draft.slots):
        return bool(draft.parts) and len(labelled) >= enough  # an invoice whose number is not found
    most = len(labelled) * 2 > len(frame.slots)  # then the type need not be named
    return len(labelled) >= enough and (most or bool(draft.own_labels or draft.parts))


def is_titled(parsed: ParsedText, frame: Frame) -> bool:
    """Tell whether the document's title or first headings name the type."""
    heads = [parsed.title] if parsed.title else []
    sections = parsed.structure.sections
    heads += [s.title.of(parsed.text) for s in sections[:3] if s.title.start < HEAD_CHARACTERS]
    head = parsed.text[:HEAD_CHARACTERS]
    heads += [line.strip(" *#_") for line in head.split("\n")[:12] if 0 < len(line.strip()) <= 80]
    for title in heads:
        words = set(label_words(title))
        if len(words) <= 10 and any(set(name) <= words for name in frame.names if name):
            return True
        if any(
            _ends_in(word, label) for word in plain_words(title)[:4] for label in frame.type.labels
        ):
            return True
    return False


def _ends_in(word: str, label: str) -> bool:
    """`Mietvertrag` is a `Vertrag`."""
    least = 6  # letters: shorter words end others by chance
    return len(label) >= least and " " not in label and word.endswith(label.casefold())


def _has_company(parsed: ParsedText, draft: Draft, present: set[str]) -> bool:
    """Tell what a sentence says of a meeting that is there: where a contract says `it was agreed`, none decided."""
    needed = draft.frame.type.belongs_to
    return needed in present or all(frame.type.name != needed for frame in parsed.frames)
