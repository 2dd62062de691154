"""The calls that delete: who asks, call the domain, say what is gone."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from pydantic import Field

from api_requests import Identifier, Request
from deferred import BaseModel
from extraction_jobs.deletion import MOST_JOBS, delete_job, forget_organisation
from extraction_jobs.model import JobId
from parameters import (
    OF_ONE_JOB,
    PROBLEM,
    WITH_BODY,
    JobIdInPath,
    OrgId,
    ProjectId,
    caller_of,
    tenant_of_job,
)
from resources import resources

router = Router()  # type: ignore[no-untyped-call] # Powertools left its constructor untyped


class ForgetRequest(Request):
    """The organisation whose jobs are deleted, in all its projects."""

    org_id: Identifier
    dry_run: Annotated[bool, Field(strict=True)] = Field(
        default=False, description="Delete nothing; count all jobs of the organisation."
    )
    limit: Annotated[int, Field(strict=True, ge=1, le=MOST_JOBS)] = Field(
        default=MOST_JOBS, description="Delete this many at most."
    )


class ForgetOut(BaseModel):
    """What was deleted, or in a dry run would be."""

    dry_run: bool
    cancelled: int = Field(
        description="Pending and running jobs: they are cancelled before they are deleted."
    )
    deleted: int = Field(description="Jobs, each with everything that it read and found.")
    truncated: bool = Field(description="The organisation still has jobs: ask again.")


@router.delete(
    "/extraction-jobs/<job_id>",
    summary="Delete a job",
    tags=["Change"],
    responses={
        204: {"description": "The job is deleted, with everything that it read and found"},
        **OF_ONE_JOB,
        409: {"description": "The job is pending or running: cancel it first", "content": PROBLEM},
    },
)
def delete(job_id: JobIdInPath, org_id: OrgId, project_id: ProjectId) -> Response[str]:
    """Deletes a job that has ended: its row, document, checkpoints, objects, relationships, history and
    announcements. This cannot be undone, and a second call answers 404. A source in S3 is not deleted.
    """
    tenant = tenant_of_job(router, org_id, project_id)
    caller = caller_of(router).subject
    delete_job(JobId(job_id), tenant, caller, database=resources().database)
    return Response(HTTPStatus.NO_CONTENT, body="")


@router.post(
    "/extraction-jobs/forget",
    summary="Delete all jobs of an organisation",
    tags=["Change"],
    responses={
        200: {"description": "How many were deleted, or would be"},
        **WITH_BODY,
    },
)
def forget(body: ForgetRequest) -> ForgetOut:
    """Deletes jobs of all projects of an organisation, as a delete of each would; those that are pending or running
    are cancelled first. Call again while `truncated` is true. Sources in S3 are not deleted.
    """
    caller = caller_of(router).require(body.org_id)
    forgotten = forget_organisation(
        body.org_id,
        caller.subject,
        limit=body.limit,
        dry_run=body.dry_run,
        database=resources().database,
        queue=resources().queue,
        settings=resources().settings,
    )
    return ForgetOut(
        dry_run=body.dry_run,
        cancelled=forgotten.cancelled,
        deleted=forgotten.deleted,
        truncated=forgotten.truncated,
    )
