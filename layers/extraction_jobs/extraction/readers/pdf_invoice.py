"""The files attached to a PDF: e-invoices, as ZUGFeRD and Factur-X embed them, are read."""

from __future__ import annotations

from ctypes import c_ulong
from typing import Any

import pypdfium2.raw as pdfium
from pypdfium2 import PdfiumError

from extraction.document.document import Limits
from extraction.errors import PermanentError
from extraction.readers.xml_text import invoice_to_raw, root_of

# Names that the standards give to the invoice. Files of another name count if they are invoices by their root element.
_NAMES = frozenset(("factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml"))
_XML = ".xml"
_NOT_READ = "The e-invoice embedded in the PDF was not read: {}"


def attached_to(document: Any, limits: Limits) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the lines of each e-invoice in a pypdfium2 document, and a sentence on what else is attached and not read.

    An XML file that is no invoice is the page's own data.
    """
    invoices: list[str] = []
    not_read: list[str] = []
    others = 0
    for number in range(document.count_attachments()):
        name = ""
        try:
            attachment = document.get_attachment(number)
            name = str(attachment.get_name()).casefold()
            if not name.endswith(_XML):
                others += 1
            elif number < limits.max_attachments:
                content = _content(attachment, limits)
                if (raw := invoice_to_raw(content, limits)) is not None:
                    invoices += raw.e_invoices
                elif name in _NAMES and root_of(content) is None:
                    not_read.append(_NOT_READ.format("it is no XML, or declares a document type."))
        except PermanentError as error:
            not_read.append(_NOT_READ.format(error))
        except PdfiumError:
            others += not name
            if name in _NAMES:
                not_read.append(_NOT_READ.format("the PDF is broken there."))
    if others:
        sentence = f"{others} file(s) attached to the PDF were not read. Send them by themselves."
        not_read.insert(0, sentence)
    return tuple(invoices), tuple(not_read)


def _content(attachment: Any, limits: Limits) -> bytes:
    size = c_ulong()
    pdfium.FPDFAttachment_GetFile(attachment, None, 0, size)
    if size.value > limits.max_bytes:
        raise PermanentError(f"It has {size.value} bytes; the limit is {limits.max_bytes}.")
    return bytes(attachment.get_data())
