"""Who calls: the organisations that a verified token speaks for.

API Gateway has verified the token before this code runs; what is left is what its claims say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# API Gateway flattens a list claim to "[a b]"; Cognito attributes are strings that hold commas, spaces or JSON.
_SEPARATORS = re.compile(r"[\s,\[\]\"]+")


class NotYourOrganisationError(Exception):
    """The caller may not act for this organisation."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The bearer of the token: `subject` for the history, `organisations` it may act for."""

    subject: str
    organisations: frozenset[str]

    @classmethod
    def from_claims(cls, claims: Mapping[str, Any], organisations_claim: str) -> Caller:
        """The caller that verified claims describe; without the claim it may act for none."""
        listed = claims.get(organisations_claim)
        # Anything but text (null, a number) names no organisation, least of all one called "None".
        names = listed if isinstance(listed, list) else [listed]
        text = " ".join(name for name in names if isinstance(name, str))
        return cls(
            subject=str(claims.get("sub", "unknown"))[:500],
            organisations=frozenset(filter(None, _SEPARATORS.split(text))),
        )

    def require(self, org_id: str) -> None:
        """Raises NotYourOrganisationError unless the caller may act for the organisation."""
        if org_id not in self.organisations:
            raise NotYourOrganisationError
