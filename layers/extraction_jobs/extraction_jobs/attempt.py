"""Attempt: everything that a worker writes while it holds a lease. Each write is fenced by it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from psycopg.types.json import Jsonb

from extraction import Document
from extraction_jobs.database import Database
from extraction_jobs.dispatch import DISPATCH_GRACE, Dispatch
from extraction_jobs.model import Job, JobStatus, Revision
from extraction_jobs.queries import LIFECYCLE
from extraction_jobs.spending import Spending


class LeaseLostError(Exception):
    """The job was taken away (swept, retried, cancelled, set by hand) or has ended: stop at once."""


@dataclass(frozen=True, slots=True)
class Result:
    """What an attempt found, as rows to insert.

    Attributes:
        objects: dicts with ordinal, id, type, properties, evidence, confidence, span_start, span_end.
        relationships: dicts with ordinal, type, from_ordinal, to_ordinal, confidence.
        coverage: share (0..1) of the document's labelled values, rows and marked sentences that an object cites.
        review_reason: why a person should look at it; None = completed.
        detail: figures for the history (coverage, usage, warnings).
    """

    objects: Sequence[Mapping[str, Any]]
    relationships: Sequence[Mapping[str, Any]]
    coverage: float
    review_reason: str | None
    detail: Mapping[str, Any]


class Attempt:
    """One worker's hold on one job.

    Every method but `heartbeat` raises LeaseLostError when the write changed nothing. All may be repeated after a
    lost reply, so they are tried again over a fresh connection before DatabaseUnavailableError is raised.
    Each write but `heartbeat` and `start_chunks` also notes what the job has spent.

    Args:
        clock: seconds, monotonic; only to tell when the lease was last renewed by this process.
    """

    def __init__(
        self, job: Job, database: Database, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.job = job
        self.renewed_at = clock()
        self.spending = Spending.so_far(job)
        self._database = database
        self._clock = clock
        self._fence = {"job_id": job.id, "lease": job.lease}

    def heartbeat(self, database: Database) -> float | None:
        """Renews the lease over `database` (the heartbeat's own connection).

        Returns the seconds left to the hard limit, None if the lease is lost.
        """
        asked_at = self._clock()
        row = database.row(LIFECYCLE["heartbeat"], self._fence)
        if row is None:
            return None
        self.renewed_at = max(self.renewed_at, asked_at)
        # No deadline: someone took it off by hand. Then there is no hard limit.
        left = row["seconds_left"]
        return float("inf") if left is None else float(left)

    def start_chunks(
        self, document: Document, *, extractor: str, plan_digest: str, total: int
    ) -> dict[int, dict[str, Any]]:
        """Stores the document's text and returns the checkpoints that earlier attempts left for this very plan."""
        rows = self._database.rows_repeatable(
            LIFECYCLE["start_chunks"],
            self._fence
            | {
                "text": document.text,
                "media_type": document.media_type,
                "title": document.title,
                "digest": document.digest,
                "pages": list(document.pages),
                "pages_without_text": list(document.pages_without_text),
                "extractor": extractor,
                "plan_digest": plan_digest,
                "total": total,
            },
        )
        if not rows:
            raise LeaseLostError
        self.renewed_at = self._clock()
        return {row["chunk_index"]: row["result"] for row in rows if row["chunk_index"] is not None}

    def checkpoint(
        self,
        *,
        chunk_index: int,
        plan_digest: str,
        result: Mapping[str, Any],
        processed: int,
        failed: int,
        objects: int,
    ) -> float:
        """Keeps one finished chunk; returns as `heartbeat`. The counts are of the whole job so far."""
        row = self._write(
            "checkpoint",
            chunk_index=chunk_index,
            plan_digest=plan_digest,
            result=Jsonb(result),
            processed=processed,
            successful=processed - failed,
            failed=failed,
            objects=objects,
        )
        self.renewed_at = self._clock()
        left = row["seconds_left"]
        return float("inf") if left is None else float(left)

    def finish(self, result: Result) -> JobStatus:
        """Ends the job and makes its objects visible, in one transaction."""
        status = JobStatus.REQUIRES_REVIEW if result.review_reason else JobStatus.COMPLETED
        self._write(
            "finish",
            status=status,
            reason=result.review_reason or "Extraction completed.",
            objects_found=len(result.objects),
            coverage=result.coverage,
            review_reason=result.review_reason,
            discovered_types=sorted({str(each["type"]) for each in result.objects}),
            objects=Jsonb(result.objects),
            relationships=Jsonb(result.relationships),
            detail=Jsonb(result.detail),
        )
        return status

    def fail(self, reason: str) -> None:
        """Ends the job as failed: no retry would cure it."""
        self._write("fail", reason=reason)

    def retry_later(self, reason: str, backoff_seconds: float) -> Dispatch | None:
        """Gives the job back for another attempt, or fails it if the budget is spent (then None)."""
        row = self._write(
            "retry_later",
            reason=reason,
            backoff=timedelta(seconds=backoff_seconds),
            dispatch_grace=DISPATCH_GRACE,
        )
        return self._next(row)

    def hand_over(self) -> Dispatch | None:
        """Gives the job to a fresh invocation; None if that failed it (see the statement)."""
        return self._next(self._write("hand_over", dispatch_grace=DISPATCH_GRACE))

    def _next(self, row: Mapping[str, Any]) -> Dispatch | None:
        if row["status"] != JobStatus.PENDING:
            return None
        due_in = max(0.0, row.get("due_in_seconds") or 0.0)
        return Dispatch(
            self.job.id, Revision(row["revision"]), due_in, self.job.org_id, self.job.trace
        )

    def _write(self, statement: str, **params: object) -> Mapping[str, Any]:
        row = self._database.row_repeatable(
            LIFECYCLE[statement], self._fence | self.spending.columns() | params
        )
        if row is None:
            raise LeaseLostError
        return row
