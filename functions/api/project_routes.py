"""Projects: which there are, and pausing one. Who asks, call the domain, shape the answer."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import ConfigDict, Field

from api_answers import PauseOut
from api_requests import Identifier, Request
from deferred import BaseModel
from extraction_jobs import projects
from extraction_jobs.model import JobId, Tenant
from json_values import Text
from parameters import COMMON, PROBLEM, WITH_BODY, OrgId, ProjectId, caller_of, tenant_of
from resources import resources

router = Router()  # type: ignore[no-untyped-call] # Powertools left its constructor untyped

_NOT_PAUSED: dict[int, Any] = {
    404: {"description": "The project is not paused", "content": PROBLEM}
}


class PauseRequest(Request):
    """Which project is to be paused, and why."""

    project_id: Identifier
    org_id: Identifier
    reason: Annotated[Text, Field(min_length=1, max_length=projects.MAX_REASON)] | None = Field(
        default=None, description="Shown to all who look at the project."
    )


class ResumedOut(BaseModel):
    """A project that was resumed."""

    sent: int = Field(
        description="Jobs whose messages were sent at once, 500 at most. The sweep sends the others."
    )


class ProjectOut(BaseModel):
    """A project that has jobs, or is paused."""

    model_config = ConfigDict(from_attributes=True)

    org_id: str
    project_id: str
    pause: PauseOut | None = Field(description="Null unless the project is paused.")


class ProjectList(BaseModel):
    """Where the caller may look: all organisations that the token names, and their projects (500 at most)."""

    organisations: list[str]
    items: list[ProjectOut]


@router.get(
    "/extraction-jobs/projects",
    summary="List projects",
    tags=["Operate"],
    responses={200: {"description": "Organisations and projects"}, **COMMON},
)
def list_projects(
    job_id: Annotated[
        UUID | None, Query(description="Only the project that holds this job.")
    ] = None,
) -> ProjectList:
    """Returns the organisations of the token, and those of their projects that have jobs or are paused."""
    organisations, database = caller_of(router).organisations, resources().database
    if job_id is None:
        found = projects.list_projects(organisations, database=database)
    else:
        one = projects.project_of(JobId(job_id), organisations, database=database)
        found = [one] if one else []
    return ProjectList(
        organisations=sorted(organisations),
        items=[ProjectOut.model_validate(each) for each in found],
    )


@router.put(
    "/extraction-jobs/pause",
    summary="Pause a project",
    tags=["Operate"],
    responses={200: {"description": "The project is paused"}, **WITH_BODY},
)
def pause(body: PauseRequest) -> PauseOut:
    """Starts none of the project's jobs until it is resumed. Running jobs finish; new jobs wait."""
    caller = caller_of(router).require(body.org_id)
    tenant = Tenant(body.org_id, body.project_id)
    found = projects.pause_project(
        tenant, caller.subject, body.reason, database=resources().database
    )
    return PauseOut.model_validate(found)


@router.delete(
    "/extraction-jobs/pause",
    summary="Resume a project",
    tags=["Operate"],
    responses={200: {"description": "The project is resumed"}, **COMMON, **_NOT_PAUSED},
)
def resume(org_id: OrgId, project_id: ProjectId) -> ResumedOut:
    """Ends a project's pause, and sends the messages of the jobs that waited."""
    sent = projects.resume_project(
        tenant_of(router, org_id, project_id),
        caller_of(router).subject,
        database=resources().database,
        queue=resources().queue,
        settings=resources().settings,
    )
    return ResumedOut(sent=sent)
