"""Object types: what to look for, parsed from JSON Schema by `extraction.schema.schemas`."""

from __future__ import annotations

import hashlib
import operator
from collections.abc import Iterator
from dataclasses import dataclass

from extraction.labels.words import tokens
from extraction.schema.kinds import Kind

_TEXT_NAMES = (
    "text statement task description action decision requirement summary content title detail details subject "
    "question name item product service activity milestone deliverable"
).split()
_IDENTITY_NAMES = ("id", "identifier", "number", "name", "full_name", "code", "sku")

# What a number is to be beside its bounds, in their order.
_BOUNDS = (
    ("at least", operator.ge),
    ("at most", operator.le),
    ("more than", operator.gt),
    ("less than", operator.lt),
)

Scalar = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Property:
    """One leaf, array or nested object of a type.

    `kind` is a guess from names unless `kind_stated`. `children` are the properties of an
    object, or of the objects of an array. `many` is true of arrays.
    """

    name: str
    json_type: str
    kind: Kind
    kind_stated: bool
    labels: tuple[str, ...]
    required: bool = False
    many: bool = False
    children: tuple[Property, ...] = ()
    enum: tuple[Scalar, ...] = ()
    pattern: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: float | None = None
    exclusive_maximum: float | None = None
    min_length: int = 0
    max_length: int | None = None
    takes_text: bool = False
    in_running_text: bool = True
    description: str = ""

    def broken_bound(self, value: float) -> str | None:
        """Return what a number must be and is not, such as `at least 1`; None if it keeps to every bound."""
        bounds = (self.minimum, self.maximum, self.exclusive_minimum, self.exclusive_maximum)
        for bound, (words, holds) in zip(bounds, _BOUNDS, strict=True):
            if bound is not None and not holds(value, bound):
                return f"{words} {bound:g}"
        return None


@dataclass(frozen=True, slots=True)
class ObjectType:
    """A type to look for. `schema` is its canonical JSON, the part of a plan's digest.

    Properties are sorted by name: key order does not survive storage, so it means nothing.
    """

    name: str
    labels: tuple[str, ...]
    properties: tuple[Property, ...]
    schema: str
    occurs: str | None = None
    cues: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    belongs_to: str | None = None
    description: str = ""

    @property
    def digest(self) -> str:
        """SHA-256, in hex, of name and schema."""
        return hashlib.sha256(f"{self.name}\n{self.schema}".encode()).hexdigest()

    @property
    def text_property(self) -> Property | None:
        """The property that takes a whole sentence or entry, if the type has one."""
        return text_of(self.properties, frozenset(tokens(self.name)))

    @property
    def identity(self) -> Property | None:
        """The property by which other objects refer to one of this type."""
        return identity_of(self.properties, frozenset(tokens(self.name)))


def text_of(properties: tuple[Property, ...], own: frozenset[str]) -> Property | None:
    """Return the property that takes a whole sentence or entry; `own` are the words of what has the properties."""
    plain = [p for p in properties if p.json_type == "string" and not p.many]
    free = [p for p in plain if p.kind is Kind.TEXT]
    stated = [p for p in plain if p.takes_text] or [p for p in free if set(tokens(p.name)) == own]
    named = (p for name in _TEXT_NAMES for p in free if _is_called(p, name))
    return next(iter(stated), None) or next(named, None)


def _is_called(prop: Property, name: str) -> bool:
    """Tell a property by its name or, in another language, by what that means: `Bezeichnung` is a description."""
    return prop.name.casefold() == name or tokens(prop.name) == (name,)


def identity_of(properties: tuple[Property, ...], own: frozenset[str]) -> Property | None:
    """Return the property by which one object is told from another."""
    plain = [p for p in properties if p.json_type == "string" and not p.many]
    named = (p for name in _IDENTITY_NAMES for p in plain if _is_called(p, name))
    numbered = (p for p in plain if set(tokens(p.name)) in (own | {"number"}, own | {"name"}))
    return next(named, None) or next(numbered, None)


def leaves(properties: tuple[Property, ...]) -> Iterator[tuple[tuple[Property, ...], Property]]:
    """Yield every leaf with its ancestors that are plain objects; arrays of objects are leaves."""
    for prop in properties:
        if prop.children and not prop.many:
            for parents, leaf in leaves(prop.children):
                yield (prop, *parents), leaf
        else:
            yield (), prop
