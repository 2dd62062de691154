"""An XML invoice as a document: told by its root element, whatever it is called."""

from __future__ import annotations

from extraction.document.document import Limits
from extraction.readers.raw import Raw
from extraction.readers.xml_text import root_of, xml_to_text

# The root elements of invoices: the name, and how the namespace begins.
_ROOTS = (
    ("CrossIndustryInvoice", "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:"),
    ("CrossIndustryDocument", "urn:ferd:CrossIndustryDocument:"),
    ("Invoice", "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"),
    ("CreditNote", "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2"),
    ("FatturaElettronica", "http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/"),
    ("FatturaElettronica", "http://www.fatturapa.gov.it/sdi/fatturapa/"),
)


def invoice_to_raw(content: bytes, limits: Limits) -> Raw | None:
    """Return an invoice, whose XML is all there is of it; None if the root element is none of an invoice.

    Raises PermanentError if it is broken or larger than the limits.
    """
    root = root_of(content)
    if root is None or not any(
        root.name == name and root.namespace.startswith(namespace) for name, namespace in _ROOTS
    ):
        return None
    return Raw((), e_invoices=(xml_to_text(content, limits),))
