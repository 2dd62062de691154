"""Numbers, money, currencies and percentages as several countries write them."""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from extraction.labels.vocabulary import language_of
from extraction.values.value import DOUBTFUL, Conventions, Value

_SYMBOLS = {
    "US$": "USD",
    "A$": "AUD",
    "C$": "CAD",
    "AU$": "AUD",
    "CA$": "CAD",
    "NZ$": "NZD",
    "NT$": "TWD",
    "HK$": "HKD",
    "S$": "SGD",
    "R$": "BRL",
    "$": "USD",
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY",
    "₹": "INR",
    "₽": "RUB",
    "₺": "TRY",
    "₩": "KRW",
    "₪": "ILS",
    "₫": "VND",
    "₦": "NGN",
    "₱": "PHP",
    "₴": "UAH",
    "฿": "THB",
    "zł": "PLN",
    "Kč": "CZK",
    "Fr.": "CHF",
    "Rs.": "INR",
    "RM": "MYR",
    "Rp": "IDR",
    "Ft": "HUF",
}
_CODES = frozenset(
    "AED ARS AUD BGN BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR ISK JPY KES "
    "KRW KWD MAD MXN MYR NGN NOK NZD PEN PHP PKR PLN QAR RON RSD RUB SAR SEK SGD THB TND TRY TWD "
    "UAH USD UYU VND ZAR".split()
)
_NAMES = {
    "us dollars": "USD",
    "us dollar": "USD",
    "dollars": "USD",
    "dollar": "USD",
    "euros": "EUR",
    "euro": "EUR",
    "pounds sterling": "GBP",
    "pound sterling": "GBP",
    "sterling": "GBP",
    "swiss francs": "CHF",
    "swiss franc": "CHF",
    "japanese yen": "JPY",
    "yen": "JPY",
    "indian rupees": "INR",
    "rupees": "INR",
}
# A sign of letters is one between figures, spaces and marks, and not within a word.
_SYMBOL = "|".join(
    rf"(?<![^\W\d_]){re.escape(s)}(?![^\W\d_])" if s.isalpha() else re.escape(s)
    for s in sorted(_SYMBOLS, key=lambda s: (-len(s), s))
)
_CODE = "|".join(sorted(_CODES))
# In capitals, also against a figure: in small letters `try`, `pen` and `cop` are words.
_CODED = rf"(?<![^\W\d_])(?:(?-i:{_CODE})|eur|usd|gbp|chf)(?![^\W\d_])"
UNIT = rf"(?:{_SYMBOL}|{_CODED})"
_BODY = (
    r"(?:\d{1,3}(?:,\d{2,3})+(?:\.\d{1,6})?|\d{1,3}(?:\.\d{3})+(?:,\d{1,6})?"
    r"|\d{1,3}(?:['’]\d{3})+(?:[.,]\d{1,6})?|\d{1,3}(?: \d{3})+(?:[.,]\d{1,6})?(?! ?\d)"
    r"|\d{1,15}(?:[.,]\d{1,6})?)"
)
# A figure that another sign joins to a figure (`1/2`, `1:4`, `2·5`, `10-20`) is none by itself.
_NUMBER = re.compile(
    rf"(?<![\w.,/-])(?<!\d[^\s;|=])(?P<open>\()?(?P<sign>[-+−–])?\s?(?P<unit>{UNIT})?\s{{0,3}}(?P<sign2>[-−–])?"
    rf"(?P<body>{_BODY})(?P<whole>[.,:][-–—=]{{1,2}}(?!\w))?(?:\[\w{{1,2}}\]|[¹²³⁰-⁹*†‡]{{1,3}}(?!\w))?"
    rf"(?:\s?(?P<scale>million|billion|thousand|mio|mrd|bn|[mk])\b\.?)?"
    rf"(?:\s{{0,3}}(?P<unit2>{UNIT}|(?:us dollars?|dollars?|euros?|pounds? sterling)\b))?"
    rf"(?:\s?(?P<percent>%|per ?cent\b|percent\b|v\.?H\.))?(?P<close>\))?(?P<behind>-(?![^\s,;.)|]))?"
    rf"(?:[ ]?(?P<side>CR|DR)\b)?"
    rf"(?![^\s;|=(]?\d|%|[^\W\d_]|\s?[½¼¾⅓⅔⅛]|\s(?:\d{{1,2}}[/⁄]|\d{{3}}[^\s\d.,;])\d)",
    re.IGNORECASE,
)
_CURRENCY = re.compile(
    rf"(?P<code>(?<![^\W\d_])(?:{_CODE})(?![^\W\d_]))|(?P<symbol>{_SYMBOL})|\b(?P<name>{'|'.join(_NAMES)})\b",
)
_NAME_ANY_CASE = re.compile(rf"\b(?:{'|'.join(_NAMES)})\b", re.IGNORECASE)
_SCALES = {
    "million": 1e6,
    "mio": 1e6,
    "m": 1e6,
    "billion": 1e9,
    "bn": 1e9,
    "mrd": 1e9,
    "thousand": 1e3,
    "k": 1e3,
}
_ACCOUNTED = re.compile(r"^\d{1,3}(?:[., ]\d{3})+$|^(?!19\d\d$|20\d\d$)\d{2,}$")
_HEAD = 20_000  # code points in which a document says what its amounts are in
_MAX = 1e15  # beyond this a float no longer holds every cent
_WHOLE = r"\d{mark}[-–—=]{{1,2}}(?!\w)"
_DOT_DECIMALS = re.compile(
    r"\d,\d{3}\.\d{1,2}(?!\d)|(?<![\d.,])\d{1,6}\.\d{2}(?![\d.,])|" + _WHOLE.format(mark=r"\.")
)
_COMMA_DECIMALS = re.compile(
    r"\d\.\d{3},\d{1,2}(?!\d)|(?<![\d.,])\d{1,6},\d{2}(?![\d.,])|" + _WHOLE.format(mark=",")
)
_THREE_DECIMALS = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
_DECIMALS = re.compile(r"[.,]\d\d\)?-?$")
OF = "of|on|von|auf|aus|sur|de|di|su|sobre|over|van"  # between a rate and what it is a rate of
_REACH = 30  # code points before an amount that may say what it is of
RATE_OF = re.compile(
    rf"(?:%|per ?cent)\)?\s(?:{OF})\s(?:the )?{UNIT}?\s?$",
    re.IGNORECASE,
)
_REST_OF_SUM = re.compile(rf"\s?(?:=|[x×*+]\s?{UNIT}?\s?\d)", re.IGNORECASE)
_JOINED = re.compile(rf"\s?[-–—:/]\s?{UNIT}?\s?", re.IGNORECASE)


