"""What the opening of an agreement says of a party behind its name: what it is called, and where it is."""

from __future__ import annotations

import re

from extraction.values.value import Value

_DEFINED_REACH = 900  # code points behind a name in which its term is defined
QUOTED = re.compile(r"[“\"‘«„](?:[Tt]he\s+)?(?P<term>[^”\"“’»\n]{2,50}?)[,.]?[”\"’»“]")
_AT = re.compile(
    r"\b(?:located|headquarter\w*|offices?|address|residing|residence|resident|business|seat)\b[^,;()]{0,40}?"
    r"\b(?:at|is)[\s:]+(?P<address>[^(“\";]{8,160}?)(?=\s*(?:[(;“\"]|,?\s+(?:and|AND)\s|,?\s+(?:as|each|which|who)\b|$))"
)
_OF_ALL = re.compile(r"\b(?:collectively|together|each)\b", re.IGNORECASE)
_GENERIC = frozenset(("party", "parties", "agreement"))
WORD = re.compile(r"[\w&]+")


def role_of(text: str, name: Value, end: int) -> Value | None:
    """Return what the agreement calls a party, unless that is only its name in short."""
    end = min(end, name.end + _DEFINED_REACH)
    plain = letters(name.value)
    words = {word.casefold() for word in WORD.findall(name.value)}
    initials = "".join(word[0] for word in WORD.findall(name.value)).casefold()
    for match in QUOTED.finditer(text, name.end, end):
        term = match["term"].strip()
        lead = text[max(name.end, match.start() - 40) : match.start()]
        said = {word.casefold() for word in WORD.findall(term)}
        short = said <= words or letters(term) in plain or initials.startswith(letters(term))
        if short or term.casefold() in _GENERIC or _OF_ALL.search(lead) or not term[0].isupper():
            continue
        return Value(term, match.start("term"), match.start("term") + len(term), 0.95)
    return None


def address_of(text: str, start: int, end: int) -> Value | None:
    """Return where a party is, which stands behind `with its office at`."""
    match = _AT.search(text, start, end)
    words = match["address"].strip(" ,;\n") if match else ""
    if match is None or not any(map(str.isdigit, words)):
        return None
    first = match.start("address")
    return Value(" ".join(words.split()), first, first + len(words), 0.95)


def letters(words: str) -> str:
    """Return the letters and figures of a name, by which two spellings of it are compared."""
    return "".join(filter(str.isalnum, words)).casefold()
