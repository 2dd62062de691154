"""Which slots of a frame a label may name, and how well: each label is looked up once by its words."""

from __future__ import annotations

from functools import lru_cache

from extraction.labels.labels import SYNONYM, THRESHOLD, Words, similarity
from extraction.labels.vocabulary import NEAR
from extraction.labels.words import ROOT, akin
from extraction.schema.slots import Slot

_ACRONYM = 0.9
_INNER = 0.9  # what a label without its parent counts where nothing else has it
_NAMES_PARENT = 0.8
_REMEMBERED = 2_000  # labels, contexts and words, each


class Naming:
    """A frame's labels, read in one way: as they are spelled, or with synonyms.

    Most labels of a document share no word with a frame's, and are dismissed by that. What was found for a label is
    remembered.
    """

    def __init__(self, slots: tuple[Slot, ...], own: frozenset[str], *, synonyms: bool) -> None:
        """Prepare to look labels up. `own` are the words of the frame's name."""
        self._slots, self._own, self._synonyms = slots, own, synonyms
        self._with_word: dict[str, set[int]] = {}
        self._called: dict[str, set[int]] = {}
        for at, slot in enumerate(slots):
            self._called.setdefault(slot.path[-1].casefold(), set()).add(at)
            for word in {word for label in (*slot.labels, *slot.inner) for word in label}:
                self._with_word.setdefault(word, set()).add(at)
        self._alike: dict[str, set[str]] = {}
        for word in self._with_word:
            for key in _keys(word, synonyms):
                self._alike.setdefault(key, set()).add(word)
        self._known = frozenset((*self._alike, *self._called))
        self._kin = lru_cache(maxsize=_REMEMBERED)(self._find_kin)
        self._parents = lru_cache(maxsize=_REMEMBERED)(self._find_parents)
        self._best = lru_cache(maxsize=_REMEMBERED)(self._find_best)

    def best(self, label: Words, context: Words) -> tuple[tuple[float, int], ...]:
        """Return how well (0..1) a label under a heading names slots, and the places of those, the best first."""
        if _keys_of(label, self._synonyms).isdisjoint(self._known):
            return ()
        return self._best(label, self._parents(context))

    def _find_best(self, label: Words, parents: tuple[float, ...]) -> tuple[tuple[float, int], ...]:
        near = frozenset[str]().union(*map(self._kin, label))
        called = self._called.get(_initials(label), set())
        rated = []
        for at in sorted(called.union(*(self._with_word[word] for word in near))):
            rate = self._rate(self._slots[at], label, near, parents[at])
            if at in called:
                rate = max(rate, _ACRONYM)  # "Vehicle identification number" for the vin
            if rate >= THRESHOLD:
                rated.append((rate * SYNONYM if self._synonyms else rate, at))
        return tuple(sorted(rated, key=lambda pair: -pair[0]))

    def _rate(self, slot: Slot, label: Words, near: frozenset[str], parent: float) -> float:
        best = self._nearest(slot, slot.labels, label, near)
        if best < 1.0 and parent >= _NAMES_PARENT:
            best = max(best, parent * self._nearest(slot, slot.inner, label, near))
        return best

    def _nearest(
        self, slot: Slot, labels: tuple[Words, ...], label: Words, near: frozenset[str]
    ) -> float:
        rated = (
            similarity(label, wanted, self._own, slot.implied, slot.heads, synonyms=self._synonyms)
            for wanted in labels
            if not near.isdisjoint(wanted)
        )
        return max(rated, default=0.0)

    def _find_parents(self, context: Words) -> tuple[float, ...]:
        """Return how well a heading names what holds each slot: 0 for a slot that nothing holds."""
        return tuple(self._parent(slot, context) if slot.inner else 0.0 for slot in self._slots)

    def _parent(self, slot: Slot, context: Words) -> float:
        alone = _INNER if slot.open else 0.0
        if not context:
            return alone
        return max([alone, *(similarity(context, words, self._own) for words in slot.context)])

    def _find_kin(self, word: str) -> frozenset[str]:
        """Return the words of the slots' labels that a label's word may be taken for."""
        alike = {w for key in _keys(word, self._synonyms) for w in self._alike.get(key, ())}
        return frozenset(
            w for w in alike if w == word or akin(word, w, synonyms=self._synonyms) < 1.0
        )


@lru_cache(maxsize=16384)
def _keys_of(label: Words, synonyms: bool) -> frozenset[str]:
    """Return what a label shares one of with every label that it may be taken for."""
    return frozenset((_initials(label), *(key for word in label for key in _keys(word, synonyms))))


def _initials(label: Words) -> str:
    return "".join(word[0] for word in label) if len(label) > 1 else ""


@lru_cache(maxsize=16384)
def _keys(word: str, synonyms: bool) -> frozenset[str]:
    """Return what akin words share one of: how they begin, and the groups that they are in."""
    groups = NEAR.get(word, frozenset()) if synonyms else frozenset()
    return groups | {word[:ROOT], word}
