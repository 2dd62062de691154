"""Sending in batches to a service that may accept a batch in part, or hang."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from itertools import islice
from typing import TypeVar

logger = logging.getLogger(__name__)

Value = TypeVar("Value")
Item = TypeVar("Item")

# SQS and EventBridge take ten entries at a time.
BATCH = 10
# A caller of the API is behind a send, and the sweep sends what was not: so nobody waits longer than this for a
# batch. The client's own time limits do not cover a name server that does not answer.
PATIENCE_SECONDS = 5.0
# Of all batches of a send: its caller must still have time to note what went, or all of it is sent again.
SEND_SECONDS = 20.0


def send_in_batches(
    items: Sequence[Item],
    send: Callable[[Sequence[Item]], list[Item]],
    complaint: str,
) -> list[Item]:
    """Those of the items that were accepted, batch by batch; it ends with the first batch that fails.

    Args:
        send: sends one batch and returns what was accepted of it.
        complaint: logged with the reason when a batch fails.
    """
    accepted: list[Item] = []
    remaining = iter(items)
    until = time.monotonic() + SEND_SECONDS
    while time.monotonic() < until and (batch := list(islice(remaining, BATCH))):
        try:
            accepted += _within(PATIENCE_SECONDS, partial(send, batch))
        except Exception as error:  # noqa: BLE001 - whatever it is, the sweep sends again
            logger.warning("%s: %s", complaint, type(error).__name__)
            break
    return accepted


def _within(seconds: float, call: Callable[[], Value]) -> Value:
    """What the call gives, or TimeoutError. A call that is given up goes on by itself: a message that is sent after
    all was only sent twice.
    """
    outcome: Future[Value] = Future()

    def run() -> None:
        try:
            outcome.set_result(call())
        except BaseException as error:  # noqa: BLE001 - it is raised where the outcome is awaited
            outcome.set_exception(error)

    threading.Thread(target=run, name="send", daemon=True).start()
    return outcome.result(seconds)
