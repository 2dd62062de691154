"""Webhooks: an organisation's own URL, which is told that a job has ended.

Here is what is set and how a delivery is signed, as Standard Webhooks has it (https://www.standardwebhooks.com).
webhook_calls.py makes the calls, webhook_deliveries.py decides which.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from extraction_jobs.database import Database
from extraction_jobs.queries import WEBHOOKS
from extraction_jobs.settings import Settings

logger = logging.getLogger(__name__)

MAX_URL = 2000
_SECRET_BYTES = 32
_SECRET_PREFIX = "whsec_"  # noqa: S105 - what a secret begins with
HTTPS_PORT = 443

# A name and no address: its last part begins with a letter. No port but 443, no user, no fragment.
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PATH = r"(?P<path>/[!$-~]*)?"
_HTTPS = re.compile(
    rf"https://(?P<host>(?:{_LABEL}\.)+(?=[a-z]){_LABEL})(?::443)?{_PATH}", re.IGNORECASE
)
_LOOPBACK = re.compile(rf"http://(?P<host>127\.0\.0\.1):(?P<port>[0-9]{{1,5}}){_PATH}")


class InvalidUrlError(ValueError):
    """The URL is none that is called; the message is the rule."""


class NoWebhookError(Exception):
    """The organisation has none."""


class WebhooksOffError(Exception):
    """No webhook is called here."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a URL leads.

    Attributes:
        path: with the query.
        port: of TLS, but on loopback.
    """

    host: str
    port: int
    path: str
    loopback: bool


@dataclass(frozen=True, slots=True)
class Webhook:
    """What an organisation sees of its webhook.

    Attributes:
        created_at: when it was set, the last time.
        delivered_at: when a delivery succeeded, the last time.
        failures: in a row; failing_since the first of them, last_failure what went wrong with the last.
        disabled_at: when it was switched off, with the reason; setting it again switches it on.
    """

    org_id: str
    url: str
    created_at: datetime
    delivered_at: datetime | None
    failures: int
    failing_since: datetime | None
    last_failure: str | None
    disabled_at: datetime | None
    disabled_reason: str | None


def destination(url: str, *, loopback: bool) -> Destination:
    """Where a URL leads. `loopback`: whether http://127.0.0.1 may be called too.

    Raises:
        InvalidUrlError: nowhere that is called.
    """
    if found := _HTTPS.fullmatch(url):
        return Destination(found["host"].lower(), HTTPS_PORT, found["path"] or "/", loopback=False)
    if loopback and (found := _LOOPBACK.fullmatch(url)):
        return Destination(found["host"], int(found["port"]), found["path"] or "/", loopback=True)
    raise InvalidUrlError(
        "must be https:// with a host name, and without a port, a user or a fragment"
    )


def set_webhook(
    org_id: str, url: str, caller: str, *, database: Database, settings: Settings
) -> tuple[Webhook, str]:
    """Sets an organisation's webhook anew, and switches it on; returns it and its new secret, which nobody reads again.

    Raises:
        WebhooksOffError, InvalidUrlError: see there.
    """
    if not settings.calls_webhooks:
        raise WebhooksOffError
    destination(url, loopback=settings.webhooks == "loopback")
    secret = _SECRET_PREFIX + b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
    [row] = database.rows(WEBHOOKS["set_webhook"], {"org_id": org_id, "url": url, "secret": secret})
    _log("Webhook was set.", org_id, caller)
    return Webhook(**row), secret


def read_webhook(org_id: str, *, database: Database) -> Webhook:
    """An organisation's webhook.

    Raises:
        NoWebhookError: see there.
    """
    row: dict[str, Any] | None = database.row(WEBHOOKS["read_webhook"], {"org_id": org_id})
    if row is None:
        raise NoWebhookError
    return Webhook(**row)


def delete_webhook(org_id: str, caller: str, *, database: Database) -> None:
    """Deletes an organisation's webhook, and what waits to be sent there.

    Raises:
        NoWebhookError: see there.
    """
    if database.row(WEBHOOKS["delete_webhook"], {"org_id": org_id}) is None:
        raise NoWebhookError
    _log("Webhook was deleted.", org_id, caller)


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The header webhook-signature of a delivery. `timestamp`: seconds since 1970."""
    key = b64decode(secret.removeprefix(_SECRET_PREFIX))
    signed = b"%b.%d.%b" % (message_id.encode(), timestamp, body)
    return "v1," + b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def _log(what: str, org_id: str, caller: str) -> None:
    # Not the URL: people put tokens into them.
    logger.info(what, extra={"org_id": org_id, "caller": caller})
