"""Read a document's text once into its structure: facts, entries, tables, sections.

One pass over the lines, each looked at with its neighbours only, so the cost follows the length
of the text. No object type is known here: what a label means is decided later.
"""

from __future__ import annotations

import re

from extraction.document import lines
from extraction.document.blocks import has_own_figure, is_label
from extraction.document.lines import Pair
from extraction.document.structure import (
    COLUMN_PAIR,
    HEADING,
    KEY_VALUE,
    LABEL_ABOVE,
    Entry,
    Section,
    Span,
    Structure,
)
from extraction.document.tables import TableReader

_MAX_TAIL_LINES = 40
_MOST_LINES_TO_NAME = 4  # under what the named one is
_NAME_LABELS = frozenset(
    ("name", "nom", "nombre", "nome", "naam", "firma", "company", "company name")
)
MAX_ENTRY = 4000  # code points: what one sentence search may have to look at
_WRAPPED_FROM = 55  # a line at least this long may go on in the next one
_SENTENCE_BREAK = re.compile(r"[.!?][\"')\]]{0,2}\s")
_NUMBERED_TITLE = re.compile(r"\d{1,2}\.?[ ]{2,4}[^\W\d_]")  # as on forms: "2  What happened"
_NUMBER = re.compile(r"[A-Z]{0,4}-?\d{4,16}(?:[ ]\([A-Z]{2,6}\))?")
_FAR_IN = 8  # where a value begins that stands in a column of values
_PIECE = re.compile(r"[ ]+[|·•][ ]+")  # between the pieces of a masthead or a foot
_FEWEST_PIECES = 1  # cuts of such a line
_LONGEST_LINE = 400
_MAX_INTRO = 40  # code points of a label without a colon over a list


def read_structure(text: str) -> Structure:
    """Return the structure of a text."""
    return _Reader(text).read()


