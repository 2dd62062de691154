"""What a reader of one format makes of its bytes, before its parts are one text."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from extraction.document.structure import Span
from extraction.document.typed import TypedTable, TypedText

_LISTED = 20  # page numbers in a sentence
_LONGEST_TITLE = 300
_NO_TITLE = re.compile(
    r"untitled.*|microsoft (?:word|excel|powerpoint).*|.*\.[a-z0-9]{2,5}|document\s*\d*|.*[\\/].*|"
    r"\W*|about:blank|data:.*|https?:.*|print(?:ing)?|unbenannt.*|dokument\s*\d*|"
    r"sans (?:nom|titre).*|\(?anonymous\)?|word document|powerpoint presentation",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a document, still to be read. `media_type` and `name` are what the document says."""

    media_type: str
    name: str | None
    content: bytes


@dataclass(frozen=True, slots=True)
class Raw:
    """Text as the format gave it, in normal form.

    `parts` are the pages of a paged format, or the whole as one part. `pages_without_text` are the numbers, from 1, of
    the pages that hold images and no text; their parts are empty. `not_read` are sentences on what else of the document
    was not read. `attached` is what came with an e-mail; `attachments_left_out` says that there was more of it than
    the limit. `e_invoices` are the lines of each e-invoice's XML, which no part holds.
    """

    parts: tuple[TypedText, ...]
    title: str | None = None
    paged: bool = False
    pages_without_text: tuple[int, ...] = ()
    not_read: tuple[str, ...] = ()
    attached: tuple[Attachment, ...] = ()
    attachments_left_out: bool = False
    e_invoices: tuple[str, ...] = ()

    def everything_not_read(self) -> tuple[str, ...]:
        """Return a sentence for each part of the document whose content is not in the text."""
        if not self.pages_without_text:
            return self.not_read
        pages = (
            f"NEEDS_OCR: {len(self.pages_without_text)} of {len(self.parts)} pages have images and no text, "
            f"and were not read ({listed(self.pages_without_text)})."
        )
        return (pages, *self.not_read)

    def to_json(self) -> dict[str, Any]:
        """Return what a parser made in values of JSON: places as lists of numbers, bytes in base64."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        values["parts"] = [[part.text, list(map(_numbers, part.tables))] for part in self.parts]
        values["attached"] = [
            asdict(each) | {"content": base64.b64encode(each.content).decode("ascii")}
            for each in self.attached
        ]
        return values

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Raw:
        """Return what `to_json` was made of."""
        whole: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in values.items()
        }
        whole["parts"] = tuple(
            TypedText(text, tuple(map(_table, tables))) for text, tables in values["parts"]
        )
        whole["attached"] = tuple(
            Attachment(**each | {"content": base64.b64decode(each["content"])})
            for each in values["attached"]
        )
        return cls(**whole)


def _numbers(table: TypedTable) -> list[Any]:
    rows = [[place for cell in row for place in (cell.start, cell.end)] for row in table.rows]
    return [table.start, table.end, table.header_rows, rows]


def _table(numbers: list[Any]) -> TypedTable:
    start, end, header_rows, rows = numbers
    cells = tuple(tuple(map(Span, row[::2], row[1::2])) for row in rows)
    return TypedTable(start, end, cells, header_rows)


def listed(pages: Sequence[int]) -> str:
    """Return the numbers of pages for a sentence, the first of them if there are many."""
    return ", ".join(map(str, pages[:_LISTED]))


def sane_title(title: str) -> str | None:
    """Return a title, or None if it is a file's name or what a program puts where none was given."""
    title = " ".join(title.split())
    return None if len(title) > _LONGEST_TITLE or _NO_TITLE.fullmatch(title) else title
