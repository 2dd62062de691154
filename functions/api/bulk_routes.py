"""Retry and cancel of many jobs: who asks, call the domain, shape the answer."""

from __future__ import annotations

from typing import Literal

from aws_lambda_powertools.event_handler.api_gateway import Router

from api_answers import FieldFault
from bulk_requests import BulkOut, BulkRequest
from extraction_jobs.bulk import ALLOWED, Action, change_many
from extraction_jobs.model import Tenant
from parameters import WITH_BODY, caller_of
from problems import InvalidRequestError
from resources import resources

router = Router()  # type: ignore[no-untyped-call] # Powertools left its constructor untyped


@router.post(
    "/extraction-jobs/retry",
    summary="Retry many jobs",
    tags=["Change"],
    responses={200: {"description": "Which were retried, or would be"}, **WITH_BODY},
)
def retry_many(body: BulkRequest) -> BulkOut:
    """Retries up to 1,000 jobs of a filter, each as a retry of one job would."""
    return _change("retry", body)


@router.post(
    "/extraction-jobs/cancel",
    summary="Cancel many jobs",
    tags=["Change"],
    responses={200: {"description": "Which were cancelled, or would be"}, **WITH_BODY},
)
def cancel_many(body: BulkRequest) -> BulkOut:
    """Cancels up to 1,000 jobs of a filter, each as a cancel of one job would."""
    return _change("cancel", body)


def _change(verb: Literal["retry", "cancel"], body: BulkRequest) -> BulkOut:
    action = Action(verb)
    caller = caller_of(router).require(body.org_id)
    _check_statuses(action, body)
    report = change_many(
        action,
        body.filter.to_domain(body.after),
        Tenant(body.org_id, body.project_id),
        caller.subject,
        limit=body.limit,
        dry_run=body.dry_run,
        database=resources().database,
        queue=resources().queue,
        settings=resources().settings,
    )
    return BulkOut.of(verb, report)


def _check_statuses(action: Action, body: BulkRequest) -> None:
    """A status that the action never takes is a mistake worth telling, not a filter that matches nothing."""
    allowed = ALLOWED[action]
    wrong = [each for each in body.filter.status or () if each not in allowed]
    if wrong:
        rule = f"must be {' or '.join(allowed)}: a {action} takes no other"
        raise InvalidRequestError(*(FieldFault(field="filter.status", rule=rule) for _ in wrong))
    if body.filter.stuck and body.filter.status and "running" not in body.filter.status:
        raise InvalidRequestError.of("filter.status", "must include running when stuck is true")
