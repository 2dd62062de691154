"""The values of e-invoices in the objects of a result, before what the pages gave."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from extraction.document.document import Document
from extraction.model import ExtractedObject, Options
from extraction.readers.xml_text import NOT_READ
from extraction.rules.e_invoice import METHOD, Filled
from extraction.rules.e_invoice.comparing import Compared, disagreements
from extraction.rules.e_invoice.elements import Element, all_elements
from extraction.rules.e_invoice.matching import Matched, Rows, Slot, match
from extraction.rules.e_invoice.model import EInvoice, Group, Said
from extraction.rules.e_invoice.syntaxes import read_e_invoices
from extraction.rules.e_invoice.values import value_of
from extraction.schema.object_types import ObjectType

CONFIDENCE = 0.99  # the sender's own data; what is left is that the sender wrote it wrong
_BASIS = "stated by the XML of an e-invoice"

Tree = dict[str, Any]  # properties, or the evidence that mirrors them


def fill(
    document: Document,
    start: int,
    object_types: Sequence[ObjectType],
    options: Options,
    objects: Sequence[ExtractedObject],
    coverage: float,
) -> Filled:
    """Do what `with_e_invoices` promises, with the e-invoices that begin at a place in the document's text."""
    invoices, xml = read_e_invoices(document.text, start)
    result = list(objects)
    reasons: list[str] = list(_attached(document.text, xml))
    for object_type in object_types if (options.min_confidence or 0) <= CONFIDENCE else ():
        matched = match(object_type, alone=len(object_types) == 1)
        if matched is None:
            continue
        writer = _Writer(document.text, object_type, matched)
        found = [
            (made, invoice)
            for invoice in invoices
            if (made := writer.object_of(invoice)) is not None
        ]
        places = [at for at, each in enumerate(objects) if each.type == object_type.name]
        pairs = _paired(writer, [made for made, _ in found], objects, places)
        for (made, invoice), at in zip(found, pairs, strict=True):
            if at is None:
                result.append(made)
                continue
            compared = writer.compared(objects[at], made, invoice)
            reasons += disagreements(document, object_type.name, compared)
            result[at] = _merged(objects[at], made)
    if not document.text_of_pages.strip():
        coverage = _coverage(xml, result)
    return Filled(tuple(result), coverage, tuple(dict.fromkeys(reasons)))


@dataclass(frozen=True, slots=True)
class _Writer:
    """Makes objects of one type."""

    text: str
    type: ObjectType
    matched: Matched

    def object_of(self, invoice: EInvoice) -> ExtractedObject | None:
        """Return an invoice as an object, or None if it says nothing that was asked for."""
        properties: Tree = {}
        evidence: Tree = {}
        self.write(self.matched.slots, invoice.header, properties, evidence)
        for rows in self.matched.rows:
            self.write_rows(rows, invoice, properties, evidence)
        return _object(self.type.name, properties, evidence) if properties else None

    def write_rows(self, rows: Rows, invoice: EInvoice, properties: Tree, evidence: Tree) -> None:
        made: list[tuple[Tree, Tree]] = []
        for group in invoice.lines if rows.of == "lines" else invoice.taxes:
            row: Tree = {}
            proof: Tree = {}
            self.write(rows.slots, group, row, proof)
            if row:
                made.append((row, proof))
        if made:
            _put(properties, rows.path, [row for row, _ in made])
            _put(evidence, rows.path, [proof for _, proof in made])

    def write(self, slots: Iterable[Slot], group: Group, properties: Tree, evidence: Tree) -> None:
        for slot in slots:
            pairs = [
                (value, self.proof(said))
                for said in group.get(slot.term.name, group.get(slot.term.instead, []))
                if (value := value_of(slot, said)) is not None
            ]
            if pairs and slot.prop.many:
                _put(properties, slot.path, [value for value, _ in pairs])
                _put(evidence, slot.path, [proof for _, proof in pairs])
            elif pairs:
                _put(properties, slot.path, pairs[0][0])
                _put(evidence, slot.path, pairs[0][1])

    def proof(self, said: Said) -> Tree:
        return {
            "confidence": CONFIDENCE,
            "confidence_basis": _BASIS,
            "method": METHOD,
            "citations": [
                {
                    "quote": self.text[place.start : place.end],
                    "start": place.start,
                    "end": place.end,
                    "page": None,
                    "alignment": "exact",
                    "element": place.element,
                }
                for place in said.places
            ],
        }

    def compared(
        self, page: ExtractedObject, made: ExtractedObject, invoice: EInvoice
    ) -> Iterator[Compared]:
        """Yield each property of the header of which the XML says one value."""
        rates = [said.value for tax in invoice.taxes for said in tax.get("taxes.amount", ())]
        for slot in self.matched.slots:
            stated, shown = _at(made.evidence, slot.path), _at(page.evidence, slot.path)
            if isinstance(stated, dict) and stated.get("citations"):
                yield Compared(
                    ".".join(slot.path),
                    slot.term,
                    _at(made.properties, slot.path),
                    stated["citations"],
                    _at(page.properties, slot.path),
                    shown.get("citations", ()) if isinstance(shown, dict) else (),
                    tuple(rates) if slot.term.name == "tax" else (),
                )

    def number_of(self, found: ExtractedObject) -> str | None:
        path = next((s.path for s in self.matched.slots if s.term.name == "number"), None)
        value = _at(found.properties, path) if path else None
        return "".join(str(value).casefold().split()) if value is not None else None


