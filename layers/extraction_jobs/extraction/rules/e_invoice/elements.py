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
