"""Kinds of value, and how a property's kind follows from its schema or, failing that, its name."""

from __future__ import annotations

from enum import StrEnum

from extraction.labels.words import tokens


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


_BY_FORMAT = {
    "date": Kind.DATE,
    "date-time": Kind.DATE_TIME,
    "datetime": Kind.DATE_TIME,
    "time": Kind.TIME,
    "email": Kind.EMAIL,
    "idn-email": Kind.EMAIL,
    "uri": Kind.URL,
    "url": Kind.URL,
    "iri": Kind.URL,
    "phone": Kind.PHONE,
    "phone-number": Kind.PHONE,
    "iban": Kind.IBAN,
    "vat": Kind.TAX_NUMBER,
    "vat-number": Kind.TAX_NUMBER,
    "tax-number": Kind.TAX_NUMBER,
    "currency": Kind.CURRENCY,
    "money": Kind.MONEY,
    "percent": Kind.PERCENT,
    "identifier": Kind.IDENTIFIER,
    "uuid": Kind.IDENTIFIER,
    "person-name": Kind.PERSON,
    "person": Kind.PERSON,
    "organisation": Kind.ORGANISATION,
    "organization": Kind.ORGANISATION,
    "party": Kind.PARTY,
    "duration": Kind.DURATION,
    "address": Kind.ADDRESS,
}

# Last word of a property's name -> kind, for strings without a format.
_BY_LAST_WORD = {
    "date": Kind.DATE,
    "due": Kind.DATE,
    "birthday": Kind.DATE,
    "time": Kind.TIME,
    "email": Kind.EMAIL,
    "phone": Kind.PHONE,
    "hotline": Kind.PHONE,
    "fax": Kind.PHONE,
    "url": Kind.URL,
    "website": Kind.URL,
    "homepage": Kind.URL,
    "iban": Kind.IBAN,
    "currency": Kind.CURRENCY,
    "number": Kind.IDENTIFIER,
    "sku": Kind.IDENTIFIER,
    "address": Kind.ADDRESS,
    "company": Kind.ORGANISATION,
    "employer": Kind.ORGANISATION,
    "manufacturer": Kind.ORGANISATION,
    "owner": Kind.PERSON,
    "author": Kind.PERSON,
    "attendee": Kind.PERSON,
    "chair": Kind.PERSON,
    "chairperson": Kind.PERSON,
    "signatory": Kind.PERSON,
    "employee": Kind.PERSON,
    "manager": Kind.PERSON,
    "supervisor": Kind.PERSON,
    "patient": Kind.PERSON,
    "reviewer": Kind.PERSON,
    "approver": Kind.PERSON,
    "supplier": Kind.PARTY,
    "customer": Kind.PARTY,
    "party": Kind.PARTY,
    "landlord": Kind.PARTY,
    "tenant": Kind.PARTY,
    "lender": Kind.PARTY,
    "borrower": Kind.PARTY,
    "contractor": Kind.PARTY,
    "payee": Kind.PARTY,
    "payer": Kind.PARTY,
    "duration": Kind.DURATION,
}

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
    last = words[-1] if words else ""
    if json_type == "boolean":
        return Kind.BOOLEAN
    if json_type == "integer":
        return Kind.INTEGER
    if json_type == "number":
        if _PERCENT_WORDS.intersection(words):
            return Kind.PERCENT
        return Kind.MONEY if _MONEY_WORDS.intersection(words) else Kind.NUMBER
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
