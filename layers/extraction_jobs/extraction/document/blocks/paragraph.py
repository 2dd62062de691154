"""Running text: paragraphs and list items, with the pairs that their first lines state."""

from __future__ import annotations

import re

from extraction.document.blocks.block import Block, Place
from extraction.document.blocks.facts import (
    WRAPPED_FROM,
    below,
    block_under,
    first_named,
    has_own_figure,
    is_label,
    labels_above,
    tail_end,
    unmarked_pair,
)
from extraction.document.line import Line, Lines
from extraction.document.pairs import MAX_LABEL_CHARACTERS, trimmed
from extraction.document.structure import KEY_VALUE, LABEL_ABOVE, Entry, Fact, Span
from extraction.labels.word_lists import words_of

MAX_ENTRY = 4000  # code points: what one sentence search may have to look at

_SENTENCE_BREAK = re.compile(r"[.!?][\"')\]]{0,2}\s")
_MOST_LINES_TO_NAME = 4  # under what the named one is
_NAME_LABELS = words_of("name_label")
_NUMBER = re.compile(r"[A-Z]{0,4}-?\d{4,16}(?:[ ]{1,2}\([A-Z]{2,6}\))?")
_SEVERAL = 2  # pairs, which stand in columns
_MAX_INTRO = 40  # code points of a label without a colon over a list
_SHORT = 25  # code points: a shorter line does not go on in the next


def read(lines: Lines, at: int, place: Place) -> Block:
    """Return the paragraph or list item that begins at a line, with the lines that carry it on."""
    line = lines[at]
    after = at + 1
    while after < lines.size and _carries_on(lines, after, line):
        after += 1
    facts = _facts(lines, at, after, place)
    if line.is_item:
        entries = _entries(lines, line, after, place)
        return Block(after, place, tuple(facts), entries)
    entries = _entries(lines, line, after, place._replace(intro="") if place.intro else place)
    intro = _intro(lines, at, after)
    then = place._replace(intro=intro) if intro != place.intro else place
    return Block(after, then, tuple(facts), entries)


def _carries_on(lines: Lines, number: int, first: Line) -> bool:
    """Tell a line that goes on with the paragraph or list item of a first line."""
    line, previous = lines[number], lines[number - 1]
    if _is_wrapped(line, previous, first):
        return True
    if line.is_item or line.ends_value or len(line.cells) > 1:
        return False
    if previous.width >= WRAPPED_FROM and len(first.pairs) < _SEVERAL:
        return True
    if first.pairs or first.is_item:
        return line.indent > previous.indent
    # Short lines below each other (an address, a letterhead) are lines of their own.
    return previous.width >= _SHORT and line.words[0].islower()


def _is_wrapped(line: Line, previous: Line, first: Line) -> bool:
    """Tell a sentence that goes on in a line which begins like a label: `party: at its address`."""
    return (
        bool(line.pairs)
        and not (first.pairs or first.is_item)
        and line.words[0].islower()
        and previous.width >= WRAPPED_FROM
        and previous.words[-1] not in ".:;!?"
        and " " in previous.words
    )


def _facts(lines: Lines, at: int, after: int, place: Place) -> list[Fact]:
    line = lines[at]
    if line.pairs:
        above = labels_above(lines, at, place) if len(line.cells) > len(line.pairs) else []
        return _pairs(lines, at, after, place) + above
    if line.is_item or len(first_named(line.words)) > MAX_LABEL_CHARACTERS:
        return []
    whole = trimmed(lines.text, line.start, line.end)
    return _label_above(lines, at, place) + unmarked_pair(lines.text, place, whole)


