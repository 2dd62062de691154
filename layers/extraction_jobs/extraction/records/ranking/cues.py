"""The cues of each property: phrases that speak for it in running text, and on which side of them its value stands."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

from extraction.labels.stems import stem
from extraction.labels.words import plain_words, tokens
from extraction.records.ranking.sorts import WHEN, WHO, Sort, sort_of
from extraction.schema.frames import Frame
from extraction.schema.slots import Slot

_ARTICLES = frozenset(
    "the a an this our its his her their my your said der die das den dem des ein eine einen einem einer le la les l "
    "un une notre son sa".split()
)
_WORD = re.compile(r"[^\W_]+")
_BACK, _AHEAD = 70, 130  # code points that a cue reaches
BREAK = re.compile(r"\n\s*\n|[.!?;]\s+(?=[A-ZÀ-Þ])")  # between a cue and what it says nothing of
# Words of a name that only say of what sort the value is: they identify nothing.
_IDLE: Mapping[Sort, frozenset[str]] = {
    sort: frozenset(words.split())
    for sort, words in {
        Sort.DATE: "date time day on at datum",
        Sort.MOMENT: "date time day on at timestamp",
        Sort.TIME: "date time hour at",
        Sort.MONEY: "amount value total sum eur usd gbp in",
        Sort.NUMBER: "number count total no of amount value",
        Sort.PERCENT: "rate percent percentage",
        Sort.DURATION: "period duration length time",
        Sort.CODE: "number id no code reference ref identifier",
        Sort.PERSON: "name full by person of to",
        Sort.BODY: "name by of",
        Sort.PARTY: "name by of",
        Sort.PLACE: "place location city town country name of address",
        Sort.POST: "title name of",
        Sort.PROPER: "name title of",
        Sort.CLAUSE: "description text of details",
        Sort.CHOICE: "type level status category",
    }.items()
}
_EXTREMES = frozenset(
    "min minimum low lower from lowest max maximum high higher upper to highest".split()
)
_LONGEST_CUE = 80  # code points
_NEAR_WORDS = 2  # that may stand between a value and a cue that it stands directly beside
_OWN_NAME = 0.8  # "a grant of EUR 5" for the amount of a Grant
_GROUPS = {"when": WHEN, "who": WHO}


@dataclass(frozen=True, slots=True)
class Cue:
    """A phrase and the property it speaks for.

    Attributes:
        phrase: its stems.
        slot: the property's position in its frame.
        side: where the value is: `after`, `before` or `both`.
        near: whether the value must stand directly there.
        strength: how much the phrase says by itself, 0..1.
        labelled: whether it is the property's own name rather than what people say instead.
    """

    phrase: tuple[str, ...]
    slot: int
    side: str
    near: bool
    strength: float
    labelled: bool


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


@dataclass(frozen=True, slots=True)
class _Family:
    """Ways to say one thing of some sorts of value. `triggers` are stems of properties' names."""

    sorts: tuple[Sort, ...]
    triggers: frozenset[str]
    strength: float
    cues: tuple[str, ...]


@lru_cache(maxsize=1)
def words_of(text: str) -> tuple[Word, ...]:
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
        if tuple(w.stem for w in words[position : position + len(cue.phrase)]) == cue.phrase
    ]
    found: dict[int, list[Hit]] = {}
    for hit in _without_parts(hits):
        found.setdefault(hit.cue.slot, []).append(hit)
    return found


def _without_parts(hits: list[Hit]) -> Iterator[Hit]:
    """Leave out words that are part of another property's name: `next meeting` says nothing of the meeting's date."""
    longest: Hit | None = None
    for hit in sorted(hits, key=lambda each: (each.start, -each.end)):
        if longest is not None and (
            hit.end <= longest.end
            and longest.cue.labelled
            and longest.cue.slot != hit.cue.slot
            and len(longest.cue.phrase) > len(hit.cue.phrase)
        ):
            continue
        if longest is None or hit.end > longest.end:
            longest = hit
        yield hit


