"""Candidates for a property that no label named: every value of its sort in the document, and what speaks for each.

What speaks for a value is a few figures that anyone can read (`FEATURES`). How much each counts is fitted on labelled
documents of several hands, by sort of value (`records.ranker`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from extraction.document.structure import KEY_VALUE, TABLE_PAIR
from extraction.labels.words import tokens
from extraction.records.drafts import name_key
from extraction.records.scene import Scene
from extraction.rules.prose.cues import Hit, Wanted
from extraction.rules.prose.lexicon import Sort
from extraction.rules.prose.people import signature
from extraction.rules.prose.reading import read_words
from extraction.schema.kinds import Kind
from extraction.values import accept, codes, dates, durations, names, numbers, phrases, registered
from extraction.values.value import Value

_HEAD_LINES = 12
_LONGEST_RUN = 5  # lines of an address
_SENDER_LINES = 6
_LONGEST_LINE = 80
_TITLE_LINE = 120
_LEAST_CHOICE = 3
_BACK, _AHEAD = 70, 130  # code points that a cue reaches
_BREAK = re.compile(r"\n\s*\n|[.!?;]\s+(?=[A-ZÀ-Þ])")
_CONTACT = re.compile(
    r"(?i)\b(?:tel|phone|fax|mobile|e-?mail|www|https?|gst|vat|ust|tax|reg|iban|bic|date|datum|invoice|receipt|cash|bill)\b"
    r"|[@]|\d{3}[- ]\d{4}|: "
)
_PAPER = re.compile(
    r"(?i)\b(?:copy|original|duplicate|invoice|receipt|bill|tax|statement|order|welcome|thank|page|date|table|quotation|"
    r"report|form|notice|letter|rechnung|facture|factura|fattura|quittung|beleg)\b|[:=*#]{2}|^\W+$"
)
_REGISTERED = re.compile(r"\s*\((?=[^()]*\d)[^()]{3,30}\)$")  # the number of a company behind its name
_POSTCODE = re.compile(r"\b\d{4,6}\b|\b[A-Z]{1,2}\d[\dA-Z]? ?\d[A-Z]{2}\b")
_STREET = re.compile(
    r"(?i)\b(?:no|lot|unit|street|st|road|rd|avenue|ave|lane|suite|floor|flr|block|jalan|jln|straße|strasse|str|platz|"
    r"weg|rue|place|via|calle|plaza|box|drive|way|square|blvd|park|house)\b\.?|\b\d{1,5}[a-zA-Z]?,? [A-ZÀ-Þ]"
)
_CODE = re.compile(
    r"[\s:#]*(?:(?:is|number|no\.?|nr\.?|n°|code|id|reference|ref\.?|lautet|under)\s+)*[:#]?\s*"
    r"(?P<code>(?:(?-i:[A-Z]{1,6})[ ])?(?=[\w/-]*\d)[A-Z0-9][\w/-]*(?:\.\d+)*(?:[ ]\d[\dA-Z-]+){0,5})",
    re.IGNORECASE,
)
_BEHIND_CUE = (Sort.PLACE, Sort.POST, Sort.PROPER, Sort.CLAUSE)
_RECEIVERS = frozenset(
    "customer deliver_to delivery shipping ship recipient consignee client buyer payer billing bill sold attention to".split()
)

FEATURES = (
    "bias", "quality", "alone", "share", "only", "alone_only", "taken", "foreign", "label", "cue", "said", "cue_other",
    "top", "line0", "line1", "line2", "head", "tail", "first", "last", "largest", "repeated", "whole_line", "in_table",
    "upper", "digits", "legal", "receiver", "names_type", "many_types", "paper", "registered", "street",
    "street_first", "postcode", "postcode_last", "lines", "contact_inside", "contact_below", "gap_below",
    "street_below", "paper_below", "comma_last", "legal_first", "legal_above", "registered_above", "street_above",
    "comma_above", "paper_above",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value that a property may have, and what speaks for and against it."""

    slot: int
    group: str
    value: Value
    features: Mapping[str, float]


def candidates_for(
    scene: Scene, wanted: Wanted, rivals: int, hits: Mapping[int, Sequence[Hit]], group: str
) -> list[Candidate]:
    """Return the candidates for a property.

    Args:
        scene: the document.
        wanted: the property.
        rivals: how many properties of its sort are open, itself among them.
        hits: the cues in the text, by property.
        group: whose weights count.
    """
    slot = wanted.slot
    read = _READERS.get(group) or _READERS["form"]
    values: dict[tuple[int, int], Value] = {}
    for value in read(scene, wanted, hits.get(slot.index, ())):
        kept = accept(slot.prop, value)
        if kept is not None:
            values.setdefault((kept.start, kept.end), kept)
    found = sorted(values.values(), key=lambda v: (v.start, v.end))
    distinct = len({str(v.value).casefold() for v in found})
    return [
        Candidate(slot.index, group, v, _features(scene, wanted, v, found, distinct, rivals, hits, group))
        for v in found
    ]


# Reading values


