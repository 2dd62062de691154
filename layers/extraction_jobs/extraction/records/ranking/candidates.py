"""What speaks for a value and against it: a few figures that anyone can read, in the same words for every property."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from extraction.document.structure import HEADING, KEY_VALUE, LABEL_ABOVE, TABLE_PAIR
from extraction.labels.vocabulary import RECEIVERS
from extraction.labels.word_lists import words_of
from extraction.labels.words import tokens
from extraction.records.drafts import name_key
from extraction.records.ranking.cues import Hit, nearness
from extraction.records.ranking.others import is_another_day, is_another_length, is_of_the_year
from extraction.records.ranking.reading import READERS
from extraction.records.ranking.scene import REGISTERED, Scene
from extraction.schema.kinds import Kind
from extraction.schema.slots import Slot
from extraction.values import accept, names
from extraction.values.value import Value

_HEAD = 300  # code points
_FOREIGN = 0.3  # below it a label names another property
_CUED = 0.4  # how near a property's words stand at least to say something
_MANY = 12  # candidates; of more, those count that something else speaks for
_MOST = 500  # candidates that are weighed; of more, only those near the property's own words
_PLACED = ("label", "head", "largest")
_ABOUT_AS_NEAR = 0.2
_CONTACT = re.compile(
    r"(?i)\b(?:tel|phone|fax|mobile|e-?mail|www|https?|gst|vat|ust|tax|reg|iban|bic|date|datum|invoice|receipt|cash|bill)\b"
    r"|[@]|\d{3}[- ]\d{4}|: "
)
_PAPER = re.compile(
    r"(?i)\b(?:copy|original|duplicate|invoice|receipt|bill|tax|statement|order|welcome|thank|page|date|table|quotation|"
    r"report|form|notice|letter|rechnung|facture|factura|fattura|quittung|beleg)\b|[:=*#]{2}|^\W+$"
)
_POSTCODE = re.compile(r"\b\d{4,6}\b|\b[A-Z]{1,2}\d[\dA-Z]? ?\d[A-Z]{2}\b")
_STREET = re.compile(
    r"(?i)\b(?:no|lot|unit|street|st|road|rd|avenue|ave|lane|suite|floor|flr|block|jalan|jln|straße|strasse|str|platz|"
    r"weg|rue|place|via|calle|plaza|box|drive|way|square|blvd|park|house)\b\.?|\b\d{1,5}[a-zA-Z]?,? [A-ZÀ-Þ]"
)

_OTHER_SUMS = words_of("other_sum")
_PARTS_OF_SUM = _OTHER_SUMS | {"charge", "freight"}
_TOTALS = frozenset(("total", "subtotal"))

_OF_ANOTHER = {"money": is_of_the_year, "duration": is_another_length}

FEATURES = (
    "bias", "quality", "alone", "only", "alone_only", "bare", "bare_alone", "taken", "foreign",
    "label", "cue", "cue_other", "cue_best", "cue_alone",
    "top", "line0", "line1", "line2", "head", "tail", "first", "last", "largest", "repeated", "whole_line", "in_table",
    "upper", "digits", "legal", "receiver", "names_type", "many_types", "paper", "registered", "street",
    "street_first", "postcode", "postcode_last", "lines", "contact_inside", "contact_below", "gap_below",
    "street_below", "paper_below", "comma_last", "legal_first", "legal_above", "registered_above", "street_above",
    "comma_above", "paper_above",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value that a property may have, and what speaks for and against it, by the names in FEATURES."""

    slot: int
    group: str
    value: Value
    features: Mapping[str, float]


