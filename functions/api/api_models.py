"""What the API takes and gives, as pydantic models: the validation and the OpenAPI document in one."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from extraction_jobs.model import Job, JobStatus
from json_values import JsonObject, Text, storable_object

Identifier = Annotated[Text, Field(min_length=1, max_length=200)]
Confidence = Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]


def _object_types(value: Any) -> Any:
    """Checked for its shape here, and for its sense by `requested_object_types`."""
    if isinstance(value, dict):
        return storable_object(value)
    names = [value] if isinstance(value, str) else value
    if isinstance(names, list) and len(names) <= 20 and all(isinstance(n, str) for n in names):
        return value
    if value is None:
        return None
    raise ValueError(
        "must be JSON Schemas by type name, or the names of at most 20 ready-made sets"
    )


ObjectTypes = Annotated[
    Any,
    BeforeValidator(_object_types),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "object", "additionalProperties": {"type": "object"}},
                {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 20},
                {"type": "string"},
                {"type": "null"},
            ]
        }
    ),
]


def _decoded(value: Any) -> Any:
    if value is None:
        return None
    if not isinstance(value, str) or not value:
        raise ValueError("must be a text in base64, and not an empty one")
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except ValueError:
        raise ValueError("must be base64, with its padding") from None


Base64 = Annotated[
    Any,
    BeforeValidator(_decoded),
    WithJsonSchema({"type": "string", "contentEncoding": "base64", "minLength": 1}),
]


class Request(BaseModel):
    """What a caller sends: a field that is not known is a mistake worth telling."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _not_a_flood(cls, value: Any) -> Any:
        # Each unknown field is an error of its own; a body of a million of them would cost a minute.
        if isinstance(value, dict) and len(value) > len(cls.model_fields) + 20:
            raise ValueError("must not have that many fields")
        return value


class ExtractionConfig(Request):
    """What to extract and how."""

    object_types: ObjectTypes = Field(
        default=None,
        description="JSON Schema of each type to look for, by its name; or the names of ready-made sets "
        "(GET /extraction-jobs/object-types lists them). Absent: every ready-made type.",
        examples=[
            {"Invoice": {"type": "object", "properties": {"total": {"type": "number"}}}},
            ["invoice", "contact"],
        ],
    )
    min_confidence: Confidence = Field(
        default=0.0, description="Values below this confidence are left out."
    )
    grounding_required: Annotated[bool, Field(strict=True)] = Field(
        default=True,
        description="Leave out a value whose quote is not found in the document. Only a model brings such.",
    )
    review_below_confidence: Confidence | None = Field(
        default=None,
        description="The job ends as requires_review if an object is below this confidence.",
    )
    review_below_coverage: Confidence | None = Field(
        default=None,
        description="The job ends as requires_review if less than this share of the document's labelled "
        "values, rows and marked sentences ended up in an object.",
    )
    max_cost_usd: (
        Annotated[float, Field(strict=True, gt=0, le=1_000_000, allow_inf_nan=False)] | None
    ) = Field(
        default=None,
        description="What the model calls of the job may cost, all attempts together; what is left "
        "undone then requires a review. Nothing is spent offline.",
    )
    chunk_characters: Annotated[int, Field(strict=True, ge=200, le=200_000)] | None = Field(
        default=None, description="Characters in a chunk, the unit of progress and checkpoints."
    )


