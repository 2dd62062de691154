"""Who signed a paper: `/s/ Jane Doe`, with the name and title printed below."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from extraction.document.parsed_text import ParsedText
from extraction.labels.word_lists import any_of, words_of
from extraction.labels.words import plain_words
from extraction.records.confidence import CUE
from extraction.records.findings import Finding, ObjectFinding, leaf, unlabelled
from extraction.schema.frames import Frame
from extraction.schema.slots import Slot
from extraction.values.value import Value

_SIGNED = re.compile(
    r"/\s?[sS]\s?/\s*(?P<name>[^\W\d_][^\n|/:;]{2,50}?)"
    r"(?=\s{2,}|\s*[\n|:;]|\s+(?:By|Name|Title|Its|Date)\b|\s*$)"
)
_TITLED = re.compile(r"\b(?:Title|Its)\s*:\s*(?:\|\s*)?(?P<title>[^\W\d_][^\n|:]{1,80})")
_JOB = re.compile(rf"\b{any_of(words_of('job'))}\b", re.IGNORECASE)
_PRINTED = re.compile(r"[\s|]*(?P<name>[^\n|,]{3,50})(?:,[ ]|[\s|]+)(?P<title>[^\n|:]{2,80})")
_REACH = 400  # code points of a signature
_CALLED = frozenset("signatory signatories signature signatures signer signers signed".split())
_TITLES = frozenset("title role position capacity".split())


def find_signatures(parsed: ParsedText, start: int, end: int) -> list[Finding]:
    """Return who signed, for types that list signatories."""
    wanted = _wanted(parsed.frames)
    found: list[Finding] = []
    for who, title in _signed(parsed.text) if wanted else ():
        if not start <= who.start < end:
            continue
        for frame, slot in wanted:
            name = leaf(who, CUE)
            if not frame.is_part:
                found.append(unlabelled(frame, slot, name))
                continue
            slots = {slot.index: [name]}
            if title is not None:
                slots |= {s.index: [leaf(title, CUE)] for s in frame.slots if s.path[-1] in _TITLES}
            last = title.end if title is not None else who.end
            found.append(ObjectFinding(frame.key, slots, who.start, last, -1, -1, CUE))
    return found


@lru_cache(maxsize=8)
def _wanted(frames: tuple[Frame, ...]) -> tuple[tuple[Frame, Slot], ...]:
    """Return the properties for the names of those who signed: of rows, and in lists."""
    found = []
    for frame in frames:
        if frame.is_part:
            named = [s for s in frame.slots if "name" in plain_words(s.path[-1])]
            if named and not _CALLED.isdisjoint(plain_words(frame.prefix[-1])):
                found.append((frame, named[0]))
        else:
            found += [
                (frame, slot)
                for slot in frame.slots
                if slot.prop.many and not _CALLED.isdisjoint(plain_words(slot.path[-1]))
            ]
    return tuple(found)


@lru_cache(maxsize=1)
def _signed(text: str) -> tuple[tuple[Value, Value | None], ...]:
    """Return who signed, each with the title printed below. All types of a document ask for the same."""
    signs = list(_SIGNED.finditer(text))
    found: list[tuple[Value, Value | None]] = []
    for group in _groups(text, signs):
        last = group[-1].end()
        following = next((s.start() for s in signs if s.start() > last), len(text))
        end = min(following, last + _REACH)
        titles = [_stripped(match, "title") for match in _TITLED.finditer(text, last, end)]
        if len(titles) != len(group):
            titles = []
        for number, sign in enumerate(group):
            name = _stripped(sign, "name")
            title = titles[number] if titles else None
            found.append((name, title or (_below(text, sign, end) if len(group) == 1 else None)))
    return tuple(found)


def _groups(text: str, signs: list[re.Match[str]]) -> Iterator[list[re.Match[str]]]:
    """Yield signatures that stand side by side, which have their titles below them together."""
    group: list[re.Match[str]] = []
    for sign in signs:
        if group and "\n" in text[group[-1].end() : sign.start()]:
            yield group
            group = []
        group.append(sign)
    if group:
        yield group


def _below(text: str, sign: re.Match[str], end: int) -> Value | None:
    """Return the title under or behind the name that is printed below a signature."""
    printed = _PRINTED.match(text, sign.end(), end)
    if printed is None or printed["name"].strip().casefold() != sign["name"].strip().casefold():
        return None
    title = _stripped(printed, "title")
    return title if _JOB.search(str(title.value)) else None


def _stripped(match: re.Match[str], group: str) -> Value:
    words = match[group].strip(" .,_*")
    first = match.start(group) + match[group].index(words)
    return Value(" ".join(words.split()), first, first + len(words), 0.95)
