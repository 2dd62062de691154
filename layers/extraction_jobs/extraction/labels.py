"""How well a label in a document names a property."""

from __future__ import annotations

from functools import lru_cache

from extraction.words import tokens, within_one_edit

Words = tuple[str, ...]

THRESHOLD = 0.55

# Words that say what kind of value follows; a label may leave them out ("Due" for due date).
_KIND_WORDS = frozenset(
    "date number amount name value time address text description rate unit".split()
)
# Words that add nothing to which property is meant.
_LIGHT = frozenset("list full please note information current main general name to by".split())
_DIRECTIONS = frozenset(("to", "by"))  # "invoice" is not "invoice to"
# Words that make a label mean something else: a customer's number is not the customer.
_TURNING_WORDS = frozenset("number date time address rate price email phone".split())
_CURRENCY_WORDS = frozenset("eur usd gbp chf sek nok dkk jpy cad aud inr € $ £".split())


@lru_cache(maxsize=16384)
def label_words(label: str) -> Words:
    """Return a label's tokens without figures, percentages and currencies."""
    found = tokens(label)
    kept = tuple(
        word for word in found if not word.isdigit() and word != "%" and word not in _CURRENCY_WORDS
    )
    return kept or found


def similarity(label: Words, wanted: Words, own: frozenset[str]) -> float:
    """Rate (0..1) how well label words name a property; `own` are words of its type's name.

    Equal words rate 1. A label may add or leave out words of the type's own name (`Invoice
    total` for `total`), may leave out a word that only says what kind of value it is, and may
    add one other word at a price, so that an exact label elsewhere wins.
    """
    if label == wanted:
        return 1.0
    left, right = set(label), set(wanted)
    shared = left & right
    if not shared:
        return 0.0
    if left == right:
        return 0.97
    light = own | _LIGHT
    extra, missing = left - right - light, right - left - (light - _DIRECTIONS)
    if not shared - light and (left - light or right - light):
        # Only the type's own name is in common. A lone "Invoice" or "Line" is its number.
        return 0.8 if not extra and missing == {"number"} else 0.0
    if not extra and not missing:
        return 0.9
    core = shared - _KIND_WORDS - light
    if missing - _KIND_WORDS or (missing and not core):
        return 0.0
    score = 0.85 if missing else 0.97
    if extra:
        if not core:
            score -= 0.17  # "order date" for "date": the word that matters is the other one
        score -= 0.27 * len(extra) + (0.2 if extra & _TURNING_WORDS else 0.0)
    return max(score, 0.0)


def corrected(label: Words, vocabulary: frozenset[str]) -> tuple[Words, int]:
    """Return a label with misspelt words put right by a vocabulary, and how many were."""
    mended = tuple(_nearest(word, vocabulary) for word in label)
    return mended, sum(new != old for new, old in zip(mended, label, strict=True))


@lru_cache(maxsize=16384)
def _nearest(word: str, vocabulary: frozenset[str]) -> str:
    if word in vocabulary or len(word) < 5:
        return word
    near = [known for known in vocabulary if len(known) >= 5 and within_one_edit(word, known)]
    return min(near, default=word)
