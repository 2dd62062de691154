"""From a value as XML has it to the value of a requested property, and to its place in an object."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from extraction.labels.labels import label_words
from extraction.records.evidence import Tree, is_proof
from extraction.rules.e_invoice.invoices import Said, decimal_of
from extraction.rules.e_invoice.matching import Slot, read_meanings
from extraction.schema.kinds import Kind
from extraction.schema.object_types import Property
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
