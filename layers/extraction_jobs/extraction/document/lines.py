"""What kind of line a line is: heading, list item, pair, table row, plain."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from extraction.document.structure import Span

MAX_LABEL_CHARACTERS = 60
_MAX_LABEL_WORDS = 7
_LOOKED_AT = 400  # no classification needs more of a line than this

_MARKDOWN_HEADING = re.compile(r"(#{1,6})[ \t]+")
_RULE = re.compile(r"[ \t]*([-=_*~])(?:[ \t]*\1){2,}[ \t]*$")
_SEPARATOR = re.compile(
    r"[ \t]*[|+]?[ \t]*:?[-=]+:?[ \t]*(?:[|+][ \t]*:?[-=]+:?[ \t]*)*[|+]?[ \t]*$"
)
_ITEM = re.compile(
    r"[ \t]*(?P<mark>[-*•‣◦▪●·–—+](?=[ \t])|\(?(?:\d{1,3}|[a-z]{1,2}|[ivx]{1,5}|[A-Z])[.)](?=[ \t])|"
    r"\d{1,3}(?:\.\d{1,3}){1,4}\.?(?=[ \t]))[ \t]+(?:\[(?P<box>[ xX])\][ \t]+)?"
)
# A mark or number in a column of its own, before words that are no cell: `B.1.1   The Supplier shall`.
_NUMBER_CELL = re.compile(
    r"[-*•‣◦▪●·–—+o]|\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})[.)]|"
    r"[(\[]?(?:[A-Z]{1,6}[-_.]?){0,2}\d{1,4}(?:[.-]\d{1,4}){0,4}[a-z]?[.):\]]{0,2}"
)
_FEWEST_WORDS = 4  # of a sentence in a list
_PAIR_OF_CELLS = 2
_NUMBERED = re.compile(r"[ \t]*(\d{1,3}(?:\.\d{1,3}){0,4})[.)]?[ \t]+(?=[^\W\d_])")
_VERB = re.compile(r"\b(?:shall|must|will|may|is|are|was|were|has|have|agreed|to)\b")
_NAMED = re.compile(
    r"[ \t]*(?:article|section|clause|schedule|annex|appendix|exhibit|part|chapter|artikel|anlage|"
    r"abschnitt|§)[ \t]+(?:\d{1,3}(?:\.\d{1,3}){0,3}|[IVXLC]{1,6}|[A-Z])\b",
    re.IGNORECASE,
)
_PAIR = re.compile(
    r"[ \t]*(?P<label>[^\W_](?:[^:\n|=\t]|(?<=\d):(?=\d)){0,58}?[^\s:|=,;]|[^\W\d_])"
    r"[ \t]{0,20}(?:\*\*|__)?(?P<mark>:(?:\*\*|__)?(?=[ \t]|$)|[ \t]=[ \t]|\.{3,}|(?:[ ]\.){4,})"
    r"[ \t]*(?P<rest>[^\n]*)"
)
# "Facture N° 17", "Invoice #17": a name, a sign for number, and the number.
_NUMBERED_NAME = re.compile(
    r"(?P<label>(?:[^\W\d_]+(?:[ ][^\W\d_]+){0,3}[ ]?)?(?:[Nn][°º]|[Nn]o\.|NO\.|[Nn]r\.?|NR\.?|#|[Nn]umber|NUMBER))"
    r"[ ]{0,3}(?P<rest>(?=[^ ]{0,30}\d)[\w./-]{1,40})[ \t]*$"
)
# "Under warranty? No": a question with its answer.
_QUESTION = re.compile(
    r"(?P<label>[^\W_][^:\n|?]{2,58})\?[ \t]{1,20}(?P<rest>(?i:yes|no|ja|nein|oui|non|s[ií]|y|n)\b[^?\n]{0,40})$"
)
# A label in the midst of a line, behind the value of another.
FURTHER_LABEL = re.compile(
    r"(?<=\S)\s(?P<label>[A-ZÀ-Þ][^\W\d_]*\.?(?:[ -][^\W\d_]+\.?){0,2}):[ \t]+(?=\S)"
)
_SENTENCE_END = re.compile(r"[!?;][ \t]|[^\W_A-Z]{4}\.[ \t]")
_CELL_BREAK = re.compile(r"(?:\t+|[ ]{2,})(?![ \t:=])|(?:\t+|[ ]{2,})(?=[:=][^ \t])")
_WIDE = re.compile(r"\t| {3,}")
_LETTER = re.compile(r"[^\W\d_]")
_COMMA = re.compile(r",(?!\d)")


@dataclass(frozen=True, slots=True)
class Pair:
    """A label and the value on the same line; the value is empty if nothing follows."""

    label: str
    label_span: Span
    value: Span


def trimmed(text: str, start: int, end: int) -> Span:
    """Return the span without white space and Markdown emphasis at its ends."""
    start, end = _without_space(text, start, end)
    for mark in ("**", "__", "`", "*"):
        start, end = _without_mark(text, start, end, mark)
    start, end = _without_space(text, start, end)
    return Span(start, end)


def _without_space(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start] in " \t\n":
        start += 1
    while end > start and text[end - 1] in " \t\n":
        end -= 1
    return start, end


def _without_mark(text: str, start: int, end: int, mark: str) -> tuple[int, int]:
    """Take off emphasis that encloses the whole, and halves whose other half is elsewhere."""
    size = len(mark)
    if end - start > 2 * size and text.startswith(mark, start):
        closing = text.find(mark, start + size, end)
        if closing == end - size:
            return start + size, closing
        return (start + size, end) if closing < 0 else (start, end)
    if end - start > size and text.endswith(mark, start, end):
        opening = text.find(mark, start, end - size)
        return (start, end - size) if opening < 0 else (start, end)
    return start, end


def is_rule(line: str) -> bool:
    """Tell a line drawn across the page."""
    return len(line) <= 200 and bool(_RULE.match(line))


def is_separator(line: str) -> bool:
    """Tell the line under a table's header, such as `|---|---|` or `+---+---+`."""
    return len(line) <= 2000 and ("-" in line or "=" in line) and bool(_SEPARATOR.match(line))


