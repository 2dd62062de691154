"""What viewers and reviewers put on a PDF's page: form fields filled in and typed notes become words, marks strike out.

A line drawn through words strikes them out too.
"""

from __future__ import annotations

import ctypes
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pypdfium2.raw as pdfium

from extraction.readers.layout import Word
from extraction.readers.pdf_drawn import Box

_MOST = 5_000
_LETTER = 0.5  # the usual width of a letter, in sizes
_LARGEST = 12.0
_DEFAULT_DROP = 0.3
_MIDDLE = 0.3  # of a word above its base, in sizes
_THROUGH = 0.15, 0.5  # sizes above the base: where a line goes through letters, not under them
_THIN = 0.15  # sizes
_LEAST_THIN = 1.5  # points
_COVERED = 0.9  # of a word's width
_BEYOND = 0.6  # sizes that a line may go on beside the words; a longer one is a rule that they were set on


def filled_in(page: Any, form: Any, words: Sequence[Word]) -> list[Word]:
    """Return the values of a page's fields and its free text as words among the others."""
    found: list[Word] = []
    box = pdfium.FS_RECTF()
    for note in notes_on(page):
        text = _text(form, note)
        if text.strip():
            pdfium.FPDFAnnot_GetRect(note, ctypes.byref(box))
            found += _placed(text, (box.left, box.bottom, box.right, box.top), words)
    return found


def notes_on(page: Any) -> Iterator[Any]:
    """Yield the fields and notes of a page that a viewer shows; each is open until the next."""
    hidden = pdfium.FPDF_ANNOT_FLAG_HIDDEN | pdfium.FPDF_ANNOT_FLAG_NOVIEW
    for number in range(min(pdfium.FPDFPage_GetAnnotCount(page.raw), _MOST)):
        note = pdfium.FPDFPage_GetAnnot(page.raw, number)
        if not note:
            continue
        try:
            if not pdfium.FPDFAnnot_GetFlags(note) & hidden:
                yield note
        finally:
            pdfium.FPDFPage_CloseAnnot(note)


def _text(form: Any, note: Any) -> str:
    subtype = pdfium.FPDFAnnot_GetSubtype(note)
    if subtype == pdfium.FPDF_ANNOT_FREETEXT:
        return _string(lambda *at: pdfium.FPDFAnnot_GetStringValue(note, b"Contents", *at))
    if subtype != pdfium.FPDF_ANNOT_WIDGET or form is None:
        return ""
    kind = pdfium.FPDFAnnot_GetFormFieldType(form.raw, note)
    if kind in (pdfium.FPDF_FORMFIELD_CHECKBOX, pdfium.FPDF_FORMFIELD_RADIOBUTTON):
        return "[x]" if pdfium.FPDFAnnot_IsChecked(form.raw, note) else "[_]"
    if kind in (
        pdfium.FPDF_FORMFIELD_TEXTFIELD,
        pdfium.FPDF_FORMFIELD_COMBOBOX,
        pdfium.FPDF_FORMFIELD_LISTBOX,
    ):
        return _string(lambda *at: pdfium.FPDFAnnot_GetFormFieldValue(form.raw, note, *at))
    return ""


def _string(read: Callable[[Any, int], int]) -> str:
    size = read(None, 0)
    if size <= 2:
        return ""
    buffer = (ctypes.c_ushort * (size // 2 + 1))()
    read(buffer, size)
    return bytes(buffer)[: size - 2].decode("utf-16-le", errors="replace")


def _placed(text: str, box: tuple[float, float, float, float], words: Sequence[Word]) -> list[Word]:
    """Set a value on the base of the words beside it."""
    left, bottom, right, top = box
    lines = [line.split() for line in text.splitlines() if line.strip()]
    size = min((top - bottom) / (1.2 * len(lines)), _LARGEST) or 1.0
    base = -bottom - _DEFAULT_DROP * size - 1.2 * size * (len(lines) - 1)
    if len(lines) == 1:
        base = -bottom - (top - bottom - size) / 2 - 0.2 * size
        beside = [w.base for w in words if -top <= w.base <= -bottom]
        base = min(beside, key=lambda b: abs(b - base), default=base)
    placed = []
    for number, line in enumerate(lines):
        letters = sum(map(len, line)) + len(line) - 1
        step = min(_LETTER * size, (right - left) / max(letters, 1))
        at = left
        for word in line:
            end = at + step * len(word)
            placed.append(Word(word, at, end, base + 1.2 * size * number, size, at > left))
            at = end + step
    return placed


def without_struck_out(page: Any, words: Sequence[Word], paths: Sequence[Box]) -> list[Word]:
    """Return the words, which run from left to right, without those that are struck out."""
    marks = _marks(page)
    kept = [word for word in words if not any(_is_under(word, box) for box in marks)]
    struck = _lined_out(kept, paths)
    return [word for at, word in enumerate(kept) if at not in struck]


def _marks(page: Any) -> list[Box]:
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
