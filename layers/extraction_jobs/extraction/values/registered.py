"""Numbers that somebody registers: phones, accounts, tax numbers.

Found by their shape, judged by libraries that know the numbering plans and the check digits. Those
are loaded when the first such number is looked at: most documents hold none.
"""

from __future__ import annotations

import re
from functools import lru_cache

from extraction.values.codes import plain
from extraction.values.value import Value

_PHONE = re.compile(
    r"[+(\d](?<![\w.,/+-].)[\d ()./-]{5,26}\d(?:\s?(?:ext\.?|x)\s?\d{1,6})?(?![\w@]|[.,/-]\d)",
    re.IGNORECASE,
)
# A number within a house: `ext. 2107`.
_EXTENSION = re.compile(
    r"[eEdDpPiI](?<!\w.)(?:xt(?:n|ension)?|urchwahl|oste|nterno)\b\.?\s?\d{2,6}(?!\w)"
)
_DATE_LIKE = re.compile(
    r"(?:19|20)\d\d\s?[-–]\s?(?:19|20)\d\d$|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}$|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}$"
)
# From its first figure, as long as an IBAN may be (ISO 13616), in groups or not, over two lines or one; what stands
# behind it may look like a group of it.
_IBAN = re.compile(
    r"\d(?:(?<=(?<![^\W_])[A-Za-z]{2}.)|(?<=(?<![^\W_])[A-Za-z]{2}[ ].))\d"
    r"(?:[ .\u2010-\u2013-]?[A-Za-z0-9]{1,4}|[ ]{0,3}\n[ ]{0,40}[A-Za-z0-9]{1,4}){2,9}(?![^\W_])"
)
_NO_PART_OF_IBAN = re.compile(r"[\W_]+")
_TAX = re.compile(
    r"\b(?<!\w-)(?:[A-Z]\d-\d{7}-[\dA-Z]\b)|\b(?<!\w-)"
    r"(?:[A-Z]{2,3}[ -]?|[a-z]{2,3}(?=\d))?(?:[A-Z]-?\d{7}[A-Z0-9]|\d{2,4}(?:[ ./-]?\d{2,4}){1,4}|\d{6,13})"
    r"(?:[ -]?(?:B\d{2}|[A-Z]{1,3}\d{0,2}|MWST|TVA|IVA))?\b|\b\d{2}[A-Z]{5}\d{4}[A-Z][0-9A-Z]{3}\b"
)
_OF_A_COUNTRY = re.compile(r"[A-Z]{2}(?=[A-Z]?\d)")


def find_phones(text: str, start: int, end: int) -> list[Value]:
    """Return phone numbers as written: 7 to 15 digits (E.164).

    One with a country's code is surer if it is possible there; one whose country does not exist is none.
    """
    found = []
    for value in plain(_PHONE, text, start, end, 0.8):
        number = re.split(r"ext|x", value.value, flags=re.IGNORECASE)[0]
        digits = sum(c.isdigit() for c in number)
        balanced = value.value.count("(") == value.value.count(")")
        if not 7 <= digits <= 15 or not balanced or _DATE_LIKE.match(value.value):
            continue
        quality = 0.95 if number.startswith("(") else 0.8
        if number.startswith(("+", "00")):
            quality = _quality_of_phone(number)
        if quality:
            found.append(Value(value.value, value.start, value.end, quality))
    return found or plain(_EXTENSION, text, start, end, 0.75)


def _quality_of_phone(number: str) -> float:
    import phonenumbers

    try:
        parsed = phonenumbers.parse(re.sub(r"^00", "+", number).replace("(0)", ""), None)
    except phonenumbers.NumberParseException:
        return 0.0
    # People mistype digits, and leave some out; what they wrote is still their number.
    return 0.95 if phonenumbers.is_possible_number(parsed) else 0.6


def find_ibans(text: str, start: int, end: int) -> list[Value]:
    """Return IBANs without spaces. One whose check digits do not hold gets a low quality."""
    found = []
    for match in _IBAN.finditer(text, start, end):
        first = match.start() - (3 if text[match.start() - 1] == " " else 2)
        piece = text[max(first, start) : match.end()]
        written = _NO_PART_OF_IBAN.sub("", piece).upper()
        length = _length_of_iban(written[:2])
        compact = written[:length]
        if not length or len(compact) < length:
            continue
        reach = _position_of(piece, length)
        # Unless it is told by its look, only check digits tell it from words.
        quality = _quality_of_iban(compact)
        if quality == 1.0 or (quality and piece[0].isupper() and "\n" not in piece[:reach]):
            found.append(Value(compact, first, first + reach, quality))
    return found


@lru_cache(maxsize=1024)
def _length_of_iban(country: str) -> int:
    """Return how long the numbers of a country are, 0 if it has none."""
    from stdnum import numdb

    known = numdb.get("iban").info(country)[0][1].get("bban", "")
    return 4 + sum(map(int, re.findall(r"(\d+)!", known))) if known else 0


def _quality_of_iban(compact: str) -> float:
    from stdnum import iban

    right = compact[:2] + iban.calc_check_digits(compact) + compact[4:]
    if not iban.is_valid(right, check_country=False):  # its country has no numbers of this form
        return 0.0
    return 1.0 if compact == right else 0.35


def find_tax_numbers(text: str, start: int, end: int) -> list[Value]:
    """Return VAT and tax numbers as written; one whose check digits hold is surer."""
    found = []
    for value in plain(_TAX, text, start, end, 0.9):
        digits = sum(c.isdigit() for c in value.value)
        if 7 <= digits <= 15 and not _DATE_LIKE.match(value.value):
            of_country = 0.95 if _OF_A_COUNTRY.match(value.value) else 0.9
            quality = 1.0 if _is_vat_number(value.value) else of_country
            found.append(Value(value.value, value.start, value.end, quality))
    return found


def _is_vat_number(written: str) -> bool:
    if not _OF_A_COUNTRY.match(written):
        return False
    from stdnum import get_cc_module

    country = get_cc_module(written[:2].lower(), "vat")
    return country is not None and bool(country.is_valid(written))


def _position_of(text: str, letters: int) -> int:
    """Return how far into the text that many letters and figures reach."""
    seen = 0
    for position, character in enumerate(text):
        seen += character.isalnum()
        if seen == letters:
            return position + 1
    return len(text)
