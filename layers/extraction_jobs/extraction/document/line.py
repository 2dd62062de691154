"""The lines of a text, each read once: its kind, its cells, its pairs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import NamedTuple

from extraction.document.pairs import LIST_MARK, Pair, pairs, trimmed
from extraction.document.structure import Span
from extraction.document.typed import TypedTable

HEADING = "heading"
RULE = "rule"
ITEM = "item"
PLAIN = ""

Place = tuple[int, int]  # where a cell or column begins and ends on its line

_KIND = re.compile(
    r"(?P<heading>#{1,6})[ \t]+|"
    r"(?P<rule>([-=_*~])(?:[ \t]*\3){2,}|[|+]?[ \t]*:?[-=]+:?(?:[ \t]*[|+][ \t]*:?[-=]+:?)*[ \t]*[|+])[ \t]*$|"
    rf"{LIST_MARK}"
)
# Amounts in columns that are full stand as close as words.
_BETWEEN_AMOUNTS = r"(?<=\d[.,]\d\d.)(?<!\d\.\d\d\.\d\d.)(?=[$€£]?\d[\d.,]*[.,]\d\d(?![^ ]))"
_BEFORE_CELL = r"(?:(?![ \t:=☐☑☒]|\[[ xX]?\])|(?=[:=][^ \t]))"


def _breaks(spaces: str) -> re.Pattern[str]:
    """Return a pattern for gaps, whose first character is one of two: so words are passed over quickly."""
    return re.compile(rf"\t\t*{_BEFORE_CELL}|[ ](?:(?:{spaces}){_BEFORE_CELL}|{_BETWEEN_AMOUNTS})")


# Two spaces behind a full stop are no gap between cells on a line without wider gaps.
_CELL_BREAK = _breaks(r"[ ]{2,}|(?<![.!?;].)[ ]")
_WIDE_BREAK = _breaks(r"[ ]+")
_WIDE = "   "
_FIGURE_NEAR_END = 6  # code points: an amount with the sign of its currency
_MOST_LOOKED_AT = 2000  # code points of a line
VERB = re.compile(r"\b(?:shall|must|will|may|is|are|was|were|has|have|agreed|to)\b")


class Line(NamedTuple):
    """A line of the text.

    `words` is the line without the space around it, which begins `indent` behind `start`. `mark` is
    that of a heading or list item; behind it begins the text, at `body`. `cells` are what wide gaps
    set apart: one for plain text; `said` are their words. `ends_in_figure` is whether a digit is among its last
    characters; `is_item` whether a bullet or number stands before the text.
    """

    start: int
    end: int
    words: str
    indent: int
    kind: str
    mark: str
    body: int
    cells: tuple[Span, ...]
    said: tuple[str, ...]
    pairs: tuple[Pair, ...]
    piped: bool
    ends_in_figure: bool
    is_item: bool

    @property
    def width(self) -> int:
        """How far to the right it reaches."""
        return self.indent + len(self.words)

    @property
    def places(self) -> list[Place]:
        """Where its cells begin and end on it."""
        return [(cell.start - self.start, cell.end - self.start) for cell in self.cells]

    @property
    def ends_value(self) -> bool:
        """Whether no value above this line goes on in it or behind it."""
        return (
            not self.words
            or self.kind in (HEADING, RULE)
            or self.piped
            or (bool(self.pairs) and not self.is_item)
        )


BEYOND = Line(0, 0, "", 0, PLAIN, "", 0, (), (), (), False, False, False)
_BLANK_BEHIND = 50  # lines behind the last one that may be asked for


class Lines(list[Line]):
    """The `size` lines of a text. Behind them stand blank ones, the last of which is also before the first: number -1.

    `next_break` is for each line the next one that ends a value reaching over lines. `tables` are those
    whose cells are known, by where they begin.
    """

    def __init__(self, text: str, lines: Sequence[Line], tables: Iterable[TypedTable]) -> None:
        """Take the lines of a text."""
        super().__init__((*lines, *repeat(BEYOND, _BLANK_BEHIND)))
        self.text = text
        self.size = len(lines)
        self.tables = {table.start: table for table in tables}
        self.next_break = [self.size] * (self.size + 1)
        for number in range(self.size - 1, -1, -1):
            ends = lines[number].ends_value
            self.next_break[number] = number if ends else self.next_break[number + 1]


def read_lines(text: str, tables: Iterable[TypedTable] = ()) -> Lines:
    """Return the lines of a text with the tables in it whose cells are known."""
    found = []
    at = 0
    for line in text.split("\n"):
        found.append(_read(text, line, at))
        at += len(line) + 1
    return Lines(text, found, tables)


def _read(text: str, line: str, start: int) -> Line:
    words = line.strip()
    end = start + len(line)
    if not words:
        return Line(start, end, "", 0, PLAIN, "", start, (), (), (), False, False, False)
    indent = len(line) - len(line.lstrip())
    first = body = start + indent
    kind, mark = PLAIN, ""
    match = _KIND.match(words)
    if match is not None:
        if match["rule"]:
            kind = RULE
        elif match["heading"]:
            kind, mark = (PLAIN if indent else HEADING), match["heading"]
        elif match.end() < len(words):
            kind, mark = ITEM, match["mark"] + (f" [{match['box']}]" if match["box"] else "")
        body = first + match.end() if mark else first
    gaps = "  " in words or "\t" in words
    pieces = (
        _pieces(text, first, first + len(words)) if gaps else (Span(first, first + len(words)),)
    )
    cells = pieces
    if "*" in words or "_" in words or "`" in words:
        trimmed_pieces = (trimmed(text, piece.start, piece.end) for piece in pieces)
        cells = tuple(cell for cell in trimmed_pieces if cell.end > cell.start)
        gaps = True
    said = tuple([text[cell.start : cell.end] for cell in cells]) if gaps else (words,)
    found = pairs(text, pieces)
    piped = "|" in words and words.count("|") > (words[0] == "|")
    figure = any(map(str.isdigit, words[-_FIGURE_NEAR_END:]))
    return Line(
        start, end, words, indent, kind, mark, body, cells, said, found, piped, figure, kind == ITEM
    )


def _pieces(text: str, start: int, end: int) -> tuple[Span, ...]:
    """Cut the words of a line at its wide gaps."""
    found = []
    at = start
    near = min(end, at + _MOST_LOOKED_AT)
    breaks = _WIDE_BREAK if text.find(_WIDE, at, near) >= 0 else _CELL_BREAK
    for gap in breaks.finditer(text, at, near):
        found.append(Span(at, gap.start()))
        at = gap.end()
    return (*found, Span(at, end))