def _whole(find: Callable[..., list[Value]], *, ways: bool = True, least: float = 0.0):  # type: ignore[no-untyped-def]
    def read(scene: Scene, wanted: Wanted, _: Sequence[Hit]) -> Iterator[Value]:
        extra = (scene.parsed.ways,) if ways else ()
        yield from (v for v in find(scene.text, 0, len(scene.text), *extra) if v.quality >= least)

    return read


def _near_cues(find: Callable[..., list[Value]]):  # type: ignore[no-untyped-def]
    def read(scene: Scene, wanted: Wanted, hits: Sequence[Hit]) -> Iterator[Value]:
        for hit in hits:
            stop = min(len(scene.text), hit.end + 60)
            yield from find(scene.text, max(0, hit.start - 40), stop, scene.parsed.ways)

    return read


def _codes(scene: Scene, wanted: Wanted, hits: Sequence[Hit]) -> Iterator[Value]:
    for hit in hits:
        match = _CODE.match(scene.text, hit.end, min(len(scene.text), hit.end + 60))
        if match is not None:
            yield Value(match["code"], match.start("code"), match.end("code"), 0.9)


def _behind_cues(scene: Scene, wanted: Wanted, hits: Sequence[Hit]) -> Iterator[Value]:
    for hit in hits:
        if hit.side != "before":
            stop = _end_of_sentence(scene.text, hit.end)
            found = read_words(wanted.sort, scene.text, hit.end, stop)
            if found is not None:
                yield found


def _end_of_sentence(text: str, start: int) -> int:
    found = _BREAK.search(text, start, min(len(text), start + 400))
    return found.start() + 1 if found else min(len(text), start + 400)


_FORMS: Mapping[Kind, Callable[[str, int, int], list[Value]]] = {
    Kind.EMAIL: codes.find_emails,
    Kind.URL: codes.find_urls,
    Kind.PHONE: registered.find_phones,
    Kind.IBAN: registered.find_ibans,
    Kind.TAX_NUMBER: registered.find_tax_numbers,
}


def _forms(scene: Scene, wanted: Wanted, _: Sequence[Hit]) -> Iterator[Value]:
    find = _FORMS.get(wanted.slot.prop.kind)
    if find is not None:
        yield from find(scene.text, 0, len(scene.text))


def _named(scene: Scene, what: str) -> Iterator[Value]:
    for mention in scene.mentions:
        if mention["what"] == what:
            value, start, end = mention["leaf"][:3]
            yield Value(value, start, end, min(1.0, mention["leaf"][3] / 0.72))


def _people(scene: Scene, wanted: Wanted, _: Sequence[Hit]) -> Iterator[Value]:
    yield from _named(scene, "person")
    signed = signature(scene.text)
    if signed is not None:
        yield signed


def _bodies(scene: Scene, wanted: Wanted, _: Sequence[Hit]) -> Iterator[Value]:
    yield from _named(scene, "organisation")
    if wanted.sort is not Sort.BODY:
        yield from _named(scene, "person")


def _senders(scene: Scene, wanted: Wanted, _: Sequence[Hit]) -> Iterator[Value]:
    """Yield bodies, and the first lines: whoever sends a paper stands at its top."""
    yield from _named(scene, "organisation")
    for span in scene.lines[:_SENDER_LINES]:
        words = scene.text[span.start : span.end].strip(" *#_|")
        if 2 < len(words) <= _LONGEST_LINE:
            first = scene.text.index(words, span.start)
            bare = _REGISTERED.sub("", words)
            for name in {words: 0, bare: 0}:
                yield Value(" ".join(name.split()), first, first + len(name), 0.5)


def _addresses(scene: Scene, wanted: Wanted, _: Sequence[Hit]) -> Iterator[Value]:
    yield from phrases.find_addresses(scene.text, 0, len(scene.text))
    lines = scene.lines[:_HEAD_LINES]
    for first in range(len(lines)):
        for last in range(first, min(first + _LONGEST_RUN, len(lines))):
            start, end = lines[first].start, lines[last].end
            if "\n\n" not in scene.text[start:end]:
                yield from phrases.whole_address(scene.text, start, end)


def _choices(scene: Scene, wanted: Wanted, _: Sequence[Hit]) -> Iterator[Value]:
    choices = [c for c in wanted.slot.prop.enum if len(str(c)) >= _LEAST_CHOICE]
    yield from phrases.find_choice(tuple(choices), scene.text, 0, len(scene.text))
    for span in scene.lines[:_HEAD_LINES]:
        said = set(tokens(scene.text[span.start : span.end][:_TITLE_LINE]))
        for choice in choices:
            words = set(tokens(str(choice)))
            if len(words) > 1 and len(words & said) * 2 > len(words):
                yield Value(choice, span.start, span.end, 0.5 * len(words & said) / len(words))


