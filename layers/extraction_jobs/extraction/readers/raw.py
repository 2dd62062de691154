"""What a reader of one format makes of its bytes, before it is normalised."""

from __future__ import annotations

from dataclasses import dataclass

_LISTED = 20  # page numbers in a sentence


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a document, still to be read. `media_type` and `name` are what the document says.

    `in_page` is true for a picture that the document's own page shows: a logo, a line.
    """

    media_type: str
    name: str | None
    content: bytes
    in_page: bool = False


@dataclass(frozen=True, slots=True)
class Raw:
    """Text as the format gave it.

    `parts` are the pages of a paged format, or the whole as one part. `pages_without_text` are the numbers, from 1, of
    the pages that hold images and no text; their parts are empty. `not_read` are sentences on what else of the document
    was not read. `attached` is what came with an e-mail; `attachments_left_out` says that there was more of it than
    the limit. `e_invoices` are the lines of each e-invoice's XML, which no part holds.
    """

    parts: tuple[str, ...]
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
        listed = ", ".join(map(str, self.pages_without_text[:_LISTED]))
        pages = (
            f"NEEDS_OCR: {len(self.pages_without_text)} of {len(self.parts)} pages hold images and no text, "
            f"and nothing of them was read ({listed})."
        )
        return (pages, *self.not_read)
