"""The rules of a create that its fields alone cannot tell: they need the settings, the source, or the extractor."""

from __future__ import annotations

from api_answers import FieldFault
from api_requests import JobRequest
from extraction_aws.deployment import Deployment
from extraction_jobs.sources import SourceReader, SourceRefusedError
from problems import InvalidRequestError


def check(
    body: JobRequest,
    org_id: str,
    settings: Deployment,
    sources: SourceReader,
    *,
    place: str = "",
) -> None:
    """Does nothing if the job can be made.

    Args:
        place: goes before the names of fields in errors: where the job stands in its request.

    Raises:
        InvalidRequestError: a rule is broken.
        SourceUnavailableError: the source cannot be looked at now.
    """
    try:
        _check(body, org_id, settings, sources)
    except InvalidRequestError as error:
        if not place:
            raise
        faults = [
            FieldFault(field=f"{place}{each.field}"[:300], rule=each.rule) for each in error.faults
        ]
        raise InvalidRequestError(*faults) from None


def _check(body: JobRequest, org_id: str, settings: Deployment, sources: SourceReader) -> None:
    if body.source_text is not None and len(body.source_text) > settings.max_inline_characters:
        raise InvalidRequestError.of(
            "source_text",
            f"must be at most {settings.max_inline_characters} characters; put it in S3 and send source_uri",
        )
    given = [
        name
        for name in ("source_text", "source_base64", "source_uri")
        if getattr(body, name) is not None
    ]
    if len(given) > 1:
        raise InvalidRequestError.of(given[-1], f"must not be given together with {given[0]}")
    if (body.timeout_minutes or 0) > settings.max_job_timeout_minutes:
        raise InvalidRequestError.of(
            "timeout_minutes", f"must be at most {settings.max_job_timeout_minutes:g}"
        )
    if body.extraction_config.max_cost_usd is not None and not settings.keeps_budgets:
        raise InvalidRequestError.of(
            "extraction_config.max_cost_usd",
            "must not be given here: the service does not know what its model costs",
        )
    _check_object_types(body)
    if body.source_uri is not None:
        try:
            sources.check(body.source_uri, org_id=org_id, max_bytes=settings.max_source_bytes)
        except SourceRefusedError as error:
            raise InvalidRequestError.of("source_uri", str(error)) from None


def _check_object_types(body: JobRequest) -> None:
    asked = body.extraction_config.object_types
    if asked is None:
        return
    # Only a request that names types pays for the extractor's import.
    from extraction import ObjectTypeError, requested_object_types

    try:
        requested_object_types(asked)
    except ObjectTypeError as error:
        place = "extraction_config.object_types"
        raise InvalidRequestError(
            *(
                FieldFault(
                    field=(place if fault.path == "object_types" else f"{place}.{fault.path}")[
                        :300
                    ],
                    rule=fault.rule,
                )
                for fault in error.faults
            )
        ) from None
