"""Bounds: what one organisation may have at once, so that it leaves room for the others."""

from __future__ import annotations

from extraction_jobs.database import Database
from extraction_jobs.queries import BOUNDS
from extraction_jobs.settings import Settings

# When to ask again: workers take some of what waits within a minute; the sweep measures what is kept every ten.
PENDING_RETRY_SECONDS = 60
KEPT_RETRY_SECONDS = 600
_MEGABYTE = 1_000_000


class BoundReachedError(Exception):
    """The organisation has as much as it may have. The message says of what, fit for the caller.

    Attributes:
        retry_after_seconds: when it may be otherwise.
    """

    def __init__(self, sentence: str, retry_after_seconds: int) -> None:
        super().__init__(sentence)
        self.retry_after_seconds = retry_after_seconds


def require_room(
    org_id: str, jobs: int, size: int, *, database: Database, settings: Settings
) -> None:
    """Does nothing if the organisation may have so many jobs more, whose sources are `size` bytes long.

    Free where no bound is set. Two calls at once may both find the last room, so a bound may be passed by as many
    jobs as are made at the same moment.

    Raises:
        BoundReachedError: see there.
    """
    if not settings.bounds_organisations:
        return
    row = database.row(
        BOUNDS["room"],
        {
            "org_id": org_id,
            "pending_jobs": settings.max_pending_jobs,
            "kept_megabytes": settings.max_kept_megabytes,
            "cost_usd_per_day": settings.max_cost_usd_per_day,
        },
    )
    if row is None:
        return
    if row["pending_jobs"] and row["pending"] + jobs > row["pending_jobs"]:
        raise BoundReachedError(
            f"At most {row['pending_jobs']:,} jobs of an organisation may wait at once. Send more when some of yours"
            " have started.",
            PENDING_RETRY_SECONDS,
        )
    if row["kept_megabytes"] and row["kept"] + size > row["kept_megabytes"] * _MEGABYTE:
        raise BoundReachedError(
            f"At most {row['kept_megabytes']:,g} MB may be kept of an organisation. Delete jobs, or set a"
            " shorter retention of results.",
            KEPT_RETRY_SECONDS,
        )
    if row["cost_usd_per_day"] and row["spent"] >= row["cost_usd_per_day"]:
        raise BoundReachedError(
            f"An organisation may spend {row['cost_usd_per_day']:,g} US dollars a day, and yours has spent them."
            " Send more tomorrow (UTC).",
            int(row["day_left_seconds"]) + 1,
        )
