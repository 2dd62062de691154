"""The XML syntaxes of invoices, each read by a module of its own."""

from __future__ import annotations

from collections.abc import Hashable
from importlib import import_module

from extraction.rules.e_invoice.elements import Element, read_elements
from extraction.rules.e_invoice.model import EInvoice, decimal_of

# By the name of the root element; `extraction.readers.xml_invoice` knows them by their namespaces too.
_READERS = {
    "CrossIndustryInvoice": "cii",
    "CrossIndustryDocument": "cii",
    "Invoice": "ubl",
    "CreditNote": "ubl",
    "FatturaElettronica": "fatturapa",
}


def read_e_invoices(text: str, start: int) -> tuple[list[EInvoice], Element]:
    """Return the invoices whose XML stands in a text from a place on, and an element that holds all of that XML.

    One that is there twice, as in a PDF that embeds it in two versions or a mail that brings PDF and XML, counts once.
    """
    document = read_elements(text, start)
    found: list[EInvoice] = []
    for name, module in _READERS.items():
        for root in document.children.get(name, ()):
            found += import_module(f"extraction.rules.e_invoice.{module}").read(text, root)
    invoices = list({_identity(invoice): invoice for invoice in reversed(found)}.values())[::-1]
    for invoice in invoices:
        # With a single rate for all of it, that is the invoice's.
        if len(invoice.taxes) == 1 and "taxes.rate" in invoice.taxes[0]:
            invoice.header["tax_rate"] = invoice.taxes[0]["taxes.rate"]
    return invoices, document


def _identity(invoice: EInvoice) -> Hashable:
    """Return what two renderings of one invoice have in common: its number, seller and total."""
    number, seller, total = (
        invoice.header[term][0].value if term in invoice.header else ""
        for term in ("number", "seller", "total")
    )
    return (number, seller, decimal_of(total)) if number else id(invoice)
