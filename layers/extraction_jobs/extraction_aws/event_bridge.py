"""The domain's bus on EventBridge."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Any

from extraction_aws.batches import send_in_batches
from extraction_aws.clients import client
from extraction_aws.deployment import Deployment
from extraction_jobs.announcements import Announcement

logger = logging.getLogger(__name__)

SOURCE = "extraction-jobs"


class EventBridge:
    """Puts announcements as events and looks at the outcome of each: a request may be accepted in part."""

    def __init__(self, bus_name: str) -> None:
        self._bus_name = bus_name

    def put(self, announcements: Sequence[Announcement]) -> Sequence[Announcement]:
        """See Bus."""
        return send_in_batches(announcements, self._put, "EventBridge took no event")

    def _put(self, batch: Sequence[Announcement]) -> list[Announcement]:
        answer = client("events").put_events(Entries=[self._entry(each) for each in batch])
        accepted = []
        # The outcomes come in the order of the entries.
        for each, outcome in zip(batch, answer["Entries"], strict=True):
            if outcome.get("EventId"):
                accepted.append(each)
            else:
                logger.warning("EventBridge refused an event: %s", outcome.get("ErrorCode"))
        return accepted

    def _entry(self, each: Announcement) -> dict[str, Any]:
        return {
            "EventBusName": self._bus_name,
            "Source": SOURCE,
            "DetailType": f"extraction-job.{each.status}",
            "Time": each.at,
            "Detail": json.dumps({"id": str(each.id), "at": each.at.isoformat(), **each.detail}),
        }


def event_bus(deployment: Deployment) -> EventBridge | None:
    """The bus that is configured, if one is."""
    return EventBridge(deployment.event_bus_name) if deployment.event_bus_name else None
