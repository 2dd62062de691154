"""Which value of a sentence belongs to which property: cues, distance, and each value once."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from extraction.document.parsed_text import ParsedText
from extraction.document.structure import COLUMN_PAIR, KEY_VALUE, TABLE_PAIR, Entry, Span
from extraction.labels.labels import label_words
from extraction.labels.names_of_roles import JOB_END
from extraction.records.confidence import CUED, PROSE
from extraction.records.findings import Finding, leaf, value_finding
from extraction.rules.prose.cues import CueIndex, Hit, Wanted, Word, hits_in, words_of
from extraction.rules.prose.lexicon import WHO, Sort
from extraction.rules.prose.reading import name_at, name_before, read_words
from extraction.schema.kinds import Kind
from extraction.values import accept, dates, durations, in_running_text, names, numbers
from extraction.values.value import Value

_LEAST = 0.3
_GENERAL = 0.6
_REACH = 130  # code points behind a cue
_BACK = 70  # and before one
_SHORT_REACH = {Sort.NUMBER: 45, Sort.CODE: 24, Sort.PERCENT: 60}
_READ_AT_CUE = (Sort.PLACE, Sort.POST, Sort.PROPER, Sort.CLAUSE)
_LABELLED = (KEY_VALUE, COLUMN_PAIR, TABLE_PAIR)
_SHORT_FACT = 80  # a value this short is its label's; a longer one is prose in itself
_CODE = re.compile(
    r"[\s:#]*(?:(?:is|number|no\.?|nr\.?|n°|code|id|reference|ref\.?|lautet|under)\s+)*[:#]?\s*"
    r"(?P<code>(?:(?-i:[A-Z]{1,6})[ ])?(?=[\w/-]*\d)[A-Z0-9][\w/-]*(?:\.\d+)*(?:[ ]\d[\dA-Z-]+){0,5})",
    re.IGNORECASE,
)
_NAME_BEFORE = 12  # code points of a cue that may hold another half of its name
_COUNT = re.compile(r"\d{1,3}")
_COUNTED = re.compile(r"\s(?!(?:dated|of|from|vom|du|del|is|was|ist|and|und|et)\b)[^\W\d_A-Z]{3}")
_TURN = re.compile(r"\b(?:and|but|while|whereas|which|who|und|aber|et|mais|qui)\b")
_NEAR_WORDS = re.compile(
    r"[^\W\d_]*day,?|(?:Mon|Diens|Donners|Frei|Sams|Sonn)tag,?|Mittwoch,?|(?:lun|mar|mercre|jeu|vendre|same)di|dimanche|"
    r"noon|about|around|approximately|rund|etwa|environ|le|dem|den|des|den|the|a|an|up|to|mr|mrs|ms|dr|prof|herrn?|frau|"
    r"m|mme|professor|total|least",
    re.IGNORECASE,
)


_LOOSE = frozenset(
    ("of", "at", "with", "bei", "chez")
)  # they join much else than a job and an employer


@dataclass(frozen=True, slots=True)
class _Pair:
    score: float
    slot: int
    value: Value
    labelled: bool
    at: int


class _Sentence:
    """A sentence with its words, and its values once they are asked for."""

    def __init__(self, parsed: ParsedText, span: Span, entry: Entry) -> None:
        self.parsed = parsed
        self.text = parsed.text
        self.span = span
        self.entry = entry
        self.words: list[Word] = words_of(parsed.text, span.start, span.end)
        self.stems = {word.stem for word in self.words}
        self._values: dict[tuple[int, str], list[Value]] = {}
        self._taken = [
            (fact.value.start, fact.value.end)
            for fact in parsed.facts_in(span.start, span.end)
            if fact.how in _LABELLED and fact.value.end - fact.value.start <= _SHORT_FACT
        ]

    def values(self, wanted: Wanted) -> list[Value]:
        """Return the values in the sentence that a property could take."""
        key = (id(wanted.slot.prop), wanted.sort.value)
        found = self._values.get(key)
        if found is None:
            found = [v for v in self._read(wanted) if not self._is_labelled(v)]
            self._values[key] = found
        return found

    def _is_labelled(self, value: Value) -> bool:
        return any(first <= value.start < last for first, last in self._taken)

    def is_code(self, value: Value) -> bool:
        """Tell a code from what a label stands before, from a count, and from the beginning of a day or an amount."""
        start, end, ways = self.span.start, self.span.end, self.parsed.ways
        amounts = numbers.find_money(self.text, start, end, ways)
        counted = [
            *dates.find_dates(self.text, start, end, ways),
            *durations.find_durations(self.text, start, end),
            *(v for v in amounts if v.quality == 1.0),
        ]
        counts = _COUNT.fullmatch(str(value.value)) and _COUNTED.match(self.text, value.end, end)
        return not (counts or self._is_labelled(value) or _overlaps(value, counted))

    def _read(self, wanted: Wanted) -> list[Value]:
        prop, ways = wanted.slot.prop, self.parsed.ways
        start, end = self.span.start, self.span.end
        sort = wanted.sort
        if sort in (Sort.DATE, Sort.MOMENT, Sort.TIME):
            return self._accepted(wanted, self._when(sort))
        if sort is Sort.NUMBER:
            return self._accepted(wanted, self._counts())
        if sort is Sort.MONEY:
            found = numbers.find_money(self.text, start, end, ways)
            return self._accepted(wanted, [v for v in found if v.quality >= 0.9])
        if sort is Sort.DURATION:
            return self._accepted(wanted, durations.find_durations(self.text, start, end))
        if sort in WHO:
            found = [] if sort is Sort.PERSON else names.find_organisations(self.text, start, end)
            if sort is not Sort.BODY:
                people = names.find_persons(self.text, start, end)
                found += [p for p in people if p.quality >= 0.8 and not _overlaps(p, found)]
            return self._accepted(wanted, sorted(found, key=lambda v: v.start))
        if prop.kind in (Kind.TEXT, Kind.ADDRESS):
            return []
        found = in_running_text(prop, self.text, start, end, ways)
        return [v for v in found if v.quality >= 0.5]

    def _accepted(self, wanted: Wanted, found: list[Value]) -> list[Value]:
        return [kept for v in found if (kept := accept(wanted.slot.prop, v)) is not None]

    def _when(self, sort: Sort) -> list[Value]:
        start, end, ways = self.span.start, self.span.end, self.parsed.ways
        if sort is Sort.DATE:
            return dates.find_dates(self.text, start, end, ways)
        if sort is Sort.TIME:
            return dates.find_times(self.text, start, end)
        exact = dates.find_date_times(self.text, start, end, ways)
        days = dates.find_dates(self.text, self.entry.span.start, end, ways)
        found = list(exact)
        for time in dates.find_times(self.text, start, end):
            before = [day for day in days if day.end <= time.start]
            if before and not _overlaps(time, exact):  # "at 16:40 the same day"
                moment = f"{before[-1].value}T{time.value}:00"
                found.append(Value(moment, time.start, time.end, 0.7))
        return sorted(found, key=lambda v: v.start)

    def _counts(self) -> list[Value]:
        start, end, ways = self.span.start, self.span.end, self.parsed.ways
        when = dates.find_dates(self.text, start, end, ways)
        return [
            v for v in numbers.find_numbers(self.text, start, end, ways) if not _overlaps(v, when)
        ]


def _overlaps(value: Value, others: list[Value]) -> bool:
    return any(value.start < o.end and o.start < value.end for o in others)


def find_by_cues(parsed: ParsedText, index: CueIndex, span: Span, entry: Entry) -> list[Finding]:
    """Return what a sentence says of the properties that the index knows."""
    if not index.by_stem:
        return []
    sentence = _Sentence(parsed, span, entry)
    by_frame: dict[int, list[Hit]] = {}
    for hit in hits_in(index, sentence.words):
        by_frame.setdefault(hit.cue.frame, []).append(hit)
    found = []
    for number, hits in sorted(by_frame.items()):
        frame = index.frames[number]
        for pair in _assigned(sentence, index.wanted[number], hits):
            method = PROSE if pair.labelled else CUED
            found.append(
                value_finding(
                    frame.key, pair.slot, [leaf(pair.value, method, pair.score)],
                    at=pair.at, block=entry.block, section=entry.section, label=pair.score * 0.8,
                )
            )  # fmt: skip
    return found


def _assigned(sentence: _Sentence, wanted: dict[int, Wanted], hits: list[Hit]) -> list[_Pair]:
    pairs = [pair for hit in hits for pair in _pairs(sentence, wanted[hit.cue.slot], hit)]
    closer = {p.value.start for p in pairs if p.labelled and wanted[p.slot].marks}
    # "The next meeting will be held on" speaks of the next meeting's date, not of the date.
    pairs = [
        replace(p, score=p.score * _GENERAL)
        if p.value.start in closer and not wanted[p.slot].marks
        else p
        for p in pairs
    ]
    pairs.sort(key=lambda p: (-p.score, p.value.start, p.slot))
    kept: list[_Pair] = []
    filled: set[int] = set()
    for pair in pairs:
        many = wanted[pair.slot].slot.prop.many
        if pair.score < _LEAST or (pair.slot in filled and not many):
            continue
        if _overlaps(pair.value, [k.value for k in kept]):
            continue
        filled.add(pair.slot)
        kept.append(pair)
    return kept


def _pairs(sentence: _Sentence, wanted: Wanted, hit: Hit) -> list[_Pair]:
    strength = hit.cue.strength * _fit(sentence, wanted, hit)
    labelled = hit.cue.labelled
    found = []
    near = _within_reach(_candidates(sentence, wanted, hit), hit)
    for value in near:
        score = (
            strength * _closeness(sentence, wanted, hit, value, near) * (0.6 + 0.4 * value.quality)
        )
        if wanted.low or wanted.high:
            score *= _in_range(sentence, wanted, value)
        if score >= _LEAST:
            found.append(
                _Pair(
                    round(min(score, 1.0) * 20) / 20, wanted.slot.index, value, labelled, hit.start
                )
            )
    return found


def _within_reach(values: list[Value], hit: Hit) -> list[Value]:
    """Return the values about a cue; bounded, so that many cues and many values do not multiply."""
    return [v for v in values if hit.start - _BACK <= v.end and v.start <= hit.end + _REACH]


def _fit(sentence: _Sentence, wanted: Wanted, hit: Hit) -> float:
    """Rate how many of the words that tell the property from others the sentence holds."""
    alone = hit.cue.bare and not (wanted.own | wanted.marks) & sentence.stems
    others = wanted.marks - hit.cue.covers - set(hit.cue.phrase)
    if not others:
        return 0.75 if alone else 1.0
    return 0.6 + 0.4 * len(others & sentence.stems) / len(others)


def _candidates(sentence: _Sentence, wanted: Wanted, hit: Hit) -> list[Value]:
    text, end = sentence.text, sentence.span.end
    if wanted.sort is Sort.CODE and wanted.slot.prop.kind is Kind.IDENTIFIER:
        match = _CODE.match(text, hit.end, min(end, hit.end + 60))
        said = label_words(text[max(sentence.span.start, hit.start - _NAME_BEFORE) : hit.end])
        if match is None or sentence.parsed.speaks_of_another(said, wanted.own):
            return []
        code = Value(match["code"], match.start("code"), match.end("code"), 0.9)
        return [code] if sentence.is_code(code) else []
    if wanted.sort in _READ_AT_CUE:
        read = read_words(wanted.sort, text, hit.end, end) if hit.side != "before" else None
        return [v for v in (read,) if v is not None and accept(wanted.slot.prop, v)]
    if wanted.sort is Sort.OTHER and wanted.slot.prop.kind is Kind.TEXT:
        if not hit.cue.labelled or len(hit.cue.phrase) < 2:
            return []
        read = name_at(text, hit.end, end)
        return [read] if read else []
    found = sentence.values(wanted)
    if wanted.sort in (Sort.BODY, Sort.PARTY):
        found = [*found, *_unmarked_names(sentence, hit, found)]
    return found


def _unmarked_names(sentence: _Sentence, hit: Hit, known: list[Value]) -> list[Value]:
    """A body without a legal form is told by the cue that it stands directly beside."""
    found = []
    if hit.side != "before":
        found.append(name_at(sentence.text, hit.end, sentence.span.end))
    if hit.side != "after":
        found.append(name_before(sentence.text, sentence.span.start, hit.start))
    return [v for v in found if v and not _overlaps(v, known) and _is_name(v)]


def _is_name(value: Value) -> bool:
    """Tell a name from a word that has a capital for another reason; one word alone must look made up."""
    words = str(value.value).split()
    if len(words) == 1:
        return len(words[0]) > 2 and any(c.isupper() for c in words[0][1:]) and words[0].isalpha()
    return not names.is_common(words[0].casefold()) and words[0].isalpha()


def _closeness(
    sentence: _Sentence, wanted: Wanted, hit: Hit, value: Value, near: list[Value]
) -> float:
    sort, cue = wanted.sort, hit.cue
    if value.start >= hit.end:
        side, between = "after", sentence.text[hit.end : value.start]
    elif value.end <= hit.start:
        side, between = "before", sentence.text[value.end : hit.start]
    else:
        return 0.0
    if hit.side not in ("both", side):
        return 0.0
    reach = _SHORT_REACH.get(sort, _REACH if side == "after" else _BACK)
    if len(between) > reach:
        return 0.0
    if cue.near and _NEAR_WORDS.sub("", between).strip(" \n,.'’-:"):
        return 0.0
    listed = wanted.slot.prop.many and side == "after"
    rate = 1.0 if listed else 1.0 - len(between) / 200
    if side == "before" and hit.side == "both":
        rate *= 0.9 if sort in (Sort.DURATION, Sort.NUMBER, *WHO) else 0.75
    rate *= 0.5 ** between.count(";")
    if listed:
        return rate
    rate *= 0.93 ** between.count(",") * 0.88 ** len(_TURN.findall(between))
    if cue.near and sort in WHO and cue.phrase[-1] in _LOOSE:
        rate *= 1.3 if JOB_END.search(sentence.text, max(0, hit.start - 60), hit.start) else 0.7
    if sort not in _READ_AT_CUE:
        first, last = sorted(
            (
                hit.end if side == "after" else value.end,
                value.start if side == "after" else hit.start,
            )
        )
        rate *= 0.6 ** sum(first <= v.start and v.end <= last for v in near)
    return rate


def _in_range(sentence: _Sentence, wanted: Wanted, value: Value) -> float:
    """The lower of two figures that make a range is for a minimum, the higher for a maximum."""
    found = sentence.values(wanted)
    if len(found) < 2:
        return 0.8
    place = found.index(value) if value in found else 0
    return 1.15 if (place == 0) == wanted.low else 0.4
