"""What goes into an extractor and what comes out of it.

Everything that `ChunkResult` holds is plain JSON and does not depend on the order of keys in
an object: it is stored as `jsonb`, which keeps neither key order nor the spelling of numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from extraction.document.document import Document
from extraction.schema.object_types import ObjectType


@dataclass(frozen=True, slots=True)
class Options:
    """How to extract.

    Values below `min_confidence` (0..1) are left out, and so is an object all of whose values
    are. None leaves it to the extractor: the rules leave out what is more likely wrong than
    right, a model nothing. With `grounding_required` a value without an exact span of the source is left out.
    `chunk_characters` is the aimed-at size of a chunk, in code points. `overlap_characters` is how
    much of the chunk before an extractor that reads chunks by themselves is shown again.
    """

    min_confidence: float | None = None
    grounding_required: bool = True
    chunk_characters: int = 8000
    overlap_characters: int = 400

    def __post_init__(self) -> None:
        """Refuse values that make no sense."""
        if self.min_confidence is not None and not 0.0 <= self.min_confidence <= 1.0:
            raise ValueError("min_confidence must be between 0 and 1")
        if self.chunk_characters < 1:
            raise ValueError("chunk_characters must be at least 1")
        if self.overlap_characters < 0:
            raise ValueError("overlap_characters must not be negative")


def _never() -> bool:
    return False


def _unlimited() -> float:
    return float("inf")


def _unheard(usage: Mapping[str, int]) -> None:
    """The default listener."""


@dataclass(frozen=True, slots=True)
class Control:
    """What binds an extractor while it works on a chunk: the caller's means to stop it, in time and in money.

    Attributes:
        should_stop: asked often; once it is true the chunk is left undone with StoppedError.
        seconds_left: until whoever runs this is ended from outside. No call may wait longer.
        dollars_left: of the document's budget; infinite without one.
        on_usage: told at once of each paid call, so that it is counted even if its chunk comes to nothing.
    """

    should_stop: Callable[[], bool] = _never
    seconds_left: Callable[[], float] = _unlimited
    dollars_left: Callable[[], float] = _unlimited
    on_usage: Callable[[Mapping[str, int]], None] = _unheard


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch of the document that is extracted, and checkpointed, in one step."""

    index: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ChunkResult:
    """What one chunk yielded: a checkpoint.

    `object_count` counts the objects begun in this chunk; merging and the confidence threshold
    can make the final number smaller. `findings` belong to the extractor that made them.
    """

    index: int
    object_count: int
    findings: tuple[Mapping[str, Any], ...]
    warnings: tuple[str, ...] = ()
    usage: Mapping[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON that `from_json` turns back into an equal result."""
        return {
            "index": self.index,
            "object_count": self.object_count,
            "findings": [dict(finding) for finding in self.findings],
            "warnings": list(self.warnings),
            "usage": dict(self.usage),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ChunkResult:
        """Read a checkpoint back. Raise ValueError if it is not one: extract the chunk anew."""
        expected = (
            ("index", int),
            ("object_count", int),
            ("findings", list),
            ("warnings", list),
            ("usage", Mapping),
        )
        sound = all(isinstance(value.get(key), kind) for key, kind in expected)
        if not sound or not all(isinstance(finding, Mapping) for finding in value["findings"]):
            raise ValueError("not a chunk result")
        return cls(
            index=value["index"],
            object_count=value["object_count"],
            findings=tuple(value["findings"]),
            warnings=tuple(value["warnings"]),
            usage=dict(value["usage"]),
        )


@dataclass(frozen=True, slots=True)
class ExtractedObject:
    """A typed object and the proof for it.

    `evidence` mirrors `properties` in a tree of its own, so that no property of a user's type
    can collide with it. Each leaf is `{confidence, confidence_basis, method, citations}`, each
    citation `{quote, start, end, page, alignment}`, and `text[start:end] == quote`.
    `start` and `end` span all citations.
    """

    type: str
    properties: dict[str, Any]
    evidence: dict[str, Any]
    confidence: float
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ExtractedRelationship:
    """`type` leads from one object to another; the indexes are positions in `objects`."""

    type: str
    from_index: int
    to_index: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Extraction:
    """The result for a whole document.

    `coverage` is the share (0..1) of the document's labelled values, table rows and marked
    sentences that ended up in an object. `review_reasons` are sentences that say why a person should
    look at the result, such as two extractors that disagree.
    """

    objects: tuple[ExtractedObject, ...]
    relationships: tuple[ExtractedRelationship, ...]
    coverage: float
    warnings: tuple[str, ...]
    usage: dict[str, int]
    review_reasons: tuple[str, ...] = ()


class Run(Protocol):
    """One document's way through an extractor, in steps that can be resumed. Made anew by each attempt, never stored.

    `digest` names the text, object types with their fields, options, chunk starts and the extractor's code: a
    checkpoint made under another digest must not be used.
    """

    @property
    def document(self) -> Document:
        """What is read."""
        ...

    @property
    def chunks(self) -> tuple[Chunk, ...]:
        """The steps."""
        ...

    @property
    def digest(self) -> str:
        """See the class."""
        ...

    def chunk(self, index: int, *, control: Control) -> ChunkResult:
        """Do one step.

        Raises:
            StoppedError: as soon as `control.should_stop()` is true.
            RetryableError: the job may go on later from here.
            MisconfiguredError: no chunk of any document would succeed.
            ExtractionError: this chunk alone cannot be done; the others may.
        """
        ...

    def result(self, results: Sequence[ChunkResult]) -> Extraction:
        """Make the whole of the steps. Chunks without a result are simply missing from it."""
        ...


class Extractor(Protocol):
    """Documents in, objects out."""

    name: str
    version: str

    def start(
        self, document: Document, object_types: Sequence[ObjectType], options: Options
    ) -> Run:
        """Decide the steps. Same arguments, same chunks and digest."""
        ...
