"""Findings from running text that is an object as a whole.

An entry is an object if it is marked (`Decision D-17: ...`), if it stands in a list under a
heading or label that names the type, or if a sentence of it holds one of the type's cues.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from extraction.document.parsed_text import ParsedText
from extraction.document.structure import Entry, Span
from extraction.labels.labels import Words, label_words
from extraction.records.confidence import CUE, LISTED, MARKED
from extraction.records.findings import Finding, Leaf, ObjectFinding, leaf
from extraction.rules.binding import (
    CLAUSE_NUMBER,
    add_clause_number,
    add_cue,
    add_cue_and_subject,
    add_subject,
    binding_cue,
    sentences,
)
from extraction.rules.describing import describe
from extraction.schema.frames import Frame
from extraction.schema.kinds import Kind
from extraction.values import names
from extraction.values.value import Value

_OPENING = re.compile(r"[\[(*_\s]*")
_NAMED = re.compile(
    r"(?P<name>[^\W\d_]+(?:[ -][^\W\d_]+){0,3}?)"
    r"(?:[ ]+(?:no\.?|nr\.?|number|#)?[ ]*(?P<id>[A-Z]{0,6}[-.]?\d[\w./-]{0,15}?))?"
    r"(?:[\])]?[*_]{0,2}(?P<mark>\s*:[*_]{0,2}|\s+[–—-](?=\s)|\.(?=\s)|$)|(?<=\d)\s)\s*",
    re.IGNORECASE,
)
_CODED = re.compile(
    r"(?P<id>(?P<letters>[A-Z]{1,6})(?P<join>[-_ .]?)(?:[A-Z]{1,5}[-_.])?\d[\w./-]{0,12}?)"
    r"[\])]?[*_]{0,2}(?:\s*[:–—.][*_]{0,2}(?=\s|$)|\s+-\s|[*_]{0,2}\s+|$)\s*"
)
_LEADING_NUMBER = re.compile(
    r"[*_(\[]{0,3}(?P<number>[A-Z]{1,5}\d{0,3}(?:[.-]\d{1,4}){1,3}[a-z]?|\d{1,3}(?:\.\d{1,3}){1,4})"
    r"[*_)\].:]{0,3}\s+(?=\S)"
    r"|[*_(\[]{0,3}(?P<code>[A-Z]{1,5}[-_]?\d{1,4}[a-z]?)(?:[*_)\].:]{1,3}\s+|\t|[ ]{2,})(?=\S)"
)
_CODE_KINDS = (Kind.IDENTIFIER, Kind.TEXT, Kind.PATTERN)
_MARK_WITHIN = 120  # code points
_MAX_SENTENCE = 1500
_LEAST_WORDS = 4
_MILD = frozenset(("should", "should not"))  # a wish, unless it is numbered as a requirement
_UNDERTAKES = re.compile(r"agreed to|undertook to", re.IGNORECASE)
_SURE_PERSON = 0.8


def find_in_entries(parsed: ParsedText, start: int, end: int) -> list[Finding]:
    """Return the objects that entries, or sentences of them, are."""
    frames = _frames_of_entries(parsed.frames)
    entries = parsed.entries_in(start, end) if frames else ()
    return [found for entry in entries for found in _in_entry(parsed, frames, entry)]


def _in_entry(parsed: ParsedText, frames: tuple[Frame, ...], entry: Entry) -> list[Finding]:
    found: list[Finding] = []
    mark = _mark_of(parsed.text, entry)
    listed = _may_be_listed(parsed, entry)
    for frame in frames:
        marked = _marked(parsed, frame, entry, mark) if mark.name or mark.code else None
        marked = marked or (_listed(parsed, frame, entry) if listed else None)
        if marked is not None:
            found.append(marked)
        elif frame.cues is not None and frame.text is not None and entry.kind != "heading":
            found += _cued(parsed, frame, entry)
    return found


@lru_cache(maxsize=8)
def _frames_of_entries(frames: tuple[Frame, ...]) -> tuple[Frame, ...]:
    """Return the types of which a document may hold several, and whose objects an entry can tell."""
    several = (frame for frame in frames if not frame.is_part and frame.occurs != "document")
    return tuple(frame for frame in several if frame.text or frame.identity)


def _object(
    frame: Frame, slots: dict[int, list[Leaf]], entry: Entry, span: Span, method: str
) -> Finding:
    return ObjectFinding(
        frame.key,
        slots,
        at=span.start,
        end=span.end,
        block=entry.block,
        section=entry.section,
        method=method,
    )


def _marked(parsed: ParsedText, frame: Frame, entry: Entry, mark: _Mark) -> Finding | None:
    text, span = parsed.text, entry.span
    behind = _behind(parsed, frame, entry, mark)
    if behind is None:
        return None
    start, identity = behind
    description = describe(parsed, frame, start, span.end, MARKED)
    add_cue_and_subject(parsed, frame, Span(start, span.end), description)
    own = frame.identity
    if identity is not None and own is not None and own.prop.kind in _CODE_KINDS:
        value = Value(identity.of(text), identity.start, identity.end, 1.0)
        description[own.index] = [leaf(value, MARKED)]
    if not description:
        return None
    return _object(frame, description, entry, span, MARKED)


class _Mark(NamedTuple):
    """What an entry begins with, whatever the type: a name with its words, or a code."""

    name: re.Match[str] | None
    words: Words
    code: re.Match[str] | None


def _mark_of(text: str, entry: Entry) -> _Mark:
    first = text[entry.span.start : min(entry.span.end, entry.span.start + _MARK_WITHIN)]
    opening = _OPENING.match(first)
    at = opening.end() if opening else 0
    name = _NAMED.match(first, at)
    return _Mark(name, label_words(name["name"]) if name else (), _CODED.match(first, at))


def _behind(
    parsed: ParsedText, frame: Frame, entry: Entry, mark: _Mark
) -> tuple[int, Span | None] | None:
    """Return where the text behind an entry's mark begins, and the number in the mark."""
    span, name, code = entry.span, mark.name, mark.code
    if name and frame.named_by(mark.words):
        sign = (name["mark"] or "").strip(" *_")
        if name["id"]:
            return span.start + name.end(), _moved(name.span("id"), span.start)
        if (sign == ":" or (sign and entry.kind == "item")) and span.start + name.end() < span.end:
            return span.start + name.end(), None
    if code and _fits(parsed, frame, entry, code):
        return span.start + code.end(), _moved(code.span("id"), span.start)
    return None


