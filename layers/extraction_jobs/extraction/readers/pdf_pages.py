"""PDF to text that keeps the page's layout, by PDFium.

A page is read line by line, as a person would: columns of a table stand under each other, set
apart by two spaces or more; columns of prose come one after the other; what is filled into form
fields stands beside its label. Headers, footers and page numbers that most pages repeat are kept
once. A page that shows images and has no text is reported: it needs OCR. Of the files attached, e-invoices are read, as
ZUGFeRD and Factur-X embed them.
"""

from __future__ import annotations

from contextlib import closing
from ctypes import c_ulong
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium
from pypdfium2 import PdfiumError

from extraction.document.document import Limits
from extraction.errors import PermanentError
from extraction.readers.format import check_size
from extraction.readers.grid import text_of_page
from extraction.readers.layout import lines_of
from extraction.readers.pdf_beside import drawn_on, edges_of, filled_in, without_struck_out
from extraction.readers.pdf_words import turned, words_of
from extraction.readers.raw import Raw, sane_title
from extraction.readers.reading_order import regions
from extraction.readers.running_lines import Page, without_running_lines
from extraction.readers.table_rows import as_rows
from extraction.readers.xml_text import invoice_to_raw
from extraction.readers.zip_package import ENCRYPTED

# Read once before children are forked: what PDFium loads for its first document is there in each child.
SAMPLE = b"""%PDF-1.4
1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj
2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj
3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] /Contents 4 0 R
/Resources <</Font <</F <</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>>>>>>> endobj
4 0 obj <</Length 67>> stream
BT /F 9 Tf 9 70 Td (A: 1) Tj 40 0 Td (B) Tj 0 -12 Td (C) Tj ET
endstream endobj
trailer <</Root 1 0 R>>
"""
_BROKEN = "The PDF is broken or cut short. Print it to PDF again, or send the original file."
_STRAY = 24  # letters and digits over a scanned page: a stamp, a page number
_SCANNED = 0.6  # of the page covered by an image
_UNKNOWN_SHARE = 0.5  # of the characters that a font does not name

# Names that the standards give to the invoice. Files of another name count if they are invoices by their root element.
_NAMES = frozenset(("factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml"))
_XML = ".xml"


def pdf_to_raw(content: bytes, limits: Limits) -> Raw:
    """Return the text of a PDF, a part for each page.

    Raises PermanentError if it is broken, encrypted, or larger than the limits allow.
    """
    document = _opened(content)
    _check_pages(document, limits)
    if document.get_formtype() != pdfium.FORMTYPE_NONE:
        document.init_forms()
    pages, without_text = [], []
    size = 0
    for number in range(1, len(document) + 1):
        page, needs_ocr = _read_page(document, number)
        size += sum(
            len(s.text) for region in page.regions for line in region for s in line.segments
        )
        check_size("characters", size, limits.max_characters)
        pages.append(page)
        without_text += [number] if needs_ocr else []
    e_invoices, not_read = _attached_to(document, limits)
    return Raw(
        tuple(map(text_of_page, without_running_lines(pages))),
        sane_title(str(document.get_metadata_value("Title"))),
        paged=True,
        pages_without_text=tuple(without_text),
        e_invoices=tuple(e_invoices),
        not_read=tuple(not_read),
    )


def _opened(content: bytes) -> Any:
    try:
        return pypdfium2.PdfDocument(content)
    except PdfiumError as error:
        if error.err_code == pdfium.FPDF_ERR_PASSWORD:
            raise PermanentError(ENCRYPTED.format("PDF")) from None
        if error.err_code == pdfium.FPDF_ERR_SECURITY:
            raise PermanentError(
                "The PDF is encrypted in a way that this version cannot read. "
                "Print it to PDF without protection, and send that."
            ) from None
        raise PermanentError(_BROKEN) from None


def _check_pages(document: Any, limits: Limits) -> None:
    count = len(document)
    if count < 1:
        raise PermanentError("The PDF has no pages.")
    check_size("pages", count, limits.max_pages)
    if document.get_formtype() == pdfium.FORMTYPE_XFA_FULL:
        raise PermanentError(
            "The PDF is a dynamic XFA form, which only Adobe's programs can show. "
            "Print it to PDF there, and send that."
        )


def _read_page(document: Any, number: int) -> tuple[Page, bool]:
    """Return a page, and whether it needs OCR."""
    try:
        with closing(document[number - 1]) as page:
            shown = page.get_bbox()
            drawn = drawn_on(page)
            words = words_of(page.get_textpage(), shown, with_invisible=drawn.shows_something)
            if words.way == 0:
                kept = without_struck_out(page, words.upright, drawn.paths)
                words = words._replace(upright=kept)
            words.upright.extend(filled_in(page, document.formenv, words.upright))
    except PdfiumError:
        raise PermanentError(f"Page {number}: {_BROKEN}") from None
    top, bottom = sorted(turned(words.way, x, y)[1] for x, y in (shown[:2], shown[2:]))
    unreadable = words.unknown > _UNKNOWN_SHARE * max(words.known + words.unknown, 1)
    stray = words.known < _STRAY and drawn.image_share(shown) >= _SCANNED
    if not words.known or unreadable or stray:
        return Page([], top, bottom), drawn.shows_something or unreadable
    edges = edges_of(drawn.paths, words.way)
    found = [as_rows(region, edges) for region in regions(words.upright)]
    return Page(found + [lines_of(others) for others in words.turned], top, bottom), False


def _attached_to(document: Any, limits: Limits) -> tuple[list[str], list[str]]:
    """Return the lines of each e-invoice in a pypdfium2 document, and a sentence on what else is attached and not read.

    An XML file that is no invoice is the page's own data.
    """
    invoices: list[str] = []
    not_read: list[str] = []
    others = 0
    for number in range(document.count_attachments()):
        name = fault = ""
        try:
            attachment = document.get_attachment(number)
            name = str(attachment.get_name()).casefold()
            if name.endswith(_XML) and number < limits.max_attachments:
                invoice = invoice_to_raw(_content(attachment, limits), limits)
                invoices += invoice.e_invoices if invoice else ()
                if invoice is None and name in _NAMES:
                    fault = "it is not an invoice in XML, or declares a document type."
        except PermanentError as error:
            fault = str(error)
        except PdfiumError:
            fault = "the PDF is broken there." if name in _NAMES else ""
        if fault:
            not_read.append(f"The e-invoice embedded in the PDF was not read: {fault}")
        others += not name.endswith(_XML)
    if others:
        sentence = f"{others} file(s) attached to the PDF were not read. Send them by themselves."
        not_read.insert(0, sentence)
    return invoices, not_read


def _content(attachment: Any, limits: Limits) -> bytes:
    size = c_ulong()
    pdfium.FPDFAttachment_GetFile(attachment, None, 0, size)
    if size.value > limits.max_bytes:
        raise PermanentError(f"It has {size.value} bytes; the limit is {limits.max_bytes}.")
    return bytes(attachment.get_data())
