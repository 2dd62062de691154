"""What invoices say, whatever the syntax of their XML: terms with their values.

Terms are named in `terms.tsv`, each with its number in EN 16931 (BT-1 and so on). A table for each syntax says which
elements hold them, one row per way: the first of a term's rows that finds something counts. Paths of `party`, `line`
and `taxes` begin at the elements of those groups, all others at the invoice. ` + ` puts the first values of several
paths together, with `between` between them. A row `=name` gives what other paths begin with, or a group's place.
Elements are read back from the lines that `extraction.readers.xml_text` makes of them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

from extraction.readers.xml_text import INDENT

_LINE = re.compile(
    r"^(?P<indent> *)(?P<name>[^\s:()]+)(?: \((?P<attributes>[^()\n]*)\))?(?::(?: (?P<value>[^\n]*))?)?$",
    re.MULTILINE,
)
_ATTRIBUTE = re.compile(r"(?P<name>[^\s=,]+)=(?P<value>[^,=]*)")
_STEP = re.compile(r"(?P<names>[^\[\]/]+)(?:\[(?P<test>[^=\]]+)=(?P<wanted>[^\]]+)\])?")
_AT = "@"  # before the name of an attribute


@dataclass(slots=True)
class Element:
    """An element or attribute, with the stretch of text that is its value (empty without one).

    `children` are in order under each name. `path` leads there from the root, by names; elements with siblings of their
    name are numbered from 1: `Invoice/InvoiceLine[2]/ID/@schemeID`.
    """

    start: int
    end: int
    children: dict[str, list[Element]] = field(default_factory=dict)
    path: str = ""


def read_elements(text: str, start: int) -> Element:
    """Return an element that holds the root elements of a text from a place on, with all that is in them."""
    document = Element(start, start)
    open_elements = [document]
    for match in _LINE.finditer(text, start):
        del open_elements[len(match["indent"]) // len(INDENT) + 1 :]
        at = match.span("value") if match["value"] else (match.end(), match.end())
        element = Element(*at)
        if match["attributes"]:
            for said in _ATTRIBUTE.finditer(text, *match.span("attributes")):
                element.children[_AT + said["name"]] = [Element(*said.span("value"))]
        open_elements[-1].children.setdefault(match["name"], []).append(element)
        open_elements.append(element)
    for element in all_elements(document):
        above = f"{element.path}/" if element.path else ""
        for name, children in element.children.items():
            for number, child in enumerate(children, 1):
                child.path = above + name + (f"[{number}]" if len(children) > 1 else "")
    return document


def all_elements(element: Element) -> Iterator[Element]:
    """Yield an element and all elements that are in it, each before what is in it."""
    waiting = [element]
    while waiting:
        current = waiting.pop()
        yield current
        for name, children in current.children.items():
            waiting += () if name.startswith(_AT) else children


def elements_at(text: str, element: Element, path: str) -> list[Element]:
    """Return the elements at a path below an element.

    A step is a name (of an attribute `@name`), or names separated by `|`, and may go on with a test of what stands at
    a path inside: `PartyTaxScheme[TaxScheme/ID=VAT]`, `ID[@schemeID=VA]`.
    """
    found = [element]
    for names, test, wanted in _steps(path):
        found = [
            child
            for parent in found
            for name in names
            for child in parent.children.get(name, ())
            if not test
            or any(text[each.start : each.end] == wanted for each in elements_at(text, child, test))
        ]
    return found


@lru_cache(maxsize=1024)
def _steps(path: str) -> tuple[tuple[list[str], str, str], ...]:
    return tuple(
        (step["names"].split("|"), step["test"] or "", step["wanted"] or "")
        for step in _STEP.finditer(path)
    )


# By the name of the root element; `extraction.readers.xml_text` knows them by their namespaces too.
_SYNTAXES = {
    "CrossIndustryInvoice": "cii",
    "CrossIndustryDocument": "cii",
    "Invoice": "ubl",
    "CreditNote": "ubl",
    "FatturaElettronica": "fatturapa",
}
_PARTIES = ("seller", "buyer")
ROWS = {"lines": "line", "taxes": "taxes"}  # repeated groups, and what their terms begin with
_GROUPS = ("party", *ROWS.values())
_STRETCH = re.compile(r"\{(\w+)\}")
_CURRENCY = "$currency"  # in a path: that of the invoice
_MOST_DIGITS = 15  # before or behind the point: more is no amount, and no float holds it


class Said(NamedTuple):
    """A value as the XML has it, and the elements that it was taken from; several if it was put together."""

    value: str
    places: tuple[Element, ...]


Group = dict[str, list[Said]]  # values by term


class EInvoice(NamedTuple):
    """One invoice. `rows` are its repeated groups: line items (`lines`), and the sums per tax rate (`taxes`)."""

    header: Group
    rows: dict[str, list[Group]]


class _Way(NamedTuple):
    """Where a term's value is: at one path, or put together from several."""

    term: str
    between: str
    paths: list[str]


class _Syntax(NamedTuple):
    """Paths by their names, and the ways to the terms of each group (of the invoice itself: an empty name)."""

    places: dict[str, str]
    ways: dict[str, list[_Way]]


