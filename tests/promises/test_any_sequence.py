"""Any sequence of what may happen to jobs, by several workers, sweeps, hands and messages, over the real SQL.

What could go wrong. Each statement keeps its promise by itself, and some order of twenty of them that nobody thought
of does not: a zombie's write after a retry after a sweep after a hand-over, a dead letter for a revision that came
back, a reset in psql of a job that two have claimed.

What must hold, after each step. Every row is what the model says, and every invariant holds of the whole of the tables
(invariants.sql). At the end, when all is quiet and sweeps and workers have their way, each job ends.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from psycopg.rows import dict_row

from extraction_jobs import reasons
from extraction_jobs.attempt import Attempt, LeaseLostError
from extraction_jobs.by_hand import NotAllowedError
from extraction_jobs.claim import Claimed, NotDue, Paused
from extraction_jobs.database import Database, connect
from extraction_jobs.dead_letter import ENOUGH_DEAD_LETTERS, give_up_on_message
from extraction_jobs.model import Job, JobId, JobStatus, Revision
from extraction_jobs.projects import NotPausedError
from extraction_jobs.settings import Settings
from extraction_jobs.sweep import Sweeper
from tests.conftest import MemoryQueue, Psql
from tests.promises import invariants

from .conftest import Lab
from .sizes import size
from .writes import DOCUMENT, finish, read

EXAMPLES = size(12, 1_000)
STEPS = size(30, 50)
WORKERS = 2
# Few jobs, so that much happens to each: the starts that each may have.
BUDGETS = (2, 3)
SETTINGS = Settings(recovery_rate_per_second=10_000)
_SHRINKING = (Phase.shrink, Phase.explain)
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


WRITES = ("a_completion", "a_failure", "an_error_worth_another_go", "a_hand_over")
a_job = st.integers(0, len(BUDGETS) - 1)
a_worker = st.integers(0, WORKERS - 1)
# How far back: 0 is whoever claimed last.
an_attempt = st.sampled_from([0, 0, 0, 1, 1, 2, 3])


class AnySequence(RuleBasedStateMachine):
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

    def teardown(self) -> None:
        """All is quiet: what is left ends by sweeps and workers alone."""
        try:
            self.a_resume()
            for _ in range(200):
                if not invariants.unfinished(self.connection):
                    return
                self._pass(61)
                self._sweep(0)
                for job in self.expected.values():
                    attempt = self._claim(job, 0)
                    if attempt is not None:
                        self._complete(attempt)
                self.rows_are_what_the_model_says()
            raise AssertionError("a job does not end")
        finally:
            for database in self.databases:
                database.close()
            self.connection.close()

    # What may happen.

    @rule(job=a_job, worker=a_worker)
    def a_message_is_delivered(self, job: int, worker: int) -> None:
        """For the first time, again, late: it does not matter."""
        self._deliver(self.jobs[job], worker)

    @rule(job=a_job, worker=a_worker, word=st.sampled_from(WRITES))
    def a_worker_falls_silent_another_takes_over_and_the_first_speaks(
        self, job: int, worker: int, word: str
    ) -> None:
        """What would take five lucky draws in a row."""
        before = len(self.attempts)
        self._pass(THRESHOLD_MINUTES + 1)
        self._sweep(worker)
        self._deliver(self.jobs[job], worker)
        if len(self.attempts) > before:
            of_this_job = [
                number
                for number, attempt in enumerate(reversed(self.attempts))
                if attempt.job.id == self.jobs[job]
            ]
            for number in of_this_job[1:2]:
                getattr(self, word)(number)

    @rule(which=an_attempt, worker=a_worker)
    def a_heartbeat(self, which: int, worker: int) -> None:
        """Of whoever holds the job or held it once."""
        attempt = self._attempt(which)
        job = self.expected[attempt.job.id]
        held = self._holds(job, attempt)
        assert (attempt.heartbeat(self.databases[worker]) is not None) == held
        if held:
            job.idle = 0.0

    @rule(which=an_attempt, chunk=st.integers(0, 2))
    def a_checkpoint(self, which: int, chunk: int) -> None:
        attempt = self._attempt(which)
        if self._write(attempt, lambda each: read(each, chunk)):
            job = self.expected[attempt.job.id]
            job.idle, job.progressed = 0.0, True

    @rule(which=an_attempt)
    def a_completion(self, which: int) -> None:
        attempt = self._attempt(which)
        self._complete(attempt)

    @rule(which=an_attempt)
    def a_failure(self, which: int) -> None:
        """That no retry would cure."""
        attempt = self._attempt(which)
        if self._write(attempt, lambda each: each.fail("It failed.")):
            self.expected[attempt.job.id].end("failed")

    @rule(which=an_attempt)
    def an_error_worth_another_go(self, which: int) -> None:
        attempt = self._attempt(which)
        if self._write(attempt, lambda each: each.retry_later("An error.", 0.0)):
            self._back_or_failed(self.expected[attempt.job.id])

    @rule(which=an_attempt)
    def a_hand_over(self, which: int) -> None:
        """Free if there was a checkpoint, else an attempt."""
        attempt = self._attempt(which)
        job = self.expected[attempt.job.id]
        if self._write(attempt, lambda each: each.hand_over()):
            if job.progressed:
                limit = job.limit_in
                job.attempt -= 1
                job.give_back()
                job.limit_in = limit
            else:
                self._back_or_failed(job)

    @rule(minutes=st.sampled_from([1, 3, 6, 20, 31]))
    def time_passes(self, minutes: int) -> None:
        self._pass(minutes)

    @rule(worker=a_worker)
    def a_sweep(self, worker: int) -> None:
        self._sweep(worker)

    @rule(job=a_job)
    def a_retry(self, job: int) -> None:
        expected = self.expected[self.jobs[job]]
        allowed = expected.status in ("running", "failed")
        if self._by_hand(self.lab.retry, expected, allowed):
            expected.give_back()
            expected.attempt = 0

    @rule(job=a_job)
    def a_cancel(self, job: int) -> None:
        expected = self.expected[self.jobs[job]]
        allowed = expected.status in ("pending", "running")
        if self._by_hand(self.lab.cancel, expected, allowed):
            expected.end("cancelled")

    @rule(job=a_job, status=st.sampled_from(["pending", "running", "failed", "completed"]))
    def a_change_in_psql(self, job: int, status: str) -> None:
        """As the runbook has it, no column but the status set."""
        expected = self.expected[self.jobs[job]]
        self.psql.update(f"status = '{status}'", self.made[expected.id])
        if expected.status == status:
            return
        idle = expected.idle
        if status == "pending":
            expected.give_back()
            expected.attempt = 0
        elif status == "running":
            expected.status, expected.limit_in, expected.progressed = "running", None, False
            expected.lease += 1
        else:
            limit = expected.limit_in
            expected.end(status)
            expected.limit_in = limit
        expected.idle = idle  # the statement does not say updated_at

    @rule()
    def a_pause(self) -> None:
        self.lab.pause()
        self.paused = True

    @rule()
    def a_resume(self) -> None:
        try:
            self.lab.resume()
            assert self.paused
        except NotPausedError:
            assert not self.paused
        self.paused = False
        self._notice_holds()

    @rule(job=a_job, late=st.booleans())
    def a_dead_letter(self, job: int, late: bool) -> None:
        """For the job as it is, or as it was."""
        expected = self.expected[self.jobs[job]]
        revision = Revision(self._revision(expected.id) - late)
        became = give_up_on_message(expected.id, revision, database=self.databases[0])
        if late or expected.status != "pending":
            assert became is None
            return
        expected.died += 1
        if expected.died < ENOUGH_DEAD_LETTERS:
            assert became == JobStatus.PENDING
            expected.idle = 0.0
        else:
            assert became == JobStatus.FAILED
            expected.end("failed")

    # What must hold.

    @invariant()
    def rows_are_what_the_model_says(self) -> None:
        rows = self.psql("SELECT id, status, attempt, lease FROM kb.object_extraction_jobs")
        found = {row["id"]: (row["status"], row["attempt"], row["lease"]) for row in rows}
        assert found == {
            job.id: (job.status, job.attempt, job.lease) for job in self.expected.values()
        }

    @invariant()
    def the_invariants_hold(self) -> None:
        """Of the whole of the tables."""
        invariants.check(self.connection)
        invariants.conserved(self.connection)

    # How the model and the product do it.

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


def test_any_sequence_of_steps_keeps_every_invariant_and_ends_every_job(
    empty_tables: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AnySequence, "url", empty_tables, raising=False)
    run_state_machine_as_test(
        AnySequence,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            # The everyday sequences are the same every day; the full size looks for others each time.
            derandomize=bool(size(1, 0)),
            suppress_health_check=list(HealthCheck),
            phases=[
                each for each in Phase if each not in _SHRINKING or os.environ.get("SHRINK") != "no"
            ],
        ),
    )
