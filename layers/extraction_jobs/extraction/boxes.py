"""Reading boxes to tick: `[x] yes [ ] no`, `☑ Garden`, `( ) pass (X) fail`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from extraction import lines
from extraction.line_reader import LineReader
from extraction.structure import KEY_VALUE, Span

_BOX = re.compile(
    r"[\[(](?P<in>[ xX✓✔✗]|)[\])]|(?P<full>[☑☒✓✔▣◉⊠])|(?P<empty>[☐□○◯])|(?<![\w\[(])[\[(]_{1,3}[\])]"
)
_GAP = re.compile(r" {2,}|\t")
_WIDE = re.compile(r" {3,}|\t")
_MOST = 20
_LONGEST = 60  # code points of a choice beside a box


@dataclass(frozen=True, slots=True)
class _Choice:
    ticked: bool
    box: Span
    words: Span


def holds_boxes(line: str) -> bool:
    """Tell a line with boxes to tick."""
    return any(m["full"] or m["empty"] or m["in"] for m in _BOX.finditer(line[:400]))


class BoxReader(LineReader):
    """Makes facts of ticked boxes."""

    def boxes(self, number: int) -> bool:
        """Make facts of a line with boxes; tell whether it held any that say something."""
        start, end = self.bounds[number]
        if end - start > 400:
            return False
        found = list(_BOX.finditer(self.text, start, end))[:_MOST]
        if not found or not self.are_boxes(found):
            return False
        label, begin = self.question(start, found[0].start(), len(found) > 1)
        choices = self.choices(begin, end, found)
        if not choices:
            return False
        for pair in lines.pairs(self.text, start, label.start) if label else []:
            self.fact(pair.label, pair.value, pair.value.end, KEY_VALUE, pair.label_span.start)
        if label is not None:
            self.answer(label, choices)
        else:
            for choice in choices:
                name = choice.words.of(self.text).rstrip(" :")
                self.fact(
                    name,
                    choice.box,
                    choice.box.end,
                    KEY_VALUE,
                    min(choice.box.start, choice.words.start),
                )
        return True

    def are_boxes(self, found: list[re.Match[str]]) -> bool:
        """Tell boxes from brackets that happen to hold an x: a mark, or a list's box."""
        return any(m["full"] or m["empty"] for m in found) or all(m["in"] != "" for m in found)

    def question(self, start: int, first: int, several: bool) -> tuple[Span | None, int]:
        """Return what the boxes answer, and where the choices begin."""
        head = self.text[start:first]
        colon = head.rfind(":")
        mark = colon if colon >= 0 else head.rfind("?")
        gaps = [m for m in _GAP.finditer(head) if head[: m.start()].strip()]
        if mark >= 0:
            left = max((m.end() for m in gaps if m.end() <= mark), default=0)
            label, begin = lines.trimmed(self.text, start + left, start + mark), start + mark + 1
        elif gaps and several:
            label = lines.trimmed(self.text, start, start + gaps[-1].start())
            begin = start + gaps[-1].end()
        else:
            return None, start
        if label.of(self.text).endswith("?"):
            label = Span(label.start, label.end - 1)
        return (label if label.end > label.start else None), begin

    def choices(self, begin: int, end: int, found: list[re.Match[str]]) -> list[_Choice]:
        """Return each box with the words before or behind it, whichever the line begins with."""
        leads = not any(c.isalpha() for c in self.text[begin : found[0].start()])
        result = []
        for position, match in enumerate(found):
            after = found[position + 1].start() if position + 1 < len(found) else end
            before = found[position - 1].end() if position else begin
            words = (match.end(), after) if leads else (before, match.start())
            span = lines.trimmed(self.text, *words)
            wide = _WIDE.search(self.text, span.start, span.end) if leads else None
            if wide is not None and position + 1 == len(found):
                self.rest_of_line(wide.end(), end)
            span = Span(span.start, wide.start()) if wide is not None else span
            while span.end > span.start and self.text[span.end - 1] in ",;/|:":
                span = Span(span.start, span.end - 1)
            ticked = bool(match["full"] or (match["in"] or "").strip())
            if span.end - span.start > _LONGEST:
                return []
            result.append(_Choice(ticked, Span(match.start(), match.end()), span))
        return result

    def rest_of_line(self, start: int, end: int) -> None:
        """Make facts of what stands on the line behind the boxes."""
        cells = lines.columns(self.text, start, end)
        if len(cells) == 2:
            name = cells[0].of(self.text).rstrip(" :.")
            self.fact(name, cells[1], cells[1].end, KEY_VALUE, cells[0].start)
        for pair in lines.pairs(self.text, start, end):
            self.fact(pair.label, pair.value, pair.value.end, KEY_VALUE, pair.label_span.start)

    def answer(self, label: Span, choices: list[_Choice]) -> None:
        """Make a fact of the choices ticked, or of the box if it stands alone."""
        name = label.of(self.text)
        if len(choices) == 1 and choices[0].words.end <= choices[0].words.start:
            box = choices[0].box
            self.fact(name, box, box.end, KEY_VALUE, label.start)
            return
        ticked = [c.words for c in choices if c.ticked and c.words.end > c.words.start]
        if ticked:
            value = Span(ticked[0].start, ticked[0].end, tuple(ticked[1:]))
            self.fact(name, value, value.last, KEY_VALUE, label.start)
