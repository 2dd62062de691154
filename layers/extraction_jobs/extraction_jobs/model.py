"""The words of the domain as types: what strings and numbers cannot say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal, NewType, Self
from uuid import UUID

JobId = NewType("JobId", UUID)
Lease = NewType("Lease", int)
Revision = NewType("Revision", int)


class JobStatus(StrEnum):
    """Where a job is in its life (docs/recover.md has the diagram)."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    REQUIRES_REVIEW = "requires_review"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Priority(StrEnum):
    """Which of an organisation's jobs goes first, the first here before the others."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class WaitsFor(StrEnum):
    """What a pending job waits for before it is started: its `run_after`, its project's resume, or a worker."""

    TIME = "time"
    RESUME = "resume"
    WORKER = "worker"


@dataclass(frozen=True, slots=True)
class Tenant:
    """Whose jobs a call may touch: one project of one organisation."""

    org_id: str
    project_id: str

    def columns(self) -> dict[str, str]:
        """The parameters of the statements that ask for one tenant's jobs."""
        return {"org_id": self.org_id, "project_id": self.project_id}


@dataclass(frozen=True, slots=True)
class Job:
    """One row of `kb.object_extraction_jobs`, as its readers see it.

    `idle_seconds` and `running_seconds` are ages by the database's clock at the time of reading, `waits_for` is what a
    pending job waits for at that time; None where the statement that brought the row did not ask.
    """

    id: JobId
    org_id: str
    project_id: str
    status: JobStatus
    source_type: str
    source_id: str | None
    source_uri: str | None
    source_metadata: dict[str, Any]
    extraction_config: dict[str, Any]
    attempt: int
    max_attempts: int
    lease: Lease
    revision: Revision
    priority: Priority
    run_after: datetime
    timeout_minutes: float | None
    created_at: datetime
    created_by: str | None
    trace: str | None
    started_at: datetime | None
    updated_at: datetime
    deadline_at: datetime | None
    completed_at: datetime | None
    dispatched_at: datetime | None
    dispatch_count: int
    idempotency_key: str | None
    request_digest: str | None
    error_message: str | None
    total_items: int
    processed_items: int
    successful_items: int
    failed_items: int
    discovered_types: list[str]
    extractor: str | None
    objects_found: int
    coverage: float | None
    review_reason: str | None
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal
    results_deleted_at: datetime | None
    idle_seconds: float | None = None
    running_seconds: float | None = None
    waits_for: WaitsFor | None = None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """A job from a row, which may hold more than a job."""
        known = {name: row[name] for name in _JOB_FIELDS if name in row}
        words: dict[str, StrEnum] = {
            "status": JobStatus(row["status"]),
            "priority": Priority(row["priority"]),
        }
        if known.get("waits_for") is not None:
            words["waits_for"] = WaitsFor(row["waits_for"])
        return cls(**known | words)

    def is_orphan(self, threshold: timedelta) -> bool:
        """Whether the job was running without a heartbeat for longer than `threshold` when its row was read."""
        idle = self.idle_seconds if self.status is JobStatus.RUNNING else None
        return idle is not None and idle > threshold.total_seconds()

    def is_late(self, heartbeat_seconds: float) -> bool:
        """Whether the job was running without a heartbeat for longer than twice its period when its row was read."""
        return self.is_orphan(timedelta(seconds=2 * heartbeat_seconds))

    @property
    def items_are(self) -> Literal["chunks", "pages"]:
        """What the row counts as items: the scanned pages of a file while OCR reads them, else chunks."""
        return "pages" if self.total_items and self.extractor is None else "chunks"

    @property
    def rejected(self) -> bool:
        """Whether a person has rejected the result. A new attempt forgets why."""
        return self.status is JobStatus.FAILED and self.review_reason is not None

    @property
    def tenant(self) -> Tenant:
        """The project and organisation that own the job."""
        return Tenant(self.org_id, self.project_id)


_JOB_FIELDS = tuple(field.name for field in fields(Job))
# What a statement says that brings a job: `:columns` in sql/.
JOB_COLUMNS = tuple(
    name for name in _JOB_FIELDS if name not in {"idle_seconds", "running_seconds", "waits_for"}
)
