"""Object types made ready for matching: what fills an object of a type, under which labels.

A frame is anything whose instances are objects: a type, or an array of objects inside a type
(the line items of an invoice). A slot is one place for a value in it, at any depth of plain
nesting.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial

from extraction.labels.labels import (
    SYNONYM,
    THRESHOLD,
    Words,
    corrected,
    label_words,
    similarity,
    spelled_words,
)
from extraction.labels.words import tokens
from extraction.rules.ranges import Range, ranges_of
from extraction.schema.kinds import Kind
from extraction.schema.object_types import ObjectType, Property, leaves
from extraction.schema.slots import Slot, slots_of

# Words around a type's name in a heading over its objects: "Further decisions taken".
_AROUND_NAMES = frozenset(
    "taken made agreed table register log summary key functional other new open following next "
    "further additional our all".split()
)
_ACRONYM = 0.9
_INNER = 0.9  # what a label without its parent counts where nothing else has it

# Sentences that make an object of a type with such a name, when its schema gives no cues.
_CUES_BY_WORD = {
    "requirement": ("shall", "must", "is required to", "are required to"),
    "obligation": ("shall", "must", "is required to", "are required to", "undertakes to",
                   "agrees to"),
    "duty": ("shall", "must"),
    "prohibition": ("shall not", "must not", "may not"),
    "permission": ("may", "is entitled to"),
    "decision": ("it was agreed", "it was decided", "it was resolved", "decided to",
                 "decided that", "agreed to", "agreed that", "resolved to", "resolved that",
                 "approved the", "unanimously approved"),
    "resolution": ("resolved to", "resolved that", "it was resolved"),
    "recommendation": ("recommends", "we recommend", "it is recommended"),
    "definition": ("means", "has the meaning"),
}  # fmt: skip


@dataclass(slots=True)
class Frame:
    """What to fill, and how documents announce it."""

    key: str
    type: ObjectType
    prefix: tuple[str, ...]
    slots: tuple[Slot, ...]
    names: tuple[Words, ...]
    own: frozenset[str]
    occurs: str | None
    cues: re.Pattern[str] | None
    prefixes: frozenset[str]
    text: Slot | None
    identity: Slot | None
    required: frozenset[int]
    vocabulary: frozenset[str] = frozenset()
    ranges: tuple[Range, ...] = ()
    language: str = "en"
    spelled: tuple[Slot, ...] = ()
    spelled_own: frozenset[str] = frozenset()
    spelled_vocabulary: frozenset[str] = frozenset()
    _named: dict[Words, bool] = field(default_factory=dict)
    _cache: dict[tuple[Words, Words, Words], list[tuple[float, Slot]]] = field(default_factory=dict)

    @property
    def is_part(self) -> bool:
        """Tell an array inside a type from a type."""
        return bool(self.prefix)

    def match(self, label: str, context: Words = ()) -> list[tuple[float, Slot]]:
        """Return the slots that a label may name, best first.

        A label is read in the document's language. Only if no slot is called so are synonyms taken for its words.
        """
        spelled = spelled_words(label, self.language)
        key = (spelled, label_words(label), context)
        found = self._cache.get(key)
        if found is None:
            found = self._matched(spelled, context, synonyms=False)
            halves = label.split("/") if not found and "/" in label else ()
            found = found or next((m for h in halves if (m := self.match(h, context))), [])
            found = found or self.by_synonyms(label_words(label), context)
            if len(self._cache) < 20_000:
                self._cache[key] = found
        return found

    def by_synonyms(self, label: Words, context: Words) -> list[tuple[float, Slot]]:
        """Return the slots that a label may name if its words stand for others."""
        return self._matched(label, context, synonyms=True)

    def _matched(self, label: Words, context: Words, *, synonyms: bool) -> list[tuple[float, Slot]]:
        words, slips = corrected(label, self.vocabulary if synonyms else self.spelled_vocabulary)
        found = []
        for slot, spelled in zip(self.slots, self.spelled, strict=True):
            wanted = slot if synonyms else spelled
            rate = self._rate(wanted, slot.context, words, context, synonyms) - 0.07 * slips
            if rate >= THRESHOLD:
                found.append((rate * SYNONYM if synonyms else rate, slot))
        found.sort(key=lambda pair: (-pair[0], pair[1].index))
        return found

    def _rate(
        self, slot: Slot, parents: tuple[Words, ...], label: Words, context: Words, synonyms: bool
    ) -> float:
        best = self._nearest(slot, slot.labels, label, synonyms)
        if slot.inner and best < 1.0:
            named = _INNER if slot.open else 0.0
            if context:
                named = max(named, *(similarity(context, w, self.own) for w in parents))
            if named >= 0.8:
                best = max(best, named * self._nearest(slot, slot.inner, label, synonyms))
        return best

    def _nearest(
        self, slot: Slot, labels: tuple[Words, ...], label: Words, synonyms: bool
    ) -> float:
        own = self.own if synonyms else self.spelled_own
        best = max(
            (
                similarity(label, wanted, own, slot.implied, slot.heads, synonyms=synonyms)
                for wanted in labels
            ),
            default=0.0,
        )
        if best < _ACRONYM and len(label) > 1 and len(slot.path[-1]) == len(label):
            initials = "".join(word[0] for word in label)
            if slot.path[-1].casefold() == initials:
                return _ACRONYM  # "Vehicle identification number" for the vin
        return best

    def named_by(self, words: Words) -> bool:
        """Tell whether words are this frame's own name, as in a heading `Decisions taken`."""
        found = self._named.get(words)
        if found is None:
            found = any(similarity(words, name, _AROUND_NAMES) >= 0.85 for name in self.names)
            if len(self._named) < 20_000:
                self._named[words] = found
        return found

    def takes_persons(self) -> bool:
        """Tell a type whose objects are the persons a document names."""
        return (
            self.identity is not None
            and self.identity.prop.kind is Kind.PERSON
            and bool({"person", "people", "individual"} & self.own)
        )

    def takes_organisations(self) -> bool:
        """Tell a type whose objects are the organisations a document names."""
        kinds = (Kind.ORGANISATION, Kind.PARTY)
        return (
            self.identity is not None
            and self.identity.prop.kind in kinds
            and bool({"company", "entity"} & self.own)
        )


