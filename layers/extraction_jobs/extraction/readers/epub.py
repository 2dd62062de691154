"""EPUB to text: the pages of the book in its order, each by the reader of HTML."""

from __future__ import annotations

import posixpath
import re
from urllib.parse import unquote

from extraction.document.document import Limits
from extraction.errors import PermanentError
from extraction.readers.decoding import decode
from extraction.readers.format import check_size
from extraction.readers.html import html_to_text
from extraction.readers.raw import Raw
from extraction.readers.zip_package import BROKEN, NOTHING, TITLE, inner, opened_package

_CONTAINER = "META-INF/container.xml"
_PAGE = "application/xhtml+xml"
# An element that ends where it begins is XML: in HTML it would go on to the end of the page.
_ENDED = re.compile(
    r"<(?!area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr)([a-zA-Z][\w:-]{0,40})"
    r"((?:\s[^<>]{0,2000})?)/>"
)
_SEALED = "The EPUB is protected by its publisher, and its text cannot be read."


def epub_to_raw(content: bytes, limits: Limits) -> Raw:
    """Return the text of a book, a part for each of its pages.

    Raises PermanentError if it is broken, protected or would unpack to too much.
    """
    parts, size, not_read = [], 0, list[str]()
    with opened_package(content, _CONTAINER) as package:
        main = inner(package.tree(_CONTAINER), ".//{*}rootfile").get("full-path", "")
        book = package.tree(main)
        if book is NOTHING:
            raise PermanentError(BROKEN)
        items = book.findall(".//{*}item")
        pages = {
            each.get("id"): each.get("href") for each in items if each.get("media-type") == _PAGE
        }
        wanted = [pages.get(each.get("idref")) for each in book.findall(".//{*}itemref")]
        sealed = package.content("META-INF/encryption.xml").decode("utf-8", "replace")
        for name in dict.fromkeys(filter(None, wanted)):
            place = posixpath.normpath(posixpath.join(posixpath.dirname(main), unquote(name)))
            if f'"{place}"' in sealed:
                raise PermanentError(_SEALED)
            page = package.content(place)
            if not page:
                not_read.append("A page of the EPUB is missing or broken, and was not read.")
                continue
            text = decode(page)
            size += len(text)
            check_size("characters", size, limits.max_characters)
            parts.append(html_to_text(_ENDED.sub(r"<\1\2></\1>", text), limits)[0])
        title = book.findtext(f".//{TITLE}")
    if not parts:
        raise PermanentError(BROKEN)
    return Raw(tuple(part for part in parts if part.text.strip()), title, not_read=tuple(not_read))
