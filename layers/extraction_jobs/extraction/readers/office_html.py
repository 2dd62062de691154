"""What the readers of Office formats share: each writes HTML, of which the reader of HTML makes text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from extraction.document.document import Limits
from extraction.errors import NeedsOcrError
from extraction.readers.html import html_to_text
from extraction.readers.raw import Raw, sane_title

TAB = "\ue000"  # stands for a tab until the text is written: HTML would make a space of it
NO_TEXT = "NEEDS_OCR: the {} has pictures and {} text. Run them through OCR, and send the result."
_TABS = re.compile(f" *{TAB}[ {TAB}]*")
_COLUMN = "   "


@dataclass(slots=True)
class Cell:
    """A cell as HTML, and over how many columns and rows it goes."""

    html: str
    across: int = 1
    down: int = 1


def table(rows: Iterable[tuple[bool, Sequence[Cell]]]) -> str:
    """Return a table, given of each row whether it heads the others."""
    lines = (
        "".join(f'<{tag} colspan="{c.across}" rowspan="{c.down}">{c.html}</{tag}>' for c in cells)
        for tag, cells in (("th" if heads else "td", cells) for heads, cells in rows)
    )
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def listed(items: Sequence[str]) -> str:
    """Return notes as a list, nothing if there are none."""
    return f"<ol>{''.join(f'<li>{item}</li>' for item in items)}</ol>" if items else ""


def in_columns(text: str) -> str:
    """Return a line or cell with its tabs, which set columns apart."""
    return _TABS.sub(_COLUMN, text.strip(TAB + " "))


def raw_of(
    html: str,
    limits: Limits,
    name: str,
    *,
    title: str,
    pictures: int,
    not_read: Sequence[str] = (),
) -> Raw:
    """Return the text of a document as one part. Raises NeedsOcrError if it holds pictures and no text."""
    text = html_to_text(html, limits, in_columns)[0]
    if pictures and not text.text.strip():
        raise NeedsOcrError(NO_TEXT.format(name, "no"))
    return Raw((text,), sane_title(title), not_read=tuple(not_read))
