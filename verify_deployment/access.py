"""What can be known before any check: is this address a deployment, and whom does the token speak for."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from verify_deployment.transport import (
    LOOPBACK,
    Answer,
    NoAnswerError,
    Request,
    Transport,
    UnexpectedAnswerError,
)

_SECONDS = 30.0  # API Gateway answers within that, whatever happens


class CannotVerifyError(Exception):
    """The deployment cannot be verified at all: the message says what is wrong, the address or the token."""


@dataclass(frozen=True, slots=True)
class Access:
    """What a token may do here.

    Attributes:
        token: the bearer token; never shown.
        organisations: those that the deployment says the token may act for.
    """

    token: str
    organisations: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Access(organisations={self.organisations})"


def checked_url(url: str) -> str:
    """The base address without a slash at its end.

    Raises:
        CannotVerifyError: not an address, or one over which a token would travel in clear.
    """
    address = urlsplit(url.strip().rstrip("/"))
    if address.scheme not in {"http", "https"} or not address.hostname:
        raise CannotVerifyError(
            "Wrong API_URL: it must be an address such as "
            "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com (the stack's output ApiUrl)."
        )
    if address.username or address.query or address.fragment:
        raise CannotVerifyError(
            "Wrong API_URL: it must have no user, no ? and no #, only the address and perhaps a path."
        )
    if address.scheme == "http" and address.hostname not in LOOPBACK:
        raise CannotVerifyError(
            f"Wrong API_URL: {address.geturl()} has no TLS, and others on the network could read the token. Use https."
        )
    return address.geturl()


def identify(transport: Transport, url: str) -> Mapping[str, Any]:
    """The OpenAPI document of the deployment. No token is sent: this may be anybody's server.

    Raises:
        CannotVerifyError: nothing answers there, something else does, or the deployment's database is down.
    """
    health = _first(transport, url, Request("GET", "/health"))
    if health.status == HTTPStatus.SERVICE_UNAVAILABLE and health.media_type.endswith(
        "problem+json"
    ):
        raise CannotVerifyError(
            f"{url} is a deployment, but it cannot work: GET /health answered {health.told()}"
        )
    try:
        health.expect(HTTPStatus.OK).take(str, "status")
        served = _first(transport, url, Request("GET", "/openapi.json")).expect(HTTPStatus.OK)
        served.take(dict, "paths", "/extraction-jobs")
        document: Mapping[str, Any] = served.json()
    except UnexpectedAnswerError as error:
        raise CannotVerifyError(
            f"Wrong API_URL: {url} answers, but not as this API does: {error}. "
            "Give the base address, without a path such as /extraction-jobs."
        ) from None
    return document


def access(transport: Transport, token: str, *, variable: str) -> Access:
    """What the token may do here, as the deployment says.

    Args:
        transport: to the deployment.
        token: as the user gave it.
        variable: the name under which the user gave it, for the message.

    Raises:
        CannotVerifyError: expired, not accepted, or without an organisation.
    """
    token = token.strip().removeprefix("Bearer ").strip()
    if not token:
        raise CannotVerifyError(f"{variable} is empty: give a bearer token of the deployment.")
    if not token.isascii() or not token.isprintable() or " " in token:
        raise CannotVerifyError(
            f"{variable} is not a bearer token: it has a blank or another character that no token has."
        )
    request = Request(
        "GET", "/extraction-jobs/projects", headers={"Authorization": f"Bearer {token}"}
    )
    try:
        answer = transport(request, _SECONDS)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            raise CannotVerifyError(f"{variable} is not accepted (401): {_why_refused(token)}")
        organisations = answer.expect(HTTPStatus.OK).take(list, "organisations")
    except (NoAnswerError, UnexpectedAnswerError) as error:
        raise CannotVerifyError(f"It is not known what {variable} may do: {error}") from None
    if not organisations:
        raise CannotVerifyError(
            f"{variable} is accepted, but it names no organisation: {_why_no_organisation(token)}"
        )
    return Access(token, tuple(map(str, organisations)))


def claims_of(token: str) -> Mapping[str, Any]:
    """What a JWT says of itself, unverified: to explain a refusal, and for nothing else. {} if it is no JWT."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}


def expiry_of(token: str) -> datetime | None:
    """When the token says that it expires."""
    expires = claims_of(token).get("exp")
    if isinstance(expires, bool) or not isinstance(expires, int | float):
        return None
    try:
        return datetime.fromtimestamp(expires, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _first(transport: Transport, url: str, request: Request) -> Answer:
    try:
        return transport(request, _SECONDS)
    except NoAnswerError as error:
        raise CannotVerifyError(f"Wrong API_URL: {url} cannot be reached: {error}") from None


def _why_refused(token: str) -> str:
    expires = expiry_of(token)
    if expires is None and not claims_of(token):
        return "it is not a JWT."
    now = datetime.now(UTC)
    if expires is not None and expires < now:
        minutes = (now - expires).total_seconds() / 60
        return f"the token has expired, {minutes:,.0f} minutes ago ({expires:%Y-%m-%d %H:%M} UTC). Get a new one."
    return (
        "it has not expired, so it is of another issuer or another audience than this deployment trusts, "
        "or it was changed after it was signed."
    )


def _why_no_organisation(token: str) -> str:
    if claims_of(token).get("token_use") == "access":
        return "it is an access token; with Cognito the ID token holds the organisations."
    return (
        "set the user's organisations (with Cognito the attribute custom:organisations; with another issuer the claim "
        "that OrganisationsClaim names), then get a new token."
    )
