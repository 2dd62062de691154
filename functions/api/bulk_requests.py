"""What a retry or cancel of many jobs takes and answers with, as pydantic models."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, ConfigDict, Field, field_validator, model_validator

from api_requests import Identifier, Request
from deferred import BaseModel
from extraction_jobs.bulk import MOST_JOBS, BulkFilter, BulkReport
from extraction_jobs.model import Job, JobId, JobStatus
from json_values import Text

_UUID_CHARACTERS = 45  # the longest form that is read as one: urn:uuid: and its like


def _one_by_one(value: Any) -> Any:
    """Refuses what could only be a mistake before each of its items is looked at."""
    if isinstance(value, list) and len(value) > MOST_JOBS:
        raise ValueError(f"must be at most {MOST_JOBS} ids")
    if isinstance(value, list) and any(
        not isinstance(each, str) or len(each) > _UUID_CHARACTERS for each in value
    ):
        raise ValueError("must be ids of jobs")
    return value


class Filter(Request):
    """Which jobs are meant: those that meet every condition given. One at least must be."""

    ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST_JOBS)] | None = Field(
        default=None,
        description="These jobs. Each that cannot be changed is listed as skipped, with the reason.",
    )
    status: Annotated[list[JobStatus], Field(min_length=1, max_length=6)] | None = Field(
        default=None,
        description="Absent: for a retry the failed, for a cancel the pending and the running; with stuck the "
        "running, with ids any.",
    )
    source_type: Annotated[Text, Field(min_length=1, max_length=50)] | None = None
    stuck: Annotated[bool, Field(strict=True)] = Field(
        default=False, description="Only running jobs whose heartbeat is over the threshold."
    )
    text: Annotated[Text, Field(min_length=1, max_length=200)] | None = Field(
        default=None,
        description="Text in the id, the source's id or address, or the error; case-insensitive.",
    )
    created_after: AwareDatetime | None = Field(default=None, description="At this time or later.")
    created_before: AwareDatetime | None = Field(default=None, description="Before this time.")
    rejected: Annotated[bool, Field(strict=True)] = Field(
        default=False,
        description="Take failed jobs whose result a person rejected as well. With ids they always are.",
    )

    _few_ids = field_validator("ids", mode="before")(_one_by_one)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not any(value for name, value in self if name != "rejected"):
            raise ValueError(
                "must have a condition: ids, status, source_type, stuck, text, created_after or created_before"
            )
        return self

    def to_domain(self, after: UUID | None) -> BulkFilter:
        """The same in the domain's words, of the jobs after one."""
        return BulkFilter(
            ids=None if self.ids is None else [JobId(each) for each in self.ids],
            statuses=self.status,
            source_type=self.source_type,
            stuck=self.stuck,
            text=self.text,
            created_after=self.created_after,
            created_before=self.created_before,
            rejected=self.rejected,
            after=None if after is None else JobId(after),
        )


class BulkRequest(Request):
    """A retry or cancel of many jobs of one project."""

    project_id: Identifier
    org_id: Identifier
    filter: Filter
    dry_run: Annotated[bool, Field(strict=True)] = Field(
        default=False, description="Change nothing; show which jobs would be."
    )
    limit: Annotated[int, Field(strict=True, ge=1, le=MOST_JOBS)] = Field(
        default=100, description="Change this many at most, the oldest first."
    )
    after: UUID | None = Field(
        default=None,
        description="Only jobs with a greater id. Send the last id of the previous answer to continue after it.",
    )


class BulkJob(BaseModel):
    """A job that was changed, or in a dry run would be."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    status: JobStatus = Field(description="Before the change.")
    source_type: str
    source_id: str | None
    source_uri: str | None
    rejected: bool = Field(description="A person rejected its result.")
    attempt: int = Field(description="Before the change.")
    created_at: datetime
    updated_at: datetime = Field(description="Before the change.")


class BulkSkipped(BaseModel):
    """A job that was named, or picked, and not changed."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    status: JobStatus | None = Field(description="Current status; null if there is no such job.")
    reason: str


class BulkOut(BaseModel):
    """What a retry or cancel of many did, or in a dry run would do."""

    action: Literal["retry", "cancel"]
    dry_run: bool
    matched: int = Field(description="How many jobs are listed in `jobs`.")
    jobs: list[BulkJob]
    skipped: list[BulkSkipped]
    truncated: bool = Field(description="More jobs meet the filter than `limit`: ask again.")
    unsent: int = Field(
        description="Of the retried, those whose message could not be sent at once; the next sweep sends it."
    )

    @classmethod
    def of(cls, action: Literal["retry", "cancel"], report: BulkReport) -> Self:
        """The report as callers see it."""
        return cls(
            action=action,
            dry_run=report.dry_run,
            matched=len(report.jobs),
            jobs=[
                BulkJob.model_validate(row | {"rejected": Job.from_row(row).rejected})
                for row in report.jobs
            ],
            skipped=[BulkSkipped.model_validate(each) for each in report.skipped],
            truncated=report.truncated,
            unsent=report.unsent,
        )
