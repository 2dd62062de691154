"""Read a document's text once into its structure: facts, entries, tables, sections.

One pass over the lines, each looked at with its neighbours only, so the cost follows the length
of the text. No object type is known here: what a label means is decided later.
"""

from __future__ import annotations

import re

from extraction import lines
from extraction.lines import Pair
from extraction.structure import (
    COLUMN_PAIR,
    HEADING,
    KEY_VALUE,
    LABEL_ABOVE,
    TABLE_CELL,
    TABLE_PAIR,
    Entry,
    Fact,
    Section,
    Span,
    Structure,
    Table,
)

_MAX_ENTRY = 4000  # code points: what one sentence search may have to look at
_MAX_TAIL_LINES = 40
_WRAPPED_FROM = 55  # a line at least this long may go on in the next one
_SENTENCE_BREAK = re.compile(r"[.!?][\"')\]]{0,2}\s")
_INNER_PAIR = re.compile(
    r"[.;]\s{1,3}(?P<label>[^\W\d_a-z][^\W\d_]*(?:[ ][^\W\d_]+){0,2}):\s{1,3}(?P<value>[^.;:\n]{1,80})(?=[.;\n]|$)",
    re.MULTILINE,
)
_MAX_INTRO = 40  # code points of a label without a colon over a list
_DIGIT = re.compile(r"\d")


