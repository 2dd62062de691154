"""How long a contract runs, is renewed, binds after its end, and with what notice it can be ended."""

from __future__ import annotations

import re
from functools import lru_cache

from extraction.document.parsed_text import ParsedText
from extraction.document.structure import Entry
from extraction.labels.words import plain_words
from extraction.records.confidence import CUE
from extraction.records.findings import Finding, leaf, unlabelled
from extraction.rules.binding import sentences
from extraction.schema.frames import Frame
from extraction.schema.kinds import Kind
from extraction.schema.slots import Slot
from extraction.values import accept
from extraction.values.durations import find_durations, iso_duration
from extraction.values.value import Value

TERM, NOTICE, SURVIVAL, RENEWAL = "term", "notice", "survival", "renewal"
_LENGTHS = frozenset("term period duration length days months years of in the".split())
_CONTRACTS = frozenset("agreement contract lease licence license initial nda".split())
_OF_NOTICE = frozenset("termination terminate prior written cancellation required minimum".split())
_OF_SURVIVAL = frozenset(
    "survival confidentiality nondisclosure obligation obligations post".split()
)
_UNITS = {"days": "D", "months": "M", "years": "Y"}

_ENDS = re.compile(r"\b(?:terminat|cancel|rescind|end(?:ed|s)?\b|determin)", re.IGNORECASE)
_NOTICE_BEHIND = re.compile(
    r"[’']?s?[’']?,?\s+(?:(?:prior|advance|previous|written|in|formal|or|of|other|the)\s+|"
    r"(?:more|longer)\s+){0,4}notice\b",
    re.IGNORECASE,
)
_NOTICE_BEFORE = re.compile(
    r"\bnotice\b[^.;]{0,60}\b(?:at\s+least|not\s+less\s+than)\s+$", re.IGNORECASE
)
_RENEWS = re.compile(
    r"\b(?:renew\w*|extend\w*)\b[^.;]{0,90}$|\b(?:successive|additional|consecutive)\s+$",
    re.IGNORECASE,
)
_BEFORE_END = re.compile(r"[’']?s?\s+(?:prior\s+to|before|in\s+advance)\b", re.IGNORECASE)
_SURVIVES = re.compile(
    r"\bsurviv\w*\b[^.;]{0,160}$"
    r"|\b(?:confidential\w*|non-?disclosure|obligations?|duty|duties)\b[^.;]{0,200}"
    r"\b(?:continue|remain|last|bind\w*|effect|force|for\s+a\s+period\s+of|for)\b[^.;]{0,80}$",
    re.IGNORECASE,
)
_AFTERWARDS = re.compile(
    r"\s+(?:after|following|from|beyond|thereafter)\b[^.;]{0,60}\b(?:terminat|expir|disclos|end\b|receipt|return)"
    r"|\s+thereafter\b",
    re.IGNORECASE,
)
_KEEPS = re.compile(r"\b(?:confidential|surviv|non-?disclos|secre)", re.IGNORECASE)
_RUNS = re.compile(
    r"\b(?:initial|original|primary)\s+(?:term|period)\b[^.;]{0,60}$"
    r"|\b(?:term|duration)\s+of\s+(?:this|the)\s+\w+[^.;]{0,40}\b(?:is|be|for|of|commence\w*|begin\w*)\b[^.;]{0,80}$"
    r"|\b(?:agreement|lease|contract|licen[cs]e|engagement|employment)\b[^.;]{0,90}\b(?:continues?|remains?|effect|"
    r"force|effective|runs?|lasts?|terminates?|expires?|concluded|granted|employ\w*)\b[^.;]{0,50}$"
    r"|\b(?:agreement|lease|contract|licen[cs]e|employ\w*|engag\w*)\b[^.;]{0,90}\bfor\s+a\s+(?:fixed\s+)?"
    r"(?:term|period)\s+of\s+$",
    re.IGNORECASE,
)
_NO_TERM = re.compile(
    r"\b(?:within|notice|default|breach|cure|unpaid|invoice|least|each|every|prior|past|preceding|after\s+such)\b"
    r"[^.;]{0,60}$",
    re.IGNORECASE,
)
_SAYS_LENGTH = re.compile(r"(?:year|month|day|week)s?\b")
_LONG = re.compile(r"P(?:\d+Y)?(?:\d+M)?|P\d+W")  # a contract runs for no days
_WHOLE = 240  # code points before a length in which it is said what it is of


