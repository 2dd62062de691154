"""Currencies: codes, signs and names, and which of them a document's amounts are in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

from extraction.labels.word_lists import any_of, meanings_of
from extraction.values.value import Value

_SIGNS = meanings_of("sign")
_CODES = frozenset(_SIGNS.values())
_NAMES = meanings_of("currency")
# A sign of letters is one between figures, spaces and marks, and not within a word.
_WORDLIKE = [sign for sign in _SIGNS if sign.isalpha() and sign not in _CODES]
_SYMBOL = (
    rf"(?:(?<![^\W\d_]){any_of(_WORDLIKE)}(?![^\W\d_])|"
    rf"{any_of(sign for sign in _SIGNS if not sign.isalpha())})"
)
# In capitals, also against a figure: in small letters `try`, `pen` and `cop` are words.
_CODE = rf"(?<![^\W\d_]){any_of(_CODES)}(?![^\W\d_])"
UNIT = rf"(?:(?-i:{_SYMBOL}|{_CODE})|(?<![^\W\d_])(?i:eur|usd|gbp|chf)(?![^\W\d_]))"
COMMON_NAME = (
    r"(?:(?:us )?dollars?|euros?|pounds? sterling)\b"  # the names that amounts are looked at for
)
# What stands beside a figure. Figures are looked for first, so that the text between them is passed over quickly.
_FIGURE = re.compile(r"\d+")
_FIRST_OF_UNIT = frozenset((*(unit[0] for unit in (*_SIGNS, *_CODES)), *"eudpgcEUDPGC"))
_LAST_OF_UNIT = frozenset(sign[-1] for sign in (*_SIGNS, *_CODES, "eur", "usd", "gbp", "chf"))
_BEFORE = re.compile(
    rf"[{re.escape(''.join(_FIRST_OF_UNIT))}](?<=(?=(?P<unit>{UNIT})\s{{0,3}}[-−–]?$).)"
)
_BEFORE_REACH = 12  # code points
_BETWEEN = " \t\n-−–"
_BEHIND = re.compile(rf"(?:[.,][-–—=]{{1,2}})?\s{{0,3}}(?P<unit>{UNIT}|(?i:{COMMON_NAME}))")
_BEHIND_REACH = 7
_JOINTS = "".join(filter(str.isspace, map(chr, range(0x3001)))) + ".,-–—="
_SAMPLE = 100_000  # code points that tell what a document's amounts are in
_HEAD = 20_000  # code points in which it says so away from them


def find_currencies(text: str, start: int, end: int) -> list[Value]:
    """Return currencies as ISO 4217 codes."""
    return [
        Value(code_of(match[0]), *match.span(), 1.0 if match["code"] else 0.85)
        for match in _any_currency().finditer(text, start, end)
    ]


@cache
def _any_currency() -> re.Pattern[str]:
    """Made when a currency is first asked for: the names of all languages take 8 ms."""
    return re.compile(rf"(?P<code>{_CODE})|{_SYMBOL}|\b(?i:{any_of(_NAMES)})\b")


def decide_currency(text: str) -> Value | None:
    """Return the currency that the document's amounts are in, and its first place."""
    places: dict[str, Value] = {}
    counts: Counter[str] = Counter()
    for match in _beside_figures(text[:_SAMPLE]):
        code = code_of(match["unit"])
        counts[code] += 1
        places.setdefault(code, Value(code, *match.span("unit"), 0.8))
    if not counts:
        return _named_anywhere(text)
    best = min(counts, key=lambda code: (-counts[code], places[code].start))
    share = counts[best] / counts.total()
    return Value(best, places[best].start, places[best].end, 0.85 * share)


def _beside_figures(text: str) -> Iterator[re.Match[str]]:
    """Yield the currencies beside figures, each place once."""
    at = 0
    for figure in _FIGURE.finditer(text):
        start, end = figure.span()
        first = max(at, start - _BEFORE_REACH)
        if text[first:start].rstrip(_BETWEEN)[-1:] in _LAST_OF_UNIT:
            before = _BEFORE.search(text, first, start)
            if before:
                yield before
                at = start + 1
        is_near = text[end : end + _BEHIND_REACH].lstrip(_JOINTS)[:1] in _FIRST_OF_UNIT
        behind = _BEHIND.match(text, end) if is_near and at < end else None
        if behind:
            yield behind
            at = behind.end()


def _named_anywhere(text: str) -> Value | None:
    """Return the currency that is named away from any amount: `all prices in GBP`."""
    found = [v for v in find_currencies(text, 0, min(len(text), _HEAD)) if v.quality == 1.0]
    if len({value.value for value in found}) != 1:
        return None
    return Value(found[0].value, found[0].start, found[0].end, 0.7)


def code_of(unit: str) -> str:
    """Return the ISO 4217 code of a sign, code or name, in small letters or large."""
    return _by_any_case().get(unit.casefold(), unit.upper())


@cache
def _by_any_case() -> dict[str, str]:
    return {said.casefold(): code for said, code in {**_NAMES, **_SIGNS}.items()}
