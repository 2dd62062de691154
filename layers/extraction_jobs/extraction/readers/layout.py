"""Words on a page to lines of text: what stands in columns stays in columns, prose flows.

Lines are words on one base. A gap in a line that sets columns apart is wider than a space of the
line, or was made without a space in the PDF, or has such gaps above or below it. Text that runs
in columns of its own (articles, a side bar) is told from rows by its full lines, or by lines that
stand beside each other on different bases; it is read column after column.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from extraction.readers.pdf_words import Word

# All in sizes of the letters around.
_SAME_LINE = 0.35
_WIDE_GAP = 1.3
_WIDEST_SPACE = 2.5  # that justifying a line makes
_SPACE = 0.28
_ENOUGH_SPACES = 4
_ONE_WIDTH = 0.1
_LETTERS_APART = 1.0
_FEWEST_LETTERS = 3
_JUSTIFIED = 6  # gaps, and more
_ALIKE = 0.15
_SET_GAP = 0.45  # without a space in the PDF, in a PDF that has spaces
_WEAK_GAP = 0.6
_SHARED_GAP = 0.4
_LEAST_GAP = 0.15
_LITTLE = 0.06
_NO_GAP = 0.08
_LONGER_THAN_SPACE = 1.7  # times
_MARK = re.compile(
    r"[-*•‣◦▪●·–—+o□☐☑☒✓✔]|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)]|\d{1,3}(?:\.\d{1,3}){1,4}\.?"
)
_MARK_GAP = 4.0
_SAME_PLACE = 0.8  # points
_EXACT = 0.01
_LEADING = 1.2  # sizes
_LOOSEST = 3.0
_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")


class Segment(NamedTuple):
    """Words of a line that stand together."""

    text: str
    left: float
    right: float
    words: int


@dataclass(slots=True)
class Line:
    """A line: its base downwards, its letters' size, and its segments from left to right."""

    base: float
    size: float
    words: list[Word]
    segments: list[Segment] = field(default_factory=list)
    foot: float = float("-inf")  # the base of the last line, where several were made one
    leading: float = 0.0  # of the lines around, in sizes

    def __post_init__(self) -> None:
        """Take a line for one that is not made of several."""
        self.foot = max(self.foot, self.base)

    @property
    def left(self) -> float:
        """Return where the line begins."""
        return self.segments[0].left

    @property
    def right(self) -> float:
        """Return where the line ends."""
        return self.segments[-1].right


def lines_of(words: Sequence[Word]) -> list[Line]:
    """Gather words into lines, from top to bottom, and split those into segments."""
    lines: list[Line] = []
    for word in sorted(words, key=lambda word: word.base):
        line = lines[-1] if lines else None
        if line is not None and word.base - line.base <= _SAME_LINE * max(line.size, word.size):
            line.words.append(word)
            if word.size > line.size:
                line.size = word.size
        else:
            lines.append(Line(word.base, word.size, [word]))
    for line in lines:
        line.words = _without_letter_spacing(sorted(line.words, key=lambda word: word.left))
    _split(lines)
    leading = leading_of(lines)
    for line in lines:
        line.leading = leading
    return lines


def _without_letter_spacing(words: list[Word]) -> list[Word]:
    """Join the letters of words that are set w i d e; PDFium takes them for words."""
    result: list[Word] = []
    run: list[Word] = []
    for word in [*words, None]:
        if word is not None and len(word.text) <= 2 and word.text.isalpha():  # two: kerned together
            if not run or (
                not word.spaced and word.left - run[-1].right < _LETTERS_APART * word.size
            ):
                run.append(word)
                continue
            result += _spelled(run)
            run = [word]
            continue
        result += _spelled(run)
        run = []
        if word is not None:
            result.append(word)
    return result


