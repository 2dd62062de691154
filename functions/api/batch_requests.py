"""What a request for many jobs takes and answers with, as pydantic models."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from api_requests import Identifier, JobRequest, Request
from deferred import BaseModel

MAX_BATCH = 100


class CreateJobs(Request):
    """A request for many jobs of one project: all are made, or none."""

    project_id: Identifier
    org_id: Identifier
    jobs: Annotated[list[JobRequest], Field(min_length=1, max_length=MAX_BATCH)]


class CreatedJobs(BaseModel):
    """The jobs of one request."""

    ids: list[UUID] = Field(description="In the order of the request.")
