"""Any sequence of what may happen to jobs, by several workers, sweeps, hands and messages, over the real SQL.

What could go wrong. Each statement keeps its promise by itself, and some order of twenty of them that nobody thought
of does not: a zombie's write after a retry after a sweep after a hand-over, a dead letter for a revision that came
back, a reset in psql of a job that two have claimed.

What must hold, after each step. Every row is what the model says, and every invariant holds of the whole of the tables
(invariants.sql). At the end, when all is quiet and sweeps and workers have their way, each job ends.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from extraction_jobs.dead_letter import ENOUGH_DEAD_LETTERS, give_up_on_message
from extraction_jobs.model import JobStatus, Revision
from extraction_jobs.projects import NotPausedError
from tests.promises import invariants

from .modelled_jobs import BUDGETS, THRESHOLD_MINUTES, WORKERS, ModelledJobs
from .sizes import size
from .writes import read

EXAMPLES = size(12, 1_000)
STEPS = size(30, 50)
_SHRINKING = (Phase.shrink, Phase.explain)
WRITES = ("a_completion", "a_failure", "an_error_worth_another_go", "a_hand_over")
a_job = st.integers(0, len(BUDGETS) - 1)
a_worker = st.integers(0, WORKERS - 1)
# How far back: 0 is whoever claimed last.
an_attempt = st.sampled_from([0, 0, 0, 1, 1, 2, 3])


class AnySequence(ModelledJobs):
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
            self.close()

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
