"""Where the pages of a document and the XML of its e-invoice say different things."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from extraction.document.document import Document
from extraction.model import ExtractedObject
from extraction.records.confidence import UNLABELLED
from extraction.records.evidence import at
from extraction.rules.e_invoice.invoices import EInvoice, decimal_of
from extraction.rules.e_invoice.matching import Slot
from extraction.values import decide_conventions
from extraction.values.dates import find_dates
from extraction.values.numbers import find_numbers

_COMPARED = frozenset(("money", "date", "identifier", "tax-number", "iban"))
_MUST_BE_SHOWN = frozenset(("number", "total"))  # by every page of an invoice
# An amount with two decimals, whatever stands between its thousands and before its decimals.
_AMOUNT = re.compile(r"(?<![\d.,])\d{1,3}(?:[ .,'’]?\d{3})*[.,]\d{2}(?![\d])")


def disagreements(
    document: Document,
    made: ExtractedObject,
    page: ExtractedObject,
    slots: Iterable[Slot],
    invoice: EInvoice,
) -> Iterator[str]:
    """Yield a sentence for each property of the header on which pages and XML disagree, without the document's text.

    `made` and `page` are the objects that XML and pages gave. They agree if the pages show the value of the XML
    anywhere: then the rules only took another one for it. Instead of a sum of taxes the pages may show the taxes.
    """
    if not document.text_of_pages.strip() or document.pages_without_text:
        return
    pages = _Pages(document.text_of_pages)
    taxes = [
        decimal_of(said.value) for t in invoice.rows["taxes"] for said in t.get("taxes.amount", ())
    ]
    for slot in slots:
        stated, stated_at = at(made.properties, slot.path), _place_of(made, slot)
        read, read_at = at(page.properties, slot.path), _place_of(page, slot)
        kind, term = slot.term.kind, slot.term.name
        if (
            not stated_at
            or kind not in _COMPARED
            or _same(stated, read)
            or pages.show(kind, stated)
            or (term == "tax" and taxes and all(pages.show(kind, each) for each in taxes))
        ):
            continue
        where = f"{'.'.join(slot.path)} of {made.type}: the XML has it at {stated_at}"
        if read is not None and read_at:
            yield f"The XML of the e-invoice and the page differ on {where}, the page at {read_at}."
        elif term in _MUST_BE_SHOWN:
            yield f"The page does not show {where}."


def _same(stated: Any, read: Any) -> bool:
    if isinstance(stated, int | float) and isinstance(read, int | float):
        return abs(stated) == abs(read)
    return _plain(stated) == _plain(read)


def _plain(value: Any) -> str:
    return "".join(c for c in str(value).casefold() if c.isalnum())


def _place_of(found: ExtractedObject, slot: Slot) -> str:
    """Return where an object's property stands; empty if it has none or several values, or if no label names it."""
    proof = at(found.evidence, slot.path)
    if not isinstance(proof, dict) or not proof.get("citations") or proof["method"] == UNLABELLED:
        return ""
    first = proof["citations"][0]
    element = f" ({first['element']})" if first.get("element") else ""
    page = f" (page {first['page']})" if first.get("page") else ""
    return f"{first['start']}–{first['end']}{element}{page}"


class _Pages:
    """What the pages show, however they write it."""

    def __init__(self, text: str) -> None:
        ways = decide_conventions(text)
        self._dates = {each.value for each in find_dates(text, 0, len(text), ways)}
        self._amounts = {abs(each.value) for each in find_numbers(text, 0, len(text), ways)}
        self._digits = {_plain(amount) for amount in _AMOUNT.findall(text)}
        self._letters = _plain(text)

    def show(self, kind: str, value: Any) -> bool:
        """Return True if a value of that kind of term stands anywhere on the pages."""
        if kind == "date":
            return str(value) in self._dates
        if isinstance(value, int | float | Decimal):
            return abs(float(value)) in self._amounts or _plain(f"{abs(value):.2f}") in self._digits
        return _plain(value) in self._letters
