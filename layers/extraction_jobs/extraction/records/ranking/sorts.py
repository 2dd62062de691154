"""What sort of value a property takes in prose, by its kind or, for plain text, by the nouns of its name."""

from __future__ import annotations

from enum import StrEnum

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

_BY_KIND = {
    Kind.DATE: Sort.DATE,
    Kind.DATE_TIME: Sort.MOMENT,
    Kind.TIME: Sort.TIME,
    Kind.MONEY: Sort.MONEY,
    Kind.NUMBER: Sort.NUMBER,
    Kind.INTEGER: Sort.NUMBER,
    Kind.PERCENT: Sort.PERCENT,
    Kind.DURATION: Sort.DURATION,
    Kind.IDENTIFIER: Sort.CODE,
    Kind.PATTERN: Sort.CODE,
    Kind.PERSON: Sort.PERSON,
    Kind.ORGANISATION: Sort.BODY,
    Kind.PARTY: Sort.PARTY,
    Kind.ADDRESS: Sort.ADDRESS,
    Kind.ENUM: Sort.CHOICE,
    Kind.BOOLEAN: Sort.FLAG,
    Kind.EMAIL: Sort.FORM,
    Kind.URL: Sort.FORM,
    Kind.PHONE: Sort.FORM,
    Kind.IBAN: Sort.FORM,
    Kind.TAX_NUMBER: Sort.FORM,
    Kind.CURRENCY: Sort.OTHER,
}
# The head noun of a property that takes plain text, in the spelling of `tokens`.
_BY_NOUN = {
    noun: sort
    for sort, nouns in {
        Sort.PERSON: "author writer journalist editor chair chairperson chairman chairwoman manager supervisor boss "
        "physician doctor surgeon nurse patient passenger traveller guest ceo cfo cto spokesperson spokesman "
        "spokeswoman predecessor successor commander adjuster signatory artist composer conductor performer musician "
        "speaker host moderator witness victim person employee applicant candidate officer chief engineer architect "
        "inspector teacher student lecturer instructor trainer coach captain president secretary minister mayor "
        "representative agent judge lawyer counsel owner responsible lead leader investigator reporter photographer "
        "translator deceased spouse wife husband mother father founder director curator to by appointee nominee "
        "recruiter assignee",
        Sort.BODY: "company employer organisation manufacturer maker producer organiser organizer hospital clinic "
        "insurer bank publisher university school college institution institute airline agency authority department "
        "court brand firm operator issuer laboratory vendor merchant retailer club team association foundation "
        "regulator startup business affiliation workplace faculty",
        Sort.PARTY: "customer supplier buyer acquirer purchaser seller target lender borrower landlord tenant lessor "
        "lessee licensor licensee grantor grantee recipient beneficiary contractor subcontractor client provider "
        "donor sponsor funder investor claimant defendant plaintiff respondent insured policyholder debtor creditor "
        "winner awardee consultant partner addressee sender payee payer party exhibitor guarantor",
        Sort.PLACE: "location city town country place venue site headquarter hq residence birthplace region state "
        "origin destination port airport station seat province district village county room hall office hometown "
        "nationality",
        Sort.DURATION: "duration period length term",
        Sort.PROPER: "product model project programme program item article vehicle car equipment device ship vessel "
        "book film drug game service system software medication",
    }.items()
    for noun in nouns.split()
}
_WHEN_ENDINGS = frozenset(("at", "on", "since", "until", "from"))


def sort_of(prop: Property, type_name: str) -> Sort:
    """Return the sort of a property's values."""
    if prop.kind is not Kind.TEXT:
        return _BY_KIND.get(prop.kind, Sort.OTHER)
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
            return _BY_NOUN[word]
    if words == ("name",):
        return _BY_NOUN.get(tokens(type_name)[-1], Sort.OTHER)
    return Sort.OTHER
