"""Electronic invoices: what their XML says, put into the object types of a request.

The reader (`extraction.readers`) renders the XML as the last part of a document's text, one line per element. Here
those lines become elements again, each with its place in the text (`elements`). One table per syntax says which element
holds which term of an invoice (`invoices`, `cii.tsv`, `ubl.tsv`, `fatturapa.tsv`). `matching` says which term a
property means; `filling` writes the values, with the element that each comes from, before those that the pages gave.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from extraction.document.document import Document
from extraction.model import ExtractedObject, Options
from extraction.rules.e_invoice.trees import proofs
from extraction.schema.object_types import ObjectType

METHOD = "e_invoice"


@dataclass(frozen=True, slots=True)
class Filled:
    """The objects with what e-invoices say, the coverage, and why a person should look at the result."""

    objects: tuple[ExtractedObject, ...]
    coverage: float
    review_reasons: tuple[str, ...] = ()


def is_settled(objects: Sequence[ExtractedObject], where: str) -> bool:
    """Return True if all objects of a type have a property from e-invoices; `where` is such as `Invoice.total`."""
    type_name, _, path = where.partition(".")
    name = path.partition(".")[0]
    evidence = [each.evidence.get(name) for each in objects if each.type == type_name]
    methods = [{proof["method"] for proof in proofs(branch)} for branch in evidence]
    return bool(methods) and all(each == {METHOD} for each in methods)


def with_e_invoices(
    document: Document,
    object_types: Sequence[ObjectType],
    options: Options,
    objects: Sequence[ExtractedObject],
    coverage: float,
) -> Filled:
    """Put what the document's e-invoices say into the objects of every requested type that is an invoice.

    An object that the pages gave keeps its place, and what the XML does not say. An invoice that the pages did not
    give comes behind all others. The coverage is that of the pages; without pages it is the share of the XML's values
    that some object cites.
    """
    if document.e_invoices_start is None:
        return Filled(tuple(objects), coverage)
    from extraction.rules.e_invoice.filling import fill

    return fill(document, document.e_invoices_start, object_types, options, objects, coverage)
