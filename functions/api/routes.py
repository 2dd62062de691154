"""The calls of the HTTP API. Each reads as a sentence: who asks, call the domain, shape the answer."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, cast
from uuid import UUID

from aws_lambda_powertools.event_handler import Response, content_types
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Body, Header, Path, Query
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

import checks
from api_models import (
    CreateJob,
    DocumentOut,
    EventList,
    EventOut,
    Health,
    JobList,
    JobOut,
    ObjectList,
    ObjectOut,
    ObjectTypesOut,
    OrphanList,
    OrphanOut,
    Problem,
    RelationshipOut,
    Review,
    StatisticsOut,
)
from caller import Caller, NotYourOrganisationError, claims_of
from cursors import decode_id, decode_number, encode
from extraction_jobs import by_hand, reading
from extraction_jobs.by_hand import JobNotFoundError
from extraction_jobs.create import NewJob, create_job
from extraction_jobs.model import JobId, JobStatus, Tenant
from json_values import Text
from pages import fitting
from resources import resources

router = Router()  # type: ignore[no-untyped-call] # Powertools left its constructor untyped

OrgId = Annotated[Text, Query(min_length=1, max_length=200, description="Whose job it is.")]
ProjectId = Annotated[Text, Query(min_length=1, max_length=200)]
JobIdInPath = Annotated[UUID, Path(description="The job's id.")]
Limit = Annotated[int, Query(ge=1, le=200, description="Items on a page, at most.")]
# As JSON and escaped once more, well under what Lambda may answer with.
MAX_STRETCH = 200_000
Cursor = Annotated[str | None, Query(max_length=200, description="next_cursor of the page before.")]

_PROBLEM: dict[str, Any] = {"application/problem+json": {"model": Problem}}
COMMON: dict[int, Any] = {
    401: {
        "description": "No token, or one that is not accepted: API Gateway's own answer",
        "content": {
            "application/json": {
                "schema": {"type": "object", "properties": {"message": {"type": "string"}}}
            }
        },
    },
    403: {"description": "Not an organisation of the caller's", "content": _PROBLEM},
    422: {"description": "A field breaks a rule; `errors` names each", "content": _PROBLEM},
    500: {"description": "A fault of ours, which has been logged", "content": _PROBLEM},
    503: {"description": "The database cannot be reached; ask again", "content": _PROBLEM},
}
OF_ONE_JOB: dict[int, Any] = {
    **COMMON,
    404: {"description": "No such job in this project", "content": _PROBLEM},
}
CHANGING: dict[int, Any] = {
    **OF_ONE_JOB,
    400: {"description": "The job's status does not allow it", "content": _PROBLEM},
}


@router.post(
    "/extraction-jobs",
    summary="Create a job",
    responses={
        201: {"description": "The job"},
        400: {"description": "The body is not JSON", "content": _PROBLEM},
        413: {"description": "The body is too large", "content": _PROBLEM},
        415: {"description": "The body is of another media type", "content": _PROBLEM},
        **COMMON,
    },
)
def create(
    body: CreateJob,
    idempotency_key: Annotated[
        Text | None,
        Header(
            alias="Idempotency-Key",
            min_length=1,
            max_length=255,
            description="Sent again with the same body, it gives the first job back and makes no other.",
        ),
    ] = None,
) -> Response[JobOut]:
    """Inserts a pending job and sends its message."""
    caller = _caller()
    caller.require(body.org_id)
    settings = resources().settings
    checks.check(body, settings, resources().sources)
    created = create_job(
        NewJob(
            tenant=Tenant(body.org_id, body.project_id),
            source_type=body.source_type,
            source_id=body.source_id,
            source_uri=body.source_uri,
            source_text=body.source_text,
            source_bytes=body.source_base64,
            source_media_type=body.source_media_type,
            source_metadata=body.source_metadata,
            extraction_config=body.extraction_config.model_dump(exclude_unset=True),
            max_attempts=body.max_attempts,
            timeout_minutes=body.timeout_minutes,
            created_by=caller.subject,
            idempotency_key=idempotency_key,
        ),
        database=resources().database,
        queue=resources().queue,
        settings=settings,
    )
    headers: dict[str, str | list[str]] = {"Location": f"/extraction-jobs/{created.job.id}"}
    if created.replayed:
        headers["Idempotency-Replayed"] = "true"
    return Response(
        HTTPStatus.CREATED, content_types.APPLICATION_JSON, JobOut.of(created.job), headers=headers
    )


@router.get(
    "/extraction-jobs",
    summary="List jobs, newest first",
    responses={200: {"description": "A page of jobs"}, **COMMON},
)
def list_jobs(
    org_id: OrgId,
    project_id: ProjectId,
    status: Annotated[
        list[JobStatus] | None, Query(description="Only these; may be repeated.")
    ] = None,
    source_type: Annotated[Text | None, Query(max_length=50)] = None,
    stuck: Annotated[
        bool, Query(description="Only running jobs whose heartbeat is over the threshold.")
    ] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> JobList:
    """A page of the project's jobs."""
    before = decode_id(cursor)
    page = reading.list_jobs(
        _tenant(org_id, project_id),
        reading.JobFilter(
            # Each only once: a status asked for twice would be looked up, and listed, twice.
            statuses=tuple(dict.fromkeys(status or JobStatus)),
            source_type=source_type,
            stuck=stuck,
            before=JobId(before) if before else None,
        ),
        limit,
        database=resources().database,
        settings=resources().settings,
    )
    jobs = fitting([JobOut.of(job) for job in page.items])
    after = page.after if len(jobs) == len(page.items) else jobs[-1].id
    return JobList(items=jobs, next_cursor=encode(after))


