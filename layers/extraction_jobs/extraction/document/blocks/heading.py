"""Headings: marked with `#`, underlined, numbered, named (`Article 4`) or in capitals."""

from __future__ import annotations

import re

from extraction.document import line as kinds
from extraction.document.blocks.block import Block, Place
from extraction.document.blocks.facts import below
from extraction.document.line import VERB, Lines
from extraction.document.pairs import MAX_LABEL_CHARACTERS, pair_of, trimmed
from extraction.document.structure import HEADING, KEY_VALUE, Entry, Fact, Section, Span

_NUMBERED = re.compile(r"(\d{1,3}(?:\.\d{1,3}){0,4})[.)]?[ \t]+(?=[^\W\d_])")
_NAMED = re.compile(
    r"(?:article|section|clause|schedule|annex|appendix|exhibit|part|chapter|artikel|anlage|"
    r"abschnitt|§)[ \t]+(?P<number>\d{1,3}(?:\.\d{1,3}){0,3}|[IVXLC]{1,6}|[A-Z])\b",
    re.IGNORECASE,
)
_LONGEST = 100
_MOST_WORDS = 12
_FEWEST_LETTERS = 4
_LEVEL_OF_CAPITALS = 3


def read(lines: Lines, at: int, place: Place) -> Block | None:
    """Return the heading that begins at a line."""
    line, below = lines[at], lines[at + 1]
    if line.kind == kinds.HEADING:
        title = trimmed(lines.text, line.body, line.end)
        words = title.of(lines.text).rstrip("# ")
        title = Span(title.start, title.start + len(words))
        return _heading(lines, at, place, len(line.mark), title, _number(words))
    alone, last = not lines[at - 1].words, not below.words
    if not (alone or last) or len(line.cells) > 1 or line.piped or len(line.words) > _LONGEST:
        return None
    if below.words[:1].islower():
        return None
    underlined = below.kind == kinds.RULE and below.words[0] in "=-" and alone
    number = "" if underlined else _number(line.words)
    if number[:1].isdigit() and not (alone and last):
        return None
    if not underlined and not number and not _is_in_capitals(line.words):
        return None
    level = 2 + number.count(".") if number else _LEVEL_OF_CAPITALS
    if underlined:
        level = "=-".index(below.words[0]) + 1
    whole = trimmed(lines.text, line.start, line.end)
    return _heading(lines, at, place, level, whole, number, int(underlined))


def _number(words: str) -> str:
    """Return the number of a numbered title such as `Article 4` or `4.1 Term and End`, or nothing."""
    named = _NAMED.match(words)
    if named and words[-1] not in ".,;:":
        return named["number"]
    numbered = _NUMBERED.match(words)
    if not numbered or words[-1] in ".,;:" or VERB.search(words):
        return ""
    title = words[numbered.end() :].split()
    long = [word for word in title if len(word) > 3]
    titled = title[0][0].isupper() and 2 * sum(w[0].isupper() for w in long) >= len(long)
    return numbered[1] if titled and len(title) <= _MOST_WORDS else ""


def _is_in_capitals(words: str) -> bool:
    if words[-1] in ".,;:" or ":" in words or not words.replace("º", "").isupper():
        return False
    letters, digits = sum(map(str.isalpha, words)), sum(map(str.isdigit, words))
    return letters >= max(_FEWEST_LETTERS, 3 * digits) and len(words.split()) <= _MOST_WORDS


def _heading(
    lines: Lines, at: int, place: Place, level: int, title: Span, number: str, rules: int = 0
) -> Block:
    over = tuple(section for section in place.under if section.level < level)
    parent = over[-1].index if over else -1
    section = Section(place.sections, level, title, parent, number)
    then = place._replace(
        number=place.number + 1,
        under=(*over, section),
        sections=place.sections + 1,
        intro="",
    )
    after = at + 1 + rules
    entry = Entry("heading", title, level, section.index, then.number)
    facts = (*_facts_inside(lines, title, then), *_facts_under(lines, after - 1, section))
    return Block(after, then, facts, (entry,), section=section)


def _facts_inside(lines: Lines, title: Span, place: Place) -> list[Fact]:
    pair = pair_of(lines.text, title.start, title.end)
    if pair is None or not pair.filled:
        return []
    return [place.fact(pair.label, pair.value, pair.value.end, KEY_VALUE, pair.start)]


def _facts_under(lines: Lines, last: int, section: Section) -> list[Fact]:
    """Return the fact that a heading and the lines directly under it are; it belongs to no block."""
    label = section.title.of(lines.text).rstrip(" :")
    if section.number and label.startswith(section.number):
        label = label[len(section.number) :].lstrip(" .)")
    if len(label) > MAX_LABEL_CHARACTERS:
        return []
    apart = Place(number=-1 - section.index, under=(section,))
    return below(lines, last, apart, label, section.title.start, HEADING)
