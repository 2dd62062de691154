"""What the API gives, as pydantic models: the answers and their OpenAPI description in one."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from deferred import BaseModel
from extraction_jobs.by_hand import ACTIONS
from extraction_jobs.model import Job, JobStatus, Priority, WaitsFor
from extraction_jobs.reading import Window
from extraction_jobs.settings import Settings


class JobOut(BaseModel):
    """A job: the columns of its row, and its progress."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    org_id: str
    project_id: str
    status: JobStatus
    source_type: str
    source_id: str | None
    source_uri: str | None
    source_metadata: dict[str, Any]
    extraction_config: dict[str, Any]
    attempt: int = Field(description="Attempts started since the budget was last reset.")
    max_attempts: int
    lease: int = Field(
        description="Number of claims so far. Writes of an earlier claim are refused."
    )
    created_at: datetime
    created_by: str | None
    priority: Priority
    run_after: datetime = Field(description="A pending job is not started before this time.")
    waits_for: WaitsFor | None = Field(description="Null if the job is not pending.")
    started_at: datetime | None = Field(description="When the current or last attempt started.")
    updated_at: datetime = Field(description="Of a running job: its last heartbeat.")
    deadline_at: datetime | None = Field(description="When the hard limit ends a running job.")
    completed_at: datetime | None = Field(description="When the job ended, for any reason.")
    timeout_minutes: float | None
    dispatched_at: datetime | None
    dispatch_count: int
    error_message: str | None
    total_items: int = Field(description="Chunks of the document; while OCR reads, its pages.")
    processed_items: int
    successful_items: int
    failed_items: int
    items_are: Literal["chunks", "pages"]
    discovered_types: list[str]
    extractor: str | None = Field(description="Name and version of what made the result.")
    objects_found: int = Field(description="While the job runs, the number so far.")
    coverage: float | None = Field(
        description="Share of the document's labelled values, rows and marked sentences that ended up in an object."
    )
    review_reason: str | None = Field(description="Why the result requires a review.")
    input_tokens: int = Field(description="Of all model calls of the job, cached tokens included.")
    output_tokens: int
    cost_usd: float = Field(description="Of all model calls, by the configured prices.")
    results_deleted_at: datetime | None = Field(
        description="When retention deleted what the job had read and found; null if it did not."
    )
    idle_seconds: float | None = Field(
        description="Of a running job: seconds since its last heartbeat, by the database's clock."
    )
    orphan: bool = Field(
        description="Running, and its heartbeat is older than the threshold: the next sweep recovers it."
    )
    late: bool = Field(
        description="Running, and its last heartbeat is older than twice the period of heartbeats."
    )
    rejected: bool = Field(description="Failed because a person rejected its result.")
    actions: list[Literal["retry", "cancel", "approve", "reject", "delete"]] = Field(
        description="What may be done with a job in this status."
    )
    progress: float | None = Field(
        description="processed_items of total_items, 0 to 1; null while the job is pending."
    )
    items_per_minute: float | None = Field(description="Of the running attempt.")
    estimated_seconds_left: float | None

    @classmethod
    def of(cls, job: Job, settings: Settings | None = None) -> Self:
        """The job as callers see it; the settings are asked for where the job may be running."""
        done, total, seconds = job.processed_items, job.total_items, job.running_seconds
        running = job.status is JobStatus.RUNNING
        rate = done / seconds if running and seconds and done else None
        return cls(
            **{name: getattr(job, name) for name in cls.model_fields if hasattr(job, name)}
            | {"idle_seconds": job.idle_seconds if running else None},
            orphan=settings is not None and job.is_orphan(settings.orphan_threshold),
            late=settings is not None and job.is_late(settings.heartbeat_seconds),
            actions=[name for name, statuses in ACTIONS.items() if job.status in statuses],
            progress=done / total if total and job.status is not JobStatus.PENDING else None,
            items_per_minute=rate * 60 if rate else None,
            estimated_seconds_left=(total - done) / rate if rate else None,
        )


class JobList(BaseModel):
    """A page of jobs, newest first."""

    items: list[JobOut]
    next_cursor: str | None = Field(
        description="Send it as `cursor` to get the next page; null on the last one."
    )


class EventOut(BaseModel):
    """One line of a job's history."""

    at: datetime
    actor: Literal["api", "worker", "sweeper", "dead_letters", "psql"]
    from_status: str | None
    to_status: str
    reason: str
    attempt: int
    lease: int
    detail: dict[str, Any] | None


