"""A small extractor for tests of the job's life: each line is a chunk, each `type: value` line an object.

It announces each chunk to `before_chunk`, where a test can raise, act or wait.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from extraction import (
    Chunk,
    ChunkResult,
    Control,
    Document,
    ExtractedObject,
    Extraction,
    ObjectType,
    Options,
    Plan,
)


def _nothing(index: int) -> None:
    """The default observer."""


@dataclass
class LineExtractor:
    """See the module."""

    before_chunk: Callable[[int], None] = _nothing
    name: str = "lines"
    version: str = "1"

    def plan(
        self, document: Document, object_types: Sequence[ObjectType], options: Options
    ) -> Plan:
        """A chunk a line."""
        chunks, start = [], 0
        for index, line in enumerate(document.text.splitlines(keepends=True)):
            chunks.append(Chunk(index=index, start=start, end=start + len(line)))
            start += len(line)
        digest = hashlib.sha256(document.text.encode()).hexdigest()
        return Plan(document, tuple(object_types), options, tuple(chunks), digest)

    def extract_chunk(self, plan: Plan, index: int, *, control: Control) -> ChunkResult:
        """The objects of one line."""
        self.before_chunk(index)
        chunk = plan.chunks[index]
        line = plan.document.text[chunk.start : chunk.end].rstrip("\n")
        kind, found, value = line.partition(": ")
        findings = (
            [{"type": kind, "value": value, "start": chunk.end - len(value) - 1}] if found else []
        )
        for finding in findings:
            start = plan.document.text.index(value, chunk.start)
            finding["start"] = start
        return ChunkResult(index=index, object_count=len(findings), findings=tuple(findings))

    def combine(self, plan: Plan, results: Sequence[ChunkResult]) -> Extraction:
        """All lines' objects, in order."""
        objects = []
        for finding in (finding for result in results for finding in result.findings):
            value, start = finding["value"], finding["start"]
            citation = {
                "quote": value,
                "start": start,
                "end": start + len(value),
                "page": None,
                "alignment": "exact",
            }
            leaf = {
                "confidence": 0.9,
                "confidence_basis": "test",
                "method": "line",
                "citations": [citation],
            }
            objects.append(
                ExtractedObject(
                    type=finding["type"],
                    properties={"value": value},
                    evidence={"value": leaf},
                    confidence=0.9,
                    start=start,
                    end=start + len(value),
                )
            )
        return Extraction(tuple(objects), (), 1.0, (), {})
