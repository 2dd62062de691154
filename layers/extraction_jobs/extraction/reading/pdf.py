"""PDF to text."""

from __future__ import annotations

from extraction.document import Limits
from extraction.errors import PermanentError
from extraction.reading.raw import Raw


def pdf_to_raw(content: bytes, limits: Limits) -> Raw:
    """Return the text of a PDF, a part for each page."""
    import pypdfium2

    with pypdfium2.PdfDocument(content) as document:
        if len(document) > limits.max_pages:
            raise PermanentError(
                f"The PDF has {len(document)} pages; the limit is {limits.max_pages}. "
                "Split it, or raise the limit."
            )
        parts = tuple(page.get_textpage().get_text_range() for page in document)
    return Raw(parts, paged=True)
