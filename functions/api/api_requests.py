"""What the API takes, as pydantic models: the validation and the OpenAPI description in one."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from deferred import BaseModel
from extraction_jobs.model import Priority
from extraction_jobs.names import MAX_IDENTIFIER
from json_values import JsonObject, Name, Text, storable_object

Identifier = Annotated[Name, Field(min_length=1, max_length=MAX_IDENTIFIER)]
# A job that waits so long for its time is forgotten by those who made it.
MAX_WAIT = timedelta(days=30)
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
        raise ValueError("must be base64 text, and not empty")
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except ValueError:
        raise ValueError("must be base64 with padding") from None


Base64 = Annotated[
    Any,
    BeforeValidator(_decoded),
    WithJsonSchema({"type": "string", "contentEncoding": "base64", "minLength": 1}),
]


def _moment(value: Any) -> Any:
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        found = None
    if found is None or found.tzinfo is None:
        raise ValueError(
            "must be a date and time in ISO 8601 with its zone, like 2026-03-02T22:00:00+01:00"
        )
    if found > datetime.now(UTC) + MAX_WAIT:
        raise ValueError(f"must be at most {MAX_WAIT.days} days from now")
    return found


Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


class Request(BaseModel):
    """What a caller sends: a field that is not known is a mistake worth telling."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _not_a_flood(cls, value: Any) -> Any:
        # Each unknown field is an error of its own; a body of a million of them would cost a minute.
        if isinstance(value, dict) and len(value) > len(cls.model_fields) + 20:
            raise ValueError("must not have so many unknown fields")
        return value


class ExtractionConfig(Request):
    """What to extract and how."""

    object_types: ObjectTypes = Field(
        default=None,
        description="JSON Schema of each type to look for, by its name; or the names of ready-made sets "
        "(GET /extraction-jobs/object-types lists them). By default: the sets that are marked there.",
        examples=[
            {"Invoice": {"type": "object", "properties": {"total": {"type": "number"}}}},
            ["invoice", "contact"],
        ],
    )
    min_confidence: Confidence | None = Field(
        default=None,
        description="Values below this confidence are left out. By default 0.5 for rules, because a lower value is "
        "more likely wrong than right, and 0 for a model.",
    )
    grounding_required: Annotated[bool, Field(strict=True)] = Field(
        default=True,
        description="Leave out a value whose quote is not found in the document. Only a model returns such values.",
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
        description="What the model calls of the job may cost, all attempts together. When it is spent, the rest is "
        "left undone and the job requires a review. Rules cost nothing.",
    )
    chunk_characters: Annotated[int, Field(strict=True, ge=200, le=200_000)] | None = Field(
        default=None, description="Characters in a chunk, the unit of progress and checkpoints."
    )


class JobRequest(Request):
    """What a job is made from, but for its project. Give the document as source_text, source_base64 or source_uri."""

    source_type: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,49}$")] = Field(
        description="What the source is, in the caller's own words: document, email, ..."
    )
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
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "application/vnd.ms-excel",
            "application/vnd.ms-excel.sheet.binary.macroenabled.12",
            "application/vnd.oasis.opendocument.spreadsheet",
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            "application/vnd.oasis.opendocument.text",
            "application/rtf",
            "application/epub+zip",
            "text/csv",
            "application/json",
            "message/rfc822",
        ]
        | None
    ) = Field(default=None, description="Declared media type. The content decides.")
    source_metadata: JsonObject = Field(
        default_factory=dict, description="Kept with the job and not interpreted."
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
    run_after: Moment | None = Field(
        default=None,
        description="The job does not start before this time. With its zone, and at most 30 days from now. "
        "By default, or if the time is past: as soon as a worker is free.",
        examples=["2026-03-02T22:00:00+01:00"],
    )
    priority: Priority = Field(
        default=Priority.NORMAL,
        description="Which of the organisation's waiting jobs goes first. Other organisations are not affected.",
    )

    @field_validator("source_uri")
    @classmethod
    def _one_source(cls, uri: str | None) -> str | None:
        if uri is not None and not uri.startswith("s3://"):
            raise ValueError("must be an address like s3://bucket/org_id/key")
        return uri


class CreateJob(JobRequest):
    """A request for a job."""

    project_id: Identifier
    org_id: Identifier


class Review(Request):
    """What a reviewer has to say."""

    note: Annotated[Text, Field(min_length=1, max_length=2000)] | None = Field(
        default=None, description="Kept in the job's history."
    )


def _scalar(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float | bool):
        return storable_object({"value": value})["value"]
    raise ValueError("must be text, a number, true, false or null")


class Correction(Request):
    """A value that is right instead of what was found."""

    object: UUID = Field(description="The object's id.")
    property: Annotated[Text, Field(min_length=1, max_length=1000)] = Field(
        description="The property, with a dot before what is inside of it: total, seller.name, line_items.2.amount. "
        "Rows are counted from 0; the number after the last one adds a row.",
    )
    value: Annotated[
        Any,
        BeforeValidator(_scalar),
        WithJsonSchema(
            {"anyOf": [{"type": each} for each in ("string", "number", "boolean", "null")]}
        ),
    ] = Field(description="null removes the property, the item or the row.")


class Approval(Review):
    """What a reviewer has to say, and to correct."""

    corrections: Annotated[list[Correction], Field(max_length=500)] = Field(
        default_factory=list, description="Applied in this order before the job is completed."
    )
