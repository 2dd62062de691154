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
    Run,
)


def _nothing(index: int) -> None:
    """The default observer."""


@dataclass(frozen=True)
class LineRun:
    """Leaves its work to its extractor, where a test can change it."""

    document: Document
    chunks: tuple[Chunk, ...]
    digest: str
    extractor: LineExtractor

    def chunk(self, index: int, *, control: Control) -> ChunkResult:
        """See LineExtractor."""
        return self.extractor.chunk(self, index, control=control)

    def result(self, results: Sequence[ChunkResult]) -> Extraction:
        """See LineExtractor."""
        return self.extractor.result(self, results)


@dataclass
class LineExtractor:
    """See the module."""

    before_chunk: Callable[[int], None] = _nothing
    name: str = "lines"
    version: str = "1"

    def start(
        self, document: Document, object_types: Sequence[ObjectType], options: Options
    ) -> Run:
        """A chunk a line."""
        chunks, start = [], 0
        for index, line in enumerate(document.text.splitlines(keepends=True)):
            chunks.append(Chunk(index=index, start=start, end=start + len(line)))
            start += len(line)
        digest = hashlib.sha256(document.text.encode()).hexdigest()
        return LineRun(document, tuple(chunks), digest, self)

    def chunk(self, run: Run, index: int, *, control: Control) -> ChunkResult:
        """The objects of one line."""
        self.before_chunk(index)
        chunk = run.chunks[index]
        line = run.document.text[chunk.start : chunk.end].rstrip("\n")
        kind, found, value = line.partition(": ")
        findings = (
            [{"type": kind, "value": value, "start": chunk.end - len(value) - 1}] if found else []
        )
        for finding in findings:
            start = run.document.text.index(value, chunk.start)
            finding["start"] = start
        return ChunkResult(index=index, object_count=len(findings), findings=tuple(findings))

    def result(self, run: Run, results: Sequence[ChunkResult]) -> Extraction:
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
            place = (start, start + len(value))
            confidence = round(0.9 * run.document.ocr_confidence([place]), 4)
            leaf = {
                "confidence": confidence,
                "confidence_basis": "test",
                "method": "line",
                "citations": [citation],
            }
            objects.append(
                ExtractedObject(
                    type=finding["type"],
                    properties={"value": value},
                    evidence={"value": leaf},
                    confidence=confidence,
                    start=start,
                    end=start + len(value),
                )
            )
        return Extraction(tuple(objects), (), 1.0, (), {})


def failing(error: Exception, *chunks: int) -> LineExtractor:
    """An extractor whose chunks raise the error: those that are named, or all."""

    def fail(index: int) -> None:
        if not chunks or index in chunks:
            raise error

    return LineExtractor(before_chunk=fail)