def markdown_heading(line: str) -> tuple[int, int] | None:
    """Return level and length of the mark of a Markdown heading."""
    match = _MARKDOWN_HEADING.match(line)
    return (len(match[1]), match.end()) if match else None


def plain_heading(line: str, alone: bool) -> tuple[int, str] | None:
    """Return level and number of a heading without markup; `alone` means between blank lines."""
    stripped = line.strip()
    if not 2 < len(stripped) <= 100 or stripped[-1] in ".,;:" or len(stripped.split()) > 12:
        return None
    if not _LETTER.search(stripped) or "|" in stripped or "\t" in stripped or "   " in stripped:
        return None
    named = _NAMED.match(line)
    if named:
        return (1, named[0].split()[-1])
    numbered = _NUMBERED.match(line)
    if numbered:
        words = stripped.split()[1:]
        if _VERB.search(stripped):
            return None
        titled = sum(w[0].isupper() for w in words if len(w) > 3)
        if (
            words
            and words[0][0].isupper()
            and (titled * 2 >= len([w for w in words if len(w) > 3]))
        ):
            return (1 + numbered[1].count("."), numbered[1]) if alone else None
        return None
    letters = [c for c in stripped if c.isalpha()]
    if len(letters) >= 4 and sum(c.isupper() for c in letters) >= 0.9 * len(letters):
        digits = sum(c.isdigit() for c in stripped)
        return (2, "") if digits * 3 <= len(letters) and ":" not in stripped else None
    return None


def list_item(line: str) -> tuple[int, str, int] | None:
    """Return indent, mark and length of the mark of a list item."""
    match = _ITEM.match(line[:_LOOKED_AT])
    if match is None or match.end() >= len(line):
        return None
    mark = match["mark"]
    indent = len(line) - len(line.lstrip(" \t"))
    return indent, mark + (f" [{match['box']}]" if match["box"] else ""), match.end()


