"""Whose law governs a contract, from its clause: `governed by the laws of the State of Delaware`."""

from __future__ import annotations

import re

from extraction.document.parsed_text import ParsedText
from extraction.labels.words import tokens
from extraction.records.confidence import CUE
from extraction.records.findings import Finding, ValueFinding, leaf
from extraction.schema.kinds import Kind
from extraction.schema.slots import Slot
from extraction.values.value import Value

_NAME = r"[A-Z][\w'’.-]*(?:[ \n](?:and|of|the)(?=[ \n][A-Z])|[ \n][A-Z][\w'’-]*){0,5}(?<!\.)"
_LAW = re.compile(
    r"\b(?:govern|constru|interpret|subject[ \n]to)[^.;]{0,160}?\blaws?[ \n]of[ \n](?:the[ \n])?"
    rf"(?P<whole>(?:(?:State|Commonwealth|Province|Canton|Republic)[ \n]of[ \n])?(?P<name>{_NAME}))"
)


def find_laws(parsed: ParsedText, start: int, end: int) -> list[Finding]:
    """Return the place whose law governs, for types that ask for a governing law or a jurisdiction."""
    wanted = [
        (frame, slot)
        for frame in parsed.frames
        for slot in frame.slots
        if not frame.is_part and slot.prop.kind is Kind.TEXT and not slot.prop.many and _asks(slot)
    ]
    found: list[Finding] = []
    for entry in parsed.entries_in(start, end) if wanted else ():
        for match in _LAW.finditer(parsed.text, entry.span.start, entry.span.end):
            for frame, slot in wanted:
                part = "whole" if "law" in tokens(slot.path[-1]) else "name"
                value = Value(" ".join(match[part].split()), *match.span(part), 0.9)
                found.append(
                    ValueFinding(
                        frame.key, slot.index, (leaf(value, CUE),), value.start, entry.block,
                        entry.section, 1.0,
                    )
                )  # fmt: skip
    return found


def _asks(slot: Slot) -> bool:
    words = set(tokens(slot.path[-1]))
    return (
        "jurisdiction" in words or {"governing", "law"} <= words or {"applicable", "law"} <= words
    )