def nearness(text: str, hits: Sequence[Hit], start: int, end: int) -> tuple[float, float]:
    """Rate (0..1) how near to a stretch a property's own words stand, and what people say instead of them."""
    own = said = 0.0
    first = bisect_left(hits, start - _AHEAD - _LONGEST_CUE, key=lambda hit: hit.start)
    after = bisect_left(hits, end + _BACK, key=lambda hit: hit.start)
    for hit in hits[first:after]:
        behind = hit.end <= start
        if not behind and hit.start < end:
            continue
        if hit.cue.side not in ("both", "after" if behind else "before"):
            continue
        between = text[hit.end : start] if behind else text[end : hit.start]
        reach = _AHEAD if behind else _BACK
        if len(between) > reach or BREAK.search(between):
            continue
        if hit.cue.near and len(between.split()) > _NEAR_WORDS:
            continue
        rate = hit.cue.strength * (1 - len(between) / (reach + 40)) * 0.75 ** between.count("\n")
        if not behind and hit.cue.side == "both":
            rate *= 0.75  # a value mostly stands behind its name
        own, said = (max(own, rate), said) if hit.cue.labelled else (own, max(said, rate))
    return own, said


def _cues(frame: Frame, slot: Slot) -> list[Cue]:
    """Return the cues of a property: its labels, the words that tell it from others, and the lexicon's."""
    sort = sort_of(slot.prop, frame.type.name)
    idle = _IDLE.get(sort, frozenset()) | _EXTREMES
    found: dict[tuple[tuple[str, ...], str], Cue] = {}
    for words, strength, side, near, labelled in (
        *((*named, "both", False, True) for named in _names(frame, slot, sort, idle)),
        *_said(slot, sort),
    ):
        phrase = tuple(stem(word) for word in words if word not in _ARTICLES)
        known = found.get((phrase, side))
        if phrase and (known is None or known.strength < strength):
            found[phrase, side] = Cue(phrase, slot.index, side, near, strength, labelled)
    return sorted(found.values(), key=lambda cue: (cue.phrase, cue.side))


def _names(
    frame: Frame, slot: Slot, sort: Sort, idle: frozenset[str]
) -> Iterator[tuple[Iterable[str], float]]:
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


def _said(slot: Slot, sort: Sort) -> Iterator[tuple[Iterable[str], float, str, bool, bool]]:
    """Yield what the lexicon has for a property; `_` is where its value stands, `~` says that it does so directly."""
    parts = [word for part in slot.path for word in plain_words(part)]
    named = {stem(word) for part in parts for word in (part, *tokens(part))}
    for family in _families():
        if sort in family.sorts and named & family.triggers:
            for cue in family.cues:
                side = "after" if cue.rstrip("~").endswith("_") else "before"
                words, near = plain_words(cue), "~" in cue
                yield words, family.strength, side if "_" in cue else "both", near, False


def _labels(slot: Slot) -> tuple[str, ...]:
    if len(slot.path) > 1:
        return (*(f"{slot.path[-2]} {label}" for label in slot.prop.labels), slot.path[-2])
    return slot.prop.labels


@cache
def _families() -> tuple[_Family, ...]:
    """Return what `lexicon.txt` holds: the words that sentences use for a property instead of its name."""
    content = files("extraction.records.ranking").joinpath("lexicon.txt").read_text("utf-8")
    found: list[_Family] = []
    for line in content.split("\n"):
        if not line.strip() or line.startswith("#"):
            continue
        if not line.startswith(" "):
            names, triggers, strength = line.split(" | ")
            sorts = tuple(s for name in names.split() for s in _GROUPS.get(name) or (Sort(name),))
            stems = frozenset(stem(word) for word in triggers.split())
            found.append(_Family(sorts, stems, float(strength), ()))
            continue
        last = found[-1]
        cues = tuple(cue for part in line.split(";") if (cue := part.strip()))
        found[-1] = _Family(last.sorts, last.triggers, last.strength, last.cues + cues)
    return tuple(found)