def is_numbered_sentence(cells: Sequence[str]) -> bool:
    """Tell a number and the sentence behind it, set apart by a gap, from two cells of a table."""
    if len(cells) != _PAIR_OF_CELLS or not _NUMBER_CELL.fullmatch(cells[0]):
        return False
    words = cells[1].split()
    said = cells[1][-1] in ".;" or len(cells[1]) >= MAX_LABEL_CHARACTERS or _VERB.search(cells[1])
    return len(words) >= _FEWEST_WORDS and words[0][0].isalpha() and bool(said)


def pairs(text: str, start: int, end: int) -> list[Pair]:
    """Return the `label: value` pairs of a line; several if it is laid out in columns."""
    line = text[start:end]
    whole = _pair(text, start, end)
    breaks = [m.span() for m in _CELL_BREAK.finditer(line.rstrip()[:2000]) if m.start() > 0]
    if not breaks:
        return [whole] if whole else []
    cuts = [0, *(b for _, b in breaks), len(line)]
    ends = [*(a for a, _ in breaks), len(line)]
    found: list[Pair] = []
    for left, right in zip(cuts[:-1], ends, strict=True):
        part = _pair(text, start + left, start + right)
        if part is not None:
            found.append(part)
        elif found and found[-1].value.start == found[-1].value.end:
            found[-1] = _filled(found[-1], text, start + left, start + right)
        elif found and left:
            # A wide gap inside a value: only a new label ends it.
            previous = found[-1]
            if previous.value.end > previous.value.start and len(found) == 1 and whole:
                continue
        elif not found:
            continue
    if len(found) <= 1:
        apart = whole is not None and _WIDE.search(whole.label)
        return [whole] if whole and found and not apart else found
    return found


def _filled(pair: Pair, text: str, start: int, end: int) -> Pair:
    return Pair(pair.label, pair.label_span, trimmed(text, start, end))


def _pair(text: str, start: int, end: int) -> Pair | None:
    line = text[start : min(end, start + _LOOKED_AT)]
    item = _ITEM.match(line)
    offset = item.end() if item else 0
    while line[offset : offset + 1] in ("*", "_", ">", "#", " ", "\t") and offset < len(line):
        offset += 1
    match = (
        _PAIR.match(line, offset)
        or _NUMBERED_NAME.match(line, offset)
        or _QUESTION.match(line, offset)
    )
    if match is None:
        return None
    label_span = trimmed(text, start + match.start("label"), start + match.end("label"))
    label = label_span.of(text).strip("*_ ")
    if not _is_label(label):
        return None
    value = trimmed(text, start + match.start("rest"), end)
    if value.of(text).startswith("//"):
        return None
    return Pair(label, label_span, value)


def _is_label(label: str) -> bool:
    if not 0 < len(label) <= MAX_LABEL_CHARACTERS or len(label.split()) > _MAX_LABEL_WORDS:
        return False
    letters = len(_LETTER.findall(label))
    if letters < 1 or letters * 3 < len(label.replace(" ", "")):
        return False
    return not _SENTENCE_END.search(label) and not _COMMA.search(label)


def columns(text: str, start: int, end: int) -> list[Span]:
    """Return the cells of a line whose columns are set apart by tabs or wide gaps."""
    cells = []
    at = start
    line = text[start : min(end, start + 2000)]
    for match in _CELL_BREAK.finditer(line):
        if match.start() > 0 and line[: match.start()].strip():
            cells.append(trimmed(text, at, start + match.start()))
        at = start + match.end()
    cells.append(trimmed(text, at, end))
    return [cell for cell in cells if cell.end > cell.start]


def pipe_cells(text: str, start: int, end: int) -> list[Span]:
    """Return the cells between the pipes of a line, empty ones too."""
    line = text[start:end]
    cells = []
    at = 0
    for position, character in enumerate(line):
        if character == "|" and (position == 0 or line[position - 1] != "\\"):
            cells.append(trimmed(text, start + at, start + position))
            at = position + 1
    cells.append(trimmed(text, start + at, end))
    stripped = line.strip()
    if stripped.startswith("|"):
        cells = cells[1:]
    if stripped.endswith("|") and len(stripped) > 1:
        cells = cells[:-1]
    return cells[:200]
