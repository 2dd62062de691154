"""The calls of an organisation's webhook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from extraction_jobs_client.messages import NewWebhook, Webhook
from extraction_jobs_client.transport import Transport

_PATH = "/webhook"


class WebhookCalls:
    """Sets, shows and deletes the URL that is told of each job of an organisation that ends."""

    def __init__(self, transport: Transport, organisation: Mapping[str, str]) -> None:
        self._transport = transport
        self._organisation = organisation

    def set(self, url: str) -> NewWebhook:
        """Sets it, with a new secret, which is shown this once. One that was switched off is on again."""
        body = {**self._organisation, "url": url}
        return cast("NewWebhook", self._transport.json("PUT", _PATH, body=body))

    def show(self) -> Webhook:
        """Where it leads, when it last succeeded, and why it is off if it is."""
        return cast("Webhook", self._transport.json("GET", _PATH, query=self._organisation))

    def delete(self) -> None:
        """Deletes it, with what still waits to be delivered."""
        self._transport.send("DELETE", _PATH, query=self._organisation)
