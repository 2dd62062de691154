"""A thread that does one thing again and again, whatever becomes of it."""

from __future__ import annotations

import threading
from collections.abc import Callable


def again_and_again(
    name: str, act: Callable[[], None], over: threading.Event, *, every_seconds: float
) -> threading.Thread:
    """Starts it. While everything around fails, so does an act now and then: that is what the soak is for, and the
    report counts what came of it.
    """

    def loop() -> None:
        while not over.wait(every_seconds):
            try:
                act()
            except Exception:  # noqa: BLE001 - see above
                continue

    thread = threading.Thread(target=loop, name=name, daemon=True)
    thread.start()
    return thread
