"""Errors as RFC 9457 problem documents: one shape for all of them."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from pathlib import PurePath
from types import MappingProxyType
from typing import Any, Self

import psycopg
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError, ServiceError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from api_answers import FieldFault, Problem
from bodies import BodyRefusedError
from caller import NotAnOperatorError, NotYourOrganisationError
from extraction_jobs.bounds import BoundReachedError
from extraction_jobs.by_hand import JobNotFoundError, NotAllowedError
from extraction_jobs.corrections import CorrectionRefusedError
from extraction_jobs.create import IdempotencyConflictError
from extraction_jobs.database import DatabaseUnavailableError
from extraction_jobs.deletion import NotEndedError
from extraction_jobs.projects import NotPausedError
from extraction_jobs.reading import ResultChangedError
from extraction_jobs.settings import SettingsError
from extraction_jobs.sources import SourceUnavailableError
from extraction_jobs.webhooks import InvalidUrlError, NoWebhookError, WebhooksOffError
from rules import rule_of

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
# Of a request that breaks a rule thousands of times, these are enough to begin with.
MAX_FAULTS = 50
_SOON = MappingProxyType({"Retry-After": "5"})


class InvalidRequestError(Exception):
    """Rules that only the handler can check; each field and its rule are told to the caller."""

    def __init__(self, *faults: FieldFault) -> None:
        super().__init__(faults[0].rule)
        self.faults = faults[:MAX_FAULTS]

    @classmethod
    def of(cls, field: str, rule: str) -> Self:
        """One fault."""
        return cls(FieldFault(field=field, rule=rule))


def problem(
    status: HTTPStatus,
    detail: str,
    errors: Sequence[FieldFault] = (),
    headers: Mapping[str, str] = MappingProxyType({}),
) -> Response[str]:
    """The answer for an error."""
    body = Problem(title=status.phrase, status=status, detail=detail, errors=list(errors))
    return Response(status, MEDIA_TYPE, body.model_dump_json(), headers={**headers})


def register(app: APIGatewayHttpResolver) -> None:
    """Tells the resolver which error is which problem."""
    for kind, answer in _ANSWERS.items():
        app.exception_handler(kind)(answer)


def _invalid(error: RequestValidationError) -> Response[str]:
    if error.errors()[0]["loc"][0] == "response":
        # An answer that breaks its own model: a fault of ours, not the caller's.
        return _unexpected(error)
    faults = [_fault(each) for each in error.errors()[:MAX_FAULTS]]
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, _summary(faults), faults)


def body_refused(error: BodyRefusedError) -> Response[str]:
    """The answer for a body that is refused as a whole."""
    fault = FieldFault(field="body", rule=error.rule)
    return problem(error.status, _summary([fault]), [fault])


def _refused(error: InvalidRequestError) -> Response[str]:
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, _summary(error.faults), error.faults)


def _not_yours(_error: NotYourOrganisationError) -> Response[str]:
    fault = FieldFault(field="org_id", rule="must be an organisation that your token names")
    return problem(HTTPStatus.FORBIDDEN, _summary([fault]), [fault])


def _no_correction(error: CorrectionRefusedError) -> Response[str]:
    faults = [FieldFault(field=f"corrections.{each.path}", rule=each.rule) for each in error.faults]
    return _refused(InvalidRequestError(*faults))


def _no_url(error: InvalidUrlError) -> Response[str]:
    return _refused(InvalidRequestError.of("url", str(error)))


def _bound_reached(error: BoundReachedError) -> Response[str]:
    return problem(
        HTTPStatus.TOO_MANY_REQUESTS,
        str(error),
        headers={"Retry-After": str(error.retry_after_seconds)},
    )


def _key_reused(_error: IdempotencyConflictError) -> Response[str]:
    fault = FieldFault(
        field="Idempotency-Key", rule="was used before for a request with another body"
    )
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, _summary([fault]), [fault])


def _no_database(error: DatabaseUnavailableError) -> Response[str]:
    # libpq's own words say which host and why; they never hold a password.
    cause = str(error.__cause__ or "").partition("\n")[0]
    logger.error("%s: %s", error, cause)
    return problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The database cannot be reached. Try again; a create with an Idempotency-Key is safe to repeat.",
        headers=_SOON,
    )


def _busy_database(error: psycopg.OperationalError) -> Response[str]:
    logger.error("Postgres did not do it in time: %s", type(error).__name__)
    return problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The database is busy. Nothing was changed; try again.",
        headers=_SOON,
    )


def _service(error: ServiceError) -> Response[str]:
    return problem(HTTPStatus(error.status_code), str(error.msg))


def _misconfigured(error: SettingsError) -> Response[str]:
    # It names the variable and the rule, never the value.
    logger.critical("The settings are wrong: %s", error)
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "The service is not configured correctly. The reason has been logged.",
    )


def _unexpected(error: Exception) -> Response[str]:
    # Only the kind and the place: a message may hold what the caller sent.
    where = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{PurePath(where.filename).name}, line {where.lineno}"
    logger.error("Unexpected %s in %s", type(error).__name__, place)
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "An unexpected error occurred. It has been logged.",
    )


def _saying(
    status: HTTPStatus, sentence: str, headers: Mapping[str, str] = MappingProxyType({})
) -> Callable[[Exception], Response[str]]:
    """The same answer for each error of a kind."""
    return lambda _error: problem(status, sentence, headers=headers)


def _in_its_words(status: HTTPStatus) -> Callable[[Exception], Response[str]]:
    """The answer for errors whose message is fit for the caller."""
    return lambda error: problem(status, str(error))


_ANSWERS: dict[type[Exception], Callable[[Any], Response[str]]] = {
    RequestValidationError: _invalid,
    BodyRefusedError: body_refused,
    InvalidRequestError: _refused,
    JobNotFoundError: _saying(HTTPStatus.NOT_FOUND, "There is no such job in this project."),
    NotYourOrganisationError: _not_yours,
    NotAnOperatorError: _saying(
        HTTPStatus.FORBIDDEN, "Only operators may see this: your token does not name you as one."
    ),
    NotAllowedError: _in_its_words(HTTPStatus.BAD_REQUEST),
    NotEndedError: _in_its_words(HTTPStatus.CONFLICT),
    CorrectionRefusedError: _no_correction,
    ResultChangedError: _saying(
        HTTPStatus.CONFLICT,
        "The result was replaced or corrected since the first page. Start the export again.",
    ),
    IdempotencyConflictError: _key_reused,
    BoundReachedError: _bound_reached,
    NoWebhookError: _saying(HTTPStatus.NOT_FOUND, "The organisation has no webhook."),
    NotPausedError: _saying(HTTPStatus.NOT_FOUND, "The project is not paused."),
    WebhooksOffError: _saying(
        HTTPStatus.CONFLICT, "Webhooks are switched off in this service. Ask its operator."
    ),
    InvalidUrlError: _no_url,
    DatabaseUnavailableError: _no_database,
    psycopg.OperationalError: _busy_database,
    SettingsError: _misconfigured,
    SourceUnavailableError: _saying(
        HTTPStatus.SERVICE_UNAVAILABLE, "The source cannot be checked now. Try again.", _SOON
    ),
    NotFoundError: _saying(
        HTTPStatus.NOT_FOUND, "There is no such address; /docs lists all calls."
    ),
    ServiceError: _service,
    Exception: _unexpected,
}


def _fault(error: dict[str, Any]) -> FieldFault:
    # The first part of the place says body, query, path or header: the name is enough for a person.
    place = [str(part) for part in error["loc"]]
    if place[0] == "header":
        place[-1] = place[-1].title()
    if len(place) > 1 and place[0] in {"body", "query", "path", "header"}:
        place = place[1:]
    return FieldFault(field=".".join(place).replace("\x00", "?")[:300], rule=rule_of(error))


def _summary(faults: Sequence[FieldFault]) -> str:
    return "; ".join(f"{fault.field}: {fault.rule}" for fault in faults[:10])
