"""How well a label in a document names a property."""

from __future__ import annotations

from functools import lru_cache

from extraction.words import tokens, within_one_edit

Words = tuple[str, ...]

THRESHOLD = 0.55

# Words that say what kind of value follows; a label may leave them out ("Due" for due date).
_KIND_WORDS = frozenset(
    "date number amount name value time address text description price rate".split()
)
# Words that add nothing to which property is meant.
_LIGHT = frozenset("list full please note information current main general name to by".split())
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
    if not label or not wanted:
        return 0.0
    left, right = set(label), set(wanted)
    shared = left & right
    rest_left, rest_right = left - shared, right - shared
    fuzzy = 0
    for word in sorted(rest_left):
        match = next((w for w in sorted(rest_right) if _alike(word, w)), None)
        if match is not None:
            rest_left.discard(word)
            rest_right.discard(match)
            fuzzy += 1
    if not shared and not fuzzy:
        return 0.0
    score = 0.97 - 0.07 * fuzzy
    if not rest_left and not rest_right:
        return score
    light = own | _LIGHT
    if not fuzzy and not (shared - light) and (rest_left - light or rest_right - light):
        return 0.0  # only the type's own name is in common
    extra, missing = rest_left - light, rest_right - light
    if not extra and not missing:
        return score - 0.07
    core = shared - _KIND_WORDS - light
    if missing - _KIND_WORDS or (missing and not core and not fuzzy):
        return 0.0
    if missing:
        score -= 0.12
    if extra:
        if not core and not fuzzy:
            score -= 0.17  # "order date" for "date": the word that matters is the other one
        score -= 0.27 * len(extra) + (0.2 if extra & _TURNING_WORDS else 0.0)
    return max(score, 0.0)


def _alike(left: str, right: str) -> bool:
    return min(len(left), len(right)) >= 5 and within_one_edit(left, right)
