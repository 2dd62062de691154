"""What sort of value a property takes in prose, by its kind or, for plain text, by the nouns of its name."""

from __future__ import annotations

from enum import StrEnum

from extraction.labels.word_lists import meanings_of
from extraction.labels.words import plain_words, tokens
from extraction.schema.kinds import Kind
from extraction.schema.object_types import Property


class Sort(StrEnum):
    """What a value is to a reader of prose: coarser than kinds in figures, finer in words."""

    DATE = "date"
    MOMENT = "moment"
    TIME = "time"
    MONEY = "money"
    NUMBER = "number"
    PERCENT = "percent"
    DURATION = "duration"
    CODE = "code"
    PERSON = "person"
    BODY = "body"
    PARTY = "party"
    PLACE = "place"
    ADDRESS = "address"
    PROPER = "proper"
    CHOICE = "choice"
    FLAG = "flag"
    FORM = "form"  # told by its form alone: e-mail, web address, phone, account
    OTHER = "other"


WHO = (Sort.PERSON, Sort.BODY, Sort.PARTY)

_BY_KIND = meanings_of("sort_of_kind")
# The head noun of a property that takes plain text, in the spelling of `tokens`.
_BY_NOUN = meanings_of("sort_by_noun")
_WHEN_ENDINGS = frozenset(("at", "on", "since", "until", "from"))


def sort_of(prop: Property, type_name: str) -> Sort:
    """Return the sort of a property's values."""
    if prop.kind is not Kind.TEXT:
        return Sort(_BY_KIND.get(prop.kind, Sort.OTHER))
    if prop.takes_text:
        return Sort.OTHER
    words = tokens(prop.name)
    plain = plain_words(prop.name)
    if "birth" in words and "date" in words:
        return Sort.DATE
    if plain[-1:] and plain[-1] in _WHEN_ENDINGS and len(plain) > 1:
        return Sort.MOMENT if plain[-1] == "at" else Sort.DATE
    if words[-1:] == ("title",) or words[-2:] in (("payment", "term"), ("term", "condition")):
        return Sort.OTHER
    named = words[:-1] if words[-1:] == ("name",) and len(words) > 1 else words
    for word in (*named[-1:], *plain[-1:]):
        if word in _BY_NOUN:
            return Sort(_BY_NOUN[word])
    if words == ("name",):
        return Sort(_BY_NOUN.get(tokens(type_name)[-1], Sort.OTHER))
    return Sort.OTHER
