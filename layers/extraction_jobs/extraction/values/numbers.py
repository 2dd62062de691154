"""Numbers, money and percentages as several countries write them."""

from __future__ import annotations

import re
from typing import NamedTuple

from extraction.values.currencies import COMMON_NAME, UNIT
from extraction.values.dates import is_month
from extraction.values.value import DOUBTFUL, Conventions, Value, remembered

_BODY = (
    r"(?:\d\d{0,2}(?:,\d{2,3})+(?:\.\d{1,6})?|\d\d{0,2}(?:\.\d{3})+(?:,\d{1,6})?"
    r"|\d\d{0,2}(?:['’]\d{3})+(?:[.,]\d{1,6})?|\d\d{0,2}(?: \d{3})+(?:[.,]\d{1,6})?(?! ?\d)"
    r"|\d\d{0,14}(?:[.,]\d{1,6})?)"
)
_SCALES = {
    "million": 1e6, "mio": 1e6, "m": 1e6, "billion": 1e9, "bn": 1e9, "mrd": 1e9, "thousand": 1e3, "k": 1e3,
}  # fmt: skip
# A figure that another sign joins to a figure (`1/2`, `1:4`, `2·5`, `10-20`) is none by itself. A figure is looked for
# first, and then what stands before it: so the text between figures is passed over quickly.
_FIGURE = re.compile(
    rf"(?P<body>{_BODY})(?P<whole>[.,:][-–—=]{{1,2}}(?!\w))?(?:(?<=\d[.,]\d\d)(?-i:[A-JLNP-TX-Z])(?!\w))?(?:\[\w{{1,2}}\]|[¹²³⁰-⁹*†‡]{{1,3}}(?!\w))?"
    rf"(?:\s?(?P<scale>million|billion|thousand|mio|mrd|bn|[mk])\b\.?)?(?:\s{{0,3}}(?P<unit2>{UNIT}|{COMMON_NAME}))?"
    rf"(?:\s?(?P<percent>%|per ?cent\b|percent\b|v\.?H\.))?(?P<close>\))?(?P<behind>-(?![^\s,;.)|]))?"
    rf"(?:[ ]?(?P<side>CR|DR)\b)?(?![^\s;|=(]?\d|%|[^\W\d_]|\s?[½¼¾⅓⅔⅛]|\s(?:\d{{1,2}}[/⁄]|\d{{3}}[^\s\d.,;])\d)",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    rf"(?<![\w.,/-])(?<!\d[^\s;|=])(?P<open>\()?(?P<sign>[-+−–])?\s?(?P<unit>{UNIT})?\s{{0,3}}(?P<sign2>[-−–])?$",
    re.IGNORECASE,
)
# A cell or value that is a figure, or one with a sign of a currency, and nothing else.
_PLAIN = re.compile(
    r"(?P<unit>[€$£]\s?)?(?P<body>\d{1,15}(?:[.,]\d\d)?|\d{1,3}(?:(?:,\d{3})+\.|(?:\.\d{3})+,)\d\d)"
    r"(?P<unit2>\s?[€$£])?"
)
_APART = frozenset(" \t\n|")
_BEFORE_REACH = 12  # code points before a figure that belong to it
_ACCOUNTED = re.compile(r"\d{1,3}(?:[., ]\d{3})+|(?!(?:19|20)\d\d$)\d{2,}|.*[.,]\d\d")
_MAX = 1e15  # beyond this a float no longer holds every cent
_SAMPLE = 200_000  # code points that show how a document writes
# `1,234.50`, `1234.50` and `1234.-`. Each begins with a digit, so that the text between figures is passed over quickly.
_DECIMALS_BEHIND = (
    r"\d(?:{comma}\d{{3}}{dot}\d{{1,2}}(?!\d)|(?<![\d.,]\d)\d{{0,5}}{dot}\d{{2}}(?![\d.,])"
    r"|{dot}[-–—=]{{1,2}}(?!\w))"
)
_DOT_DECIMALS = re.compile(_DECIMALS_BEHIND.format(dot=r"\.", comma=","))
_COMMA_DECIMALS = re.compile(_DECIMALS_BEHIND.format(dot=",", comma=r"\."))
_THREE_DECIMALS = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
_DECIMALS = re.compile(r"[.,]\d\d\)?-?$")
_PRICED = re.compile(
    r"[.,]\d\d(?:\d\d)?\)?-?$|\b0[.,]\d{3,6}$|\d[.,]\d{3}$"
)  # a price of one may have more
OF = "of|on|von|auf|aus|sur|de|di|su|sobre|over|van"  # between a rate and what it is a rate of
_REACH = 30  # code points before an amount that may say what it is of
RATE_OF = re.compile(
    rf"(?:%|per ?cent)\)?\s(?:{OF})\s(?:the )?{UNIT}?\s?$",
    re.IGNORECASE,
)
_REST_OF_SUM = re.compile(rf"\s?(?:=|[x×*+]\s?{UNIT}?\s?\d)", re.IGNORECASE)
_JOINED = re.compile(rf"\s?[-–—:/]\s?{UNIT}?\s?", re.IGNORECASE)
_DAY_OR_YEAR = re.compile(r"[1-9]|[12]\d|3[01]|(?:19|20)\d\d")
_MONTH_REACH = 16  # code points
_MONTH_BEFORE = re.compile(r"(?P<name>(?!\d)\w{4,12})[.,]?\s$")
_MONTH_BEHIND = re.compile(r"\.?\s(?P<name>(?!\d)\w{4,12})")
_SIDE = re.compile(r"\d[ ]?(CR|DR)\b")


