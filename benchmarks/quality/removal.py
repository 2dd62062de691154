"""`python -m benchmarks.quality.removal NAME FILE`: the extractor without one of its rules, over documents read before.

Prints F1 by group as JSON. Nothing of the extractor may be imported before its word lists are emptied, so the imports
are inside the functions.
"""

from __future__ import annotations

import json
import pickle
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Words:
    """A word list, by `module:NAME`. It is taken for an empty one."""

    place: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A function or method, by `module:name`. It returns `gives`, or what that makes of its arguments."""

    place: str
    gives: Any = None


def _kind_of_json(json_type: str, *_: str) -> Any:
    from extraction.schema.kinds import Kind

    return Kind(json_type) if json_type in set(Kind) else Kind.TEXT


def _no_words(*_: Any, **__: Any) -> Any:
    from extraction.labels.vocabulary import Vocabulary

    return Vocabulary()


REMOVALS: Mapping[str, tuple[Words | Rule, ...]] = {
    # Word lists
    "dictionary": (Rule("labels.vocabulary:vocabulary", _no_words),),
    "synonyms": (Rule("schema.frames:_by_synonyms", ()),),
    "compounds": (Rule("labels.words:Reading._compound", ()),),
    "near words": (Words("labels.vocabulary:NEAR"),),
    "given names": (Rule("values.names:has_given_name", False),),
    # Labels
    "labels": (Rule("rules.from_facts:find_in_facts", []),),
    "stems of labels": (Rule("labels.words:akin", 1.0),),
    "kinds guessed from names": (Rule("schema.kinds:guess_kind", _kind_of_json),),
    # Structure
    "headings": (Rule("document.blocks.heading:read"),),
    "values under headings": (Rule("document.blocks.heading:_facts_under", []),),
    "label above": (Rule("document.blocks.paragraph:_label_above", []),),
    "labels in columns": (Rule("document.blocks.facts:labels_above", []),),
    "block under a label": (Rule("document.blocks.facts:block_under"),),
    "pairs without a mark": (Rule("document.blocks.facts:unmarked_pair", []),),
    "bills": (Rule("document.blocks.bill:read"),),
    "pipe tables": (Rule("document.blocks.pipe_table:read"),),
    "column tables": (Rule("document.blocks.column_table:read"),),
    "typed tables": (Rule("document.blocks.typed_table:read"),),
    # Rules
    "tables": (Rule("rules.tables.rows:find_in_tables", []),),
    "periods": (Rule("rules.from_facts:period_of", []),),
    "titles": (Rule("rules.from_titles:find_in_titles", []),),
    "entries": (Rule("rules.from_entries:find_in_entries", []),),
    "parties": (Rule("rules.parties:find_parties", []),),
    "address under a name": (Rule("rules.addresses:address_under", []),),
    "laws": (Rule("rules.parties:find_laws", []),),
    "openings of agreements": (Rule("document.opening:opening_of"),),
    "periods of contracts": (Rule("rules.contract_periods:find_contract_periods", []),),
    "days at the head": (Rule("rules.from_heads:find_in_head", []),),
    "letters": (Rule("rules.letters:find_in_letters", []),),
    "times of meetings": (Rule("rules.meetings:find_in_meetings", []),),
    "careers": (Rule("rules.careers:find_in_careers", []),),
    "signatures": (Rule("rules.signatures:find_signatures", []),),
    "mentions": (Rule("rules.mentions:find_mentions", []),),
    "rate in a label": (Rule("rules.from_facts:_rate_in_label", []),),
    "names in two columns": (Rule("rules.tables.labels:_join_names"),),
    "columns by arithmetic": (Rule("rules.tables.choosing:by_product", False),),
    "days carried down": (Rule("rules.tables.rows:_carry_day_down"),),
    "marked entries": (Rule("rules.from_entries:_marked"),),
    "listed entries": (Rule("rules.from_entries:_listed"),),
    "sentences with cues": (Rule("rules.from_entries:_cued", []),),
    "defined terms": (Rule("rules.parties:_terms", []),),
    "people in prose": (Rule("rules.mentions:_people", []),),
    # Objects
    "people and bodies": (Rule("records.mentioned:mentioned", []),),
    "one of a document": (Rule("records.gathering:_is_one", False),),
    # What no label named
    "ranking": (Rule("records.ranking.choice:candidates", []),),
    "cues of properties": (Rule("records.ranking.cues:hits_in", {}),),
    "title": (Rule("records.filling:_title"),),
    "currency": (Rule("values.currencies:decide_currency"),),
}


def without(name: str) -> None:
    """Take a rule out of the extractor. Nothing of it may be imported yet but what holds word lists."""
    removals = REMOVALS[name] if name else ()
    for removal in removals:
        if removal.place.startswith("labels.vocabulary:"):
            module, attribute = place_of(removal.place)
            empty = type(getattr(module, attribute))() if isinstance(removal, Words) else None
            setattr(module, attribute, empty if isinstance(removal, Words) else _stub(removal))
    import_module("benchmarks.quality.extracting")
    import_module("extraction.offline")
    import_module("extraction.schema.requested")
    for removal in removals:
        if not isinstance(removal, Words):
            _replace(*place_of(removal.place), _stub(removal))


def place_of(place: str) -> tuple[Any, str]:
    """The module or class that holds what is at a place, and its name there."""
    name, _, path = place.partition(":")
    owner: Any = import_module(f"extraction.{name}")
    *classes, attribute = path.split(".")
    for each in classes:
        owner = getattr(owner, each)
    getattr(owner, attribute)
    return owner, attribute


def _stub(removal: Rule) -> Callable[..., Any]:
    gives = removal.gives
    if callable(gives):
        made: Callable[..., Any] = gives
        return made
    return lambda *_, **__: gives.copy() if isinstance(gives, list | dict) else gives


def _replace(owner: Any, attribute: str, stub: Callable[..., Any]) -> None:
    """Put a stub in the place of a function, under whatever name a module has it."""
    original = getattr(owner, attribute)
    setattr(owner, attribute, stub)
    modules = [vars(m) for n, m in sys.modules.items() if n.startswith("extraction")]
    for names in (*modules, *(m["RULES"] for m in modules if "RULES" in m)):
        for name, value in list(names.items()):
            if value is original:
                names[name] = stub


def main(name: str, file: Path) -> None:
    """Print F1 by group."""
    without(name)
    from benchmarks.quality import figures
    from benchmarks.quality.extracting import measured_again

    groups = pickle.loads(file.read_bytes())
    f1 = {
        group: figures.overall(measured_again(document, text) for document, text in found).f1
        for group, found in groups.items()
    }
    sys.stdout.write(json.dumps(f1))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