def _paired(
    writer: _Writer,
    found: Sequence[ExtractedObject],
    objects: Sequence[ExtractedObject],
    places: Sequence[int],
) -> Iterator[int | None]:
    """Yield, for each invoice of the XML, the place of the object that the pages gave of it, or None.

    It is the one with its number; where there is one of each, they are one.
    """
    if len(found) == len(places) == 1:
        yield places[0]
        return
    free = list(places)
    for made in found:
        number = writer.number_of(made)
        at = next((at for at in free if number and writer.number_of(objects[at]) == number), None)
        if at is not None:
            free.remove(at)
        yield at


def _merged(page: ExtractedObject, made: ExtractedObject) -> ExtractedObject:
    merged = _object(
        page.type,
        _overlaid(page.properties, made.properties),
        _overlaid(page.evidence, made.evidence),
    )
    return replace(merged, start=min(page.start, merged.start), end=max(page.end, merged.end))


def _overlaid(under: Tree, over: Tree) -> Tree:
    """Return a tree with what another has in its place; arrays and proofs are taken whole."""
    result = dict(under)
    for name, branch in over.items():
        below = result.get(name)
        if isinstance(below, dict) and isinstance(branch, dict) and not _is_proof(branch):
            result[name] = _overlaid(below, branch)
        else:
            result[name] = branch
    return result


def _object(name: str, properties: Tree, evidence: Tree) -> ExtractedObject:
    proofs = list(_proofs(evidence))
    cited = [c for proof in proofs for c in proof["citations"] if c["start"] is not None]
    return ExtractedObject(
        type=name,
        properties=properties,
        evidence=evidence,
        confidence=round(sum(proof["confidence"] for proof in proofs) / len(proofs), 4),
        start=min(c["start"] for c in cited),
        end=max(c["end"] for c in cited),
    )


def _proofs(branch: Any) -> Iterator[Tree]:
    if _is_proof(branch):
        yield branch
        return
    inner = branch.values() if isinstance(branch, dict) else branch
    for each in inner:
        yield from _proofs(each)


def _is_proof(branch: Any) -> bool:
    return isinstance(branch, dict) and isinstance(branch.get("confidence_basis"), str)


def _put(tree: Tree, path: tuple[str, ...], value: Any) -> None:
    for name in path[:-1]:
        tree = tree.setdefault(name, {})
    tree[path[-1]] = value


def _at(tree: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        if not isinstance(tree, dict):
            return None
        tree = tree.get(name)
    return tree


def _coverage(xml: Element, objects: Sequence[ExtractedObject]) -> float:
    values = {(each.start, each.end) for each in all_elements(xml) if each.end > each.start}
    cited = {
        (citation["start"], citation["end"])
        for each in objects
        for proof in _proofs(each.evidence)
        for citation in proof["citations"]
    }
    return round(len(values & cited) / len(values), 4) if values else 0.0


def _attached(text: str, xml: Element) -> Iterator[str]:
    count = sum(text[each.start : each.end] == NOT_READ for each in all_elements(xml))
    if count:
        yield f"{count} file(s) attached inside an e-invoice's XML were not read."
