"""The e-invoices that are embedded in a PDF, as ZUGFeRD and Factur-X have it."""

from __future__ import annotations

from ctypes import c_ulong
from typing import Any

from extraction.document.document import Limits
from extraction.errors import PermanentError
from extraction.readers.xml_invoice import invoice_to_raw
from extraction.readers.xml_text import root_of

# Names that the standards give to the invoice. Files of another name count if they are invoices by their root element.
_NAMES = frozenset(("factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml"))
_XML = ".xml"
_NOT_READ = "The e-invoice embedded in the PDF was not read: {}"


def embedded_invoices(document: Any, limits: Limits) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the lines of each e-invoice in a pypdfium2 document, and a sentence on each that cannot be read."""
    from pypdfium2 import PdfiumError

    invoices: list[str] = []
    not_read: list[str] = []
    for number in range(min(document.count_attachments(), limits.max_attachments)):
        name = ""
        try:
            attachment = document.get_attachment(number)
            name = str(attachment.get_name()).casefold()
            if not name.endswith(_XML):
                continue
            content = _content(attachment, limits)
            raw = invoice_to_raw(content, limits)
            if raw is not None:
                invoices += raw.e_invoices
            elif name in _NAMES and root_of(content) is None:
                not_read.append(_NOT_READ.format("it is no XML, or declares a document type."))
        except PermanentError as error:
            not_read.append(_NOT_READ.format(error))
        except PdfiumError:
            if name in _NAMES:
                not_read.append(_NOT_READ.format("the PDF is broken there."))
    return tuple(invoices), tuple(not_read)


def _content(attachment: Any, limits: Limits) -> bytes:
    import pypdfium2.raw as pdfium

    size = c_ulong()
    pdfium.FPDFAttachment_GetFile(attachment, None, 0, size)
    if size.value > limits.max_bytes:
        raise PermanentError(f"It has {size.value} bytes; the limit is {limits.max_bytes}.")
    return bytes(attachment.get_data())
