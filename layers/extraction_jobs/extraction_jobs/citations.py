"""Citations: the quotes in an evidence tree, and whether the text holds them where they say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def citations(evidence: Any) -> Iterator[dict[str, Any]]:
    """Every citation in an evidence tree, whatever its shape."""
    if isinstance(evidence, Mapping):
        if isinstance(evidence.get("citations"), list) and "confidence" in evidence:
            yield from evidence["citations"]
        else:
            for branch in evidence.values():
                yield from citations(branch)
    elif isinstance(evidence, list):
        for branch in evidence:
            yield from citations(branch)


def stands(text: str, citation: Mapping[str, Any], begin: int = 0) -> bool:
    """Whether the text holds the quote where the citation says; one that is not aligned says nothing.

    Args:
        begin: where in the document the text begins that is given.
    """
    if citation.get("alignment") == "none":
        return True
    start: int = citation["start"] - begin
    end: int = citation["end"] - begin
    return 0 <= start <= end and bool(text[start:end] == citation["quote"])
