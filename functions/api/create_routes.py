"""Creating jobs, one or many together: who asks, check, call the domain, shape the answer."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlencode

from aws_lambda_powertools.event_handler import Response, content_types
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Header

import checks
from api_answers import JobOut
from api_requests import CreateJob, JobRequest
from batch_requests import CreatedJobs, CreateJobs
from extraction_aws import tracing
from extraction_jobs.create import MAX_BATCH_KEY, NewJob, create_job, create_jobs
from extraction_jobs.model import Tenant
from json_values import Text
from parameters import PROBLEM, WITH_BODY, caller_of
from resources import resources

router = Router()  # type: ignore[no-untyped-call] # Powertools left its constructor untyped

_BOUNDED: dict[int, Any] = {
    429: {
        "description": "The organisation has reached a bound; try again after Retry-After",
        "content": PROBLEM,
    },
    **WITH_BODY,
}


@router.post(
    "/extraction-jobs",
    summary="Create a job",
    tags=["Create"],
    responses={201: {"description": "The job"}, **_BOUNDED},
)
def create(
    body: CreateJob,
    idempotency_key: Annotated[
        Text | None,
        Header(
            alias="Idempotency-Key",
            min_length=1,
            max_length=255,
            description="If the request is sent again with the same body, the answer is the first job, and no "
            "other is created.",
        ),
    ] = None,
) -> Response[JobOut]:
    """Creates a pending job. Its message is sent now, or when the job is due and its project is not paused."""
    caller = caller_of(router).require(body.org_id)
    settings = resources().settings
    checks.check(body, body.org_id, settings, resources().sources)
    created = create_job(
        _new(body, Tenant(body.org_id, body.project_id), caller.subject, idempotency_key),
        database=resources().database,
        queue=resources().queue,
        settings=settings,
    )
    headers = _headers(replayed=created.replayed)
    query = urlencode({"org_id": body.org_id, "project_id": body.project_id})
    headers["Location"] = f"/extraction-jobs/{created.job.id}?{query}"
    return Response(
        HTTPStatus.CREATED, content_types.APPLICATION_JSON, JobOut.of(created.job), headers=headers
    )


@router.post(
    "/extraction-jobs/batch",
    summary="Create many jobs of one project",
    tags=["Create"],
    responses={201: {"description": "The jobs, in the order of the request"}, **_BOUNDED},
)
def create_batch(
    body: CreateJobs,
    idempotency_key: Annotated[
        Text | None,
        Header(
            alias="Idempotency-Key",
            min_length=1,
            max_length=MAX_BATCH_KEY,
            description="Of the whole request. Sent again with the same body, it gives the first jobs back (but those "
            "that were deleted since) and makes no others.",
        ),
    ] = None,
) -> Response[CreatedJobs]:
    """Creates up to 100 pending jobs, all or none, and sends their messages."""
    caller = caller_of(router).require(body.org_id)
    settings = resources().settings
    for number, each in enumerate(body.jobs):
        checks.check(each, body.org_id, settings, resources().sources, place=f"jobs.{number}.")
    tenant = Tenant(body.org_id, body.project_id)
    created = create_jobs(
        [_new(each, tenant, caller.subject) for each in body.jobs],
        idempotency_key=idempotency_key,
        database=resources().database,
        queue=resources().queue,
        settings=settings,
    )
    return Response(
        HTTPStatus.CREATED,
        content_types.APPLICATION_JSON,
        CreatedJobs(ids=list(created.ids)),
        headers=_headers(replayed=created.replayed),
    )


def _new(
    body: JobRequest, tenant: Tenant, subject: str | None, idempotency_key: str | None = None
) -> NewJob:
    return NewJob(
        tenant=tenant,
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
        run_after=body.run_after,
        priority=body.priority,
        created_by=subject,
        trace=tracing.current(),
        idempotency_key=idempotency_key,
    )


def _headers(*, replayed: bool) -> dict[str, str | list[str]]:
    return {"Idempotency-Replayed": "true"} if replayed else {}
