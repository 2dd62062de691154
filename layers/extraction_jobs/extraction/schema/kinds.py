"""Kinds of value, and how a property's kind follows from its schema or, failing that, its name."""

from __future__ import annotations

from enum import StrEnum

from extraction.labels.word_lists import meanings_of
from extraction.labels.words import plain_words, tokens


class Kind(StrEnum):
    """What a value is, finer than JSON's types: it decides which recogniser reads it."""

    TEXT = "text"
    DATE = "date"
    DATE_TIME = "date-time"
    TIME = "time"
    NUMBER = "number"
    INTEGER = "integer"
    MONEY = "money"
    CURRENCY = "currency"
    PERCENT = "percent"
    BOOLEAN = "boolean"
    EMAIL = "email"
    URL = "url"
    PHONE = "phone"
    IBAN = "iban"
    TAX_NUMBER = "tax-number"
    IDENTIFIER = "identifier"
    PERSON = "person-name"
    ORGANISATION = "organisation"
    PARTY = "party"
    DURATION = "duration"
    ADDRESS = "address"
    ENUM = "enum"
    PATTERN = "pattern"


_BY_FORMAT = meanings_of("format")
# Of strings without a format by the last word of a property's name, of numbers by any.
_BY_LAST_WORD, _BY_WORD = meanings_of("kind_by_last_word"), meanings_of("kind_by_word")
_WHOSE_NAME = meanings_of("whose_name")
_HEADS = frozenset("number date address phone email".split())


def kind_of_format(name: str | None) -> Kind | None:
    """Return the kind a JSON Schema `format` stands for; unknown formats mean nothing."""
    found = _BY_FORMAT.get(name.casefold()) if name else None
    return Kind(found) if found else None


def guess_kind(json_type: str, property_name: str, type_name: str) -> Kind:
    """Guess a kind from JSON type and names, for a property whose schema says no more.

    A guess only ranks candidates; unlike a stated format it never refuses a value.
    """
    words = tokens(property_name)
    if json_type in ("boolean", "integer"):
        return Kind(json_type)
    if json_type == "number":
        told = {_BY_WORD.get(word) for word in words}
        return next((kind for kind in (Kind.PERCENT, Kind.MONEY) if kind in told), Kind.NUMBER)
    return _kind_of_text(words, property_name, type_name)


def _kind_of_text(words: tuple[str, ...], property_name: str, type_name: str) -> Kind:
    if {"tax", "number"} <= set(words):
        return Kind.TAX_NUMBER
    last = words[-1] if words else ""
    first = words[0] if words else ""
    if first in _HEADS and plain_words(property_name)[-1:] != words[-1:]:
        return _kind_by(first)  # `numero_tva`, `adresse_client`: the head stands first
    if "due" in words or ("date" in words and "birth" in words):
        return Kind.DATE
    if last == "name" or words == ("full", "name"):
        context = {_WHOSE_NAME.get(word) for word in (*tokens(type_name), *words[:-1])}
        kinds = (Kind.ORGANISATION, Kind.PERSON)
        told = next((kind for kind in kinds if kind in context), None)
        return told or _kind_by(words[-2] if len(words) > 1 else "")
    if last == "by" or property_name.casefold().endswith("_by"):
        return Kind.PERSON
    return _kind_by(last)


def _kind_by(word: str) -> Kind:
    return Kind(_BY_LAST_WORD.get(word, Kind.TEXT))
