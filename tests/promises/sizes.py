"""How much of a promise is tested: PROMISE_SIZE=everyday (the default) in every run, =full where there is time."""

from __future__ import annotations

import os

EVERYDAY, FULL = "everyday", "full"


def size(everyday: int, full: int) -> int:
    """The one of the two that PROMISE_SIZE asks for.

    Raises:
        ValueError: PROMISE_SIZE is neither `everyday` nor `full`.
    """
    asked = os.environ.get("PROMISE_SIZE", EVERYDAY)
    if asked not in (EVERYDAY, FULL):
        raise ValueError(f"PROMISE_SIZE is {EVERYDAY!r} or {FULL!r}, not {asked!r}")
    return full if asked == FULL else everyday
