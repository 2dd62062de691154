"""Words and tokens: how names and labels are cut up and compared."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from extraction.vocabulary import CANONICAL, COMPOUNDS, EXPANDED, FILLERS, NEAR, PHRASES

_TOKEN = re.compile(r"[^\W\d_]+|\d+|#|%")
_DOTTED = re.compile(r"\b(?:[A-Za-z]\.){2,}")
_CAMEL = re.compile(
    r"(?<=[a-z0-9][a-z0-9])(?=[A-Z])|(?<=[A-Z][a-z])(?=[A-Z][a-z]{2})|(?<=[A-Z])(?=[A-Z][a-z]{2})"
)


_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


def folded(word: str) -> str:
    """Return a word in small letters without accents, as property names are mostly spelled."""
    plain = word.casefold()
    return plain if plain.isascii() else strip_accents(plain.translate(_UMLAUTS))


def strip_accents(text: str) -> str:
    """Return the text without accents, for comparing words only: lengths change."""
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


_CANONICAL = {folded(word): meaning for word, meaning in CANONICAL.items()}
_EXPANDED = {folded(word): meaning for word, meaning in EXPANDED.items()}
_FILLERS = frozenset(folded(word) for word in FILLERS)
_PHRASES = {
    tuple(folded(word) for word in phrase): tuple(folded(word) for word in said)
    for phrase, said in PHRASES.items()
}
_PHRASE_SIZES: dict[str, tuple[int, ...]] = {
    first: tuple(sorted({len(p) for p in _PHRASES if p[0] == first}, reverse=True))
    for first in {phrase[0] for phrase in _PHRASES}
}
_LEAST_PART = 4  # letters of the first half of a compound
_LEAST_LAST = 3  # and of the second, such as `Ort` and `Tag`
# German nouns that are joined to another by an s, whether they are known or not: `Veranlagungsjahr`.
_JOINED = re.compile(
    r"(?P<first>[^\W\d_]{2,}(?:ung|schaft|heit|keit|ion|taet))s(?P<last>[^\W\d_]{3,})"
)
_JOINTS = ("", "s", "es", "n", "en")
_COMPOUNDS = tuple((folded(word), meaning) for word, meaning in COMPOUNDS)


def _singular(token: str) -> str:
    if len(token) > 3 and token.endswith("ies"):
        return token[:-3] + "y"
    if len(token) > 3 and token.endswith("s") and not token.endswith(("ss", "us", "is")):
        return token[:-1]
    return token


def _canonical(token: str) -> str:
    found = _CANONICAL.get(token) or _CANONICAL.get(singular := _singular(token))
    return found or singular


def _phrased(words: list[str]) -> list[str]:
    """Put for words what they mean together: a label `Bill to` is the customer's."""
    result: list[str] = []
    at = 0
    while at < len(words):
        for size in _PHRASE_SIZES.get(words[at], ()):
            whole = _PHRASES.get(tuple(words[at : at + size]))
            if whole is not None:
                result += whole
                at += size
                break
        else:
            result.append(words[at])
            at += 1
    return result


def _parts(word: str) -> tuple[str, ...]:
    """Cut a compound into words that are known, or behind a beginning that is, unless it is known as a whole."""
    if word in _CANONICAL or word in _EXPANDED:
        return _EXPANDED.get(word) or (word,)
    cut = _compound(word)
    if cut:
        return cut
    for prefix, meaning in _COMPOUNDS:
        if word.startswith(prefix) and len(word) >= len(prefix) + 2:
            return (meaning, word[len(prefix) :])
    joined = _JOINED.fullmatch(word)
    if joined and joined["last"] in _CANONICAL:
        return (joined["first"], joined["last"])
    return (word,)


def _compound(word: str) -> tuple[str, ...]:
    """Cut `Schadensdatum` or `klantnummer` in two words that are known, the longer first one going first."""
    for at in range(len(word) - _LEAST_LAST, _LEAST_PART - 1, -1):
        last = word[at:]
        if last not in _CANONICAL and last not in _EXPANDED:
            continue
        for joint in _JOINTS:
            first = word[: at - len(joint)] if word[:at].endswith(joint) else ""
            if len(first) >= _LEAST_PART and (first in _CANONICAL or first in _EXPANDED):
                return (*(_EXPANDED.get(first) or (first,)), *(_EXPANDED.get(last) or (last,)))
    return ()


