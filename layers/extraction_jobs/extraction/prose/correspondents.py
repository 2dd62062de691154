"""The two sides of a letter, given to the properties that are theirs: the customer, the insurer, their addresses."""

from __future__ import annotations

from extraction.confidence import IN_PROSE, LETTERHEAD
from extraction.drafts import Draft
from extraction.findings import leaf
from extraction.frames import Frame
from extraction.kinds import Kind
from extraction.parsed_text import ParsedText
from extraction.prose.letters import Letter, letter_of
from extraction.prose.stems import stem
from extraction.recognise import accept
from extraction.recognise.value import Value
from extraction.slots import Slot
from extraction.words import plain_words

_LONGEST = 12_000  # code points of a letter
_WEAK = 0.6  # score of a value in prose that who a letter is from or to puts right
_PRIVATE = frozenset(
    stem(word)
    for word in "customer complainant applicant claimant subscriber student pupil patient tenant policyholder insured "
    "borrower taxpayer recipient addressee employee member beneficiary grantee awardee donor guest passenger traveller "
    "candidate payee investigator resident parent guardian client buyer cardholder shareholder "
    "pensioner licensee".split()
)
_BODY = frozenset(
    stem(word)
    for word in "company lender insurer issuer foundation landlord employer authority bank provider supplier "
    "organisation organization institution agency school hospital clinic society council office funder "
    "grantor seller vendor firm publisher merchant retailer operator creditor".split()
)
_KINDS = (Kind.TEXT, Kind.PERSON, Kind.PARTY, Kind.ORGANISATION, Kind.ADDRESS, Kind.PHONE)
_IDLE = frozenset(
    ("name", "full", "address", "phone", "number", "contact", "person", "postal", "s")
)


def fill_correspondents(parsed: ParsedText, frame: Frame, draft: Draft) -> None:
    """Fill the properties for whoever a letter is from and to, where nothing surer did."""
    if len(parsed.text) > _LONGEST:
        return
    wanted = [s for s in frame.slots if s.prop.kind in _KINDS and not s.prop.enum and _side(s)]
    letter = letter_of(parsed.text) if wanted else None
    if letter is None:
        return
    for slot in wanted:
        held = draft.slots.get(slot.index)
        if held and not (held[0][4] in IN_PROSE and held[0][3] < _WEAK):
            continue
        values = [kept for v in _values(letter, slot) if (kept := accept(slot.prop, v)) is not None]
        if values:
            draft.slots[slot.index] = [
                leaf(v, LETTERHEAD) for v in values[: None if slot.prop.many else 1]
            ]


def _side(slot: Slot) -> str:
    """Return whose a property is: of the private person, of the body, or of either side as only an address can be."""
    words = plain_words(" ".join(slot.path))
    telling = {stem(word) for word in words if word not in _IDLE}
    last = words[-1:] and words[-1]
    form = slot.prop.kind in (Kind.ADDRESS, Kind.PHONE)
    if not form and last in ("address", "phone", "email"):
        return ""
    if not telling and form:
        return "private"
    if len(telling) > 2 or not telling:
        return ""
    if telling & _PRIVATE and not telling & _BODY:
        return "private"
    return "body" if telling <= _BODY and not form else ""


def _values(letter: Letter, slot: Slot) -> tuple[Value, ...]:
    party = letter.private if _side(slot) == "private" else letter.body
    if slot.prop.kind is Kind.ADDRESS:
        return (party.address,) if party.address else ()
    if slot.prop.kind is Kind.PHONE:
        return (party.phone,) if party.phone else ()
    if party is letter.private:
        return party.people
    return (party.body,) if party.body else ()