class _Figure(NamedTuple):
    """A number with its place, and what stands beside it."""

    number: float
    start: int
    end: int
    counted: bool = False
    percent: bool = False
    doubtful: bool = False

    def value(self, quality: float) -> Value:
        return Value(self.number, self.start, self.end, DOUBTFUL if self.doubtful else quality)


@remembered
def find_numbers(text: str, start: int, end: int, ways: Conventions) -> list[Value]:
    """Return plain numbers; quality is lower for those that are money or a percentage."""
    return [
        figure.value(0.6 if figure.counted or figure.percent else 0.95)
        for figure in _figures(text, start, end, ways)
    ]


@remembered
def find_money(text: str, start: int, end: int, ways: Conventions) -> list[Value]:
    """Return amounts; those with a currency beside them, or two or four decimals, are the surest.

    What an amount is reckoned from (`20% of 50.00`, `2 x 5.00 =`) is none.
    """
    found = []
    for figure in _figures(text, start, end, ways, money=True):
        if figure.percent or (figure.end < end and _REST_OF_SUM.match(text, figure.end, end)):
            continue
        before = text[max(start, figure.start - _REACH) : figure.start]
        if before and RATE_OF.search(before):
            continue
        decimals = _PRICED.search(text[figure.start : figure.end])
        found.append(figure.value(1.0 if figure.counted else 0.9 if decimals else 0.7))
    return found


@remembered
def find_percentages(text: str, start: int, end: int, ways: Conventions) -> list[Value]:
    """Return percentages as the number before the sign: 20 % is 20."""
    return [
        figure.value(1.0 if figure.percent else 0.55)
        for figure in _figures(text, start, end, ways)
        if not figure.counted and (figure.percent or -100 <= figure.number <= 100)
    ]


def decide_decimal_comma(text: str, language: str) -> tuple[bool, bool]:
    """Decide 1,50 or 1.50 for the whole document: (decimal comma, whether a figure shows it)."""
    sample = text[:_SAMPLE]
    commas, dots = len(_COMMA_DECIMALS.findall(sample)), len(_DOT_DECIMALS.findall(sample))
    if commas != dots:
        return commas > dots, True
    return language != "en", False


def decide_minus(text: str) -> str:
    """Decide which of CR and DR marks what lessens a balance: CR where there is no DR."""
    return "CR" if "CR" in text and set(_SIDE.findall(text)) == {"CR"} else "DR"


