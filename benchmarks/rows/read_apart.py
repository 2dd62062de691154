"""Small documents read in a process of their own, beside the same parser in this one and beside what it is built on.

PDFium alone opens the file and gives the text of its pages; our parser also finds out how the page is laid out.
The child is forked from a process that has the parsers loaded. Each run is the median of some documents, one after the
other, warm.
"""

from __future__ import annotations

import io
import statistics
import time
import zipfile
from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path
from xml.etree import ElementTree as ET

import pypdfium2

from benchmarks.report import Figure, of_limit
from benchmarks.scale import Scale
from benchmarks.server import Server
from extraction import Limits
from extraction.readers.apart import Parsers
from extraction.readers.docx import docx_to_raw
from extraction.readers.mail import mail_to_raw
from extraction.readers.pdf_pages import pdf_to_raw
from extraction.readers.raw import Raw
from tests.pdfs import make_pdf

DOCX = Path(__file__).parents[2] / "tests/unit/extraction/sources/docx/minutes-libreoffice.docx"
LIMITS = {
    "PDF": "PDFium alone",
    "DOCX": "unpacking and parsing its XML alone",
    "mail": "the standard library alone",
}
MOST_MILLISECONDS_ABOVE = 20
DOCUMENTS = 20  # a run


def measure(server: Server, scale: Scale) -> list[Figure]:  # noqa: ARG001
    """A PDF of one page, a DOCX of one page, an e-mail; contestants in turns."""
    limits = Limits()
    figures = []
    for kind, content, read, bare in _documents():
        parsers = Parsers()
        parser = f"{read.__module__}:{read.__name__}"

        def apart(parser: str = parser, content: bytes = content) -> Raw:
            return parsers.read(parser, "document", content, limits, lambda: False)  # noqa: B023

        def alone(read: Callable[[bytes, Limits], Raw] = read, content: bytes = content) -> Raw:
            return read(content, limits)

        apart(), alone()
        runs: dict[str, list[float]] = {"bare": [], "alone": [], "apart": []}
        for _ in range(scale.rounds):
            runs["bare"].append(_milliseconds(lambda: bare(content), DOCUMENTS))  # noqa: B023
            runs["alone"].append(_milliseconds(alone, DOCUMENTS))
            runs["apart"].append(_milliseconds(apart, DOCUMENTS))
        parsers.close()
        figures += _figures(f"read a small {kind}, {len(content):,} bytes", kind, runs)
    return figures


def _figures(row: str, kind: str, runs: dict[str, list[float]]) -> list[Figure]:
    limit = runs["bare"]
    above = [ours - theirs for ours, theirs in zip(runs["apart"], limit, strict=True)]
    return [
        Figure(row, LIMITS[kind], "ms", limit),
        Figure(row, "our parser alone", "ms", runs["alone"], of_limit(runs["alone"], limit)),
        Figure(row, "product", "ms", runs["apart"], of_limit(runs["apart"], limit)),
        Figure(row, f"product, above {LIMITS[kind]}", "ms", above).aiming(
            f"at most {MOST_MILLISECONDS_ABOVE} ms", lambda ms: ms <= MOST_MILLISECONDS_ABOVE
        ),
    ]


def _documents() -> list[
    tuple[str, bytes, Callable[[bytes, Limits], Raw], Callable[[bytes], object]]
]:
    """Return of each format a document, our parser, and what that parser is built on."""
    page = [f"{number}   Depot {number % 7}   {number * 12.5:.2f}" for number in range(40)]
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@b.example", "c@d.example", "Offer 17"
    mail.set_content("The total is 5 euros.\n" * 20)
    mail.add_alternative("<p>The total is <b>5</b> euros.</p>" * 20, subtype="html")
    return [
        ("PDF", make_pdf([page]), pdf_to_raw, _by_pdfium),
        ("DOCX", DOCX.read_bytes(), docx_to_raw, _by_element_tree),
        ("mail", mail.as_bytes(), mail_to_raw, message_from_bytes),
    ]


def _by_pdfium(content: bytes) -> list[str]:
    return [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(content)]


def _by_element_tree(content: bytes) -> list[ET.Element]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = [archive.read(name) for name in archive.namelist() if name.endswith(".xml")]
    return [ET.fromstring(part) for part in parts]


def _milliseconds(read: Callable[[], object], documents: int) -> float:
    taken = []
    for _ in range(documents):
        started = time.perf_counter()
        read()
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)
