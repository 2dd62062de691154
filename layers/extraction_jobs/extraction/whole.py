"""A whole document in one go, for callers that need no checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from extraction.document.document import Document
from extraction.errors import ExtractionError, MisconfiguredError, RetryableError, StoppedError
from extraction.model import ChunkResult, Control, Extraction, Extractor, Options
from extraction.schema.object_types import ObjectType


@dataclass(frozen=True, slots=True)
class ChunkOutcome:
    """How one chunk ended: with objects begun in it, or with the error that it came to."""

    index: int
    object_count: int
    error: ExtractionError | None = None


@dataclass(frozen=True, slots=True)
class WholeExtraction:
    """The result, how each chunk ended, and who made it."""

    extraction: Extraction
    outcomes: tuple[ChunkOutcome, ...]
    extractor: str
    version: str


def extract_document(
    extractor: Extractor,
    document: Document,
    object_types: Sequence[ObjectType],
    options: Options | None = None,
    *,
    control: Control | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> WholeExtraction:
    """Extract a document. A chunk's failure does not throw away what the others gave.

    Args:
        extractor: who does it.
        document: as `read_document` returns it.
        object_types: what to look for, as `parse_object_types` returns them.
        options: how; the defaults without them.
        control: see there.
        on_progress: told after each chunk how many are done, and of how many.

    Raises:
        StoppedError, RetryableError, MisconfiguredError: see Run.chunk.
    """
    run = extractor.start(document, object_types, options or Options())
    results: list[ChunkResult] = []
    outcomes: list[ChunkOutcome] = []
    for chunk in run.chunks:
        try:
            result = run.chunk(chunk.index, control=control or Control())
        except (StoppedError, RetryableError, MisconfiguredError):
            raise
        except ExtractionError as error:
            outcomes.append(ChunkOutcome(chunk.index, 0, error))
        else:
            results.append(result)
            outcomes.append(ChunkOutcome(chunk.index, result.object_count))
        if on_progress is not None:
            on_progress(len(outcomes), len(run.chunks))
    return WholeExtraction(run.result(results), tuple(outcomes), extractor.name, extractor.version)
