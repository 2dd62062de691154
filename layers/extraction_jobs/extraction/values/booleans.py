"""Yes and no, in words, signs and boxes."""

from __future__ import annotations

import re

from extraction.labels.word_lists import words_of
from extraction.labels.words import plain_words
from extraction.values.value import Value

_TRUE, _FALSE = words_of("yes"), words_of("no")
_BOX = re.compile(r"[\[(](?P<in>[ xX✓✔✗_]{0,3})[\])]")


def find_boolean(text: str, start: int, end: int) -> list[Value]:
    """Return yes or no if that is how the text begins."""
    piece = text[start:end].strip().casefold()
    box = _BOX.match(piece)
    if box:
        whole = box.end() == len(piece)
        return [Value(bool(box["in"].strip(" _✗")), start, end, 0.95 if whole else 0.7)]
    words = plain_words(piece[:40])
    word = words[0] if words else piece[:1]
    quality = 0.95 if len(words) <= 1 else 0.7
    for known, answer in ((_TRUE, True), (_FALSE, False)):
        if piece in known or (word in known and (len(word) > 1 or len(words) <= 1)):
            return [Value(answer, start, end, quality)]
    return []
