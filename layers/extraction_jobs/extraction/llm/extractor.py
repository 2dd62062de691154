"""The extractor that asks a model, chunk by chunk, and believes only what it can find in the text."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from extraction.document.document import Document
from extraction.errors import ChunkTooLargeError, StoppedError
from extraction.llm import conversation as talk
from extraction.llm.answers import AnswerReader, Finding, MalformedAnswerError
from extraction.llm.chunking import Piece, chunks_of, halves, piece_of, places_to_cut
from extraction.llm.finishing import finished, merged_objects, relationships_said
from extraction.llm.prompt import request_for
from extraction.llm.tool import build_tool
from extraction.model import (
    Chunk,
    ChunkResult,
    Control,
    Extraction,
    Options,
)
from extraction.offline import OfflineExtractor, OfflineRun
from extraction.schema.object_types import ObjectType

VERSION = "1.0"

# A chunk is halved at most so often, which makes 32 pieces of it: what is then still too large stays so.
_MAX_DEPTH = 5
_GOOD_ENDS = (talk.TOOL_USE, talk.END_TURN, talk.STOP_SEQUENCE)
_MALFORMED_ENDS = (talk.MALFORMED_OUTPUT, talk.MALFORMED_TOOL_USE)
_REFUSED = {
    talk.GUARDRAIL: "The guardrail stopped this part of the document. Check the guardrail's policies.",
    talk.FILTERED: "The model's content filter stopped this part of the document.",
}


@dataclass(frozen=True, slots=True)
class ModelRun:
    """See `extraction.model.Run`.

    Attributes:
        offline: the same chunks for the rules, with the document's structure as they read it.
        places: where the document may be cut.
        tool: what all chunks share.
    """

    document: Document
    object_types: tuple[ObjectType, ...]
    options: Options
    chunks: tuple[Chunk, ...]
    digest: str
    offline: OfflineRun
    places: tuple[int, ...]
    tool: talk.Tool
    model: talk.Model
    call_seconds: float

    def chunk(self, index: int, *, control: Control) -> ChunkResult:
        """Ask about one chunk, in halves if it proves too large.

        Raises:
            StoppedError: told to stop, or too little time is left for a call.
            RetryableError, MisconfiguredError: as the model says.
            ExtractionError: this chunk cannot be done.
        """
        chunk = self.chunks[index]
        asking = _Asking(self, index, control)
        asking.about(chunk.start, chunk.end, 0)
        objects = sum(finding["kind"] == "object" for finding in asking.findings)
        return ChunkResult(
            index=index,
            object_count=objects,
            findings=tuple(asking.findings),
            warnings=tuple(dict.fromkeys(asking.warnings)),
            usage=asking.usage,
        )

    def result(self, results: Sequence[ChunkResult]) -> Extraction:
        """Merge what the chunks say of the same objects, and relate the objects."""
        merged = merged_objects(self.object_types, results)
        return finished(self.offline, merged, results, relationships_said(results))


class ModelExtractor:
    """Asks `model` about each chunk.

    Args:
        model: who answers. It may itself tell `control.on_usage` of calls that gave no answer.
        call_seconds: how long an answer may take to come. With less time left than this no call is begun.
    """

    def __init__(self, model: talk.Model, *, call_seconds: float = 60.0) -> None:
        self.name = model.name
        self.version = f"{VERSION} ({model.model_id})"
        self._model = model
        self._call_seconds = call_seconds

    def start(
        self, document: Document, object_types: Sequence[ObjectType], options: Options
    ) -> ModelRun:
        """Read the document's structure, cut it where something begins, and make the tool."""
        offline = OfflineExtractor().start(document, object_types, options)
        places = places_to_cut(offline.parsed.structure, document.text)
        chunks = chunks_of(document.text, places, options.chunk_characters)
        return ModelRun(
            document=document,
            object_types=offline.object_types,
            options=options,
            chunks=chunks,
            digest=self._digest(offline, chunks),
            offline=replace(offline, chunks=chunks),
            places=places,
            tool=build_tool(offline.object_types),
            model=self._model,
            call_seconds=self._call_seconds,
        )

    def _digest(self, offline: OfflineRun, chunks: Sequence[Chunk]) -> str:
        parts = [
            self.name,
            self.version,
            self._model.model_id,
            self._model.settings,
            # The code, document, types with their fields, and options; only the cuts are the model's own.
            offline.digest,
            [chunk.start for chunk in chunks],
            offline.options.overlap_characters,
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


class _Asking:
    """One chunk's questions and what came of them."""

    def __init__(self, run: ModelRun, index: int, control: Control) -> None:
        self._run = run
        self._index = index
        self._told = control.on_usage
        self._control = replace(control, on_usage=self._count)
        self._pieces = 0
        self.findings: list[Finding] = []
        self.warnings: list[str] = []
        self.usage: dict[str, int] = dict.fromkeys(talk.USAGE_KEYS, 0)

    def about(self, start: int, end: int, depth: int) -> None:
        """Ask about a stretch, and about its halves if it is too large."""
        run = self._run
        if not any(character.isalnum() for character in run.document.text[start:end]):
            return
        piece = piece_of(run.places, start, end, run.options.overlap_characters)
        try:
            found = self._answer(piece)
        except talk.InputTooLargeError:
            found = None
        if found is not None:
            self.findings += found[0]
            self.warnings += found[1]
            return
        cut = halves(run.document.text, run.places, start, end)
        if cut is None or depth >= _MAX_DEPTH:
            raise ChunkTooLargeError(
                "The model's answer about a small part of the document does not fit its limit. Raise the "
                "model's output tokens, or ask for fewer object types."
            )
        first, middle, last = cut
        self.about(first, middle, depth + 1)
        self.about(middle, last, depth + 1)

    def _answer(self, piece: Piece) -> tuple[list[Finding], list[str]] | None:
        """Return what the model found in a piece, or None if the piece is too large for it."""
        fault: str | None = None
        for _ in range(2):  # the question, and one chance to mend the answer
            reply = self._ask(piece, fault)
            reason = reply.stop_reason
            if reason in (talk.MAX_TOKENS, talk.CONTEXT_EXCEEDED):
                return None
            if reason in _REFUSED:
                raise talk.RefusedByModelError(_REFUSED[reason])
            if reason not in (*_GOOD_ENDS, *_MALFORMED_ENDS):
                raise talk.UnusableAnswerError(
                    "The model ended its answer for a reason that this version does not know: "
                    f"{_word(reason)}."
                )
            if reason in _MALFORMED_ENDS:
                fault = "the tool's input was not well-formed JSON."
                continue
            try:
                return self._reader(piece).read(reply.tool_inputs)
            except MalformedAnswerError as error:
                fault = str(error)
        raise talk.UnusableAnswerError(
            f"The model's answer could not be used, asked twice: {fault}"
        )

    def _reader(self, piece: Piece) -> AnswerReader:
        run = self._run
        self._pieces += 1
        return AnswerReader(
            run.document.text,
            piece,
            run.object_types,
            run.offline.parsed.ways,
            f"{self._index}.{self._pieces}",
        )

    def _ask(self, piece: Piece, fault: str | None) -> talk.Reply:
        control = self._control
        if control.should_stop():
            raise StoppedError("The chunk was left undone because the extractor was told to stop.")
        if control.seconds_left() < self._run.call_seconds:
            raise StoppedError("The chunk was left undone: too little time is left for a call.")
        if control.dollars_left() <= 0:
            raise talk.BudgetSpentError(
                "The document's budget for model calls is spent. Raise it and retry the job."
            )
        request = request_for(self._run.tool, self._run.document, piece, fault=fault)
        reply = self._run.model.converse(request, control=control)
        control.on_usage(reply.usage)
        return reply

    def _count(self, usage: Mapping[str, int]) -> None:
        """Count a paid call, before anything can go wrong with its answer."""
        counted = {key: int(usage.get(key, 0)) for key in talk.USAGE_KEYS}
        for key, amount in counted.items():
            self.usage[key] += amount
        self._told(counted)


def _word(reason: str) -> str:
    """Return a stop reason fit for a message: a word, whatever the service sent."""
    return "".join(c for c in str(reason)[:50] if c.isalnum() or c == "_") or "none"
