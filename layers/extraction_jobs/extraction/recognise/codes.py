"""Things written to be typed in: identifiers, e-mail and web addresses, phones, account numbers."""

from __future__ import annotations

import re

from extraction.recognise.value import Value

_EMAIL = re.compile(
    r"(?<![\w.+-])[A-Za-z0-9][A-Za-z0-9._%+'-]{0,63}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})\.){1,6}"
    r"[A-Za-z]{2,24}(?![\w-])"
)
_URL = re.compile(
    r"(?:https?://|www\.)[^\s<>\"'|)\]]{3,500}|(?<![\w@.-])(?:[a-z0-9-]{1,63}\.){1,4}"
    r"(?:com|org|net|io|eu|co\.uk|de|fr|es|it|nl|gov|edu|info|biz|example)(?:/[^\s|]{0,200})?(?![\w@-])",
    re.IGNORECASE,
)
_PHONE = re.compile(
    r"(?<![\w.,/+-])(?:\+|00)?\(?\d[\d ()./-]{5,24}\d(?:\s?(?:ext\.?|x)\s?\d{1,6})?(?![\w@]|[.,/-]\d)",
    re.IGNORECASE,
)
_DATE_LIKE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}$|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}$")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{1,4}){2,8}\b")
_IBAN_LENGTHS = {
    "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20,
    "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IS": 26,
    "IT": 27, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15,
    "PL": 28, "PT": 25, "RO": 24, "RS": 22, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TR": 26,
    "AE": 23, "SA": 24, "IL": 23,
}  # fmt: skip
_TAX = re.compile(
    r"\b(?:[A-Z]{2,3}[ -]?)?(?:[A-Z]\d{7}[A-Z0-9]|\d{2,4}(?:[ ./-]?\d{2,4}){1,4}|\d{6,13})"
    r"(?:[ -]?(?:B\d{2}|[A-Z]{1,3}\d{0,2}|MWST|TVA|IVA))?\b|\b\d{2}[A-Z]{5}\d{4}[A-Z][0-9A-Z]{3}\b"
)
_IDENTIFIER = re.compile(
    r"(?<![\w/-])[A-Za-z0-9À-ÿ]{1,30}(?:[-/._#:][A-Za-z0-9]{1,30}){0,8}(?![\w]|[-/][\w])"
)
_LEAD = re.compile(r"(?:no|nr|num|number|ref|id|#|n°|nº)\s?[.:#]?\s{0,3}(?=\w)|#\s?", re.IGNORECASE)
_LETTERS = re.compile(r"[A-Z][A-Z0-9]{0,9}(?:[-/.][A-Z0-9]{1,10}){0,4}$")
_SPACED = re.compile(
    r"[A-Z]{1,6}[ ]\d[\dA-Z/-]{0,20}(?:[ ]\d[\dA-Z/-]{0,20}){0,4}$|\d+(?:[ ]\d{2,6}){1,5}$"
    r"|(?=[A-Z ]{0,12}\d)[A-Z0-9]{1,8}(?:[ ][A-Z0-9]{1,8}){1,3}$"
)


def find_emails(text: str, start: int, end: int) -> list[Value]:
    """Return e-mail addresses as written."""
    return _plain(_EMAIL, text, start, end, 1.0)


def find_urls(text: str, start: int, end: int) -> list[Value]:
    """Return web addresses as written, without the full stop behind them."""
    return [
        Value(v.value.rstrip(".,;:"), v.start, v.end - len(v.value) + len(v.value.rstrip(".,;:")),
              1.0 if "://" in v.value or v.value.startswith("www.") else 0.8)
        for v in _plain(_URL, text, start, end, 1.0)
    ]  # fmt: skip


def find_phones(text: str, start: int, end: int) -> list[Value]:
    """Return phone numbers as written: 7 to 15 digits, which is what E.164 allows."""
    found = []
    for value in _plain(_PHONE, text, start, end, 0.85):
        digits = sum(c.isdigit() for c in value.value.split("x")[0].split("ext")[0])
        balanced = value.value.count("(") == value.value.count(")")
        if 7 <= digits <= 15 and balanced and not _DATE_LIKE.match(value.value):
            plus = value.value.startswith(("+", "00", "("))
            found.append(Value(value.value, value.start, value.end, 0.95 if plus else 0.8))
    return found


def find_ibans(text: str, start: int, end: int) -> list[Value]:
    """Return IBANs without spaces. One whose check digits do not hold gets a low quality."""
    found = []
    for match in _IBAN.finditer(text[start:end]):
        length = _IBAN_LENGTHS.get(match[0][:2])
        if length is None:
            continue
        last = _position_of(match[0], length)
        compact = match[0][:last].replace(" ", "")
        if len(compact) == length:
            quality = 1.0 if iban_holds(compact) else 0.35
            found.append(
                Value(compact, start + match.start(), start + match.start() + last, quality)
            )
    return found


def iban_holds(compact: str) -> bool:
    """Check an IBAN's check digits (ISO 7064, mod 97-10)."""
    turned = compact[4:] + compact[:4]
    return int("".join(str(int(c, 36)) for c in turned)) % 97 == 1


def find_tax_numbers(text: str, start: int, end: int) -> list[Value]:
    """Return VAT and tax numbers as written."""
    found = []
    for value in _plain(_TAX, text, start, end, 0.9):
        digits = sum(c.isdigit() for c in value.value)
        if 7 <= digits <= 15 and not _DATE_LIKE.match(value.value):
            found.append(value)
    return found


def find_identifiers(text: str, start: int, end: int) -> list[Value]:
    """Return codes that hold a digit, such as INV-2026/17; letters alone if nothing else is there."""
    found = []
    lead = _LEAD.match(text, start, end)
    begin = lead.end() if lead else start
    spaced = _SPACED.match(text[begin:end].strip()[:60])
    if spaced and not text[begin:end].startswith(" "):
        found.append(Value(spaced[0], begin, begin + spaced.end(), 0.96))
    for value in _plain(_IDENTIFIER, text, begin, end, 0.9):
        word = value.value
        if any(c.isdigit() for c in word):
            coded = any(c.isupper() for c in word) or "-" in word or "/" in word
            found.append(Value(word, value.start, value.end, 0.95 if coded else 0.8))
    if not found and _LETTERS.match(whole := text[begin:end].strip()):
        first = text.index(whole, begin)
        found.append(Value(whole, first, first + len(whole), 0.6))
    return found


def _plain(
    pattern: re.Pattern[str], text: str, start: int, end: int, quality: float
) -> list[Value]:
    return [
        Value(match[0], start + match.start(), start + match.end(), quality)
        for match in pattern.finditer(text[start:end])
    ]


def _position_of(text: str, letters: int) -> int:
    """Return how far into the text that many characters other than spaces reach."""
    seen = 0
    for position, character in enumerate(text):
        seen += character != " "
        if seen == letters:
            return position + 1
    return len(text)
