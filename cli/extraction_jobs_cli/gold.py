"""The right answers of labelled documents, and how an extraction compares with them.

Beside each document `NAME.EXT` stands `NAME.gold.json`:

    {"object_types": ["invoice"], "objects": [{"type": "Invoice", "properties": {"total": 917.13}}]}

`object_types` is what a request may name (schemas by type name, or ready-made sets); absent: the default sets.
`relationships` are compared if they are there: `{"type", "from", "to"}`, by the objects' positions. Where only some
properties were labelled, `labelled` names them: then there is one object, one of those properties without a value is
not in the document, and any other does not count. `also_right` has further right values by property.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extraction_jobs_cli.exits import CommandError, Exit
from extraction_jobs_cli.scoring import Item, Link, Score, Spelling, comparable, compare

SUFFIX = ".gold.json"
Gold = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LabelledDocument:
    """A document and its gold."""

    path: Path
    gold: Gold


def labelled_documents(folder: Path) -> list[LabelledDocument]:
    """Returns the documents of a folder that have a gold, by name.

    Raises:
        CommandError: there are none, or a gold cannot be used; the message names the file and the rule.
    """
    if not folder.is_dir():
        raise CommandError(f"{folder} is not a folder.", Exit.USAGE)
    found = [
        LabelledDocument(path, _read(path.with_suffix(SUFFIX)))
        for path in sorted(folder.iterdir())
        if not path.name.endswith(SUFFIX) and path.with_suffix(SUFFIX).is_file()
    ]
    if not found:
        raise CommandError(f"{folder} has no document with a {SUFFIX} beside it.", Exit.USAGE)
    return found


def _read(path: Path) -> Gold:
    try:
        gold = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CommandError(f"{path} cannot be read as JSON: {error}", Exit.USAGE) from None
    objects = gold.get("objects") if isinstance(gold, dict) else None
    if not isinstance(objects, list) or not all(
        isinstance(each, dict)
        and isinstance(each.get("type"), str)
        and isinstance(each.get("properties"), dict)
        for each in objects
    ):
        raise CommandError(
            f"{path}: objects: must be a list of objects, each with a type and properties",
            Exit.USAGE,
        )
    if "labelled" in gold and len(objects) != 1:
        raise CommandError(
            f"{path}: objects: must have exactly one object if labelled is given", Exit.USAGE
        )
    return dict(gold)


def judged(
    gold: Gold, found: Sequence[Item], links: Sequence[Link] = (), *, spelled: Spelling = str
) -> Score:
    """Compare what was found with the gold; relationships only where they were labelled."""
    expected: list[Item] = [(x["type"], x["properties"], {}) for x in gold["objects"]]
    if "labelled" in gold:
        return compare(*_labelled_alone(found, expected, gold, spelled), spelled=spelled)
    if "relationships" not in gold:
        return compare(found, expected, spelled=spelled)
    wanted: list[Link] = [(x["type"], x["from"], x["to"]) for x in gold["relationships"]]
    return compare(found, expected, links, wanted, spelled=spelled)


def _labelled_alone(
    found: Sequence[Item], expected: Sequence[Item], gold: Gold, spelled: Spelling
) -> tuple[list[Item], list[Item]]:
    """Leave out what was not labelled, and all but the first object of the labelled type.

    `labelled` names properties of the object only. Of a property of rows, what no row of the gold has was not labelled.
    Of several right values the one that was found is the gold's.
    """
    also_right: Mapping[str, list[Any]] = gold.get("also_right", {})
    [(kind, wanted, _)] = expected
    first = next(([item] for item in found if item[0] == kind), [])
    kept: list[Item] = [
        (
            k,
            {n: _labelled_in_rows(v, wanted.get(n)) for n, v in p.items() if n in gold["labelled"]},
            e,
        )
        for k, p, e in first
    ]
    right = {n: v for n, v in wanted.items() if n in gold["labelled"]}
    for _, properties, _ in kept:
        for name, others in also_right.items():
            value = properties.get(name)
            if value is not None and comparable(value, spelled) in [
                comparable(other, spelled) for other in others
            ]:
                right[name] = value
    return kept, [(kind, right, {})]


def _labelled_in_rows(found: Any, wanted: Any) -> Any:
    if not (isinstance(wanted, list) and wanted and all(isinstance(row, dict) for row in wanted)):
        return found
    # Types of one's own may make something else of it than the gold does: then all of it is wrong.
    if not (isinstance(found, list) and all(isinstance(row, dict) for row in found)):
        return found
    labelled = {name for row in wanted for name in row}
    return [{n: v for n, v in row.items() if n in labelled} for row in found]
