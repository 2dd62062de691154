"""The entries of a CV under its headings, each with a period or a year, in any layout.

`**Process Engineer**, Orbel Tools S.L., Bilbao` and `March 2020 - present` below it, or all on one line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from extraction.document.parsed_text import ParsedText
from extraction.document.structure import Span, stripped
from extraction.labels.word_lists import any_of, words_of
from extraction.labels.words import folded
from extraction.values import names
from extraction.values.value import Value

WORK, STUDY = "work", "study"
_HEADS = {
    WORK: words_of("work_heading"),
    STUDY: words_of("study_heading"),
}
_FURTHER = words_of("cv_heading")
_MONTH_NAMES = {*words_of("month"), *map(folded, words_of("month"))}
_MONTH = any_of(_MONTH_NAMES | {name[:size] for name in _MONTH_NAMES for size in (3, 4)})
_WHEN = rf"(?:(?i:{_MONTH})\.?,?\s+(?:of\s+)?|\d{{1,2}}[/.])?(?:19|20)\d\d"
_NOW = (
    r"(?i:present|current|now|today|date|ongoing|heute|jetzt|aujourd['’]hui|maintenant|actualidad|ahora|presente|oggi|"
    r"heden|hoje)"
)
_PERIOD = re.compile(
    rf"(?<![\w/])(?:(?:(?i:from|von|de|dal?)\s+)?(?P<from>{_WHEN})\s*"
    rf"(?:[-–—]|(?i:to|until|till|bis|à|au|al?))\s*(?P<to>{_WHEN}|{_NOW})"
    rf"|(?i:since|seit|depuis|from|desde)\s+(?P<since>{_WHEN})|(?P<when>{_WHEN}))(?![\w/])"
)
_CUT = re.compile(
    r"\s*\|\s*|\s+[·•—–/-]\s+|\t+|\s{2,}|\s*;\s*|\s+(?:at|@|bei|chez|presso)\s+(?:the\s+)?(?=[A-ZÀ-Þ])"
    r"|[*_]{2}\s*|\s*\n\s*|\s*[()]\s*"
    r"|,\s+(?!(?:Inc|Ltd|LLC|LLP|Corp|GmbH|S\.|B\.V|Limited)\b)"
)
_SPAN_OF_TIME = re.compile(
    r"(?i)[\s*•-]*\d+\+?\s+(?:years?|months?|ans|jahre|años|anni)\s+(?:as\s+)?(?:an?\s+)?"
)
_JOB = re.compile(rf"(?i)\b{any_of(words_of('job') | words_of('occupation'))}s?\b")
_DEGREE = re.compile(
    r"\b(?:B\.?\s?Sc|B\.?A|B\.?S|B\.?Eng|BTech|B\.?Tech|B\.?Ed|LL\.?B|LL\.?M|M\.?Sc|M\.?A|M\.?S|M\.?Eng|MBA|M\.?B\.?A|M\.?Phil|"
    r"Ph\.?\s?D|D\.?Phil|HND|HNC|NVQ|GCSEs?|GED|A[- ]Levels?|Abitur|Baccalauréat|DUT|BTS|Licence|Laurea|"
    r"(?i:bachelor|master|magister|doctor\w*|diplom\w*|degree|certific\w*|associate|licenciatura|grado|maîtrise|staatsexamen))\b"
)
_SCHOOL = re.compile(
    r"(?i)\b(?:universit\w*|college|school|institut\w*|academy|polytechni\w*|hochschule|gymnasium|lycée|école|faculty|"
    r"universidad|università|conservator\w*|seminary|alliance|academia)\b"
)
_BULLET = re.compile(r"[ \t]*(?:[-*•‣◦▪●+–][ \t]|\d{1,2}[.)][ \t])")
_LOWEST = 9  # level of a heading that only its words tell
_LONGEST = 140  # code points of a line that heads an entry


class _Dated(NamedTuple):
    """A line of a CV with a period on it."""

    number: int
    period: re.Match[str]


def stretches(parsed: ParsedText, what: str) -> Iterator[Span]:
    """Yield what stands under each heading of a kind, up to the next one that is no part of it."""
    known = _HEADS[WORK] | _HEADS[STUDY] | _FURTHER
    lines = _lines(parsed.text, Span(0, len(parsed.text)))
    found = {
        line.start: (line.end, _LOWEST) for line in lines if _called(line.of(parsed.text)) in known
    }
    found |= {s.title.start: (s.title.end, s.level) for s in parsed.structure.sections}
    heads = [(first, *rest) for first, rest in sorted(found.items())]
    for number, (first, last, level) in enumerate(heads):
        if _called(parsed.text[first:last]) not in _HEADS[what]:
            continue
        others = (
            head
            for head in heads[number + 1 :]
            if head[2] <= level or _called(parsed.text[head[0] : head[1]]) in known
        )
        following = next(others, (len(parsed.text), 0, 0))
        if following[0] > last:
            yield Span(last, following[0])


def _called(heading: str) -> str:
    return " ".join(re.sub(r"[^\w&\s]|_", " ", heading.casefold()).replace("&", " and ").split())


def _lines(text: str, span: Span) -> list[Span]:
    found, at = [], span.start
    while at < span.end:
        end = text.find("\n", at, span.end)
        end = end if end >= 0 else span.end
        found.append(stripped(text, at, end, " \t#>"))
        at = end + 1
    return found


def entries(text: str, stretch: Span, what: str) -> Iterator[tuple[int, int, dict[str, Value]]]:
    """Yield each entry: where it begins and ends, and what its lines say."""
    lines = _lines(text, stretch)
    dated = [
        _Dated(number, period)
        for number, line in enumerate(lines)
        if line.end - line.start <= _LONGEST and (period := _period(text, line, what)) is not None
    ]
    taken: set[int] = set()
    for each in dated:
        numbers = _heads(text, lines, each, {d.number for d in dated}, taken)
        taken.update(numbers)
        pieces = [p for n in sorted(numbers) for p in _pieces(text, lines[n], each.period)]
        titled = any(_is_title(text, lines[number]) for number in numbers)
        told = _told(text, pieces, what, titled=titled)
        if told:
            told |= _when(each.period)
            places = [v.start for v in told.values()]
            yield min(places), max(v.end for v in told.values()), told


def _period(text: str, line: Span, what: str) -> re.Match[str] | None:
    found = list(_PERIOD.finditer(text, line.start, line.end))
    if what == WORK:
        found = [match for match in found if match["when"] is None]
    return found[-1] if found else None


def _heads(
    text: str, lines: Sequence[Span], dated: _Dated, others: set[int], taken: set[int]
) -> set[int]:
    """Return the lines that head an entry: its dated one, and one beside it that says what the entry is of."""

    def heads(number: int) -> bool:
        inside = 0 <= number < len(lines) and number not in others and number not in taken
        return (
            inside
            and 2 < lines[number].end - lines[number].start <= _LONGEST
            and not _BULLET.match(text, text.rfind("\n", 0, lines[number].start) + 1)
            and _ends_open(lines[number].of(text))
        )

    line = lines[dated.number]
    titles = [n for n in range(max(0, dated.number - 2), dated.number) if _is_title(text, lines[n])]
    if titles and titles[-1] not in taken:
        return {titles[-1], dated.number}
    rest = text[line.start : dated.period.start()] + text[dated.period.end() : line.end]
    if len(list(filter(str.isalpha, rest))) > 2:
        further = [n for n in (dated.number + 1,) if len(_CUT.split(rest.strip(" ,*_-–—|()"))) < 2]
        return {dated.number, *filter(heads, further)}
    above = [n for n in (dated.number - 1, dated.number - 2) if heads(n)]
    if above and above[0] == dated.number - 1:
        return {dated.number, *above}
    return {dated.number, *(n for n in (dated.number + 1, dated.number + 2) if heads(n))}


def _is_title(text: str, line: Span) -> bool:
    """Tell a heading that heads a single entry."""
    begin = text.rfind("\n", 0, line.start) + 1
    return (
        line.end > line.start and text.startswith("#", begin) and line.end - line.start <= _LONGEST
    )


def _ends_open(words: str) -> bool:
    """Tell a line that is no sentence and no label."""
    return not words.endswith((".", ":")) or names.is_organisation(words)


def _pieces(text: str, line: Span, period: re.Match[str]) -> list[Span]:
    """Return the parts of a line beside its period."""
    cuts = [line.start]
    if line.start <= period.start() < line.end:
        cuts += [period.start(), period.end()]
    cuts.append(line.end)
    found: list[Span] = []
    for first, last in zip(cuts[::2], cuts[1::2], strict=True):
        at = first
        for cut in [*(m.span() for m in _CUT.finditer(text, first, last)), (last, last)]:
            lead = _SPAN_OF_TIME.match(text, at, cut[0])
            piece = stripped(text, lead.end() if lead else at, cut[0], " \t,;|*_()-–—:•")
            if piece.end - piece.start > 1 and not names.is_organisation(piece.of(text)):
                piece = stripped(text, piece.start, piece.end, " .")
            if piece.end - piece.start > 1 and text[piece.start] != "<":
                found.append(piece)
            at = cut[1]
    return found


def _told(text: str, pieces: Sequence[Span], what: str, *, titled: bool) -> dict[str, Value]:
    """Return which part is the job and the employer, or the degree and the school."""
    marks = (_JOB, None) if what == WORK else (_DEGREE, _SCHOOL)
    roles = [p for p in pieces if marks[0].search(text, p.start, p.end)]
    bodies = [p for p in pieces if marks[1] is not None and marks[1].search(text, p.start, p.end)]
    role = next((p for p in roles if p not in bodies), None)
    rest = [p for p in pieces if p != role]
    body = bodies[0] if bodies else None
    legal = [p for p in rest if names.is_organisation(p.of(text))]
    if body is None and (role is not None or legal):
        plain = (p for p in rest if p not in roles)
        body = legal[0] if legal else next(plain, None)
    if role is None and body is None and titled and len(pieces) > 1:
        role, body = pieces[0], pieces[1]  # a heading names the job, and then who gave it
    if role is None and len(rest) > 1 and rest[0] != body:
        role = rest[0]
    if role is None and body is None:
        return {}
    place = next((p for p in rest if p not in (role, body) and body and p.start > body.end), None)
    keys = ("role", "body", "place") if what == WORK else ("degree", "school", "place")
    return {
        key: Value(" ".join(p.of(text).split()), p.start, p.end, 0.9)
        for key, p in zip(keys, (role, body, place), strict=True)
        if p is not None
    }


def _when(period: re.Match[str]) -> dict[str, Value]:
    first = next(period.start(group) for group in ("from", "since", "when") if period[group])
    told = {
        "period": Value(
            " ".join(period.string[first : period.end()].split()), first, period.end(), 0.9
        )
    }
    for key, group in (("from", "from"), ("from", "since"), ("to", "to")):
        if period[group]:
            told[key] = Value(" ".join(period[group].split()), *period.span(group), 0.9)
    last = period["to"] or period["when"] or ""
    if last[-4:].isdigit():
        end = period.end("to" if period["to"] else "when")
        told["year"] = Value(last[-4:], end - 4, end, 0.9)
    return told