@router.get(
    "/extraction-jobs/statistics",
    summary="Figures of the project's jobs",
    responses={200: {"description": "The figures"}, **COMMON},
)
def statistics(org_id: OrgId, project_id: ProjectId) -> StatisticsOut:
    """Counts, ages, throughput, and the last sweep."""
    found = reading.statistics(
        _tenant(org_id, project_id), database=resources().database, settings=resources().settings
    )
    return StatisticsOut.model_validate(found)


@router.get(
    "/extraction-jobs/orphans",
    summary="What the next sweep would recover",
    responses={200: {"description": "The orphans"}, **COMMON},
)
def orphans(org_id: OrgId, project_id: ProjectId) -> OrphanList:
    """Reads, and changes nothing."""
    found = reading.list_orphans(
        _tenant(org_id, project_id),
        100,
        database=resources().database,
        settings=resources().settings,
    )
    return OrphanList(
        items=[OrphanOut.model_validate(row) for row in found],
        threshold_minutes=resources().settings.orphan_threshold_minutes,
    )


@router.get(
    "/extraction-jobs/object-types",
    summary="The ready-made sets of object types",
    responses={200: {"description": "The sets"}, **COMMON},
)
def object_types() -> ObjectTypesOut:
    """What a request may name instead of schemas of its own, and begin its own from."""
    from extraction import ready_made_sets

    return ObjectTypesOut.model_validate({"sets": ready_made_sets()})


@router.get(
    "/extraction-jobs/<job_id>",
    summary="One job",
    responses={200: {"description": "The job"}, **OF_ONE_JOB},
)
def get_job(job_id: JobIdInPath, org_id: OrgId, project_id: ProjectId) -> JobOut:
    """The job with its progress."""
    tenant = _tenant_of_job(org_id, project_id)
    return JobOut.of(reading.get_job(JobId(job_id), tenant, database=resources().database))