def _spelled(run: list[Word]) -> list[Word]:
    if len(run) < _FEWEST_LETTERS:
        return run
    gaps = sorted(after.left - before.right for before, after in pairwise(run))
    most = gaps[len(gaps) // 2] + _ALIKE * run[0].size
    result = [run[0]]
    for before, word in pairwise(run):
        if word.left - before.right > most:
            result.append(word._replace(spaced=True))  # wide as the letters, and no column
        else:
            last = result[-1]
            result[-1] = last._replace(text=last.text + word.text, right=word.right)
    return result


class _Gap(NamedTuple):
    left: float
    right: float
    word: int  # the number of the word behind it


def _split(lines: Sequence[Line]) -> None:
    """Find in each line the gaps that set its words apart."""
    gaps = [_gaps(line) for line in lines]
    least = _least_gap(lines, gaps)
    has_spaces = least is not None
    for number, line in enumerate(lines):
        if _is_justified(line, gaps[number]):
            line.segments = _segments(line, [])
            continue
        around = gaps[max(0, number - 2) : number + 3]
        usual = _usual(line, gaps[number], has_spaces)
        cuts = [
            gap.word for gap in gaps[number] if _sets_apart(line, gap, usual, around, has_spaces)
        ]
        line.segments = _segments(line, cuts)
    if least is not None:
        for number, line in enumerate(lines):
            _cut_where_others_begin(line, lines[max(0, number - 3) : number + 4], least)


def _least_gap(lines: Sequence[Line], gaps: Sequence[Sequence[_Gap]]) -> float | None:
    """Return from which width on a gap without a space may be no space; None if it cannot be told.

    It can where the PDF holds its spaces, and where all are of one width.
    """
    narrow = [
        ((gap.right - gap.left) / line.size, line.words[gap.word].spaced)
        for line, of_line in zip(lines, gaps, strict=True)
        for gap in of_line
        if gap.right - gap.left < _SET_GAP * line.size
    ]
    widths = sorted(width for width, spaced in narrow if not spaced and width > _NO_GAP)
    if len(widths) >= _ENOUGH_SPACES:
        widest = widths[len(widths) * 9 // 10]
        if widest - widths[len(widths) // 10] < _ONE_WIDTH:
            return widest + _LITTLE
    if 2 * sum(spaced for _, spaced in narrow) > len(narrow):
        return _SPACE if len(widths) >= _ENOUGH_SPACES else _LEAST_GAP
    return None


def _is_justified(line: Line, gaps: Sequence[_Gap]) -> bool:
    """Tell a line whose spaces were all widened alike, to fill it."""
    if len(gaps) < _JUSTIFIED:
        return False
    widths = [gap.right - gap.left for gap in gaps]
    return max(widths) < _WIDE_GAP * line.size and max(widths) - min(widths) < _ALIKE * line.size


def _sets_apart(
    line: Line, gap: _Gap, usual: float, around: Sequence[Sequence[_Gap]], has_spaces: bool
) -> bool:
    width = (gap.right - gap.left) / line.size
    wider = width > _LONGER_THAN_SPACE * usual
    if width >= _WIDEST_SPACE or (width >= _WIDE_GAP and wider):
        return True
    if has_spaces:
        return width >= _SET_GAP and not line.words[gap.word].spaced
    return width >= _WEAK_GAP and wider and _shared(gap, line.size, around)


def _cut_where_others_begin(line: Line, around: Sequence[Line], least: float) -> None:
    """Set apart words with hardly room between them, if a column begins or ends there on lines around."""
    cuts = []
    gaps = _gaps(line)
    if _is_justified(line, gaps):
        return
    for gap in gaps:
        if _is_cut(line, gap):
            cuts.append(gap.word)
            continue
        if gap.right - gap.left < least * line.size or line.words[gap.word].spaced:
            continue
        others = [other for other in around if other is not line and len(other.segments) > 1]
        begins = any(
            abs(segment.left - gap.right) < _SAME_PLACE
            for other in others
            for segment in other.segments[1:]
        )
        if begins:
            cuts.append(gap.word)
            continue
        ends = any(
            abs(segment.right - gap.left) < _SAME_PLACE
            for other in others
            for segment in other.segments[:-1]
        )
        flush = gap is gaps[-1] and any(
            abs(other.right - line.segments[-1].right) < _SAME_PLACE for other in others
        )
        if ends or flush:
            cuts.append(gap.word)
    line.segments = _segments(line, cuts)


def _is_cut(line: Line, gap: _Gap) -> bool:
    return any(abs(segment.left - gap.right) < _EXACT for segment in line.segments[1:])


def _gaps(line: Line) -> list[_Gap]:
    found = []
    end = line.words[0].right
    for number, word in enumerate(line.words[1:], 1):
        if word.left > end:
            found.append(_Gap(end, word.left, number))
        end = max(end, word.right)
    return found


def _usual(line: Line, gaps: Sequence[_Gap], has_spaces: bool) -> float:
    """Return the width of a line's spaces, as far as it has enough of them to tell."""
    most = _WIDEST_SPACE if has_spaces else _WIDE_GAP
    widths = sorted((gap.right - gap.left) / line.size for gap in gaps)
    widths = [width for width in widths if width < most]
    return widths[(len(widths) - 1) // 2] if len(widths) >= _ENOUGH_SPACES else _SPACE


def _shared(gap: _Gap, size: float, around: Sequence[Sequence[_Gap]]) -> bool:
    """Tell a gap that goes on in at least two of the lines around its own, which is among them."""
    least = _SHARED_GAP * size
    return (
        sum(
            any(min(gap.right, g.right) - max(gap.left, g.left) >= least for g in gaps)
            for gaps in around
        )
        > 2
    )


def _segments(line: Line, cuts: Sequence[int]) -> list[Segment]:
    bounds = [0, *cuts, len(line.words)]
    parts = [line.words[a:b] for a, b in pairwise(bounds)]
    if (
        len(parts) == 2
        and len(parts[0]) == 1
        and _MARK.fullmatch(parts[0][0].text)
        and parts[1][0].left - parts[0][0].right < _MARK_GAP * line.size
    ):
        parts = [line.words]
    return [_segment(part) for part in parts]


def _segment(words: Sequence[Word]) -> Segment:
    texts = [word.text for word in words]
    if 2 * sum(bool(_RIGHT_TO_LEFT.search(text)) for text in texts) > len(texts):
        text = " ".join(reversed(texts))
    else:
        text = texts[0]
        for before, word in pairwise(words):
            joined = not word.spaced and word.left - before.right < _NO_GAP * word.size
            text += word.text if joined else " " + word.text
    return Segment(text, words[0].left, max(word.right for word in words), len(words))


def leading_of(lines: Sequence[Line]) -> float:
    """Return how far the lines of a paragraph are apart, in sizes: most others are further."""
    steps = sorted(
        (below.base - above.base) / min(above.size, below.size)
        for above, below in pairwise(lines)
        if below.base > above.base
    )
    steps = [step for step in steps if _SAME_LINE < step < _LOOSEST]
    return steps[len(steps) * 3 // 10] if steps else _LEADING
