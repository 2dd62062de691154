"""The values that a property could have, wherever they stand: one reader for each group of properties.

The name of a place or thing is told only by its place, behind the property's own words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from extraction.labels.labels import label_words
from extraction.labels.word_lists import any_of, words_of
from extraction.labels.words import tokens
from extraction.records.findings import BODY, PERSON
from extraction.records.ranking.cues import BREAK, Hit
from extraction.records.ranking.scene import REGISTERED, Scene
from extraction.records.ranking.sorts import Sort, sort_of
from extraction.schema.kinds import Kind
from extraction.schema.slots import Slot
from extraction.values import codes, dates, durations, numbers, phrases, registered
from extraction.values.value import Find, Value

_UP = r"A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĖĘĚĞĢĪĮİĶĹĽŁŃŇŌŐŒŔŘŚŞŠŢŤŪŮŰŲŹŻŽ"
_PROPER_WORD = rf"[{_UP}0-9][\w'’.&-]*(?<![.,])"
_JOIN = r"(?:of|the|and|&|de|du|des|la|le|der|die|das|von|van|am|an|und|et)"
_PROPER = (
    rf"[{_UP}][\w'’&-]*(?:[ \n](?:{_JOIN}[ \n](?={_JOIN}?[ \n]?[{_UP}0-9]))*{_PROPER_WORD}){{0,6}}"
)
_LEAD = re.compile(  # not over a wide gap: behind it stands another cell
    r"(?:[:,\n]|[ ](?! ))*(?:(?:is|was|are|were|be|been|being|by|in|at|im|am|à|au|as|als|the|a|an|our|its|their|his|"
    r"her|der|die|das|dem|den|des|le|la|les|ist|war|est|était|that|of|to)\s+|(?:l|d)['’])*"
)
_PLACE = re.compile(
    rf"(?:{_PROPER})(?:,[ \n](?:{_PROPER})(?![\w'’]*[ \n](?:is|was|has|will|said)\b)(?=[,.;)\n ]|$)){{0,2}}"
)
_NAME = re.compile(_PROPER)
_THING = re.compile(rf"(?:{_PROPER})(?:[ \n][a-zà-ÿ][\w-]{{2,}}){{0,2}}(?=\s*[,.;\n)]|$)")
_MONTHS = re.compile(rf"(?i:{any_of(words_of('month') | words_of('weekday'))})\b")


def read_words(sort: Sort, text: str, start: int, end: int) -> Value | None:
    """Return the words of a sort that stand directly behind a cue."""
    lead = _LEAD.match(text, start, end)
    at = lead.end() if lead else start
    if sort is Sort.PLACE:
        return _matched(_PLACE, text, at, end, 0.8)
    return _matched(_THING, text, at, end, 0.8) or _matched(_NAME, text, at, end, 0.7)


def _matched(
    pattern: re.Pattern[str], text: str, start: int, end: int, quality: float
) -> Value | None:
    match = pattern.match(text, start, min(end, start + 120))
    if match is None or _MONTHS.match(match[0]):
        return None
    end = match.start() + len(match[0].rstrip(" ,.;:\n"))
    value = " ".join(text[match.start() : end].split())
    return Value(value, match.start(), end, quality) if len(value) > 1 else None


_HEAD_LINES = 12  # in which a paper says what it is and where it comes from
_ADDRESS_LINES = 5
_SENDER_LINES = 6
_LONGEST_LINE = 80
_TITLE_LINE = 120
_LEAST_CHOICE = 3
_AFTER_CUE = 60  # code points behind a cue in which its code or number stands
_BEFORE_CUE = 40
_SENTENCE = 400
_CODE = re.compile(
    r"[\s:#]*(?:(?:is|number|no\.?|nr\.?|n°|code|id|reference|ref\.?|lautet|under)\s+)*[:#]?\s*"
    r"(?P<code>(?:(?-i:[A-Z]{1,6})[ ])?(?=[\w/-]*\d)[A-Z0-9][\w/-]*(?:\.\d+)*(?:[ ]\d[\dA-Z-]+){0,5})",
    re.IGNORECASE,
)

# A line with one is no address, and it is no code.
_PRICE = re.compile(r"\d[\d.,]*(?:[.,]\d\d\b(?![.\w/-])|\s?%)")
_COUNTED = re.compile(
    r"\d{1,3}\s(?!(?:dated|of|from|vom|du|del|is|was|ist|and|und|et)\b)[^\W\d_A-Z]{3}"
)  # `3 days`

# `3 Other income`: the number of a box or an item.
_NUMBERED = re.compile(r"\(?\d{1,2}[a-z]?[.)]?\s+[A-Z][a-z]")

Reader = Callable[[Scene, Slot, Sequence[Hit]], Iterator[Value]]
_ByForm = Callable[[str, int, int], list[Value]]


def _with_ways(find: Find, least: float = 0.0) -> Reader:
    def read(scene: Scene, _slot: Slot, _hits: Sequence[Hit]) -> Iterator[Value]:
        found = find(scene.text, 0, len(scene.text), scene.parsed.ways)
        yield from (value for value in found if value.quality >= least)

    return read


def _by_form(find: _ByForm) -> Reader:
    def read(scene: Scene, _slot: Slot, _hits: Sequence[Hit]) -> Iterator[Value]:
        yield from find(scene.text, 0, len(scene.text))

    return read


def _numbers(scene: Scene, _: Slot, hits: Sequence[Hit]) -> Iterator[Value]:
    for hit in hits:
        first, last = max(0, hit.start - _BEFORE_CUE), hit.end + _AFTER_CUE
        for value in numbers.find_numbers(scene.text, first, last, scene.parsed.ways):
            line = scene.lines[scene.line_of(value.start)]
            if (
                not _NUMBERED.match(scene.text, line.start, line.end)
                or value.start > line.start + 1
            ):
                yield value


def _codes(scene: Scene, _slot: Slot, hits: Sequence[Hit]) -> Iterator[Value]:
    for hit in hits:
        said = label_words(scene.text[hit.start : hit.end])
        match = _CODE.match(scene.text, hit.end, hit.end + _AFTER_CUE)
        if (
            match is None
            or _COUNTED.match(scene.text, match.start("code"))
            or _PRICE.match(scene.text, match.start("code"))
        ):
            continue
        if not scene.parsed.speaks_of_another(said, scene.draft.frame.own):
            yield Value(match["code"], match.start("code"), match.end("code"), 0.9)


def _words(scene: Scene, slot: Slot, hits: Sequence[Hit]) -> Iterator[Value]:
    sort = sort_of(slot.prop, scene.draft.frame.type.name)
    for hit in hits:
        stop = BREAK.search(scene.text, hit.end, hit.end + _SENTENCE)
        end = stop.start() + 1 if stop else min(len(scene.text), hit.end + _SENTENCE)
        found = read_words(sort, scene.text, hit.end, end)
        if found is not None:
            yield found


_FORMS: Mapping[Kind, _ByForm] = {
    Kind.EMAIL: codes.find_emails,
    Kind.URL: codes.find_urls,
    Kind.PHONE: registered.find_phones,
    Kind.IBAN: registered.find_ibans,
    Kind.TAX_NUMBER: registered.find_tax_numbers,
}


def _forms(scene: Scene, slot: Slot, hits: Sequence[Hit]) -> Iterator[Value]:
    yield from _by_form(_FORMS[slot.prop.kind])(scene, slot, hits)


def _people(scene: Scene, _slot: Slot, _hits: Sequence[Hit]) -> Iterator[Value]:
    yield from scene.named(PERSON)


def _bodies(scene: Scene, slot: Slot, _: Sequence[Hit]) -> Iterator[Value]:
    yield from scene.named(BODY)
    if sort_of(slot.prop, scene.draft.frame.type.name) is not Sort.BODY:
        yield from scene.named(PERSON)


def _senders(scene: Scene, _slot: Slot, _hits: Sequence[Hit]) -> Iterator[Value]:
    """Yield bodies, and the first lines: whoever sends a paper stands at its top."""
    yield from scene.named(BODY)
    for number in range(_SENDER_LINES):
        words = scene.line(number).strip(" *#_|")
        if 2 < len(words) <= _LONGEST_LINE and label_words(words)[-1:] != ("number",):
            first = scene.text.index(words, scene.lines[number].start)
            for name in dict.fromkeys((words, REGISTERED.sub("", words))):
                yield Value(" ".join(name.split()), first, first + len(name), 0.5)


def _addresses(scene: Scene, _slot: Slot, _hits: Sequence[Hit]) -> Iterator[Value]:
    """Yield each run of lines at the top."""
    lines = scene.lines[:_HEAD_LINES]
    for first, line in enumerate(lines):
        for last in lines[first : first + _ADDRESS_LINES]:
            if _PRICE.search(scene.text, last.start, last.end):
                break
            if "\n\n" not in scene.text[line.start : last.end]:
                yield from phrases.whole_address(scene.text, line.start, last.end)


def _choices(scene: Scene, slot: Slot, _: Sequence[Hit]) -> Iterator[Value]:
    """Yield each choice where it stands, and the lines at the top that have most of a choice's words."""
    choices = tuple(c for c in slot.prop.enum if len(str(c)) >= _LEAST_CHOICE)
    yield from phrases.find_choice(choices, scene.text, 0, len(scene.text))
    for line in scene.lines[:_HEAD_LINES]:
        said = set(tokens(scene.text[line.start : line.end][:_TITLE_LINE]))
        for choice in choices:
            words = set(tokens(str(choice)))
            if len(words) > 1 and len(words & said) * 2 > len(words):
                yield Value(choice, line.start, line.end, 0.5 * len(words & said) / len(words))


READERS: Mapping[str, Reader] = {
    "date": _with_ways(dates.find_dates),
    "moment": _with_ways(dates.find_date_times),
    "time": _by_form(dates.find_times),
    "money": _with_ways(numbers.find_money, least=0.9),
    "number": _numbers,
    "percent": _with_ways(numbers.find_percentages, least=0.9),
    "duration": _by_form(durations.find_durations),
    "code": _codes,
    "words": _words,
    "form": _forms,
    "person": _people,
    "body": _bodies,
    "sender": _senders,
    "address": _addresses,
    "choice": _choices,
}
