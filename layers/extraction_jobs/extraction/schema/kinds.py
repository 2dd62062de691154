"""Kinds of value, and how a property's kind follows from its schema or, failing that, its name."""

from __future__ import annotations

from enum import StrEnum

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


def _by_word(words: dict[Kind, str]) -> dict[str, Kind]:
    return {word: kind for kind, all_words in words.items() for word in all_words.split()}


_BY_FORMAT = _by_word(
    {
        Kind.DATE: "date",
        Kind.DATE_TIME: "date-time datetime",
        Kind.TIME: "time",
        Kind.EMAIL: "email idn-email",
        Kind.URL: "uri url iri",
        Kind.PHONE: "phone phone-number",
        Kind.IBAN: "iban",
        Kind.TAX_NUMBER: "vat vat-number tax-number",
        Kind.CURRENCY: "currency",
        Kind.MONEY: "money",
        Kind.PERCENT: "percent",
        Kind.IDENTIFIER: "identifier uuid",
        Kind.PERSON: "person-name person",
        Kind.ORGANISATION: "organisation organization",
        Kind.PARTY: "party",
        Kind.DURATION: "duration",
        Kind.ADDRESS: "address",
    }
)
# By the last word of a property's name, for strings without a format.
_BY_LAST_WORD = _by_word(
    {
        Kind.DATE: "date due birthday",
        Kind.TIME: "time",
        Kind.EMAIL: "email",
        Kind.PHONE: "phone hotline fax",
        Kind.URL: "url website homepage",
        Kind.IBAN: "iban",
        Kind.CURRENCY: "currency",
        Kind.IDENTIFIER: "number sku",
        Kind.ADDRESS: "address",
        Kind.ORGANISATION: "company employer manufacturer",
        Kind.PERSON: "owner author attendee chair chairperson signatory employee manager supervisor patient reviewer "
        "approver",
        Kind.PARTY: "supplier customer party landlord tenant lender borrower contractor payee payer",
        Kind.DURATION: "duration",
    }
)
_HEADS = frozenset("number date address phone email".split())
_MONEY_WORDS = frozenset(
    "amount total price cost fee subtotal salary rent budget balance payment deposit charge "
    "tax revenue discount premium wage fine penalty fare excess principal loan grant prize bonus expense investment "
    "turnover compensation remuneration income profit refund".split()
)
_PERCENT_WORDS = frozenset("percent percentage rate %".split())
_PERSON_TYPES = frozenset(
    "person contact employee attendee staff candidate patient author signatory user customer "
    "member student applicant".split()
)
_ORGANISATION_TYPES = frozenset(
    "company organisation supplier vendor employer institution party".split()
)


def kind_of_format(name: str | None) -> Kind | None:
    """Return the kind a JSON Schema `format` stands for; unknown formats mean nothing."""
    return _BY_FORMAT.get(name.casefold()) if name else None


def guess_kind(json_type: str, property_name: str, type_name: str) -> Kind:
    """Guess a kind from JSON type and names, for a property whose schema says no more.

    A guess only ranks candidates; unlike a stated format it never refuses a value.
    """
    words = tokens(property_name)
    if json_type == "boolean":
        return Kind.BOOLEAN
    if json_type == "integer":
        return Kind.INTEGER
    if json_type == "number":
        if _PERCENT_WORDS.intersection(words):
            return Kind.PERCENT
        return Kind.MONEY if _MONEY_WORDS.intersection(words) else Kind.NUMBER
    return _kind_of_text(words, property_name, type_name)


def _kind_of_text(words: tuple[str, ...], property_name: str, type_name: str) -> Kind:
    last = words[-1] if words else ""
    first = words[0] if words else ""
    if first in _HEADS and plain_words(property_name)[-1:] != words[-1:]:
        return _BY_LAST_WORD[first]  # `numero_tva`, `adresse_client`: the head stands first
    if "due" in words or ("date" in words and "birth" in words):
        return Kind.DATE
    if last == "name" or words == ("full", "name"):
        context = set(tokens(type_name)) | set(words[:-1])
        if context & _ORGANISATION_TYPES:
            return Kind.ORGANISATION
        if context & _PERSON_TYPES:
            return Kind.PERSON
        return _BY_LAST_WORD.get(words[-2], Kind.TEXT) if len(words) > 1 else Kind.TEXT
    if last == "by" or property_name.casefold().endswith("_by"):
        return Kind.PERSON
    return _BY_LAST_WORD.get(last, Kind.TEXT)
