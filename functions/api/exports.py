"""A job's objects as JSON Lines and as CSV: pages that one puts behind each other to have the whole file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pages import MAX_PAGE_BYTES

# What a spreadsheet takes for the beginning of a formula when it opens a CSV file (CWE-1236), wide forms included.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# Before the properties. With a dot, so that a property is hardly ever named so.
ABOUT = ("object.id", "object.type", "object.confidence", "object.page")


def fitting_lines(lines: Iterator[str]) -> list[str]:
    """The first of the lines that fit into one answer; one at least."""
    taken: list[str] = []
    size = 0
    for line in lines:
        size += len(line.encode())
        if size > MAX_PAGE_BYTES and taken:
            break
        taken.append(line)
    return taken


def json_lines(objects: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """One line of JSON an object, with its evidence and the relationships that start at it."""
    for found in objects:
        line = {
            "id": str(found["id"]),
            **{name: found[name] for name in ("type", "properties", "evidence", "confidence")},
            "relationships": found["relationships"],
        }
        yield json.dumps(line, ensure_ascii=False) + "\n"


def csv_header(names: Sequence[str]) -> str:
    """The first line of the table."""
    return _row([*ABOUT, *map(_harmless, names)])


def csv_lines(objects: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Iterator[str]:
    """One row an object: what it is, where it stands, and its properties. What has parts is JSON in its cell."""
    for found in objects:
        properties = found["properties"]
        yield _row(
            [
                str(found["id"]),
                _harmless(found["type"]),
                _cell(found["confidence"]),
                _cell(_page(found["evidence"])),
                *(_cell(properties.get(name)) for name in names),
            ]
        )


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return _harmless(value)
    # A number is no formula, whatever its sign; and what JSON writes for a list or an object begins with a bracket.
    return json.dumps(value, ensure_ascii=False)


def _harmless(text: str) -> str:
    """The text, with an apostrophe before what a spreadsheet would run as a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _page(evidence: Any) -> int | None:
    """The first page that something of the object stands on; None where the source has none."""
    if isinstance(evidence, dict) and isinstance(evidence.get("citations"), list):
        pages = [each.get("page") for each in evidence["citations"] if isinstance(each, dict)]
    else:
        inner = evidence.values() if isinstance(evidence, dict) else evidence
        pages = [_page(each) for each in inner] if isinstance(evidence, dict | list) else []
    return min((page for page in pages if isinstance(page, int)), default=None)


def _row(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
