"""From bytes to a Document: what format it is, which encoding, which text."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from extraction.document.document import Document, Limits
from extraction.document.typed import TypedText
from extraction.errors import PermanentError
from extraction.readers.format import Source, check_size
from extraction.readers.normal import normalise
from extraction.readers.raw import Attachment, Raw
from extraction.readers.text_builder import TextBuilder, joined

__all__ = ["read_document"]

_MOST_NOT_READ = 20


def read_document(
    content: bytes,
    *,
    media_type: str | None,
    name: str | None,
    limits: Limits,
    should_stop: Callable[[], bool] = lambda: False,
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
    found, raw = _Reader(limits, should_stop).read(content, media_type, name, 0)
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
    check_size("characters", len(text), limits.max_characters)
    check_size("lines", text.count("\n") + 1, limits.max_lines)
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
    more = len(not_read) - _MOST_NOT_READ
    if more <= 0:
        return not_read
    return (*not_read[:_MOST_NOT_READ], f"{more} more parts were not read.")


@dataclass(frozen=True, slots=True)
class _Reader:
    """Finds the format and has it read; what is attached to a document comes back here."""

    limits: Limits
    should_stop: Callable[[], bool]

    def read(
        self, content: bytes, media_type: str | None, name: str | None, depth: int
    ) -> tuple[str, Raw]:
        """Return the format of a document that is inside so many others, and its text."""
        from extraction.readers.attachments import with_attachments
        from extraction.readers.formats import FORMATS, said_format
        from extraction.readers.not_read import refuse_foreign
        from extraction.readers.signed import signed_content

        check_size("bytes", len(content), self.limits.max_bytes)
        refuse_foreign(content)
        if depth < self.limits.max_mail_depth and (signed := signed_content(content)) is not None:
            # `invoice.xml.p7m` holds `invoice.xml`.
            inner = name and name.removesuffix(".p7m").removesuffix(".P7M")
            return self.read(signed, None, inner, depth + 1)
        source = Source(content, said_format(media_type, name), media_type, self.limits)
        for each in FORMATS:
            found = each.recognise(source)
            if found is None or found is False:
                continue
            if each.read is not None:
                with _uncollected():
                    raw = each.read(source, found)
            else:
                from extraction.readers.apart import read_apart

                raw = read_apart(each, content, self.limits, self.should_stop)
            return each.media_type, with_attachments(raw, self._attached(depth))
        raise AssertionError("plain text takes whatever nothing else does")

    def _attached(self, depth: int) -> Callable[[Attachment], Raw]:
        def read(file: Attachment) -> Raw:
            if depth >= self.limits.max_mail_depth:
                raise PermanentError(f"Messages are attached to messages more than {depth} deep.")
            return self.read(file.content, file.media_type, file.name, depth + 1)[1]

        return read


@contextmanager
def _uncollected() -> Iterator[None]:
    """Pause the collector: a reader makes an object for each cell and no cycles, so it would look at all in vain."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


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