def _pairs(lines: Lines, at: int, after: int, place: Place) -> list[Fact]:
    """Return the facts of the pairs on a line, the last value with the lines that carry it on."""
    line = lines[at]
    facts: list[Fact] = []
    seen: dict[str, int] = {}
    for pair in line.pairs:
        column = seen[pair.label] = seen.get(pair.label, -1) + 1
        if pair.filled:
            value = pair.value
            if pair is line.pairs[-1] and after > at + 1:
                value = trimmed(lines.text, value.start, lines[after - 1].end)
            tail = value.end if len(line.pairs) > 1 else max(tail_end(lines, after), value.end)
            facts.append(place.fact(pair.label, value, tail, KEY_VALUE, pair.start, column))
        elif len(line.cells) > 1:
            label = Span(pair.start, pair.start + len(pair.label))
            block = block_under(lines, at, label)
            if block is not None:
                facts.append(place.fact(pair.label, block, block.last, LABEL_ABOVE, pair.start))
        else:
            last, under = at, at + 1 if lines[at + 1].words else at + 2
            while last < at + _MOST_LINES_TO_NAME and _numbers_party(lines, under):
                last, under = under, under + 1
            facts += below(lines, last, place, pair.label, pair.start)
    return facts


def _numbers_party(lines: Lines, at: int) -> bool:
    """Tell a line that gives a number of whoever is named under it: `Number: K-204`."""
    pairs = lines[at].pairs
    return bool(pairs) and all(_NUMBER.fullmatch(pair.value.of(lines.text)) for pair in pairs)


def _label_above(lines: Lines, at: int, place: Place) -> list[Fact]:
    """A short line may be the label of the line below it; whether it is, labels decide."""
    line = lines[at]
    bold = line.words.startswith("**") and line.words.endswith("**")  # then a gap may be below
    if not (lines[at + 1].words or bold) or line.words[-1] in ".,;!?":
        return []
    if has_own_figure(line.words):
        return []
    label = first_named(line.words.strip("*_ "))
    return below(lines, at, place, label, line.start) + _name_under(lines, at, place, label)


def _name_under(lines: Lines, at: int, place: Place, label: str) -> list[Fact]:
    """Return facts of a label, or two with a slash between, over lines one of which is `Name: Jane Doe`."""
    for number in range(at + 1, at + 1 + _MOST_LINES_TO_NAME):
        pairs = lines[number].pairs
        if not pairs or not is_label(label):
            return []
        value, start = pairs[0].value, lines[at].start
        if pairs[0].label.casefold() in _NAME_LABELS and pairs[0].filled:
            return [
                place.fact(
                    part.strip(), value, value.end, LABEL_ABOVE, lines.text.index(part, start)
                )
                for part in label.split("/")
            ]
    return []


def _entries(lines: Lines, line: Line, after: int, place: Place) -> tuple[Entry, ...]:
    """Return the paragraph or list item as one piece of text, or several if it is very long."""
    kind = "item" if line.is_item else "paragraph"
    level = 1 + line.indent // 2 if line.is_item else 0
    span = trimmed(lines.text, line.body if line.is_item else line.start, lines[after - 1].end)
    if 0 < span.end - span.start <= MAX_ENTRY:
        return (Entry(kind, span, level, place.section, place.number, line.mark, place.intro),)
    found = []
    while span.end > span.start:
        cut = _cut(lines.text, span)
        piece = trimmed(lines.text, span.start, cut)
        found.append(Entry(kind, piece, level, place.section, place.number, line.mark, place.intro))
        span = trimmed(lines.text, cut, span.end)
    return tuple(found)


def _cut(text: str, span: Span) -> int:
    """Return where to cut a very long paragraph: behind a sentence, or else a word."""
    end = span.start + MAX_ENTRY
    if span.end <= end:
        return span.end
    breaks = [match.end() for match in _SENTENCE_BREAK.finditer(text, span.start, end)]
    space = text.rfind(" ", span.start + 1, end)
    return breaks[-1] if breaks else space if space > 0 else end


def _intro(lines: Lines, at: int, after: int) -> str:
    """Return the label, with a colon or without, that a line is over a list."""
    line = lines[at]
    if line.pairs:
        return "" if line.pairs[-1].filled else line.pairs[-1].label
    label = line.words.strip(" *_")
    short = 0 < len(label) <= _MAX_INTRO and label[-1].isalpha() and after == at + 1
    return label if short and lines[after if lines[after].words else after + 1].is_item else ""
