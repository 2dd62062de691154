"""The formats that are read: how each is told, by content and by what a document is said to be, and what reads it.

What is costly to import is imported when there is something to parse: a cold start pays for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from extraction.document import document as kinds
from extraction.errors import PermanentError
from extraction.readers.containers import EMPTY_ZIP, OLE, ZIP
from extraction.readers.csv_table import csv_dialect, csv_to_text
from extraction.readers.decoding import is_plain
from extraction.readers.format import Format, Source
from extraction.readers.json_text import json_to_text, parse_json
from extraction.readers.markdown import shown
from extraction.readers.not_read import READ
from extraction.readers.raw import Raw
from extraction.readers.text_builder import plain

_PDF_MARK = re.compile(rb"%PDF-\d")
_PDF_MARK_WITHIN = 1024  # bytes of anything else that may stand before the mark
_PDF_END = re.compile(rb"startxref\s+\d+\s+%%EOF")
_PDF_END_WITHIN = 2048

_RTF_START = re.compile(rb"[\xef\xbb\xbf \t\r\n]{0,95}\{\\rtf")
_HEAD_BYTES = 20_000
_MAIL_HEADER = re.compile(rb"^([A-Za-z][A-Za-z0-9-]{1,60})[ \t]?:", re.MULTILINE)
_LETTER_HEADERS = frozenset((b"from", b"to", b"date", b"subject", b"cc"))
_MAIL_ONLY_HEADERS = frozenset(
    b"message-id mime-version received return-path content-type delivered-to content-transfer-encoding "
    b"dkim-signature in-reply-to x-mailer".split()
)
# What may stand before a message: a byte order mark, and the line by which a mailbox begins each of its messages.
_BEFORE = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:>?From [^\r\n]{1,300}\r?\n)?")
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")

_SAMPLE = 20_000  # characters
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


def _is_pdf(source: Source) -> bool:
    """Tell a PDF by its mark at the start, or near it in what is not plainly a text that names it."""
    content = source.content
    mark = _PDF_MARK.search(content[:_PDF_MARK_WITHIN])
    if mark is None:
        return False
    if not content[: mark.start()].strip(b"\xef\xbb\xbf\x00 \t\r\n"):
        return True
    return not is_plain(content) or bool(_PDF_END.search(content[-_PDF_END_WITHIN:]))


def _is_mail(source: Source) -> bool:
    """Tell a message by the lines above its first empty one.

    A memo that begins `From: … To: …` is none: a message also says what only mail programs write.
    """
    if not source.may_be(kinds.MAIL, kinds.TEXT):
        return False
    content = message_in(source.content[: 2 * _HEAD_BYTES])
    head = re.split(rb"\r?\n\r?\n", content[:_HEAD_BYTES], maxsplit=1)[0]
    if not _MAIL_HEADER.match(head):
        return False
    names = {name.lower() for name in _MAIL_HEADER.findall(head)}
    if source.said == kinds.MAIL:
        return bool(names & (_LETTER_HEADERS | _MAIL_ONLY_HEADERS))
    return len(names & _LETTER_HEADERS) >= 2 and bool(names & _MAIL_ONLY_HEADERS)


def message_in(content: bytes) -> bytes:
    """Return a message without what stands before it, and as UTF-8 if it was saved as UTF-16."""
    if content.startswith(_WIDE_MARKS):
        content = content.decode("utf-16", errors="replace").encode()
    start = _BEFORE.match(content)
    return content[start.end() if start else 0 :]


def looks_like_html(text: str, *, said: bool) -> bool:
    """Tell a page by how it begins and by its end tags; `said`: it is said to be one."""
    head = text[:_SAMPLE]
    if _HTML_START.match(head):
        return True
    tags = len(_HTML_TAG.findall(head))
    return bool(tags) and (said or (tags >= 3 and head.lstrip().startswith("<")))


def _xml(source: Source) -> Raw | None:
    """Return an XML invoice. Raises PermanentError if it declares that it is XML, and is none."""
    head = source.text[:_SAMPLE].lstrip()
    declared = head.startswith("<?xml")
    if not declared and not (head.startswith("<") and "xmlns" in head):
        return None
    from extraction.readers.xml_text import invoice_to_raw

    invoice = invoice_to_raw(source.content, source.limits)
    if invoice is None and declared:
        raise PermanentError(
            "The document is XML of a kind that is not read, or declares a document type (<!DOCTYPE …>), which is "
            f"refused; what is read is {READ}."
        )
    return invoice


def _is_markdown(source: Source) -> bool:
    """Tell Markdown by two of its signs, if it is not said to be something else."""
    if source.said is not None:
        return source.said == kinds.MARKDOWN
    return len(_MARKDOWN_SIGN.findall(source.text[:_SAMPLE])) >= 2


def _begins_with(*marks: bytes) -> Callable[[Source], bool]:
    return lambda source: source.content.startswith(marks)


def _holds(media_type: str) -> Callable[[Source], bool]:
    return lambda source: source.inside == media_type


PDF = Format(
    kinds.PDF,
    _is_pdf,
    parser="extraction.readers.pdf_pages:pdf_to_raw",
    name="PDF",
    pictures="extraction.readers.pictures:pdf_page",
)
# Read where there is OCR. Elsewhere they are refused before it comes to them (not_read.tsv).
PICTURES = tuple(
    Format(
        media_type,
        _begins_with(*marks),
        parser="extraction.readers.pictures:picture_to_raw",
        name="picture",
        pictures="extraction.readers.pictures:picture_page",
    )
    for media_type, marks in (
        (kinds.PNG, (b"\x89PNG\r\n",)),
        (kinds.JPEG, (b"\xff\xd8\xff",)),
        (kinds.TIFF, (b"II*\x00", b"MM\x00*")),
    )
)
DOCX = Format(
    kinds.DOCX,
    _begins_with(ZIP, EMPTY_ZIP, OLE),  # which may prove to be another Office document
    parser="extraction.readers.docx:docx_to_raw",
    name="DOCX",
)
# What a ZIP archive or an OLE file holds.
OFFICE = tuple(
    Format(media_type, _holds(media_type), parser=f"extraction.readers.{parser}", name=name)
    for media_type, parser, name in (
        (kinds.XLSX, "spreadsheet:workbook_to_raw", "XLSX"),
        (kinds.XLSB, "spreadsheet:workbook_to_raw", "XLSB"),
        (kinds.XLS, "spreadsheet:workbook_to_raw", "XLS"),
        (kinds.ODS, "spreadsheet:workbook_to_raw", "ODS"),
        (kinds.PPTX, "pptx:pptx_to_raw", "PPTX"),
        (kinds.ODT, "odt:odt_to_raw", "ODT"),
        (kinds.EPUB, "epub:epub_to_raw", "EPUB"),
    )
)
RTF = Format(
    kinds.RTF,
    lambda source: bool(_RTF_START.match(source.content)),
    parser="extraction.readers.rtf:rtf_to_raw",
    name="RTF",
)
MAIL = Format(
    kinds.MAIL,
    _is_mail,
    said_as=f"{kinds.MAIL} eml",
    parser="extraction.readers.mail:mail_to_raw",
    name="e-mail",
)
HTML = Format(
    kinds.HTML,
    lambda source: looks_like_html(source.text, said=source.said == kinds.HTML),
    said_as=f"{kinds.HTML} application/xhtml+xml html htm xhtml",
    parser="extraction.readers.html:html_to_raw",
    name="HTML",
    decoded=True,
)
XML = Format(kinds.XML, _xml, lambda _, invoice: invoice)
JSON = Format(
    kinds.JSON,
    lambda source: (
        source.may_be(kinds.JSON, kinds.TEXT)
        and parse_json(source.text, source.limits, said=source.said == kinds.JSON)
    ),
    lambda _, value: Raw((json_to_text(value),)),
    f"{kinds.JSON} application/x-ndjson application/jsonl text/json json jsonl ndjson",
)
MARKDOWN = Format(
    kinds.MARKDOWN,
    _is_markdown,
    lambda source, _: Raw((plain(shown(source.text)),)),
    f"{kinds.MARKDOWN} text/x-markdown md markdown",
)
CSV = Format(
    kinds.CSV,
    lambda source: (
        source.may_be(kinds.CSV, kinds.TEXT)
        and csv_dialect(source.text, said=source.said == kinds.CSV)
    ),
    lambda source, dialect: Raw((csv_to_text(source.text, dialect),)),
    f"{kinds.CSV} text/tab-separated-values application/csv csv tsv",
)
TEXT = Format(
    kinds.TEXT, lambda _: True, lambda source, _: Raw((plain(source.text),)), f"{kinds.TEXT} txt"
)

# In the order in which they are asked whether content is theirs. Plain text takes whatever nothing else does.
FORMATS: tuple[Format, ...] = (
    *PICTURES, PDF, *OFFICE, DOCX, RTF, MAIL, HTML, XML, JSON, MARKDOWN, CSV, TEXT
)  # fmt: skip

_SAID_AS = {said: each.media_type for each in FORMATS for said in each.said_as.split()}


def said_format(media_type: str | None, name: str | None) -> str | None:
    """Return the format that a media type or else a name's ending stands for, None if neither says."""
    stated = (media_type or "").split(";")[0].strip().casefold()
    ending = (name or "").casefold().rpartition(".")[2]
    return _SAID_AS.get(stated) or _SAID_AS.get(ending)