class _Figure(NamedTuple):
    """A number with its place, and what stands beside it."""

    number: float
    start: int
    end: int
    unit: str
    percent: bool
    doubtful: bool

    def value(self, quality: float) -> Value:
        return Value(self.number, self.start, self.end, DOUBTFUL if self.doubtful else quality)


def find_numbers(text: str, start: int, end: int, ways: Conventions) -> list[Value]:
    """Return plain numbers; quality is lower for those that are money or a percentage."""
    return [
        figure.value(0.6 if figure.unit or figure.percent else 0.95)
        for figure in _figures(text, start, end, ways)
    ]


def find_money(text: str, start: int, end: int, ways: Conventions) -> list[Value]:
    """Return amounts; those with a currency beside them, or two decimals, are the surest.

    What an amount is reckoned from (`20% of 50.00`, `2 x 5.00 =`) is none.
    """
    found = []
    for figure in _figures(text, start, end, ways, money=True):
        before = text[max(start, figure.start - _REACH) : figure.start]
        if figure.percent or RATE_OF.search(before) or _REST_OF_SUM.match(text, figure.end, end):
            continue
        decimals = _DECIMALS.search(text[figure.start : figure.end])
        found.append(figure.value(1.0 if figure.unit else 0.9 if decimals else 0.7))
    return found


def find_percentages(text: str, start: int, end: int, ways: Conventions) -> list[Value]:
    """Return percentages as the number before the sign: 20 % is 20."""
    return [
        figure.value(1.0 if figure.percent else 0.55)
        for figure in _figures(text, start, end, ways)
        if not figure.unit and (figure.percent or -100 <= figure.number <= 100)
    ]


def find_currencies(text: str, start: int, end: int) -> list[Value]:
    """Return currencies as ISO 4217 codes."""
    found = []
    for match in _CURRENCY.finditer(text[start:end]):
        code = match["code"] or _SYMBOLS.get(match["symbol"] or "") or _NAMES[match["name"]]
        quality = 1.0 if match["code"] else 0.85
        found.append(Value(code, start + match.start(), start + match.end(), quality))
    if not found:
        for match in _NAME_ANY_CASE.finditer(text[start:end]):
            code = _NAMES[match[0].casefold()]
            found.append(Value(code, start + match.start(), start + match.end(), 0.85))
    return found