def _figures(
    text: str, start: int, end: int, ways: Conventions, *, money: bool = False
) -> tuple[_Figure, ...]:
    plain = _PLAIN.fullmatch(text, start, end)
    if plain is not None and (not start or text[start - 1] in _APART):
        counted = bool(plain["unit"] or plain["unit2"])
        return (_Figure(_rounded(_parse(plain["body"], ways)[0]), start, end, counted),)
    found: list[_Figure] = []
    at = start
    for match in _FIGURE.finditer(text, start, end):
        first = match.start()
        before = _BEFORE.search(text, max(at, first - _BEFORE_REACH), first)
        scale, counted = match["scale"], bool((before and before["unit"]) or match["unit2"])
        metres = bool(scale) and len(scale) == 1 and not counted
        if before is None or (metres and (money or scale in "kK")):
            continue  # within something else, or a measure
        at = match.end()
        if (
            not counted
            and _DAY_OR_YEAR.fullmatch(match[0].strip(" ()"))
            and _is_dated(text, start, match, end)
        ):
            continue
        number, doubtful = _parse(
            match["body"], ways, whole=bool(match["whole"]), money=money, counted=counted
        )
        number *= _SCALES[scale.casefold()] if scale and not metres else 1
        alone = before.start() <= start + 1 and match.end() >= end - 1
        negative = _is_negative(before, match, counted, alone, ways)
        left, right = _place(before, match, negative)
        if found and _JOINED.fullmatch(text, found[-1].end, first):
            found[-1] = found[-1]._replace(doubtful=True)  # a range or a ratio
            negative, doubtful = False, True
        if number < _MAX:
            number = _rounded(-number if negative else number)
            found.append(_Figure(number, left, right, counted, bool(match["percent"]), doubtful))
    return tuple(found)


def _rounded(number: float) -> float:
    return int(number) if number == int(number) else round(number, 6)


def _is_dated(text: str, start: int, match: re.Match[str], end: int) -> bool:
    """Tell the day or year of a month that stands beside it: `(Rev. January 2025)` is no sum."""
    before = _MONTH_BEFORE.search(text, max(start, match.start() - _MONTH_REACH), match.start())
    behind = _MONTH_BEHIND.match(text, match.end(), end)
    return any(each is not None and is_month(each["name"]) for each in (before, behind))


def _is_negative(
    before: re.Match[str], match: re.Match[str], counted: bool, alone: bool, ways: Conventions
) -> bool:
    """Tell -5, 5- and, in accounts, (5.00) and a (500) that stands alone."""
    if before["sign"] not in (None, "+") or before["sign2"] or match["behind"]:
        return True
    if before["open"] and match["close"]:
        accounted = _ACCOUNTED.fullmatch(match["body"])
        return bool(counted or (accounted and (alone or _DECIMALS.search(match["body"]))))
    side: str | None = match["side"]
    return side is not None and side.upper() == ways.minus


def _place(before: re.Match[str], match: re.Match[str], negative: bool) -> tuple[int, int]:
    """Return where the figure stands: without brackets, unless they say that it is negative."""
    text = match.string
    first, last = before.start(), match.end()
    opened, closed = before["open"], match["close"]
    if opened and not (closed and negative):
        first = before.end("open")
    if closed and not (opened and negative):
        last = match.start("close")
    if before["sign"] == "+":
        first = before.end("sign")
    while text[first].isspace():
        first += 1
    while text[last - 1].isspace():
        last -= 1
    return first, last


def _parse(
    body: str,
    ways: Conventions,
    *,
    whole: bool = False,
    money: bool = False,
    counted: bool = False,
) -> tuple[float, bool]:
    """Return a figure's number, and whether it may as well be another.

    Where no figure of the document shows its decimal mark, `1.234` is doubtful; as an amount it has
    no thousandths, and with a currency beside it, it is beyond doubt.
    """
    if body.isdecimal():
        return float(body), False
    body = body.replace(" ", "").replace("'", "").replace("’", "")
    if whole:
        return float(body.replace(".", "").replace(",", "")), False  # `1.234,-` has no cents
    dot, comma = body.rfind("."), body.rfind(",")
    if dot >= 0 and comma >= 0:
        thousands, decimal = (".", ",") if comma > dot else (",", ".")
        return float(body.replace(thousands, "").replace(decimal, ".")), False
    mark = "," if comma >= 0 else "."
    grouped, doubtful = body.count(mark) > 1, False
    if _THREE_DECIMALS.fullmatch(body):
        by_custom = (mark == ",") == ways.decimal_comma
        grouped = not by_custom or (money and not ways.decimals_sure)
        doubtful = by_custom and not ways.decimals_sure and not (money and counted)
    return float(body.replace(mark, "" if grouped else ".")), doubtful
