"""From documents to typed objects with confidence and exact source spans.

Knows nothing of jobs, databases or clouds. Importing this package loads almost nothing: each
public name is loaded from its module on first use, because cold starts are paid for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from extraction.document.document import Document, Limits
    from extraction.errors import (
        ChunkTooLargeError,
        ExtractionError,
        Fault,
        MisconfiguredError,
        NeedsOcrError,
        ObjectTypeError,
        PermanentError,
        RetryableError,
        StoppedError,
    )
    from extraction.model import (
        Chunk,
        ChunkResult,
        Control,
        ExtractedObject,
        ExtractedRelationship,
        Extraction,
        Extractor,
        Options,
        Run,
    )
    from extraction.ocr.page import Engine, PageImage, PageReader, ReadPage, ScannedPage, SeenWord
    from extraction.offline import OfflineExtractor
    from extraction.readers import read_document
    from extraction.schema.checking import broken_rule
    from extraction.schema.object_types import ObjectType, Property
    from extraction.schema.ready_made import ready_made_object_types, ready_made_sets
    from extraction.schema.requested import requested_object_types
    from extraction.schema.schemas import parse_object_types
    from extraction.whole import ChunkOutcome, WholeExtraction, extract_document

__all__ = [
    "Chunk",
    "ChunkOutcome",
    "ChunkResult",
    "ChunkTooLargeError",
    "Control",
    "Document",
    "Engine",
    "ExtractedObject",
    "ExtractedRelationship",
    "Extraction",
    "ExtractionError",
    "Extractor",
    "Fault",
    "Limits",
    "MisconfiguredError",
    "NeedsOcrError",
    "ObjectType",
    "ObjectTypeError",
    "OfflineExtractor",
    "Options",
    "PageImage",
    "PageReader",
    "PermanentError",
    "Property",
    "ReadPage",
    "RetryableError",
    "Run",
    "ScannedPage",
    "SeenWord",
    "StoppedError",
    "WholeExtraction",
    "broken_rule",
    "extract_document",
    "parse_object_types",
    "read_document",
    "ready_made_object_types",
    "ready_made_sets",
    "requested_object_types",
]

# By module. What is not named here is an error.
_PLACES = {
    "document.document": "Document Limits",
    "model": "Chunk ChunkResult Control ExtractedObject ExtractedRelationship Extraction Extractor Options Run",
    "ocr.page": "Engine PageImage PageReader ReadPage ScannedPage SeenWord",
    "offline": "OfflineExtractor",
    "readers": "read_document",
    "schema.checking": "broken_rule",
    "schema.object_types": "ObjectType Property",
    "schema.ready_made": "ready_made_object_types ready_made_sets",
    "schema.requested": "requested_object_types",
    "schema.schemas": "parse_object_types",
    "whole": "ChunkOutcome WholeExtraction extract_document",
}
_MODULE_OF = {name: module for module, names in _PLACES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'extraction' has no attribute {name!r}")
    value = getattr(import_module(f"extraction.{_MODULE_OF.get(name, 'errors')}"), name)
    globals()[name] = value
    return value
