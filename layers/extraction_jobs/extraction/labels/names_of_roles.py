"""Words for what people and parties are in a document."""

from __future__ import annotations

import re

from extraction.labels.labels import Words
from extraction.labels.word_lists import words_of

RECEIVERS = words_of("receiver") | {"deliver_to"}  # a token of its own
_PARTY_WORDS = words_of("party")
JOB_TITLE = re.compile(
    r"(?:(?:Group |Deputy |Assistant |Associate |Senior |Junior |Managing |Executive |Interim |"
    r"Non-Executive |Acting |Vice[- ]|Co-)*(?:"
    r"Chief [A-Z][\w-]+(?: (?:and|&) [A-Z][\w-]+)?(?: [A-Z][\w-]+)? Officer|"
    r"Director(?: of [A-Z][\w-]+(?:(?: and| &)? [A-Z][\w-]+){0,2})?|"
    r"(?:[A-Z][\w&-]+ ){0,3}(?:Manager|Director|Officer|Engineer|Analyst|Architect|Developer|Designer|"
    r"Consultant|Counsel|Accountant|Administrator|Coordinator|Specialist|Assistant|Adviser|Advisor|"
    r"Controller|Partner|Representative|Lead|Supervisor|Technician|Planner|Buyer|Auditor|Clerk)|"
    r"Head of (?:the )?[A-Z][\w-]+(?:(?: and| &)? [A-Z][\w-]+){0,2}|"
    r"Chair(?:man|woman|person)?(?: of the [A-Z]\w+)?|President|"
    r"Treasurer|(?:Company )?Secretary|Professor|General Counsel|CEO|CFO|CTO|COO|CIO|CISO|CMO|"
    r"Geschäftsführer(?:in)?|Directeur|Director General|Founder|Trustee))"
)


def is_party_role(words: Words) -> bool:
    """Tell a label that is what a party to a contract is called."""
    return (
        0 < len(words) <= 2
        and words[-1] in _PARTY_WORDS
        and words[0] in (_PARTY_WORDS | {"first", "second", "service", "the", "data"})
    )
