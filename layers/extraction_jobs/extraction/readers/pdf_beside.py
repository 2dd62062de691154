"""What is on a PDF's page beside its text: lines, boxes, images, letters as mere shapes; form fields, notes and marks.

Form fields filled in and typed notes become words. What a mark or a line through it strikes out is none.
"""

from __future__ import annotations

import ctypes
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

import pypdfium2.raw as pdfium
from pypdfium2 import PdfMatrix

from extraction.readers.layout import Word
from extraction.readers.pdf_words import turned
from extraction.readers.table_rows import Edge

_MOST_OBJECTS = 20_000
_DEEPEST = 3
_FLAT = 2.5  # points: a box no higher is a line
_SHORTEST = 12.0  # points
_SHAPES = 150  # segments of paths: fewer are frames and rules, more are drawings or letters
_MOST_NOTES = 5_000  # and marks of a note
_LETTER = 0.5  # the usual width of a letter, in sizes
_LARGEST = 12.0
_DEFAULT_DROP = 0.3
_MIDDLE = 0.3  # of a word above its base, in sizes
_THROUGH = 0.15, 0.5  # sizes above the base: where a line goes through letters, not under them
_THIN = 0.15  # sizes
_LEAST_THIN = 1.5  # points
_COVERED = 0.9  # of a word's width
_BEYOND = 0.6  # sizes that a line may go on beside the words; a longer one is a rule that they were set on

Box = tuple[float, float, float, float]  # left, bottom, right, top


class Drawn(NamedTuple):
    """Boxes of the paths and images of a page, and how many segments the paths have."""

    paths: list[Box]
    images: list[Box]
    segments: int

    @property
    def shows_something(self) -> bool:
        """Tell whether a person might see text in it."""
        return bool(self.images) or self.segments >= _SHAPES

    def image_share(self, shown: Box) -> float:
        """Return how much of the page its largest image covers."""
        page = max((shown[2] - shown[0]) * (shown[3] - shown[1]), 1.0)
        return max((_area(box, shown) for box in self.images), default=0.0) / page


def drawn_on(page: Any) -> Drawn:
    """Return what is drawn on a page, of its first objects."""
    found = Drawn([], [], 0)
    segments = 0
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    bounds = [ctypes.byref(value) for value in (left, bottom, right, top)]
    count = pdfium.FPDFPage_CountObjects(page.raw)
    objects = _objects(pdfium.FPDFPage_GetObject, page.raw, count)
    for kind, drawn, placed in islice(objects, _MOST_OBJECTS):
        if kind == pdfium.FPDF_PAGEOBJ_TEXT or not pdfium.FPDFPageObj_GetBounds(drawn, *bounds):
            continue
        box = left.value, bottom.value, right.value, top.value
        box = placed.on_rect(*box) if placed else box
        if kind == pdfium.FPDF_PAGEOBJ_PATH:
            found.paths.append(box)
            segments += pdfium.FPDFPath_CountSegments(drawn)
        elif kind in (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_SHADING):
            found.images.append(box)
    return found._replace(segments=segments)


def edges_of(paths: list[Box], way: int) -> list[Edge]:
    """Return the horizontal lines and edges of boxes, as text that runs that way has them."""
    edges: list[Edge] = []
    for left, bottom, right, top in paths:
        (x0, x1), (y0, y1) = map(
            sorted, zip(turned(way, left, bottom), turned(way, right, top), strict=True)
        )
        if x1 - x0 < _SHORTEST:
            continue
        bases = [(y0 + y1) / 2] if y1 - y0 <= _FLAT else [y0, y1]
        edges += (Edge(base, x0, x1) for base in bases)
    return edges


def _area(box: Box, shown: Box) -> float:
    width = min(box[2], shown[2]) - max(box[0], shown[0])
    height = min(box[3], shown[3]) - max(box[1], shown[1])
    return width * height if width > 0 and height > 0 else 0.0


def _objects(
    get: Callable[[Any, int], Any], holder: Any, count: int, placed: Any = None, depth: int = 0
) -> Iterator[tuple[int, Any, Any]]:
    """Yield the kind of each object, those inside others among them, the object, and its matrix or None."""
    matrix = pdfium.FS_MATRIX()
    for number in range(count):
        found = get(holder, number)
        kind = pdfium.FPDFPageObj_GetType(found)
        yield kind, found, placed
        if kind == pdfium.FPDF_PAGEOBJ_FORM and depth < _DEEPEST:
            pdfium.FPDFPageObj_GetMatrix(found, ctypes.byref(matrix))
            own = PdfMatrix.from_raw(matrix)
            inner = own.multiply(placed) if placed else own
            inside = pdfium.FPDFFormObj_CountObjects(found)
            yield from _objects(pdfium.FPDFFormObj_GetObject, found, inside, inner, depth + 1)


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
    for number in range(min(pdfium.FPDFPage_GetAnnotCount(page.raw), _MOST_NOTES)):
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
        for each in range(min(pdfium.FPDFAnnot_CountAttachmentPoints(note), _MOST_NOTES)):
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
