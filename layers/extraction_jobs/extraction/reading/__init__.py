"""From bytes to a Document: what format it is, which encoding, which text."""

from __future__ import annotations

import hashlib
import re

from extraction.document import HTML, MARKDOWN, TEXT, Document, Limits
from extraction.errors import PermanentError
from extraction.reading.decoding import decode
from extraction.reading.normal import normalise

__all__ = ["read_document"]

_SUPPORTED = "plain text, Markdown and HTML"

# What a file of another kind begins with, and what to call it in the refusal.
_FOREIGN = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"{\\rtf", "an RTF document"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
    (b"SQLite format 3", "a database"),
)

_HTML_START = re.compile(
    r"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--[^>]{0,500}-->\s*)*<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE,
)
_HTML_TAG = re.compile(
    r"</(?:p|div|table|tr|td|th|ul|ol|li|h[1-6]|dl|dd|dt|section|article|span|body)>", re.IGNORECASE
)
_MARKDOWN_SIGN = re.compile(
    r"^(?:#{1,6} \S|[-*] \[[ xX]\] |\|[^\n]{0,300}\|[ \t]*$|```|[-*] \*\*)|\*\*[^*\n]{1,80}\*\*",
    re.MULTILINE,
)


def read_document(
    content: bytes, *, media_type: str | None, name: str | None, limits: Limits
) -> Document:
    """Read plain text, Markdown or HTML into normalised text.

    The content decides the format; the stated media type and the name's ending only settle what
    content leaves open. Raises PermanentError if the source is empty, too large, not text, or
    of a format this version does not read.
    """
    if len(content) > limits.max_bytes:
        raise PermanentError(
            f"The document has {len(content)} bytes; the limit is {limits.max_bytes}. "
            "Split it, or raise the limit."
        )
    for signature, what in _FOREIGN:
        if content.startswith(signature):
            raise PermanentError(f"The document is {what}; this version reads {_SUPPORTED}.")
    raw = decode(content)
    if len(raw) > limits.max_characters:
        raise PermanentError(
            f"The document has {len(raw)} characters; the limit is {limits.max_characters}. "
            "Split it, or raise the limit."
        )
    found = _format(raw, media_type, name)
    title: str | None = None
    if found == HTML:
        from extraction.reading.html import html_to_text

        raw, title = html_to_text(raw, limits)
        title = normalise(title).strip() if title else None
    text = normalise(raw)
    if not text.strip():
        raise PermanentError("The document has no text.")
    lines = text.count("\n") + 1
    if lines > limits.max_lines:
        raise PermanentError(
            f"The document has {lines} lines; the limit is {limits.max_lines}. "
            "Split it, or raise the limit."
        )
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Document(text=text, media_type=found, title=title or None, digest=digest)


def _format(text: str, media_type: str | None, name: str | None) -> str:
    stated = (media_type or "").split(";")[0].strip().casefold()
    ending = (name or "").casefold().rpartition(".")[2]
    head = text[:20_000]
    if _HTML_START.match(head):
        return HTML
    said_html = stated in (HTML, "application/xhtml+xml") or ending in ("html", "htm", "xhtml")
    tags = len(_HTML_TAG.findall(head))
    if tags >= (1 if said_html else 3) and head.lstrip().startswith("<"):
        return HTML
    if said_html and tags:
        return HTML
    if stated == MARKDOWN or ending in ("md", "markdown"):
        return MARKDOWN
    if stated != TEXT and len(_MARKDOWN_SIGN.findall(head)) >= 2:
        return MARKDOWN
    return TEXT
