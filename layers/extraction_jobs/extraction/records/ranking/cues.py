"""The cues of each property: its own words, which speak for a value that stands near them in running text."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from extraction.labels.word_lists import words_by_meaning, words_of
from extraction.labels.words import plain_words
from extraction.records.ranking.sorts import WHO, Sort, sort_of
from extraction.schema.frames import Frame
from extraction.schema.slots import Slot

_LEAST = 3  # letters of a stem
_ENDINGS = tuple(
    sorted(
        "ations ation ating ated ates ate ements ement ments ment ions ion ings ing ed er ers or ors ees ee "
        "als al ures ure atures ature atory ationary ary ances ance ences ence ies ied ier iers y es e s "
        "ung ungen".split(),
        key=lambda ending: (-len(ending), ending),
    )
)


@lru_cache(maxsize=32768)
def stem(word: str) -> str:
    """Return the stem of a lower-case word: close enough to tell that two words go together."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST:
            return _undoubled(word[: -len(ending)])
    return word


def _undoubled(word: str) -> str:
    """`shipped` is of `ship`, and `organized` of the word that others spell with an s."""
    if len(word) > _LEAST and word[-1] == word[-2] and word[-1] in "bdgmnprt":
        return word[:-1]
    return word[:-1] + "s" if word.endswith("iz") else word


_ARTICLES = words_of("article")
_WORD = re.compile(r"[^\W_]+")
_BACK, _AHEAD = 70, 130  # code points that a cue reaches
_BEFORE_ITS_NAME = 0.75  # a value mostly stands behind its name
BREAK = re.compile(r"\n\s*\n|[.!?;]\s+(?=[A-ZÀ-Þ])")  # between a cue and what it says nothing of
# Words of a name that only say of what sort the value is: they identify nothing.
_IDLE = words_by_meaning("idle")
_EXTREMES = words_of("extreme")
_LONGEST_CUE = 80  # code points
_OWN_NAME = 0.8  # "a grant of EUR 5" for the amount of a Grant


@dataclass(frozen=True, slots=True)
class Cue:
    """A phrase (its stems), the index of the property it speaks for, and how much it says by itself (0..1)."""

    phrase: tuple[str, ...]
    slot: int
    strength: float


class Hit(NamedTuple):
    """A cue found in the text."""

    cue: Cue
    start: int
    end: int


class Word(NamedTuple):
    """A word of the text."""

    stem: str
    start: int
    end: int


@lru_cache(maxsize=1)
def words_in(text: str) -> tuple[Word, ...]:
    """Return the words of a text, without articles. All types of a document ask for the same."""
    return tuple(
        Word(stem(word), *match.span())
        for match in _WORD.finditer(text)
        if (word := match[0].casefold()) not in _ARTICLES
    )


def hits_in(words: Sequence[Word], frame: Frame) -> dict[int, list[Hit]]:
    """Return the cues in a text, by the property that they speak for."""
    by_stem: dict[str, list[Cue]] = {}
    for slot in frame.slots:
        for cue in _cues(frame, slot):
            by_stem.setdefault(cue.phrase[0], []).append(cue)
    hits = [
        Hit(cue, word.start, words[position + len(cue.phrase) - 1].end)
        for position, word in enumerate(words)
        for cue in by_stem.get(word.stem, ())
        if len(cue.phrase) == 1 or _says(words[position : position + len(cue.phrase)], cue)
    ]
    found: dict[int, list[Hit]] = {}
    for hit in _without_parts(hits):
        found.setdefault(hit.cue.slot, []).append(hit)
    return found


def _says(words: Sequence[Word], cue: Cue) -> bool:
    return tuple([word.stem for word in words]) == cue.phrase


def _without_parts(hits: list[Hit]) -> Iterator[Hit]:
    """Leave out words that are part of another property's name: `next meeting` says nothing of the meeting's date."""
    longest: Hit | None = None
    for hit in sorted(hits, key=lambda each: (each.start, -each.end)):
        if longest is not None and (
            hit.end <= longest.end
            and longest.cue.slot != hit.cue.slot
            and len(longest.cue.phrase) > len(hit.cue.phrase)
        ):
            continue
        if longest is None or hit.end > longest.end:
            longest = hit
        yield hit


def nearness(text: str, hits: Sequence[Hit], start: int, end: int) -> float:
    """Rate (0..1) how near to a stretch a property's own words stand."""
    best = 0.0
    first = bisect_left(hits, start - _AHEAD - _LONGEST_CUE, key=lambda hit: hit.start)
    after = bisect_left(hits, end + _BACK, key=lambda hit: hit.start)
    for hit in hits[first:after]:
        behind = hit.end <= start
        if not behind and hit.start < end:
            continue
        between = text[hit.end : start] if behind else text[end : hit.start]
        reach = _AHEAD if behind else _BACK
        if len(between) > reach or BREAK.search(between):
            continue
        rate = hit.cue.strength * (1 - len(between) / (reach + 40)) * 0.75 ** between.count("\n")
        best = max(best, rate if behind else rate * _BEFORE_ITS_NAME)
    return best


def _cues(frame: Frame, slot: Slot) -> list[Cue]:
    """Return the cues of a property: its labels, and the words that tell it from others."""
    found: dict[tuple[str, ...], float] = {}
    for words, strength in _names(frame, slot):
        phrase = tuple(stem(word) for word in words if word not in _ARTICLES)
        if phrase:
            found[phrase] = max(strength, found.get(phrase, 0.0))
    return [Cue(phrase, slot.index, strength) for phrase, strength in sorted(found.items())]


def _names(frame: Frame, slot: Slot) -> Iterator[tuple[Iterable[str], float]]:
    sort = sort_of(slot.prop, frame.type.name)
    idle = _IDLE.get(sort, frozenset()) | _EXTREMES
    for label in _labels(slot):
        words = plain_words(label)
        if any(word not in idle and len(word) > 2 for word in words):
            yield words, 1.0 if len(words) > 1 else 0.85
    own = plain_words(frame.type.name)
    telling = [word for word in plain_words(" ".join(slot.path)) if word not in idle]
    marks = [word for word in telling if word not in own] or telling
    if sort not in (Sort.OTHER, *WHO) or len(marks) > 1:
        for mark in marks:
            yield (mark,), 0.8 if len(marks) == 1 else 0.7
    if not marks and sort is not Sort.OTHER:
        yield [word for word in own if len(word) > 2][-1:], _OWN_NAME


def _labels(slot: Slot) -> tuple[str, ...]:
    if len(slot.path) > 1:
        return (*(f"{slot.path[-2]} {label}" for label in slot.prop.labels), slot.path[-2])
    return slot.prop.labels
