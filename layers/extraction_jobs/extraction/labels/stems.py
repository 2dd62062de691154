"""The stem that a verb and its nouns share: `arrives` and `arrival`, `delivered` and `delivery`."""

from __future__ import annotations

from functools import lru_cache

_LEAST = 3  # letters of a stem
_ENDINGS = tuple(
    sorted(
        "ations ation ating ated ates ate ements ement ments ment ions ion ings ing ed er ers or ors ees ee "
        "als al ures ure atures ature atory ationary ary ances ance ences ence ies ied ier iers y es e s "
        "ung ungen".split(),
        key=lambda ending: (-len(ending), ending),
    )
)


@lru_cache(maxsize=32768)
def stem(word: str) -> str:
    """Return the stem of a lower-case word: close enough to tell that two words go together."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST:
            return _undoubled(word[: -len(ending)])
    return word


def _undoubled(word: str) -> str:
    """`shipped` is of `ship`, and `organized` of the word that others spell with an s."""
    if len(word) > _LEAST and word[-1] == word[-2] and word[-1] in "bdgmnprt":
        return word[:-1]
    return word[:-1] + "s" if word.endswith("iz") else word
