"""Who calls: the organisations that a verified token speaks for.

API Gateway has verified the token before this code runs; what is left is what its claims say.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

# API Gateway flattens a list claim to "[a b]"; Cognito attributes are strings that hold commas, spaces or JSON.
_SEPARATORS = re.compile(r"[\s,\[\]\"]+")


def claims_of(event: APIGatewayProxyEventV2) -> Mapping[str, Any]:
    """The claims that API Gateway's authorizer verified; none if it verified none.

    `sam local start-api` has no JWT authorizer. There, and nowhere else, the bearer token is taken at its word.
    """
    authorizer = event.request_context.authorizer
    if authorizer and authorizer.jwt_claim:
        return authorizer.jwt_claim
    if os.environ.get("AWS_SAM_LOCAL") == "true":
        return _unverified(event.headers.get("authorization", ""))
    return {}


def _unverified(authorization: str) -> Mapping[str, Any]:
    try:
        payload = authorization.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}


class NotYourOrganisationError(Exception):
    """The caller may not act for this organisation."""


class NotAnOperatorError(Exception):
    """The caller may not see what is of all organisations."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The bearer of the token: `subject` for the history, `organisations` it may act for.

    An operator also sees what is of all organisations together.
    """

    subject: str
    organisations: frozenset[str]
    operator: bool = False

    @classmethod
    def from_claims(
        cls, claims: Mapping[str, Any], organisations_claim: str, operators_claim: str
    ) -> Caller:
        """The caller that verified claims describe; without the claims it may act for none and is no operator."""
        listed = claims.get(organisations_claim)
        # Anything but text (null, a number) names no organisation, least of all one called "None".
        names = listed if isinstance(listed, list) else [listed]
        text = " ".join(name for name in names if isinstance(name, str))
        return cls(
            subject=_storable(str(claims.get("sub", "unknown")))[:500],
            organisations=frozenset(filter(None, _SEPARATORS.split(text))),
            # API Gateway writes every claim as text.
            operator=claims.get(operators_claim) == "true" or claims.get(operators_claim) is True,
        )

    def require(self, org_id: str) -> Self:
        """The caller, who may act for the organisation; raises NotYourOrganisationError if not."""
        if org_id not in self.organisations:
            raise NotYourOrganisationError
        return self

    def require_operator(self) -> None:
        """Raises NotAnOperatorError unless the caller is one."""
        if not self.operator:
            raise NotAnOperatorError


def _storable(text: str) -> str:
    """The text without what Postgres cannot keep; an issuer may put anything into a claim."""
    return text.replace("\x00", "").encode(errors="replace").decode()
