"""The bodies of requests and answers, as docs/openapi.json describes them: each field's meaning is there.

They are what JSON gives, without a copy. An answer of a newer service may hold fields that are not listed here.
"""

from typing import Any, Literal, NotRequired, TypedDict

JobStatus = Literal["pending", "running", "completed", "requires_review", "failed", "cancelled"]
ENDED: frozenset[JobStatus] = frozenset({"completed", "requires_review", "failed", "cancelled"})
Priority = Literal["high", "normal", "low"]
ObjectTypes = dict[str, dict[str, Any]] | list[str] | str | None


class ExtractionConfig(TypedDict, total=False):
    """What to extract and how."""

    object_types: ObjectTypes
    min_confidence: float | None
    grounding_required: bool
    review_below_confidence: float | None
    review_below_coverage: float | None
    max_cost_usd: float | None
    chunk_characters: int | None


class JobRequest(TypedDict):
    """What a job is made from. The document is one of source_text, source_base64 and source_uri."""

    source_type: str
    source_id: NotRequired[str | None]
    source_uri: NotRequired[str | None]
    source_text: NotRequired[str | None]
    source_base64: NotRequired[str | None]
    source_media_type: NotRequired[str | None]
    source_metadata: NotRequired[dict[str, Any]]
    extraction_config: NotRequired[ExtractionConfig]
    max_attempts: NotRequired[int | None]
    timeout_minutes: NotRequired[float | None]
    run_after: NotRequired[str | None]
    priority: NotRequired[Priority]


class Filter(TypedDict, total=False):
    """Which jobs a bulk retry or cancel is for: those that meet every condition. Give one at least."""

    ids: list[str] | None
    status: list[JobStatus] | None
    source_type: str | None
    stuck: bool
    rejected: bool
    text: str | None
    created_after: str | None
    created_before: str | None


class Correction(TypedDict):
    """A value that is right instead of what was found."""

    object: str
    property: str
    value: str | float | bool | None


class Job(TypedDict):
    """A job and its progress. Times are in ISO 8601."""

    id: str
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
    lease: int
    created_at: str
    created_by: str | None
    priority: Priority
    run_after: str
    waits_for: Literal["time", "resume", "worker"] | None
    started_at: str | None
    updated_at: str
    deadline_at: str | None
    completed_at: str | None
    timeout_minutes: float | None
    dispatched_at: str | None
    dispatch_count: int
    error_message: str | None
    total_items: int
    processed_items: int
    successful_items: int
    failed_items: int
    items_are: Literal["chunks", "pages"]
    discovered_types: list[str]
    extractor: str | None
    objects_found: int
    coverage: float | None
    review_reason: str | None
    input_tokens: int
    output_tokens: int
    cost_usd: float
    results_deleted_at: str | None
    idle_seconds: float | None
    orphan: bool
    late: bool
    rejected: bool
    actions: list[str]
    progress: float | None
    items_per_minute: float | None
    estimated_seconds_left: float | None


class JobEvent(TypedDict):
    """One line of a job's history."""

    at: str
    actor: str
    from_status: str | None
    to_status: str
    reason: str
    attempt: int
    lease: int
    detail: dict[str, Any] | None


class FoundObject(TypedDict):
    """An object that was found, with the evidence for each of its properties."""

    id: str
    type: str
    properties: dict[str, Any]
    evidence: dict[str, Any]
    confidence: float


class Document(TypedDict):
    """A part of the text that citations point into."""

    media_type: str | None
    title: str | None
    digest: str | None
    characters: int
    pages: list[int]
    pages_without_text: list[int]
    start: int
    text: str


class BulkJob(TypedDict):
    """A job that was changed, or would be; its fields are as they were before."""

    id: str
    status: JobStatus
    source_type: str
    source_id: str | None
    source_uri: str | None
    rejected: bool
    attempt: int
    created_at: str
    updated_at: str


class BulkSkipped(TypedDict):
    """A job that was not changed, and why."""

    id: str
    status: JobStatus | None
    reason: str


class BulkReport(TypedDict):
    """What a bulk retry or cancel did, or in a dry run would do."""

    action: Literal["retry", "cancel"]
    dry_run: bool
    matched: int
    jobs: list[BulkJob]
    skipped: list[BulkSkipped]
    truncated: bool
    unsent: int


class Forgotten(TypedDict):
    """What one call of `forget` deleted, or in a dry run would delete."""

    dry_run: bool
    cancelled: int
    deleted: int
    truncated: bool


class Sweep(TypedDict):
    """What one sweep did, over all organisations."""

    started_at: str
    finished_at: str
    seconds_ago: float
    recovered: int
    failed: int
    redispatched: int
    announced: int
    jobs_deleted: int
    histories_deleted: int
    results_deleted: int
    errors: list[str]


class Pause(TypedDict):
    """Since when a project is paused, by whom, and why."""

    paused_at: str
    paused_by: str
    reason: str | None


class Statistics(TypedDict):
    """Figures of a project's jobs."""

    counts: dict[str, int]
    oldest_pending_seconds: float | None
    oldest_heartbeat_seconds: float | None
    orphans: int
    completed_last_hour: int
    review_last_hour: int
    failed_last_hour: int
    failure_rate: float | None
    pause: Pause | None
    operator: bool
    last_sweep: Sweep | None


class Orphan(TypedDict):
    """A running job that the next sweep recovers or fails."""

    id: str
    source_type: str
    status: JobStatus
    attempt: int
    max_attempts: int
    started_at: str | None
    updated_at: str
    idle_seconds: float
    action: str


class Orphans(TypedDict):
    """What the next sweep would do for a project."""

    items: list[Orphan]
    threshold_minutes: float
    due_messages: int


class Project(TypedDict):
    """A project that has jobs, or is paused."""

    org_id: str
    project_id: str
    pause: Pause | None


class Projects(TypedDict):
    """The organisations of the caller's token, and those of their projects that have jobs or are paused."""

    organisations: list[str]
    items: list[Project]


class Upload(TypedDict):
    """A form to upload one file with."""

    url: str
    fields: dict[str, str]
    source_uri: str
    max_bytes: int
    expires_in_seconds: int


class Webhook(TypedDict):
    """An organisation's webhook, and how it does. Times are in ISO 8601."""

    org_id: str
    url: str
    created_at: str
    delivered_at: str | None
    failures: int
    failing_since: str | None
    last_failure: str | None
    disabled_at: str | None
    disabled_reason: str | None


class NewWebhook(Webhook):
    """A webhook that was just set, with what its deliveries are signed with."""

    secret: str