def decide_decimal_comma(text: str) -> tuple[bool, bool]:
    """Decide 1,50 or 1.50 for the whole document: (decimal comma, whether a figure shows it)."""
    commas, dots = len(_COMMA_DECIMALS.findall(text)), len(_DOT_DECIMALS.findall(text))
    if commas != dots:
        return commas > dots, True
    return language_of(text) != "en", False


def decide_currency(text: str) -> Value | None:
    """Return the currency that the document's amounts are in, and its first place."""
    places: dict[str, Value] = {}
    counts: Counter[str] = Counter()
    for match in _NUMBER.finditer(text):
        unit = match["unit"] or match["unit2"]
        if unit:
            group = "unit" if match["unit"] else "unit2"
            code = _code(unit)
            counts[code] += 1
            places.setdefault(code, Value(code, match.start(group), match.end(group), 0.8))
    if not counts:
        return _named_anywhere(text)
    best = min(counts, key=lambda code: (-counts[code], places[code].start))
    share = counts[best] / sum(counts.values())
    place = places[best]
    return Value(best, place.start, place.end, 0.85 * share)


def _named_anywhere(text: str) -> Value | None:
    """Return the currency that is named away from any amount: `all prices in GBP`."""
    found = [v for v in find_currencies(text, 0, min(len(text), _HEAD)) if v.quality == 1.0]
    if not found or len({value.value for value in found}) > 1:
        return None
    return Value(found[0].value, found[0].start, found[0].end, 0.7)


def _code(unit: str) -> str:
    upper = unit.upper()
    if upper in _CODES:
        return upper
    for symbol, code in _SYMBOLS.items():
        if symbol.upper() == upper:
            return code
    return _NAMES.get(unit.casefold(), upper)


def _figures(
    text: str, start: int, end: int, ways: Conventions, *, money: bool = False
) -> list[_Figure]:
    found: list[_Figure] = []
    for match in _NUMBER.finditer(text, start, end):
        unit = match["unit"] or match["unit2"] or ""
        scale = match["scale"]
        if scale and len(scale) == 1 and not unit:
            continue  # 5 m is five metres
        number, doubtful = _parse(match, ways, money=money, counted=bool(unit))
        number *= _SCALES[scale.casefold()] if scale else 1
        alone = match.start() <= start + 1 and match.end() >= end - 1
        negative = _is_negative(match, unit, alone) or (match["side"] or "").upper() == ways.minus
        first, last = _place(match, negative)
        if found and _JOINED.fullmatch(text, found[-1].end, match.start("body")):
            found[-1] = found[-1]._replace(doubtful=True)  # a range or a ratio
            negative, doubtful = False, True
        if number < _MAX:
            number = -number if negative else number
            whole = int(number) if number == int(number) else round(number, 6)
            found.append(_Figure(whole, first, last, unit, bool(match["percent"]), doubtful))
    return found


def _is_negative(match: re.Match[str], unit: str, alone: bool) -> bool:
    """Tell -5, 5- and, in accounts, (5.00) and a (500) that stands alone."""
    if match["sign"] in ("-", "−", "–") or match["sign2"] or match["behind"]:
        return True
    bracketed = match["open"] and match["close"]
    decimals = re.search(r"[.,]\d\d$", match["body"])
    return bool(bracketed and (unit or decimals or (alone and _ACCOUNTED.search(match["body"]))))


def decide_minus(text: str) -> str:
    """Decide which of CR and DR marks what lessens a balance: CR where there is no DR."""
    sides = set(re.findall(r"\d[ ]?(CR|DR)\b", text))
    return "CR" if sides == {"CR"} else "DR"


def _place(match: re.Match[str], negative: bool) -> tuple[int, int]:
    """Return where the figure stands: without brackets, unless they say that it is negative."""
    text = match.string
    first, last = match.span()
    if match["open"] and not (match["close"] and negative):
        first = match.end("open")
    if match["close"] and not (match["open"] and negative):
        last = match.start("close")
    if match["sign"] == "+":
        first = match.end("sign")
    while text[first] == " ":
        first += 1
    while text[last - 1] == " ":
        last -= 1
    return first, last


def _parse(
    match: re.Match[str], ways: Conventions, *, money: bool, counted: bool
) -> tuple[float, bool]:
    """Return a figure's number, and whether it may as well be another.

    Where no figure of the document shows its decimal mark, `1.234` is doubtful; as an amount it has
    no thousandths, and with a currency beside it, it is beyond doubt.
    """
    body = re.sub(r"[ '’]", "", match["body"])
    if match["whole"]:
        return float(re.sub(r"[.,]", "", body)), False  # `1.234,-` has no cents
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
