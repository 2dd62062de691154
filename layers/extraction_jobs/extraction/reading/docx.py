"""DOCX to text."""

from __future__ import annotations

import io

from extraction.document import Limits
from extraction.reading.raw import Raw


def docx_to_raw(content: bytes, limits: Limits) -> Raw:
    """Return the text of a DOCX as one part."""
    import mammoth

    from extraction.reading.html import html_to_text

    text, title = html_to_text(mammoth.convert_to_html(io.BytesIO(content)).value, limits)
    return Raw((text,), title)
