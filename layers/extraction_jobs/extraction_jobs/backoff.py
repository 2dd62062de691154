"""How long to wait before the next attempt."""

from __future__ import annotations

from collections.abc import Callable

from extraction_jobs.settings import Settings


def backoff_seconds(attempt: int, settings: Settings, random: Callable[[], float]) -> float:
    """Doubles with each attempt up to a ceiling, then takes a random part between half and all of it: jobs that
    failed together do not come back together.

    Args:
        attempt: the one that failed, 1 or more.
        random: a number in [0, 1).
    """
    ceiling = min(
        settings.retry_backoff_max_seconds, settings.retry_backoff_seconds * 2.0 ** (attempt - 1)
    )
    return float(ceiling * (0.5 + 0.5 * random()))
