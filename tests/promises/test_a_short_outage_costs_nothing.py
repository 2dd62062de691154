"""Promise 12, the other half: Postgres goes away for a while and comes back, and no job pays for it.

What could go wrong. A failover takes a minute or two. A worker whose write fails meanwhile gives its job up after
seconds: the attempt is spent, and the job waits for the threshold and a sweep. All running jobs do so at once, and
three failovers use up a budget. Or the worker goes on trying for too long: its lease is another's by then, the job was
cancelled, or Lambda ends the invocation in the middle of a try, with nothing handed over.

What must hold. The job completes in its first attempt, by the worker that has it. A worker whose lease counts as lost,
whose job is cancelled, or whose invocation ends, stops trying; with time left it hands over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from extraction import MisconfiguredError, RetryableError
from extraction_jobs.attempt import LAST_TRY_SECONDS, LONGEST_WAIT_SECONDS, Attempt, LeaseLostError
from extraction_jobs.database import Database, DatabaseUnavailableError, connect
from extraction_jobs.extracting import Step
from extraction_jobs.model import Job
from extraction_jobs.settings import Settings
from extraction_jobs.work import Worker
from tests.integration.gate import Gate
from tests.line_extractor import LineExtractor
from tests.waiting import until

from .conftest import Lab

# More than a failover needs, at a wait of a few seconds each.
TRIES = 12


@dataclass
class Outage:
    """A worker behind a gate: when it shuts, and how time passes while the worker waits.

    Attributes:
        opens_after: so many waits; None: never.
        left: seconds until the invocation's end; at how many of them it opens.
        shuts_at: the step as which the gate is shut; None: by the test.
    """

    gate: Gate
    opens_after: int | None = TRIES
    left: float = 900.0
    opens_at: float = 0.0
    shuts_at: Step | None = None
    waits: list[float] = field(default_factory=list)
    while_waiting: Callable[[], None] = lambda: None

    def sleep(self, seconds: float) -> None:
        """A wait between two tries."""
        self.waits.append(seconds)
        assert len(self.waits) < 1_000, "it tries for ever"
        self.left -= seconds
        self.while_waiting()
        if len(self.waits) == self.opens_after or self.left < self.opens_at:
            self.gate.open()

    def on_step(self, step: Step) -> None:
        """Shuts the gate at the first of its steps."""
        if step is self.shuts_at and not self.waits:
            self.gate.shut()


@pytest.fixture
def outage(gate: Gate) -> Outage:
    return Outage(gate)


@pytest.fixture
def worker(lab: Lab, gate: Gate, outage: Outage) -> Iterator[Callable[..., Worker]]:
    """Makes a worker whose way to Postgres is through the gate; its heartbeat's is not."""
    database = Database(lambda: connect(gate.url, application_name="w", behind_proxy=False))
    yield lambda **changes: lab.new_worker(
        **{"database": database, "on_step": outage.on_step, "sleep": outage.sleep} | changes
    )
    database.close()


@pytest.mark.parametrize("step", [Step.READ, Step.CHUNK_EXTRACTED, Step.BEFORE_FINISH])
def test_a_job_whose_worker_loses_postgres_for_a_while_completes_in_its_first_attempt(
    lab: Lab, step: Step, outage: Outage, worker: Callable[..., Worker]
) -> None:
    outage.shuts_at = step
    job = lab.new_job(source_text="A: 1\nB: 2\n")
    assert worker().work(job.id, lambda: outage.left) == "completed"
    assert len(outage.waits) == TRIES
    assert max(outage.waits) <= LONGEST_WAIT_SECONDS
    assert (lab.psql.job(job.id)["attempt"], lab.psql.job(job.id)["lease"]) == (1, 1)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(RetryableError("An error."), "will_retry"), (MisconfiguredError("It cannot be."), "failed")],
    ids=["retry_later", "fail"],
)
def test_an_ending_is_written_when_postgres_is_back(
    lab: Lab, error: Exception, outcome: str, outage: Outage, worker: Callable[..., Worker]
) -> None:
    job = lab.new_job(source_text="A: 1\n")

    def lose_postgres(_: int) -> None:
        outage.gate.shut()
        raise error

    assert worker(extractor=LineExtractor(before_chunk=lose_postgres)).work(job.id) == outcome
    assert len(outage.waits) == TRIES
    assert str(error) in lab.psql.job(job.id)["error_message"]


