"""Python's collector of cycles, paused while a document is read or extracted."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collector() -> Iterator[None]:
    """Pause it: a document gives an object for each cell, label and value and no cycles, so it would look in vain."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if gc.get_freeze_count() == 0:
                # What was made is old at once: else all of it would be looked through now.
                gc.freeze()
                gc.unfreeze()
            gc.enable()