@lru_cache(maxsize=8192)
def tokens(text: str) -> tuple[str, ...]:
    """Cut a name or label into comparable tokens: lower case, singular, one spelling a meaning.

    `invoiceNo`, `Invoice No.` and `invoice_number` all give `("invoice", "number")`. Fillers
    are dropped unless nothing else is left.
    """
    text = _DOTTED.sub(lambda m: m[0].replace(".", ""), text[:200])
    words = [folded(w) for w in _TOKEN.findall(_CAMEL.sub(" ", text[:200]))]
    cut: list[str] = []
    for word in _phrased(words):
        cut += _parts(word)
    kept = [word for word in cut if word not in _FILLERS] or cut
    result: list[str] = []
    for word in kept:
        token = _canonical(word)
        if result and (result[-1], token) == ("sub", "total"):
            result[-1] = "subtotal"
        elif not result or result[-1] != token:
            result.append(token)
    if result[:2] == ["e", "email"]:
        del result[0]
    return tuple(result)


@lru_cache(maxsize=8192)
def plain_words(text: str) -> tuple[str, ...]:
    """Cut text into lower-case words without any of the meaning that `tokens` adds."""
    return tuple(w.casefold() for w in _TOKEN.findall(_CAMEL.sub(" ", text[:200])))


@lru_cache(maxsize=16384)
def within_one_edit(left: str, right: str) -> bool:
    """Tell whether two words differ by at most one letter added, lost, changed or swapped."""
    if left == right:
        return True
    if abs(len(left) - len(right)) > 1:
        return False
    at = 0
    while at < min(len(left), len(right)) and left[at] == right[at]:
        at += 1
    if len(left) == len(right):
        swapped = left[at : at + 2] == right[at : at + 2][::-1]
        return left[at + 1 :] == right[at + 1 :] or (swapped and left[at + 2 :] == right[at + 2 :])
    longer, shorter = (left, right) if len(left) > len(right) else (right, left)
    return longer[at + 1 :] == shorter[at:]


_ABBREVIATION = 5  # letters of the longest


@lru_cache(maxsize=16384)
def abbreviates(short: str, long: str) -> bool:
    """Tell `desc` or `dept` from a word of its own: the start of a word, or its consonants."""
    if not 3 <= len(short) <= _ABBREVIATION or len(long) < len(short) + 2 or short[0] != long[0]:
        return False
    if long.startswith(short):
        return True
    if len(short) > 5 or short[-1] not in "".join(long[-4:]):
        return False
    rest = iter(long)
    return not set(short[1:]) & set("aiou") and all(letter in rest for letter in short)


@lru_cache(maxsize=16384)
def akin(left: str, right: str) -> float:
    """Rate what it costs to take one word for another: 1.0 for words that share nothing."""
    if NEAR.get(left, _NONE) & NEAR.get(right, _NONE):
        return 0.08
    shorter = min(len(left), len(right))
    stem = 0
    while stem < shorter and left[stem] == right[stem]:
        stem += 1
    longer = left if len(left) > len(right) else right
    if stem == shorter >= 4 and longer[stem:] in _ENDINGS:
        return 0.05
    if _root(left) == _root(right) and len(_root(left)) >= 3:
        return 0.05  # filed, filing
    if stem >= 4 and stem * 5 >= shorter * 4 and shorter >= 5 and not _acts(left, right):
        return 0.05
    return 1.0


_NONE: frozenset[int] = frozenset()
_ENDINGS = ("d", "ed", "ing", "s")
_AGENTS = ("er", "or", "ee", "ant", "ist")


def _root(word: str) -> str:
    return next((word[: -len(end)] for end in ("ing", "ed") if word.endswith(end)), word)


def _acts(left: str, right: str) -> bool:
    """Tell words of which one says who acts: an employer is no employee, nor a contract a contractor."""
    return left.endswith(_AGENTS) or right.endswith(_AGENTS)
