"""DOCX to text, by mammoth and the reader of HTML.

What is read: paragraphs, headings, lists, tables (a header row is one), text boxes, footnotes and
endnotes (at the end, numbered), check boxes, and what tracked changes insert. Headers and footers
are read once each, before and behind the text: letterheads and bank details stand there. What is
not read: what tracked changes delete, comments, images, and the numbers that the word processor
puts before headings and list items, which are not in the file. A tab sets columns apart.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

from extraction.document import Limits
from extraction.errors import PermanentError
from extraction.reading.html import html_to_text
from extraction.reading.raw import Raw
from extraction.reading.titles import sane_title
from extraction.reading.zips import opened_docx

_BROKEN = "The DOCX is broken. Open it in a word processor, and save it again."
_TAB = "\ue000"  # stands for a tab where HTML would make it a space
_TABS = re.compile(f" *{_TAB}[ {_TAB}]*")
_COLUMN = "   "
_BOX = re.compile(r'<input type="checkbox"( checked="checked")? ?/>')
_HEADING = re.compile(r"\s*# (.+)")
_ONLY_NUMBERS = re.compile(
    r"\W*(?:(?:page|seite|página|pagina|p\.?)\W*)?\d*\W*(?:(?:of|von|sur|de|di|/)\W*\d*)?\W*",
    re.IGNORECASE,
)

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_DC_TITLE = "{http://purl.org/dc/elements/1.1/}title"


def docx_to_raw(content: bytes, limits: Limits) -> Raw:
    """Return the text of a DOCX as one part.

    Raises PermanentError if it is no DOCX, broken, encrypted, or would unpack to too much.
    """
    with opened_docx(content) as archive:
        try:
            title = _title(archive)
            whole = _with_margins(content, archive)
            html = _html(whole)
        except (MemoryError, PermanentError):
            raise
        except Exception:  # noqa: BLE001 - what a parser stumbles over is the document's fault
            raise PermanentError(_BROKEN) from None
    html = _BOX.sub(lambda box: "[x] " if box[1] else "[_] ", html).replace("\t", _TAB)
    text, _ = html_to_text(html, limits)
    text = "\n".join(_TABS.sub(_COLUMN, line.strip(_TAB + " ")) for line in text.split("\n"))
    heading = _HEADING.match(text)
    return Raw((text,), title or (heading[1] if heading else None))


def _html(content: io.BytesIO) -> str:
    import mammoth

    result = mammoth.convert_to_html(
        content,
        convert_image=mammoth.images.img_element(lambda _: {"src": ""}),
        style_map="p[style-name='Title'] => h1:fresh",
        include_embedded_style_map=False,
    )
    return str(result.value)


def _title(archive: zipfile.ZipFile) -> str | None:
    try:
        core = archive.read("docProps/core.xml")
    except KeyError:
        return None
    return sane_title(ET.fromstring(core).findtext(_DC_TITLE) or "")  # noqa: S314 - no entities


def _with_margins(content: bytes, archive: zipfile.ZipFile) -> io.BytesIO:
    """Return the document with its headers before its text and its footers behind it."""
    name, headers, footers = _margins(archive)
    if not headers and not footers:
        return io.BytesIO(content)
    document = ET.fromstring(archive.read(name))  # noqa: S314 - declarations are refused before
    body = document.find(f"{_W}body")
    if body is None:
        raise PermanentError(_BROKEN)
    body[:0] = [child for part in headers for child in part]
    body.extend(child for part in footers for child in part)
    result = io.BytesIO()
    with zipfile.ZipFile(result, "w") as target:
        for entry in archive.infolist():
            if entry.filename == name:
                target.writestr(name, ET.tostring(document, "utf-8", xml_declaration=True))
            elif entry.filename.endswith((".xml", ".rels")):
                target.writestr(entry.filename, archive.read(entry))
    result.seek(0)
    return result


def _margins(
    archive: zipfile.ZipFile,
) -> tuple[str, list[ET.Element], list[ET.Element]]:
    """Return the name of the main part, and the headers and footers that it uses."""
    names = set(archive.namelist())
    main = "word/document.xml"
    relations = "word/_rels/document.xml.rels"
    if main not in names or relations not in names:
        return main, [], []
    found: dict[str, list[ET.Element]] = {"header": [], "footer": []}
    seen: set[str] = set()
    for relation in ET.fromstring(archive.read(relations)):  # noqa: S314
        kind = relation.get("Type", "").rpartition("/")[2]
        part = "word/" + relation.get("Target", "").removeprefix("/word/")
        if kind not in found or part not in names:
            continue
        root = ET.fromstring(archive.read(part))  # noqa: S314
        text = " ".join(_texts(root))
        if text in seen or _ONLY_NUMBERS.fullmatch(text):
            continue
        seen.add(text)
        for element in root.iter():  # their relations are other than the document's
            for attribute in [a for a in element.attrib if a.startswith(_R)]:
                del element.attrib[attribute]
        found[kind].append(root)
    return main, found["header"], found["footer"]


def _texts(root: ET.Element) -> Iterator[str]:
    for element in root.iter(f"{_W}t"):
        text: Any = element.text
        if text:
            yield text.strip()