class CreateJob(Request):
    """A request for a job. Give the document as source_text, source_base64 or source_uri."""

    source_type: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,49}$")] = Field(
        description="What the source is, in the caller's own words: document, email, ..."
    )
    project_id: Identifier
    org_id: Identifier
    source_id: Annotated[Text, Field(min_length=1, max_length=500)] | None = Field(
        default=None, description="The caller's own name for the source."
    )
    source_uri: Annotated[Text, Field(min_length=1, max_length=2000)] | None = Field(
        default=None, description="s3://bucket/org_id/key, in the bucket that the service reads."
    )
    source_text: Annotated[Text, Field(min_length=1)] | None = Field(
        default=None, description="The document itself."
    )
    source_base64: Base64 | None = Field(
        default=None, description="The document itself, when it is a file such as a PDF: base64."
    )
    source_media_type: (
        Literal[
            "text/plain",
            "text/markdown",
            "text/html",
            "application/pdf",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "text/csv",
            "application/json",
            "message/rfc822",
        ]
        | None
    ) = Field(default=None, description="What the document is said to be. Its content decides.")
    source_metadata: JsonObject = Field(
        default_factory=dict, description="Kept with the job, not looked at."
    )
    extraction_config: ExtractionConfig = Field(default_factory=ExtractionConfig)
    max_attempts: Annotated[int, Field(strict=True, ge=1, le=20)] | None = Field(
        default=None, description="How often the job may be started before it is failed."
    )
    timeout_minutes: (
        Annotated[float, Field(strict=True, gt=0, le=10_080, allow_inf_nan=False)] | None
    ) = Field(
        default=None, description="Hard limit of an attempt, up to the service's own maximum."
    )

    @field_validator("source_uri")
    @classmethod
    def _one_source(cls, uri: str | None) -> str | None:
        if uri is not None and not uri.startswith("s3://"):
            raise ValueError("must be an address like s3://bucket/org_id/key")
        return uri


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
    lease: int = Field(description="Claims so far; the fence of the one that holds the job.")
    created_at: datetime
    created_by: str | None
    run_after: datetime = Field(description="A pending job is not started before.")
    started_at: datetime | None = Field(description="When the current or last attempt started.")
    updated_at: datetime = Field(description="Of a running job: its last heartbeat.")
    deadline_at: datetime | None = Field(description="When a running job is ended, come what may.")
    completed_at: datetime | None = Field(description="When the job ended, in whatever way.")
    timeout_minutes: float | None
    dispatched_at: datetime | None
    dispatch_count: int
    error_message: str | None
    total_items: int = Field(description="Chunks of the document.")
    processed_items: int
    successful_items: int
    failed_items: int
    discovered_types: list[str]
    extractor: str | None = Field(description="Name and version of what made the result.")
    objects_found: int = Field(description="So far, while running; then, of the result.")
    coverage: float | None = Field(
        description="Share of the document's labelled values, rows and marked sentences that ended up in an object."
    )
    review_reason: str | None = Field(description="Why the result requires a review.")
    input_tokens: int = Field(description="Of all model calls of the job; cached ones are in it.")
    output_tokens: int
    cost_usd: float = Field(description="Of all model calls, by the prices that are configured.")
    progress: float | None = Field(description="processed_items of total_items, 0 to 1.")
    items_per_minute: float | None = Field(description="Of the running attempt.")
    estimated_seconds_left: float | None

    @classmethod
    def of(cls, job: Job) -> Self:
        """The job as callers see it."""
        done, total, seconds = job.processed_items, job.total_items, job.running_seconds
        running = job.status is JobStatus.RUNNING
        rate = done / seconds if running and seconds and done else None
        return cls(
            **{name: getattr(job, name) for name in cls.model_fields if hasattr(job, name)},
            progress=done / total if total else None,
            items_per_minute=rate * 60 if rate else None,
            estimated_seconds_left=(total - done) / rate if rate else None,
        )


class JobList(BaseModel):
    """A page of jobs, newest first."""

    items: list[JobOut]
    next_cursor: str | None = Field(description="Give it back as `cursor` for the next page.")


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
        "whose start and end are code points in the job's normalised text."
    )
    confidence: float


class DocumentOut(BaseModel):
    """A stretch of the text that a job's citations point into."""

    media_type: str | None = Field(
        description="What the source was; null until a worker has read it."
    )
    title: str | None
    digest: str | None = Field(description="SHA-256 of the whole text.")
    characters: int = Field(description="Of the whole text: code points.")
    pages: list[int] = Field(description="Where the pages of a paged source begin.")
    pages_without_text: list[int] = Field(description="Pages, from 1, that need OCR.")
    start: int
    text: str


class ObjectTypesOut(BaseModel):
    """The ready-made sets of object types: JSON Schemas by type name, by the set's name."""

    sets: dict[str, dict[str, dict[str, Any]]]


class Review(Request):
    """What a reviewer has to say."""

    note: Annotated[Text, Field(min_length=1, max_length=2000)] | None = Field(
        default=None, description="Kept in the job's history."
    )


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


class SweepOut(BaseModel):
    """What one sweep did, over all organisations."""

    started_at: datetime
    finished_at: datetime
    seconds_ago: float
    recovered: int
    failed: int
    redispatched: int
    errors: list[str]


class StatisticsOut(BaseModel):
    """Figures of one project's jobs. Ages in seconds; null where there is no such job."""

    model_config = ConfigDict(from_attributes=True)

    counts: dict[JobStatus, int]
    oldest_pending_seconds: float | None
    oldest_heartbeat_seconds: float | None
    orphans: int
    completed_last_hour: int
    failed_last_hour: int
    last_sweep: SweepOut | None


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