class EventList(BaseModel):
    """A page of a job's history, oldest first."""

    items: list[EventOut]
    next_cursor: str | None


class ObjectOut(BaseModel):
    """One object: plain properties, and the evidence for each in a tree beside them."""

    id: UUID
    type: str
    properties: dict[str, Any]
    evidence: dict[str, Any] = Field(
        description="Mirrors properties; a leaf has confidence, its basis, the method, and citations "
        "whose start and end are code points in the job's normalised text. "
        "A citation of an e-invoice names its element."
    )
    confidence: float


class DocumentOut(BaseModel):
    """A part of the text that a job's citations refer to."""

    media_type: str | None = Field(
        description="Format of the source; null until a worker has read it."
    )
    title: str | None
    digest: str | None = Field(description="SHA-256 of the whole text.")
    characters: int = Field(description="Code points of the whole text.")
    pages: list[int] = Field(
        description="Where each page begins, in code points; empty if the source has no pages."
    )
    pages_without_text: list[int] = Field(description="Pages, from 1, that need OCR.")
    start: int
    text: str


class ObjectTypesOut(BaseModel):
    """The ready-made sets of object types: JSON Schemas by type name, by the set's name."""

    sets: dict[str, dict[str, dict[str, Any]]]


class RelationshipOut(BaseModel):
    """A relationship between two objects."""

    type: str
    from_id: UUID
    to_id: UUID
    confidence: float


class ObjectList(BaseModel):
    """A page of a job's objects, and the relationships that start at them. Empty until the job has ended."""

    items: list[ObjectOut]
    relationships: list[RelationshipOut]
    next_cursor: str | None


class OrphanOut(BaseModel):
    """A running job that the next sweep would act on."""

    id: UUID
    source_type: str
    status: JobStatus
    attempt: int
    max_attempts: int
    started_at: datetime | None
    updated_at: datetime
    idle_seconds: float
    action: str = Field(description="recover, or fail and why.")


class OrphanList(BaseModel):
    """What the next sweep would recover or fail, the oldest heartbeat first; 100 at most."""

    items: list[OrphanOut]
    threshold_minutes: float
    due_messages: int = Field(description="Pending jobs whose message the next sweep sends.")


class SweepOut(BaseModel):
    """What one sweep did, over all organisations."""

    started_at: datetime
    finished_at: datetime
    seconds_ago: float
    recovered: int
    failed: int
    redispatched: int
    announced: int = Field(description="Notifications of ended jobs that the sweep sent.")
    jobs_deleted: int = Field(description="Deleted by retention, as are the next two.")
    histories_deleted: int
    results_deleted: int
    errors: list[str]


class PauseOut(BaseModel):
    """A project's pause: none of its jobs is started."""

    model_config = ConfigDict(from_attributes=True)

    paused_at: datetime
    paused_by: str
    reason: str | None


class StatisticsOut(BaseModel):
    """Figures of one project's jobs. Ages in seconds; null where there is no such job."""

    model_config = ConfigDict(from_attributes=True)

    counts: dict[JobStatus, int]
    oldest_pending_seconds: float | None = Field(
        description="Null also while the project is paused."
    )
    oldest_heartbeat_seconds: float | None
    orphans: int
    completed_last_hour: int
    review_last_hour: int = Field(
        description="Results that required a review and were not approved; rejected ones do not count as failed."
    )
    failed_last_hour: int
    failure_rate: float | None = Field(
        description="Share of failed jobs among those that ended within 15 minutes, 0 to 1, as the FailureRate alarm "
        "counts; null if fewer than ten ended."
    )
    pause: PauseOut | None = Field(description="Null unless the project is paused.")
    operator: bool = Field(description="Whether the caller is an operator.")
    last_sweep: SweepOut | None = Field(
        description="Shown to operators only; null before the first sweep."
    )


class StretchOut(BaseModel):
    """A stretch of time: the jobs made in it, by their status of now."""

    model_config = ConfigDict(from_attributes=True)

    starts_at: datetime
    counts: dict[JobStatus, int]


class JobsByTime(BaseModel):
    """Counts over time, the oldest stretch first; the last one is not over yet."""

    window: Window
    items: list[StretchOut]


class Health(BaseModel):
    """The service answers and reaches its database."""

    status: Literal["ok"] = "ok"


class FieldFault(BaseModel):
    """One thing wrong with the request."""

    field: str
    rule: str


class Problem(BaseModel):
    """An error, as RFC 9457 has it."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[FieldFault] = Field(default_factory=list)
