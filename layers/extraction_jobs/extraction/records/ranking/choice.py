"""Which value a property has that no label named: a small ranker, whose weights are a table that anyone can read.

A property has one of its candidates or none of them: how likely each is follows from the sum of its weighted features
(a conditional logit). The weights are fitted by `make quality ARGS=--fit` on labelled documents of several hands
(benchmarks/quality/ranking.py), one column per group of properties. The likeliest pair of property and value is taken
first; each place is taken once.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from extraction.document.parsed_text import ParsedText
from extraction.labels.word_lists import words_of
from extraction.records.drafts import Draft
from extraction.records.findings import Mention
from extraction.records.ranking.candidates import Candidate, candidates_for
from extraction.records.ranking.cues import hits_in
from extraction.records.ranking.scene import Scene
from extraction.records.ranking.sorts import Sort, sort_of
from extraction.schema.frames import Frame
from extraction.schema.slots import Slot

_SENDERS = words_of("sender")
# Sorts that share the weights of another.
_GROUPS = {Sort.PARTY: "body", Sort.PLACE: "words", Sort.PROPER: "words"}
_BY_LABEL_ONLY = (Sort.FLAG, Sort.OTHER)
_FIGURES = ("date", "moment", "time", "money", "number", "percent")
LEAST = 0.2  # how likely a value must be to be told at all, to those who ask for every value


def group_of(frame: Frame, slot: Slot) -> str | None:
    """Return whose weights count for a property; None: it is found by its label only."""
    sort = sort_of(slot.prop, frame.type.name)
    sends = any(word in _SENDERS for label in slot.labels for word in label)
    if sends and sort in (Sort.BODY, Sort.PARTY, Sort.OTHER) and len(slot.path) == 1:
        return "sender"
    return None if sort in _BY_LABEL_ONLY else _GROUPS.get(sort, sort.value)


def candidates(
    parsed: ParsedText, draft: Draft, mentions: Sequence[Mention], types: int
) -> list[list[Candidate]]:
    """Return the candidates for every property of the document's object that is still open, and has any."""
    groups = {
        slot.index: group
        for slot in draft.frame.slots
        if not draft.slots.get(slot.index) and not slot.prop.many and slot.prop.in_running_text
        if (group := group_of(draft.frame, slot)) is not None
    }
    if not groups or draft.frame.occurs == "many":
        return []
    scene = Scene(parsed, draft, mentions, types)
    hits = hits_in(scene.words, draft.frame)
    rivals = Counter(groups.values())
    found = [
        candidates_for(scene, draft.frame.slots[index], group, rivals[group], hits)
        for index, group in groups.items()
    ]
    return [each for each in found if each]


@cache
def weights() -> Mapping[str, Mapping[str, float]]:
    """Return the fitted weights: by group, by feature."""
    rows = (
        files("extraction.records.ranking").joinpath("weights.tsv").read_text("utf-8").splitlines()
    )
    groups = rows[0].split("\t")[1:]
    table: dict[str, dict[str, float]] = {group: {} for group in groups}
    for row in rows[1:]:
        feature, *cells = row.split("\t")
        for group, cell in zip(groups, cells, strict=True):
            if cell:
                table[group][feature] = float(cell)
    return table


def score(weights: Mapping[str, float], features: Mapping[str, float]) -> float:
    """Return the log odds of a candidate against none."""
    odds = sum(weights.get(name, 0.0) * figure for name, figure in features.items())
    return max(-30.0, min(30.0, odds))


def probabilities(found: Sequence[Candidate]) -> list[float]:
    """Return how likely each candidate's value is right, 0 to 1. A value that stands in several places has them all."""
    own = weights().get(found[0].group)
    if own is None:
        return [0.0 for _ in found]
    odds = [math.exp(score(own, each.features)) for each in found]
    whole = 1 + sum(odds)
    by_value: dict[str, float] = defaultdict(float)
    for each, share in zip(found, odds, strict=True):
        by_value[_spelled(each)] += share / whole
    return [by_value[_spelled(each)] for each in found]


def _spelled(candidate: Candidate) -> str:
    return str(candidate.value.value).casefold()


def assigned(found: Sequence[Sequence[Candidate]]) -> list[tuple[Candidate, float]]:
    """Return one candidate for each property that has a likely one, with its probability.

    A day or figure that speaks as much for one property as for another goes to none of them.
    """
    own = weights()
    ranked = sorted(
        (
            (sure, score(own.get(each.group, {}), each.features), each)
            for some in found
            for each, sure in zip(some, probabilities(some), strict=True)
            if sure >= LEAST
        ),
        key=lambda rank: (-rank[0], -rank[1], rank[2].value.start, rank[2].value.end, rank[2].slot),
    )
    claims = Counter(
        (each.group, each.value.start, odds) for _, odds, each in ranked if each.group in _FIGURES
    )
    kept: list[tuple[Candidate, float]] = []
    filled: set[int] = set()
    for sure, odds, each in ranked:
        if claims[each.group, each.value.start, odds] > 1:
            continue
        clash = any(
            each.value.start < k.value.end and k.value.start < each.value.end for k, _ in kept
        )
        if each.slot not in filled and not clash:
            filled.add(each.slot)
            kept.append((each, sure))
    return kept
