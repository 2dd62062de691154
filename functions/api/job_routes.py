"""The calls that name a job. Each reads as a sentence: who asks, call the domain, shape the answer."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Body, Query

from api_answers import (
    DocumentOut,
    EventList,
    EventOut,
    JobOut,
    ObjectList,
    ObjectOut,
    RelationshipOut,
)
from api_requests import Approval, Review
from cursors import decode_number, encode
from extraction_jobs import by_hand, reading, review
from extraction_jobs.corrections import Correction
from extraction_jobs.model import JobId
from pages import fitting
from parameters import (
    CHANGING,
    OF_ONE_JOB,
    Cursor,
    JobIdInPath,
    Limit,
    OrgId,
    ProjectId,
    caller_of,
    tenant_of_job,
)
from resources import resources

router = Router()  # type: ignore[no-untyped-call] # Powertools left its constructor untyped
# Code points. As JSON and escaped once more, well under what Lambda may answer with.
MAX_STRETCH = 200_000


@router.get(
    "/extraction-jobs/<job_id>",
    summary="Get a job",
    tags=["Jobs"],
    responses={200: {"description": "The job"}, **OF_ONE_JOB},
)
def get_job(job_id: JobIdInPath, org_id: OrgId, project_id: ProjectId) -> JobOut:
    """Returns the job with its progress, its rate and the estimated time left."""
    tenant = tenant_of_job(router, org_id, project_id)
    job = reading.get_job(JobId(job_id), tenant, database=resources().database)
    return JobOut.of(job, resources().settings)


@router.get(
    "/extraction-jobs/<job_id>/events",
    summary="List a job's history",
    tags=["Jobs"],
    responses={200: {"description": "A page of its history"}, **OF_ONE_JOB},
)
def list_events(
    job_id: JobIdInPath,
    org_id: OrgId,
    project_id: ProjectId,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> EventList:
    """Returns who changed the job's status, when and why, oldest first."""
    tenant = tenant_of_job(router, org_id, project_id)
    page = reading.list_events(
        JobId(job_id), tenant, decode_number(cursor), limit, database=resources().database
    )
    events = fitting([EventOut.model_validate(row) for row in page.items])
    return EventList(items=events, next_cursor=encode(page.after_first(len(events))))


@router.get(
    "/extraction-jobs/<job_id>/objects",
    summary="List a job's objects",
    tags=["Results"],
    responses={200: {"description": "A page of its objects"}, **OF_ONE_JOB},
)
def list_objects(
    job_id: JobIdInPath,
    org_id: OrgId,
    project_id: ProjectId,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> ObjectList:
    """Returns what was extracted, in the order of the document, each value with its evidence."""
    tenant = tenant_of_job(router, org_id, project_id)
    page, relationships = reading.list_objects(
        JobId(job_id), tenant, decode_number(cursor), limit, database=resources().database
    )
    objects = fitting([ObjectOut.model_validate(row) for row in page.items])
    shown = {found.id for found in objects}
    return ObjectList(
        items=objects,
        relationships=[
            RelationshipOut.model_validate(row) for row in relationships if row["from_id"] in shown
        ],
        next_cursor=encode(page.after_first(len(objects))),
    )


@router.get(
    "/extraction-jobs/<job_id>/document",
    summary="Get the text of the document",
    tags=["Results"],
    responses={200: {"description": "A part of the text"}, **OF_ONE_JOB},
)
def get_document(
    job_id: JobIdInPath,
    org_id: OrgId,
    project_id: ProjectId,
    start: Annotated[int, Query(ge=0, le=50_000_000, description="Code points to skip.")] = 0,
    length: Annotated[int, Query(ge=1, le=MAX_STRETCH, description="Code points.")] = MAX_STRETCH,
) -> DocumentOut:
    """Returns the text that the `start` and `end` of every citation refer to."""
    found = reading.read_document_text(
        JobId(job_id),
        tenant_of_job(router, org_id, project_id),
        start,
        length,
        database=resources().database,
    )
    return DocumentOut.model_validate(found | {"start": start})


@router.post(
    "/extraction-jobs/<job_id>/retry",
    summary="Retry a job",
    tags=["Change"],
    responses={200: {"description": "The job, pending"}, **CHANGING},
)
def retry(job_id: JobIdInPath, org_id: OrgId, project_id: ProjectId) -> JobOut:
    """Resets a running or failed job to pending. Its attempts restart at zero."""
    tenant = tenant_of_job(router, org_id, project_id)
    job = by_hand.retry_job(
        JobId(job_id),
        tenant,
        caller_of(router).subject,
        database=resources().database,
        queue=resources().queue,
        settings=resources().settings,
    )
    return JobOut.of(job)


@router.post(
    "/extraction-jobs/<job_id>/cancel",
    summary="Cancel a job",
    tags=["Change"],
    responses={200: {"description": "The job, cancelled"}, **CHANGING},
)
def cancel(job_id: JobIdInPath, org_id: OrgId, project_id: ProjectId) -> JobOut:
    """Cancels a pending or running job. A worker that still runs it can no longer write."""
    tenant = tenant_of_job(router, org_id, project_id)
    return JobOut.of(
        by_hand.cancel_job(
            JobId(job_id), tenant, caller_of(router).subject, database=resources().database
        )
    )


@router.post(
    "/extraction-jobs/<job_id>/approve",
    summary="Approve a result",
    tags=["Results"],
    responses={200: {"description": "The job, completed"}, **CHANGING},
)
def approve(
    job_id: JobIdInPath,
    org_id: OrgId,
    project_id: ProjectId,
    body: Annotated[Approval | None, Body()] = None,
) -> JobOut:
    """Ends the review of a job as completed, after its objects are corrected. All corrections are made, or none."""
    tenant, said = tenant_of_job(router, org_id, project_id), body or Approval()
    return JobOut.of(
        review.approve_job(
            JobId(job_id),
            tenant,
            caller_of(router).subject,
            said.note,
            [Correction(each.object, each.property, each.value) for each in said.corrections],
            database=resources().database,
        )
    )


@router.post(
    "/extraction-jobs/<job_id>/reject",
    summary="Reject a result",
    tags=["Results"],
    responses={200: {"description": "The job, failed"}, **CHANGING},
)
def reject(
    job_id: JobIdInPath,
    org_id: OrgId,
    project_id: ProjectId,
    body: Annotated[Review | None, Body()] = None,
) -> JobOut:
    """Ends the review of a job as failed. Its objects are no longer returned, and it can be retried."""
    tenant, note = tenant_of_job(router, org_id, project_id), body.note if body else None
    return JobOut.of(
        review.reject_job(
            JobId(job_id), tenant, caller_of(router).subject, note, database=resources().database
        )
    )
