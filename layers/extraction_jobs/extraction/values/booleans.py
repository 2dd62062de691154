"""Yes and no, in words, signs and boxes."""

from __future__ import annotations

import re

from extraction.labels.word_lists import words_of
from extraction.labels.words import plain_words
from extraction.values.value import Value

_TRUE, _FALSE = words_of("yes"), words_of("no")
_BOX = re.compile(r"[\[(](?P<in>[ xX✓✔✗_]{0,3})[\])]|(?P<sign>[☐☑☒])")
_EMPTY = re.compile(r"\[[ _]?\]|\( \)|☐")


def ticked(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the words of the one box of several that is ticked, nowhere if none is: `[ ] Yes  [x] No`.

    A stretch that is no such choice is returned as it is.
    """
    if _EMPTY.search(text, start, end) is None:
        return start, end
    boxes = list(_BOX.finditer(text, start, end))
    if len(boxes) == 1:
        return start, end
    cuts = [start, *(place for box in boxes for place in box.span()), end]
    behind = not text[start : boxes[0].start()].strip()  # where the words of a box stand
    words = list(
        zip(cuts[2::2], cuts[3::2], strict=True)
        if behind
        else zip(cuts[::2], cuts[1::2], strict=True)
    )
    chosen = [place for box, place in zip(boxes, words, strict=False) if _is_ticked(box)]
    if len(chosen) != 1:
        return (start, end) if chosen else (start, start)
    piece = text[slice(*chosen[0])]
    first = chosen[0][0] + len(piece) - len(piece.lstrip())
    return first, first + len(piece.strip())


def _is_ticked(box: re.Match[str]) -> bool:
    return bool(box["in"].strip(" _✗")) if box["sign"] is None else box["sign"] != "☐"


def find_boolean(text: str, start: int, end: int) -> list[Value]:
    """Return yes or no if that is how the text begins."""
    piece = text[start:end].strip().casefold()
    box = _BOX.match(piece)
    if box:
        words = plain_words(piece[box.end() :])
        if words and words[0] in _TRUE | _FALSE:
            return [Value(words[0] in _TRUE, start, end, 0.9)] if _is_ticked(box) else []
        return [Value(_is_ticked(box), start, end, 0.7 if words else 0.95)]
    words = plain_words(piece[:40])
    if not (_TRUE.isdisjoint(words) or _FALSE.isdisjoint(words)):
        return []  # `Yes / No`, for a person to strike out
    word = words[0] if words else piece[:1]
    quality = 0.95 if len(words) <= 1 else 0.7
    for known, answer in ((_TRUE, True), (_FALSE, False)):
        if piece in known or (word in known and (len(word) > 1 or len(words) <= 1)):
            return [Value(answer, start, end, quality)]
    return []
