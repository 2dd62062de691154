"""Which term of an invoice a property of a requested type means.

A property means a term if one of its labels has the words of one of the term's (`words.tsv`), and its kind of value
can be the term's. Nothing here is nearly right: what no label names is left to the pages.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from extraction.labels.labels import Words, label_words
from extraction.labels.words import tokens
from extraction.rules.e_invoice.invoices import ROWS, table_rows
from extraction.schema.kinds import Kind
from extraction.schema.object_types import ObjectType, Property, leaves

_PARTIES = ("seller", "buyer", "payee")
_INVOICE, _GENERIC = "invoice", "document"
_OF_ROWS = frozenset(("line", "item"))  # words that add nothing to the name of a row's property
_FEWEST = 2  # terms by which a type of a general name, or an array of objects, shows what it is
_BY_NAME, _BY_HINT, _WITHOUT_TYPE = 1.0, 0.9, 0.05  # how telling a label is

_CODES = "identifier tax-number iban type"
_NAMES = "party person-name"
_FIGURES = "money number percent"
# The kinds of terms that a property of a kind can take; any other kind takes those of its own name.
_OF_KIND = {
    Kind.IDENTIFIER: _CODES,
    Kind.PERSON: _NAMES,
    Kind.ORGANISATION: _NAMES,
    Kind.PARTY: _NAMES,
    Kind.TEXT: f"text country currency date email phone address {_NAMES} {_CODES} {_FIGURES}",
    Kind.PATTERN: f"text country currency {_CODES}",
    Kind.ENUM: "text country currency type percent",
    Kind.NUMBER: _FIGURES,
    Kind.INTEGER: "number identifier",
}


class Term(NamedTuple):
    """A term of an invoice: its name, the kind of its values, and the term that stands in where it is missing."""

    name: str
    kind: str
    instead: str


class Slot(NamedTuple):
    """A property at its path, and the term that it means."""

    path: tuple[str, ...]
    prop: Property
    term: Term


class Rows(NamedTuple):
    """An array of objects at its path, and what the properties of its rows mean. `of` is `lines` or `taxes`."""

    path: tuple[str, ...]
    of: str
    slots: tuple[Slot, ...]


class Matched(NamedTuple):
    """What the properties of a type mean."""

    slots: tuple[Slot, ...]
    rows: tuple[Rows, ...]


def match(object_type: ObjectType, *, alone: bool) -> Matched | None:
    """Return what the properties of a type mean, or None if the type is no invoice.

    Args:
        object_type: as it was requested.
        alone: no other type was requested; then its properties say that it is an invoice if its name says nothing.
    """
    own = frozenset(tokens(object_type.name)) | {_INVOICE}
    slots = _slots(object_type.properties, "", own)
    told = alone and len(slots) >= _FEWEST and _named(object_type.labels, _GENERIC)
    if not told and not any(map(_is_invoice, object_type.labels)):
        return None
    rows = []
    for parents, prop in leaves(object_type.properties):
        if prop.many and prop.children and (of := _kind_of_rows(prop)):
            path = (*(p.name for p in parents), prop.name)
            rows.append(Rows(path, of, _slots(prop.children, ROWS[of], _OF_ROWS)))
    return Matched(slots, tuple(rows))


def _is_invoice(name: str) -> bool:
    """Return True for `Invoice` and `SupplierInvoice`, not for `InvoiceLine`."""
    words = frozenset(label_words(name))
    found = [label for label in _labels()[_INVOICE] if label <= words]
    return any(words - label not in _labels()["lines"] for label in found)


def _kind_of_rows(prop: Property) -> str | None:
    """Return whether the objects of an array are lines of an invoice or its taxes by rate, by its labels or theirs."""
    named = next((of for of in ROWS if _named(prop.labels, of)), None)
    if named is None and len(_slots(prop.children, ROWS["lines"], _OF_ROWS)) > _FEWEST:
        return "lines"
    return named


def _named(labels: Iterable[str], term: str) -> bool:
    return any(frozenset(label_words(label)) in _labels()[term] for label in labels)


def _slots(properties: tuple[Property, ...], group: str, own: frozenset[str]) -> tuple[Slot, ...]:
    """Return what properties mean: those of a row (`line`, `taxes`) or of the invoice; `own` words name no term.

    Each takes the term that it surest means; two take the same one only if neither has another. Where several are as
    sure, the property with the least choice goes first, and of terms the first of `terms.tsv`.
    """
    terms = read_terms()
    order = {name: at for at, name in enumerate(terms)}
    found: dict[tuple[str, ...], Property] = {}
    pairs = []
    for parents, leaf in leaves(properties):
        if leaf.many and leaf.children:
            continue
        path = (*(p.name for p in parents), leaf.name)
        found[path] = leaf
        candidates = _candidates(parents, leaf, group, own)
        fitting = {name: sure for name, sure in candidates.items() if _fits(leaf, terms[name].kind)}
        pairs += [(-sure, len(fitting), order[name], path, name) for name, sure in fitting.items()]
    chosen: dict[tuple[str, ...], str] = {}
    for sharing in (False, True):
        for *_, path, name in sorted(pairs):
            if path not in chosen and (sharing or name not in chosen.values()):
                chosen[path] = name
    return tuple(Slot(path, found[path], terms[name]) for path, name in sorted(chosen.items()))


def _candidates(
    parents: tuple[Property, ...], leaf: Property, group: str, own: frozenset[str]
) -> dict[str, float]:
    """Return the terms that a property may mean, each with how surely."""
    party = next(
        (name for parent in parents for name in _PARTIES if _named(parent.labels, name)), ""
    )
    index = _indexes()[group or party]
    found: dict[str, float] = defaultdict(float)

    def note(words: frozenset[str], sure: float) -> None:
        for term in index.get(words, ()):
            found[term] = max(sure, found[term])

    for at, label in enumerate(leaf.labels):
        words, sure = frozenset(label_words(label)), _BY_HINT if at else _BY_NAME
        note(words, sure)
        if party and not group:
            continue
        note(words - own, sure - _WITHOUT_TYPE)
        for parent in parents:
            for above in parent.labels:
                note(words | frozenset(label_words(above)), sure)
    return found


def _fits(prop: Property, kind: str) -> bool:
    if prop.kind is Kind.PERCENT and not prop.kind_stated:
        return kind in _FIGURES.split()  # the `rate` of a line may be a price
    return kind in _OF_KIND.get(prop.kind, prop.kind.value).split()


@lru_cache(maxsize=1)
def _indexes() -> dict[str, dict[frozenset[str], set[str]]]:
    """Return the terms by the words of their labels: of a group (`line`, `taxes`), of a party, or of the invoice."""
    labels = _labels()
    indexes: dict[str, dict[frozenset[str], set[str]]] = {
        name: defaultdict(set) for name in ("", *ROWS.values(), *_PARTIES)
    }
    for term in read_terms():
        group, _, part = term.rpartition(".")
        party = group or term
        if party in _PARTIES:
            for words in labels[f"party.{part}" if group else "party"]:
                indexes[party][words].add(term)
                for name in labels[party]:
                    indexes[""][words | name].add(term)
            group = ""
        for words in labels.get(term, ()):
            indexes[group][words].add(term)
    # Without a word of whose it is, a tax number on an invoice is that of who issued it.
    for words in labels["party.tax_number"]:
        indexes[""][words].add("seller.tax_number")
    return indexes


@lru_cache(maxsize=1)
def _labels() -> dict[str, frozenset[frozenset[str]]]:
    found: dict[str, set[frozenset[str]]] = defaultdict(set)
    for term, _, labels in table_rows("words.tsv"):
        found[term] |= {frozenset(label_words(label)) for label in labels.split("; ")}
    return {term: frozenset(words) for term, words in found.items()}


@lru_cache(maxsize=1)
def read_terms() -> dict[str, Term]:
    """Return the terms by name, in the order of their table."""
    return {name: Term(name, kind, instead) for name, kind, _, instead in table_rows("terms.tsv")}


@lru_cache(maxsize=1)
def read_meanings() -> dict[str, frozenset[Words]]:
    """Return what the codes of an invoice's type mean, as words of labels."""
    return {
        code: frozenset(label_words(meaning) for meaning in meanings.split("; "))
        for code, meanings in table_rows("codes.tsv")
    }
