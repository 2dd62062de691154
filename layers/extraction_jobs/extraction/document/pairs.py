"""Pairs on a line: a label, a sign such as a colon, and the value behind it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from extraction.document.structure import Span

MAX_LABEL_CHARACTERS = 60
_MAX_LABEL_WORDS = 7
_LOOKED_AT = 400  # code points of a line: a label ends long before

LIST_MARK = (
    r"(?P<mark>[-*•‣◦▪●·–—+](?=[ \t])|\(?(?:\d{1,3}|[a-z]{1,2}|[ivx]{1,5}|[A-Z])[.)](?=[ \t])|"
    r"\d{1,3}(?:\.\d{1,3}){1,4}\.?(?=[ \t]))[ \t]+(?:\[(?P<box>[ xX])\][ \t]+)?"
)
_BEFORE_LABEL = re.compile(rf"[ \t]*(?:{LIST_MARK})?[*_>#\s]*")
_MARKED = re.compile(
    r"(?P<label>[^\W_](?:[^:\n|=\t]|(?<=\d):(?=\d)){0,58}?[^\s:|=,;]|[^\W\d_])"
    r"[ \t]{0,20}(?:\*\*|__)?"
    r"(?::(?:\*\*|__)?(?=[ \t]|$)|(?<=[^\W\d_]):(?=\d)|(?<=[a-z]\.):(?=\d)"
    r"|[ \t]=[ \t]|\.{3,}:?|(?:[ ]\.){4,}:?|[ \t](?=\[[ xX]?\]|[☐☑☒]))"
    r"[ \t]*(?P<value>[^\n]*)"
)
# "Facture N° 17", "Invoice #17": a name, a sign for number, and the number.
_NUMBERED_NAME = re.compile(
    r"(?P<label>(?:[^\W\d_]+(?:[ ][^\W\d_]+){0,3}[ ]?)?(?:[Nn][°º]|[Nn]o\.|NO\.|[Nn]r\.?|NR\.?|#|[Nn]umber|NUMBER))"
    r"[ ]{0,3}(?P<value>(?=[^ ]{0,30}\d)[\w./-]{1,40})[ \t]*$"
)
_NUMBER_SIGN = re.compile(r"[Nn#](?:(?<=#)|[°ºrR]|[oO]\.|umber|UMBER)[^\d\n]{0,40}\d")
# A label in the midst of a line, behind the value of another.
FURTHER_LABEL = re.compile(
    r"(?<=\S)\s(?P<label>[A-ZÀ-Þ][^\W\d_]*\.?(?:[ -][^\W\d_]+\.?){0,2}):[ \t]+(?=\S)"
)
_SENTENCE_END = re.compile(
    r"[!?;][ \t]|(?!(?:in|ex)[ck]l\.)[^\W_A-Z]{4}\.[ \t]|,(?!\d)"  # `Total incl. VAT` is no sentence
)
_LETTER = re.compile(r"[^\W\d_]")
_GAP = re.compile(r"\t| {3,}")
_EMPHASIS = "*_`"
_SPACE = " \t\n"


class Pair(NamedTuple):
    """A label and the value on the same line; the value is empty if nothing follows."""

    label: str
    start: int
    value: Span

    @property
    def filled(self) -> bool:
        """Whether a value follows."""
        return self.value.end > self.value.start


def trimmed(text: str, start: int, end: int) -> Span:
    """Return the span without white space and Markdown emphasis around it."""
    while start < end and text[start] in _SPACE:
        start += 1
    while end > start and text[end - 1] in _SPACE:
        end -= 1
    if start < end and text[start] in _EMPHASIS:
        for mark in ("**", "__", "`", "*"):
            size = len(mark)
            if text.startswith(mark, start) and text.find(mark, start + size, end) == end - size:
                inside = text[start + size : end - size]
                start += size + len(inside) - len(inside.lstrip(_SPACE))
                end = start + len(inside.strip(_SPACE))
    return Span(start, end)


def pairs(text: str, pieces: Sequence[Span]) -> tuple[Pair, ...]:
    """Return the pairs of a line that wide gaps cut into pieces: one, or several in columns."""
    if len(pieces) == 1:
        only = pair_of(text, *pieces[0][:2])
        return (only,) if only is not None else ()
    if not may_hold_pair(text[pieces[0].start : pieces[-1].end]):
        return ()
    found: list[Pair] = []
    for piece in pieces:
        pair = pair_of(text, piece.start, piece.end)
        if pair is not None:
            found.append(pair)
        elif found and not found[-1].filled:
            found[-1] = found[-1]._replace(value=trimmed(text, piece.start, piece.end))
    if len(found) == 1:
        # A wide gap inside a value does not end it: only a new label does.
        whole = pair_of(text, pieces[0].start, pieces[-1].end)
        if whole is not None and not _GAP.search(whole.label):
            return (whole,)
    return tuple(found)


def pair_of(text: str, start: int, end: int) -> Pair | None:
    """Return the pair that a stretch of a line is, if it is one."""
    near = min(end, start + _LOOKED_AT)
    if not may_hold_pair(text[start:near]):
        return None
    before = _BEFORE_LABEL.match(text, start, near)
    at = before.end() if before else start
    match = _MARKED.match(text, at, near) or _NUMBERED_NAME.match(text, at, near)
    if match is None:
        return None
    place = trimmed(text, *match.span("label"))
    name = place.of(text).strip("*_ ")
    if not _may_be_label(name) or text.startswith("//", match.start("value")):
        return None
    return Pair(name, place.start, trimmed(text, match.start("value"), end))


def may_hold_pair(words: str) -> bool:
    """Tell words with a sign that a pair has; most lines have none, and are not looked at further."""
    return (
        ":" in words
        or "=" in words
        or "..." in words
        or " . ." in words
        or "]" in words
        or "☐" in words
        or "☑" in words
        or "☒" in words
        or _NUMBER_SIGN.search(words) is not None
    )


def _may_be_label(name: str) -> bool:
    if not 0 < len(name) <= MAX_LABEL_CHARACTERS or len(name.split()) > _MAX_LABEL_WORDS:
        return False
    bare = name.replace(" ", "")
    if bare.isalpha():
        return True
    letters = len(_LETTER.findall(name))
    return 3 * letters >= len(bare) and letters > 0 and not _SENTENCE_END.search(name)