def find_contract_periods(parsed: ParsedText, start: int, end: int) -> list[Finding]:
    """Return the lengths of time that sentences give a contract, for types that ask for them."""
    wanted = _wanted(parsed.frames)
    found: list[Finding] = []
    for entry in parsed.entries_in(start, end) if wanted else ():
        if _SAYS_LENGTH.search(parsed.text, entry.span.start, entry.span.end):
            found += _in_entry(parsed, entry, wanted)
    return found


def _in_entry(
    parsed: ParsedText, entry: Entry, wanted: tuple[tuple[Frame, Slot, str], ...]
) -> list[Finding]:
    found: list[Finding] = []
    asked = {what for _, _, what in wanted}
    lengths = find_durations(parsed.text, entry.span.start, entry.span.end)
    if not lengths:
        return []
    for sentence in sentences(parsed.text, entry.span.start, entry.span.end):
        for length in lengths:
            if not sentence.start <= length.start < sentence.end:
                continue
            what = _is_of(parsed.text, sentence.start, sentence.end, length)
            for frame, slot, wants in wanted if what in asked else ():
                value = _as(slot, length) if wants == what else None
                if value is not None:
                    found.append(unlabelled(frame, slot, leaf(value, CUE), entry))
    return found


def _is_of(text: str, start: int, end: int, length: Value) -> str | None:
    """Return what a length of time in a sentence is of."""
    before = text[max(start, length.start - _WHOLE) : length.start]
    sentence = text[start:end]
    behind = text[length.end : min(end, length.end + 90)]
    if _NOTICE_BEHIND.match(behind) or _NOTICE_BEFORE.search(before):
        return NOTICE if _ENDS.search(sentence) and not _RENEWS.search(before) else None
    if _BEFORE_END.match(behind):
        return None
    if _RENEWS.search(before):
        return RENEWAL
    if _KEEPS.search(sentence) and (_SURVIVES.search(before) or _AFTERWARDS.match(behind)):
        return SURVIVAL
    long = _LONG.fullmatch(iso_duration(" ".join(str(length.value).split())) or "")
    if _RUNS.search(before) and long and not (_NO_TERM.search(before) or _AFTERWARDS.match(behind)):
        return TERM
    return None


@lru_cache(maxsize=8)
def _wanted(frames: tuple[Frame, ...]) -> tuple[tuple[Frame, Slot, str], ...]:
    """Return the properties for lengths of time of a contract, each with what it is of."""
    kinds = (Kind.TEXT, Kind.DURATION, Kind.INTEGER, Kind.NUMBER)
    return tuple(
        (frame, slot, what)
        for frame in frames
        for slot in (() if frame.is_part else frame.slots)
        if slot.prop.kind in kinds and not slot.prop.many and (what := _asks(slot))
    )


def _asks(slot: Slot) -> str | None:
    words = set(plain_words(slot.path[-1]))
    rest = words - _LENGTHS - _CONTRACTS
    if "notice" in words:
        return NOTICE if rest <= _OF_NOTICE | {"notice"} and words != {"notice"} else None
    if rest & {"survival", "confidentiality"}:
        return SURVIVAL if rest <= _OF_SURVIVAL and words & _LENGTHS else None
    if "renewal" in words:
        return RENEWAL if rest == {"renewal"} and words & _LENGTHS else None
    called = words & {"term", "duration"} or (words & _CONTRACTS and "period" in words)
    return TERM if called and not rest else None


def _as(slot: Slot, length: Value) -> Value | None:
    """Return a length as a property takes it: in words, or as the number of its own unit."""
    if slot.prop.kind in (Kind.TEXT, Kind.DURATION):
        words = " ".join(str(length.value).split())
        return accept(slot.prop, length._replace(value=words, quality=0.95))
    units = {letter for word, letter in _UNITS.items() if word in plain_words(slot.path[-1])}
    counted = re.fullmatch(r"P(\d+)([DMY])", iso_duration(str(length.value)) or "")
    if counted is None or counted[2] not in units:
        return None
    return accept(slot.prop, length._replace(value=int(counted[1]), quality=0.95))
