"""One labelled document through the extractor, timed and judged."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.quality.corpus import Labelled
from benchmarks.quality.scoring import Item, Link, Score, compare
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


def extract(path: Path, object_types: Any = None) -> Extraction:
    """Extract a document with the object types of a request; without one, all ready-made ones."""
    return extract_document(OfflineExtractor(), *prepared(path, object_types)).extraction


def measured(document: Labelled) -> Result:
    """Extract and judge a document. One that is refused has found nothing."""
    started = time.perf_counter()
    try:
        extraction = extract(document.path, document.object_types)
    except ExtractionError as error:
        return Result(document, judged(document, [], []), time.perf_counter() - started, str(error))
    seconds = time.perf_counter() - started
    items: list[Item] = [(x.type, x.properties, x.evidence) for x in extraction.objects]
    links: list[Link] = [(x.type, x.from_index, x.to_index) for x in extraction.relationships]
    return Result(document, judged(document, items, links), seconds)


def judged(document: Labelled, found: list[Item], links: list[Link]) -> Score:
    """Compare with the gold; relationships only where they were labelled."""
    gold = document.gold
    expected: list[Item] = [(x["type"], x["properties"], {}) for x in gold["objects"]]
    if "relationships" not in gold:
        return compare(found, expected)
    wanted: list[Link] = [(x["type"], x["from"], x["to"]) for x in gold["relationships"]]
    return compare(found, expected, links, wanted)
