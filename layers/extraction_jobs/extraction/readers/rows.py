"""Rows of cells, written as a table of lines with pipes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_SPACE = re.compile(r"\s+")


def pipe_rows(rows: Sequence[Sequence[str]], *, header: bool) -> Iterator[str]:
    """Yield the lines of a table, its first row marked as the header if it is one. Short rows are filled up."""
    width = max(map(len, rows), default=0)
    for position, cells in enumerate(rows):
        filled = [cell_text(cell) for cell in cells] + [""] * (width - len(cells))
        yield "| " + " | ".join(filled) + " |"
        if header and position == 0:
            yield "|" + " --- |" * width


def cell_text(text: str) -> str:
    """Return text fit for a cell: on one line, without a pipe."""
    return _SPACE.sub(" ", text).strip().replace("|", "/")
