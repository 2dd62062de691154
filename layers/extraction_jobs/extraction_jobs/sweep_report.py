"""What a sweep did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from psycopg.rows import DictRow

from extraction_jobs.model import JobId
from extraction_jobs.retention import Deleted

# So many jobs a report names; beyond, it only counts.
MOST_NAMED = 1_000


class Count(StrEnum):
    """As what a sweep counts jobs: a column of kb.extraction_sweeps, a list in the sweeper's answer, a metric."""

    RECOVERED = "recovered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Swept:
    """A job that a step acted on."""

    id: JobId
    source_type: str
    started_at: datetime | None


@dataclass
class Report:
    """What a sweep did, or in a dry run would have done.

    Attributes:
        idle: no job was to be acted on.
        counts: how many jobs: recovered are orphans set back to pending, failed those that were ended.
        named: the first MOST_NAMED of them.
        redispatched: messages sent again (dry run: due to be).
        errors: a sentence a failed step or row.
        unsent: messages that could not be sent; they stay due.
        announced: endings that others were told of; unannounced: those that could not be, which stay due.
        deleted: what was older than its retention. Neither is part of a dry run.
        oldest_heartbeat_seconds, oldest_pending_seconds: after the sweep; None if there is no such job.
    """

    dry_run: bool = False
    idle: bool = True
    counts: Counter[Count] = field(default_factory=Counter)
    named: dict[Count, list[Swept]] = field(default_factory=lambda: {each: [] for each in Count})
    redispatched: int = 0
    errors: list[str] = field(default_factory=list)
    unsent: int = 0
    announced: int = 0
    unannounced: int = 0
    deleted: Deleted = field(default_factory=Deleted)
    oldest_heartbeat_seconds: float | None = None
    oldest_pending_seconds: float | None = None

    def add(self, count: Count, rows: Sequence[DictRow]) -> None:
        """Adds jobs that a step acted on: their rows."""
        self.named[count] += [
            Swept(JobId(row["id"]), row["source_type"], row["started_at"])
            for row in rows[: MOST_NAMED - len(self.named[count])]
        ]
        self.counts[count] += len(rows)

    @property
    def recovered(self) -> list[Swept]:
        """Those of them that are named."""
        return self.named[Count.RECOVERED]

    @property
    def failed(self) -> list[Swept]:
        """Those of them that are named."""
        return self.named[Count.FAILED]

    @property
    def faults(self) -> list[str]:
        """Everything that did not go as it should."""
        unsent = [f"{self.unsent} message(s) could not be sent"] if self.unsent else []
        untold = [f"{self.unannounced} ending(s) could not be announced"]
        return self.errors + unsent + (untold if self.unannounced else [])


class SweepFailedError(Exception):
    """Something in the sweep failed; the rest was done. The report says what."""

    def __init__(self, report: Report) -> None:
        super().__init__("; ".join(report.faults))
        self.report = report
