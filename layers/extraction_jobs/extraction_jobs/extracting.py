"""Extracting: one attempt's way from the source to its result, chunk by chunk, each kept as a checkpoint."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any

from extraction import (
    ChunkResult,
    Control,
    Document,
    Engine,
    ExtractionError,
    Extractor,
    Limits,
    MisconfiguredError,
    Options,
    PageReader,
    PermanentError,
    RetryableError,
    Run,
    StoppedError,
    read_document,
    requested_object_types,
)
from extraction_jobs import reasons
from extraction_jobs.attempt import Attempt, LeaseLostError
from extraction_jobs.claim import Claimed
from extraction_jobs.database import DatabaseUnavailableError
from extraction_jobs.heartbeat import Heartbeat
from extraction_jobs.model import JobStatus
from extraction_jobs.results import to_result
from extraction_jobs.scan import Scan
from extraction_jobs.settings import Settings
from extraction_jobs.sources import SourceReader, SourceRefusedError

logger = logging.getLogger(__name__)


class Step(StrEnum):
    """Boundaries in the course of an attempt, announced so that a test can stop, kill or act between two of them."""

    CLAIMED = "claimed"
    PAGE_READ = "page_read"
    PAGE_KEPT = "page_kept"
    READ = "read"
    PLANNED = "planned"
    CHUNK_EXTRACTED = "chunk_extracted"
    CHECKPOINTED = "checkpointed"
    BEFORE_FINISH = "before_finish"
    FINISHED = "finished"


class TimeIsUpError(Exception):
    """This invocation is about to be ended from outside."""


@dataclass
class Extracting:
    """Works through one claimed job. The fields are as in Worker."""

    claimed: Claimed
    attempt: Attempt
    heartbeat: Heartbeat
    sources: SourceReader
    extractor: Extractor
    ocr: Engine | None
    settings: Settings
    remaining_seconds: Callable[[], float]
    on_step: Callable[[Step], None]
    done: dict[int, ChunkResult] = field(default_factory=dict)
    failures: dict[int, str] = field(default_factory=dict)

    def to_the_end(self) -> JobStatus:
        """Reads, extracts what no checkpoint has, and finishes the job.

        Raises:
            TimeIsUpError: hand over; what was done so far is kept.
            LeaseLostError, OverHardLimitError: see Heartbeat.check.
            ExtractionError, SourceRefusedError, SourceUnavailableError: the document cannot be extracted.
        """
        self.heartbeat.check()
        try:
            document = self._read()
        except StoppedError:
            self.heartbeat.check()
            raise TimeIsUpError from None
        self.on_step(Step.READ)
        run = self._start(document)
        if len(run.chunks) == 1 and not self.claimed.job.total_items:
            return self._at_once(run)
        self._resume(run, self._go_on)
        self.on_step(Step.PLANNED)
        for chunk in run.chunks:
            if chunk.index not in self.done and chunk.index not in self.failures:
                self._keep(run, chunk.index, self._do(run, chunk.index), self._go_on)
        return self._finish(run)

    def _at_once(self, run: Run) -> JobStatus:
        """A document of one chunk, of which no earlier attempt has kept anything: nothing is written before its end.

        If its end cannot be written, what was found is kept as of any other document: it may have been paid for.
        """
        self.on_step(Step.PLANNED)
        checkpoint = self._do(run, 0)
        try:
            return self._finish(run, at_once=True)
        except (LeaseLostError, DatabaseUnavailableError):
            raise
        except Exception:
            # Not by `_go_on`: that the time is up may be why the end could not be written.
            self._resume(run, self.heartbeat.check)
            self._keep(run, 0, checkpoint, self.heartbeat.check)
            raise

    def _read(self) -> Document:
        job = self.claimed.job
        limits = Limits(
            max_bytes=self.settings.max_source_bytes,
            max_pages=self.settings.max_source_pages,
            max_characters=self.settings.max_source_characters,
            reader_seconds=self.settings.reader_seconds,
            reader_megabytes=self.settings.reader_megabytes,
        )
        read = partial(
            read_document, limits=limits, should_stop=self._should_stop, read_page=self._page_reader
        )
        if job.source_uri is not None:
            content = self.sources.read(
                job.source_uri, org_id=job.org_id, max_bytes=limits.max_bytes
            )
            return read(content, media_type=None, name=job.source_uri)
        text = self.claimed.source_text
        inline = self.claimed.source_bytes if text is None else text.encode()
        if inline is None:
            deleted = job.results_deleted_at is not None
            raise SourceRefusedError(reasons.SOURCE_DELETED if deleted else reasons.NO_SOURCE)
        return read(inline, media_type=self.claimed.source_media_type, name=job.source_id)

    @property
    def _page_reader(self) -> PageReader | None:
        if self.ocr is None:
            return None

        def on_kept(left: float) -> None:
            self.heartbeat.renewed(left)
            self.on_step(Step.PAGE_KEPT)

        return Scan(
            engine=self.ocr,
            attempt=self.attempt,
            control=self._control(),
            begin=self._begin,
            go_on=self._go_on,
            on_read=partial(self.on_step, Step.PAGE_READ),
            on_kept=on_kept,
        ).page

    def _start(self, document: Document) -> Run:
        config = self.claimed.job.extraction_config
        return self.extractor.start(
            document,
            requested_object_types(config.get("object_types")),
            Options(
                min_confidence=config.get("min_confidence"),
                grounding_required=config.get("grounding_required", True),
                chunk_characters=config.get("chunk_characters", self.settings.chunk_characters),
                overlap_characters=self.settings.overlap_characters,
            ),
        )

    def _resume(self, run: Run, go_on: Callable[[], None]) -> None:
        """Takes over the checkpoints of earlier attempts. One failed in another attempt is done anew."""
        kept = self.attempt.start_chunks(
            run.document,
            extractor=self._extractor_name,
            plan_digest=run.digest,
            total=len(run.chunks),
            go_on=go_on,
        )
        for index, checkpoint in kept.items():
            if "error" in checkpoint:
                self.failures[index] = str(checkpoint["error"])
                continue
            try:
                self.done[index] = ChunkResult.from_json(checkpoint)
            except ValueError:
                logger.warning("The checkpoint of chunk %d cannot be used: it is done anew", index)

    def _do(self, run: Run, index: int) -> Mapping[str, Any]:
        """One chunk; its checkpoint."""
        self._begin()
        checkpoint = self._extract(run, index)
        self.on_step(Step.CHUNK_EXTRACTED)
        return checkpoint

    def _keep(
        self, run: Run, index: int, checkpoint: Mapping[str, Any], go_on: Callable[[], None]
    ) -> None:
        left = self.attempt.checkpoint(
            chunk_index=index,
            plan_digest=run.digest,
            result=checkpoint,
            processed=len(self.done) + len(self.failures),
            failed=len(self.failures),
            objects=sum(result.object_count for result in self.done.values()),
            go_on=go_on,
        )
        self.heartbeat.renewed(left)
        self.on_step(Step.CHECKPOINTED)

    def _extract(self, run: Run, index: int) -> Mapping[str, Any]:
        """A chunk's result; a fault of this chunk alone does not throw the others away."""
        try:
            result = run.chunk(index, control=self._control())
        except StoppedError:
            self.heartbeat.check()
            # Also where the extractor saw by itself that too little time is left for what it must wait for.
            raise TimeIsUpError from None
        except (RetryableError, MisconfiguredError):
            raise
        except ExtractionError as error:
            logger.warning("Chunk %d could not be extracted: %s", index, type(error).__name__)
            self.failures[index] = str(error)
            return {"error": str(error)}
        self.done[index] = result
        return result.to_json()

    def _begin(self) -> None:
        """Before each page and each chunk: raises what ends the work."""
        self.heartbeat.check()
        if self.remaining_seconds() <= self.settings.hand_over_margin_seconds:
            raise TimeIsUpError

    def _go_on(self) -> None:
        """Between two tries of a write while Postgres is away: raises what ends the work meanwhile."""
        self.heartbeat.check()
        if self._seconds_left() <= 0:
            raise TimeIsUpError

    def _control(self) -> Control:
        return Control(
            should_stop=self._should_stop,
            seconds_left=self._seconds_left,
            dollars_left=self._dollars_left,
            on_usage=self.attempt.spending.add,
        )

    def _dollars_left(self) -> float:
        budget = self.claimed.job.extraction_config.get("max_cost_usd")
        return float("inf") if budget is None else budget - float(self.attempt.spending.cost_usd)

    def _seconds_left(self) -> float:
        return self.remaining_seconds() - self.settings.hand_over_margin_seconds / 2

    def _should_stop(self) -> bool:
        # A chunk that was begun in time may use half of the margin; the other half is for the hand-over.
        return self.heartbeat.should_stop() or self._seconds_left() <= 0

    @property
    def _extractor_name(self) -> str:
        return f"{self.extractor.name} {self.extractor.version}"

    def _finish(self, run: Run, *, at_once: bool = False) -> JobStatus:
        if self.failures and not self.done:
            first = self.failures[min(self.failures)]
            raise PermanentError(f"No part of the document could be extracted: {first}")
        extraction = run.result([self.done[index] for index in sorted(self.done)])
        found = to_result(
            self.claimed.job,
            run.document,
            extraction,
            chunks=len(run.chunks),
            failed_chunks=len(self.failures),
        )
        self.heartbeat.check()
        self.on_step(Step.BEFORE_FINISH)
        status = self.attempt.finish(
            found,
            document=run.document if at_once else None,
            extractor=self._extractor_name,
            go_on=self._go_on,
        )
        self.on_step(Step.FINISHED)
        return status
