"""Words for what people and parties are in a document."""

from __future__ import annotations

from extraction.labels.labels import Words
from extraction.labels.word_lists import words_of

RECEIVERS = words_of("receiver") | {"deliver_to"}  # a token of its own
_PARTY_WORDS = words_of("party")


def is_party_role(words: Words) -> bool:
    """Tell a label that is what a party to a contract is called."""
    return (
        0 < len(words) <= 2
        and words[-1] in _PARTY_WORDS
        and words[0] in (_PARTY_WORDS | {"first", "second", "service", "the", "data"})
    )
