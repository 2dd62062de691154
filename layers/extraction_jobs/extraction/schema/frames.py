"""Object types made ready for matching: what fills an object of a type, under which labels.

A frame is anything whose instances are objects: a type, or an array of objects inside a type
(the line items of an invoice). A slot is one place for a value in it, at any depth of plain
nesting.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial

from extraction.labels.labels import Words, label_words, similarity, spelled_words
from extraction.labels.word_lists import words_of
from extraction.labels.words import plain_words, tokens
from extraction.schema.kinds import Kind
from extraction.schema.naming import Naming
from extraction.schema.object_types import ObjectType, Property, identity_of, leaves, text_of
from extraction.schema.slots import Slot, slots_of

# Words around a type's name in a heading over its objects: "Further decisions taken".
_AROUND_NAMES = words_of("around_name")
_NAMES_FRAME = 0.85
_REMEMBERED = 2_000  # words of which a frame remembers whether they name it
_PERSONS = frozenset(("person", "people", "individual"))
_ORGANISATIONS = frozenset(("company", "entity"))
_LABELS_OF_PART = 3  # whose words are its own
_PART_WORDS = frozenset(("item", "line"))


Matches = tuple[tuple[float, Slot], ...]  # how well (0..1) a label names a slot, the best first


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """What to fill, and how documents announce it.

    `prefix` is the path of an array inside its type, `required` holds indexes of slots. A frame serves all documents
    in its language.
    """

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
    language: str
    spelled: Naming
    loose: Naming
    _named: dict[Words, bool] = field(default_factory=dict)

    @property
    def is_part(self) -> bool:
        """Tell an array inside a type from a type."""
        return bool(self.prefix)

    def match(self, label: str, context: Words = ()) -> Matches:
        """Return the slots that a label may name, best first.

        A label is read in the document's language. Only if no slot is called so are synonyms taken for its words.
        """
        return _match(self, label, context)

    def named_by(self, words: Words) -> bool:
        """Tell whether words are this frame's own name, as in a heading `Decisions taken`."""
        found = self._named.get(words)
        if found is None:
            rated = (similarity(words, name, _AROUND_NAMES) for name in self.names)
            found = max(rated, default=0.0) >= _NAMES_FRAME
            if len(self._named) >= _REMEMBERED:
                self._named.clear()
            self._named[words] = found
        return found

    def takes_persons(self) -> bool:
        """Tell a type whose objects are the persons a document names."""
        return self._takes(_PERSONS, Kind.PERSON)

    def takes_organisations(self) -> bool:
        """Tell a type whose objects are the organisations a document names."""
        return self._takes(_ORGANISATIONS, Kind.ORGANISATION, Kind.PARTY)

    def _takes(self, called: frozenset[str], *kinds: Kind) -> bool:
        known_by = self.identity
        return known_by is not None and known_by.prop.kind in kinds and bool(called & self.own)


@lru_cache(maxsize=16_384)
def _match(frame: Frame, label: str, context: Words) -> Matches:
    found = frame.spelled.best(spelled_words(label, frame.language), context)
    if not found and "/" in label:
        for half in label.split("/"):
            if matches := frame.match(half, context):
                return matches
    found = found or _by_synonyms(frame, label_words(label), context)
    return tuple((rate, frame.slots[at]) for rate, at in found)


def _by_synonyms(frame: Frame, label: Words, context: Words) -> tuple[tuple[float, int], ...]:
    """Return the places of the slots that a label may name if its words stand for others."""
    return frame.loose.best(label, context)


def frames_of(types: tuple[ObjectType, ...], language: str = "en") -> tuple[Frame, ...]:
    """Return the frames of object types, each type before its arrays, for a document in a language."""
    return tuple(frame for each in types for frame in _frames(each, language))


@lru_cache(maxsize=32)
def _frames(object_type: ObjectType, language: str) -> tuple[Frame, ...]:
    whole = replace(
        _frame(object_type, (), object_type.properties, object_type.labels, 1, language),
        occurs=object_type.occurs,
        cues=_cue_pattern(object_type.cues),
        prefixes=frozenset(object_type.prefixes),
    )
    parts = (
        _frame(
            object_type, (*(p.name for p in parents), leaf.name), leaf.children, leaf.labels,
            _LABELS_OF_PART, language,
        )
        for parents, leaf in leaves(object_type.properties)
        if leaf.many and leaf.children
    )  # fmt: skip
    return (whole, *parts)


def _frame(
    object_type: ObjectType,
    prefix: tuple[str, ...],
    properties: tuple[Property, ...],
    labels: tuple[str, ...],
    own_labels: int,
    language: str,
) -> Frame:
    """Return the frame of a type, or of an array at `prefix` in it, whose first `own_labels` labels name it."""
    slots = slots_of(properties)
    common = _PART_WORDS if prefix else frozenset[str]()
    own = common.union(*map(tokens, labels[:own_labels]))
    spelled_own = common.union(*map(spelled_words, labels[:own_labels]))
    text = text_of(properties, own)
    identity = identity_of(properties, own)
    return Frame(
        key="/".join((object_type.name, *prefix)),
        type=object_type,
        prefix=prefix,
        slots=slots,
        names=tuple(dict.fromkeys(map(label_words, labels))),
        own=own,
        occurs="many",
        cues=None,
        prefixes=frozenset(),
        text=next((s for s in slots if s.prop is text), None),
        identity=next((s for s in slots if s.prop is identity), None),
        required=frozenset(s.index for s in slots if s.prop.required and len(s.path) == 1),
        language=language,
        spelled=Naming(_spelled_slots(properties, language), spelled_own, synonyms=False),
        loose=Naming(slots, own, synonyms=True),
    )


def _spelled_slots(properties: tuple[Property, ...], language: str) -> tuple[Slot, ...]:
    """Return slots with their labels as they are spelled, read in any language, in English and in the document's.

    So a label is the property's own word also if the document's language has not that word. Only a compound is taken
    for one of the document's language: `fine` may be an English name in an Italian document.
    """

    def of_document(label: str) -> Words:
        words = spelled_words(label, language)
        return words if len(words) > len(plain_words(label)) else spelled_words(label)

    ways = (spelled_words, partial(spelled_words, language="en"), of_document)
    read = (slots_of(properties, way) for way in ways)
    return tuple(
        replace(
            same[0],
            labels=tuple(dict.fromkeys(label for slot in same for label in slot.labels)),
            inner=tuple(dict.fromkeys(label for slot in same for label in slot.inner)),
        )
        for same in zip(*read, strict=True)
    )


def _cue_pattern(cues: tuple[str, ...]) -> re.Pattern[str] | None:
    """Return a pattern of a letter first, and then what stands before it: the text between is passed over quickly."""
    by_first: dict[str, list[str]] = {}
    plain = {" ".join(cue.split()) for cue in cues} - {""}
    for cue in sorted(plain, key=lambda cue: (-len(cue), cue)):
        rest = r"\s+".join(map(re.escape, cue[1:].split(" ")))
        by_first.setdefault(re.escape(cue[0].lower()) + re.escape(cue[0].upper()), []).append(rest)
    if not by_first:
        return None
    body = "|".join(rf"(?<=[{first}])(?i:{'|'.join(rest)})" for first, rest in by_first.items())
    return re.compile(rf"[{''.join(by_first)}](?<![\w-].)(?:{body})(?![\w-])")
