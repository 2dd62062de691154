"""Which format a document has: told by its content; what it is said to be settles only what content leaves open."""

from __future__ import annotations

import re

from extraction.document.document import CSV, DOCX, HTML, JSON, MAIL, MARKDOWN, PDF, TEXT
from extraction.errors import PermanentError

READ = "PDF, DOCX, HTML, Markdown, CSV, JSON, e-mail, plain text and XML invoices (CII, UBL, FatturaPA)"

# What a file of a kind that is not read begins with, and what to call it in the refusal.
_FOREIGN = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"RIFF", "an image, sound or film"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"{\\rtf", "an RTF document"),
    (b"%!PS", "a PostScript document"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
    (b"SQLite format 3", "a database"),
)
_IMAGES = "image"
_PDF = re.compile(rb"%PDF-\d")
_XML_WITHIN = 4096  # bytes within which a root element names its namespace
_PDF_WITHIN = 1024  # bytes of anything else that may stand before a PDF's mark
_PDF_END = re.compile(rb"startxref\s+\d+\s+%%EOF")
_PDF_END_WITHIN = 2048
_TEXT_SAMPLE = 4096
# Signatures in letters that no text needs to avoid: only bytes that no text has make them one.
_OF_LETTERS = (b"RIFF", b"BZh", b"Rar!", b"GIF8", b"SQLite", b"MZ")
_OFFICE = (b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")

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
_STATED = {
    "application/xhtml+xml": HTML,
    "text/x-markdown": MARKDOWN,
    "text/tab-separated-values": CSV,
    "application/csv": CSV,
    "application/x-ndjson": JSON,
    "application/jsonl": JSON,
    "text/json": JSON,
    **{kind: kind for kind in (TEXT, MARKDOWN, HTML, CSV, JSON, MAIL)},
}
_ENDINGS = {
    "html": HTML,
    "htm": HTML,
    "xhtml": HTML,
    "md": MARKDOWN,
    "markdown": MARKDOWN,
    "csv": CSV,
    "tsv": CSV,
    "json": JSON,
    "jsonl": JSON,
    "ndjson": JSON,
    "eml": MAIL,
    "txt": TEXT,
}


def binary_format(content: bytes) -> str | None:
    """Return PDF or DOCX (which may prove to be another Office document), or None for what may be text.

    Raises PermanentError for what is known and not read.
    """
    if _is_pdf(content):
        return PDF
    if content.startswith(_OFFICE):
        return DOCX
    for signature, what in _FOREIGN:
        if content.startswith(signature):
            if content.startswith(_OF_LETTERS) and _is_plain(content):
                return None
            hint = " NEEDS_OCR: send it through OCR first." if what.endswith(_IMAGES) else ""
            raise PermanentError(f"The document is {what}; what is read is {READ}.{hint}")
    return None


def _is_pdf(content: bytes) -> bool:
    """Tell a PDF by its mark at the start, or near it in what is not plainly a text that names it."""
    mark = _PDF.search(content[:_PDF_WITHIN])
    if mark is None:
        return False
    if not content[: mark.start()].strip(b"\xef\xbb\xbf\x00 \t\r\n"):
        return True
    return not _is_plain(content) or bool(_PDF_END.search(content[-_PDF_END_WITHIN:]))


def _is_plain(content: bytes) -> bool:
    """Tell bytes that are all characters of a text."""
    sample = content[:_TEXT_SAMPLE]
    if any(byte < 32 and byte not in b"\t\n\r\f" for byte in sample):
        return False
    try:
        sample.decode()
    except UnicodeDecodeError as error:
        return error.start > len(sample) - 4 and len(content) > len(sample)
    return True


def may_be_xml(content: bytes) -> bool:
    """Return True if the content begins like XML: with a declaration, or with an element that names a namespace."""
    head = (
        content[:_XML_WITHIN]
        .replace(b"\0", b"")
        .removeprefix(b"\xef\xbb\xbf")
        .lstrip(b"\xff\xfe \t\r\n")
    )
    return head.startswith(b"<?xml") or (head.startswith(b"<") and b"xmlns" in head)


def refuse_xml(text: str) -> None:
    """Raise PermanentError if a text declares that it is XML: what is no page and no invoice is not read."""
    if text.lstrip().startswith("<?xml"):
        raise PermanentError(
            "The document is XML of a kind that is not read, or declares a document type (<!DOCTYPE …>), which is "
            f"refused; what is read is {READ}."
        )


def said_format(media_type: str | None, name: str | None) -> str | None:
    """Return the format that a media type or else a name's ending stands for, None if neither says."""
    stated = (media_type or "").split(";")[0].strip().casefold()
    ending = (name or "").casefold().rpartition(".")[2]
    return _STATED.get(stated) or _ENDINGS.get(ending)


def looks_like_html(text: str, said: str | None) -> bool:
    """Tell a page by how it begins and by its end tags."""
    head = text[:20_000]
    if _HTML_START.match(head):
        return True
    tags = len(_HTML_TAG.findall(head))
    return bool(tags) and (said == HTML or (tags >= 3 and head.lstrip().startswith("<")))


def looks_like_markdown(text: str, said: str | None) -> bool:
    """Tell Markdown by two of its signs, if it is not said to be something else."""
    if said is not None:
        return said == MARKDOWN
    return len(_MARKDOWN_SIGN.findall(text[:20_000])) >= 2
