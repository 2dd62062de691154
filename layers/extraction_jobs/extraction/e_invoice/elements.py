"""The elements of an XML document, read back from the lines that `extraction.reading.xml_text` makes of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from extraction.reading.xml_text import INDENT

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
    """An element: its own value as a place (empty without one), its attributes' places, its children in order."""

    name: str
    value: Place
    attributes: dict[str, Place] = field(default_factory=dict)
    children: list[Element] = field(default_factory=list)


def read_elements(text: str, start: int) -> list[Element]:
    """Return the root elements of a text from a place on, with all that is in them."""
    document = Element("", Place(start, start, ""))
    open_elements = [document]
    for match in _LINE.finditer(text, start):
        depth = len(match["indent"]) // len(INDENT)
        del open_elements[depth + 1 :]
        at = match.span("value") if match["value"] else (match.end(), match.end())
        element = Element(match["name"], Place(*at, ""))
        for said in _ATTRIBUTE.finditer(match["attributes"] or ""):
            offset = match.start("attributes")
            element.attributes[said["name"]] = Place(
                offset + said.start("value"), offset + said.end("value"), ""
            )
        open_elements[-1].children.append(element)
        open_elements.append(element)
    for element in all_elements([document]):
        _name_children(element)
    return document.children


def all_elements(elements: list[Element]) -> Iterator[Element]:
    """Yield elements with all that is in them."""
    waiting = list(reversed(elements))
    while waiting:
        element = waiting.pop()
        yield element
        waiting += reversed(element.children)


def _name_children(element: Element) -> None:
    """Give the children their paths: `Invoice/ID`, and with numbers those that have siblings of their name."""
    counts = Counter(child.name for child in element.children)
    seen: Counter[str] = Counter()
    for child in element.children:
        seen[child.name] += 1
        number = f"[{seen[child.name]}]" if counts[child.name] > 1 else ""
        path = f"{element.value.element}/{child.name}{number}".removeprefix("/")
        child.value = replace(child.value, element=path)
        for name, place in child.attributes.items():
            child.attributes[name] = replace(place, element=f"{path}/@{name}")


def places_at(text: str, element: Element, path: str) -> list[Place]:
    """Return the places of the values at a path below an element, in order; `/@name` ends it at an attribute."""
    steps, _, attribute = path.partition("/@")
    found = elements_at(text, element, steps)
    if attribute:
        return [e.attributes[attribute] for e in found if attribute in e.attributes]
    return [e.value for e in found if e.value.end > e.value.start]


def elements_at(text: str, element: Element, path: str) -> list[Element]:
    """Return the elements at a path below an element.

    A step is a name, or names separated by `|`, and may go on with a test of a child or an attribute that the element
    has: `PartyTaxScheme[TaxScheme/ID=VAT]`, `ID[@schemeID=VA]`.
    """
    found = [element]
    for step in _STEP.finditer(path):
        names = step["names"].split("|")
        found = [
            child
            for parent in found
            for child in parent.children
            if child.name in names and _passes(text, child, step["test"], step["wanted"])
        ]
    return found


def _passes(text: str, element: Element, test: str | None, wanted: str | None) -> bool:
    if test is None:
        return True
    places = (
        [element.attributes[test[1:]]]
        if test[0] == "@" and test[1:] in element.attributes
        else places_at(text, element, test)
        if test[0] != "@"
        else []
    )
    return any(text[place.start : place.end] == wanted for place in places)


def renamed(element: Element, names: dict[str, str]) -> Element:
    """Return an element whose descendants go by other names; their places name them as the document does."""
    children = [renamed(child, names) for child in element.children]
    return replace(element, name=names.get(element.name, element.name), children=children)
