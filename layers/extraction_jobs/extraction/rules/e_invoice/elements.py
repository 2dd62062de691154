"""The elements of an XML document, read back from the lines that `extraction.readers.xml_text` makes of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from extraction.readers.xml_text import INDENT

_LINE = re.compile(
    r"^(?P<indent> *)(?P<name>[^\s:()]+)(?: \((?P<attributes>[^()\n]*)\))?(?::(?: (?P<value>[^\n]*))?)?$",
    re.MULTILINE,
)
_ATTRIBUTE = re.compile(r"(?P<name>[^\s=,]+)=(?P<value>[^,=]*)")
_STEP = re.compile(r"(?P<names>[^\[\]/]+)(?:\[(?P<test>[^=\]]+)=(?P<wanted>[^\]]+)\])?")


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of the document's text, and the element (or attribute) whose value it is."""

    start: int
    end: int
    element: str


@dataclass(slots=True)
class Element:
    """An element, with the stretch of text that is its value (empty without one).

    `attributes` are their values' stretches. `children` are in order under each name. `path` leads from the root to
    the element, by names; those with siblings of their name are numbered from 1: `Invoice/InvoiceLine[2]/ID`.
    """

    start: int
    end: int
    attributes: dict[str, tuple[int, int]] = field(default_factory=dict)
    children: dict[str, list[Element]] = field(default_factory=dict)
    path: str = ""


def read_elements(text: str, start: int) -> Element:
    """Return an element that holds the root elements of a text from a place on, with all that is in them."""
    document = Element(start, start)
    open_elements = [document]
    for match in _LINE.finditer(text, start):
        depth = len(match["indent"]) // len(INDENT)
        del open_elements[depth + 1 :]
        at = match.span("value") if match["value"] else (match.end(), match.end())
        element = Element(*at)
        if match["attributes"]:
            offset = match.start("attributes")
            for said in _ATTRIBUTE.finditer(match["attributes"]):
                first, last = said.span("value")
                element.attributes[said["name"]] = (offset + first, offset + last)
        open_elements[-1].children.setdefault(match["name"], []).append(element)
        open_elements.append(element)
    for element in all_elements(document):
        above = f"{element.path}/" if element.path else ""
        for name, children in element.children.items():
            for number, child in enumerate(children, 1):
                child.path = above + name + (f"[{number}]" if len(children) > 1 else "")
    return document


def all_elements(element: Element) -> Iterator[Element]:
    """Yield an element and all that is in it, each before what is in it."""
    waiting = [element]
    while waiting:
        current = waiting.pop()
        yield current
        for children in current.children.values():
            waiting += children


def places_at(text: str, element: Element, path: str) -> list[Place]:
    """Return the places of the values at a path below an element, in order; `/@name` ends it at an attribute."""
    steps, _, attribute = path.partition("/@")
    found = elements_at(text, element, steps)
    if attribute:
        return [
            Place(*e.attributes[attribute], f"{e.path}/@{attribute}")
            for e in found
            if attribute in e.attributes
        ]
    return [Place(e.start, e.end, e.path) for e in found if e.end > e.start]


def elements_at(text: str, element: Element, path: str) -> list[Element]:
    """Return the elements at a path below an element.

    A step is a name, or names separated by `|`, and may go on with a test of a child or an attribute that the element
    has: `PartyTaxScheme[TaxScheme/ID=VAT]`, `ID[@schemeID=VA]`.
    """
    found = [element]
    for names, test, wanted in _steps(path):
        found = [
            child
            for parent in found
            for name in names
            for child in parent.children.get(name, ())
            if not test or _passes(text, child, test, wanted)
        ]
    return found


@lru_cache(maxsize=1024)
def _steps(path: str) -> tuple[tuple[tuple[str, ...], str, str], ...]:
    return tuple(
        (tuple(step["names"].split("|")), step["test"] or "", step["wanted"] or "")
        for step in _STEP.finditer(path)
    )


def _passes(text: str, element: Element, test: str, wanted: str) -> bool:
    if test.startswith("@"):
        start, end = element.attributes.get(test[1:], (0, 0))
        return text[start:end] == wanted
    return any(text[place.start : place.end] == wanted for place in places_at(text, element, test))
