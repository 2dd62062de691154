"""What is struck out on a PDF's page: by a mark of a reviewer's, or by a line drawn through it."""

from __future__ import annotations

import ctypes
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from extraction.readers.pdf_drawn import Box
from extraction.readers.pdf_forms import notes_on
from extraction.readers.pdf_words import Word

_MOST = 5_000
_MIDDLE = 0.3  # of a word above its base, in sizes
_THROUGH = (
    0.15,
    0.5,
)  # above the base, in sizes: where a line goes through letters, not under them
_THIN = 0.15  # sizes
_LEAST_THIN = 1.5  # points
_COVERED = 0.9  # of a word's width
_BEYOND = 0.6  # sizes that a line may go on beside the words; a longer one is a rule that they were set on


def without_struck_out(page: Any, words: Sequence[Word], paths: Sequence[Box]) -> list[Word]:
    """Return the words, which run from left to right, without those that are struck out."""
    marks = _marks(page)
    kept = [word for word in words if not any(_is_under(word, box) for box in marks)]
    struck = _lined_out(kept, paths)
    return [word for at, word in enumerate(kept) if at not in struck]


def _marks(page: Any) -> list[Box]:
    import pypdfium2.raw as pdfium

    found: list[Box] = []
    quad = pdfium.FS_QUADPOINTSF()
    for note in notes_on(page):
        if pdfium.FPDFAnnot_GetSubtype(note) != pdfium.FPDF_ANNOT_STRIKEOUT:
            continue
        for each in range(min(pdfium.FPDFAnnot_CountAttachmentPoints(note), _MOST)):
            pdfium.FPDFAnnot_GetAttachmentPoints(note, each, ctypes.byref(quad))
            xs, ys = (quad.x1, quad.x2, quad.x3, quad.x4), (quad.y1, quad.y2, quad.y3, quad.y4)
            found.append((min(xs), min(ys), max(xs), max(ys)))
    return found


def _is_under(word: Word, box: Box) -> bool:
    left, bottom, right, top = box
    across = (word.left + word.right) / 2
    return left <= across <= right and bottom <= _MIDDLE * word.size - word.base <= top


def _lined_out(words: Sequence[Word], paths: Sequence[Box]) -> set[int]:
    """Return the places of the words through which a line is drawn that is as long as they are."""
    lines = sorted(
        ((bottom + top) / 2, left, right, top - bottom)
        for left, bottom, right, top in paths
        if top - bottom < right - left
    )
    covered: dict[int, list[int]] = defaultdict(list)
    for at, word in enumerate(words):
        low, high = (share * word.size - word.base for share in _THROUGH)
        for number in range(bisect_left(lines, (low,)), bisect_right(lines, (high,))):
            _, left, right, thick = lines[number]
            width = min(right, word.right) - max(left, word.left)
            thin = thick <= max(_THIN * word.size, _LEAST_THIN)
            if thin and width >= _COVERED * (word.right - word.left):
                covered[number].append(at)
    struck: set[int] = set()
    for number, under in covered.items():
        _, left, right, _ = lines[number]
        beyond = _BEYOND * max(words[at].size for at in under)
        first, last = min(words[at].left for at in under), max(words[at].right for at in under)
        if left >= first - beyond and right <= last + beyond:
            struck.update(under)
    return struck
