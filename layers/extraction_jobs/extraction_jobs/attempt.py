"""Attempt: everything that a worker writes while it holds a lease. Each write is fenced by it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from extraction import Document
from extraction_jobs.database import LOCK_FAULTS, Database, DatabaseUnavailableError
from extraction_jobs.dispatch import DISPATCH_GRACE, Dispatch
from extraction_jobs.model import Job, JobStatus
from extraction_jobs.queries import LIFECYCLE
from extraction_jobs.spending import Spending

# Between two tries of a write: soon at first, for a connection that was cut, then slower, for a failover of minutes.
FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 5.0
# A try that finds nobody takes as long as a connection may take to be made. None is begun that the invocation's end
# would cut off.
LAST_TRY_SECONDS = 10.0


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


@dataclass(frozen=True, slots=True)
class Ending:
    """How an attempt ended that was not told so.

    Attributes:
        following: the message of a job that waits for its next attempt or invocation; None if it waits no more.
    """

    status: JobStatus
    handed_over: bool
    following: Dispatch | None


def _goes_on() -> None:
    """The default of `go_on`."""


def unlimited() -> float:
    """The time that is left where nothing ends the work from outside."""
    return float("inf")


class Attempt:
    """One worker's hold on one job.

    Every method but `heartbeat` and `own_ending` raises LeaseLostError when the write changed nothing. All may be
    repeated after a lost reply. So while Postgres is away, or another's lock is in the way, they are tried again over a
    fresh connection, until the lease must count as lost (LeaseLostError) or the invocation is about to end
    (DatabaseUnavailableError). What the work writes on its way (`start_chunks`, `checkpoint`, `finish`) also asks
    `go_on` between two tries, which raises what ends the work.
    Each write but `heartbeat` and `start_chunks` also notes what the job has spent.

    Args:
        give_up_after_seconds: without a renewal for this long the lease counts as lost: by then a sweep may have
            given the job to another. The orphan threshold.
        asked_at: when the claim was asked for, by `clock`; None: now.
        remaining_seconds: until this invocation is ended from outside.
        clock: seconds, monotonic: how long ago this process renewed the lease, and when the hard limit comes.
        random: in [0, 1): workers that lost their database together do not come back together.
    """

    def __init__(
        self,
        job: Job,
        database: Database,
        *,
        give_up_after_seconds: float = float("inf"),
        asked_at: float | None = None,
        remaining_seconds: Callable[[], float] = unlimited,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[], float] = random.random,
    ) -> None:
        self.job = job
        # When the last write that renewed the lease was asked for: the database wrote its now() no earlier than that.
        self.renewed_at = clock() if asked_at is None else asked_at
        self.spending = Spending.so_far(job)
        self._database = database
        self._give_up_after = give_up_after_seconds
        self._remaining_seconds = remaining_seconds
        self.clock = clock
        self._sleep = sleep
        self._random = random
        self._fence = {"job_id": job.id, "lease": job.lease}
        # The last write that would have ended this hold, if one was tried.
        self._ending: str | None = None

    def is_stale(self) -> bool:
        """Whether the lease must count as lost: it was renewed so long ago that a sweep may have given the job away."""
        return self.clock() - self.renewed_at > self._give_up_after

    def heartbeat(self, database: Database) -> float | None:
        """Renews the lease over `database` (the heartbeat's own connection).

        Returns the seconds left to the hard limit, None if the lease is lost.
        """
        asked_at = self.clock()
        row = database.row(LIFECYCLE["heartbeat"], self._fence)
        if row is None:
            return None
        self.renewed_at = max(self.renewed_at, asked_at)
        return float(row["seconds_left"])

    def start_chunks(
        self,
        document: Document,
        *,
        extractor: str,
        plan_digest: str,
        total: int,
        go_on: Callable[[], None] = _goes_on,
    ) -> dict[int, dict[str, Any]]:
        """Stores the document's text and returns the checkpoints that earlier attempts left for this very plan."""
        rows = self.rows(
            "start_chunks",
            _columns(document)
            | {"extractor": extractor, "plan_digest": plan_digest, "total": total},
            go_on,
        )
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
        go_on: Callable[[], None] = _goes_on,
    ) -> float:
        """Keeps one finished chunk; returns as `heartbeat`. The counts are of the whole job so far."""
        row = self._write(
            "checkpoint",
            go_on,
            chunk_index=chunk_index,
            plan_digest=plan_digest,
            result=Jsonb(result),
            processed=processed,
            successful=processed - failed,
            failed=failed,
            objects=objects,
        )
        return float(row["seconds_left"])

    def finish(
        self,
        result: Result,
        *,
        document: Document | None = None,
        extractor: str | None = None,
        go_on: Callable[[], None] = _goes_on,
    ) -> JobStatus:
        """Ends the job and makes its objects visible, in one transaction.

        Args:
            document, extractor: of a document of one chunk, in place of `start_chunks` and `checkpoint`.
        """
        status = JobStatus.REQUIRES_REVIEW if result.review_reason else JobStatus.COMPLETED
        self._end(
            "finish",
            go_on,
            **_columns(document),
            extractor=extractor,
            total=1 if document else None,
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
        self._end("fail", reason=reason)

    def retry_later(self, reason: str, backoff_seconds: float) -> Dispatch | None:
        """Gives the job back for another attempt, or fails it if the budget is spent (then None)."""
        row = self._end(
            "retry_later",
            reason=reason,
            backoff=timedelta(seconds=backoff_seconds),
            dispatch_grace=DISPATCH_GRACE,
        )
        return self._next(row)

    def hand_over(self) -> Dispatch | None:
        """Gives the job to a fresh invocation; None if that failed it (see the statement)."""
        return self._next(self._end("hand_over", dispatch_grace=DISPATCH_GRACE))

    def own_ending(self) -> Ending | None:
        """How this attempt ended, if it did, after LeaseLostError: the reply to its last write may have been lost, and
        then the next try is refused because the first one took effect. None: the lease is lost.

        Raises:
            DatabaseUnavailableError: Postgres could not be asked.
        """
        if self._ending is None:
            return None
        row = self._database.row(LIFECYCLE["own_ending"], self._fence)
        if row is None:
            return None
        return Ending(
            JobStatus(row["status"]),
            self._ending == "hand_over",
            self._next(row) if row["waits"] else None,
        )

    def _next(self, row: Mapping[str, Any]) -> Dispatch | None:
        if row["status"] != JobStatus.PENDING:
            return None
        return Dispatch(
            self.job.id, row["revision"], row["due_in_seconds"], self.job.org_id, self.job.trace
        )

    def _end(
        self, statement: str, go_on: Callable[[], None] = _goes_on, **params: object
    ) -> Mapping[str, Any]:
        self._ending = statement
        return self._write(statement, go_on, **params)

    def _write(
        self, statement: str, go_on: Callable[[], None], **params: object
    ) -> Mapping[str, Any]:
        return self.rows(statement, self.spending.columns() | params, go_on)[0]

    def rows(
        self, statement: str, params: Mapping[str, object], go_on: Callable[[], None]
    ) -> list[DictRow]:
        """The rows of a fenced statement, one at least. Raises as every method."""
        longest = FIRST_WAIT_SECONDS
        while True:
            asked_at = self.clock()
            try:
                rows = self._database.rows(LIFECYCLE[statement], {**self._fence, **params})
            except (DatabaseUnavailableError, *LOCK_FAULTS):
                wait = longest * (0.5 + 0.5 * self._random())
                longest = min(2 * longest, LONGEST_WAIT_SECONDS)
                if self._remaining_seconds() - wait <= LAST_TRY_SECONDS:
                    raise
                self._sleep(wait)
                if self.is_stale():
                    raise LeaseLostError from None
                go_on()
                continue
            if not rows:
                raise LeaseLostError
            self.renewed_at = max(self.renewed_at, asked_at)
            return rows


def _columns(document: Document | None) -> dict[str, object]:
    """The parameters that keep the text that was read; all None without a document."""
    names = ("text", "media_type", "title", "digest", "pages", "pages_without_text")
    found = {name: getattr(document, name, None) for name in names}
    return {name: list(each) if isinstance(each, tuple) else each for name, each in found.items()}