def frames_of(types: tuple[ObjectType, ...], language: str = "en") -> tuple[Frame, ...]:
    """Return the frames of object types, each type before its arrays, for a document in a language."""
    frames: list[Frame] = []
    for object_type in types:
        frames += _frames(object_type, language)
    return tuple(frames)


def _frames(object_type: ObjectType, language: str) -> Iterator[Frame]:
    own = frozenset(tokens(object_type.name))
    names = tuple(dict.fromkeys(label_words(label) for label in object_type.labels))
    slots = slots_of(object_type.properties)
    spelled = _spelled_slots(object_type.properties)
    words = object_type.cues or next(
        (c for w, c in sorted(_CUES_BY_WORD.items()) if w in own and object_type.occurs is None), ()
    )
    text = object_type.text_property
    identity = object_type.identity
    yield Frame(
        key=object_type.name,
        type=object_type,
        prefix=(),
        slots=slots,
        names=names,
        own=own,
        occurs=object_type.occurs,
        cues=_cue_pattern(words),
        prefixes=frozenset(object_type.prefixes) or _initials(object_type.name),
        text=next((s for s in slots if s.prop is text), None),
        identity=next((s for s in slots if s.prop is identity), None),
        required=frozenset(s.index for s in slots if s.prop.required and len(s.path) == 1),
        vocabulary=_vocabulary(slots),
        ranges=ranges_of(slots),
        language=language,
        spelled=spelled,
        spelled_own=frozenset(spelled_words(object_type.name)),
        spelled_vocabulary=_vocabulary(spelled),
    )
    for parents, leaf in leaves(object_type.properties):
        if leaf.many and leaf.children:
            path = (*(p.name for p in parents), leaf.name)
            yield _part(object_type, path, leaf, language)


def _part(object_type: ObjectType, path: tuple[str, ...], prop: Property, language: str) -> Frame:
    slots = slots_of(prop.children)
    spelled = _spelled_slots(prop.children)
    own = frozenset(w for label in prop.labels[:3] for w in tokens(label)) | {"item", "line"}
    texts = [s for s in slots if s.prop.json_type == "string" and not s.prop.many]
    text = next((s for s in texts if s.prop.takes_text), None) or next(
        (s for s in texts if s.prop.kind is Kind.TEXT and s.path[-1] in _TEXT_SLOTS),
        texts[0] if len(texts) == 1 and texts[0].prop.kind is Kind.TEXT else None,
    )
    identity = next(
        (s for s in texts if s.path[-1] in ("id", "number", "code", "name", "sku")), None
    )
    return Frame(
        key=f"{object_type.name}/{'/'.join(path)}",
        type=object_type,
        prefix=path,
        slots=slots,
        names=tuple(dict.fromkeys(label_words(label) for label in prop.labels)),
        own=own,
        occurs="many",
        cues=None,
        prefixes=frozenset(),
        text=text,
        identity=identity,
        required=frozenset(s.index for s in slots if s.prop.required and len(s.path) == 1),
        vocabulary=_vocabulary(slots),
        ranges=ranges_of(slots),
        language=language,
        spelled=spelled,
        spelled_own=frozenset(w for label in prop.labels[:3] for w in spelled_words(label))
        | {"item", "line"},
        spelled_vocabulary=_vocabulary(spelled),
    )


def _spelled_slots(properties: tuple[Property, ...]) -> tuple[Slot, ...]:
    """Return slots with their labels as they are spelled, read in any language and in English alone.

    So a label is the property's own word also if the document's language has not that word.
    """
    anyhow = slots_of(properties, spelled_words)
    english = slots_of(properties, partial(spelled_words, language="en"))
    return tuple(
        replace(
            one,
            labels=tuple(dict.fromkeys((*one.labels, *other.labels))),
            inner=tuple(dict.fromkeys((*one.inner, *other.inner))),
        )
        for one, other in zip(anyhow, english, strict=True)
    )


def _vocabulary(slots: tuple[Slot, ...]) -> frozenset[str]:
    return frozenset(
        word for slot in slots for label in (*slot.labels, *slot.inner) for word in label
    )


_TEXT_SLOTS = (
    "description", "text", "name", "title", "item", "product", "task", "action", "service",
    "details", "activity", "milestone", "deliverable",
)  # fmt: skip


def _cue_pattern(cues: tuple[str, ...]) -> re.Pattern[str] | None:
    if not cues:
        return None
    ordered = sorted(set(cues), key=lambda cue: (-len(cue), cue))
    body = "|".join(r"\s+".join(re.escape(w) for w in cue.split()) for cue in ordered)
    return re.compile(rf"(?<![\w-])(?:{body})(?![\w-])", re.IGNORECASE)


def _initials(name: str) -> frozenset[str]:
    words = [w for w in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name) if w]
    if not words:
        return frozenset()
    initials = "".join(w[0] for w in words).upper()
    first = words[0].upper()
    return frozenset({initials, first, first[:3], first[:4], first[0]})
