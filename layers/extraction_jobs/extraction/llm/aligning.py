"""Where in the text a model's quote stands.

A model quotes from memory: mostly to the letter, sometimes with other white space, quotation marks or hyphens, now
and then with a word changed, and sometimes it makes a quote up. So each quote is looked for three times: as it is;
with white space, marks and case evened out on both sides; and approximately. Whatever is found, the citation's
quote is then the text's own words and not the model's.

An approximate match must be very like the quote as a whole, and alike in every figure: "Total 1,350.00" is 93 %
like "Total 1,250.00" and is another amount. docs/use-a-model.md has the measurements behind FUZZY_AT_LEAST.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

EXACT = "exact"
FUZZY = "fuzzy"
NONE = "none"

FUZZY_AT_LEAST = 85.0  # of 100
# Shorter ones have too few characters for a likeness to mean anything.
_FUZZY_CHARACTERS = 8
# A quote is a sentence or a clause. What is longer is not looked for approximately.
_MAX_FUZZY_CHARACTERS = 2000
_MAX_PLACES = 200
_MAX_GAP = 2000
_MAX_PARTS = 8  # of a quote with ellipses

_ELLIPSIS = re.compile(r"\s*(?:\[\s*(?:\.{3,}|…)\s*\]|\.{3,}|…)\s*")
_FIGURE = re.compile(r"\d+")
_NEGATION = re.compile(r"\b(?:not|no|never|neither|nor|without|nicht|kein\w*|ne|pas|non|sans)\b")
_DROPPED = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff*`")
_QUOTES = dict.fromkeys("‘’‚‛′´ʼ", "'") | dict.fromkeys("“”„‟″«»", '"')
_DASHES = dict.fromkeys("‐‑‒–—―−", "-")
_SAME = {**_QUOTES, **_DASHES, "|": " ", "\u2044": "/"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a quote stands, in offsets of the whole document."""

    start: int
    end: int
    alignment: str


@dataclass(slots=True)
class _Evened:
    """A text with white space, marks and case evened out; `origin[i]` is where character i came from."""

    text: str
    origin: list[int] = field(default_factory=list)


class Aligner:
    """Finds quotes in one stretch of a text. What it needs to know of the stretch is worked out once, when needed."""

    def __init__(self, text: str, start: int, end: int) -> None:
        self._text = text
        self._start = start
        self._end = end
        self._evened: _Evened | None = None

    def places(self, quote: str) -> tuple[Place, ...]:
        """Return every place where a quote stands as surely as it does anywhere; empty if it does nowhere."""
        quote = quote.strip()
        if not quote or not any(character.isalnum() for character in quote):
            return self._as_it_is(quote) if quote else ()
        return (
            self._as_it_is(quote)
            or self._evened_out(quote)
            or self._with_gap(quote)
            or self._approximately(quote)
        )

    def _as_it_is(self, quote: str) -> tuple[Place, ...]:
        found = _occurrences(self._text, quote, self._start, self._end)
        return tuple(Place(at, at + len(quote), EXACT) for at in found)

    def _evened_out(self, quote: str) -> tuple[Place, ...]:
        wanted = _even_out(quote).text.strip()
        if not wanted:
            return ()
        evened = self._stretch()
        found = _occurrences(evened.text, wanted, 0, len(evened.text))
        return tuple(self._place(at, at + len(wanted), EXACT) for at in found)

    def _with_gap(self, quote: str) -> tuple[Place, ...]:
        """A quote with an ellipsis stands where its parts follow each other most closely."""
        parts = [part for part in _ELLIPSIS.split(quote) if part.strip()]
        if not parts or parts == [quote] or len(parts) > _MAX_PARTS:
            return ()
        standing = [self._as_it_is(part) or self._evened_out(part) for part in parts]
        best: Place | None = None
        for begin in standing[0]:
            end = begin.end
            for places in standing[1:]:
                following = next((place for place in places if place.start >= end), None)
                if following is None or following.start - end > _MAX_GAP:
                    break
                end = following.end
            else:
                if best is None or end - begin.start < best.end - best.start:
                    best = Place(begin.start, end, FUZZY)
        return (best,) if best is not None else ()

    def _approximately(self, quote: str) -> tuple[Place, ...]:
        from rapidfuzz import fuzz

        wanted = _even_out(quote).text.strip()
        if not _FUZZY_CHARACTERS <= len(wanted) <= _MAX_FUZZY_CHARACTERS:
            return ()
        evened = self._stretch()
        # The window that is found is as long as the quote, so a word more or less costs it some likeness:
        # a lower bound here, the true one once its ends are set right.
        found = fuzz.partial_ratio_alignment(wanted, evened.text, score_cutoff=FUZZY_AT_LEAST - 15)
        if found is None or len(evened.text) < len(wanted) // 2:
            return ()
        best: tuple[float, int, int] | None = None
        for start in _word_edges(evened.text, found.dest_start, starts=True):
            for end in _word_edges(evened.text, found.dest_end, starts=False):
                if end <= start:
                    continue
                likeness = fuzz.ratio(wanted, evened.text[start:end])
                if best is None or likeness > best[0]:
                    best = (likeness, start, end)
        if best is None or best[0] < FUZZY_AT_LEAST:
            return ()
        _, start, end = best
        if not _says_the_same(wanted, evened.text[start:end]):
            return ()
        return (self._place(start, end, FUZZY),)

    def _place(self, start: int, end: int, alignment: str) -> Place:
        origin = self._stretch().origin
        return Place(origin[start], origin[end - 1] + 1, alignment)

    def _stretch(self) -> _Evened:
        if self._evened is None:
            self._evened = _even_out(self._text[self._start : self._end], self._start)
        return self._evened