def _moved(place: tuple[int, int], by: int) -> Span:
    return Span(place[0] + by, place[1] + by)


def _fits(parsed: ParsedText, frame: Frame, entry: Entry, code: re.Match[str]) -> bool:
    """Tell whether a code's letters are those of this type; one letter alone needs more."""
    if code["letters"] not in frame.prefixes or frame.identity is None:
        return False
    if frame.identity.prop.kind not in _CODE_KINDS:
        return False
    if code["join"] in ("", " ", ".") and len(code["letters"]) < 2:
        return _introduced(parsed, frame, entry)
    return True


def _introduced(parsed: ParsedText, frame: Frame, entry: Entry) -> bool:
    """Tell whether the label or heading above an entry names the type."""
    if entry.intro:
        return frame.named_by(label_words(entry.intro))
    section = entry.section
    if entry.kind == "heading":
        section = parsed.parent_section(section)
    words = parsed.section_words(section)
    return bool(words) and frame.named_by(words)


def _may_be_listed(parsed: ParsedText, entry: Entry) -> bool:
    """Tell an item of a list, or a paragraph with no list beside it, that may be one of what stands above it."""
    if entry.kind != "paragraph":
        return entry.kind == "item" and entry.level <= 1
    if entry.section in parsed.sections_with_items:
        return False
    if len(parsed.text[entry.span.start : entry.span.end].split()) < _LEAST_WORDS:
        return False
    facts = parsed.facts_in(entry.span.start, entry.span.start + 4)
    return not any(fact.how in ("key_value", "column_pair") for fact in facts)


def _listed(parsed: ParsedText, frame: Frame, entry: Entry) -> Finding | None:
    if entry.kind == "paragraph" and frame.text is None:
        return None
    if not _introduced(parsed, frame, entry):
        return None
    description = describe(parsed, frame, entry.span.start, entry.span.end, LISTED)
    add_cue_and_subject(parsed, frame, entry.span, description)
    anchor = frame.text or frame.identity
    if anchor is None or anchor.index not in description:
        return None
    return _object(frame, description, entry, entry.span, LISTED)


def _cued(parsed: ParsedText, frame: Frame, entry: Entry) -> list[Finding]:
    text, span = parsed.text, entry.span
    if frame.cues is None or not frame.cues.search(text, span.start, span.end):
        return []
    found = []
    for number, whole in enumerate(sentences(text, span.start, span.end)):
        if whole.end - whole.start > _MAX_SENTENCE:
            continue
        number_at = None if number else _leading_number(text, whole)
        sentence = Span(number_at[1], whole.end) if number_at else whole
        cue = binding_cue(text, sentence, frame.cues)
        if cue is None or not _is_statement(text, whole, cue):
            continue
        if cue[0].casefold() in _MILD and not (
            number_at or (number == 0 and CLAUSE_NUMBER.match(entry.marker))
        ):
            continue
        description = describe(parsed, frame, sentence.start, sentence.end, CUE)
        if frame.text is None or frame.text.index not in description:
            continue
        add_subject(parsed, frame, sentence, cue.start(), description)
        add_cue(parsed, frame, cue, description)
        if number == 0:
            add_clause_number(parsed, frame, entry, number_at, description)
        found.append(_object(frame, description, entry, sentence, CUE))
    return found


def _is_statement(text: str, sentence: Span, cue: re.Match[str]) -> bool:
    """Tell a sentence that is an object by its cue from a heading, an introduction, or what a person takes on."""
    words = sentence.of(text)
    if len(words.split()) < _LEAST_WORDS or words.endswith(":"):
        return False
    before = text[sentence.start : cue.start()].strip()
    # "Jane Doe agreed to call the bank" is a task of hers.
    return not (_UNDERTAKES.match(cue[0]) and names.person_quality(before) >= _SURE_PERSON)


def _leading_number(text: str, sentence: Span) -> tuple[int, int, int] | None:
    """Return where a sentence's text begins behind its number, and where the number stands.

    The result is (start, text start, end) of a number such as `SL.3` or `(4.2)`.
    """
    match = _LEADING_NUMBER.match(text, sentence.start, sentence.end)
    if match is None:
        return None
    group = "number" if match["number"] else "code"
    return match.start(group), match.end(), match.end(group)
