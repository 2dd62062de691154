"""Values that are words: choices, yes and no, addresses, free text, patterns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from extraction.labels.words import tokens
from extraction.values.pattern import compile_pattern
from extraction.values.value import Value

_STREET = re.compile(r"\d{1,5}[a-zA-Z]?\b|\b(?:street|road|avenue|lane|house|park|straße|strasse|rue|via|"
                     r"plaza|calle|box|st\.|rd\.|ave\.|way|drive|square|platz|weg)\b", re.IGNORECASE)  # fmt: skip
_CAP = r"[A-ZÀ-Þ][\w'’.-]{1,30}"
_TOWN = (
    rf"(?:[A-Z]{{1,2}}-)?(?:\d{{4,6}}[ ])?{_CAP}(?:[ -](?:am|an der|upon|sur|de|{_CAP})){{0,3}}"
    r"(?:[ ](?:[A-Z]{1,2}\d[\dA-Z]?[ ]?\d?[A-Z]{0,2}|\d{4,6}))?"
)
_ROMANCE = r"(?:rue|avenue|quai|boulevard|place|chemin|allée|cours|via|viale|calle|piazza|plaza|avenida|rua)"
_LINKS = r"(?:(?:de|du|des|la|las|les|le|los|of|del|della|dei|das|do|da)[ ]|[ld]['’]){0,3}"
_ADDRESS = re.compile(
    r"(?:(?:Flat|Unit|Suite|Apartment|Apt|Floor)[ ][\w-]{1,6},[ ])?(?<![\w.,/])(?:"
    rf"\d{{1,5}}[A-Za-z]?,?[ ](?:{_ROMANCE}[ ]{_LINKS})?{_CAP}(?:[ ]{_CAP}){{0,3}}"
    r"|(?:[A-ZÀ-Þ][\w'’.-]{1,30}[ ]){0,2}[A-ZÀ-Þ][\w-]{0,30}(?:straße|strasse|str\.|weg|platz|allee|gasse|ring|"
    r"damm|ufer|straat|laan|kade|gatan|vej|veien)[ ]\d{1,4}[a-z]?"
    rf"|{_ROMANCE}[ ]{_LINKS}{_CAP}(?:[ ]{_CAP}){{0,2}},?[ ](?:n\.?[ ]?)?\d{{1,4}}"
    rf")(?:(?:,?[ \n]{{1,3}}|[ ]?[|·•][ ]?|[ ][–-][ ]){_TOWN}){{1,3}}"
)
MAX_TEXT = 2000
MAX_PATTERN_INPUT = 2000


def find_choice(choices: tuple[Any, ...], text: str, start: int, end: int) -> list[Value]:
    """Return which of an enum's values the text names; the longest at a place counts."""
    piece = text[start:end]
    folded = piece.casefold()
    if len(folded) != len(piece):
        folded = piece.lower() if len(piece.lower()) == len(piece) else piece
    found = [
        Value(choice, start + at, start + after, quality)
        for choice in choices
        for at, after, quality in _places_of(choice, folded)
    ]
    if not found and end - start <= 60:
        for choice in choices:
            if isinstance(choice, str) and tokens(choice) == tokens(piece):
                return [Value(choice, start, end, 0.85)]
    found.sort(key=lambda v: (v.start, -(v.end - v.start), str(v.value)))
    kept: list[Value] = []
    for value in found:
        if not kept or value.start >= kept[-1].end:
            kept.append(value)
    return kept


def _places_of(choice: Any, folded: str) -> Iterator[tuple[int, int, float]]:
    """Yield the first place of each spelling of a choice: `in_progress`, `in progress`."""
    wanted = str(choice).strip().casefold()
    spaced = re.sub(r"[_-]", " ", wanted)
    for spelling in sorted({wanted, spaced, spaced.replace(" ", "-")} - {""}):
        at = folded.find(spelling)
        while at >= 0 and not _stands_alone(folded, at, at + len(spelling)):
            at = folded.find(spelling, at + 1)
        if at >= 0:
            whole = folded.strip(" .;") == spelling
            yield at, at + len(spelling), 1.0 if whole else 0.8


def _stands_alone(text: str, start: int, end: int) -> bool:
    before = start == 0 or not text[start - 1].isalnum() or not text[start].isalnum()
    after = end == len(text) or not text[end].isalnum() or not text[end - 1].isalnum()
    return before and after


def find_pattern(pattern: str, text: str, start: int, end: int) -> list[Value]:
    """Return what a user's pattern matches. JSON Schema patterns are not anchored."""
    compiled = compile_pattern(pattern)
    piece = text[start : min(end, start + MAX_PATTERN_INPUT)]
    anchored = pattern.startswith("^") or pattern.endswith("$")
    if anchored:
        found = []
        stripped = piece.strip()
        offset = start + piece.find(stripped)
        if end - start <= MAX_PATTERN_INPUT and compiled.search(stripped):
            return [Value(stripped, offset, offset + len(stripped), 1.0)]
        for word in re.finditer(r"[^\s,;()\[\]]+", piece):
            if word.end() == MAX_PATTERN_INPUT and end - start > MAX_PATTERN_INPUT:
                break  # cut in two by the limit
            value = word[0].rstrip(".:")
            if compiled.search(value):
                found.append(
                    Value(value, start + word.start(), start + word.start() + len(value), 0.9)
                )
                if len(found) >= 20:
                    break
        return found
    result = []
    for match in compiled.finditer(piece):
        if match.end() > match.start():
            result.append(Value(match.group(), start + match.start(), start + match.end(), 0.9))
            if len(result) >= 20:
                break
    return result


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


def find_addresses(text: str, start: int, end: int) -> list[Value]:
    """Return postal addresses in running text: a street with its number, and the town behind it."""
    return [
        Value(" ".join(match[0].split()), start + match.start(), start + match.end(), 0.8)
        for match in _ADDRESS.finditer(text[start:end])
    ]