def candidates_for(
    scene: Scene, slot: Slot, group: str, rivals: int, hits: Mapping[int, Sequence[Hit]]
) -> list[Candidate]:
    """Return the candidates for a property.

    Args:
        scene: the document.
        slot: the property.
        group: how its values are read, and whose weights count.
        rivals: how many properties of its group are open, itself among them.
        hits: the cues in the text, by property.
    """
    values: dict[tuple[int, int], Value] = {}
    for value in READERS[group](scene, slot, hits.get(slot.index, ())):
        kept = accept(slot.prop, value)
        if kept is not None:
            values.setdefault((kept.start, kept.end), kept)
    own = hits.get(slot.index, ())
    found = sorted(
        (v for v in values.values() if not _is_anothers(scene, slot, group, v, own)),
        key=lambda value: (value.start, value.end),
    )
    if len(found) > _MOST:
        near_one = (v for v in found if nearness(scene.text, own, v.start, v.end))
        found = list(islice(near_one, _MOST))
    if not found:
        return []
    field = _Field.of(found)
    told = [_told(scene, slot, group, value, field, hits) for value in found]
    strongest = max(features["cue"] for features in told)
    bare = float(slot.implied.issuperset(tokens(slot.path[-1])))  # `email`, of a kind and of nobody
    cued = sum(features["cue"] >= _CUED for features in told)
    made = []
    for value, features in zip(found, told, strict=True):
        best = features["cue"] >= max(_CUED, strongest)
        features |= {
            "bias": 1.0,
            "only": float(rivals == 1),
            "alone_only": features["alone"] * float(rivals == 1),
            "bare": bare,
            "bare_alone": bare * features["alone"],
            "cue_best": float(best),
            "cue_alone": float(best and cued == 1),
        }
        near = features["cue"] >= max(_CUED, strongest - _ABOUT_AS_NEAR)
        if len(found) <= _MANY or near or any(features[name] for name in _PLACED):
            plain = {name: figure for name, figure in features.items() if figure}
            made.append(Candidate(slot.index, group, value, plain))
    return made


def _told(
    scene: Scene,
    slot: Slot,
    group: str,
    value: Value,
    field: _Field,
    hits: Mapping[int, Sequence[Hit]],
) -> dict[str, float]:
    return {
        **_among(value, field),
        **_placed(scene, value),
        **_labelled(scene, slot, value),
        **_cued(scene, slot, value, hits),
        **(_laid_out(scene, value) if group in ("address", "sender") else {}),
    }


def _is_anothers(scene: Scene, slot: Slot, group: str, value: Value, hits: Sequence[Hit]) -> bool:
    """Tell a name that another property has, whoever receives a paper, and a sum that is called something else."""
    facts = scene.facts_about(value.start, value.end)
    labels = [fact.label for fact in facts]
    said = {word for label in labels for word in tokens(label)}
    foreign = bool(labels) and max(scene.rate(each, slot.index) for each in labels) < _FOREIGN
    if group in ("date", "moment"):
        # A day may be that of two properties, unless a label gives it to one.
        named = foreign and scene.is_of_kind(slot.prop.kind, value)
        return named or is_another_day(scene, slot, value, hits)
    if group == "form":
        if slot.prop.kind is not Kind.TAX_NUMBER:  # a line above says less than their form does
            foreign = foreign and any(fact.how not in (LABEL_ABOVE, HEADING) for fact in facts)
        return foreign or scene.is_of_kind(slot.prop.kind, value)
    of_another = _OF_ANOTHER.get(group)
    if of_another is not None and of_another(scene, slot, value):
        return True
    # `TOTAL 9.50` is no `sales_tax`.
    is_part = said & _TOTALS and any(_PARTS_OF_SUM.intersection(label) for label in slot.labels)
    if scene.is_taken(value) or (group == "money" and foreign and (said & _OTHER_SUMS or is_part)):
        return True
    if group in ("sender", "money") and scene.in_table(value.start):
        return True
    if group == "sender" and said & RECEIVERS:
        return True
    begun = {fact.value.start for fact in facts if fact.how == KEY_VALUE}
    if group == "person" and foreign and value.start in begun:
        return True
    if group in ("sender", "body", "person"):
        name = str(value.value)
        return name_key(name) in scene.taken_names or 2 * sum(map(str.isdigit, name)) > len(name)
    return foreign and group in ("number", "percent", "code")


@dataclass(frozen=True, slots=True)
class _Field:
    """All candidates of a property, counted once: a document may hold thousands."""

    first: Value
    last: Value
    counts: Mapping[str, int]
    largest: float | None

    @classmethod
    def of(cls, found: Sequence[Value]) -> _Field:
        counts = Counter(str(v.value).casefold() for v in found)
        amounts = (v.value for v in found if isinstance(v.value, int | float))
        return cls(found[0], found[-1], counts, max(amounts, default=None))


