"""Values that are words: choices, yes and no, addresses, free text, patterns."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice
from typing import Any

from extraction.labels.word_lists import any_of
from extraction.labels.words import tokens
from extraction.values.pattern import compile_pattern
from extraction.values.value import Value

_STREET = re.compile(r"\d{1,5}[a-zA-Z]?\b|\b(?:street|road|avenue|lane|house|park|straße|strasse|rue|via|"
                     r"plaza|calle|box|st\.|rd\.|ave\.|way|drive|square|platz|weg)\b", re.IGNORECASE)  # fmt: skip
MAX_TEXT = 2000
MAX_PATTERN_INPUT = 2000
_MOST_MATCHES = 20
_LONGEST_CHOICE = 60
_WORD = re.compile(r"[^\s,;()\[\]]+")


def find_choice(choices: tuple[Any, ...], text: str, start: int, end: int) -> list[Value]:
    """Return which of an enum's values the text names, each once; the longest at a place counts."""
    piece = text[start:end]
    lower = piece.lower()
    if len(lower) != len(piece):
        lower = piece
    spelled, meant = _spellings(tuple(map(str, choices)))
    found: dict[int, Value] = {}
    for match in spelled.finditer(lower):
        quality = 1.0 if len(match[0]) == len(lower.strip(" .;")) else 0.8
        which = meant[match[0]]
        value = Value(choices[which], start + match.start(), start + match.end(), quality)
        found.setdefault(which, value)
    if not found and len(piece) <= _LONGEST_CHOICE:
        words = tokens(piece)
        same = [c for c in choices if isinstance(c, str) and tokens(c) == words]
        return [Value(choice, start, end, 0.85) for choice in same[:1]]
    return list(found.values())


@lru_cache(maxsize=256)
def _spellings(choices: tuple[str, ...]) -> tuple[re.Pattern[str], dict[str, int]]:
    """Return a pattern for choices as people write them (`in_progress`, `in progress`), and which each one is."""
    meant: dict[str, int] = {}
    for which, choice in enumerate(choices):
        wanted = choice.strip().lower()
        spaced = re.sub(r"[_-]", " ", wanted)
        for spelling in (wanted, spaced, spaced.replace(" ", "-")):
            meant.setdefault(spelling, which)
    meant.pop("", None)
    body = any_of(meant) if meant else "(?!)"
    return re.compile(rf"(?:(?<!\w)|(?!\w)){body}(?:(?<!\w)|(?!\w))"), meant


def find_pattern(pattern: str, text: str, start: int, end: int) -> list[Value]:
    """Return what a user's pattern matches. JSON Schema patterns are not anchored."""
    compiled = compile_pattern(pattern)
    piece = text[start : min(end, start + MAX_PATTERN_INPUT)]
    whole = end - start <= MAX_PATTERN_INPUT
    if not (pattern.startswith("^") or pattern.endswith("$")):
        matches = (m for m in compiled.finditer(piece) if m.end() > m.start())
        return [
            Value(m.group(), start + m.start(), start + m.end(), 0.9)
            for m in islice(matches, _MOST_MATCHES)
        ]
    stripped = piece.strip()
    if whole and compiled.search(stripped):
        first = start + piece.find(stripped)
        return [Value(stripped, first, first + len(stripped), 1.0)]
    found = []
    for word in _WORD.finditer(piece):
        value = word[0].rstrip(".:")
        cut_in_two = word.end() == MAX_PATTERN_INPUT and not whole
        if not cut_in_two and compiled.search(value):
            first = start + word.start()
            found.append(Value(value, first, first + len(value), 0.9))
    return found[:_MOST_MATCHES]


def whole_text(text: str, start: int, end: int) -> list[Value]:
    """Return a value as it stands, white space made single."""
    value = " ".join(text[start:end].split())
    if not value or not any(c.isalnum() for c in value) or end - start > MAX_TEXT:
        return []
    return [Value(value, start, end, 0.8)]


def whole_address(text: str, start: int, end: int) -> list[Value]:
    """Return a postal address: all its lines, sure only if something in it looks like one."""
    value = ", ".join(line.strip(" ,") for line in text[start:end].split("\n") if line.strip())
    value = " ".join(value.split())
    if len(value) < 5 or len(value) > 400:
        return []
    return [Value(value, start, end, 0.9 if _STREET.search(value) else 0.5)]
