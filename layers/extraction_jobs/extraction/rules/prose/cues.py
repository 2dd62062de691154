"""The cues of each property: phrases of stems, and on which side of them its value stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from extraction.labels.stems import stem
from extraction.labels.words import plain_words, tokens
from extraction.rules.prose.lexicon import WHO, Sort, families
from extraction.rules.prose.sorts import sort_of
from extraction.schema.frames import Frame
from extraction.schema.slots import Slot

ARTICLES = frozenset(
    "the a an this our its his her their my your said der die das den dem des ein eine einen einem einer le la les l "
    "un une notre son sa".split()
)
_WORD = re.compile(r"[^\W_]+")
# Words of a name that only say of what sort the value is: they identify nothing.
_SORT_WORDS: dict[Sort, frozenset[str]] = {
    Sort.DATE: frozenset("date time day on at datum".split()),
    Sort.MOMENT: frozenset("date time day on at timestamp".split()),
    Sort.TIME: frozenset("date time hour at".split()),
    Sort.MONEY: frozenset("amount value total sum eur usd gbp in".split()),
    Sort.NUMBER: frozenset("number count total no of amount value".split()),
    Sort.PERCENT: frozenset("rate percent percentage".split()),
    Sort.DURATION: frozenset("period duration length time".split()),
    Sort.CODE: frozenset("number id no code reference ref identifier".split()),
    Sort.PERSON: frozenset("name full by person of to".split()),
    Sort.BODY: frozenset("name by of".split()),
    Sort.PARTY: frozenset("name by of".split()),
    Sort.PLACE: frozenset("place location city town country name of address".split()),
    Sort.POST: frozenset("title name of".split()),
    Sort.PROPER: frozenset("name title of".split()),
    Sort.CLAUSE: frozenset("description text of details".split()),
    Sort.CHOICE: frozenset("type level status category".split()),
    Sort.FLAG: frozenset("is has are have can was allowed included required".split()),
}
# Prepositions: by themselves they say little, and they are no marks.
_SMALL = frozenset(
    "for of by and or in on at to from with as until till through before since after per is has are was be "
    "von bei für mit zu zum ab bis im am um an auf de du des à au en par pour chez dans le".split()
)
_SMALL_STEMS = frozenset(stem(word) for word in _SMALL)
_SHARPEST = 1.0
_ONE_WORD = 0.85
_OWN_NAME = 0.8  # "a grant of EUR 5" for the amount of a Grant


@dataclass(frozen=True, slots=True)
class Cue:
    """A phrase and the property it speaks for.

    Attributes:
        phrase: its stems.
        frame: the position of the property's frame in the index.
        slot: the property's position in its frame.
        side: where the value is: `after`, `before` or `both`.
        near: whether the value must stand directly there.
        strength: how much the phrase says by itself, 0..1.
        covers: the marks of the property that the phrase stands for.
        labelled: whether it is the property's own label rather than what people say instead.
        agent: the noun, if the phrase is one that may be who does something: an `acquirer`.
    """

    phrase: tuple[str, ...]
    frame: int
    slot: int
    side: str
    near: bool
    strength: float
    covers: frozenset[str]
    labelled: bool
    agent: str = ""

    @property
    def bare(self) -> bool:
        """Tell a cue of prepositions only."""
        return _SMALL_STEMS.issuperset(self.phrase)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A property as prose is searched for it.

    `marks` are the stems that tell it from others of its sort, `own` those of its type's name.
    """

    slot: Slot
    sort: Sort
    marks: frozenset[str]
    own: frozenset[str] = frozenset()
    low: bool = False
    high: bool = False


@dataclass(slots=True)
class CueIndex:
    """Cues by their first stem, longest first, and what they speak for."""

    frames: tuple[Frame, ...]
    wanted: list[dict[int, Wanted]] = field(default_factory=list)
    by_stem: dict[str, list[Cue]] = field(default_factory=dict)

    def add(self, cue: Cue) -> None:
        """Index a cue."""
        self.by_stem.setdefault(cue.phrase[0], []).append(cue)


def cue_index(frames: tuple[Frame, ...]) -> CueIndex:
    """Return the cues of all frames that are one object a document, or may be."""
    index = CueIndex(tuple(f for f in frames if not f.is_part and f.occurs != "many"))
    for number, frame in enumerate(index.frames):
        found: dict[int, Wanted] = {}
        for slot in frame.slots:
            if not slot.prop.in_running_text:
                continue
            wanted = wanted_of(frame, slot)
            found[slot.index] = wanted
            for cue in _cues(number, frame, wanted):
                index.add(cue)
        index.wanted.append(found)
    for cues in index.by_stem.values():
        cues.sort(key=lambda c: (-len(c.phrase), c.frame, c.slot, c.side, -c.strength))
    return index


_LOW = frozenset("min minimum low lower from lowest".split())
_HIGH = frozenset("max maximum high higher upper to highest".split())


