"""Words on a page to lines of text: what stands in columns stays in columns, prose flows.

Lines are words on one base. A gap in a line that sets columns apart is wider than a space of the
line, or was made without a space in the PDF, or ends where a column begins above or below. Which
columns are read one after the other is found out before (`reading_order`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

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
_NO_GAP = 0.08
_LONGER_THAN_SPACE = 1.7  # times
_MARK = re.compile(
    r"[-*•‣◦▪●·–—+o□☐☑☒✓✔]|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)]|\d{1,3}(?:\.\d{1,3}){1,4}\.?"
)
_MARK_GAP = 4.0
_SAME_PLACE = 0.8  # points
_AROUND = 3  # lines above and below, whose columns tell a doubtful gap
_LEADING = 1.2  # sizes
_LOOSEST = 3.0
_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")


class Word(NamedTuple):
    """A word on a page whose text runs from left to right and downwards.

    `spaced` tells whether the PDF holds a space before it; otherwise it was only set further on.
    `confidence` (0..1) is of the OCR that read it.
    """

    text: str
    left: float
    right: float
    base: float
    size: float
    spaced: bool
    confidence: float = 1.0


class Segment(NamedTuple):
    """Words of a line, which has that base, that stand together; `words` in the order in which `text` has them."""

    text: str
    left: float
    right: float
    base: float
    words: Sequence[Word]


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


def _without_letter_spacing(words: Sequence[Word]) -> list[Word]:
    """Join the letters of words that are set w i d e; PDFium takes them for words."""
    runs: list[list[Word]] = []
    for word in words:
        last = runs[-1][-1] if runs else word
        near = not word.spaced and word.left - last.right < _LETTERS_APART * word.size
        if near and word is not last and _is_letter(word) and _is_letter(last):
            runs[-1].append(word)
        else:
            runs.append([word])
    return [word for run in runs for word in (run if len(run) < _FEWEST_LETTERS else _spelled(run))]


def _is_letter(word: Word) -> bool:
    return len(word.text) <= 2 and word.text.isalpha()  # two: kerned together


def _spelled(run: list[Word]) -> list[Word]:
    gaps = sorted(after.left - before.right for before, after in pairwise(run))
    most = gaps[len(gaps) // 2] + _ALIKE * run[0].size
    result = [run[0]]
    for before, word in pairwise(run):
        if word.left - before.right > most:
            result.append(word._replace(spaced=True))  # wide as the letters, and no column
        else:
            text = result[-1].text + word.text
            least = min(result[-1].confidence, word.confidence)
            result[-1] = result[-1]._replace(text=text, right=word.right, confidence=least)
    return result


class _Gap(NamedTuple):
    width: float  # in sizes of the line
    right: float
    word: int  # the number of the word behind it


def _split(lines: Sequence[Line]) -> None:
    """Find in each line the gaps that set its words apart."""
    gaps = [_gaps(line) for line in lines]
    has_spaces = _tells_spaces(lines, gaps)
    cuts: list[list[int]] = []
    doubtful: list[list[_Gap]] = []
    for line, of_line in zip(lines, gaps, strict=True):
        usual = _usual(of_line, has_spaces)
        wide = [] if _is_justified(of_line) else of_line
        cuts.append([gap.word for gap in wide if _sets_apart(line, gap, usual, has_spaces)])
        line.segments = _segments(line, cuts[-1])
        least = max(_WEAK_GAP, _LONGER_THAN_SPACE * usual)
        doubtful.append([] if has_spaces else [gap for gap in wide if gap.width >= least])
    for number, line in enumerate(lines):
        around = lines[max(0, number - _AROUND) : number + _AROUND + 1]
        starts = [s.left for other in around if other is not line for s in other.segments[1:]]
        told = {
            gap.word
            for gap in doubtful[number]
            if any(abs(gap.right - start) < _SAME_PLACE for start in starts)
        }
        if told:
            line.segments = _segments(line, sorted(told.union(cuts[number])))


def _tells_spaces(lines: Sequence[Line], gaps: Sequence[Sequence[_Gap]]) -> bool:
    """Tell a page that holds its spaces, or has them all of one width: other gaps set words apart."""
    narrow = [
        (gap.width, line.words[gap.word].spaced)
        for line, of_line in zip(lines, gaps, strict=True)
        for gap in of_line
        if gap.width < _SET_GAP
    ]
    widths = sorted(width for width, spaced in narrow if not spaced and width > _NO_GAP)
    if len(widths) >= _ENOUGH_SPACES:
        least, most = widths[len(widths) // 10], widths[len(widths) * 9 // 10]
        if most - least < _ONE_WIDTH:
            return True
    return 2 * sum(spaced for _, spaced in narrow) > len(narrow)


def _is_justified(gaps: Sequence[_Gap]) -> bool:
    """Tell a line whose spaces were all widened alike, to fill it."""
    widths = [gap.width for gap in gaps]
    return (
        len(gaps) >= _JUSTIFIED and max(widths) < _WIDE_GAP and max(widths) - min(widths) < _ALIKE
    )


def _sets_apart(line: Line, gap: _Gap, usual: float, has_spaces: bool) -> bool:
    if gap.width >= _WIDEST_SPACE or gap.width >= max(_WIDE_GAP, _LONGER_THAN_SPACE * usual):
        return True
    return has_spaces and gap.width >= _SET_GAP and not line.words[gap.word].spaced


def _gaps(line: Line) -> list[_Gap]:
    found = []
    end = line.words[0].right
    for number, word in enumerate(line.words[1:], 1):
        if word.left > end:
            found.append(_Gap((word.left - end) / line.size, word.left, number))
        end = max(end, word.right)
    return found


def _usual(gaps: Sequence[_Gap], has_spaces: bool) -> float:
    """Return the width of a line's spaces, as far as it has enough of them to tell."""
    most = _WIDEST_SPACE if has_spaces else _WIDE_GAP
    widths = sorted(gap.width for gap in gaps if gap.width < most)
    return widths[(len(widths) - 1) // 2] if len(widths) >= _ENOUGH_SPACES else _SPACE


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
    return [_segment(part, line.base) for part in parts]


def _segment(words: Sequence[Word], base: float) -> Segment:
    left, texts = words[0].left, [word.text for word in words]
    if 2 * sum(bool(_RIGHT_TO_LEFT.search(text)) for text in texts) > len(texts):
        words = words[::-1]
        text = " ".join(reversed(texts))
    else:
        text = texts[0]
        for before, word in pairwise(words):
            joined = not word.spaced and word.left - before.right < _NO_GAP * word.size
            text += word.text if joined else " " + word.text
    return Segment(text, left, max(word.right for word in words), base, words)


def leading_of(lines: Sequence[Line]) -> float:
    """Return how far the lines of a paragraph are apart, in sizes: most others are further."""
    steps = sorted(
        (below.base - above.base) / min(above.size, below.size)
        for above, below in pairwise(lines)
        if below.base > above.base
    )
    steps = [step for step in steps if _SAME_LINE < step < _LOOSEST]
    return steps[len(steps) * 3 // 10] if steps else _LEADING
