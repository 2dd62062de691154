"""The rules: each finds values, objects or mentions in a stretch of a document, whatever the types asked for.

A rule looks at what begins in the stretch, and at the whole document as far as it needs to; so the findings are the
same however the document was cut. To add one, write a file with such a function and name it in RULES.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from extraction.document.parsed_text import ParsedText
from extraction.records.findings import Finding
from extraction.rules.careers import find_in_careers
from extraction.rules.contract_periods import find_contract_periods
from extraction.rules.from_entries import find_in_entries
from extraction.rules.from_facts import find_in_facts
from extraction.rules.from_heads import find_in_head
from extraction.rules.from_opening import find_in_opening
from extraction.rules.from_titles import find_in_titles
from extraction.rules.letters import find_in_letters
from extraction.rules.meetings import find_in_meetings
from extraction.rules.mentions import find_mentions
from extraction.rules.parties import find_laws, find_parties
from extraction.rules.periods import find_periods
from extraction.rules.signatures import find_signatures
from extraction.rules.tables.rows import find_in_tables

Rule = Callable[[ParsedText, int, int], list[Finding]]

RULES: Mapping[str, Rule] = {
    "labels": find_in_facts,
    "periods": find_periods,
    "titles": find_in_titles,
    "entries": find_in_entries,
    "tables": find_in_tables,
    "parties": find_parties,
    "laws": find_laws,
    "opening": find_in_opening,
    "contract periods": find_contract_periods,
    "careers": find_in_careers,
    "heads": find_in_head,
    "letters": find_in_letters,
    "meetings": find_in_meetings,
    "signatures": find_signatures,
    "mentions": find_mentions,
}
