"""The places for values in an object of a type, and the labels that name them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from extraction.labels.labels import Words, label_words
from extraction.labels.vocabulary import UNITS
from extraction.labels.word_lists import said_of, words_by_meaning
from extraction.schema.object_types import Property, leaves

_KIND_WORD = {said.meaning: said.words for said in said_of("kind_word")}
# What goes without saying of a value of a kind: `Contact: a@b.example` for the contact's email.
_IMPLIED = words_by_meaning("implied")
_NAME_WORDS = frozenset(("name", "title"))
_FEW_LABELS = 2  # its name and title


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for a value.

    `inner` labels count only where the context names the parent, unless `open` says that no other
    property has such a label. A word of `heads` is one that no other property's labels hold;
    `implied` words go without saying. `heads` is None of a property that was given
    labels enough: it goes by those.
    """

    index: int
    path: tuple[str, ...]
    prop: Property
    labels: tuple[Words, ...]
    inner: tuple[Words, ...] = ()
    context: tuple[Words, ...] = ()
    implied: frozenset[str] = frozenset()
    heads: frozenset[str] | None = None
    open: bool = False


def slots_of(
    properties: tuple[Property, ...], words: Callable[[str], Words] = label_words
) -> tuple[Slot, ...]:
    """Return the slots of properties at any depth of plain nesting; arrays of objects have none.

    `words` cuts labels into tokens.
    """
    slots: list[Slot] = []
    for parents, leaf in leaves(properties):
        if leaf.many and leaf.children:
            continue
        path = (*(p.name for p in parents), leaf.name)
        own = _with_kind_word(leaf, words)
        implied = _IMPLIED.get(leaf.kind, frozenset())
        if not parents:
            slots.append(Slot(len(slots), path, leaf, own, implied=implied))
            continue
        parent = tuple(dict.fromkeys(words(label) for label in parents[-1].labels))
        joined = tuple(dict.fromkeys((*p, *w) for p in parent for w in own))
        if set(label_words(leaf.name)) <= _NAME_WORDS:
            joined = (*joined, *parent)
        slots.append(Slot(len(slots), path, leaf, joined, own, parent, implied))
    return _told_apart(slots, words)


def _with_kind_word(prop: Property, words: Callable[[str], Words]) -> tuple[Words, ...]:
    """Return a property's labels, also with the word its kind of value goes by, without its unit."""
    found = dict.fromkeys(words(label) for label in prop.labels)
    for label in tuple(found):
        bare = tuple(word for word in label if word not in UNITS)
        if bare and prop.json_type in ("number", "integer"):
            found[bare] = None
    for label in tuple(found):
        # "Reporter" is who it was reported by.
        if len(label) == 2 and label[1] in ("by", "to") and prop.json_type == "string":
            found[label[:1]] = None
            if label[0].endswith("ed"):
                found[(label[0][:-1] + "r",)] = found[(label[0][:-2] + "or",)] = None
    word = _KIND_WORD.get(prop.kind)
    if word:
        for label in tuple(found):
            if word not in label:
                found[(*label, word)] = None
    return tuple(found)


def _told_apart(slots: list[Slot], cut: Callable[[str], Words]) -> tuple[Slot, ...]:
    """Say of each slot which words and labels no other slot has."""
    words = Counter(
        word for s in slots for word in {w for label in (*s.labels, *s.inner) for w in label}
    )
    inner = Counter(label for s in slots for label in {*s.inner, *(() if s.inner else s.labels)})
    found = []
    for slot in slots:
        names = [cut(label) for label in slot.prop.labels]
        heads = {
            bare[-1] for name in names if (bare := [word for word in name if word not in UNITS])
        }
        heads = {word for word in heads if words[word] == 1}
        alone = bool(slot.inner) and all(inner[label] == 1 for label in slot.inner)
        few = len(names) <= _FEW_LABELS
        found.append(replace(slot, heads=frozenset(heads) if few else None, open=alone))
    return tuple(found)
