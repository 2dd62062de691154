"""What the gold of an e-invoice leaves out of its lines, although the invoice's own XML states it.

The collection's gold was made of the XML, and has not every value of every line. Such a value is neither right nor
wrong. The XML is read here anew, with nothing of the extractor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pypdfium2

from extraction_jobs_cli.scoring import Item, comparable

_ROWS = "line_items"
_LINE = "IncludedSupplyChainTradeLineItem"
_Line = frozenset[str]


def without_unlabelled_cells(
    path: Path, gold: Mapping[str, Any], found: Sequence[Item]
) -> list[Item]:
    """Return what was found without the cells that a line of the XML states and the gold's row for it lacks.

    All cells of such a row stand on that line.
    """
    lines = _lines(path)
    wanted = [row for each in gold["objects"] for row in each["properties"].get(_ROWS, ())]

    def kept(row: Mapping[str, Any]) -> Mapping[str, Any]:
        line = next((line for line in lines if _said(row) <= line), None)
        if line is None:
            return row
        labelled = {name for each in wanted if _said(each) <= line for name in each}
        return {name: value for name, value in row.items() if name in labelled}

    return [
        (kind, {**properties, _ROWS: [kept(row) for row in properties[_ROWS]]}, proof)
        if _ROWS in properties
        else (kind, properties, proof)
        for kind, properties, proof in found
    ]


def _said(row: Mapping[str, Any]) -> set[str]:
    return {comparable(value) for value in row.values()}


@cache
def _lines(path: Path) -> tuple[_Line, ...]:
    """Return what each line of an invoice's XML says, in the form in which values are compared."""
    document = pypdfium2.PdfDocument(path)
    attached = [document.get_attachment(n) for n in range(document.count_attachments())]
    roots = [
        ET.fromstring(bytes(each.get_data()))
        for each in attached
        if each.get_name().endswith(".xml")
    ]
    return tuple(
        frozenset(form for text in line.itertext() if text.strip() for form in _forms(text))
        for root in roots
        for line in root.iter()
        if line.tag.endswith(_LINE)
    )


def _forms(text: str) -> set[str]:
    try:
        return {comparable(text), comparable(float(text))}
    except ValueError:
        return {comparable(text)}
