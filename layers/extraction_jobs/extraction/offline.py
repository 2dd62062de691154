"""The extractor that needs no network and no model."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from extraction.document import Document
from extraction.errors import StoppedError
from extraction.model import (
    Chunk,
    ChunkResult,
    ExtractedObject,
    Extraction,
    Options,
    Plan,
)
from extraction.object_types import ObjectType
from extraction.words import tokens

_PAIR = re.compile(r"^[ \t]*([^:\n]{1,60}):[ \t]*(\S[^\n]*)$", re.MULTILINE)


class OfflineExtractor:
    name = "offline"
    version = "0"

    def plan(
        self, document: Document, object_types: Sequence[ObjectType], options: Options
    ) -> Plan:
        size = options.chunk_characters
        chunks = []
        at = 0
        while at < len(document.text):
            end = min(len(document.text), at + size)
            newline = document.text.find("\n", end)
            end = len(document.text) if newline < 0 else newline + 1
            chunks.append(Chunk(len(chunks), at, end))
            at = end
        digest = hashlib.sha256(
            json.dumps(
                [self.name, self.version, document.digest, size]
                + [t.digest for t in object_types]
            ).encode()
        ).hexdigest()
        return Plan(document, tuple(object_types), options, tuple(chunks), digest)

    def extract_chunk(
        self, plan: Plan, index: int, *, should_stop: Callable[[], bool]
    ) -> ChunkResult:
        if should_stop():
            raise StoppedError("stopped")
        chunk = plan.chunks[index]
        findings: list[dict[str, Any]] = []
        for match in _PAIR.finditer(plan.document.text, chunk.start, chunk.end):
            for kind in plan.object_types:
                for prop in kind.properties:
                    if any(tokens(match[1]) == tokens(label) for label in prop.labels):
                        findings.append(
                            {"t": kind.name, "p": prop.name, "s": match.start(2), "e": match.end(2)}
                        )
        return ChunkResult(index, len({f["t"] for f in findings}), tuple(findings))

    def combine(self, plan: Plan, results: Sequence[ChunkResult]) -> Extraction:
        text = plan.document.text
        found: dict[str, dict[str, Any]] = {}
        for result in sorted(results, key=lambda r: r.index):
            for finding in result.findings:
                found.setdefault(finding["t"], {}).setdefault(finding["p"], finding)
        objects = []
        for name, values in sorted(found.items()):
            evidence = {
                key: {
                    "confidence": 0.5,
                    "confidence_basis": "heuristic",
                    "method": "key_value",
                    "citations": [
                        {
                            "quote": text[f["s"] : f["e"]],
                            "start": f["s"],
                            "end": f["e"],
                            "page": None,
                            "alignment": "exact",
                        }
                    ],
                }
                for key, f in values.items()
            }
            objects.append(
                ExtractedObject(
                    name,
                    {k: text[f["s"] : f["e"]] for k, f in values.items()},
                    evidence,
                    0.5,
                    min(f["s"] for f in values.values()),
                    max(f["e"] for f in values.values()),
                )
            )
        return Extraction(tuple(objects), (), 1.0, (), {})
