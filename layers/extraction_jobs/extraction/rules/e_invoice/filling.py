"""The values of e-invoices in the objects of a result, before what the pages gave."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from extraction.document.document import Document
from extraction.labels.labels import label_words
from extraction.model import ExtractedObject, Options
from extraction.readers.xml_text import NOT_READ
from extraction.records.evidence import Tree, at, is_proof, proofs, proven, put
from extraction.rules.e_invoice.comparing import disagreements
from extraction.rules.e_invoice.invoices import (
    EInvoice,
    Element,
    Group,
    Said,
    all_elements,
    decimal_of,
    read_e_invoices,
)
from extraction.rules.e_invoice.matching import Matched, Slot, match, read_meanings
from extraction.schema.kinds import Kind
from extraction.schema.object_types import ObjectType, Property
from extraction.values import accept
from extraction.values.phrases import MAX_PATTERN_INPUT
from extraction.values.value import Value

_DATE = re.compile(r"(\d{8})(?:\d{4}|\d{6})?|(\d{4}-\d\d-\d\d)(?:[TZ+-].*)?")


def value_of(slot: Slot, said: Said) -> Any | None:
    """Return what is said as the property's JSON type, or None if it is no value of that type or schema."""
    prop = slot.prop
    if prop.kind is Kind.ENUM:
        return _choice(slot, said.value)
    content: Any = said.value
    if slot.term.kind == "date":
        content = _date(said.value)
    elif prop.json_type in ("number", "integer"):
        number = decimal_of(said.value)
        content = (
            None if number is None else int(number) if number == int(number) else float(number)
        )
    elif slot.term.kind == "iban":
        content = said.value.replace(" ", "")
    if content is None or not _has_pattern(prop, said.value):
        return None
    accepted = accept(prop, Value(content, said.places[0].start, said.places[-1].end, 1.0))
    return accepted.value if accepted is not None else None


def _has_pattern(prop: Property, value: str) -> bool:
    if prop.pattern is None or prop.kind is not Kind.PATTERN:
        return True  # `accept` looks at the other kinds
    from extraction.values.pattern import compile_pattern

    return compile_pattern(prop.pattern).search(value[:MAX_PATTERN_INPUT]) is not None


def _date(value: str) -> str | None:
    match = _DATE.fullmatch(value)
    try:
        return date.fromisoformat(match[1] or match[2]).isoformat() if match else None
    except ValueError:
        return None


def _choice(slot: Slot, value: str) -> Any | None:
    """Return the choice that a value is, or that names what a code of an invoice's type means."""
    for choice in slot.prop.enum:
        if str(choice).casefold() == value.casefold():
            return choice
    if slot.term.kind == "type":
        meanings = read_meanings().get(value, frozenset())
        return next((c for c in slot.prop.enum if label_words(str(c)) in meanings), None)
    number = decimal_of(value)
    same = (
        c for c in slot.prop.enum if isinstance(c, int | float) and number == decimal_of(str(c))
    )
    return next(same, None)


def overlaid(under: Tree, over: Tree) -> Tree:
    """Return a tree with what another has in its place; arrays and proofs are taken whole."""
    result = dict(under)
    for name, branch in over.items():
        below = result.get(name)
        both = isinstance(below, dict) and isinstance(branch, dict) and not is_proof(branch)
        result[name] = overlaid(below or {}, branch) if both else branch
    return result


CONFIDENCE = 0.99  # the sender's own data; what is left is that the sender wrote it wrong
_BASIS = "stated by the XML of an e-invoice"
_METHOD = "e_invoice"


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
    return bool(methods) and all(each == {_METHOD} for each in methods)


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
    invoices, xml = read_e_invoices(document.text, document.e_invoices_start)
    result = list(objects)
    reasons = list(_attached(document.text, xml))
    for object_type in object_types if (options.min_confidence or 0) <= CONFIDENCE else ():
        matched = match(object_type, alone=len(object_types) == 1)
        if matched is None:
            continue
        writer = _Writer(document.text, object_type.name, matched)
        made = {
            number: found
            for number, invoice in enumerate(invoices)
            if (found := writer.object_of(invoice)) is not None
        }
        places = [place for place, each in enumerate(objects) if each.type == object_type.name]
        paired = writer.paired(made, objects, places)
        for number, found in made.items():
            if (place := paired.get(number)) is None:
                result.append(found)
                continue
            reasons += disagreements(
                document, found, objects[place], matched.slots, invoices[number]
            )
            result[place] = _merged(objects[place], found)
    if not document.text_of_pages.strip():
        coverage = _coverage(xml, result)
    return Filled(tuple(result), coverage, tuple(dict.fromkeys(reasons)))


