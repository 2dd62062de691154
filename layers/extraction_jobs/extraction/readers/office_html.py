"""What the readers of Office formats share: each writes HTML, of which the reader of HTML makes text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from extraction.document.document import Limits
from extraction.errors import NeedsOcrError
from extraction.readers.html import html_to_text
from extraction.readers.raw import Raw, sane_title

TAB = "\ue000"  # stands for a tab until the text is written: HTML would make a space of it
NO_TEXT = "NEEDS_OCR: the {} has pictures and {} text. Run them through OCR, and send the result."
_TABS = re.compile(f" *{TAB}[ {TAB}]*")
_COLUMN = "   "
_TAGS = re.compile(r"<[^>]*>")
_HEADING = re.compile(r"\s*# (.+)")
_ONLY_NUMBERS = re.compile(
    r"\W*(?:(?:page|seite|página|pagina|p\.?)\W*)?\d*\W*(?:(?:of|von|sur|de|di|/)\W*\d*)?\W*",
    re.IGNORECASE,
)
_ENOUGH = 24  # letters and digits of a document that does not only show pictures


@dataclass(slots=True)
class Cell:
    """A cell as HTML, and over how many columns and rows it goes.

    `merged` says that it only goes on with the cell above (`up`) or before it (`back`).
    """

    html: str
    across: int = 1
    down: int = 1
    merged: str = ""


def table(rows: Iterable[tuple[bool, Iterable[Cell]]]) -> str:
    """Return a table, given of each row whether it heads the others."""
    lines: list[tuple[str, list[Cell]]] = []
    above: dict[int, Cell] = {}
    for heads, cells in rows:
        kept: list[Cell] = []
        at = 0
        for cell in cells:
            if cell.merged == "up" and at in above:
                above[at].down += 1
            elif cell.merged == "back" and kept:
                kept[-1].across += 1
            else:
                above[at] = cell
                kept.append(cell)
            at += cell.across
        lines.append(("th" if heads else "td", kept))
    html = (
        "".join(f'<{tag} colspan="{c.across}" rowspan="{c.down}">{c.html}</{tag}>' for c in cells)
        for tag, cells in lines
    )
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in html)}</table>"


def _in_columns(text: str) -> str:
    """Return a line or cell with its tabs, which set columns apart."""
    return _TABS.sub(_COLUMN, text.strip(TAB + " "))


@dataclass(slots=True)
class Around:
    """What a document of that format has beside its body: notes and margins as HTML, and what is not read.

    `margins` are its headers and footers, each once, by their words. `pages` are the pictures as large as a page.
    """

    name: str
    notes: list[str] = field(default_factory=list)
    margins: dict[str, tuple[str, str]] = field(default_factory=dict)
    not_read: list[str] = field(default_factory=list)
    pictures: int = 0
    pages: int = 0
    objects: int = 0

    def margin(self, kind: str, html: str) -> None:
        """Add a `header` or `footer`, unless it only numbers the pages."""
        words = " ".join(_TAGS.sub(" ", html).split())
        if not _ONLY_NUMBERS.fullmatch(words):
            self.margins.setdefault(words, (kind, html))

    def raw(self, body: str, limits: Limits, title: str | None) -> Raw:
        """Return the text as one part. Raises NeedsOcrError if there are pictures and no text."""
        margins = [
            "".join(html for each, html in self.margins.values() if each == kind)
            for kind in ("header", "footer")
        ]
        notes = "".join(f"<li>{note}</li>" for note in self.notes)
        html = f"{margins[0]}{body}{margins[1]}" + (f"<ol>{notes}</ol>" if notes else "")
        text = html_to_text(html, limits, _in_columns)[0]
        self._look_at(text.text)
        heading = _HEADING.match(text.text)
        title = sane_title(title or "") or (heading[1] if heading else None)
        return Raw((text,), title, not_read=tuple(dict.fromkeys(self.not_read)))

    def _look_at(self, text: str) -> None:
        """Say what is shown and was not read."""
        if self.objects:
            self.not_read.append(
                f"{self.objects} embedded object(s) of the {self.name} were not read."
            )
        if self.pages and text.strip():
            self.not_read.append(
                f"NEEDS_OCR: {self.pages} picture(s) of the {self.name} are as large as a page, and were not read."
            )
        elif self.pictures and sum(map(str.isalnum, text)) < _ENOUGH:
            if not text.strip():
                raise NeedsOcrError(NO_TEXT.format(self.name, "no"))
            self.not_read.append(NO_TEXT.format(self.name, "hardly any"))
