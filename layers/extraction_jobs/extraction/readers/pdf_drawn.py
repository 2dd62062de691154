"""What is drawn on a PDF's page beside text: lines, boxes, images, letters as mere shapes."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Any, NamedTuple

from extraction.readers.reading_order import Edge

_MOST_OBJECTS = 20_000
_DEEPEST = 3
_THIN = 2.5
_SHORTEST = 12.0
_SHAPES = 150  # segments of paths: fewer are frames and rules, more are drawings or letters

Box = tuple[float, float, float, float]  # left, bottom, right, top
_Matrix = tuple[float, float, float, float, float, float]
_SAME: _Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


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
    import pypdfium2.raw as pdfium

    found = Drawn([], [], 0)
    segments = 0
    for kind, box, parts in _objects(pdfium, page.raw):
        if kind == pdfium.FPDF_PAGEOBJ_PATH:
            found.paths.append(box)
            segments += parts
        elif kind in (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_SHADING):
            found.images.append(box)
    return found._replace(segments=segments)


def edges_of(paths: list[Box], way: int) -> list[Edge]:
    """Return the horizontal lines and edges of boxes, as text that runs that way has them."""
    edges = []
    for left, bottom, right, top in paths:
        x0, y0, x1, y1 = _turned(way, left, bottom, right, top)
        if x1 - x0 < _SHORTEST:
            continue
        if y1 - y0 <= _THIN:
            edges.append(Edge((y0 + y1) / 2, x0, x1))
        else:
            edges += (Edge(y0, x0, x1), Edge(y1, x0, x1))
    return edges


def _turned(way: int, left: float, bottom: float, right: float, top: float) -> Box:
    if way == 0:
        return left, -top, right, -bottom
    if way == 1:
        return bottom, left, top, right
    if way == 2:
        return -right, bottom, -left, top
    return -top, -right, -bottom, -left


def _area(box: Box, shown: Box) -> float:
    width = min(box[2], shown[2]) - max(box[0], shown[0])
    height = min(box[3], shown[3]) - max(box[1], shown[1])
    return width * height if width > 0 and height > 0 else 0.0


def _objects(pdfium: Any, page: Any) -> Iterator[tuple[int, Box, int]]:
    """Yield the kind of each object, its box on the page, and the segments of a path."""
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    at = [ctypes.byref(value) for value in (left, bottom, right, top)]
    matrix = pdfium.FS_MATRIX()
    budget = _MOST_OBJECTS
    count = pdfium.FPDFPage_CountObjects(page)
    open_forms = [(pdfium.FPDFPage_GetObject, page, count, 0, _SAME)]
    while open_forms and budget > 0:
        get, holder, count, number, placed = open_forms.pop()
        if number >= count:
            continue
        open_forms.append((get, holder, count, number + 1, placed))
        budget -= 1
        found = get(holder, number)
        kind = pdfium.FPDFPageObj_GetType(found)
        if kind == pdfium.FPDF_PAGEOBJ_FORM:
            if len(open_forms) <= _DEEPEST:
                pdfium.FPDFPageObj_GetMatrix(found, ctypes.byref(matrix))
                inner = _product(
                    (matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f), placed
                )
                parts = pdfium.FPDFFormObj_CountObjects(found)
                open_forms.append((pdfium.FPDFFormObj_GetObject, found, parts, 0, inner))
            continue
        if kind == pdfium.FPDF_PAGEOBJ_TEXT or not pdfium.FPDFPageObj_GetBounds(found, *at):
            continue
        box = left.value, bottom.value, right.value, top.value
        parts = pdfium.FPDFPath_CountSegments(found) if kind == pdfium.FPDF_PAGEOBJ_PATH else 0
        yield kind, box if placed == _SAME else _moved(box, placed), parts


def _product(inner: _Matrix, outer: _Matrix) -> _Matrix:
    a, b, c, d, e, f = inner
    g, h, i, j, k, m = outer
    return (
        a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j,
        e * g + f * i + k, e * h + f * j + m,
    )  # fmt: skip


def _moved(box: Box, matrix: _Matrix) -> Box:
    a, b, c, d, e, f = matrix
    xs = [x * a + y * c + e for x in (box[0], box[2]) for y in (box[1], box[3])]
    ys = [x * b + y * d + f for x in (box[0], box[2]) for y in (box[1], box[3])]
    return min(xs), min(ys), max(xs), max(ys)
