"""Words and tokens: how names and labels are cut up and compared."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from extraction.labels.vocabulary import LANGUAGES, NEAR, Vocabulary, vocabulary

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


_LEAST_PART = 4  # letters of the first half of a compound
_LEAST_LAST = 3  # and of the second, such as `Ort` and `Tag`
# German nouns that are joined to another by an s, whether they are known or not: `Veranlagungsjahr`.
_JOINED = re.compile(
    r"(?P<first>[^\W\d_]{2,}(?:ung|schaft|heit|keit|ion|taet))s(?P<last>[^\W\d_]{3,})"
)
_JOINTS = ("", "s", "es", "n", "en")


def _singular(token: str) -> str:
    if len(token) > 3 and token.endswith("ies"):
        return token[:-3] + "y"
    if len(token) > 3 and token.endswith("s") and not token.endswith(("ss", "us", "is")):
        return token[:-1]
    return token


class Reading:
    """How words are read in some languages: which are left out, which are one, which are two."""

    def __init__(self, known: Vocabulary) -> None:
        self._words = {folded(word): meaning for word, meaning in known.words.items()}
        self._fillers = frozenset(folded(word) for word in known.fillers)
        self._beginnings = {folded(word): meaning for word, meaning in known.beginnings.items()}
        self._longest_beginning = max(map(len, self._beginnings), default=0)
        self._phrases = {
            tuple(folded(word) for word in phrase): said for phrase, said in known.phrases.items()
        }
        self._longest_phrase = max(map(len, self._phrases), default=0)
        self._phrase_starts = {phrase[0] for phrase in self._phrases}
        self.tokens = lru_cache(maxsize=8192)(self._tokens)

    def _canonical(self, token: str) -> str:
        singular = _singular(token)
        meaning = self._words.get(token) or self._words.get(singular) or (singular,)
        return meaning[0] if len(meaning) == 1 else singular

    def _phrased(self, words: list[str]) -> list[str]:
        """Put for words what they mean together: a label `Bill to` is the customer's."""
        result: list[str] = []
        at = 0
        while at < len(words):
            sizes = range(self._longest_phrase, 1, -1) if words[at] in self._phrase_starts else ()
            size = next((n for n in sizes if tuple(words[at : at + n]) in self._phrases), 1)
            piece = tuple(words[at : at + size])
            result += self._phrases.get(piece, piece)
            at += size
        return result

    def _parts(self, word: str) -> tuple[str, ...]:
        """Cut a compound into words that are known, or behind a beginning that is, unless it is known as a whole."""
        if word in self._words:
            return self._meant(word)
        cut = self._compound(word)
        if cut:
            return cut
        if word in self._beginnings:  # `Kunden-Nr.`
            return (self._beginnings[word],)
        for size in range(min(self._longest_beginning, len(word) - 2), 0, -1):
            if word[:size] in self._beginnings:
                return (self._beginnings[word[:size]], word[size:])
        joined = _JOINED.fullmatch(word)
        return joined.groups() if joined and joined["last"] in self._words else (word,)

    def _meant(self, word: str) -> tuple[str, ...]:
        """Return the words that a known one stands for if they are several; one of one meaning stays."""
        meaning = self._words[word]
        return meaning if len(meaning) > 1 else (word,)

    def _compound(self, word: str) -> tuple[str, ...]:
        """Cut `Schadensdatum` or `klantnummer` in two words that are known, the longer first one going first."""
        for at in range(len(word) - _LEAST_LAST, _LEAST_PART - 1, -1):
            if word[at:] not in self._words:
                continue
            for joint in _JOINTS:
                first = word[: at - len(joint)] if word[:at].endswith(joint) else ""
                if len(first) >= _LEAST_PART and first in self._words:
                    return (*self._meant(first), *self._meant(word[at:]))
        return ()

    def _tokens(self, text: str) -> tuple[str, ...]:
        """See `tokens`."""
        text = _DOTTED.sub(lambda m: m[0].replace(".", ""), text[:200])
        words = [folded(w) for w in _TOKEN.findall(_CAMEL.sub(" ", text[:200]))]
        cut: list[str] = []
        for word in self._phrased(words):
            cut += self._parts(word)
        kept = [word for word in cut if word not in self._fillers] or cut
        result: list[str] = []
        for word in kept:
            token = self._canonical(word)
            if result and (result[-1], token) == ("sub", "total"):
                result[-1] = "subtotal"
            elif not result or result[-1] != token:
                result.append(token)
        if result[:2] == ["e", "email"]:
            del result[0]
        return tuple(result)


@cache
def spelling(language: str | None) -> Reading:
    """Return how labels of a language are read by their own words: no synonyms, and no other language but English.

    None is for names whose language is not known: any language, English first.
    """
    languages = LANGUAGES if language is None else tuple(dict.fromkeys((language, "en")))
    return Reading(vocabulary(languages, synonyms=False))


_ANY = Reading(vocabulary(LANGUAGES, synonyms=True))


def tokens(text: str) -> tuple[str, ...]:
    """Cut a name or label into comparable tokens: lower case, singular, one spelling a meaning.

    `invoiceNo`, `Invoice No.` and `invoice_number` all give `("invoice", "number")`. Fillers
    are dropped unless nothing else is left.
    """
    return _ANY.tokens(text)


@lru_cache(maxsize=8192)
def plain_words(text: str) -> tuple[str, ...]:
    """Cut text into lower-case words without any of the meaning that `tokens` adds."""
    return tuple(w.casefold() for w in _TOKEN.findall(_CAMEL.sub(" ", text[:200])))


@lru_cache(maxsize=16384)
def akin(left: str, right: str, *, synonyms: bool = True) -> float:
    """Rate what it costs to take one word for another: 1.0 for words that share nothing."""
    if synonyms and NEAR.get(left, _NONE) & NEAR.get(right, _NONE):
        return 0.08
    shorter, longer = sorted((left, right), key=len)
    shared = 0
    while shared < len(shorter) and shorter[shared] == longer[shared]:
        shared += 1
    inflected = shared == len(shorter) >= ROOT and longer[shared:] in _ENDINGS
    near = shared > ROOT and shared * 5 >= len(shorter) * 4 and not _acts(left, right)
    return 0.05 if inflected or near else 1.0


ROOT = 4  # letters that akin words begin with alike, at least
_ENDINGS = ("d", "ed", "ing", "s")
_NONE: frozenset[str] = frozenset()
_AGENTS = ("er", "or", "ee", "ant", "ist")


def _acts(left: str, right: str) -> bool:
    """Tell words of which one says who acts: an employer is no employee, nor a contract a contractor."""
    return left.endswith(_AGENTS) or right.endswith(_AGENTS)
