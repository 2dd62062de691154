"""Tables whose cells the reader of the format knew: of HTML, CSV, JSON, DOCX."""

from __future__ import annotations

from bisect import bisect_right

from extraction.document.blocks.block import Block, Place
from extraction.document.blocks.rows import CELLS, table_block
from extraction.document.line import Lines
from extraction.document.pairs import trimmed


def read(lines: Lines, at: int, place: Place) -> Block | None:
    """Return the table that begins at a line."""
    table = lines.tables.get(lines[at].start)
    if table is None:
        return None
    rows = [tuple(trimmed(lines.text, c.start, c.end) for c in row) for row in table.rows]
    after = bisect_right(lines, table.end, lo=at, hi=lines.size, key=lambda line: line.start)
    header = rows[0] if table.header_rows else ()
    return table_block(lines, at, after, place, header, rows[table.header_rows :], CELLS)
