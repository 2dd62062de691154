"""Lines of segments to lines of characters: what stands in one column on the page does so in the text.

Each place on the page where a segment begins or ends gets a character column. Columns grow with
the place, and are far enough apart for every segment that lies between them; so the cells of a
column line up on all lines, however wide their letters are.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from extraction.document.typed import TypedText
from extraction.readers.layout import Line, Segment
from extraction.readers.text_builder import plain

_GOES_ON = frozenset(",-–")
_GAP = 2  # spaces that set columns apart
_SAME_PLACE = 1.5  # points
_PARAGRAPH = 1.4  # of the usual leading
_LEAST_LEADING = 1.1
_GROUP_APART = 2.9
_ROW = 3  # segments
_WIDEST = 400  # characters of a line up to its last column


def text_of_page(page: Sequence[Sequence[Line]]) -> TypedText:
    """Return the text of a page, given its regions, which are read one after the other."""
    return plain(_joined(["\n".join(_text_of(region)) for region in page if region]))


def _joined(texts: list[str]) -> str:
    """Join what is read one after the other; a sentence that goes on gets no blank line."""
    result = ""
    for text in texts:
        goes_on = result[-1:].isalnum() or result[-1:] in _GOES_ON
        result += ("\n" if goes_on and text[:1].islower() else "\n\n") + text if result else text
    return result


def _text_of(lines: Sequence[Line]) -> list[str]:
    """Return the lines' text, with blank lines where the page leaves room."""
    result: list[str] = []
    for block in _blocks(lines):
        result += [""] if result else []
        if all(len(line.segments) == 1 for line in block):
            result += [line.segments[0].text for line in block]
        else:
            result += _table(block)
    return result


def _blocks(lines: Sequence[Line]) -> list[list[Line]]:
    """Split lines into paragraphs and tables, between which the page leaves room."""
    blocks = [[lines[0]]]
    for number in range(1, len(lines)):
        above, line = lines[number - 1], lines[number]
        step = (line.base - above.foot) / min(above.size, line.size)
        most = _PARAGRAPH * max(line.leading, _LEAST_LEADING)
        if len(above.segments) > 1 and _heads_rows(lines, number):
            most = max(most, _GROUP_APART)
        if step < 0 or step > most:
            blocks.append([line])
        else:
            blocks[-1].append(line)
    return blocks


def _heads_rows(lines: Sequence[Line], number: int) -> bool:
    below = lines[number + 1] if number + 1 < len(lines) else None
    if below is None or len(below.segments) < _ROW or len(lines[number - 1].segments) < _ROW:
        return False
    return below.base - lines[number].foot < _GROUP_APART * below.size


def _table(block: Sequence[Line]) -> list[str]:
    places = _Places(block)
    result: list[str] = []
    for line in block:
        text = ""
        for segment in line.segments:
            start = places.start_of(segment)
            if text:
                start = max(start, len(text) + _GAP)
            text = text.ljust(start) + segment.text
        result.append(text)
    return result


class _Places:
    """Character columns of the places where segments begin and end."""

    def __init__(self, block: Sequence[Line]) -> None:
        segments = [segment for line in block for segment in line.segments]
        self.origin = min(segment.left for segment in segments)
        widths = sorted((s.right - s.left) / max(len(s.text), 1) for s in segments)
        self.width = max(widths[len(widths) // 2], 1.0)
        self.sites = _merged([s.left for s in segments] + [s.right for s in segments])
        self.lefts = Counter(self.site(s.left) for s in segments)
        self.rights = Counter(self.site(s.right) for s in segments)
        self.columns = self._columns(block, segments)

    def site(self, place: float) -> int:
        return max(0, bisect_left(self.sites, place - _SAME_PLACE))

    def start_of(self, segment: Segment) -> int:
        left, right = self.site(segment.left), self.site(segment.right)
        if self.rights[right] > self.lefts[left]:
            return self.columns[right] - len(segment.text)
        return self.columns[left]

    def _columns(self, block: Sequence[Line], segments: Sequence[Segment]) -> list[int]:
        least: dict[int, list[tuple[int, int]]] = {}
        for segment in segments:
            end = self.site(segment.right)
            least.setdefault(end, []).append((self.site(segment.left), len(segment.text)))
        for line in block:
            for before, after in pairwise(line.segments):
                least.setdefault(self.site(after.left), []).append((self.site(before.right), _GAP))
        columns: list[int] = []
        for number, place in enumerate(self.sites):
            at = min(round((place - self.origin) / self.width), _WIDEST)
            if columns:
                at = max(at, columns[-1])
            for start, size in least.get(number, ()):
                if start < number:
                    at = max(at, columns[start] + size)
            columns.append(at)
        return columns


def _merged(places: Sequence[float]) -> list[float]:
    result: list[float] = []
    for place in sorted(places):
        if not result or place - result[-1] > _SAME_PLACE:
            result.append(place)
    return result
