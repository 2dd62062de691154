"""Which term of an invoice a property of a requested type means.

A property means a term if one of its labels has the words of one of the term's (`words.tsv`), and its kind of value
can be the term's. Nothing here is nearly right: what no label names is left to the pages.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files

from extraction.labels.labels import Words, label_words
from extraction.labels.words import tokens
from extraction.schema.kinds import Kind
from extraction.schema.object_types import ObjectType, Property, leaves

_PARTIES = ("seller", "buyer", "payee")
_INVOICE, _GENERIC = "invoice", "document"
_LINES, _TAXES = "lines", "taxes"
_FEWEST = 2  # terms by which a type of a general name, or an array of objects, shows what it is
_BY_NAME, _BY_HINT, _WITHOUT_TYPE = 1.0, 0.9, 0.05  # how telling a label is

_NAMES = frozenset(("party", "person-name"))
_CODES = frozenset(("identifier", "tax-number", "iban", "type"))
_FIGURES = frozenset(("money", "number", "percent"))
_OF_KIND: dict[Kind, frozenset[str]] = {
    Kind.DATE: frozenset(("date",)),
    Kind.IDENTIFIER: _CODES,
    Kind.TAX_NUMBER: frozenset(("tax-number",)),
    Kind.IBAN: frozenset(("iban",)),
    Kind.CURRENCY: frozenset(("currency",)),
    Kind.EMAIL: frozenset(("email",)),
    Kind.PHONE: frozenset(("phone",)),
    Kind.ADDRESS: frozenset(("address",)),
    Kind.PERSON: _NAMES,
    Kind.ORGANISATION: _NAMES,
    Kind.PARTY: _NAMES,
    Kind.TEXT: frozenset(
        ("text", "country", "currency", "date", "email", "phone", "address", *_NAMES, *_CODES, *_FIGURES)
    ),
    Kind.PATTERN: frozenset(("text", "country", "currency", *_CODES)),
    Kind.ENUM: frozenset(("text", "country", "currency", "type", "percent")),
    Kind.MONEY: frozenset(("money",)),
    Kind.PERCENT: frozenset(("percent",)),
    Kind.NUMBER: _FIGURES,
    Kind.INTEGER: frozenset(("number", "identifier")),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Term:
    """A term of an invoice: its name, the kind of its values, and the term that stands in where it is missing."""

    name: str
    kind: str
    instead: str


@dataclass(frozen=True, slots=True)
class Slot:
    """A property at its path, and the term that it means."""

    path: tuple[str, ...]
    prop: Property
    term: Term


@dataclass(frozen=True, slots=True)
class Rows:
    """An array of objects at its path, and what the properties of its rows mean. `of` is `lines` or `taxes`."""

    path: tuple[str, ...]
    of: str
    slots: tuple[Slot, ...]


@dataclass(slots=True)
class Matched:
    """What the properties of a type mean."""

    slots: tuple[Slot, ...]
    rows: list[Rows] = field(default_factory=list)


def match(object_type: ObjectType, *, alone: bool) -> Matched | None:
    """Return what the properties of a type mean, or None if the type is no invoice.

    Args:
        object_type: as it was requested.
        alone: no other type was requested; then its properties say that it is an invoice if its name says nothing.
    """
    own = frozenset(tokens(object_type.name)) | {_INVOICE}
    single, rows = [], []
    for parents, leaf in leaves(object_type.properties):
        path = (*(p.name for p in parents), leaf.name)
        if leaf.many and leaf.children:
            rows.append((path, leaf))
        else:
            single.append((path, parents, leaf))
    matched = Matched(
        _chosen([(path, leaf, _candidates(parents, leaf, own)) for path, parents, leaf in single])
    )
    names = [label_words(label) for label in object_type.labels]
    told = alone and len(matched.slots) >= _FEWEST and any(_is(name, _GENERIC) for name in names)
    if not told and not any(_is_invoice(name) for name in names):
        return None
    for path, prop in rows:
        of = _kind_of_rows(prop)
        slots = _row_slots(prop, of) if of else ()
        if of and slots:
            matched.rows.append(Rows(path, of, slots))
    return matched


def _is_invoice(name: Words) -> bool:
    """Return True for `Invoice` and `SupplierInvoice`, not for `InvoiceLine`."""
    words = frozenset(name)
    found = [label for label in _labels()[_INVOICE] if label <= words]
    return any(words - label not in _labels()[_LINES] for label in found)


def _candidates(
    parents: tuple[Property, ...], leaf: Property, own: frozenset[str]
) -> dict[str, float]:
    """Return the terms that a property of the header may mean, each with how surely."""
    party = next((name for parent in parents for name in _PARTIES if _names(parent, name)), None)
    found: dict[str, float] = {}
    labels = [
        (label_words(label), _BY_HINT if at else _BY_NAME) for at, label in enumerate(leaf.labels)
    ]
    if party is not None:
        inside = _index(party)
        for words, sure in labels:
            _note(found, inside.get(frozenset(words), ()), sure)
        return found
    index = _index("")
    for words, sure in labels:
        given = frozenset(words)
        _note(found, index.get(given, ()), sure)
        if given & own and given - own:
            _note(found, index.get(given - own, ()), sure - _WITHOUT_TYPE)
        for parent in parents:
            for above in parent.labels:
                _note(found, index.get(given | frozenset(label_words(above)), ()), sure)
    return found


def _row_slots(prop: Property, of: str) -> tuple[Slot, ...]:
    index = _index("line" if of == _LINES else _TAXES)
    own = frozenset(("line", "item"))
    entries = []
    for parents, leaf in leaves(prop.children):
        if leaf.many and leaf.children:
            continue
        found: dict[str, float] = {}
        for at, label in enumerate(leaf.labels):
            words, sure = frozenset(label_words(label)), _BY_HINT if at else _BY_NAME
            _note(found, index.get(words, ()), sure)
            _note(found, index.get(words - own, ()), sure - _WITHOUT_TYPE)
        entries.append(((*(p.name for p in parents), leaf.name), leaf, found))
    return _chosen(entries)


def _kind_of_rows(prop: Property) -> str | None:
    """Return whether the objects of an array are lines of an invoice or its taxes by rate, by its labels or theirs."""
    for of in (_LINES, _TAXES):
        if _names(prop, of):
            return of
    return _LINES if len(_row_slots(prop, _LINES)) > _FEWEST else None


def _names(prop: Property, term: str) -> bool:
    return any(_is(label_words(label), term) for label in prop.labels)


def _is(words: Words, term: str) -> bool:
    return frozenset(words) in _labels()[term]


def _note(found: dict[str, float], terms: Sequence[str], sure: float) -> None:
    for term in terms:
        found[term] = max(sure, found.get(term, 0.0))


Entry = tuple[tuple[str, ...], Property, dict[str, float]]


def _chosen(entries: Sequence[Entry]) -> tuple[Slot, ...]:
    """Give each property the term that it surest means; two take the same one only if neither has another.

    Where several are as sure, the property with the least choice goes first, and of terms the first of `terms.tsv`.
    """
    terms = read_terms()
    order = {name: at for at, name in enumerate(terms)}
    fitting = {
        path: (leaf, {name: sure for name, sure in found.items() if _fits(leaf, terms[name].kind)})
        for path, leaf, found in entries
    }
    pairs = sorted(
        (-sure, len(found), order[name], path)
        for path, (_, found) in fitting.items()
        for name, sure in found.items()
    )
    names = list(terms)
    chosen: dict[tuple[str, ...], str] = {}
    for sharing in (False, True):
        for _, _, at, path in pairs:
            if path not in chosen and (sharing or names[at] not in chosen.values()):
                chosen[path] = names[at]
    return tuple(Slot(path, fitting[path][0], terms[name]) for path, name in sorted(chosen.items()))


def _fits(prop: Property, kind: str) -> bool:
    kinds = _OF_KIND.get(prop.kind, frozenset())
    if prop.kind is Kind.PERCENT and not prop.kind_stated:
        kinds = _FIGURES  # the `rate` of a line may be a price
    return kind in kinds


def _index(inside: str) -> dict[frozenset[str], list[str]]:
    """Return the terms by the words of their labels: of a group (`line`, `taxes`), of a party, or of the header."""
    return _indexes()[inside]


@lru_cache(maxsize=1)
def _indexes() -> dict[str, dict[frozenset[str], list[str]]]:
    labels = _labels()
    indexes: dict[str, dict[frozenset[str], list[str]]] = {
        name: {} for name in ("", "line", "taxes", *_PARTIES)
    }

    def add(inside: str, words: frozenset[str], term: str) -> None:
        terms = indexes[inside].setdefault(words, [])
        if term not in terms:
            terms.append(term)

    for term in read_terms():
        group, _, part = term.rpartition(".")
        if term in _PARTIES or group in _PARTIES:
            party = group or term
            shared = labels[f"party.{part}" if group else "party"]
            for words in shared:
                add(party, words, term)
                for name in labels[party]:
                    add("", words | name, term)
            for words in labels.get(term, ()):
                add("", words, term)
            continue
        for words in labels[term]:
            add(group, words, term)
    # Without a word of whose it is, a tax number on an invoice is that of who issued it.
    for words in labels["party.tax_number"]:
        add("", words, "seller.tax_number")
    return indexes


@lru_cache(maxsize=1)
def _labels() -> dict[str, frozenset[frozenset[str]]]:
    found: dict[str, set[frozenset[str]]] = {}
    for term, _, labels in _rows("words.tsv"):
        found.setdefault(term, set()).update(
            frozenset(label_words(label)) for label in labels.split("; ")
        )
    return {term: frozenset(words) for term, words in found.items()}


@lru_cache(maxsize=1)
def read_terms() -> dict[str, Term]:
    """Return the terms by name, in the order of their table."""
    return {name: Term(name, kind, instead) for name, kind, _, instead in _rows("terms.tsv")}


@lru_cache(maxsize=1)
def read_meanings() -> dict[str, frozenset[Words]]:
    """Return what the codes of an invoice's type mean, as words of labels."""
    return {
        code: frozenset(label_words(meaning) for meaning in meanings.split("; "))
        for code, meanings in _rows("codes.tsv")
    }


def _rows(name: str) -> Iterator[list[str]]:
    table = files("extraction.rules.e_invoice").joinpath(name).read_text("utf-8")
    for line in table.splitlines()[1:]:
        yield line.split("\t")
