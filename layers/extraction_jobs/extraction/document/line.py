"""The lines of a text, each read once: its kind, its cells, its pairs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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
_BETWEEN_AMOUNTS = r"(?<=\d[.,]\d\d)(?<!\d\.\d\d\.\d\d)[ ](?=[$€£]?\d[\d.,]*[.,]\d\d(?![^ ]))"


def _breaks(gap: str) -> re.Pattern[str]:
    return re.compile(rf"{gap}(?![ \t:=])|{gap}(?=[:=][^ \t])|{_BETWEEN_AMOUNTS}")


# Two spaces behind a full stop are no gap between cells on a line without wider gaps.
_CELL_BREAK = _breaks(r"(?:\t+|[ ]{3,}|(?<![.!?;])[ ]{2})")
_WIDE_BREAK = _breaks(r"(?:\t+|[ ]{2,})")
_WIDE = "   "
_FIGURE_NEAR_END = 6  # code points: an amount with the sign of its currency
_MOST_LOOKED_AT = 2000  # code points of a line
VERB = re.compile(r"\b(?:shall|must|will|may|is|are|was|were|has|have|agreed|to)\b")


class Line(NamedTuple):
    """A line of the text.

    `words` is the line without the space around it, which begins `indent` behind `start`. `mark` is
    that of a heading or list item; behind it begins the text, at `body`. `cells` are what wide gaps
    set apart: one for plain text; `said` are their words. `ends_in_figure` is whether a digit is among its last
    characters.
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
            or (bool(self.pairs) and self.kind != ITEM)
        )

    @property
    def is_item(self) -> bool:
        """Whether a bullet or number stands before the text."""
        return self.kind == ITEM


BEYOND = Line(0, 0, "", 0, PLAIN, "", 0, (), (), (), False, False)


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """All lines of a text; those beyond either end are blank.

    `next_break` is for each line the next one that ends a value reaching over lines. `tables` are those
    whose cells are known, by where they begin.
    """

    text: str
    all: tuple[Line, ...]
    next_break: tuple[int, ...]
    tables: Mapping[int, TypedTable]

    def __len__(self) -> int:
        return len(self.all)

    def __getitem__(self, number: int) -> Line:
        return self.all[number] if 0 <= number < len(self.all) else BEYOND


def read_lines(text: str, tables: Iterable[TypedTable] = ()) -> Lines:
    """Return the lines of a text with the tables in it whose cells are known."""
    found = []
    at = 0
    for line in text.split("\n"):
        found.append(_read(text, line, at))
        at += len(line) + 1
    breaks = [len(found)] * (len(found) + 1)
    for number in range(len(found) - 1, -1, -1):
        breaks[number] = number if found[number].ends_value else breaks[number + 1]
    return Lines(text, tuple(found), tuple(breaks), {table.start: table for table in tables})


def _read(text: str, line: str, start: int) -> Line:
    words = line.strip()
    end = start + len(line)
    if not words:
        return BEYOND._replace(start=start, end=end, body=start)
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
    whole = Span(first, first + len(words))
    gaps = "  " in words or "\t" in words
    pieces = _pieces(text, whole) if gaps else (whole,)
    cells = pieces
    if "*" in words or "_" in words or "`" in words:
        trimmed_pieces = (trimmed(text, piece.start, piece.end) for piece in pieces)
        cells = tuple(cell for cell in trimmed_pieces if cell.end > cell.start)
    said = tuple(text[cell.start : cell.end] for cell in cells)
    found = pairs(text, pieces)
    piped = "|" in words and words.count("|") > (words[0] == "|")
    figure = any(map(str.isdigit, words[-_FIGURE_NEAR_END:]))
    return Line(start, end, words, indent, kind, mark, body, cells, said, found, piped, figure)


def _pieces(text: str, words: Span) -> tuple[Span, ...]:
    """Cut a line at its wide gaps."""
    found = []
    at = words.start
    end = min(words.end, at + _MOST_LOOKED_AT)
    breaks = _WIDE_BREAK if text.find(_WIDE, at, end) >= 0 else _CELL_BREAK
    for gap in breaks.finditer(text, at, end):
        found.append(Span(at, gap.start()))
        at = gap.end()
    return (*found, Span(at, words.end))