def read_structure(text: str) -> Structure:
    """Return the structure of a text."""
    return _Reader(text).read()


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.found = Structure()
        self.bounds: list[tuple[int, int]] = []
        at = 0
        for line in text.split("\n"):
            self.bounds.append((at, at + len(line)))
            at += len(line) + 1
        self.section = -1
        self.intro = ""
        self.open: list[Section] = []
        self.block = 0
        self.pairs_by_line: list[list[Pair] | None] = [None] * len(self.bounds)
        self.next_break: list[int] = []

    def line(self, number: int) -> str:
        if not 0 <= number < len(self.bounds):
            return ""
        start, end = self.bounds[number]
        return self.text[start:end]

    def blank(self, number: int) -> bool:
        return not self.line(number).strip()

    def pairs(self, number: int) -> list[Pair]:
        """Return the pairs of a line; several rules ask, so each line is read once."""
        if not 0 <= number < len(self.bounds):
            return []
        found = self.pairs_by_line[number]
        if found is None:
            found = self.pairs_by_line[number] = lines.pairs(self.text, *self.bounds[number])
        return found

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
        for attempt in (self.heading, self.pipe_table, self.column_table):
            after = attempt(number, line)
            if after > number:
                return after
        if lines.is_rule(line):
            self.block += 1
            return number + 1
        return self.entry(number, line)

    # Headings

    def heading(self, number: int, line: str) -> int:
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
            return number
        found = lines.plain_heading(line, alone and not self.in_numbered_list(number))
        if found and (alone or self.blank(number + 1)):
            self.new_section(found[0] + 1, lines.trimmed(self.text, start, end), found[1])
            return number + 1
        return number

    def is_carried_on(self, number: int) -> bool:
        """Tell a line whose sentence goes on in the next one: no heading, however it looks."""
        line, below = self.line(number), self.line(number + 1)
        deeper = len(below) - len(below.lstrip()) > len(line) - len(line.lstrip())
        return bool(below.strip()) and (below.lstrip()[0].islower() or deeper)

    def heading_like(self, number: int, line: str) -> bool:
        return (
            (number == 0 or self.blank(number - 1) or lines.is_rule(self.line(number - 1)))
            and len(line) <= 120
            and "|" not in line
            and len(lines.columns(self.text, *self.bounds[number])) < 2
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

    # Tables

    def pipe_table(self, number: int, line: str) -> int:
        if "|" not in line or not self.pipe_row(number):
            return number
        rows: list[tuple[Span, ...]] = []
        header: tuple[Span, ...] = ()
        at = number
        ruled = False
        while at < len(self.bounds) and (self.pipe_row(at) or lines.is_separator(self.line(at))):
            if lines.is_separator(self.line(at)):
                if len(rows) == 1 and not header:
                    header = rows.pop()
                    ruled = True
            else:
                rows.append(tuple(lines.pipe_cells(self.text, *self.bounds[at])))
            at += 1
        if len(rows) + bool(header) < 2 and not ruled:
            return number
        self.add_table(header, rows, number, "pipe")
        return at

    def pipe_row(self, number: int) -> bool:
        line = self.line(number)
        stripped = line.strip()
        return stripped.count("|") >= (1 if not stripped.startswith("|") else 2)

    def column_table(self, number: int, line: str) -> int:
        cells = lines.columns(self.text, *self.bounds[number])
        if len(cells) < 2 or self.labelled(number):
            return number
        rows = [tuple(cells)]
        at = number + 1
        ruled: int | None = None
        while at < len(self.bounds):
            if lines.is_separator(self.line(at)) or lines.is_rule(self.line(at)):
                ruled = len(rows) if ruled is None else ruled
                at += 1
                continue
            cells = lines.columns(self.text, *self.bounds[at])
            if len(cells) < 2 or self.labelled(at):
                if self.blank(at) and len(rows) == 1 and len(rows[0]) > 2 and at == number + 1:
                    at += 1
                    continue
                if cells and self.goes_on_after(at, len(rows[0])):
                    at += 1
                    continue
                break
            rows.append(tuple(cells))
            at += 1
        if len(rows) < 2 or max(map(len, rows)) < 2:
            return self.lone_columns(number, rows[0]) if len(rows) == 1 else number
        if max(map(len, rows)) == 2:
            for row in rows:
                if len(row) == 2:
                    self.pair_of_cells(row[0], row[1], COLUMN_PAIR)
            self.found.tables.append(
                Table(
                    rows[0], tuple(rows[1:]), self.section, self.block, rows[0][0].start, "columns"
                )
            )
            return at
        self.add_table((), self.aligned(rows), number, "columns")
        return at

    def goes_on_after(self, number: int, width: int) -> bool:
        """Tell a line that wraps inside a table from the table's end."""
        if width < 3 or number + 1 >= len(self.bounds) or self.labelled(number):
            return False
        return len(lines.columns(self.text, *self.bounds[number + 1])) >= width - 1

    def lone_columns(self, number: int, row: tuple[Span, ...]) -> int:
        if len(row) == 2 and len(row[0].of(self.text)) <= lines.MAX_LABEL_CHARACTERS:
            self.pair_of_cells(row[0], row[1], COLUMN_PAIR)
        return number

    def labelled(self, number: int) -> bool:
        return bool(self.pairs(number))

    def aligned(self, rows: list[tuple[Span, ...]]) -> list[tuple[Span, ...]]:
        """Put each cell under the column of the widest early row that it overlaps most."""
        model = max(rows[:3], key=len)
        origin = self.line_start(model[0].start)
        places = [(c.start - origin, c.end - origin) for c in model]
        result = []
        for row in rows:
            if len(row) == len(model):
                result.append(row)
                continue
            base = self.line_start(row[0].start)
            filled = [Span(row[0].start, row[0].start)] * len(model)
            for cell in row:
                left, right = cell.start - base, cell.end - base
                column = min(
                    range(len(places)),
                    key=lambda i: (-_overlap(left, right, places[i]), _gap(left, right, places[i])),
                )
                if filled[column].end == filled[column].start:
                    filled[column] = cell
            result.append(tuple(filled))
        return result

    def line_start(self, offset: int) -> int:
        return self.text.rfind("\n", 0, offset) + 1

    def add_table(
        self, header: tuple[Span, ...], rows: list[tuple[Span, ...]], number: int, how: str
    ) -> None:
        self.block += 1
        start = self.bounds[number][0]
        if not header and len(rows) > 1 and self.is_header(rows):
            header, rows = rows[0], rows[1:]
        table = Table(header, tuple(rows), self.section, self.block, start, how)
        self.found.tables.append(table)
        width = max((len(row) for row in rows), default=0)
        if header and len(rows) == 1 and width > 1:
            for head, cell in zip(header, rows[0], strict=False):
                self.pair_of_cells(head, cell, TABLE_CELL)
        if width == 2 and header:
            self.pair_of_cells(header[0], header[1] if len(header) > 1 else header[0], TABLE_PAIR)
        for row in rows:
            filled = [cell for cell in row if cell.end > cell.start]
            if (len(filled) == 2 and (width == 2 or filled[0] == row[0] or not header)) or (
                len(filled) == 2 and filled[1] == row[-1]
            ):
                self.pair_of_cells(filled[0], filled[1], TABLE_PAIR)
            elif not header and width % 2 == 0:
                for left, right in zip(row[::2], row[1::2], strict=False):
                    self.pair_of_cells(left, right, TABLE_PAIR)
            elif len(filled) == 1:
                for pair in lines.pairs(self.text, filled[0].start, filled[0].end):
                    self.fact(pair.label, pair.value, pair.value.end, KEY_VALUE, filled[0].start)
        self.block += 1

    def is_header(self, rows: list[tuple[Span, ...]]) -> bool:
        """A first row without figures above rows with figures, or of short words, heads them."""
        first = [cell.of(self.text) for cell in rows[0]]
        if any(_DIGIT.search(cell) for cell in first) or sum(map(bool, first)) < 2:
            return False
        if any(cell.endswith(":") for cell in first):
            return False
        return (all(len(cell) <= 40 for cell in first) and len(rows[0]) > 2) or any(
            _DIGIT.search(cell.of(self.text)) for cell in rows[1]
        )

    def pair_of_cells(self, label: Span, value: Span, how: str) -> None:
        name = label.of(self.text).rstrip(" :.")
        if name and value.end > value.start and len(name) <= lines.MAX_LABEL_CHARACTERS:
            self.fact(name, value, value.end, how, label.start)

    # Running text and pairs

    def entry(self, number: int, line: str) -> int:
        """Take a paragraph or list item with the lines that carry it on."""
        start, end = self.bounds[number]
        item = lines.list_item(line)
        found = self.pairs(number)
        at = number + 1
        while at < len(self.bounds) and self.carries_on(at, item is not None, bool(found)):
            at += 1
        last = self.bounds[at - 1][1]
        if found:
            self.take_pairs(found, number, at)
        elif len(line.strip()) <= lines.MAX_LABEL_CHARACTERS and not item:
            self.label_above(number)
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
        self.inner_pairs(*self.bounds[number])
        line = self.line(number).strip(" *_")
        below = after + 1 if self.blank(after) else after
        if len(line) <= _MAX_INTRO and line and line[-1].isalpha() and after == number + 1:
            if lines.list_item(self.line(below)):
                self.intro = line

    def inner_pairs(self, start: int, end: int) -> None:
        """Take `label: value` behind the first sentence of a line."""
        for match in _INNER_PAIR.finditer(self.text, start, min(end, start + _MAX_ENTRY)):
            value = lines.trimmed(self.text, *match.span("value"))
            if value.end > value.start:
                self.fact(match["label"], value, value.end, KEY_VALUE, match.start("label"))

    def carries_on(self, number: int, item: bool, paired: bool) -> bool:
        line = self.line(number)
        if not line.strip() or lines.markdown_heading(line) or lines.is_rule(line):
            return False
        if lines.list_item(line) or self.pipe_row(number) or self.labelled(number):
            return False
        previous = self.line(number - 1)
        if paired or item:
            indented = len(line) - len(line.lstrip()) > len(previous) - len(previous.lstrip())
            return len(previous.rstrip()) >= _WRAPPED_FROM or (indented and item)
        if len(lines.columns(self.text, *self.bounds[number])) > 2:
            return False
        # Short lines below each other (an address, a letterhead) are lines of their own.
        length = len(previous.rstrip())
        return length >= _WRAPPED_FROM or (length >= 25 and line.lstrip()[0].islower())

    def add_entry(self, kind: str, start: int, end: int, level: int, marker: str) -> None:
        span = lines.trimmed(self.text, start, end)
        while span.end - span.start > _MAX_ENTRY:
            cut = self.cut(span.start, span.start + _MAX_ENTRY)
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
            else:
                self.below(pair.label, pair.label_span.start, number, LABEL_ABOVE)

    def below(self, label: str, start: int, number: int, how: str) -> None:
        """Make a fact of a label and the lines under it."""
        first = number + 1
        if self.blank(first):
            first += 1
        if self.blank(first) or self.labelled_short(first):
            return
        line = self.line(first)
        item = lines.list_item(line)
        begin, end = self.bounds[first]
        value = lines.trimmed(self.text, begin + (item[2] if item else 0), end)
        if value.end > value.start:
            self.fact(label, value, max(self.tail_end(first + 1), value.end), how, start)

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
        if not self.blank(number + 1) and line and line[-1] not in ".,;!?":
            self.below(line.strip("*_ "), self.bounds[number][0], number, LABEL_ABOVE)

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

    def fact(
        self, label: str, value: Span, tail: int, how: str, start: int, column: int = 0
    ) -> None:
        self.found.facts.append(
            Fact(label, value, tail, how, self.section, self.block, start, column)
        )


def _shape(mark: str) -> tuple[bool, int]:
    return mark[0].isdigit(), mark.rstrip(".)").count(".")


def _overlap(left: int, right: int, place: tuple[int, int]) -> int:
    return max(0, min(right, place[1]) - max(left, place[0]))


def _gap(left: int, right: int, place: tuple[int, int]) -> int:
    return min(abs(left - place[0]), abs(right - place[1]))
