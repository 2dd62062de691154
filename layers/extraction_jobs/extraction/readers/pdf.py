"""PDF: told by its mark, read by PDFium in a process of its own (`pdf_pages`)."""

from __future__ import annotations

import re

from extraction.document.document import PDF
from extraction.readers.decoding import is_plain
from extraction.readers.format import Format, Source

_MARK = re.compile(rb"%PDF-\d")
_WITHIN = 1024  # bytes of anything else that may stand before the mark
_END = re.compile(rb"startxref\s+\d+\s+%%EOF")
_END_WITHIN = 2048


def _is_pdf(source: Source) -> bool:
    """Tell a PDF by its mark at the start, or near it in what is not plainly a text that names it."""
    content = source.content
    mark = _MARK.search(content[:_WITHIN])
    if mark is None:
        return False
    if not content[: mark.start()].strip(b"\xef\xbb\xbf\x00 \t\r\n"):
        return True
    return not is_plain(content) or bool(_END.search(content[-_END_WITHIN:]))


FORMAT = Format(PDF, _is_pdf, parser="extraction.readers.pdf_pages:pdf_to_raw", name="PDF")
