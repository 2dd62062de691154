"""The extractor that needs no network and no model: rules over the structure of the text."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from extraction.code_digest import code_digest
from extraction.collector import without_collector
from extraction.document.document import Document
from extraction.document.parsed_text import ParsedText, is_credit_note
from extraction.document.reading import read_structure
from extraction.document.structure import Structure
from extraction.errors import StoppedError
from extraction.model import Chunk, ChunkResult, Control, Extraction, Options
from extraction.records.drafts import Draft
from extraction.records.findings import Finding, ObjectFinding, ValueFinding, from_json, to_json
from extraction.records.finishing import coverage_of, finish
from extraction.records.gathering import gather
from extraction.records.mentioned import mentions_for
from extraction.records.relationships import relate
from extraction.rules import RULES
from extraction.rules.e_invoice import with_e_invoices
from extraction.schema.frames import Frame, frames_of
from extraction.schema.object_types import ObjectType
from extraction.values import decide_conventions
from extraction.values.currencies import decide_currency

_SURE_LABEL = 0.85


@dataclass(frozen=True, slots=True)
class OfflineRun:
    """See `extraction.model.Run`; `parsed` is the document, parsed once."""

    document: Document
    object_types: tuple[ObjectType, ...]
    options: Options
    chunks: tuple[Chunk, ...]
    digest: str
    parsed: ParsedText

    @without_collector()
    def chunk(self, index: int, *, control: Control) -> ChunkResult:
        """Find what begins in one chunk. Raises StoppedError when told to stop."""
        parsed, chunk = self.parsed, self.chunks[index]
        findings: list[Finding] = []
        for rule in RULES.values():
            if control.should_stop():
                raise StoppedError(
                    "The chunk was left undone because the extractor was told to stop."
                )
            findings += rule(parsed, chunk.start, chunk.end)
        objects = sum(isinstance(finding, ObjectFinding) for finding in findings)
        singles = {
            f.frame for f in findings if isinstance(f, ValueFinding) and f.label >= _SURE_LABEL
        }
        return ChunkResult(
            index=index,
            object_count=objects + len(singles),
            findings=tuple(map(to_json, findings)),
            usage={
                "characters": chunk.end - chunk.start,
                "facts": len(parsed.facts_in(chunk.start, chunk.end)),
                "entries": len(parsed.entries_in(chunk.start, chunk.end)),
                "rows": sum(
                    len(table.rows_between(chunk.start, chunk.end))
                    for table in parsed.tables_in(chunk.start, chunk.end)
                ),
            },
        )

    @without_collector()
    def result(self, results: Sequence[ChunkResult]) -> Extraction:
        """Merge the findings of all chunks into objects and relate them."""
        by_index: dict[int, ChunkResult] = {result.index: result for result in results}
        findings: list[Finding] = []
        usage: dict[str, int] = {}
        warnings: list[str] = []
        for index in sorted(by_index):
            findings += map(from_json, by_index[index].findings)
            warnings += by_index[index].warnings
            for key, amount in sorted(by_index[index].usage.items()):
                usage[key] = usage.get(key, 0) + amount
        missing = len(self.chunks) - len(by_index)
        if missing:
            warnings.append(f"{missing} of {len(self.chunks)} chunks have no result.")
        drafts: list[Draft] = gather(self.parsed, findings)
        objects, drafts = finish(self.document, drafts, self.options)
        coverage = coverage_of(self.parsed, objects)
        filled = with_e_invoices(self.document, self.object_types, self.options, objects, coverage)
        if not filled.objects:
            warnings.append("No object of the requested types was found.")
        return Extraction(
            objects=filled.objects,
            relationships=relate(drafts),
            coverage=filled.coverage,
            warnings=tuple(dict.fromkeys(warnings)),
            usage=usage,
            review_reasons=filled.review_reasons,
        )


class OfflineExtractor:
    """Deterministic extraction by rules.

    Each finding is made from one fact, entry or table row and the parsed of the whole text,
    so the result is the same however the document was cut into chunks.
    """

    name = "offline"
    version = "1.0"

    @without_collector()
    def start(
        self, document: Document, object_types: Sequence[ObjectType], options: Options
    ) -> OfflineRun:
        """Read the document's structure and cut it into chunks between entries."""
        text = document.text_of_pages
        types = tuple(sorted(object_types, key=lambda t: t.name))
        structure = read_structure(text, document.tables)
        ways = decide_conventions(text)
        frames = frames_of(types, ways.language or "en")
        parsed = ParsedText(
            text=text,
            title=document.title,
            structure=structure,
            frames=frames,
            ways=ways,
            currency=decide_currency(text),
            sections_with_items=frozenset(
                entry.section for entry in structure.entries if entry.kind == "item"
            ),
            credits=is_credit_note(text),
            mentions=mentions_for(frames),
        )
        chunks = _chunks(document.text, structure, options.chunk_characters)
        return OfflineRun(
            document=document,
            object_types=types,
            options=options,
            chunks=chunks,
            digest=self._digest(document, types, options, chunks, frames),
            parsed=parsed,
        )

    def _digest(
        self,
        document: Document,
        types: tuple[ObjectType, ...],
        options: Options,
        chunks: tuple[Chunk, ...],
        frames: tuple[Frame, ...],
    ) -> str:
        parts = [
            self.name,
            self.version,
            code_digest(),
            document.digest,
            document.title,
            [object_type.digest for object_type in types],
            # Findings name a chunk's places and the fields' numbers: those must mean the same when they are read back.
            [chunk.start for chunk in chunks],
            [[frame.key, [slot.path for slot in frame.slots]] for frame in frames],
            options.min_confidence,
            options.grounding_required,
            options.chunk_characters,
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _chunks(text: str, structure: Structure, size: int) -> tuple[Chunk, ...]:
    """Cut between entries and table rows, at the last place that keeps to the size."""
    places = {entry.span.start for entry in structure.entries}
    places |= {fact.start for fact in structure.facts}
    places |= {row[0].start for table in structure.tables for row in table.rows if row}
    chunks: list[Chunk] = []
    start, last = 0, 0
    for place in sorted(places):
        if place - start > size and last > start:
            chunks.append(Chunk(len(chunks), start, last))
            start = last
        last = place
    while len(text) - start > size and last > start:
        chunks.append(Chunk(len(chunks), start, last))
        start = last
    chunks.append(Chunk(len(chunks), start, len(text)))
    return tuple(chunks)