def test_workers_that_lost_postgres_together_do_not_come_back_together(
    outage: Outage, worker: Callable[..., Worker], new_job: Callable[..., Job]
) -> None:
    outage.shuts_at = Step.BEFORE_FINISH
    randoms = iter([0.0, 0.5, 1.0] * TRIES)
    job = new_job(source_text="A: 1\n")
    assert worker(random=lambda: next(randoms)).work(job.id) == "completed"
    assert outage.waits[:3] == pytest.approx([0.1, 0.3, 0.8])
    assert outage.waits[-3:] == pytest.approx([2.5, 3.75, 5.0]), "between half of it and all"


@pytest.mark.parametrize(("chunks", "at"), [(3, Step.CHUNK_EXTRACTED), (1, Step.BEFORE_FINISH)])
def test_an_outage_that_outlasts_the_invocation_s_time_ends_in_a_hand_over(
    lab: Lab, chunks: int, at: Step, outage: Outage, worker: Callable[..., Worker]
) -> None:
    """The second chunk, which could not be kept, is done anew; the first was kept, so the attempt costs nothing. So it
    is with a document's only chunk, whose end could not be written.
    """
    job = lab.new_job(source_text="A: 1\n" * chunks)
    outage.opens_after, outage.opens_at, outage.left = None, 20.0, 70.0
    done: list[Step] = []

    def on_step(step: Step) -> None:
        done.append(step)
        if step is at and done.count(Step.CHUNK_EXTRACTED) == min(chunks, 2):
            outage.gate.shut()

    lab.queue.sent.clear()
    assert worker(on_step=on_step).work(job.id, lambda: outage.left) == "handed_over"
    row = lab.psql.job(job.id)
    assert (row["status"], row["attempt"], row["processed_items"]) == ("pending", 0, 1)
    assert [each.revision for each in lab.queue.sent] == [row["revision"]]


def test_no_try_is_begun_that_the_invocation_s_end_would_cut_off(
    lab: Lab, outage: Outage, worker: Callable[..., Worker]
) -> None:
    """The message goes back to the queue in order, and the job to the sweep."""
    outage.opens_after, outage.shuts_at, outage.left = None, Step.BEFORE_FINISH, 70.0
    job = lab.new_job(source_text="A: 1\n")
    with pytest.raises(DatabaseUnavailableError):
        worker().work(job.id, lambda: outage.left)
    assert LAST_TRY_SECONDS < outage.left < LAST_TRY_SECONDS + LONGEST_WAIT_SECONDS
    assert lab.psql.job(job.id)["status"] == "running"


def test_a_worker_that_is_told_of_a_cancel_meanwhile_stops_trying(
    lab: Lab, outage: Outage, worker: Callable[..., Worker]
) -> None:
    """By its heartbeat, whose own connection lives."""
    outage.opens_after, outage.shuts_at = None, Step.CHUNK_EXTRACTED
    job = lab.new_job(source_text="A: 1\n")
    beats: list[int] = []
    real = Attempt.heartbeat

    def count(attempt: Attempt, heartbeat_database: Database) -> float | None:
        left = real(attempt, heartbeat_database)
        beats.append(1)
        return left

    def cancel_and_let_it_beat() -> None:
        if len(outage.waits) == 1:
            lab.cancel(job)
        before = len(beats)
        until(lambda: len(beats) > before or len(outage.waits) > 1)

    outage.while_waiting = cancel_and_let_it_beat
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Attempt, "heartbeat", count)
        outcome = worker(settings=Settings(heartbeat_seconds=0.02)).work(job.id)
    assert outcome == "lease_lost"
    assert len(outage.waits) <= 2
    assert lab.psql.job(job.id)["status"] == "cancelled"


def test_a_write_is_given_up_when_a_sweep_may_have_given_the_job_to_another_and_not_before(
    outage: Outage, gate: Gate, new_job: Callable[..., Job], worker: Callable[..., Worker]
) -> None:
    """The threshold counts from when the last renewal was asked for; the tries are the last three minutes of five."""
    held = worker()
    job = new_job()
    now = [1000.0]
    outage.while_waiting = lambda: now.__setitem__(0, 1000.0 + sum(outage.waits))
    outage.opens_after = None
    with held.database.rolled_back():
        pass  # connected
    gate.shut()
    attempt = Attempt(
        job,
        held.database,
        give_up_after_seconds=300,
        asked_at=880.0,
        clock=lambda: now[0],
        sleep=outage.sleep,
        random=lambda: 1.0,
    )
    with pytest.raises(LeaseLostError):
        attempt.fail("It failed.")
    assert 180 < sum(outage.waits) <= 180 + LONGEST_WAIT_SECONDS
