"""The words that sentences use for a property instead of its label: `lexicon.txt`, read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files

from extraction.labels.stems import stem


class Sort(StrEnum):
    """What a value is to a reader of prose: coarser than kinds in figures, finer in words."""

    DATE = "date"
    MOMENT = "moment"
    TIME = "time"
    MONEY = "money"
    NUMBER = "number"
    PERCENT = "percent"
    DURATION = "duration"
    CODE = "code"
    PERSON = "person"
    BODY = "body"
    PARTY = "party"
    PLACE = "place"
    POST = "post"
    ADDRESS = "address"
    PROPER = "proper"
    CLAUSE = "clause"
    CHOICE = "choice"
    FLAG = "flag"
    FORM = "form"  # told by its form alone: e-mail, web address, phone, account
    OTHER = "other"


WHEN = (Sort.DATE, Sort.MOMENT, Sort.TIME)
WHO = (Sort.PERSON, Sort.BODY, Sort.PARTY)


@dataclass(frozen=True, slots=True)
class Family:
    """Ways to say one thing of some sorts of value; `strength` is how much they say by themselves.

    `triggers` are stems.
    """

    sorts: tuple[Sort, ...]
    triggers: frozenset[str]
    strength: float
    cues: tuple[str, ...]


@lru_cache(maxsize=1)
def families() -> tuple[Family, ...]:
    """Return the lexicon's entries."""
    content = files("extraction.rules.prose").joinpath("lexicon.txt").read_text("utf-8")
    found: list[Family] = []
    for line in content.split("\n"):
        if not line.strip() or line.startswith("#"):
            continue
        if not line.startswith(" "):
            sorts, triggers, strength = line.split(" | ")
            named = tuple(
                sort for name in sorts.split() for sort in _GROUPS.get(name) or (Sort(name),)
            )
            found.append(
                Family(
                    named, frozenset(stem(word) for word in triggers.split()), float(strength), ()
                )
            )
            continue
        last = found[-1]
        cues = tuple(cue for part in line.split(";") if (cue := part.strip()))
        found[-1] = Family(last.sorts, last.triggers, last.strength, last.cues + cues)
    return tuple(found)


_GROUPS = {"when": WHEN, "who": WHO}
