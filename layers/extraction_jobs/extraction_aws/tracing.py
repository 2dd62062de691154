"""The trace that an invocation belongs to, so that the messages of its job can carry it on."""

from __future__ import annotations

import os

_LONGEST = 500  # what SQS takes is some 100 characters


def current() -> str | None:
    """The trace context of this invocation, as X-Ray writes it; None if it is not sampled.

    Lambda sets it anew for each invocation. What is not sampled leaves nothing to follow, and is not stored.
    """
    header = os.environ.get("_X_AMZN_TRACE_ID", "")
    return header[:_LONGEST] if "Sampled=1" in header else None