@dataclass(frozen=True, slots=True)
class _Writer:
    """Makes objects of one type."""

    text: str
    type_name: str
    matched: Matched

    def object_of(self, invoice: EInvoice) -> ExtractedObject | None:
        """Return an invoice as an object, or None if it says nothing that was asked for."""
        properties, evidence = self.written(self.matched.slots, invoice.header)
        for rows in self.matched.rows:
            groups = invoice.rows[rows.of]
            if made := [pair for group in groups if (pair := self.written(rows.slots, group))[0]]:
                put(properties, rows.path, [row for row, _ in made])
                put(evidence, rows.path, [proof for _, proof in made])
        return proven(self.type_name, properties, evidence)

    def written(self, slots: Iterable[Slot], group: Group) -> tuple[Tree, Tree]:
        """Return the properties that a group of terms gives, and their evidence."""
        properties: Tree = {}
        evidence: Tree = {}
        for slot in slots:
            pairs = [
                (value, self.proof(said))
                for said in group.get(slot.term.name, group.get(slot.term.instead, []))
                if (value := value_of(slot, said)) is not None
            ]
            if pairs:
                values, cited = map(list, zip(*pairs, strict=True))
                put(properties, slot.path, values if slot.prop.many else values[0])
                put(evidence, slot.path, cited if slot.prop.many else cited[0])
        return properties, evidence

    def proof(self, said: Said) -> Tree:
        """Return the evidence of a value."""
        return {
            "confidence": CONFIDENCE,
            "confidence_basis": _BASIS,
            "method": _METHOD,
            "citations": [
                {
                    "quote": self.text[place.start : place.end],
                    "start": place.start,
                    "end": place.end,
                    "page": None,
                    "alignment": "exact",
                    "element": place.path,
                }
                for place in said.places
            ],
        }

    def paired(
        self,
        made: dict[int, ExtractedObject],
        objects: Sequence[ExtractedObject],
        places: Sequence[int],
    ) -> dict[int, int]:
        """Return the places of the objects that the pages gave of the XML's invoices, by the invoices' numbers.

        It is the one with its number; of a single invoice also the only one there is, or the first without a number.
        """
        if len(made) == len(places) == 1:
            return dict(zip(made, places, strict=True))
        free = {self.number_of(objects[place]): place for place in reversed(places)}
        of_any = free.pop("", None) if len(made) == 1 else None
        pairs = {number: free.pop(self.number_of(found), of_any) for number, found in made.items()}
        return {number: place for number, place in pairs.items() if place is not None}

    def number_of(self, found: ExtractedObject) -> str:
        """Return the invoice's number without spaces, empty if the object has none."""
        path = next((s.path for s in self.matched.slots if s.term.name == "number"), None)
        value = at(found.properties, path) if path else None
        return "" if value is None else "".join(str(value).casefold().split())


def _merged(page: ExtractedObject, made: ExtractedObject) -> ExtractedObject:
    properties = overlaid(page.properties, made.properties)
    merged = proven(page.type, properties, overlaid(page.evidence, made.evidence)) or made
    return replace(merged, start=min(page.start, merged.start), end=max(page.end, merged.end))


def _coverage(xml: Element, objects: Sequence[ExtractedObject]) -> float:
    values = {(each.start, each.end) for each in all_elements(xml) if each.end > each.start}
    cited = {
        (citation["start"], citation["end"])
        for each in objects
        for proof in proofs(each.evidence)
        for citation in proof["citations"]
    }
    return round(len(values & cited) / len(values), 4) if values else 0.0


def _attached(text: str, xml: Element) -> Iterator[str]:
    count = sum(text[each.start : each.end] == NOT_READ for each in all_elements(xml))
    if count:
        yield f"{count} file(s) attached inside an e-invoice's XML were not read."
