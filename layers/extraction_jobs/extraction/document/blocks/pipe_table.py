"""Tables whose cells stand between pipes, as in Markdown."""

from __future__ import annotations

import re

from extraction.document.blocks.block import Block, Place
from extraction.document.blocks.facts import pair_of_cells
from extraction.document.blocks.rows import CELLS, table_block
from extraction.document.columns import Row
from extraction.document.line import RULE, Lines
from extraction.document.pairs import trimmed
from extraction.document.structure import TABLE_PAIR, Fact, Span

_PIPE = re.compile(r"(?<!\\)\|")
_MOST_CELLS = 200
_SEVERAL = 2


def read(lines: Lines, at: int, place: Place) -> Block | None:
    """Return the table that begins at a line."""
    if not lines[at].piped:
        return None
    if facts := _facts_beside(lines, at, place):
        return Block(at + 1, place, facts)
    rows: list[Row] = []
    header: Row = ()
    after = at
    while lines[after].piped or lines[after].kind == RULE:
        if lines[after].kind != RULE:
            rows.append(_cells(lines, after))
        elif len(rows) == 1 and not header:
            header = rows.pop()
        after += 1
    if len(rows) < 2 and not header:
        return None
    return table_block(lines, at, after, place, header, rows, CELLS)


def _facts_beside(lines: Lines, at: int, place: Place) -> tuple[Fact, ...]:
    """Return the facts of a line of several pairs in columns: `Order no | K-17      Date | 3 May`."""
    text = lines.text
    pieces: list[Span] = []
    for cell, words in zip(lines[at].cells, lines[at].said, strict=True):
        if pieces and words[0] == "|":  # the label is as wide as others
            pieces[-1] = Span(pieces[-1].start, cell.end)
        else:
            pieces.append(cell)
    bars = [piece.of(text).count("|") for piece in pieces]
    if len(pieces) < _SEVERAL or max(bars) > 1 or text[pieces[0].start] == "|":
        return ()
    pairs = [
        (piece, text.index("|", piece.start))
        for piece, bar in zip(pieces, bars, strict=True)
        if bar
    ]
    return tuple(
        fact
        for piece, cut in pairs
        for fact in pair_of_cells(
            text,
            place,
            trimmed(text, piece.start, cut),
            trimmed(text, cut + 1, piece.end),
            TABLE_PAIR,
        )
    )


def _cells(lines: Lines, at: int) -> Row:
    """Return the cells between the pipes of a line, empty ones too."""
    line = lines[at]
    start = line.start + line.indent
    end = start + len(line.words)
    cuts = [match.start() for match in _PIPE.finditer(lines.text, start, end)]
    if cuts and cuts[0] == start:
        start += 1
        cuts = cuts[1:]
    if cuts and cuts[-1] == end - 1:
        end -= 1
        cuts = cuts[:-1]
    starts, ends = [start, *(cut + 1 for cut in cuts)], [*cuts, end]
    found = (trimmed(lines.text, a, b) for a, b in zip(starts, ends, strict=True))
    return tuple(cell for cell, _ in zip(found, range(_MOST_CELLS), strict=False))
