"""Numbers, money, currencies and percentages as several countries write them."""

from __future__ import annotations

import re
from collections import Counter

from extraction.recognise.value import Conventions, Value

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
    "zł": "PLN",
    "Kč": "CZK",
    "Fr.": "CHF",
    "Rs.": "INR",
    "RM": "MYR",
    "Rp": "IDR",
    "Ft": "HUF",
    "₱": "PHP",
    "฿": "THB",
    "₫": "VND",
    "₪": "ILS",
    "₴": "UAH",
    "₦": "NGN",
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
# A code may touch its figure: `12.50CHF`.
_CODE_ALONE = rf"(?<![^\W\d_])(?:{_CODE})(?![^\W\d_])"
_UNIT = rf"(?:{_SYMBOL}|{_CODE_ALONE})"
_BODY = (
    r"(?:\d{1,3}(?:,\d{2,3})+(?:\.\d{1,6})?|\d{1,3}(?:\.\d{3})+(?:,\d{1,6})?"
    r"|\d{1,3}(?:['’]\d{3})+(?:[.,]\d{1,6})?|\d{1,3}(?: \d{3})+(?:[.,]\d{1,6})?(?! ?\d)"
    r"|\d{1,15}(?:[.,]\d{1,6})?)"
)
_NUMBER = re.compile(
    rf"(?<![\w.,/-])(?P<open>\()?(?P<sign>[-+−–])?\s?(?P<unit>{_UNIT})?\s{{0,3}}(?P<sign2>[-−–])?"
    rf"(?P<body>{_BODY})(?P<dash>[.,][-–]{{1,2}})?"
    rf"(?:\s?(?P<scale>million|billion|thousand|mio|mrd|bn|[mk])\b\.?)?"
    rf"(?:\s{{0,3}}(?P<unit2>{_UNIT}|(?:us dollars?|dollars?|euros?|pounds? sterling)\b))?"
    rf"(?:\s?(?P<percent>%|per ?cent\b|percent\b|v\.?H\.))?(?P<close>\))?(?P<behind>-(?!\w))?"
    rf"(?:[ ]?(?P<side>CR|DR)\b)?"
    rf"(?![\d%]|[.,]\d|[^\W\d_])",
    re.IGNORECASE,
)
_CURRENCY = re.compile(
    rf"(?P<code>{_CODE_ALONE})|(?P<symbol>{_SYMBOL})|\b(?P<name>{'|'.join(_NAMES)})\b",
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
_DOT_DECIMALS = re.compile(r"\d,\d{3}\.\d{1,2}(?!\d)|(?<![\d.,])\d{1,6}\.\d{2}(?![\d.,])")
_COMMA_DECIMALS = re.compile(r"\d\.\d{3},\d{1,2}(?!\d)|(?<![\d.,])\d{1,6},\d{2}(?![\d.,])")

_DOT_THOUSANDS = re.compile(
    rf"(?<![\d.,])[1-9]\d{{0,2}}(?:\.\d{{3}})+(?![\d.,])\s?{_UNIT}|{_UNIT}\s?[1-9]\d{{0,2}}(?:\.\d{{3}})+(?![\d.,])"
)


def find_numbers(text: str, start: int, end: int, ways: Conventions) -> list[Value]:
    """Return plain numbers; quality is lower for those that are money or a percentage."""
    return [
        Value(number, first, last, 0.95 if not (unit or percent) else 0.6)
        for number, first, last, unit, percent in _numbers(text, start, end, ways)
    ]


def find_money(text: str, start: int, end: int, ways: Conventions) -> list[Value]:
    """Return amounts; those with a currency beside them, or two decimals, are the surest."""
    found = []
    for number, first, last, unit, percent in _numbers(text, start, end, ways):
        if percent:
            continue
        quote = text[first:last]
        decimals = re.search(r"[.,]\d\d\)?-?$", quote)
        found.append(Value(number, first, last, 1.0 if unit else 0.9 if decimals else 0.7))
    return found


def find_percentages(text: str, start: int, end: int, ways: Conventions) -> list[Value]:
    """Return percentages as the number before the sign: 20 % is 20."""
    return [
        Value(number, first, last, 1.0 if percent else 0.55)
        for number, first, last, unit, percent in _numbers(text, start, end, ways)
        if not unit and (percent or -100 <= number <= 100)
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


def decide_decimal_comma(text: str) -> bool:
    """Decide for the whole document whether 1,50 or 1.50 is one and a half.

    Where no amount has cents, `48.000 EUR` says so too: nobody writes thousandths of a currency.
    """
    commas, dots = len(_COMMA_DECIMALS.findall(text)), len(_DOT_DECIMALS.findall(text))
    return commas > dots or (commas == dots == 0 and bool(_DOT_THOUSANDS.search(text)))


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


def _numbers(
    text: str, start: int, end: int, ways: Conventions
) -> list[tuple[float, int, int, str, bool]]:
    found = []
    for match in _NUMBER.finditer(text, start, end):
        body = match["body"]
        # `1.234,-` has no cents, so its point is no decimal one.
        number = float(re.sub(r"\D", "", body)) if match["dash"] else _parse(body, ways)
        unit = match["unit"] or match["unit2"] or ""
        scale = match["scale"]
        if scale and len(scale) == 1 and not unit:
            continue  # 5 m is five metres
        number *= _SCALES[scale.casefold()] if scale else 1
        alone = match.start() <= start + 1 and match.end() >= end - 1
        negative = _is_negative(match, unit, alone) or (match["side"] or "").upper() == ways.minus
        first, last = _place(match, negative)
        if number < _MAX:
            number = -number if negative else number
            whole = int(number) if number == int(number) else round(number, 6)
            found.append((whole, first, last, unit, bool(match["percent"])))
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


def _parse(body: str, ways: Conventions) -> float:
    body = body.replace(" ", "").replace("'", "").replace("’", "")
    dot, comma = body.rfind("."), body.rfind(",")
    if dot >= 0 and comma >= 0:
        thousands, decimal = (".", ",") if comma > dot else (",", ".")
        return float(body.replace(thousands, "").replace(decimal, "."))
    if dot < 0 and comma < 0:
        return float(body)
    mark = "," if comma >= 0 else "."
    places = len(body) - body.rfind(mark) - 1
    grouped = body.count(mark) > 1 or (
        places == 3 and not body.startswith("0") and (mark == ",") != ways.decimal_comma
    )
    return float(body.replace(mark, "") if grouped else body.replace(mark, "."))
