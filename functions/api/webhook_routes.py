"""The calls of an organisation's webhook: who asks, call the domain, shape the answer."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from pydantic import Field

from api_requests import Identifier, Request
from deferred import BaseModel
from extraction_jobs import webhooks
from json_values import Text
from parameters import COMMON, PROBLEM, WITH_BODY, OrgId, caller_of
from resources import resources

router = Router()  # type: ignore[no-untyped-call] # Powertools left its constructor untyped

_NONE: dict[int, Any] = {
    404: {"description": "The organisation has no webhook", "content": PROBLEM}
}


class WebhookRequest(Request):
    """Where an organisation wants to be told that its jobs have ended."""

    org_id: Identifier
    url: Annotated[Text, Field(min_length=1, max_length=webhooks.MAX_URL)] = Field(
        description="https, a host name, port 443.", examples=["https://hooks.example.com/jobs"]
    )


class WebhookOut(BaseModel):
    """An organisation's webhook and its state."""

    org_id: str
    url: str
    created_at: datetime = Field(description="When it was last set.")
    delivered_at: datetime | None = Field(description="When a delivery last succeeded.")
    failures: int = Field(description="Deliveries that failed in a row.")
    failing_since: datetime | None
    last_failure: str | None
    disabled_at: datetime | None = Field(
        description="When it was switched off. Set it again to switch it on."
    )
    disabled_reason: str | None


class NewWebhookOut(WebhookOut):
    """A webhook that was just set."""

    secret: str = Field(description="Deliveries are signed with it. It is shown only this once.")


@router.put(
    "/extraction-jobs/webhook",
    summary="Set the organisation's webhook",
    tags=["Notifications"],
    responses={
        200: {"description": "It is set, with a new secret"},
        **WITH_BODY,
        409: {"description": "Webhooks are off here", "content": PROBLEM},
    },
)
def set_webhook(body: WebhookRequest) -> NewWebhookOut:
    """Sets the URL that is told of each job that ends, with a new secret. One that was switched off is on again."""
    caller = caller_of(router).require(body.org_id)
    found, secret = webhooks.set_webhook(
        body.org_id,
        body.url,
        caller.subject,
        database=resources().database,
        settings=resources().settings,
    )
    return NewWebhookOut(**asdict(found), secret=secret)


@router.get(
    "/extraction-jobs/webhook",
    summary="The organisation's webhook",
    tags=["Notifications"],
    responses={200: {"description": "The webhook, without its secret"}, **COMMON, **_NONE},
)
def read_webhook(org_id: OrgId) -> WebhookOut:
    """Where it leads, when it last succeeded, and why it is off if it is."""
    caller_of(router).require(org_id)
    return WebhookOut(**asdict(webhooks.read_webhook(org_id, database=resources().database)))


@router.delete(
    "/extraction-jobs/webhook",
    summary="Delete the organisation's webhook",
    tags=["Notifications"],
    responses={204: {"description": "It is deleted"}, **COMMON, **_NONE},
)
def delete_webhook(org_id: OrgId) -> Response[str]:
    """Deletes it, with what still waits to be delivered."""
    caller = caller_of(router).require(org_id)
    webhooks.delete_webhook(org_id, caller.subject, database=resources().database)
    return Response(HTTPStatus.NO_CONTENT, body="")
