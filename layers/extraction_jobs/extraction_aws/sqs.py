"""The domain's queue on SQS."""

from __future__ import annotations

import hashlib
import logging
import math
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import Any

from extraction_aws.clients import client
from extraction_aws.message import JobMessage
from extraction_jobs.dispatch import Dispatch

logger = logging.getLogger(__name__)

# A caller of the API is behind a send, and the sweep sends what was not: so nobody waits longer than this for a
# batch. The client's own time limits do not cover a name server that does not answer.
PATIENCE_SECONDS = 5.0
# Of all batches of a send: its caller must still have time to note what went, or all of it is sent again.
SEND_SECONDS = 20.0

# Limits of SQS.
BATCH = 10
LONGEST_DELAY = timedelta(minutes=15)


class SqsQueue:
    """Sends messages in batches and looks at the outcome of each entry: a batch may be accepted in part."""

    longest_delay = LONGEST_DELAY

    def __init__(self, queue_url: str) -> None:
        self._queue_url = queue_url

    def send(self, dispatches: Sequence[Dispatch]) -> Sequence[Dispatch]:
        """See Queue."""
        sent: list[Dispatch] = []
        remaining = iter(dispatches)
        until = time.monotonic() + SEND_SECONDS
        while time.monotonic() < until and (batch := list(islice(remaining, BATCH))):
            try:
                answer = _within(PATIENCE_SECONDS, partial(self._send_batch, batch))
            except Exception as error:  # noqa: BLE001 - whatever it is, the sweep sends again
                logger.warning("SQS took no message: %s", type(error).__name__)
                return sent
            sent += [batch[int(entry["Id"])] for entry in answer.get("Successful", [])]
            for entry in answer.get("Failed", []):
                logger.warning("SQS refused a message: %s", entry.get("Code"))
        return sent

    def _send_batch(self, batch: Sequence[Dispatch]) -> Any:
        return client("sqs").send_message_batch(
            QueueUrl=self._queue_url,
            Entries=[_entry(index, each) for index, each in enumerate(batch)],
        )


def _within(seconds: float, call: Callable[[], Any]) -> Any:
    """What the call gives, or TimeoutError. A call that is given up goes on by itself: a message that is sent after
    all was only sent twice.
    """
    outcome: Future[Any] = Future()

    def run() -> None:
        try:
            outcome.set_result(call())
        except BaseException as error:  # noqa: BLE001 - it is raised where the outcome is awaited
            outcome.set_exception(error)

    threading.Thread(target=run, name="send", daemon=True).start()
    return outcome.result(seconds)


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
    return entry


def _group(org_id: str) -> str:
    """A tenant's group, so that the queue is fair between tenants. SQS takes 128 characters of ASCII, an
    organisation's id may be anything: a digest is as good a name.
    """
    return hashlib.sha256(org_id.encode()).hexdigest()[:32]
