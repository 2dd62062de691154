"""What an invoice says, whatever the syntax of its XML: terms with their values.

Terms are named in `terms.tsv`, each with its number in EN 16931 (BT-1 and so on).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from extraction.rules.e_invoice.elements import Element, Place, elements_at, places_at


@dataclass(frozen=True, slots=True)
class Said:
    """A value as the XML has it, and the places that it was taken from; several if it was put together."""

    value: str
    places: tuple[Place, ...]


Group = dict[str, list[Said]]  # values by term


@dataclass(slots=True)
class EInvoice:
    """One invoice. `lines` and `taxes` are its repeated groups: line items, and the sums per tax rate."""

    header: Group
    lines: list[Group] = field(default_factory=list)
    taxes: list[Group] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Joined:
    """A value made of several elements: the first value of each path that has one, with a mark between them."""

    paths: tuple[str, ...]
    between: str = " "


# Where a term's value is: the first of these that is there counts.
Paths = Mapping[str, tuple[str | Joined, ...]]


def group_at(text: str, element: Element, paths: Paths) -> Group:
    """Return the values of all terms below an element."""
    group: Group = {}
    for term, ways in paths.items():
        found = next((said for way in ways if (said := list(_said(text, element, way)))), [])
        if found:
            group[term] = found
    return group


def groups_at(text: str, element: Element, path: str, paths: Paths) -> list[Group]:
    """Return the groups of terms below each element at a path; empty ones are left out."""
    found = (group_at(text, each, paths) for each in elements_at(text, element, path))
    return [group for group in found if group]


def _said(text: str, element: Element, way: str | Joined) -> Iterator[Said]:
    if isinstance(way, str):
        for place in places_at(text, element, way):
            yield Said(text[place.start : place.end], (place,))
        return
    first = [found[0] for path in way.paths if (found := places_at(text, element, path))]
    if first:
        yield Said(way.between.join(text[p.start : p.end] for p in first), tuple(first))


def decimal_of(value: str) -> Decimal | None:
    """Return an amount as XML writes it (a point before the decimals, nothing between thousands), or None."""
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) <= _MOST_DIGITS else None


_MOST_DIGITS = 15  # before or behind the point: more is no amount, and no float holds it


def sum_of(groups: list[Group], term: str) -> list[Said]:
    """Return the sum of a term over all groups, as one value; nothing if a group lacks it."""
    found = [said for group in groups for said in group.get(term, ())[:1]]
    amounts = [decimal_of(said.value) for said in found]
    if not found or len(found) < len(groups) or None in amounts:
        return []
    total = sum((amount for amount in amounts if amount is not None), Decimal(0))
    return [Said(str(total), tuple(place for said in found for place in said.places))]
