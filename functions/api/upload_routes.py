"""Uploads: who asks, get leave from S3, shape the answer."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response, content_types
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Header
from pydantic import ConfigDict, Field

from api_requests import Identifier, Request
from deferred import BaseModel
from extraction_jobs.sources import SourceRefusedError
from json_values import Text
from parameters import WITH_BODY, caller_of
from problems import InvalidRequestError
from resources import resources

router = Router()  # type: ignore[no-untyped-call] # Powertools left its constructor untyped


class NewUpload(Request):
    """A file that the caller wants to upload."""

    org_id: Identifier
    file_name: Annotated[Text, Field(min_length=1, max_length=500)] = Field(
        default="document",
        description="The address ends with it, in letters, digits, dots and hyphens.",
    )


class UploadOut(BaseModel):
    """A form to POST the file with; then create a job with `source_uri`."""

    model_config = ConfigDict(from_attributes=True)

    url: str = Field(
        description="Where to POST multipart/form-data: all fields, and the file last, as `file`."
    )
    fields: dict[str, str] = Field(
        description="The form's fields. They are a secret until they expire."
    )
    source_uri: str = Field(description="The file's address once it is uploaded.")
    max_bytes: int = Field(description="S3 refuses a larger file.")
    expires_in_seconds: int = Field(description="How long the form is valid.")


@router.post(
    "/extraction-jobs/uploads",
    summary="Upload a document",
    tags=["Create"],
    responses={201: {"description": "A form to upload it with"}, **WITH_BODY},
)
def create_upload(
    body: NewUpload,
    idempotency_key: Annotated[
        Text | None,
        Header(
            alias="Idempotency-Key",
            min_length=1,
            max_length=255,
            description="If you send the request again with the same file name, the form leads to the same address. So "
            "a create with that address is the same request, too.",
        ),
    ] = None,
) -> Response[UploadOut]:
    """Returns a form to upload one file with, of any media type. It creates no job: that is the next call."""
    caller = caller_of(router).require(body.org_id)
    try:
        upload = resources().sources.new_upload(
            body.org_id,
            body.file_name,
            max_bytes=resources().settings.max_source_bytes,
            repeat_key=idempotency_key and f"{caller.subject} {idempotency_key}",
        )
    except SourceRefusedError as error:
        raise InvalidRequestError.of("org_id", str(error)) from None
    return Response(
        HTTPStatus.CREATED, content_types.APPLICATION_JSON, UploadOut.model_validate(upload)
    )
