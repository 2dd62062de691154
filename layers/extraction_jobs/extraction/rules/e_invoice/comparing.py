"""Where the pages of a document and the XML of its e-invoice say different things."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from extraction.document.document import Document
from extraction.rules.e_invoice.matching import Term
from extraction.rules.e_invoice.model import decimal_of
from extraction.values import decide_conventions
from extraction.values.dates import find_dates
from extraction.values.numbers import find_money, find_numbers

_COMPARED = frozenset(("money", "date", "identifier", "tax-number", "iban"))
_MUST_BE_SHOWN = frozenset(("number", "total"))  # by every page of an invoice
# An amount with two decimals, whatever stands between its thousands and before its decimals.
_AMOUNT = re.compile(r"(?<![\d.,])\d{1,3}(?:[ .,'’]?\d{3})*[.,]\d{2}(?![\d])")


@dataclass(frozen=True, slots=True)
class Compared:
    """A property: what the XML states, what the pages were read to say (None if nothing), and where each stands.

    `parts` are the amounts that the stated one is the sum of, if the pages may show those instead.
    """

    path: str
    term: Term
    stated: Any
    stated_at: Sequence[dict[str, Any]]
    read: Any
    read_at: Sequence[dict[str, Any]]
    parts: tuple[str, ...] = ()


def disagreements(
    document: Document, type_name: str, compared: Iterable[Compared]
) -> Iterator[str]:
    """Yield a sentence for each property on which pages and XML disagree; none holds the document's text.

    They agree if the pages show the value of the XML anywhere: then the rules only took another one for it.
    """
    pages = _Pages(document.text_of_pages)
    if not pages.text.strip() or document.pages_without_text:
        return
    for each in compared:
        if each.term.kind not in _COMPARED or _same(each) or pages.show(each.term, each.stated):
            continue
        if each.parts and all(pages.show(each.term, decimal_of(part)) for part in each.parts):
            continue
        stated = f"{each.path} of {type_name}: the XML has it at {_places(each.stated_at)}"
        if each.read is not None and each.read_at:
            yield (
                f"The XML of the e-invoice and the page differ on {stated}, the page at {_places(each.read_at)}."
            )
        elif each.term.name in _MUST_BE_SHOWN:
            yield f"The page does not show {stated}."


def _same(compared: Compared) -> bool:
    if isinstance(compared.stated, int | float) and isinstance(compared.read, int | float):
        return abs(compared.stated) == abs(compared.read)
    return _plain(compared.stated) == _plain(compared.read)


def _plain(value: Any) -> str:
    return "".join(c for c in str(value).casefold() if c.isalnum())


def _places(citations: Sequence[dict[str, Any]]) -> str:
    first = citations[0]
    element = f" ({first['element']})" if first.get("element") else ""
    page = f" (page {first['page']})" if first.get("page") else ""
    return f"{first['start']}–{first['end']}{element}{page}"


class _Pages:
    """What the pages show, however they write it."""

    def __init__(self, text: str) -> None:
        self.text = text

    def show(self, term: Term, value: Any) -> bool:
        """Return True if the value stands anywhere on the pages."""
        if term.kind == "date":
            return str(value) in self._dates
        if isinstance(value, int | float | Decimal):
            return abs(float(value)) in self._amounts or _plain(f"{abs(value):.2f}") in self._digits
        return _plain(value) in self._letters

    @cached_property
    def _dates(self) -> frozenset[str]:
        ways = decide_conventions(self.text)
        return frozenset(v.value for v in find_dates(self.text, 0, len(self.text), ways))

    @cached_property
    def _amounts(self) -> frozenset[float]:
        ways = decide_conventions(self.text)
        found = [
            *find_numbers(self.text, 0, len(self.text), ways),
            *find_money(self.text, 0, len(self.text), ways),
        ]
        return frozenset(abs(v.value) for v in found)

    @cached_property
    def _digits(self) -> frozenset[str]:
        return frozenset(_plain(amount) for amount in _AMOUNT.findall(self.text))

    @cached_property
    def _letters(self) -> str:
        return _plain(self.text)