class _Reader(TableReader):
    def read(self) -> Structure:
        self.find_breaks()
        number = 0
        while number < len(self.bounds):
            if self.blank(number):
                self.block += 1
                number += 1
                continue
            number = self.take(number)
        self.label_headings()
        self.found.facts.sort(key=lambda fact: (fact.start, fact.value.start))
        return self.found

    def take(self, number: int) -> int:
        """Take what begins at a line; return the line behind it."""
        line = self.line(number)
        after = (
            self.heading(number, line)
            or self.pipe_table(number)
            or self.bill(number)
            or self.column_table(number)
        )
        if after:
            return after
        if lines.is_rule(line):
            self.block += 1
            return number + 1
        return self.entry(number, line)

    # Headings

    def heading(self, number: int, line: str) -> int:
        """Take a heading; return the line behind it, or 0 if this is none."""
        start, end = self.bounds[number]
        marked = lines.markdown_heading(line)
        if marked:
            level, size = marked
            title = lines.trimmed(self.text, start + size, end)
            while title.end > title.start and self.text[title.end - 1] in "# ":
                title = Span(title.start, title.end - 1)
            inside = lines.plain_heading(title.of(self.text), True)
            self.new_section(level, title, inside[1] if inside else "")
            return number + 1
        below = self.line(number + 1).strip()
        if len(below) >= 3 and set(below) in ({"="}, {"-"}) and self.heading_like(number, line):
            level = 1 if below[0] == "=" else 2
            self.new_section(level, lines.trimmed(self.text, start, end), "")
            return number + 2
        alone = self.blank(number - 1) or number == 0
        if self.is_carried_on(number):
            return 0
        found = lines.plain_heading(line, alone and not self.in_numbered_list(number))
        if found and (alone or self.blank(number + 1)):
            self.new_section(found[0] + 1, lines.trimmed(self.text, start, end), found[1])
            return number + 1
        return 0

    def is_carried_on(self, number: int) -> bool:
        """Tell a line whose sentence goes on in the next one: no heading, however it looks."""
        line, below = self.line(number), self.line(number + 1)
        if _NUMBERED_TITLE.match(line):
            return bool(below.strip()) and below.lstrip()[0].islower()
        deeper = len(below) - len(below.lstrip()) > len(line) - len(line.lstrip())
        return bool(below.strip()) and (below.lstrip()[0].islower() or deeper)

    def heading_like(self, number: int, line: str) -> bool:
        return (
            (number == 0 or self.blank(number - 1) or lines.is_rule(self.line(number - 1)))
            and len(line) <= 120
            and "|" not in line
            and len(self.cells(number)) < 2
        )

    def in_numbered_list(self, number: int) -> bool:
        """Numbered lines that follow each other directly are a list, not headings."""
        after = lines.list_item(self.line(number + 1))
        before = lines.list_item(self.line(number - 1))
        here = lines.list_item(self.line(number))
        if here is None:
            return False
        shapes = [_shape(found[1]) for found in (after, before) if found]
        return _shape(here[1]) in shapes

    def new_section(self, level: int, title: Span, number: str) -> None:
        self.block += 1
        self.intro = ""
        while self.open and self.open[-1].level >= level:
            self.open.pop()
        parent = self.open[-1].index if self.open else -1
        section = Section(len(self.found.sections), level, title, parent, number)
        self.found.sections.append(section)
        self.open.append(section)
        self.section = section.index
        self.found.entries.append(Entry("heading", title, level, section.index, self.block))
        for pair in lines.pairs(self.text, title.start, title.end):
            if pair.value.end > pair.value.start:
                self.fact(pair.label, pair.value, pair.value.end, KEY_VALUE, pair.label_span.start)

    # Running text and pairs

    def entry(self, number: int, line: str) -> int:
        """Take a paragraph or list item with the lines that carry it on."""
        start = self.bounds[number][0]
        item = lines.list_item(line)
        found = self.pairs(number)
        at = number + 1
        self.value_at = found[0].value.start - start if len(found) == 1 else 0
        while at < len(self.bounds) and self.carries_on(at, item is not None, bool(found)):
            at += 1
        last = self.bounds[at - 1][1]
        if found:
            self.take_pairs(found, number, at)
            if len(self.cells(number)) > len(found):
                self.labels_above(number)
        elif len(line.strip()) <= lines.MAX_LABEL_CHARACTERS and item:
            self.unmarked_pair(lines.trimmed(self.text, start + item[2], self.bounds[number][1]))
        elif len(line.strip()) <= lines.MAX_LABEL_CHARACTERS and not self.amount_at_end(number):
            self.label_above(number)
            self.unmarked_pair(lines.trimmed(self.text, *self.bounds[number]))
        if not found and not item:
            self.pairs_of_pieces(number)
        offset = item[2] if item else 0
        level = 1 + item[0] // 2 if item else 0
        kind = "item" if item else "paragraph"
        if not item:
            self.intro = ""
        self.add_entry(kind, start + offset, last, level, item[1] if item else "")
        if not item:
            self.note_intro(found, number, at)
        return at

    def note_intro(self, found: list[Pair], number: int, after: int) -> None:
        """Remember a label, with a colon or without, that stands over a list."""
        if found:
            if found[-1].value.end == found[-1].value.start:
                self.intro = found[-1].label
            return
        line = self.line(number).strip(" *_")
        below = after + 1 if self.blank(after) else after
        short = 0 < len(line) <= _MAX_INTRO and line[-1].isalpha() and after == number + 1
        if short and lines.list_item(self.line(below)):
            self.intro = line

    def pairs_of_pieces(self, number: int) -> None:
        """Make facts of `Policy no. HR-12 | Version 3.1 | Owner: Jane Doe`."""
        start, end = self.bounds[number]
        cuts = [
            m.span() for m in _PIECE.finditer(self.text, start, min(end, start + _LONGEST_LINE))
        ]
        if len(cuts) < _FEWEST_PIECES:
            return
        for left, right in zip(
            [start, *(b for _, b in cuts)], [*(a for a, _ in cuts), end], strict=True
        ):
            piece = lines.trimmed(self.text, left, right)
            pairs = lines.pairs(self.text, piece.start, piece.end)
            for pair in pairs:
                if pair.value.end > pair.value.start:
                    self.fact(
                        pair.label, pair.value, pair.value.end, KEY_VALUE, pair.label_span.start
                    )
            if not pairs:
                self.unmarked_pair(piece, COLUMN_PAIR)

    def carries_on(self, number: int, item: bool, paired: bool) -> bool:
        line = self.line(number)
        if not line.strip() or lines.markdown_heading(line) or lines.is_rule(line):
            return False
        if lines.list_item(line) or self.pipe_row(number) or self.labelled(number):
            return False
        if self.numbered_sentence(number):
            return False
        previous = self.line(number - 1)
        if paired and len(self.cells(number)) > 1:
            return False
        if paired or item:
            if paired and self.value_at > _FAR_IN:
                here = len(line) - len(line.lstrip())
                if abs(here - self.value_at) <= 1:
                    return True  # under the value that it goes on with
            indented = len(line) - len(line.lstrip()) > len(previous) - len(previous.lstrip())
            return len(previous.rstrip()) >= _WRAPPED_FROM or (indented and item)
        if len(self.cells(number)) > 2:
            return False
        # Short lines below each other (an address, a letterhead) are lines of their own.
        length = len(previous.rstrip())
        return length >= _WRAPPED_FROM or (length >= 25 and line.lstrip()[0].islower())

    def add_entry(self, kind: str, start: int, end: int, level: int, marker: str) -> None:
        span = lines.trimmed(self.text, start, end)
        while span.end - span.start > MAX_ENTRY:
            cut = self.cut(span.start, span.start + MAX_ENTRY)
            piece = lines.trimmed(self.text, span.start, cut)
            self.found.entries.append(
                Entry(kind, piece, level, self.section, self.block, marker, self.intro)
            )
            span = lines.trimmed(self.text, cut, span.end)
        if span.end > span.start:
            self.found.entries.append(
                Entry(kind, span, level, self.section, self.block, marker, self.intro)
            )

    def cut(self, start: int, end: int) -> int:
        """Return where to cut a very long paragraph: behind a sentence, or else a word."""
        window = self.text[start:end]
        breaks = [match.end() for match in _SENTENCE_BREAK.finditer(window)]
        if breaks:
            return start + breaks[-1]
        space = window.rfind(" ")
        return start + space if space > 0 else end

    def take_pairs(self, found: list[Pair], number: int, after: int) -> None:
        seen: dict[str, int] = {}
        for pair in found:
            column = seen.get(pair.label, 0)
            seen[pair.label] = column + 1
            if pair.value.end > pair.value.start:
                end = pair.value.end
                if pair is found[-1] and after > number + 1:
                    end = self.bounds[after - 1][1]
                value = lines.trimmed(self.text, pair.value.start, end)
                tail = value.end if len(found) > 1 else self.tail_end(after)
                tail = max(tail, value.end)
                at = pair.label_span.start
                self.fact(pair.label, value, tail, KEY_VALUE, at, column)
            elif len(self.cells(number)) > 1:
                block = self.block_under(number, pair.label_span)
                if block is not None:
                    self.fact(pair.label, block, block.last, LABEL_ABOVE, pair.label_span.start)
            else:
                last = number
                while last < number + _MOST_LINES_TO_NAME and self.numbers_party(last + 1):
                    last += 1
                self.below(pair.label, pair.label_span.start, last, LABEL_ABOVE)

    def below(self, label: str, start: int, number: int, how: str) -> None:
        """Make a fact of a label and the lines under it."""
        first = number + 1
        if self.blank(first):
            first += 1
        if self.blank(first) or self.labelled_short(first):
            return
        line = self.line(first)
        if has_own_figure(line.strip()):
            return
        item = lines.list_item(line)
        begin, end = self.bounds[first]
        last = first
        while (
            how == HEADING
            and not item
            and last + 1 < len(self.bounds)
            and self.next_break[last + 1] > last + 1
            and len(self.line(last).rstrip()) >= _WRAPPED_FROM
            and not lines.list_item(self.line(last + 1))
        ):
            last += 1
        end = self.bounds[last][1]
        value = lines.trimmed(self.text, begin + (item[2] if item else 0), end)
        if value.end > value.start:
            self.fact(label, value, max(self.tail_end(first + 1), value.end), how, start)

    def numbers_party(self, number: int) -> bool:
        """Tell a line that gives a number of whoever is named under it: `Number: K-204`."""
        pairs = self.pairs(number)
        return bool(pairs) and all(_NUMBER.fullmatch(pair.value.of(self.text)) for pair in pairs)

    def labelled_short(self, number: int) -> bool:
        return bool(self.pairs(number)) and not lines.list_item(self.line(number))

    def find_breaks(self) -> None:
        """Note for each line the next one that ends a value reaching over lines."""
        count = len(self.bounds)
        self.next_break = [count] * (count + 1)
        for number in range(count - 1, -1, -1):
            line = self.line(number)
            ends = (
                not line.strip()
                or lines.markdown_heading(line) is not None
                or lines.is_rule(line)
                or self.pipe_row(number)
                or self.labelled_short(number)
            )
            self.next_break[number] = number if ends else self.next_break[number + 1]

    def tail_end(self, number: int) -> int:
        """Return the end of the lines from `number` on that may belong to a value above them."""
        if number >= len(self.bounds):
            return len(self.text)
        after = min(self.next_break[number], number + _MAX_TAIL_LINES)
        return self.bounds[after - 1][1]

    def label_above(self, number: int) -> None:
        """A short line may be the label of the line below it; whether it is, labels decide."""
        line = self.line(number).strip()
        below = self.line(number + 1).strip()
        if below and line and line[-1] not in ".,;!?" and not has_own_figure(line):
            self.below(line.strip("*_ "), self.bounds[number][0], number, LABEL_ABOVE)
            self.name_under(line.strip("*_ "), number)

    def name_under(self, label: str, number: int) -> None:
        """Make facts of a label, or two with a slash between, over lines one of which is `Name: Jane Doe`."""
        if not is_label(label):
            return
        for below in range(number + 1, number + 1 + _MOST_LINES_TO_NAME):
            for pair in self.pairs(below)[:1]:
                if pair.label.casefold() in _NAME_LABELS and pair.value.end > pair.value.start:
                    for each in label.split("/"):
                        start = self.text.index(each, self.bounds[number][0])
                        self.fact(each.strip(), pair.value, pair.value.end, LABEL_ABOVE, start)
                    return
            if not self.pairs(below):
                return

    def label_headings(self) -> None:
        """Make a fact of each heading and the lines directly under it."""
        numbers = {start: number for number, (start, _) in enumerate(self.bounds)}
        for section in self.found.sections:
            number = numbers[self.line_start(section.title.start)]
            if set(self.line(number + 1).strip()) in ({"="}, {"-"}):
                number += 1
            label = section.title.of(self.text).rstrip(" :")
            if section.number and label.startswith(section.number):
                label = label[len(section.number) :].lstrip(" .)")
            if len(label) <= lines.MAX_LABEL_CHARACTERS:
                self.section, self.block = section.index, -1 - section.index
                self.below(label, section.title.start, number, HEADING)


def _shape(mark: str) -> tuple[bool, int]:
    return mark[0].isdigit(), mark.rstrip(".)").count(".")
