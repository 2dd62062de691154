"""DOCX to text, by the reader of HTML.

What is read: paragraphs, headings, lists, tables (a header row is one), text boxes, diagrams, formulas, footnotes and
endnotes (at the end, numbered), check boxes, documents inserted whole, and what tracked changes insert. Headers and
footers are read once each, before and behind the text: letterheads and bank details stand there. What is not read: what
tracked changes delete, hidden text, what is struck out, comments, images, and the numbers that the word processor puts
before headings and list items, which are not in the file. A tab sets columns apart.
"""

from __future__ import annotations

import email
import io
import re
import zipfile
from html import escape

from extraction.document.document import Limits
from extraction.errors import ExtractionError, PermanentError
from extraction.readers.containers import OLE, ZIP
from extraction.readers.decoding import decode
from extraction.readers.docx_body import Body, W
from extraction.readers.formats import looks_like_html
from extraction.readers.html import html_to_text
from extraction.readers.not_read import refusal_of
from extraction.readers.office_html import Around
from extraction.readers.raw import Raw
from extraction.readers.rtf import rtf_to_raw
from extraction.readers.zip_package import (
    BROKEN,
    NOTHING,
    Package,
    inflated,
    inner,
    opened_package,
    opened_zip,
)

_MAIN_PART = "word/document.xml"
_HEADER = re.compile(rb"(?:MIME-Version|From|Content-[A-Za-z-]+|X-[A-Za-z-]+):", re.IGNORECASE)
_DEEPEST = 3
_NOT_INSERTED = "A document inserted into the DOCX was not read. Send it by itself."
_MAIN = (
    '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:tbl><w:tr><w:tc>'
    "<w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc></w:tr></w:tbl></w:body></w:document>"
)
with zipfile.ZipFile(_PACKED := io.BytesIO(), "w") as _archive:
    _archive.writestr(_MAIN_PART, _MAIN)
# Read once by the process that children are forked from, so that they find everything loaded.
SAMPLE = _PACKED.getvalue()


def docx_to_raw(content: bytes, limits: Limits, depth: int = 0) -> Raw:
    """Return the text of a DOCX as one part.

    Raises PermanentError if it is no DOCX, broken, encrypted, or would unpack to too much, and NeedsOcrError if it
    holds pictures and no text.
    """
    _refuse_others(content)
    with opened_package(content, _MAIN_PART) as package:
        return _Reader(package, limits, depth).read()


def _refuse_others(content: bytes) -> None:
    """Raise PermanentError, which names what the file is instead and what to do, if it is no DOCX."""
    if content.startswith(OLE):
        refusal = refusal_of("stream", lambda mark: mark.encode("utf-16-le") in content)
        raise refusal or PermanentError(BROKEN)
    with opened_zip(content) as archive:
        entries = {entry.filename: entry for entry in archive.infolist()}
        # The main part may have another name: the list of content types tells it.
        types = inflated(archive, entries.get("[Content_Types].xml"))
        if _MAIN_PART in entries or b"wordprocessingml.document.main" in types:
            return
        kind = inflated(archive, entries.get("mimetype")).decode("ascii", "replace").strip()
    raise (
        refusal_of("part", lambda mark: any(name.startswith(mark) for name in entries))
        or refusal_of("mimetype", kind.__eq__)
        or PermanentError(
            "The document is a ZIP archive. Unpack it, and send the documents in it one by one."
        )
    )


class _Reader:
    def __init__(self, package: Package, limits: Limits, depth: int) -> None:
        self._package = package
        self._limits = limits
        self._depth = depth
        self._around = Around("DOCX")

    def read(self) -> Raw:
        package, around = self._package, self._around
        body = Body(package, around, self._insert)
        main = inner(package.tree(package.main), f"{W}body")
        if main is NOTHING:
            raise PermanentError(BROKEN)
        html = body.html(main)
        for relation in package.relations:
            if relation.kind not in ("header", "footer"):
                continue
            part = package.tree(relation.target)
            if part is NOTHING:
                around.not_read.append(f"A {relation.kind} of the DOCX is broken and was not read.")
            else:
                around.margin(relation.kind, body.html(part))
        notes = {
            (kind, note.get(f"{W}id", "")): note
            for kind in ("footnote", "endnote")
            for note in package.tree_of(f"{kind}s")
        }
        around.notes += (body.html(notes[place]) for place in [*body.notes] if place in notes)
        return around.raw(html, self._limits, package.title())

    def _insert(self, relation: str) -> str:
        """Return a document that is inserted whole, its text as it stands."""
        content = self._package.content(self._package.target_of(relation)).lstrip()
        try:
            text = self._inserted_text(content).strip() if content else ""
        except ExtractionError:
            text = ""
        if not text:
            self._around.not_read.append(_NOT_INSERTED)
        return f"<pre>{escape(text)}</pre>"

    def _inserted_text(self, content: bytes) -> str:
        if content.startswith(ZIP):
            if self._depth >= _DEEPEST:
                return ""
            inner = docx_to_raw(content, self._limits, self._depth + 1)
            self._around.not_read += inner.not_read
            return inner.parts[0].text
        if content.startswith(b"{\\rtf"):
            return rtf_to_raw(content, self._limits).parts[0].text
        if _HEADER.match(content):
            from extraction.readers.mail import content_of

            message = content_of(email.message_from_bytes(content), self._limits)
            self._around.not_read += message.not_read
            return message.body.text
        text = decode(content)
        is_page = looks_like_html(text, said=True)
        return html_to_text(text, self._limits)[0].text if is_page else text
