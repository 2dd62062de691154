"""Headings: marked with `#`, underlined, numbered, named (`Article 4`) or in capitals."""

from __future__ import annotations

import re
from dataclasses import replace

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
_NUMBERED_TITLE = re.compile(r"\d{1,2}\.?[ ]{2,4}[^\W\d_]")  # as on forms: "2  What happened"
_LONGEST = 100
_MOST_WORDS = 12
_FEWEST_LETTERS = 4
_LEAST_RULE = 3


def read(lines: Lines, at: int, place: Place) -> Block | None:
    """Return the heading that begins at a line."""
    line = lines[at]
    if line.kind == kinds.HEADING:
        title = trimmed(lines.text, line.body, line.end)
        while title.end > title.start and lines.text[title.end - 1] in "# ":
            title = Span(title.start, title.end - 1)
        inside = _plain(title.of(lines.text))
        return _heading(lines, at, place, len(line.mark), title, inside[1] if inside else "")
    if len(line.words) > _LONGEST:
        return None
    alone = not lines[at - 1].words
    below = lines[at + 1]
    underlined = below.kind == kinds.RULE and below.words[0] in "=-" and "|" not in below.words
    if underlined and (alone or lines[at - 1].kind == kinds.RULE) and len(line.cells) == 1:
        level = 1 if below.words[0] == "=" else 2
        return _heading(lines, at, place, level, trimmed(lines.text, line.start, line.end), "", 1)
    found = _plain(line.words)
    if found is None or not (alone or not below.words) or _goes_on(lines, at):
        return None
    level, number = found
    if number and _NUMBERED.match(line.words) and (not alone or _in_list(lines, at)):
        return None
    return _heading(lines, at, place, level + 1, trimmed(lines.text, line.start, line.end), number)


def _plain(words: str) -> tuple[int, str] | None:
    """Return level and number of a heading without markup."""
    if not 2 < len(words) <= _LONGEST or words[-1] in ".,;:" or "|" in words or "   " in words:
        return None
    capitals = words.replace("º", "").isupper()
    if not capitals and not words[0].isdigit() and not _NAMED.match(words):
        return None
    if "\t" in words or len(words.split()) > _MOST_WORDS:
        return None
    named = _NAMED.match(words)
    if named:
        return 1, named["number"]
    numbered = _NUMBERED.match(words)
    if numbered:
        title = words[numbered.end() :].split()
        long = [word for word in title if len(word) > 3]
        titled = title[0][0].isupper() and 2 * sum(w[0].isupper() for w in long) >= len(long)
        return (
            (1 + numbered[1].count("."), numbered[1]) if titled and not VERB.search(words) else None
        )
    letters = sum(map(str.isalpha, words))
    digits = sum(map(str.isdigit, words))
    if capitals and letters >= _FEWEST_LETTERS and digits * 3 <= letters and ":" not in words:
        return 2, ""
    return None


def _goes_on(lines: Lines, at: int) -> bool:
    """Tell a line whose sentence goes on in the next one: no heading, however it looks."""
    line, below = lines[at], lines[at + 1]
    if not below.words:
        return False
    deeper = below.indent > line.indent and not _NUMBERED_TITLE.match(line.words)
    return below.words[0].islower() or deeper


def _in_list(lines: Lines, at: int) -> bool:
    """Tell numbered lines that follow each other directly: a list, not headings."""
    here = lines[at]
    near = (lines[at - 1], lines[at + 1])
    return here.is_item and any(n.is_item and _shape(n.mark) == _shape(here.mark) for n in near)


def _shape(mark: str) -> tuple[bool, int]:
    return mark[0].isdigit(), mark.rstrip(".)").count(".")


def _heading(
    lines: Lines, at: int, place: Place, level: int, title: Span, number: str, rules: int = 0
) -> Block:
    over = tuple(section for section in place.under if section.level < level)
    parent = over[-1].index if over else -1
    section = Section(place.sections, level, title, parent, number)
    then = replace(
        place,
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