@router.get(
    "/extraction-jobs/<job_id>/events",
    summary="A job's history",
    responses={200: {"description": "A page of its history"}, **OF_ONE_JOB},
)
def list_events(
    job_id: JobIdInPath,
    org_id: OrgId,
    project_id: ProjectId,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> EventList:
    """Who changed its status, when and why; oldest first."""
    tenant = _tenant_of_job(org_id, project_id)
    page = reading.list_events(
        JobId(job_id), tenant, decode_number(cursor), limit, database=resources().database
    )
    events = fitting([EventOut.model_validate(row) for row in page.items])
    after = page.after if len(events) == len(page.items) else page.items[len(events) - 1]["id"]
    return EventList(items=events, next_cursor=encode(after))


@router.get(
    "/extraction-jobs/<job_id>/objects",
    summary="A job's objects",
    responses={200: {"description": "A page of its objects"}, **OF_ONE_JOB},
)
def list_objects(
    job_id: JobIdInPath,
    org_id: OrgId,
    project_id: ProjectId,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> ObjectList:
    """What was extracted, in the order of the document."""
    tenant = _tenant_of_job(org_id, project_id)
    page, relationships = reading.list_objects(
        JobId(job_id), tenant, decode_number(cursor), limit, database=resources().database
    )
    objects = fitting([ObjectOut.model_validate(row) for row in page.items])
    after = (
        page.after if len(objects) == len(page.items) else page.items[len(objects) - 1]["ordinal"]
    )
    shown = {found.id for found in objects}
    return ObjectList(
        items=objects,
        relationships=[
            RelationshipOut.model_validate(row) for row in relationships if row["from_id"] in shown
        ],
        next_cursor=encode(after),
    )


@router.get(
    "/extraction-jobs/<job_id>/document",
    summary="The text that was read",
    responses={200: {"description": "A stretch of the text"}, **OF_ONE_JOB},
)
def get_document(
    job_id: JobIdInPath,
    org_id: OrgId,
    project_id: ProjectId,
    start: Annotated[int, Query(ge=0, le=50_000_000, description="Code points to pass over.")] = 0,
    length: Annotated[int, Query(ge=1, le=MAX_STRETCH, description="Code points.")] = MAX_STRETCH,
) -> DocumentOut:
    """What the `start` and `end` of every citation count in."""
    found = reading.read_document_text(
        JobId(job_id),
        _tenant_of_job(org_id, project_id),
        start,
        length,
        database=resources().database,
    )
    return DocumentOut.model_validate(found | {"start": start})


@router.post(
    "/extraction-jobs/<job_id>/retry",
    summary="Retry a job",
    responses={200: {"description": "The job, pending"}, **CHANGING},
)
def retry(job_id: JobIdInPath, org_id: OrgId, project_id: ProjectId) -> JobOut:
    """Resets a running or failed job to pending, with a fresh budget of attempts."""
    tenant = _tenant_of_job(org_id, project_id)
    job = by_hand.retry_job(
        JobId(job_id),
        tenant,
        _caller().subject,
        database=resources().database,
        queue=resources().queue,
        settings=resources().settings,
    )
    return JobOut.of(job)


@router.post(
    "/extraction-jobs/<job_id>/cancel",
    summary="Cancel a job",
    responses={200: {"description": "The job, cancelled"}, **CHANGING},
)
def cancel(job_id: JobIdInPath, org_id: OrgId, project_id: ProjectId) -> JobOut:
    """Cancels a pending or running job for good."""
    tenant = _tenant_of_job(org_id, project_id)
    return JobOut.of(
        by_hand.cancel_job(JobId(job_id), tenant, _caller().subject, database=resources().database)
    )


@router.post(
    "/extraction-jobs/<job_id>/approve",
    summary="Approve a result",
    responses={200: {"description": "The job, completed"}, **CHANGING},
)
def approve(
    job_id: JobIdInPath,
    org_id: OrgId,
    project_id: ProjectId,
    body: Annotated[Review | None, Body()] = None,
) -> JobOut:
    """Ends the review of a job as completed."""
    tenant, note = _tenant_of_job(org_id, project_id), body.note if body else None
    return JobOut.of(
        by_hand.approve_job(
            JobId(job_id), tenant, _caller().subject, note, database=resources().database
        )
    )


@router.post(
    "/extraction-jobs/<job_id>/reject",
    summary="Reject a result",
    responses={200: {"description": "The job, failed"}, **CHANGING},
)
def reject(
    job_id: JobIdInPath,
    org_id: OrgId,
    project_id: ProjectId,
    body: Annotated[Review | None, Body()] = None,
) -> JobOut:
    """Ends the review of a job as failed; its objects are no longer served, and it can be retried."""
    tenant, note = _tenant_of_job(org_id, project_id), body.note if body else None
    return JobOut.of(
        by_hand.reject_job(
            JobId(job_id), tenant, _caller().subject, note, database=resources().database
        )
    )


@router.get(
    "/health",
    summary="Whether the service and its database answer",
    responses={
        200: {"description": "Both do"},
        503: {"description": "The database cannot be reached", "content": _PROBLEM},
    },
)
def health() -> Health:
    """Needs no token."""
    reading.ping(database=resources().database)
    return Health()


def _caller() -> Caller:
    event = cast("APIGatewayProxyEventV2", router.current_event)
    return Caller.from_claims(claims_of(event), resources().settings.organisations_claim)


def _tenant(org_id: str, project_id: str) -> Tenant:
    _caller().require(org_id)
    return Tenant(org_id, project_id)


def _tenant_of_job(org_id: str, project_id: str) -> Tenant:
    """As `_tenant`; but where a job is named, another's organisation looks as if the job were not there."""
    try:
        return _tenant(org_id, project_id)
    except NotYourOrganisationError:
        raise JobNotFoundError from None
