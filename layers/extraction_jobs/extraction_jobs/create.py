"""Creating a job: insert the row, then send its message."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb

from extraction_jobs.bounds import BoundReachedError, require_room
from extraction_jobs.database import Database
from extraction_jobs.dispatch import DISPATCH_GRACE, Dispatch, Queue, dispatch
from extraction_jobs.model import Job, JobId, Priority, Revision, Tenant
from extraction_jobs.queries import LIFECYCLE, READS
from extraction_jobs.settings import Settings

# A key of many jobs leaves room for the number of each behind it, in the 255 characters that a job's key may have.
MAX_BATCH_KEY = 250


class IdempotencyConflictError(Exception):
    """The idempotency key was used before for another request of the same project."""


@dataclass(frozen=True, slots=True)
class NewJob:
    """A request for a job, already checked."""

    tenant: Tenant
    source_type: str
    source_id: str | None = None
    source_uri: str | None = None
    source_text: str | None = None
    source_bytes: bytes | None = None
    source_media_type: str | None = None
    source_metadata: dict[str, Any] = field(default_factory=dict)
    extraction_config: dict[str, Any] = field(default_factory=dict)
    max_attempts: int | None = None
    timeout_minutes: float | None = None
    # Not started before; None or a time that is over: at once. With its zone.
    run_after: datetime | None = None
    priority: Priority = Priority.NORMAL
    created_by: str | None = None
    idempotency_key: str | None = None
    # What the request belongs to, as the tracing system writes it; the job's messages carry it.
    trace: str | None = None

    @property
    def size(self) -> int:
        """Of the inline source, in bytes."""
        return len((self.source_text or "").encode()) + len(self.source_bytes or b"")

    def digest(self) -> str:
        """Tells a repeated request from another one under the same idempotency key."""
        parts = [
            self.source_type,
            self.source_id,
            self.source_uri,
            self.source_text,
            self.source_media_type,
            self.source_metadata,
            self.extraction_config,
            self.max_attempts,
            self.timeout_minutes,
        ]
        if self.source_bytes is not None:
            parts.append(hashlib.sha256(self.source_bytes).hexdigest())
        # Only what is asked for: the digests of requests that know neither stay as they were.
        if self.run_after is not None:
            parts.append(self.run_after.astimezone(UTC).isoformat())
        if self.priority is not Priority.NORMAL:
            parts.append(self.priority)
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Created:
    """The job; `replayed` if an earlier request with this idempotency key had made it."""

    job: Job
    replayed: bool


@dataclass(frozen=True, slots=True)
class CreatedTogether:
    """The jobs of one request, in its order; `replayed` if an earlier request with its idempotency key had made them.

    Of a replayed request those are missing that were deleted since.
    """

    ids: list[JobId]
    replayed: bool


def create_job(new: NewJob, *, database: Database, queue: Queue, settings: Settings) -> Created:
    """Inserts a pending job and, unless it is to wait, sends its message: two round trips to Postgres, one to the
    queue; one more to Postgres where organisations are bounded.

    Raises:
        BoundReachedError: see there. A request that is repeated is answered all the same.
        IdempotencyConflictError: see there.
        DatabaseUnavailableError: whether the job was made is unknown; with an idempotency key it is safe to ask again.
    """
    try:
        require_room(new.tenant.org_id, 1, new.size, database=database, settings=settings)
    except BoundReachedError:
        if new.idempotency_key and (earlier := _find_earlier(new, database)):
            return earlier
        raise
    digest = new.digest() if new.idempotency_key else None
    row = database.row(
        LIFECYCLE["create_job"],
        _parameters(new, new.idempotency_key, digest, _asked(new, settings)),
    )
    if row is None:
        earlier = _find_earlier(new, database)
        if earlier is None:
            raise IdempotencyConflictError
        return earlier
    job = Job.from_row(row)
    if row["sendable"]:
        dispatch(database, queue, [Dispatch.of(job)], settings)
    return Created(job, replayed=False)


def create_jobs(
    new: Sequence[NewJob],
    *,
    idempotency_key: str | None = None,
    database: Database,
    queue: Queue,
    settings: Settings,
) -> CreatedTogether:
    """Makes the pending jobs of one request in one statement, and sends their messages.

    All are made or none. A thousand at a time is a good measure: the statement holds all their sources.

    Args:
        new: the jobs, of one project, caller and trace; at least one, at most a million. Their ids sort in this order.
        idempotency_key: of all of them together, at most MAX_BATCH_KEY characters. None of them has one of its own.

    Raises:
        BoundReachedError: see there. A request that is repeated is answered all the same.
        IdempotencyConflictError: see there.
        ValueError: they are not of one request, or one has an idempotency key of its own; see `create_job`.
        DatabaseUnavailableError: whether the jobs were made is unknown; with a key it is safe to ask again.
    """
    if any(each.idempotency_key is not None for each in new):
        raise ValueError("jobs that are made together have no idempotency keys of their own")
    [(tenant, _, trace)] = {(each.tenant, each.created_by, each.trace) for each in new}
    digest = _digest_of_all(new) if idempotency_key else None
    try:
        require_room(
            tenant.org_id,
            len(new),
            sum(each.size for each in new),
            database=database,
            settings=settings,
        )
        asked = [_asked(each, settings) for each in new]
        columns = {name: _column([each[name] for each in asked]) for name in asked[0]}
        rows = database.rows(
            LIFECYCLE["create_jobs"], _parameters(new[0], idempotency_key, digest, columns)
        )
    except (BoundReachedError, UniqueViolation):
        earlier = idempotency_key and _find_earlier_together(
            tenant, idempotency_key, len(new), digest, database
        )
        if not earlier:
            raise
        return earlier
    ids = [JobId(row["id"]) for row in rows]
    messages = [
        Dispatch(JobId(row["id"]), Revision(1), org_id=tenant.org_id, trace=trace)
        for row in rows
        if row["sendable"]
    ]
    dispatch(database, queue, messages, settings)
    return CreatedTogether(ids, replayed=False)


def _asked(new: NewJob, settings: Settings) -> dict[str, object]:
    """What a request says of its one job, by the names of columns."""
    return {
        "source_type": new.source_type,
        "source_id": new.source_id,
        "source_uri": new.source_uri,
        "source_text": new.source_text,
        "source_bytes": new.source_bytes,
        "source_media_type": new.source_media_type,
        "source_metadata": new.source_metadata,
        "extraction_config": new.extraction_config,
        "max_attempts": new.max_attempts or settings.max_attempts,
        "timeout_minutes": new.timeout_minutes,
        "run_after": new.run_after,
        "priority": new.priority,
    }


def _parameters(
    new: NewJob, idempotency_key: str | None, digest: str | None, asked: Mapping[str, object]
) -> dict[str, object]:
    """The parameters of a create: what is `asked`, of one job or in arrays, and what its whole request says."""
    return {
        **asked,
        **new.tenant.columns(),
        "source_metadata": Jsonb(asked["source_metadata"]),
        "extraction_config": Jsonb(asked["extraction_config"]),
        "caller": new.created_by,
        "idempotency_key": idempotency_key,
        "request_digest": digest,
        "trace": new.trace,
        "dispatch_grace": DISPATCH_GRACE,
    }


def _column(values: list[object]) -> list[object] | None:
    """Of unnest(). None if it holds nothing: unnest() then makes a null for each value of the longest column."""
    return None if values.count(None) == len(values) else values


def _digest_of_all(new: Sequence[NewJob]) -> str:
    return hashlib.sha256("".join(each.digest() for each in new).encode()).hexdigest()


def _find_earlier_together(
    tenant: Tenant, idempotency_key: str, jobs: int, digest: str | None, database: Database
) -> CreatedTogether | None:
    """What is left of the jobs that the same request made before; None if nothing is.

    Raises:
        IdempotencyConflictError: see there.
    """
    rows = database.rows(
        READS["find_idempotent_batch"],
        {
            **tenant.columns(),
            "idempotency_keys": [f"{idempotency_key}/{number}" for number in range(1, jobs + 1)],
        },
    )
    if any(row["request_digest"] != digest for row in rows):
        raise IdempotencyConflictError
    return CreatedTogether([JobId(row["id"]) for row in rows], replayed=True) if rows else None


def _find_earlier(new: NewJob, database: Database) -> Created | None:
    """The job that the same request made before; None if there is none. Raises IdempotencyConflictError."""
    row = database.row(
        READS["find_idempotent"],
        {**new.tenant.columns(), "idempotency_key": new.idempotency_key},
    )
    if row is None:
        return None
    if row["request_digest"] != new.digest():
        raise IdempotencyConflictError
    return Created(Job.from_row(row), replayed=True)
