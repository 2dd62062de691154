"""Headers and footers that a document repeats on its pages: each stays once, page numbers go.

They would stand in the midst of sentences and tables that go on on the next page. So a header
stays on the first page that has it, and a footer on the last.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from extraction.readers.layout import Line

_FEWEST_PAGES = 2
_SHARE = 0.5  # of the pages, and more, must have the line
_MARGIN = 0.14  # of the page's height, from its top or bottom
_MOST_LINES = 5  # of a page, from its top or bottom
_APART = 1.5  # leadings between the body and what stands in a margin
_SAME_HEIGHT = 6.0  # points
_PAGE_NUMBER = re.compile(
    r"(?:(?P<name>page|p\.|pg\.?|seite|s\.|page\s+n°|p[aá]gina|pag\.|side|sida|strona|blatt|sheet)\s*)?"
    r"[-–—|(\[]?\s*(?P<number>\d{1,4}|[ivx]{1,5})\s*(?P<total>(?:/|of|von|sur|de|di|av|z)\s*\d{1,4})?\s*[-–—|)\]]?",
    re.IGNORECASE,
)
_NAMED_NUMBER = re.compile(
    r"\b(page|p\.|pg\.?|seite|página|pagina|pag\.|blatt|sheet)\s*(\d{1,4})\b", re.IGNORECASE
)
_COUNTS = "\0"  # before what counts pages


class Page(NamedTuple):
    """The regions of a page, to be read one after the other, and where it begins and ends."""

    regions: list[list[Line]]
    top: float
    bottom: float


def without_running_lines(pages: Sequence[Page]) -> list[list[list[Line]]]:
    """Return the pages' regions without what they repeat."""
    places: dict[tuple[object, ...], dict[int, Line]] = defaultdict(dict)
    for number, page in enumerate(pages):
        for line, from_edge in _marginal(page):
            # Where it stands and what it says, with pages counted from the one that it stands on.
            said = (_said(segment.text, number) for segment in line.segments)
            looks = from_edge >= 0, round(from_edge / _SAME_HEIGHT), *said
            places[looks][number] = line
    dropped: set[int] = set()
    for looks, on_pages in places.items():
        if len(on_pages) >= _FEWEST_PAGES and len(on_pages) > _SHARE * len(pages):
            kept = _kept(looks, on_pages)
            dropped |= {id(line) for number, line in on_pages.items() if number != kept}
    return [
        [[line for line in region if id(line) not in dropped] for region in page.regions]
        for page in pages
    ]


def _kept(looks: tuple[object, ...], pages: Iterable[int]) -> int | None:
    """Return on which page a line stays; None for one that only counts the pages."""
    is_header, _, *said = looks
    if all(str(part).startswith(_COUNTS) for part in said):
        return None
    return min(pages) if is_header else max(pages)


def _marginal(page: Page) -> list[tuple[Line, float]]:
    """Return the lines that stand in a page's margins, apart from its body, and how far from the edge."""
    regions, top, bottom = page
    lines = sorted((line for region in regions for line in region), key=lambda line: line.base)
    margin = _MARGIN * (bottom - top)
    apart = _APART * max((line.leading for line in lines), default=0.0)
    gaps = [
        number
        for number in range(1, len(lines))
        if lines[number].base - lines[number - 1].foot > apart * lines[number].size
    ]
    head = max((n for n in gaps if lines[n - 1].base - top <= margin), default=0)
    foot = min((n for n in gaps if bottom - lines[n].base <= margin), default=len(lines))
    return [(line, line.base - top) for line in lines[:head][:_MOST_LINES]] + [
        (line, line.base - bottom) for line in lines[max(head, foot) :][-_MOST_LINES:]
    ]


def _said(text: str, page: int) -> str:
    match = _PAGE_NUMBER.fullmatch(text)
    if match is None:
        # A page number that is named as one inside a line: `Report 17 - page 3 of 9`.
        return _NAMED_NUMBER.sub(lambda found: f"{found[1]}{int(found[2]) - page}", text)
    number = match["number"]
    counted = str(int(number) - page) if number.isdigit() else "roman"
    return f"{_COUNTS}{match['name']}{match['total']}{counted}"
