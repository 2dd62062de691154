"""The answer that CloudFormation waits for. Only the standard library is used: it must work when nothing else does."""

from __future__ import annotations

import http.client
import json
import time
import urllib.request
from collections.abc import Callable
from typing import Any, Literal

# Four tries, 53 s at most.
_PAUSES_SECONDS = (1.0, 3.0, 9.0)
_TRY_SECONDS = 10.0
# The whole answer may have 4,096 bytes.
_LONGEST = 1000


def answer(
    event: dict[str, Any],
    log_stream: str,
    status: Literal["SUCCESS", "FAILED"],
    reason: str,
    data: dict[str, str],
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Puts the outcome where CloudFormation waits for it; tries a few times.

    Args:
        event: what CloudFormation asked.
        log_stream: where the log of this run is; told with the reason.
        status: the outcome.
        reason: shown to whoever deploys.
        data: the attributes of the resource.
        sleep: waits between tries.

    Raises:
        OSError, http.client.HTTPException: the last try failed too. CloudFormation then waits until ServiceTimeout.
    """
    body = {
        "Status": status,
        "Reason": f"{reason[:_LONGEST]} (log stream {log_stream})",
        # Never changes, so that CloudFormation never replaces (and so deletes) the resource.
        "PhysicalResourceId": "extraction-jobs-migrations",
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": {name: value[:_LONGEST] for name, value in data.items()},
    }
    request = urllib.request.Request(  # noqa: S310 - the address comes from CloudFormation
        event["ResponseURL"],
        data=json.dumps(body).encode(),
        method="PUT",
        headers={"Content-Type": ""},
    )
    for pause in _PAUSES_SECONDS:
        try:
            return _send(request)
        except (OSError, http.client.HTTPException):
            sleep(pause)
    return _send(request)


def _send(request: urllib.request.Request) -> None:
    with urllib.request.urlopen(request, timeout=_TRY_SECONDS):  # noqa: S310
        pass