_Reader = Callable[[Scene, Wanted, Sequence[Hit]], Iterator[Value]]
_READERS: Mapping[str, _Reader] = {
    "date": _whole(dates.find_dates),
    "moment": _whole(dates.find_date_times),
    "time": _whole(dates.find_times, ways=False),
    "money": _whole(numbers.find_money, least=0.9),
    "number": _near_cues(numbers.find_numbers),
    "percent": _whole(numbers.find_percentages, least=0.9),
    "duration": _whole(durations.find_durations, ways=False),
    "code": _codes,
    "words": _behind_cues,
    "form": _forms,
    "person": _people,
    "body": _bodies,
    "sender": _senders,
    "address": _addresses,
    "choice": _choices,
}


# What speaks for them


def _features(
    scene: Scene,
    wanted: Wanted,
    value: Value,
    found: Sequence[Value],
    distinct: int,
    rivals: int,
    hits: Mapping[int, Sequence[Hit]],
    group: str,
) -> dict[str, float]:
    text = scene.text
    number = scene.line_of(value.start)
    line = scene.lines[number] if scene.lines else None
    quote = text[value.start : value.end]
    own, said = _cue(text, hits.get(wanted.slot.index, ()), value)
    other = max(
        (_cue(text, h, value)[0] for slot, h in hits.items() if slot != wanted.slot.index),
        default=0.0,
    )
    taken = {
        (leaf[1], leaf[2]): str(leaf[0])
        for leaves in scene.draft.slots.values()
        for leaf in leaves
    }
    is_taken = any(value.start < end and start < value.end for start, end in taken) or (
        name_key(str(value.value)) in {name_key(t) for t in taken.values()}
    )
    facts = [f for f in scene.facts_about(value.start, value.end) if f.how in (KEY_VALUE, TABLE_PAIR)]
    rates = [scene.rate(f.label, wanted.slot.index) for f in facts]
    amounts = [v.value for v in found if isinstance(v.value, int | float)]
    same = sum(str(v.value).casefold() == str(value.value).casefold() for v in found)
    made = {
        "bias": 1.0,
        "quality": value.quality,
        "alone": float(distinct == 1),
        "share": 1.0 / distinct,
        "only": float(rivals == 1),
        "alone_only": float(distinct == 1 and rivals == 1),
        "taken": float(is_taken),
        "foreign": float(bool(facts) and max(rates) < 0.3),
        "label": max(rates, default=0.0),
        "cue": own,
        "said": said,
        "cue_other": other,
        "top": 1.0 / (1 + number),
        "line0": float(number == 0),
        "line1": float(number == 1),
        "line2": float(number == 2),
        "head": float(value.start < 300),
        "tail": float(value.start > 0.8 * len(text)),
        "first": float(value is found[0]),
        "last": float(value is found[-1]),
        "largest": float(bool(amounts) and value.value == max(amounts)),
        "repeated": math.log(same),
        "whole_line": float(line is not None and value.end - value.start >= 0.85 * (line.end - line.start)),
        "in_table": float(scene.in_table(value.start)),
        "upper": float(quote.isupper()),
        "digits": sum(c.isdigit() for c in quote) / max(1, len(quote)),
        "legal": float(isinstance(value.value, str) and names.is_organisation(quote)),
        "receiver": float(any(_RECEIVERS.intersection(tokens(f.label)) for f in facts)),
        "names_type": float(scene.names_type(quote)),
        "many_types": float(scene.types > 1),
    }
    if wanted.sort is Sort.ADDRESS or group == "sender":
        made |= _of_lines(scene, value, quote)
    return {name: figure for name, figure in made.items() if figure}


def _of_lines(scene: Scene, value: Value, quote: str) -> dict[str, float]:
    """What tells a name or an address at the top of a paper: its own lines, and those above and below."""
    rows = quote.split("\n")
    number, after = scene.line_of(value.start), scene.line_of(value.end - 1) + 1
    above = scene.line(number - 1)
    below = scene.line(after)
    gap = not below or "\n\n" in scene.text[value.end : scene.lines[after].start + 1]
    return {
        "paper": float(bool(_PAPER.search(quote))),
        "registered": float(bool(_REGISTERED.search(quote))),
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
        "registered_above": float(bool(_REGISTERED.search(above) or _CONTACT.search(above))),
        "street_above": float(bool(_STREET.search(above) or _POSTCODE.search(above))),
        "comma_above": float(above.endswith(",")),
        "paper_above": float(bool(_PAPER.search(above))),
    }


def _cue(text: str, hits: Sequence[Hit], value: Value) -> tuple[float, float]:
    """Return how strongly a property's own words, and what people say instead, stand about a value."""
    best = [0.0, 0.0]
    for hit in hits:
        if value.start >= hit.end:
            side, first, last, reach = "after", hit.end, value.start, _AHEAD
        elif value.end <= hit.start:
            side, first, last, reach = "before", value.end, hit.start, _BACK
        else:
            continue
        if last - first > reach or hit.side not in ("both", side):
            continue
        between = text[first:last]
        if _BREAK.search(between) or (hit.cue.near and len(between.split()) > 2):
            continue
        rate = hit.cue.strength * (1 - len(between) / (reach + 40)) * 0.75 ** between.count("\n")
        rate *= 0.75 if side == "before" and hit.side == "both" else 1.0
        at = 0 if hit.cue.labelled else 1
        best[at] = max(best[at], rate)
    return max(best), best[1]
