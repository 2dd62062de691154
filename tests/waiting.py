"""Waiting in tests: for a condition, with a deadline; never for a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")


def until(
    condition: Callable[[], Value],
    *,
    seconds: float = 10.0,
    what: str = "the condition",
    every: float = 0.02,
) -> Value:
    """Asks again and again until the condition is true; gives what it said.

    Raises:
        TimeoutError: it did not come true in time.
    """
    ends = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > ends:
            raise TimeoutError(f"waited {seconds:g} s in vain: {what}")
        threading.Event().wait(every)
    return value
