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
from xml.etree import ElementTree as ET

from extraction.document.document import Limits
from extraction.errors import ExtractionError, NeedsOcrError, PermanentError
from extraction.readers.containers import ZIP
from extraction.readers.decoding import decode
from extraction.readers.docx_body import Body
from extraction.readers.docx_package import MAIN, Styles, W, opened_docx
from extraction.readers.formats import looks_like_html
from extraction.readers.html import html_to_text
from extraction.readers.office_html import NO_TEXT, in_columns, listed
from extraction.readers.raw import Raw, sane_title
from extraction.readers.rtf import rtf_to_raw
from extraction.readers.zip_package import BROKEN, Package, blaming

_TAGS = re.compile(r"<[^>]*>")
_HEADING = re.compile(r"\s*# (.+)")
_ONLY_NUMBERS = re.compile(
    r"\W*(?:(?:page|seite|página|pagina|p\.?)\W*)?\d*\W*(?:(?:of|von|sur|de|di|/)\W*\d*)?\W*",
    re.IGNORECASE,
)
_HEADER = re.compile(rb"(?:MIME-Version|From|Content-[A-Za-z-]+|X-[A-Za-z-]+):", re.IGNORECASE)
_ENOUGH = 24  # letters and digits of a document that does not only show pictures
_DEEPEST = 3
_NOT_INSERTED = "A document inserted into the DOCX was not read. Send it by itself."
_MAIN = (
    '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:tbl><w:tr><w:tc>'
    "<w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc></w:tr></w:tbl></w:body></w:document>"
)
with zipfile.ZipFile(_PACKED := io.BytesIO(), "w") as _archive:
    _archive.writestr(MAIN, _MAIN)
# Read once by the process that children are forked from, so that they find everything loaded.
SAMPLE = _PACKED.getvalue()


def docx_to_raw(content: bytes, limits: Limits, depth: int = 0) -> Raw:
    """Return the text of a DOCX as one part.

    Raises PermanentError if it is no DOCX, broken, encrypted, or would unpack to too much, and NeedsOcrError if it
    holds pictures and no text.
    """
    with opened_docx(content) as archive, blaming(BROKEN):
        return _Reader(Package(archive, MAIN), limits, depth).read()


class _Reader:
    def __init__(self, package: Package, limits: Limits, depth: int) -> None:
        self._package = package
        self._limits = limits
        self._depth = depth
        self._not_read: list[str] = []

    def read(self) -> Raw:
        package = self._package
        styles = Styles(package.tree_of("styles"))
        body = Body(styles, self._insert, self._diagram)
        tree = package.tree(package.main)
        main = None if tree is None else tree.find(f"{W}body")
        if main is None:
            raise PermanentError(BROKEN)
        html = body.html(main)
        headers, footers = self._margins(body)
        html = "".join([*headers, html, *footers, self._notes(body)])
        text, _ = html_to_text(html, self._limits, in_columns)
        self._look_at(text.text, body)
        heading = _HEADING.match(text.text)
        title = sane_title(package.title()) or (heading[1] if heading else None)
        return Raw((text,), title, not_read=tuple(dict.fromkeys(self._not_read)))

    def _margins(self, body: Body) -> tuple[list[str], list[str]]:
        """Return what stands in the headers and footers that the document uses, each once."""
        found: dict[str, list[str]] = {"header": [], "footer": []}
        seen: set[str] = set()
        for relation in self._package.relations:
            if relation.kind not in found:
                continue
            part = self._package.tree(relation.target)
            if part is None:
                self._not_read.append(f"A {relation.kind} of the DOCX is broken and was not read.")
                continue
            html = body.html(part)
            words = " ".join(_TAGS.sub(" ", html).split())
            if words not in seen and not _ONLY_NUMBERS.fullmatch(words):
                seen.add(words)
                found[relation.kind].append(html)
        return found["header"], found["footer"]

    def _notes(self, body: Body) -> str:
        """Return the notes that were referred to, in their order."""
        notes = {
            (kind, note.get(f"{W}id", "")): note
            for kind in ("footnote", "endnote")
            for note in self._package.tree_of(f"{kind}s") or ()
        }
        return listed([body.html(notes[place]) for place in list(body.notes) if place in notes])

    def _insert(self, relation: str) -> str:
        """Return a document that is inserted whole, its text as it stands."""
        content = self._package.content(self._package.target_of(relation))
        try:
            text = self._inserted_text(content) if content else ""
        except ExtractionError:
            text = ""
        if not text.strip():
            self._not_read.append(_NOT_INSERTED)
        return f"<pre>{escape(text.strip())}</pre>"

    def _inserted_text(self, content: bytes) -> str:
        content = content.lstrip()
        if content.startswith(ZIP):
            if self._depth >= _DEEPEST:
                return ""
            inner = docx_to_raw(content, self._limits, self._depth + 1)
            self._not_read += inner.not_read
            return inner.parts[0].text
        if content.startswith(b"{\\rtf"):
            return rtf_to_raw(content, self._limits).parts[0].text
        if _HEADER.match(content):
            from extraction.readers.mail import content_of

            message = content_of(email.message_from_bytes(content), self._limits)
            self._not_read += message.not_read
            return message.body.text
        text = decode(content)
        is_page = looks_like_html(text, said=True)
        return html_to_text(text, self._limits)[0].text if is_page else text

    def _diagram(self, relation: str) -> ET.Element | None:
        return self._package.tree(self._package.target_of(relation))

    def _look_at(self, text: str, body: Body) -> None:
        """Say what is shown and was not read."""
        if body.objects:
            self._not_read.append(
                f"{body.objects} embedded object(s) of the DOCX, such as sheets or drawings, were not read."
            )
        if body.pages and text.strip():
            self._not_read.append(
                f"NEEDS_OCR: {body.pages} picture(s) of the DOCX are as large as a page, and were not read."
            )
        elif body.pictures and sum(map(str.isalnum, text)) < _ENOUGH:
            if not text.strip():
                raise NeedsOcrError(NO_TEXT.format("DOCX", "no"))
            self._not_read.append(NO_TEXT.format("DOCX", "hardly any"))
