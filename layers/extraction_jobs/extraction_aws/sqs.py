"""The domain's queue on SQS."""

from __future__ import annotations

import hashlib
import logging
import math
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from extraction_aws.batches import send_in_batches
from extraction_aws.clients import client
from extraction_aws.message import JobMessage
from extraction_jobs.dispatch import Dispatch

logger = logging.getLogger(__name__)

# Limit of SQS.
LONGEST_DELAY = timedelta(minutes=15)


class SqsQueue:
    """Sends messages in batches and looks at the outcome of each entry: a batch may be accepted in part."""

    longest_delay = LONGEST_DELAY

    def __init__(self, queue_url: str) -> None:
        self._queue_url = queue_url

    def send(self, dispatches: Sequence[Dispatch]) -> Sequence[Dispatch]:
        """See Queue."""
        return send_in_batches(dispatches, self._send_batch, "SQS took no message")

    def _send_batch(self, batch: Sequence[Dispatch]) -> list[Dispatch]:
        answer = client("sqs").send_message_batch(
            QueueUrl=self._queue_url,
            Entries=[_entry(index, each) for index, each in enumerate(batch)],
        )
        for entry in answer.get("Failed", []):
            logger.warning("SQS refused a message: %s", entry.get("Code"))
        return [batch[int(entry["Id"])] for entry in answer.get("Successful", [])]


def _entry(index: int, each: Dispatch) -> dict[str, Any]:
    delay = min(math.ceil(each.due_in_seconds), int(LONGEST_DELAY.total_seconds()))
    entry: dict[str, Any] = {
        "Id": str(index),
        "MessageBody": JobMessage(each.job_id, each.revision).to_body(),
    }
    if delay > 0:
        entry["DelaySeconds"] = delay
    if each.org_id is not None:
        entry["MessageGroupId"] = _group(each.org_id)
    if each.trace is not None:
        # What Lambda joins the receiver's own trace to; SQS takes nothing else here.
        entry["MessageSystemAttributes"] = {
            "AWSTraceHeader": {"DataType": "String", "StringValue": each.trace}
        }
    return entry


def _group(org_id: str) -> str:
    """A tenant's group, so that the queue is fair between tenants. SQS takes 128 characters of ASCII, an
    organisation's id may be anything: a digest is as good a name.
    """
    return hashlib.sha256(org_id.encode()).hexdigest()[:32]
