"""Jobs in Postgres, and beside them a small model of each: what a step does to both, and that both agree.

The steps are those of any sequence (test_any_sequence.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import psycopg
from hypothesis.stateful import RuleBasedStateMachine
from psycopg.rows import dict_row

from extraction_jobs import reasons
from extraction_jobs.attempt import Attempt, LeaseLostError
from extraction_jobs.by_hand import NotAllowedError
from extraction_jobs.claim import Claimed, NotDue, Paused
from extraction_jobs.database import Database, connect
from extraction_jobs.model import Job, JobId
from extraction_jobs.settings import Settings
from extraction_jobs.sweep import Sweeper
from tests.conftest import MemoryQueue, Psql

from .conftest import Lab
from .writes import DOCUMENT, finish

WORKERS = 2
# Few jobs, so that much happens to each: the starts that each may have.
BUDGETS = (2, 3)
SETTINGS = Settings(recovery_rate_per_second=10_000)
THRESHOLD_MINUTES = 5
LIMIT_MINUTES = 30


@dataclass
class Expected:
    """What the model knows of a job. Ages are minutes; `limit_in` stands still while the job waits."""

    id: JobId
    max_attempts: int
    status: str = "pending"
    attempt: int = 0
    lease: int = 0
    progressed: bool = False
    idle: float = 0.0
    limit_in: float | None = None
    died: int = 0

    def give_back(self) -> None:
        """Pending again, its message unsent; the deadline goes."""
        self.status, self.limit_in, self.died, self.idle = "pending", None, 0, 0.0

    def end(self, status: str) -> None:
        self.status, self.limit_in, self.idle = status, None, 0.0


class ModelledJobs(RuleBasedStateMachine):
    """The jobs of one sequence. `url` is of their Postgres."""

    url: str

    def __init__(self) -> None:
        super().__init__()
        self.paused = False
        self.holds = 0
        self.databases = [
            Database(lambda: connect(self.url, application_name="any", behind_proxy=False))
            for _ in range(WORKERS)
        ]
        self.connection = psycopg.connect(self.url, autocommit=True, row_factory=dict_row)
        self.psql = Psql(self.connection)
        database = self.databases[0]
        self.lab = Lab(database, lambda: database, MemoryQueue(), SETTINGS, self.psql)
        self.psql(
            "TRUNCATE kb.object_extraction_jobs, kb.extraction_job_events, kb.extraction_sweeps, kb.extraction_pauses"
            " CASCADE"
        )
        # All who ever claimed a job, the latest last: they write as long as they like.
        self.attempts: list[Attempt] = []
        made = [self.lab.new_job(source_text="A: 1", max_attempts=budget) for budget in BUDGETS]
        self.made = {job.id: job for job in made}
        self.expected = {job.id: Expected(job.id, job.max_attempts) for job in made}
        self.jobs = list(self.expected)
        for job in self.jobs:
            self._deliver(job, 0)

    def close(self) -> None:
        for database in self.databases:
            database.close()
        self.connection.close()

    def _by_hand(self, act: Callable[[Job], object], expected: Expected, allowed: bool) -> bool:
        """Whether it took effect, which is whether it is allowed."""
        try:
            act(self.made[expected.id])
        except NotAllowedError:
            assert not allowed
            return False
        assert allowed
        return True

    def _deliver(self, job: JobId, worker: int) -> None:
        attempt = self._claim(self.expected[job], worker)
        if attempt is not None:
            self.attempts.append(attempt)

    def _attempt(self, which: int) -> Attempt:
        return self.attempts[-1 - which % len(self.attempts)]

    def _claim(self, job: Expected, worker: int) -> Attempt | None:
        claimable = job.status == "pending" and job.attempt < job.max_attempts
        # What was handed over goes on.
        waits = claimable and self.paused and job.limit_in is None
        outcome = self.lab.claim(
            self.made[job.id], database=self.databases[worker], sleep=lambda _: None
        )
        if isinstance(outcome, NotDue):
            assert claimable
            return None
        if isinstance(outcome, Paused):
            assert waits
            self._notice_holds()
            return None
        assert isinstance(outcome, Claimed) == (claimable and not waits), outcome
        if not isinstance(outcome, Claimed):
            return None
        job.status, job.idle, job.progressed, job.died = "running", 0.0, False, 0
        job.attempt += 1
        job.lease += 1
        job.limit_in = LIMIT_MINUTES if job.limit_in is None else job.limit_in
        return Attempt(outcome.job, self.databases[worker])

    def _notice_holds(self) -> None:
        """A job that was held or released has changed since, but for its status."""
        rows = self.psql(
            "SELECT job_id, id FROM kb.extraction_job_events"
            " WHERE reason = ANY (%(reasons)s) AND id > %(after)s ORDER BY id",
            {"reasons": [reasons.HELD, reasons.RESUMED], "after": self.holds},
        )
        for row in rows:
            self.holds = row["id"]
            self.expected[row["job_id"]].idle = 0.0
            self.expected[row["job_id"]].died = 0

    def _holds(self, job: Expected, attempt: Attempt) -> bool:
        return job.status == "running" and job.lease == attempt.job.lease

    def _write(self, attempt: Attempt, write: Callable[[Attempt], object]) -> bool:
        """Whether it took effect, which is whether the attempt holds the job."""
        held = self._holds(self.expected[attempt.job.id], attempt)
        try:
            write(attempt)
        except LeaseLostError:
            assert not held
            return False
        assert held
        return True

    def _complete(self, attempt: Attempt) -> None:
        # What is kept of no job before its end comes with it, as of a document of one chunk.
        document = None if attempt.job.total_items else DOCUMENT
        if self._write(attempt, lambda each: finish(each, document=document)):
            self.expected[attempt.job.id].end("completed")

    def _back_or_failed(self, job: Expected) -> None:
        if job.attempt < job.max_attempts:
            job.give_back()
        else:
            job.end("failed")

    def _pass(self, minutes: int) -> None:
        self.psql.time_passes(60 * minutes)
        for job in self.expected.values():
            job.idle += minutes
            if job.limit_in is not None and job.status == "running":
                job.limit_in -= minutes

    def _sweep(self, worker: int) -> None:
        report = Sweeper(self.databases[worker], self.lab.queue, SETTINGS).sweep()
        failed, recovered = set(), set()
        for job in self.expected.values():
            overdue = (
                job.limit_in is not None
                and job.limit_in <= 0
                and job.idle <= max(-job.limit_in, THRESHOLD_MINUTES)
            )
            if job.status == "running" and (overdue or job.idle > THRESHOLD_MINUTES):
                if overdue or job.attempt >= job.max_attempts:
                    failed.add(job.id)
                    job.end("failed")
                else:
                    recovered.add(job.id)
                    job.give_back()
        assert {each.id for each in report.recovered} == recovered
        assert {each.id for each in report.failed} == failed
        self._notice_holds()

    def _revision(self, job: JobId) -> int:
        return int(self.psql.job(job, "revision")["revision"])
