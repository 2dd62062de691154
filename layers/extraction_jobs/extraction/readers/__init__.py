"""From bytes to a Document: what format it is, which encoding, which text."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from extraction.document.document import (
    CSV,
    DOCX,
    HTML,
    JSON,
    MAIL,
    MARKDOWN,
    PDF,
    TEXT,
    XML,
    Document,
    Limits,
)
from extraction.document.typed import TypedText
from extraction.errors import PermanentError
from extraction.readers import formats
from extraction.readers.decoding import charset_of, decode
from extraction.readers.normal import normalise
from extraction.readers.raw import Attachment, Raw
from extraction.readers.signed import signed_content
from extraction.readers.text_builder import TextBuilder, joined, plain

__all__ = ["read_document"]


_MOST_NOT_READ = 20


def _never() -> bool:
    return False


def read_document(
    content: bytes,
    *,
    media_type: str | None,
    name: str | None,
    limits: Limits,
    should_stop: Callable[[], bool] = _never,
) -> Document:
    """Read a document into normalised text.

    Args:
        content: the document as it was sent.
        media_type, name: what it is said to be. The content decides; these settle what it leaves open.
        limits: beyond any of them the document is refused.
        should_stop: asked while a PDF, DOCX or e-mail is parsed.

    Raises:
        NeedsOcrError: there is no text in it, only images.
        PermanentError: empty, too large, broken, encrypted, or of a format that is not read.
        StoppedError: as soon as `should_stop()` is true.
        RetryableError: the process that parses could not be started.
    """
    reader = _Reader(limits, should_stop)
    found, raw = reader.read(content, media_type, name, 0)
    typed, pages = _joined(raw)
    text = typed.text
    e_invoices_start = None
    if raw.e_invoices:
        text = f"{text.rstrip()}\n\n" if text.strip() else ""
        e_invoices_start = len(text)
        pages = tuple(min(page, e_invoices_start) for page in pages)
        text += normalise("".join(raw.e_invoices))
    if not text.strip():
        raise PermanentError("The document has no text.")
    reader.check_size("characters", len(text), limits.max_characters)
    reader.check_size("lines", text.count("\n") + 1, limits.max_lines)
    title = normalise(raw.title).strip() if raw.title else None
    return Document(
        text=text,
        media_type=found,
        title=title or None,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        pages=pages,
        pages_without_text=raw.pages_without_text,
        not_read=_bounded(raw.everything_not_read()),
        e_invoices_start=e_invoices_start,
        tables=typed.tables,
    )


def _bounded(not_read: tuple[str, ...]) -> tuple[str, ...]:
    """Return the first sentences on what was not read, and how many more there are."""
    if len(not_read) <= _MOST_NOT_READ:
        return not_read
    return (
        *not_read[:_MOST_NOT_READ],
        f"{len(not_read) - _MOST_NOT_READ} more parts were not read.",
    )


class _Reader:
    """Tells the format and has it read; e-mails come back here for what is attached to them."""

    def __init__(self, limits: Limits, should_stop: Callable[[], bool]) -> None:
        self._limits = limits
        self._should_stop = should_stop

    def read(
        self, content: bytes, media_type: str | None, name: str | None, depth: int
    ) -> tuple[str, Raw]:
        """Return the format of a document and its text."""
        limits = self._limits
        self.check_size("bytes", len(content), limits.max_bytes)
        binary = formats.binary_format(content)
        if binary is not None:
            from extraction.readers.apart import read_apart

            stop = self._should_stop
            if binary == PDF:
                return PDF, read_apart("pdf", content, limits, stop)
            return DOCX, read_apart("docx", content, limits, stop)
        said = formats.said_format(media_type, name)
        if said in (None, MAIL, TEXT):
            from extraction.readers.mail import looks_like_mail

            if looks_like_mail(content, said=said == MAIL):
                return MAIL, self._read_mail(content, depth)
        if depth < limits.max_mail_depth and (signed := signed_content(content)) is not None:
            return self.read(signed, None, _name_inside(name), depth + 1)
        if formats.may_be_xml(content):
            from extraction.readers.xml_invoice import invoice_to_raw

            invoice = invoice_to_raw(content, limits)
            if invoice is not None:
                return XML, invoice
        text = decode(content, charset_of(media_type))
        self.check_size("characters", len(text), limits.max_characters)
        return self._read_text(text, said)

    def check_size(self, what: str, size: int, limit: int) -> None:
        """Raise PermanentError if there is more than the limit of something."""
        if size > limit:
            raise PermanentError(
                f"The document has {size} {what}; the limit is {limit}. Split it, or raise the limit."
            )

    def _read_text(self, text: str, said: str | None) -> tuple[str, Raw]:
        if formats.looks_like_html(text, said):
            from extraction.readers.html import html_to_text

            page, title = html_to_text(text, self._limits)
            return HTML, Raw((page,), title)
        formats.refuse_xml(text)
        if said in (None, JSON, TEXT):
            from extraction.readers.json_text import json_to_text, parse_json

            value = parse_json(text, self._limits, said=said == JSON)
            if value is not None:
                return JSON, Raw((json_to_text(value),))
        if formats.looks_like_markdown(text, said):
            from extraction.readers.markdown import shown

            return MARKDOWN, Raw((plain(shown(text)),))
        if said in (None, CSV, TEXT):
            from extraction.readers.csv_table import csv_dialect, csv_to_text

            dialect = csv_dialect(text, said=said == CSV)
            if dialect is not None:
                return CSV, Raw((csv_to_text(text, dialect),))
        return TEXT, Raw((plain(text),))

    def _read_mail(self, content: bytes, depth: int) -> Raw:
        from extraction.readers.apart import read_apart
        from extraction.readers.mail import with_attachments

        def read_attached(file: Attachment) -> Raw:
            if depth >= self._limits.max_mail_depth:
                raise PermanentError(f"Messages are attached to messages more than {depth} deep.")
            return self.read(file.content, file.media_type, file.name, depth + 1)[1]

        mail = read_apart("mail", content, self._limits, self._should_stop)
        return with_attachments(mail, read_attached)


def _name_inside(name: str | None) -> str | None:
    """Return what a file was called before it was signed: `invoice.xml` of `invoice.xml.p7m`."""
    return name and name.removesuffix(".p7m").removesuffix(".P7M")


def _joined(raw: Raw) -> tuple[TypedText, tuple[int, ...]]:
    """Return the parts as one text, a blank line between pages, and where each page begins."""
    if not raw.paged:
        return joined(raw.parts, "\n"), ()
    pages: list[int] = []
    builder = TextBuilder()
    for part in raw.parts:
        pages.append(builder.size)
        stripped = part.stripped()
        if stripped.text:
            builder.add(stripped)
            builder.add("\n\n")
    whole = builder.built()
    text = whole.text.removesuffix("\n")
    return TypedText(text, whole.tables), tuple(min(start, len(text)) for start in pages)
