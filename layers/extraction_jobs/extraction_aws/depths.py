"""Approximate counts of the queues, as SQS reports them, a few seconds old."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from extraction_aws.clients import client

logger = logging.getLogger(__name__)

# Somebody looks at a page. The client's own time limits do not cover a name server that does not answer.
PATIENCE_SECONDS = 5.0

_ATTRIBUTES = {
    "waiting": "ApproximateNumberOfMessages",
    "delayed": "ApproximateNumberOfMessagesDelayed",
    "in_flight": "ApproximateNumberOfMessagesNotVisible",
}


@dataclass(frozen=True, slots=True)
class Depth:
    """Messages of a queue: to be delivered now, later, or delivered and not done with."""

    waiting: int
    delayed: int
    in_flight: int


def queue_depths(urls: Mapping[str, str]) -> dict[str, Depth | None]:
    """The depth of each queue under its name; None where it has no address, or does not answer in time."""
    found: dict[str, Depth | None] = dict.fromkeys(urls)
    sqs = client("sqs")  # here: boto3 does not make clients in threads

    def ask(name: str, url: str) -> None:
        try:
            answer = sqs.get_queue_attributes(
                QueueUrl=url, AttributeNames=list(_ATTRIBUTES.values())
            )["Attributes"]
        except Exception as error:  # noqa: BLE001 - whatever it is, the other queues are told
            logger.warning("The depth of %s is not known: %s", name, type(error).__name__)
            return
        found[name] = Depth(**{ours: int(answer[theirs]) for ours, theirs in _ATTRIBUTES.items()})

    threads = [
        threading.Thread(target=ask, args=(name, url), name="depth", daemon=True)
        for name, url in urls.items()
        if url
    ]
    until = time.monotonic() + PATIENCE_SECONDS
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    # A thread that is late writes into its own dictionary, not into the answer.
    return dict(found)
