"""From bytes to characters: byte order marks, declared and guessed encodings."""

from __future__ import annotations

import codecs
import re

from extraction.errors import PermanentError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(rb"(?:charset|encoding)\s{0,5}=\s{0,5}[\"']?([A-Za-z0-9_.:-]{1,40})")
_CONTROLS = frozenset(range(32)) - {9, 10, 11, 12, 13, 27}
_SAMPLE = 65_536
# Encodings that Python knows but that decode bytes to something other than text, or that a
# sender could use to make few bytes into many characters.
_TEXT_CODECS = re.compile(
    r"^(?:utf|iso8859|iso2022|cp\d|mac|koi8|gb|big5|euc|shift|latin|ascii|hz|johab|tis|kz|ptcp)",
)
# Encodings in which text looks like other text, or like none, until one knows.
_NOT_ASCII = re.compile(r"(?:iso-?2022|utf-?16|utf-?32|hz)", re.IGNORECASE)


def decode(content: bytes, charset: str = "") -> str:
    """Decode bytes to text; `charset` is what whoever sent them says. Raises PermanentError if they are not text."""
    if not content.strip(b"\x00\t\n\r "):
        raise PermanentError("The document is empty.")
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, errors="replace")
    if _NOT_ASCII.match(charset) and (said := decode_as(content, charset)) is not None:
        return said
    sample = content[:_SAMPLE]
    wide = _wide_encoding(sample)
    if wide:
        return content.decode(wide, errors="replace")
    controls = sum(map(_CONTROLS.__contains__, sample))
    if controls > len(sample) // 100 + 1:
        raise PermanentError("The document is not text: it holds too many control characters.")
    declared = _DECLARED.search(content[:4096])
    for name in ("utf-8", charset, declared[1].decode("ascii") if declared else "", "cp1252"):
        text = decode_as(content, name)
        if text is not None:
            return text
    # Mostly UTF-8 with a few broken bytes reads better than all of it as Latin-1.
    repaired = content.decode("utf-8", errors="replace")
    if repaired.count("\ufffd") * 50 < len(repaired):
        return repaired
    return content.decode("latin-1")


def decode_as(content: bytes, name: str) -> str | None:
    """Decode bytes in a named encoding; None if it is none of text, or the bytes are not in it."""
    try:
        found = codecs.lookup(name).name.replace("-", "").replace("_", "")
        return content.decode(name) if _TEXT_CODECS.match(found) else None
    except (LookupError, ValueError):
        return None


def _wide_encoding(sample: bytes) -> str | None:
    """Tell UTF-16 without a mark by where the zero bytes of plain letters are."""
    if len(sample) < 8:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if odd > half * 0.6 and even < half * 0.05:
        return "utf-16-le"
    if even > half * 0.6 and odd < half * 0.05:
        return "utf-16-be"
    return None
