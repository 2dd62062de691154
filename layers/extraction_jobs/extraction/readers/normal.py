r"""The one normal form of text that every offset counts in.

NFC, `\n` for every kind of line end, ordinary spaces, and none of the characters that are
invisible, reorder what a reader sees, or cannot be stored as JSON in Postgres.
"""

from __future__ import annotations

import re
import unicodedata

# Nearly all text is in normal form already, and that is soon told. No mark stands alone below U+0300.
_NORMAL = re.compile(r"[\t\n -~\xa1-\xac\xae-\u02ff]*")
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_SPACES = re.compile(r"[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_REMOVED = re.compile(
    r"[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e"
    r"\u2060-\u206f\ufeff\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff\ufff9-\ufffb]"
)
# Letters each with a stroke through it, as plain text strikes out: what its author took back.
_STRUCK_OUT = re.compile(r"(?:[^\n\u0335\u0336][\u0335\u0336]+){2,}")
# Longest run of combining marks kept: the Stream-Safe Text Format of Unicode Annex 15. Ordering
# a run costs time quadratic in its length, so an endless one would hang normalisation.
_MAX_MARKS = 30


def normalise(text: str) -> str:
    """Return text in normal form. Applying it twice changes nothing more."""
    if _NORMAL.fullmatch(text):
        return text
    text = _LINE_ENDS.sub("\n", text)
    text = _REMOVED.sub("", text)
    if text.isascii():
        return text
    text = _STRUCK_OUT.sub("", _SPACES.sub(" ", text))
    return unicodedata.normalize("NFC", _shorten_marks(text))


def _shorten_marks(text: str) -> str:
    marks = sorted(c for c in set(text) if unicodedata.combining(c))
    if not marks:
        return text
    kind = "[" + "".join(re.escape(mark) for mark in marks) + "]"
    return re.sub(f"({kind}{{{_MAX_MARKS}}}){kind}+", r"\1", text)
