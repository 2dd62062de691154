"""Electronic invoices: what their XML says, put into the object types of a request.

The reader (`extraction.readers`) renders the XML as the last part of a document's text, one line per element. Here
those lines become elements again, each with its place in the text; one table per syntax says which element holds which
term of an invoice (`invoices`, `cii.tsv`, `ubl.tsv`, `fatturapa.tsv`). `matching` says which term a
property means; `filling` writes the values, with the element that each comes from, before those that the pages gave.
"""

from __future__ import annotations

from extraction.rules.e_invoice.filling import Filled, is_settled, with_e_invoices

__all__ = ["Filled", "is_settled", "with_e_invoices"]
