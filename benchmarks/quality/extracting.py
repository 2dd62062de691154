"""One labelled document through the extractor, timed and judged."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.quality.corpus import Labelled
from benchmarks.quality.e_invoice_gold import without_unlabelled_cells
from benchmarks.quality.scoring import spelled
from extraction import (
    Document,
    Extraction,
    ExtractionError,
    Limits,
    ObjectType,
    OfflineExtractor,
    Options,
    extract_document,
    read_document,
    requested_object_types,
)
from extraction_jobs_cli import gold
from extraction_jobs_cli.scoring import Item, Link, Score


@dataclass(frozen=True, slots=True)
class Result:
    """A document, what became of it, and how long that took."""

    document: Labelled
    score: Score
    seconds: float
    error: str = ""


def prepared(
    path: Path, object_types: Any = None
) -> tuple[Document, tuple[ObjectType, ...], Options]:
    """What an extractor is given: the document, the object types of a request, and how to extract."""
    document = read_document(path.read_bytes(), media_type=None, name=path.name, limits=Limits())
    return document, requested_object_types(object_types), Options()


def read(document: Labelled) -> Document | None:
    """The document's text, or None if it is refused."""
    try:
        return _pages(document, prepared(document.path)[0])
    except ExtractionError:
        return None


def _pages(document: Labelled, read: Document) -> Document:
    if not document.pages_alone:
        return read
    return replace(read, text=read.text_of_pages, e_invoices_start=None)


def extract(path: Path, object_types: Any = None) -> Extraction:
    """Extract a document with the object types of a request; without one, those of the default sets."""
    return extract_document(OfflineExtractor(), *prepared(path, object_types)).extraction


def measured(document: Labelled) -> Result:
    """Read, extract and judge a document. One that is refused has found nothing."""
    started = time.perf_counter()
    try:
        read, types, options = prepared(document.path, document.object_types)
        read = _pages(document, read)
        extraction = extract_document(OfflineExtractor(), read, types, options).extraction
    except ExtractionError as error:
        return Result(document, judged(document, [], []), time.perf_counter() - started, str(error))
    return _result(document, extraction, time.perf_counter() - started)


def measured_again(document: Labelled, text: Document | None) -> Result:
    """The same of a document that was read before."""
    if text is None:
        return Result(document, judged(document, [], []), 0.0)
    started = time.perf_counter()
    types = requested_object_types(document.object_types)
    extraction = extract_document(OfflineExtractor(), text, types, Options()).extraction
    return _result(document, extraction, time.perf_counter() - started)


def _result(document: Labelled, extraction: Extraction, seconds: float) -> Result:
    items: list[Item] = [(x.type, x.properties, x.evidence) for x in extraction.objects]
    links: list[Link] = [(x.type, x.from_index, x.to_index) for x in extraction.relationships]
    return Result(document, judged(document, items, links), seconds)


def judged(document: Labelled, found: list[Item], links: list[Link]) -> Score:
    """Compare with the gold; relationships only where they were labelled."""
    if document.has_own_xml:
        found = without_unlabelled_cells(document.path, document.gold, found)
    return gold.judged(document.gold, found, links, spelled=spelled)
