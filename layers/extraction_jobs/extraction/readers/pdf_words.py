"""The words of a PDF's page: where they stand, how large they are, which way they run.

PDFium is asked for each character's code, and for boxes only at the ends of words: a call into it
costs more than half a microsecond, and a page has thousands of characters.
"""

from __future__ import annotations

import ctypes
import math
import re
from collections import defaultdict
from typing import Any, NamedTuple

import pypdfium2.raw as pdfium

from extraction.readers.layout import Word

_TOKEN = re.compile(r"[^\s\x02\ufffe]+[\x02\ufffe]?|[\x02\ufffe]")
_LINE_END_HYPHEN = re.compile(r"[\x02\ufffe\u00ad]$")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_HIGHEST = 0x10FFFF
_UNKNOWN = "\ufffd"  # a glyph whose font does not say which character it is
# Ligatures are letters; bullets of symbol fonts have codes of no meaning elsewhere.
_READABLE = str.maketrans(
    {
        "\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl",
        "\ufb05": "st", "\ufb06": "st",
        "\uf0b7": "•", "\uf0a7": "▪", "\uf0a8": "▪", "\uf0d8": "‣", "\uf06e": "▪", "\uf0fc": "•",
    }
)  # fmt: skip
_STRAIGHT = 8  # degrees that a word may be off before it counts as slanted
_SLANTED = 4  # beside the four ways
_OUTSIDE = 2.0  # points
_RAISED = 0.8  # of the size of the figure before it: a note's mark


class Words(NamedTuple):
    """The words of a page: those that run the way most do, and others by way, slanted ones last."""

    upright: list[Word]
    way: int  # that they run, in quarter turns
    turned: list[list[Word]]
    unknown: int  # how many characters their fonts do not name
    known: int


def words_of(
    text_page: Any, box: tuple[float, float, float, float], *, with_invisible: bool = True
) -> Words:
    """Return what stands on a page, as far as it is inside the box that is shown.

    Invisible text is what OCR found in a picture of the page. Where there is no picture, it is text that nobody sees.
    """
    raw = text_page.raw
    code_of = pdfium.FPDFText_GetUnicode
    codes = [code_of(raw, number) for number in range(text_page.count_chars())]
    text = "".join([chr(code) if 0 < code <= _HIGHEST else _UNKNOWN for code in codes])
    reader = _WordReader(raw, text, box)
    for token in _TOKEN.finditer(text):
        if with_invisible or not reader.is_invisible(token.start()):
            reader.take(token.start(), token.end())
    ways = sorted(reader.by_way.items(), key=lambda way: -sum(len(w.text) for w in way[1]))
    (way, upright), *turned_words = ways or [(0, [])]
    return Words(
        upright,
        way % 4,
        [words for _, words in turned_words],
        text.count(_UNKNOWN),
        sum(map(str.isalnum, text)),
    )


class _WordReader:
    def __init__(self, raw: Any, text: str, box: tuple[float, float, float, float]) -> None:
        self.raw = raw
        self.text = text
        self.shown = box
        self.by_way: dict[int, list[Word]] = defaultdict(list)
        self.box = pdfium.FS_RECTF()
        self.matrix = pdfium.FS_MATRIX()
        self.x, self.y = ctypes.c_double(), ctypes.c_double()
        self.box_at = ctypes.byref(self.box)
        self.matrix_at = ctypes.byref(self.matrix)
        self.x_at, self.y_at = ctypes.byref(self.x), ctypes.byref(self.y)

    def take(self, start: int, end: int) -> None:
        """Note the word of these characters, or the words that they turn out to be."""
        raw, box = self.raw, self.box
        pdfium.FPDFText_GetLooseCharBox(raw, start, self.box_at)
        left, bottom, right, top = box.left, box.bottom, box.right, box.top
        if end - start > 1:
            pdfium.FPDFText_GetLooseCharBox(raw, end - 1, self.box_at)
            left, right = min(left, box.left), max(right, box.right)
            bottom, top = min(bottom, box.bottom), max(top, box.top)
        x0, y0, x1, y1 = self.shown
        if not (
            x0 - _OUTSIDE <= (left + right) / 2 <= x1 + _OUTSIDE
            and y0 - _OUTSIDE <= (bottom + top) / 2 <= y1 + _OUTSIDE
        ):
            return
        pdfium.FPDFText_GetMatrix(raw, start, self.matrix_at)
        pdfium.FPDFText_GetCharOrigin(raw, start, self.x_at, self.y_at)
        turn = math.degrees(math.atan2(self.matrix.b, self.matrix.a))
        way = round(turn / 90) % 4
        slanted = abs(turn - round(turn / 90) * 90) > _STRAIGHT
        mark = self.mark_behind(start, end)
        words = _readable(self.text[start:mark])
        if mark < end:
            words += f"[{self.text[mark:end]}]"
        size = pdfium.FPDFText_GetFontSize(raw, start) * math.hypot(self.matrix.c, self.matrix.d)
        base = turned(way, self.x.value, self.y.value)[1]
        begin, stop = sorted(turned(way, x, y)[0] for x, y in ((left, bottom), (right, top)))
        if not size > 0:
            size = (top - bottom if way % 2 == 0 else right - left) or 1.0
        spaced = (
            start > 0
            and self.text[start - 1] in " \u00a0"
            and pdfium.FPDFText_IsGenerated(raw, start - 1) != 1
        )
        self.by_way[_SLANTED if slanted else way].append(
            Word(words, begin, stop, base, size, spaced)
        )

    def is_invisible(self, number: int) -> bool:
        """Tell a character that is there to be found and copied, not to be seen."""
        piece = pdfium.FPDFText_GetTextObject(self.raw, number)
        mode = pdfium.FPDFTextObj_GetTextRenderMode(piece) if piece else None
        return bool(mode == pdfium.FPDF_TEXTRENDERMODE_INVISIBLE)

    def mark_behind(self, start: int, end: int) -> int:
        """Return where a smaller figure begins behind a figure, the end of the word if there is none."""
        if end - start < 2 or not (self.text[end - 1].isdigit() and self.text[start].isalnum()):
            return end
        size_of = pdfium.FPDFText_GetFontSize
        small = _RAISED * size_of(self.raw, start)
        at = end
        while at > start + 1 and self.text[at - 1].isdigit() and size_of(self.raw, at - 1) < small:
            at -= 1
        return at if self.text[at - 1].isdigit() else end


def turned(way: int, x: float, y: float) -> tuple[float, float]:
    """Return a place on a page as text that runs that way has it: along its line, and downwards."""
    return ((x, -y), (y, x), (-x, y), (-y, -x))[way]


def _readable(text: str) -> str:
    text = _LINE_END_HYPHEN.sub("-", text)
    if text.isascii():
        return text
    if _SURROGATE.search(text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.translate(_READABLE)
