"""From bytes to a Document: what format it is, which encoding, which text."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from extraction.collector import without_collector
from extraction.document.document import Document, Limits
from extraction.document.typed import TypedText
from extraction.errors import (
    ExtractionError,
    MisconfiguredError,
    PermanentError,
    RetryableError,
    StoppedError,
)
from extraction.ocr.page import PageReader
from extraction.readers.format import Source, check_size
from extraction.readers.raw import Raw
from extraction.readers.text_builder import TextBuilder, joined, normalise, plain

__all__ = ["read_document"]

_MOST_NOT_READ = 20
_NAME = re.compile(r"[^\w .,()&+-]+")
_LONGEST_NAME = 100


def read_document(
    content: bytes,
    *,
    media_type: str | None,
    name: str | None,
    limits: Limits,
    should_stop: Callable[[], bool] = lambda: False,
    read_page: PageReader | None = None,
) -> Document:
    """Read a document into normalised text.

    Args:
        content: the document as it was sent.
        media_type, name: what it is said to be. The content decides; these settle what it leaves open.
        limits: beyond any of them the document is refused.
        should_stop: asked while a PDF, Office document, e-mail or picture is parsed.
        read_page: asked for each page that is an image, by OCR. What it raises beside PermanentError ends the reading.

    Raises:
        NeedsOcrError: there is no text in it, only images, and no `read_page`.
        PermanentError: empty, too large, broken, encrypted, or of a format that is not read.
        StoppedError: as soon as `should_stop()` is true.
        RetryableError: the process that parses could not be started.
    """
    found, raw = _Reader(limits, should_stop, read_page).read(content, media_type, name, 0)
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
    check_size("lines", text.count("\n") + 1, limits.max_lines, "Split it.")
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
        seen=typed.seen,
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
    read_page: PageReader | None

    def read(
        self, content: bytes, media_type: str | None, name: str | None, depth: int
    ) -> tuple[str, Raw]:
        """Return the format of a document that is inside so many others, and its text."""
        from extraction.readers.formats import FORMATS, PICTURES, said_format
        from extraction.readers.not_read import refuse_foreign
        from extraction.readers.signed import opened

        check_size("bytes", len(content), self.limits.max_bytes)
        source = Source(content, said_format(media_type, name), media_type, self.limits)
        if self.read_page is None or not any(each.recognise(source) for each in PICTURES):
            refuse_foreign(content)
        if depth < self.limits.max_mail_depth and (signed := opened(content)[1]) is not None:
            # `invoice.xml.p7m` holds `invoice.xml`.
            inner = name and name.removesuffix(".p7m").removesuffix(".P7M")
            return self.read(signed, None, inner, depth + 1)
        for each in FORMATS:
            found = each.recognise(source)
            if found is None or found is False:
                continue
            if each.read is not None:
                with without_collector():
                    raw = each.read(source, found)
            else:
                from extraction.readers.apart import read_apart
                from extraction.readers.scanned import with_scanned_pages

                given = source.text.encode(errors="replace") if each.decoded else content
                raw = read_apart(each, given, self.limits, self.should_stop)
                raw = with_scanned_pages(
                    raw, each, content, self.limits, self.should_stop, self.read_page
                )
            return each.media_type, self._with_attachments(raw, depth)
        raise AssertionError("plain text takes whatever nothing else does")

    def _with_attachments(self, mail: Raw, depth: int) -> Raw:
        """Return a message, whose parts are its head and its body, with what is attached to it.

        Raises PermanentError if nothing in it can be read, with the reason of the first attachment that could not be.
        """
        parts, not_read, e_invoices = list(mail.parts), list(mail.not_read), list(mail.e_invoices)
        refusals: list[ExtractionError] = []
        for number, file in enumerate(mail.attached, 1):
            name = _NAME.sub(" ", file.name or file.media_type.partition(";")[0]).strip()
            parts.append(plain(f"\n## Attachment {name[:_LONGEST_NAME] or 'without a name'}\n"))
            try:
                if depth >= self.limits.max_mail_depth:
                    raise PermanentError(
                        f"Messages are attached to messages more than {depth} deep."
                    )
                _, inner = self.read(file.content, file.media_type, file.name, depth + 1)
                not_read += (f"Attachment {number}: {each}" for each in inner.everything_not_read())
                if not inner.e_invoices and not any(part.text.strip() for part in inner.parts):
                    raise PermanentError("The document has no text.")
                parts += inner.parts
                e_invoices += inner.e_invoices
            except (StoppedError, RetryableError, MisconfiguredError):
                raise
            except ExtractionError as error:
                refusals.append(error)
                not_read.append(f"Attachment {number} was not read: {error}")
                parts.append(plain("(not read)\n"))
        if refusals and len(refusals) == len(mail.attached) and not mail.parts[-1].text.strip():
            raise refusals[0]
        if mail.attachments_left_out:
            not_read.append(f"Only the first {len(mail.attached)} attachments were read.")
            further = f"\nFurther attachments were not read: there are over {len(mail.attached)}.\n"
            parts.append(plain(further))
        return replace(
            mail,
            parts=tuple(parts),
            not_read=tuple(not_read),
            e_invoices=tuple(e_invoices),
            attached=(),
        )


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
    return replace(whole, text=text), tuple(min(start, len(text)) for start in pages)
