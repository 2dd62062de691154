"""What was filled into a PDF's form, and typed on top of it: as words where it stands, if it is shown."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from extraction.readers.pdf_words import Word

_MOST = 5_000
_LETTER = 0.5  # the usual width of a letter, in sizes
_LARGEST = 12.0
_DEFAULT_DROP = 0.3


def filled_in(page: Any, form: Any, words: Sequence[Word]) -> list[Word]:
    """Return the values of a page's fields and its free text as words among the others."""
    import pypdfium2.raw as pdfium

    found: list[Word] = []
    box = pdfium.FS_RECTF()
    for note in notes_on(page):
        text = _text(pdfium, form, note)
        if text.strip():
            pdfium.FPDFAnnot_GetRect(note, ctypes.byref(box))
            found += _placed(text, (box.left, box.bottom, box.right, box.top), words)
    return found


def notes_on(page: Any) -> Iterator[Any]:
    """Yield the fields and notes of a page that a viewer shows; each is open until the next."""
    import pypdfium2.raw as pdfium

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


def _text(pdfium: Any, form: Any, note: Any) -> str:
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
