"""Things written to be typed in: identifiers, e-mail and web addresses."""

from __future__ import annotations

import re

from extraction.values.value import Value

_EMAIL = re.compile(
    r"(?<![\w.+-])[A-Za-z0-9][A-Za-z0-9._%+'-]{0,63}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})\.){1,6}"
    r"[A-Za-z]{2,24}(?![\w-])"
)
_URL = re.compile(
    r"(?:https?://|www\.)[^\s<>\"'|)\]]{2,500}[^\s<>\"'|)\].,;:]|(?<![\w@.-])(?:[a-z0-9-]{1,63}\.){1,4}"
    r"(?:com|org|net|io|eu|co\.uk|de|fr|es|it|nl|gov|edu|info|biz|example)(?:/(?:[^\s|]{0,200}[^\s|.,;:])?)?(?![\w@-])",
    re.IGNORECASE,
)
# The plain hyphen, those that Word and typesetters put for it, the short dash and the minus.
_HYPHENS = "‐‑‒–−-"
_IDENTIFIER = re.compile(
    rf"(?<![\w/{_HYPHENS}])[A-Za-z0-9À-ÿ]{{1,30}}(?:[/._#:{_HYPHENS}][A-Za-z0-9]{{1,30}}){{0,8}}(?![\w]|[/{_HYPHENS}][\w])"
)
_LEAD = re.compile(r"(?:no|nr|num|number|ref|id|#|n°|nº)\s?[.:#]?\s{0,3}(?=\w)|#\s?", re.IGNORECASE)
_LETTERS = re.compile(r"[A-Z][A-Z0-9]{0,9}(?:[-/.][A-Z0-9]{1,10}){0,4}$")
_SPACED = re.compile(
    r"[A-Z]{1,6}[ ]\d[\dA-Z/-]{0,20}(?:[ ]\d[\dA-Z/-]{0,20}){0,4}$|\d+(?:[ ]\d{2,6}){1,5}$"
    r"|[A-Z]{2}\d\d(?:[ ][A-Z0-9]{4}){2,7}(?:[ ][A-Z0-9]{1,3})?$"
    r"|(?=[A-Z ]{0,12}\d)[A-Z0-9]{1,8}(?:[ ][A-Z0-9]{1,8}){1,3}$"
)


def find_emails(text: str, start: int, end: int) -> list[Value]:
    """Return e-mail addresses as written."""
    if text.find("@", start, end) < 0:
        return []
    return plain(_EMAIL, text, start, end, 1.0)


def find_urls(text: str, start: int, end: int) -> list[Value]:
    """Return web addresses as written, without the full stop behind them."""
    return [
        Value(v.value, v.start, v.end, 1.0 if v.value.startswith(("http", "www.")) else 0.8)
        for v in plain(_URL, text, start, end, 1.0)
    ]


def find_identifiers(text: str, start: int, end: int) -> list[Value]:
    """Return codes that hold a digit, such as INV-2026/17; letters alone if nothing else is there."""
    found = []
    lead = _LEAD.match(text, start, end)
    begin = lead.end() if lead else start
    spaced = _SPACED.match(text[begin:end].strip()[:60])
    if spaced and not text[begin:end].startswith(" "):
        found.append(Value(spaced[0], begin, begin + spaced.end(), 0.96))
    for value in plain(_IDENTIFIER, text, begin, end, 0.9):
        word = value.value
        if any(c.isdigit() for c in word):
            coded = any(c.isupper() for c in word) or "-" in word or "/" in word
            found.append(Value(word, value.start, value.end, 0.95 if coded else 0.8))
    if not found and _LETTERS.match(whole := text[begin:end].strip()):
        first = text.index(whole, begin)
        found.append(Value(whole, first, first + len(whole), 0.6))
    return found


def plain(pattern: re.Pattern[str], text: str, start: int, end: int, quality: float) -> list[Value]:
    """Return what a pattern matches, as written."""
    return [
        Value(match[0], start + match.start(), start + match.end(), quality)
        for match in pattern.finditer(text[start:end])
    ]