def _among(value: Value, field: _Field) -> dict[str, float]:
    """How it compares with the other candidates."""
    return {
        "quality": value.quality,
        "alone": float(len(field.counts) == 1),
        "first": float(value is field.first),
        "last": float(value is field.last),
        "largest": float(field.largest is not None and value.value == field.largest),
        "repeated": math.log(field.counts[str(value.value).casefold()]),
    }


def _placed(scene: Scene, value: Value) -> dict[str, float]:
    """Where it stands, and what its words look like."""
    number = scene.line_of(value.start)
    quote = scene.text[value.start : value.end]
    return {
        "top": 1.0 / (1 + number),
        "line0": float(number == 0),
        "line1": float(number == 1),
        "line2": float(number == 2),
        "head": float(value.start < _HEAD),
        "tail": float(value.start > 0.8 * len(scene.text)),
        "whole_line": float(len(quote) >= 0.85 * len(scene.line(number))),
        "in_table": float(scene.in_table(value.start)),
        "taken": float(scene.is_taken(value) or name_key(str(value.value)) in scene.taken_names),
        "upper": float(quote.isupper()),
        "digits": sum(c.isdigit() for c in quote) / max(1, len(quote)),
        "legal": float(isinstance(value.value, str) and names.is_organisation(quote)),
        "names_type": float(scene.names_type(quote)),
        "many_types": float(scene.types > 1),
    }


def _labelled(scene: Scene, slot: Slot, value: Value) -> dict[str, float]:
    """What the label says that it has, if it has one."""
    labels = [
        fact.label
        for fact in scene.facts_about(value.start, value.end)
        if fact.how in (KEY_VALUE, TABLE_PAIR)
    ]
    rate = max((scene.rate(label, slot.index) for label in labels), default=0.0)
    return {
        "label": rate,
        "foreign": float(bool(labels) and rate < _FOREIGN),
        "receiver": float(any(RECEIVERS.intersection(tokens(label)) for label in labels)),
    }


def _cued(
    scene: Scene, slot: Slot, value: Value, hits: Mapping[int, Sequence[Hit]]
) -> dict[str, float]:
    """How strongly the property's own words stand about it, and the words of others."""
    near = {
        index: nearness(scene.text, some, value.start, value.end) for index, some in hits.items()
    }
    return {"cue": near.pop(slot.index, 0.0), "cue_other": max(near.values(), default=0.0)}


def _laid_out(scene: Scene, value: Value) -> dict[str, float]:
    """What tells a name or an address at the top of a paper: its own lines, and those above and below."""
    quote = scene.text[value.start : value.end]
    rows = quote.split("\n")
    after = scene.line_of(value.end - 1) + 1
    above, below = scene.line(scene.line_of(value.start) - 1), scene.line(after)
    gap = not below or "\n\n" in scene.text[value.end : scene.lines[after].start + 1]
    return {
        "paper": float(bool(_PAPER.search(quote))),
        "registered": float(bool(REGISTERED.search(quote))),
        "street": sum(bool(_STREET.search(row)) for row in rows) / len(rows),
        "street_first": float(bool(_STREET.search(rows[0]))),
        "postcode": float(bool(_POSTCODE.search(quote))),
        "postcode_last": float(bool(_POSTCODE.search(rows[-1]))),
        "lines": float(len(rows)),
        "contact_inside": float(any(_CONTACT.search(row) for row in rows)),
        "contact_below": float(bool(_CONTACT.search(below))),
        "gap_below": float(gap),
        "street_below": float(not gap and bool(_STREET.search(below) or _POSTCODE.search(below))),
        "paper_below": float(bool(_PAPER.search(below))),
        "comma_last": float(quote.endswith(",")),
        "legal_first": float(names.is_organisation(rows[0])),
        "legal_above": float(names.is_organisation(above)),
        "registered_above": float(bool(REGISTERED.search(above) or _CONTACT.search(above))),
        "street_above": float(bool(_STREET.search(above) or _POSTCODE.search(above))),
        "comma_above": float(above.endswith(",")),
        "paper_above": float(bool(_PAPER.search(above))),
    }
