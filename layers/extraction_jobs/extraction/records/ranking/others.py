"""Days, sums and lengths of time that the words beside them give to something else than the property asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence

from extraction.labels.words import plain_words
from extraction.records.ranking.cues import Hit, nearness
from extraction.records.ranking.scene import Scene
from extraction.schema.slots import Slot
from extraction.values.value import Value

# Days of something else than the paper itself.
_OTHER_DAYS = re.compile(
    r"(?i)\b(?:next|nächste\w?|prochaine?|próxim[ao]|prossim[ao]|volgende|expir\w+|exp|birth|geb\w*|due|deadline|"
    r"redeem\w*|refund\w*|returns?|exchange|valid|gültig|best before|use by|until)\b[^\n.;]{0,40}$"
)
_DELIVERY = re.compile(
    r"(?i)\b(?:delivery|delivered|liefer\w*|leistungs\w*|livraison|entrega|consegna|levering)\b[^\n.;]{0,40}$"
)
_YEAR_TO_DATE = re.compile(r"(?i)\b(?:year to date|ytd|cumulati\w+|cumul|kumuliert|aufgelaufen)\b")
# What tells lengths of time that a contract has several of.
_LENGTHS = {
    "notice": re.compile(r"(?i)\bnotice|\bnotif"),
    "renewal": re.compile(r"(?i)\brenew|\bexten[ds]|\bsuccessive"),
    "survival": re.compile(r"(?i)\bsurviv"),
}
_AFTERWARDS = re.compile(r"(?i)\s+(?:after|following)\b[^.;]{0,60}\b(?:terminat|expir|end\b)")
_LENGTH_BEFORE = 120  # code points
_DAY_REACH = 60  # code points before a day in which its line says what it is of


def is_of_the_year(scene: Scene, slot: Slot, value: Value) -> bool:
    """`Year to date: Gross pay 13,424.40` is no gross pay."""
    before = scene.text[scene.text.rfind("\n", 0, value.start) + 1 : value.start]
    called = " ".join(slot.path).replace("_", " ")
    return bool(_YEAR_TO_DATE.search(before)) and not _YEAR_TO_DATE.search(called)


def is_another_length(scene: Scene, slot: Slot, value: Value) -> bool:
    """Tell a length of time of a contract beside which nothing says that it is one of notice, renewal or survival.

    Nor does a contract run for what begins when it ends.
    """
    if scene.parsed.ways.language != "en":
        return False
    named = plain_words(slot.path[-1])
    if "term" in named and _AFTERWARDS.match(scene.text, value.end):
        return True
    beside = scene.text[max(0, value.start - _LENGTH_BEFORE) : value.end + _DAY_REACH]
    return any(not _LENGTHS[word].search(beside) for word in named if word in _LENGTHS)


def is_another_day(scene: Scene, slot: Slot, value: Value, hits: Sequence[Hit]) -> bool:
    """`Next meeting: 3 May` and `REDEEM BY 3 May` are no day of the paper; a day without such words is no next one."""
    before = scene.text[max(0, value.start - _DAY_REACH) : value.start]
    said = _OTHER_DAYS.search(before) is not None
    called = " ".join((*slot.path, *slot.prop.labels[:2])).replace("_", " ")
    if _DELIVERY.search(before) and not _DELIVERY.search(called):
        return True
    if _OTHER_DAYS.search(called):
        return not said and not nearness(scene.text, hits, value.start, value.end)
    return said
