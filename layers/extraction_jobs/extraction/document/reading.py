"""Read a document's text once into its structure: lines, blocks of lines, and what those state.

Each line is looked at with its neighbours only, so the cost follows the length of the text. No
object type is known here: what a label means is decided later.
"""

from __future__ import annotations

from collections.abc import Iterable

from extraction.document.blocks import (
    bill,
    column_table,
    heading,
    paragraph,
    pipe_table,
    typed_table,
)
from extraction.document.blocks.block import Block, Kind, Place
from extraction.document.line import RULE, Lines, read_lines
from extraction.document.structure import Structure
from extraction.document.typed import TypedTable

# In the order in which they are tried. Any line is a paragraph.
KINDS: tuple[Kind, ...] = (typed_table, heading, pipe_table, bill, column_table, paragraph)


def read_structure(text: str, tables: Iterable[TypedTable] = ()) -> Structure:
    """Return the structure of a text with the tables in it whose cells are known."""
    lines = read_lines(text, tables)
    found = Structure()
    place = Place()
    at = 0
    while at < lines.size:
        if not lines[at].words or lines[at].kind == RULE:
            at, place = at + 1, place.apart()
            continue
        block = _block(lines, at, place)
        at, place = block.after, block.then
        found.facts += block.facts
        found.entries += block.entries
        found.tables += [block.table] if block.table else []
        found.sections += [block.section] if block.section else []
    found.facts.sort(key=lambda fact: (fact.start, fact.value.start))
    return found


def _block(lines: Lines, at: int, place: Place) -> Block:
    for kind in KINDS:
        block = kind.read(lines, at, place)
        if block is not None:
            return block
    raise AssertionError("any line is a paragraph")
