"""What is drawn on a PDF's page beside text: lines, boxes, images, letters as mere shapes."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, NamedTuple

import pypdfium2.raw as pdfium
from pypdfium2 import PdfMatrix

from extraction.readers.pdf_words import turned
from extraction.readers.table_rows import Edge

_MOST_OBJECTS = 20_000
_DEEPEST = 3
_THIN = 2.5
_SHORTEST = 12.0
_SHAPES = 150  # segments of paths: fewer are frames and rules, more are drawings or letters

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
        bases = [(y0 + y1) / 2] if y1 - y0 <= _THIN else [y0, y1]
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