def _occurrences(text: str, wanted: str, start: int, end: int) -> list[int]:
    """Return where a text stands as words of its own or, if it nowhere does, as parts of words."""
    whole: list[int] = []
    parts: list[int] = []
    at = text.find(wanted, start, end)
    while at >= 0 and len(whole) + len(parts) < _MAX_PLACES:
        after = at + len(wanted)
        cut_before = wanted[0].isalnum() and at > 0 and text[at - 1].isalnum()
        cut_after = wanted[-1].isalnum() and after < len(text) and text[after].isalnum()
        # Half of a number is another number: "1,250" does not stand in "1,250.00" or "21,250".
        cut_before = cut_before or (wanted[0].isdigit() and _goes_on(text, at - 1, -1))
        cut_after = cut_after or (wanted[-1].isdigit() and _goes_on(text, after, 1))
        (parts if cut_before or cut_after else whole).append(at)
        at = text.find(wanted, at + 1, end)
    return whole or parts


def _goes_on(text: str, at: int, step: int) -> bool:
    beyond = at + step
    return (
        0 <= at < len(text)
        and text[at] in ".,'"
        and 0 <= beyond < len(text)
        and text[beyond].isdigit()
    )


def _even_out(text: str, offset: int = 0) -> _Evened:
    """Even out white space, quotation marks, dashes, ligatures, case, markup and words broken at a line's end."""
    made: list[str] = []
    origin: list[int] = []
    blank = True
    skip_to = 0
    for index, character in enumerate(text):
        if index < skip_to or character in _DROPPED:
            continue
        if character.isspace() or character == "|":
            if not blank:
                made.append(" ")
                origin.append(offset + index)
                blank = True
            continue
        if character in "-\u2010" and (broken := _BROKEN_WORD.match(text, index)):
            skip_to = broken.end()
            continue
        blank = False
        if character.isascii():
            made.append(character.lower())
            origin.append(offset + index)
            continue
        for folded in _folded(character):
            made.append(folded)
            origin.append(offset + index)
    return _Evened("".join(made), origin)


_BROKEN_WORD = re.compile(r"(?<=[^\W\d_])[-\u2010]\n[ \t]*(?=[^\W\d_])")


def _folded(character: str) -> str:
    same = _SAME.get(character)
    if same is not None:
        return same
    # Taken apart, not put together: an accent may stand by itself on one side only.
    return unicodedata.normalize("NFKD", character).casefold()


def _word_edges(text: str, at: int, *, starts: bool) -> list[int]:
    """Return the edges of words nearest to a place, up to three on each side."""
    edges = _STARTS if starts else _ENDS
    around = [m.start() + max(0, at - 60) for m in edges.finditer(text[max(0, at - 60) : at + 60])]
    before = [edge for edge in around if edge <= at][-3:]
    after = [edge for edge in around if edge > at][:3]
    return before + after


_STARTS = re.compile(r"(?<!\w)(?=\w)|(?<!\S)(?=\S)")
_ENDS = re.compile(r"(?<=\w)(?!\w)|(?<=\S)(?!\S)")


def _says_the_same(wanted: str, found: str) -> bool:
    """Refuse a likeness that differs in a figure or in a negation."""
    if sorted(_FIGURE.findall(wanted)) != sorted(_FIGURE.findall(found)):
        return False
    return len(_NEGATION.findall(wanted)) == len(_NEGATION.findall(found))