def wanted_of(frame: Frame, slot: Slot) -> Wanted:
    """Return a property as prose is searched for it."""
    sort = sort_of(slot.prop, frame.type.name)
    words = plain_words(" ".join(slot.path))
    idle = _SORT_WORDS.get(sort, frozenset()) | _LOW | _HIGH
    own = set(plain_words(frame.type.name))
    marks = [w for w in words if w not in idle and w not in own] or [
        w for w in words if w not in idle
    ]
    ranged = sort in (Sort.MONEY, Sort.NUMBER, Sort.PERCENT)
    return Wanted(
        slot,
        sort,
        frozenset(stem(w) for w in marks),
        frozenset(stem(w) for w in own),
        low=ranged and bool(_LOW.intersection(words)),
        high=ranged and bool(_HIGH.intersection(words)),
    )


def _cues(number: int, frame: Frame, wanted: Wanted) -> list[Cue]:
    slot, sort = wanted.slot, wanted.sort
    found: dict[tuple[tuple[str, ...], str], Cue] = {}

    def add(
        phrase: tuple[str, ...],
        side: str,
        strength: float,
        covers: frozenset[str],
        *,
        near: bool = False,
        labelled: bool = False,
        agent: str = "",
    ) -> None:
        known = found.get((phrase, side))
        if phrase and (known is None or known.strength < strength):
            found[phrase, side] = Cue(
                phrase, number, slot.index, side, near, strength, covers, labelled, agent
            )

    idle = _SORT_WORDS.get(sort, frozenset()) | _LOW | _HIGH
    for label in _labels(slot):
        words = tuple(w for w in plain_words(label) if w not in ARTICLES)
        telling = [w for w in words if w not in idle and len(w) > 2]
        if not telling:
            continue
        agent = words[0] if len(words) == 1 and sort in WHO else ""
        add(tuple(stem(w) for w in words), "both", _SHARPEST if len(words) > 1 else _ONE_WORD,
            wanted.marks, labelled=True, agent=agent)  # fmt: skip
    if sort not in (Sort.OTHER, Sort.FLAG, *WHO) or len(wanted.marks) > 1:
        for mark in sorted(wanted.marks):
            add((mark,), "both", 0.8 if len(wanted.marks) == 1 else 0.7, frozenset((mark,)))
    if not wanted.marks and sort is not Sort.OTHER:
        own = [w for w in plain_words(frame.type.name) if len(w) > 2]
        add(tuple(stem(w) for w in own[-1:]), "both", _OWN_NAME, frozenset())
    for phrase, side, strength, covers, near in _said(slot, sort):
        add(phrase, side, strength, covers, near=near)
    return sorted(found.values(), key=lambda c: (c.phrase, c.side))


Said = tuple[tuple[str, ...], str, float, frozenset[str], bool]


def _said(slot: Slot, sort: Sort) -> Iterator[Said]:
    """Yield what the lexicon has for a property: phrase, side, strength, marks covered, whether near."""
    by_stem = {stem(w): part for part in _name_words(slot) for w in (part, *tokens(part))}
    for family in families():
        shared = by_stem.keys() & family.triggers
        if sort not in family.sorts or not shared:
            continue
        covers = frozenset(stem(by_stem[w]) for w in shared)
        for text in family.cues:
            side = "after" if text.rstrip("~").endswith("_") else "before"
            phrase = tuple(stem(w) for w in plain_words(text) if w not in ARTICLES)
            yield phrase, side if "_" in text else "both", family.strength, covers, "~" in text


def _name_words(slot: Slot) -> list[str]:
    return [word for part in slot.path for word in plain_words(part)]


def _labels(slot: Slot) -> tuple[str, ...]:
    if len(slot.path) > 1:
        return (*(f"{slot.path[-2]} {label}" for label in slot.prop.labels), slot.path[-2])
    return slot.prop.labels


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a sentence."""

    stem: str
    text: str
    start: int
    end: int


def words_of(text: str, start: int, end: int) -> list[Word]:
    """Return the words of a stretch of text, without articles."""
    found = []
    for match in _WORD.finditer(text, start, end):
        word = match[0].casefold()
        if word not in ARTICLES:
            found.append(Word(stem(word), word, match.start(), match.end()))
    return found


_BY = frozenset(("by", "von", "durch", "par", "da", "por", "door"))


@dataclass(frozen=True, slots=True)
class Hit:
    """A cue found in a sentence, and the side of it that the value is on."""

    cue: Cue
    start: int
    end: int
    side: str


def hits_in(index: CueIndex, words: list[Word]) -> list[Hit]:
    """Return the cues in a sentence."""
    found = []
    for position, word in enumerate(words):
        for cue in index.by_stem.get(word.stem, ()):
            size = len(cue.phrase)
            if size > 1 and tuple(w.stem for w in words[position : position + size]) != cue.phrase:
                continue
            following = words[position + size].text if position + size < len(words) else ""
            side = _side_of(cue, word.text, following)
            found.append(Hit(cue, word.start, words[position + size - 1].end, side))
    return found


def _side_of(cue: Cue, word: str, following: str) -> str:
    """`Acme acquired` has the acquirer before it, `acquired by Acme` behind."""
    if not cue.agent or word in (cue.agent, f"{cue.agent}s"):
        return cue.side
    return "after" if following in _BY else "before"
