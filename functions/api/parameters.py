"""What the calls have in common: their parameters, the errors they tell, and who asks."""

from __future__ import annotations

from typing import Annotated, Any, cast
from uuid import UUID

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from api_answers import Problem
from caller import Caller, NotYourOrganisationError, claims_of
from extraction_jobs.by_hand import JobNotFoundError
from extraction_jobs.model import Tenant
from json_values import Name
from resources import resources

OrgId = Annotated[
    Name,
    Query(min_length=1, max_length=200, description="The organisation that the jobs belong to."),
]
ProjectId = Annotated[Name, Query(min_length=1, max_length=200, description="Its project.")]
JobIdInPath = Annotated[UUID, Path(description="The job's id.")]
Limit = Annotated[int, Query(ge=1, le=200, description="Items per page, at most.")]
Cursor = Annotated[
    str | None, Query(max_length=200, description="next_cursor of the previous page.")
]

PROBLEM: dict[str, Any] = {"application/problem+json": {"model": Problem}}
COMMON: dict[int, Any] = {
    401: {
        "description": "No token, or one that is not accepted; API Gateway answers",
        "content": {
            "application/json": {
                "schema": {"type": "object", "properties": {"message": {"type": "string"}}}
            }
        },
    },
    403: {
        "description": "The token does not name this organisation, or the call is for operators only",
        "content": PROBLEM,
    },
    422: {"description": "A field breaks a rule; `errors` names each", "content": PROBLEM},
    500: {"description": "The service has a fault, which has been logged", "content": PROBLEM},
    503: {"description": "The database cannot be reached; try again", "content": PROBLEM},
}
WITH_BODY: dict[int, Any] = {
    400: {"description": "The body is not JSON", "content": PROBLEM},
    413: {"description": "The body is too large", "content": PROBLEM},
    415: {"description": "The body is of another media type", "content": PROBLEM},
    **COMMON,
}
OF_ONE_JOB: dict[int, Any] = {
    **COMMON,
    404: {"description": "No such job in this project", "content": PROBLEM},
}
CHANGING: dict[int, Any] = {
    **OF_ONE_JOB,
    400: {"description": "The job's status does not allow it", "content": PROBLEM},
}


def caller_of(router: Router) -> Caller:
    """Who asks, as the token says; from here on the database holds the call to the caller's organisations too."""
    event = cast("APIGatewayProxyEventV2", router.current_event)
    settings = resources().settings
    caller = Caller.from_claims(
        claims_of(event), settings.organisations_claim, settings.operators_claim
    )
    if settings.database_roles:
        resources().database.act_for(caller.organisations)
    return caller


def tenant_of(router: Router, org_id: str, project_id: str) -> Tenant:
    """Whose jobs the call is about.

    Raises:
        NotYourOrganisationError: not the caller's.
    """
    caller_of(router).require(org_id)
    return Tenant(org_id, project_id)


def tenant_of_job(router: Router, org_id: str, project_id: str) -> Tenant:
    """As `tenant_of`; but where a job is named, another's organisation looks as if the job were not there.

    Raises:
        JobNotFoundError: not the caller's.
    """
    try:
        return tenant_of(router, org_id, project_id)
    except NotYourOrganisationError:
        raise JobNotFoundError from None
