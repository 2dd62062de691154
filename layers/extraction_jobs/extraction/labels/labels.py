"""How well a label in a document names a property."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from extraction.labels.vocabulary import CURRENCIES, UNITS
from extraction.labels.word_lists import words_of
from extraction.labels.words import akin, spelling, tokens

Words = tuple[str, ...]

THRESHOLD = 0.55
# A label that takes a synonym from the vocabulary for a property's own word counts so much less that any label that
# takes none comes first, and that its values' raw scores are in the lowest band (see calibration.REVIEW).
SYNONYM = 0.5

# Words that say what kind of value follows; a label may leave them out ("Due" for due date).
_KIND_WORDS = words_of("kind_of_value")
# Words that add nothing to which property is meant.
_LIGHT = words_of("light")
_KIND_PLACES = frozenset("address company quantity charge fee".split())
_DIRECTIONS = frozenset(("to", "by"))  # "invoice" is not "invoice to"
# Words that make a label mean something else: a customer's number is not the customer, the hours' total not the total.
_TURNING_WORDS = words_of("turning")
# What an amount holds (`Total incl. 20% VAT`), or is held by (`VAT included in total`).
_INCLUDED = re.compile(
    r"(?i)\b(?:incl?|inkl)(?:\.|uding|usive|uded|l?\.?)(?:\sof|\sin|\sthe){0,2}\s?(?:\d+(?:[.,]\d+)?\s?%\s)?"
    r"(?:vat|gst|tax(?:es)?|mwst|ust|tva|iva|btw|total)\b\.?"
)
_REMARK = re.compile(r"\s*[(\[](?P<inside>[^()\[\]]{0,40})[)\]]")
# What a label says in brackets of how to fill it in.
_REMARKS = (
    UNITS | CURRENCIES | frozenset("s dd mm yy yyyy optional required any applicable e".split())
)
_COUNTED = re.compile(r"\d{1,3} [^\W\d_]+")  # `Total (4 items)`
_HEAD_ALONE = 0.74  # "Rent" for the monthly rent, where no other property is a rent
_QUALIFIED = 0.7
_MOST_QUALIFIERS = 3
_MOST_MISSING = 2


@lru_cache(maxsize=16384)
def label_words(label: str) -> Words:
    """Return a label's tokens without figures, percentages, currencies and remarks in brackets."""
    return _label_words(label, tokens)


@lru_cache(maxsize=16384)
def spelled_words(label: str, language: str | None = None) -> Words:
    """Return the same by the words of a language alone, without synonyms; None: of any language, English first."""
    return _label_words(label, spelling(language).tokens)


def _label_words(label: str, cut: Callable[[str], Words]) -> Words:
    bare = _INCLUDED.sub(" ", label[:200])
    found = cut(_REMARK.sub(_without_remark, bare if bare.strip() else label[:200]))
    kept = tuple(
        word for word in found if not word.isdigit() and word != "%" and word not in CURRENCIES
    )
    return kept or found


def _without_remark(match: re.Match[str]) -> str:
    inside = match["inside"].casefold().replace("/", " ").replace(".", " ").replace("-", " ")
    counted = _COUNTED.fullmatch(inside) is not None
    return "" if counted or set(inside.split()) <= _REMARKS else match[0]


def similarity(
    label: Words,
    wanted: Words,
    own: frozenset[str],
    implied: frozenset[str] = _KIND_WORDS,
    heads: frozenset[str] | None = None,
    *,
    synonyms: bool = True,
) -> float:
    """Rate (0..1) how well label words name a property; `own` are words of its type's name.

    Equal words rate 1. A label may add or leave out words of the type's own name (`Invoice
    total` for `total`), may leave out a word that only says what kind of value it is (one of
    `implied`) and may add one other word, each at a price, so that an exact label elsewhere wins.

    Where a property is known by its bare name (`heads` is given) a label may also use words near
    in meaning. Of `heads` it is known that no other property has them: such a word alone names it.
    """
    if label == wanted:
        return 1.0
    left, right = set(label), set(wanted)
    shared = left & right
    if shared and left == right:
        return 0.97
    cost = _pair_up(left, right, synonyms) if heads is not None else 0.0
    shared = left & right
    if not shared or left == right:
        return 0.97 - cost if shared else 0.0
    light = own | _LIGHT
    extra, missing = left - right - light, right - left - (light - _DIRECTIONS)
    if heads is not None and len(shared - light) and extra <= implied - _KIND_PLACES:
        extra = set()  # "Order date" for `ordered` of kind date
    if not shared - light and (left - light or right - light):
        # Only the type's own name is in common. A lone "Invoice" or "Line" is its number.
        inflected = cost > 0 and bool(missing) and missing <= implied  # "Issued" for the issue date
        numbered = missing == {"number"}
        return (0.85 if inflected else 0.8 if numbered else 0.0) if not extra else 0.0
    if not extra and not missing:
        return 0.9 - cost
    implied = implied | _KIND_WORDS
    core = shared - implied - light
    if missing - implied or (missing and not core):
        named = shared & (heads or set()) and len(missing) <= _MOST_MISSING
        # A word of its own in place of the missing one says that it is another: net for gross.
        return _HEAD_ALONE - cost if named and not extra else 0.0
    score = _partial(extra, bool(missing), bool(core)) - cost
    qualified = heads and not missing and set(wanted) & heads and label[-len(wanted) :] == wanted
    if qualified and len(extra) <= _MOST_QUALIFIERS:
        score = max(score, _QUALIFIED)  # `shipping address street` for the only street
    return max(score, 0.0)


def _partial(extra: set[str], missing: bool, core: bool) -> float:
    score = 0.85 if missing else 0.97
    if extra:
        if not core:
            score -= 0.17  # "order date" for "date": the word that matters is the other one
        score -= 0.27 * len(extra) + (0.2 if extra & _TURNING_WORDS else 0.0)
    return score


def _pair_up(left: set[str], right: set[str], synonyms: bool) -> float:
    """Take words of a label for words near to them that are wanted; return what it costs."""
    total = 0.0
    extra = left - right
    for word in sorted(right - left):
        cost, near = min(
            ((akin(other, word, synonyms=synonyms), other) for other in extra), default=(1.0, "")
        )
        if cost < 1.0:
            extra.discard(near)
            left.discard(near)
            left.add(word)
            total += cost
    return total
