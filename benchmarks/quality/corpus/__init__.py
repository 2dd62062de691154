"""The labelled documents. Beside each stands its gold: what a careful person would write into the typed fields.

Our own are in this folder. Documents by others are kept elsewhere and not committed: a folder of collections, each with
the halves `dev` (to work on) and `check` (to judge by, unread). QUALITY_CORPORA says where.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from extraction import ready_made_object_types, ready_made_sets

# Calibration: seen by nobody who works on the rules, and what confidences are fitted on.
PARTS = ("tuning", "calibration", "held_out")
HALVES = ("dev", "check")
_FOLDER = Path(__file__).parent
_OUTSIDE = Path(__file__).parents[4] / "shared" / "corpora"
_E_INVOICES = "e_invoices"
_NUMBERING = re.compile(r"_?\d+$")  # invoice_017
_FORMATS = {"htm": "html", "eml": "email", "md": "markdown", "txt": "text"}


@dataclass(frozen=True)
class Labelled:
    """A document and where its gold is."""

    part: str
    path: Path
    pages_alone: bool = False  # read without the e-invoices that are embedded in it

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    @property
    def has_own_xml(self) -> bool:
        """Whether the XML embedded in it says what is right: e-invoices by others."""
        return self.path.parent.parent.name == _E_INVOICES

    @property
    def format(self) -> str:
        """What kind of file it is."""
        suffix = self.path.suffix.lstrip(".").casefold()
        return _FORMATS.get(suffix, suffix)

    @property
    def has_own_types(self) -> bool:
        """Whether the gold names object types of its own; else ready-made ones are asked for."""
        types = self.gold.get("object_types")
        return isinstance(types, dict) and not _are_ready_made(types)

    @property
    def object_types(self) -> Mapping[str, Any]:
        """JSON Schemas by name. Copies of ready-made types in the gold stand for the types of today."""
        types = self.gold.get("object_types") or _ready_made()
        if isinstance(types, list):
            return {name: schema for x in types for name, schema in ready_made_sets()[x].items()}
        if _are_ready_made(types):
            return {name: _ready_made()[name] for name in types}
        own: Mapping[str, Any] = types
        return own

    @cached_property
    def gold(self) -> dict[str, Any]:
        """As the file has it. `object_types`: schemas, or a list of ready-made sets; absent: those asked for
        by default.

        Of documents by others `labelled` names the properties that were labelled: one of those without a value is not
        in the document, any other does not count. `also_right` has further right values by property.
        """
        content: dict[str, Any] = json.loads(self.path.with_suffix(".gold.json").read_text("utf-8"))
        return content


@lru_cache(maxsize=1)
def _ready_made() -> Mapping[str, dict[str, Any]]:
    return ready_made_object_types()


def _are_ready_made(types: Mapping[str, Any]) -> bool:
    known = _ready_made()
    return all(
        name in known and set(schema["properties"]) <= set(known[name]["properties"])
        for name, schema in types.items()
    )


def documents(part: str) -> list[Labelled]:
    """The documents of a part, by name; none where the folder is missing."""
    return _documents(part, _FOLDER / part)


def outside(half: str) -> dict[str, list[Labelled]]:
    """Documents by others: a half of each collection, by its name, or its kinds' names where it has several.

    E-invoices count twice: with what is embedded in them, and from their pages alone. Empty without such a folder.
    """
    folder = Path(os.environ.get("QUALITY_CORPORA") or _OUTSIDE)
    found: dict[str, list[Labelled]] = {}
    for collection in sorted(folder.iterdir()) if folder.is_dir() else ():
        labelled = _documents(half, collection / half)
        kinds = [_NUMBERING.sub("", document.path.stem) for document in labelled]
        for document, kind in zip(labelled, kinds, strict=True):
            name = f"{collection.name}/{kind}" if len(set(kinds)) > 1 else collection.name
            found.setdefault(name, []).append(document)
        if collection.name == _E_INVOICES:
            found[f"{_E_INVOICES}/pages"] = [replace(each, pages_alone=True) for each in labelled]
    return dict(sorted(found.items()))


def _documents(part: str, folder: Path) -> list[Labelled]:
    if not folder.is_dir():
        return []
    return [
        Labelled(part, path)
        for path in sorted(folder.iterdir())
        if path.with_suffix(".gold.json").is_file() and not path.name.endswith(".gold.json")
    ]
