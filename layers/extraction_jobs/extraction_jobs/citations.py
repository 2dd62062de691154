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


def stands(text: str, citation: Mapping[str, Any]) -> bool:
    """Whether the text holds the quote where the citation says; one that is not aligned says nothing."""
    return (
        citation.get("alignment") == "none"
        or text[citation["start"] : citation["end"]] == citation["quote"]
    )
