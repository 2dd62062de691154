"""What a sweep did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from extraction_jobs.model import JobId
from extraction_jobs.retention import Deleted

# So many jobs a report names; beyond, it only counts.
MOST_NAMED = 1_000


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
        recovered: orphans set back to pending, the first MOST_NAMED of them.
        failed: jobs ended: over their hard limit, or budget spent; as many at most.
        recovered_count, failed_count: of all of them.
        redispatched: messages sent again (dry run: due to be).
        errors: a sentence a failed step or row.
        unsent: messages that could not be sent; they stay due.
        announced: endings that others were told of; unannounced: those that could not be, which stay due.
        deleted: what was older than its retention. Neither is part of a dry run.
        oldest_heartbeat_seconds, oldest_pending_seconds: after the sweep; None if there is no such job.
    """

    dry_run: bool = False
    idle: bool = False
    recovered: list[Swept] = field(default_factory=list)
    failed: list[Swept] = field(default_factory=list)
    recovered_count: int = 0
    failed_count: int = 0
    redispatched: int = 0
    errors: list[str] = field(default_factory=list)
    unsent: int = 0
    announced: int = 0
    unannounced: int = 0
    deleted: Deleted = field(default_factory=Deleted)
    oldest_heartbeat_seconds: float | None = None
    oldest_pending_seconds: float | None = None

    def recover(self, jobs: Sequence[Swept]) -> None:
        """Adds orphans that were set back to pending."""
        self.recovered += jobs[: MOST_NAMED - len(self.recovered)]
        self.recovered_count += len(jobs)

    def fail(self, jobs: Sequence[Swept]) -> None:
        """Adds jobs that were ended."""
        self.failed += jobs[: MOST_NAMED - len(self.failed)]
        self.failed_count += len(jobs)

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