def read_e_invoices(text: str, start: int) -> tuple[list[EInvoice], Element]:
    """Return the invoices whose XML stands in a text from a place on, and an element that holds all of that XML.

    One that is there twice, as in a PDF that embeds it in two versions or a mail that brings PDF and XML, counts once.
    """
    document = read_elements(text, start)
    found = [
        invoice
        for name, syntax in _SYNTAXES.items()
        for root in document.children.get(name, ())
        for invoice in _invoices(text, root, read_syntax(syntax))
    ]
    once = {_identity(invoice): invoice for invoice in reversed(found)}
    return list(once.values())[::-1], document


def _invoices(text: str, root: Element, syntax: _Syntax) -> Iterator[EInvoice]:
    def groups(inside: Element, place: str, ways: str) -> list[Group]:
        elements = elements_at(text, inside, syntax.places[place])
        found = (_group(text, each, syntax.ways[ways]) for each in elements)
        return list(filter(None, found))

    parties: Group = {}
    for party in _PARTIES:
        for group in groups(root, party, "party")[:1]:
            parties |= {party + term.removeprefix("party"): said for term, said in group.items()}
    place = syntax.places.get("invoice")
    for invoice in elements_at(text, root, place) if place else [root]:
        rows = {name: groups(invoice, name, ways) for name, ways in ROWS.items()}
        header = parties | _group(text, invoice, syntax.ways[""])
        yield EInvoice(header | _added_up(header, rows["taxes"]), rows)


def _group(text: str, element: Element, ways: Sequence[_Way]) -> Group:
    """Return the values of all terms below an element."""
    group: Group = {}
    for way in ways:
        if way.term not in group and (found := list(_said(text, element, way, group))):
            group[way.term] = found
    return group


def _said(text: str, element: Element, way: _Way, group: Group) -> Iterator[Said]:
    currency = group["currency"][0].value if "currency" in group else ""
    found = [
        [each for each in elements_at(text, element, path) if each.end > each.start]
        for path in (path.replace(_CURRENCY, currency) for path in way.paths)
    ]
    # Of several paths, the first value of each.
    together = [[each] for each in found[0]] if len(found) == 1 else [[e[0] for e in found if e]]
    for places in filter(None, together):
        yield Said(way.between.join(text[e.start : e.end] for e in places), tuple(places))


def _added_up(header: Group, taxes: Sequence[Group]) -> Group:
    """Return the sums that a header lacks, and the rate if there is a single one for all of it."""
    sums: Group = {}
    parts = {"tax_basis": "taxes.basis", "tax": "taxes.amount"}
    for term, part in parts.items():
        total = _sum([tax.get(part, [])[:1] for tax in taxes])
        if term not in header and total:
            sums[term] = total
    if "total" not in header and len(sums) == len(parts):
        sums["total"] = _sum(list(sums.values()))
    if len(payments := header.get("payable", [])) > 1:
        sums["payable"] = _sum([[each] for each in payments])
    if len(taxes) == 1 and "taxes.rate" in taxes[0]:
        sums["tax_rate"] = taxes[0]["taxes.rate"]
    return sums


def _sum(parts: Sequence[Sequence[Said]]) -> list[Said]:
    """Return the sum of some values as one; nothing if there are none, or one is missing or no amount."""
    said = [each for part in parts for each in part]
    amounts = [amount for each in said if (amount := decimal_of(each.value)) is not None]
    if not parts or len(amounts) < len(parts):
        return []
    places = tuple(place for each in said for place in each.places)
    return [Said(str(sum(amounts, Decimal(0))), places)]


def _identity(invoice: EInvoice) -> Hashable:
    """Return what two renderings of one invoice have in common: its number, seller and total."""
    number, seller, total = (
        invoice.header[term][0].value if invoice.header.get(term) else ""
        for term in ("number", "seller", "total")
    )
    return (number, seller, decimal_of(total)) if number else id(invoice)


def decimal_of(value: str) -> Decimal | None:
    """Return an amount as XML writes it (a point before the decimals, nothing between thousands), or None."""
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) <= _MOST_DIGITS else None


@lru_cache(maxsize=8)
def read_syntax(name: str) -> _Syntax:
    """Return the table of a syntax."""
    places: dict[str, str] = {}
    ways: dict[str, list[_Way]] = defaultdict(list)
    for term, between, path in table_rows(f"{name}.tsv"):
        whole = _STRETCH.sub(lambda stretch: places[stretch[1]], path)
        group = term.partition(".")[0]
        if term.startswith("="):
            places[term[1:]] = whole
        else:
            way = _Way(term, between.strip('"'), whole.split(" + "))
            ways[group if group in _GROUPS else ""].append(way)
    return _Syntax(places, ways)


def table_rows(name: str) -> Iterator[list[str]]:
    """Yield the rows of one of this package's tables."""
    table = files("extraction.rules.e_invoice").joinpath(name).read_text("utf-8")
    for line in table.splitlines()[1:]:
        yield line.split("\t")
